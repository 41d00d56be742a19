"""The loudspeakers that ITU-R BS.2127 imagines: those above and below the ears where a layer is missing, and the poles.

Nothing here pans; it says where imaginary loudspeakers are, and what those of a layer hand to real ones.
"""

from __future__ import annotations

import numpy as np

from soundscape.space.layout import SAME_DIRECTION_DEG
from soundscape.space.panners.faces import Vectors
from soundscape.space.trajectory import point_at

_MIDDLE_DEG = 10.0
_OVERHEAD_DEG = 70.0
_LAYER_DEG = 30.0
_BESIDE_DEG = 40.0
"""How far beyond the outermost loudspeaker of a layer the first imaginary one may be."""

_SLACK_DEG = 1e-5

_MAY_BE_OVERHEAD = frozenset({"T+000", "UH+180"})
"""Labels of ITU-R BS.2051 for loudspeakers that stand, or may stand, at the upper pole."""


def with_filled_layers(directions: Vectors) -> tuple[Vectors, Vectors]:
    """Directions with those of missing loudspeakers above and below, and what each hands to the real ones.

    Loudspeakers up to 10 degrees from the ears' height are the middle layer, from there to 70 the upper or the lower.
    Above each of the middle layer that is at least 40 degrees of azimuth further from the front than any of the upper
    layer (above all where there is none) an imaginary one stands at the mean elevation of that layer (30 degrees where
    there is none), and hands all it gets to the one under it; below likewise.

    Parameters
    ----------
    directions : (n, 3) unit vectors

    Returns
    -------
    (n + k, 3) unit vectors, (n + k, n) amplitudes

    References
    ----------
    ITU-R BS.2127-1, 6.1.3.1.
    """
    azimuths_deg = np.degrees(np.arctan2(-directions[:, 0], directions[:, 1]))
    elevations_deg = np.degrees(np.arcsin(np.clip(directions[:, 2], -1.0, 1.0)))
    is_middle = np.abs(elevations_deg) <= _MIDDLE_DEG + _SLACK_DEG
    filled, shares = list(directions), list(np.eye(len(directions)))
    for sign in (-1.0, 1.0):
        heights_deg = sign * elevations_deg
        layer = (heights_deg >= _MIDDLE_DEG - _SLACK_DEG) & (heights_deg <= _OVERHEAD_DEG + _SLACK_DEG)
        is_there = bool(layer.any())
        elevation_deg = elevations_deg[layer].mean() if is_there else sign * _LAYER_DEG
        from_deg = np.abs(azimuths_deg[layer]).max() + _BESIDE_DEG if is_there else 0.0
        for index in np.flatnonzero(is_middle & (np.abs(azimuths_deg) >= from_deg - _SLACK_DEG)):
            extra = np.array(point_at(azimuths_deg[index], elevation_deg))
            if _is_free(extra, filled):
                filled.append(extra)
                shares.append(np.eye(len(directions))[index])
    return np.array(filled), np.array(shares)


def centres_of(directions: Vectors, labels: list[str]) -> Vectors:
    """The poles (k, 3) at which no loudspeaker stands or, by its label in ITU-R BS.2051, may stand.

    A loudspeaker more than 70 degrees above or below the ears counts as standing there, whatever its label.

    References
    ----------
    ITU-R BS.2127-1, 6.1.3.
    """
    top_deg, bottom_deg = np.degrees(np.arcsin([directions[:, 2].max(), -directions[:, 2].min()]))
    centres = []
    if bottom_deg <= _OVERHEAD_DEG + _SLACK_DEG:
        centres.append((0.0, 0.0, -1.0))
    if top_deg <= _OVERHEAD_DEG + _SLACK_DEG and _MAY_BE_OVERHEAD.isdisjoint(labels):
        centres.append((0.0, 0.0, 1.0))
    return np.reshape(centres, (-1, 3))


def _is_free(direction: Vectors, taken: list[Vectors]) -> bool:
    """Whether no loudspeaker stands there yet, not even an imaginary one."""
    return bool(np.linalg.norm(np.array(taken) - direction, axis=1).min() > np.radians(SAME_DIRECTION_DEG))
