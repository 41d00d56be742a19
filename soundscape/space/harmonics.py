"""Spherical harmonics: a sound field as the sum of an omnidirectional part, three figures of eight, and finer ones.

Channels are those of AmbiX: in ACN order, SN3D normalised, its axes X ahead, Y left, Z up, which in our axes (x right,
y ahead, z up) are y, -x and z. Nothing here knows loudspeakers.

References
----------
Nachbar, Zotter, Deleflie, Sontacchi, "ambiX - a suggested Ambisonics format", Ambisonics Symposium 2011.
"""

from __future__ import annotations

from math import factorial, isqrt

import numpy as np
from numpy.typing import NDArray

from soundscape.space.trajectory import Points

MAX_ORDER = 7
"""The finest field anybody records, stores or plays: 64 channels."""


def n_harmonics(order: int) -> int:
    """Channels of a field of an order.

    Examples
    --------
    >>> n_harmonics(1), n_harmonics(3), n_harmonics(7)
    (4, 16, 64)
    """
    return (order + 1) ** 2


def degrees(order: int) -> NDArray[np.int64]:
    """Degree n of each channel up to an order, in ACN order: ((order + 1)**2,).

    Examples
    --------
    >>> degrees(2).tolist()
    [0, 1, 1, 1, 2, 2, 2, 2, 2]
    """
    return np.array([isqrt(channel) for channel in range(n_harmonics(order))], dtype=np.int64)


def n3d_factors(order: int) -> NDArray[np.float64]:
    """What each SN3D channel is multiplied by to make N3D of it, ((order + 1)**2,); N3D divided by it is SN3D.

    Averaged over the sphere the square of every N3D harmonic is 1.

    Examples
    --------
    >>> (n3d_factors(2) ** 2).round(12).tolist()
    [1.0, 3.0, 3.0, 3.0, 5.0, 5.0, 5.0, 5.0, 5.0]
    """
    return np.asarray(np.sqrt(2.0 * degrees(order) + 1.0))


def harmonics(directions: Points, order: int) -> NDArray[np.float64]:
    """Real spherical harmonics of directions: what a plane wave from there is in each channel of an AmbiX field.

    Parameters
    ----------
    directions : (n, 3) unit vectors, x right, y ahead, z up
    order : int, 0 to 7

    Returns
    -------
    (n, (order + 1)**2) float64
        ACN order, SN3D normalised, without the Condon-Shortley phase; the first is 1.

    Raises
    ------
    ValueError
        If the order is out of range, or `directions` is not (n, 3).

    References
    ----------
    Nachbar, Zotter, Deleflie, Sontacchi 2011; the recursion of the associated Legendre functions: NIST
    Digital Library of Mathematical Functions, 14.10.3, each divided by its power of the cosine, so that the poles
    are like any other place.

    Examples
    --------
    W, Y, Z, X of a wave from ahead, from the left and from above:

    >>> harmonics(np.array([[0.0, 1.0, 0.0], [-1.0, 0.0, 0.0], [0.0, 0.0, 1.0]]), 1).tolist()
    [[1.0, 0.0, 0.0, 1.0], [1.0, 1.0, 0.0, 0.0], [1.0, 0.0, 1.0, 0.0]]
    """
    if not 0 <= order <= MAX_ORDER:
        raise ValueError(f"orders go from 1 to {MAX_ORDER}, got {order}")
    units = np.asarray(directions, dtype=np.float64)
    if units.ndim != 2 or units.shape[1] != 3:
        raise ValueError(f"directions must be (n, 3), got shape {units.shape}")
    x_ahead, y_left, z_up = units[:, 1], 0.0 - units[:, 0], units[:, 2]
    out = np.empty((len(units), n_harmonics(order)))
    cosine, sine = np.ones(len(units)), np.zeros(len(units))
    for m in range(order + 1):
        for n, legendre in enumerate(_legendre(z_up, m, order), start=m):
            scaled = legendre * _sn3d(n, m)
            out[:, n * n + n - m] = scaled * sine
            out[:, n * n + n + m] = scaled * cosine
        cosine, sine = cosine * x_ahead - sine * y_left, sine * x_ahead + cosine * y_left
    return out


def _legendre(z: NDArray[np.float64], m: int, order: int) -> list[NDArray[np.float64]]:
    """Associated Legendre functions of degrees m to `order`, each divided by (1 - z**2) ** (m / 2)."""
    first = np.full_like(z, factorial(2 * m) / (2**m * factorial(m)))
    out = [first, (2 * m + 1) * z * first]
    for n in range(m + 2, order + 1):
        out.append(((2 * n - 1) * z * out[-1] - (n + m - 1) * out[-2]) / (n - m))
    return out[: order - m + 1]


def _sn3d(n: int, m: int) -> float:
    return float(((1.0 if m == 0 else 2.0) * factorial(n - m) / factorial(n + m)) ** 0.5)
