"""No panning at all: the nearest loudspeaker, or one by its name."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from soundscape.errors import LayoutError
from soundscape.space.layout import Layout
from soundscape.space.panners.source import checked
from soundscape.space.tables import nearest_name
from soundscape.space.trajectory import Points

_ALIKE_M = 1e-6
"""Loudspeakers whose distances differ by less are equally near; the one that comes first plays."""


class Nearest:
    """Everything from the one loudspeaker nearest to the source, in metres: sharp for every visitor, but it jumps.

    For sources that stay where they are, and rigs whose every loudspeaker is an object of its own. An LFE is silent.

    References
    ----------
    ITU-R BS.2076: `channelLock` of Audio Definition Model objects.
    """

    decoder = None

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self.n_bus = layout.n_channels
        self._heard = np.array([c for c in range(layout.n_channels) if c not in layout.lfe_channels])
        self._places_m = layout.points_m[self._heard]

    def gains(self, points_m: Points, spread_deg: float | NDArray[np.float64] = 0.0) -> NDArray[np.float64]:
        """One gain of 1 for each source: (n, 3) metres -> (n, n_channels). A spread changes nothing.

        Raises
        ------
        ValueError
            If a point is not finite, or a spread is outside 0 to 360.
        """
        points, _ = checked(points_m, spread_deg)
        distances_m = np.linalg.norm(points[:, None] - self._places_m, axis=2)
        nearest = (distances_m <= distances_m.min(axis=1, keepdims=True) + _ALIKE_M).argmax(axis=1)
        return np.asarray(np.eye(self.n_bus)[self._heard[nearest]])


def only(layout: Layout, speaker: str) -> NDArray[np.float64]:
    """Gains (n_channels,) of a sound that comes from one loudspeaker, which may be an LFE.

    Raises
    ------
    LayoutError
        If there is no loudspeaker of that name; the hint lists those there are.

    Examples
    --------
    >>> from soundscape.space.layout import layout_named
    >>> only(layout_named("5.1"), "LFE").tolist()
    [0.0, 0.0, 0.0, 1.0, 0.0, 0.0]
    """
    names = [one.name for one in layout.speakers]
    if speaker not in names:
        meant = nearest_name(speaker, names)
        raise LayoutError(
            f"layout {layout.name!r} has no loudspeaker {speaker!r}" + (f"; did you mean {meant!r}?" if meant else ""),
            hint=f"loudspeakers: {', '.join(names)}",
        )
    return np.asarray(np.eye(len(names))[names.index(speaker)])
