"""Real spherical harmonics, in the order and the scale of AmbiX.

Nothing here knows of loudspeakers or ears.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from soundscape.space.trajectory import Points


def harmonics(directions: Points, order: int) -> NDArray[np.float64]:
    """Values of the real spherical harmonics up to an order.

    Channel n * (n + 1) + m holds degree n and index m (ACN); the scale is SN3D, so that nothing is above 1. Channel 0
    is 1, channel 1 points left, 2 up, 3 ahead. There is no Condon-Shortley sign.

    Parameters
    ----------
    directions : (n, 3) unit vectors
        x right, y ahead, z up.
    order : >= 0

    Returns
    -------
    (n, (order + 1) ** 2) float64

    Raises
    ------
    ValueError
        If `order` is below 0.

    References
    ----------
    Nachbar, Zotter, Deleflie, Sontacchi, "AmbiX - a suggested Ambisonics format", Ambisonics Symposium 2011.
    The powers of the horizontal part are taken out of the Legendre functions, so that
    they are polynomials and the poles are places like any other.

    Examples
    --------
    >>> left_up_ahead = np.array([[-1.0, 0.0, 0.0], [0.0, 0.0, 1.0], [0.0, 1.0, 0.0]])
    >>> harmonics(left_up_ahead, 1).tolist()
    [[1.0, 1.0, 0.0, 0.0], [1.0, 0.0, 1.0, 0.0], [1.0, 0.0, 0.0, 1.0]]
    """
    if order < 0:
        raise ValueError(f"order must be 0 or more, got {order}")
    x, y, z = np.asarray(directions, np.float64).T
    out = np.empty((len(z), (order + 1) ** 2))
    cosine, sine = np.ones_like(z), np.zeros_like(z)
    for m in range(order + 1):
        lower, legendre = np.zeros_like(z), np.full_like(z, math.prod(range(1, 2 * m, 2)))
        for n in range(m, order + 1):
            scaled = legendre * math.sqrt((2 - (m == 0)) * math.factorial(n - m) / math.factorial(n + m))
            out[:, n * (n + 1) - m] = scaled * sine
            out[:, n * (n + 1) + m] = scaled * cosine
            lower, legendre = legendre, ((2 * n + 1) * z * legendre - (n + m) * lower) / (n - m + 1)
        cosine, sine = cosine * y + sine * x, sine * y - cosine * x
    return out
