"""Recordings of whole sound fields as beds: how each channel of a take enters a bus, and where a stereo pair stands.

An Ambisonic take is brought to AmbiX, turned, and then either goes on as a field or is decoded to loudspeakers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from math import isqrt

import numpy as np
from numpy.typing import NDArray

from soundscape.errors import AudioError
from soundscape.space.harmonics import MAX_ORDER, degrees, n_harmonics
from soundscape.space.layout import Layout
from soundscape.space.panners import Panner
from soundscape.space.panners.ambisonics import AmbisonicBus, Ambisonics
from soundscape.space.panners.decoders import degree_powers, order_weights
from soundscape.space.rotation import field_rotation, turn
from soundscape.space.trajectory import Points

Matrix = NDArray[np.float64]

PAIR_DEG = 60.0
"""Between the two channels of a stereo take: the loudspeakers it was mixed for (ITU-R BS.775)."""

ORTF_DEG = 96.0
"""Between the two channels of an ORTF take: what its microphones, 17 cm and 110 degrees apart, spread over the stereo
stage (Williams, "Unified theory of microphone systems for stereophonic sound recording", AES 82nd Convention, 1987)."""

_FUMA_ACN = (0, 3, 1, 2, 6, 7, 5, 8, 4, 12, 13, 11, 14, 10, 15, 9)
_FUMA_TO_SN3D = np.sqrt([2, 1, 1, 1, 1, *[3 / 4] * 4, 1, *[32 / 45] * 2, *[5 / 9] * 2, *[5 / 8] * 2])

_CAPSULES = np.array([[1.0, 1.0, 1.0, 1.0], [1.0, -1.0, 1.0, -1.0], [1.0, -1.0, -1.0, 1.0], [1.0, 1.0, -1.0, -1.0]])
"""Rows W, Y, Z, X; columns FLU, FRD, BLD, BRU."""


def ambix_from(kind: str, n_channels: int) -> Matrix:
    """Matrix that makes AmbiX (ACN order, SN3D) of the channels of a take.

    Parameters
    ----------
    kind : "ambix", "fuma" or "a-format"
        `fuma` has channels W X Y Z, then R S T U V, then K L M N O P Q, W is 3 dB down. `a-format` is what the four
        capsules of a tetrahedron hear, in the order ahead left up, ahead right down, behind left down, behind right
        up; exact for cardioids in one point. Real capsules are neither: they want the filters of their maker, which
        are not applied here.
    n_channels : int
        4, 9, 16 ... 64; for `fuma` 4, 9 or 16; for `a-format` 4.

    Returns
    -------
    ((order + 1)**2, n_channels) float64

    Raises
    ------
    AudioError
        If there is no such kind, or it cannot have so many channels.

    References
    ----------
    Malham, "Higher order Ambisonic systems", University of York 2003 (FuMa); Craven and Gerzon, US patent 4042779, 1977
    (the tetrahedron).

    Examples
    --------
    >>> ambix_from("fuma", 4).round(3).tolist()
    [[1.414, 0.0, 0.0, 0.0], [0.0, 0.0, 1.0, 0.0], [0.0, 0.0, 0.0, 1.0], [0.0, 1.0, 0.0, 0.0]]
    """
    if kind not in KINDS:
        raise AudioError(f"there is no kind of sound field {kind!r}", hint=f"kinds: {', '.join(KINDS)}")
    top_order, matrix_of = KINDS[kind]
    allowed = [n_harmonics(order) for order in range(1, top_order + 1)]
    if n_channels not in allowed:
        raise AudioError(
            f"a take with {n_channels} channels cannot be {kind}",
            hint=f"{kind} has {', '.join(map(str, allowed))} channels; export it so, or say what it is",
        )
    return matrix_of(n_channels)


def bed_gains(panner: Panner, layout: Layout, kind: str, n_channels: int, turn3x3: Matrix | None = None) -> Matrix:
    """How each channel of an Ambisonic take enters the bus of a panner.

    On the bus of `AmbisonicBus` the field is what it was, turned; degrees that one of the two lacks are left out or
    silent. A bus that `Ambisonics` decodes gets the take with the weights of its own order. On a bus of loudspeakers
    it is decoded by AllRAD with max-rE weights at its own order. Either way what the loudspeakers play of a diffuse
    field has the power of the field: that of W.

    Parameters
    ----------
    panner, layout
        The layout is that of the panner; a bus of `AmbisonicBus` does not look at it.
    kind, n_channels
        As in `ambix_from`.
    turn3x3 : (3, 3) orthogonal, as `rotation.turn` makes, or None for a field that stays as it was recorded

    Returns
    -------
    (n_channels, n_bus) float64

    Raises
    ------
    AudioError
        As `ambix_from`.

    Examples
    --------
    >>> from soundscape.space.layout import layout_named
    >>> from soundscape.space.panners import panner_for
    >>> quad = layout_named("quad")
    >>> bed_gains(panner_for(quad), quad, "ambix", 4)[0].round(2).tolist()
    [0.45, 0.45, 0.45, 0.45]
    """
    to_ambix = ambix_from(kind, n_channels)
    order = isqrt(len(to_ambix)) - 1
    field = field_rotation(turn() if turn3x3 is None else turn3x3, order) @ to_ambix
    if isinstance(panner, AmbisonicBus):
        return _fitted(field, panner.n_bus).T
    if isinstance(panner, Ambisonics):
        lowest = min(order, panner.order)
        return _fitted(field * _as_loud(panner, lowest)[np.minimum(degrees(order), lowest), None], panner.n_bus).T
    return np.asarray((_decoded(layout, order) @ field).T)


def pair(points_m: Points, width_deg: float = PAIR_DEG) -> tuple[Points, Points]:
    """Places of the left and the right channel of a stereo take whose middle is at `points_m`.

    Parameters
    ----------
    points_m : (n, 3) metres
    width_deg : float, 0 to 360
        Angle between the two, seen from the listener: `PAIR_DEG` for a mix, `ORTF_DEG` for an ORTF pair.

    Returns
    -------
    (n, 3) and (n, 3) metres
        As far from the listener, and as high, as the middle.

    Raises
    ------
    ValueError
        If `width_deg` is out of range.

    Examples
    --------
    >>> left, right = pair(np.array([[0.0, 2.0, 0.5]]), 180.0)
    >>> left.round(9).tolist(), (right.round(9) + 0.0).tolist()
    ([[-2.0, 0.0, 0.5]], [[2.0, 0.0, 0.5]])
    """
    if not 0.0 <= width_deg <= 360.0:
        raise ValueError(f"width_deg goes from 0 to 360, got {width_deg}")
    points = np.asarray(points_m, dtype=np.float64)
    return points @ turn(width_deg / 2.0).T, points @ turn(-width_deg / 2.0).T


@lru_cache(maxsize=32)
def _decoded(layout: Layout, order: int) -> Matrix:
    return Ambisonics(layout, order).decoder


def _fitted(field: Matrix, n_bus: int) -> Matrix:
    """The first `n_bus` rows, or all and silent ones after them."""
    out = np.zeros((n_bus, field.shape[1]))
    rows = min(n_bus, len(field))
    out[:rows] = field[:rows]
    return out


def _as_loud(panner: Ambisonics, order: int) -> NDArray[np.float64]:
    """Factor of each degree (order + 1,) that gives a field of a lower order its own weights and full power."""
    factors = order_weights(panner.weights, order) / order_weights(panner.weights, panner.order)[: order + 1]
    powers = degree_powers(panner.decoder)[: order + 1]
    return np.asarray(factors / np.sqrt(factors**2 @ powers))


def _ambix(n_channels: int) -> Matrix:
    return np.eye(n_channels)


def _fuma(n_channels: int) -> Matrix:
    out = np.zeros((n_channels, n_channels))
    for channel, (acn, factor) in enumerate(zip(_FUMA_ACN[:n_channels], _FUMA_TO_SN3D, strict=False)):
        out[acn, channel] = factor
    return out


def _a_format(n_channels: int) -> Matrix:
    """A cardioid hears (1 + cosine) / 2: W is half the sum; of the other three each sum is 2 / sqrt 3 too large."""
    return np.asarray(_CAPSULES * np.array([[0.5], *[[0.75**0.5]] * 3]))


KINDS: Mapping[str, tuple[int, Callable[[int], Matrix]]] = {
    "ambix": (MAX_ORDER, _ambix),
    "fuma": (3, _fuma),
    "a-format": (1, _a_format),
}
"""Kinds of sound field: the highest order each has, and what brings it to AmbiX."""
