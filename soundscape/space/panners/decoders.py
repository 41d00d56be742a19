"""Decoders: what loudspeakers play of an Ambisonic field, as matrices. Nothing here depends on a source.

Two ways to make one, and three ways to weigh its degrees; each is a row. A decoder is scaled so that a source, averaged
over all directions it may have, is decoded with power 1.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import factorial, isqrt

import numpy as np
from numpy.typing import NDArray
from scipy.special import eval_legendre

from soundscape.errors import LayoutError
from soundscape.space.harmonics import MAX_ORDER, degrees, harmonics, n3d_factors, n_harmonics
from soundscape.space.layout import SAME_DIRECTION_DEG, Layout
from soundscape.space.panners.vbap import Vbap
from soundscape.space.quadrature import sphere_grid

Matrix = NDArray[np.float64]

_GRID_DEGREE = 100
_LOWEST_SINGULAR = 0.06
"""Part of the largest; below it some pattern of the field meets hardly any loudspeaker, and sources change sides."""

_RING_THICKNESS = 0.2
_BELOW_THE_EARS = -0.3


def decoder_for(layout: Layout, order: int, decoder: str, weights: str) -> Matrix:
    """Matrix from an SN3D field of an order to the channels of a layout: (n_channels, (order + 1)**2).

    An LFE has a row of zeros. The mean over the sphere of the decoded power of a source is 1.

    Raises
    ------
    LayoutError
        If the layout cannot carry the order by that decoder; the hint says what it can.
    ValueError
        If there is no decoder or no weighting of that name.
    """
    for name, known in ((decoder, DECODERS), (weights, WEIGHTS)):
        if name not in known:
            raise ValueError(f"{name!r} is none of {', '.join(known)}")
    matrix = DECODERS[decoder](layout, order) * order_weights(weights, order)[degrees(order)]
    return np.asarray(matrix / np.sqrt(degree_powers(matrix).sum()))


def degree_powers(decoder: Matrix) -> NDArray[np.float64]:
    """Mean power over the sphere of what each degree of a source makes loudspeakers play: (order + 1,)."""
    order = isqrt(decoder.shape[1]) - 1
    degree_of = degrees(order)
    return np.bincount(degree_of, (decoder**2).sum(axis=0)) / (2.0 * np.arange(order + 1) + 1.0)


def best_order(layout: Layout) -> int:
    """Highest order a layout has enough loudspeakers for, 1 to 7.

    On a ring 2 * order + 1 of them, on a sphere (order + 1)**2: as many as the circle or the sphere has harmonics.
    Where none is below the ears, half of that.

    References
    ----------
    Zotter and Frank, Ambisonics, Springer 2019, chapter 4.

    Examples
    --------
    >>> from soundscape.space.layout import layout_named
    >>> {name: best_order(layout_named(name)) for name in ("stereo", "octagon", "cube", "7.1.4", "22.2", "dome24")}
    {'stereo': 1, 'octagon': 3, 'cube': 1, '7.1.4': 3, '22.2': 3, 'dome24': 5}
    """
    units = _units(layout)
    near = np.linalg.norm(units[:, None] - units, axis=2) < np.radians(SAME_DIRECTION_DEG)
    n_directions = int((np.triu(near).sum(axis=0) == 1).sum())
    if np.linalg.matrix_rank(units, tol=_RING_THICKNESS) < 3:
        fits = (n_directions - 1) // 2
    else:
        part = 1.0 if units[:, 2].min() < _BELOW_THE_EARS else 0.5
        fits = isqrt(int(n_directions / part)) - 1
    return min(max(fits, 1), MAX_ORDER)


def order_weights(name: str, order: int) -> NDArray[np.float64]:
    """Weight of each degree: (order + 1,), the first is 1.

    `max-re` gathers the most energy round the source, `in-phase` lets no loudspeaker play it inverted and is widest,
    `basic` reproduces the field in the middle exactly and spills to the back.

    References
    ----------
    Zotter and Frank, "All-round Ambisonic panning and decoding", JAES 60(10), 2012 (max-rE: Legendre
    polynomials at the largest root of the next one); Daniel, thesis, Paris 2001 (in-phase).

    Examples
    --------
    >>> order_weights("max-re", 1).round(3).tolist(), order_weights("in-phase", 1).round(3).tolist()
    ([1.0, 0.577], [1.0, 0.333])
    """
    return WEIGHTS[name](order)


def _max_re(order: int) -> NDArray[np.float64]:
    largest_root = np.polynomial.legendre.leggauss(order + 1)[0].max()
    return np.asarray(eval_legendre(np.arange(order + 1), largest_root))


def _in_phase(order: int) -> NDArray[np.float64]:
    top = factorial(order) * factorial(order + 1)
    return np.array([top / (factorial(order + n + 1) * factorial(order - n)) for n in range(order + 1)])


def _basic(order: int) -> NDArray[np.float64]:
    return np.ones(order + 1)


def _allrad(layout: Layout, order: int) -> Matrix:
    """All-round: loudspeakers imagined everywhere hear the field, and `Vbap` pans each of them to real ones.

    They stand at the farthest real one, so that of several in one direction the farthest plays.

    References
    ----------
    Zotter and Frank, "All-round Ambisonic panning and decoding", JAES 60(10), 2012; a quadrature in place of the
    spherical design.
    """
    directions, shares = sphere_grid(_GRID_DEGREE)
    farthest_m = max(speaker.distance_m for speaker in layout.speakers if not speaker.is_lfe)
    panned = Vbap(layout).gains(directions * max(farthest_m, 1.0))
    heard = harmonics(directions, order) * n3d_factors(order) ** 2
    return np.asarray((panned * shares[:, None]).T @ heard)


def _epad(layout: Layout, order: int) -> Matrix:
    """Energy preserving: of all matrices that decode any field with one level, the nearest to sampling the field.

    A source from a side that the loudspeakers leave open keeps its power, and sounds from another side.

    References
    ----------
    Zotter, Pomberger, Noisternig, "Energy-preserving Ambisonic decoding", Acta Acustica united with Acustica 98, 2012;
    Zotter and Frank, Ambisonics, Springer 2019, section 4.6.
    """
    units = _units(layout)
    if not _carries(units, order):
        lower = next((f"ambisonics-{n}-epad or " for n in range(order - 1, 0, -1) if _carries(units, n)), "")
        too_few = len(units) < n_harmonics(order)
        why = f"{len(units)} are too few, it takes {n_harmonics(order)}" if too_few else "they leave too wide a gap"
        raise LayoutError(
            f"the loudspeakers of {layout.name!r} cannot carry epad of order {order}: {why}",
            hint=f"use {lower}ambisonics-{order}-allrad",
        )
    left, _, right = np.linalg.svd(_sampled(units, order), full_matrices=False)
    out = np.zeros((layout.n_channels, n_harmonics(order)))
    out[_heard(layout)] = left @ right * n3d_factors(order)
    return out


def _carries(units: Matrix, order: int) -> bool:
    """Whether every pattern of a field can be told from every other by loudspeakers at `units`."""
    if len(units) < n_harmonics(order):
        return False
    singular = np.linalg.svd(_sampled(units, order), compute_uv=False)
    return bool(singular[-1] >= _LOWEST_SINGULAR * singular[0])


def _sampled(units: Matrix, order: int) -> Matrix:
    return harmonics(units, order) * n3d_factors(order)


def _heard(layout: Layout) -> list[int]:
    return [channel for channel in range(layout.n_channels) if channel not in layout.lfe_channels]


def _units(layout: Layout) -> Matrix:
    points = layout.points_m[_heard(layout)]
    return np.asarray(points / np.linalg.norm(points, axis=1, keepdims=True))


DECODERS: Mapping[str, Callable[[Layout, int], Matrix]] = {"allrad": _allrad, "epad": _epad}

WEIGHTS: Mapping[str, Callable[[int], NDArray[np.float64]]] = {
    "max-re": _max_re,
    "in-phase": _in_phase,
    "basic": _basic,
}
