"""Sources that are wide: a cap of the sphere sounds instead of a point, from a breath of wind to everywhere.

Nothing here knows loudspeakers; it says which part of a fixed grid of directions a wide source covers, and what it
sounds like to whoever pans points.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from soundscape.space.trajectory import point_at

GRID_DEG = 10.0
FADE_DEG = 15.0
"""Over this angle a cap's edge fades; below it a wide source also fades in from the point."""

_BLOCK = 2048


def grid() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Directions (n, 3) over the whole sphere, symmetric in every axis, and the area of each (n,)."""
    azimuths_deg = np.arange(GRID_DEG / 2.0, 360.0, GRID_DEG)
    elevations_deg = np.arange(-90.0 + GRID_DEG / 2.0, 90.0, GRID_DEG)
    pairs = [(azimuth, elevation) for elevation in elevations_deg for azimuth in azimuths_deg]
    areas = np.array([np.cos(np.radians(elevation)) for _, elevation in pairs])
    return np.array([point_at(azimuth, elevation) for azimuth, elevation in pairs]), areas


def cover(directions: NDArray[np.float64], spread_deg: NDArray[np.float64],
          cells: NDArray[np.float64]) -> NDArray[np.float64]:  # fmt: skip
    """How much of each cell a source covers: (n, 3) unit vectors, (n,) degrees, (m, 3) -> (n, m) from 0 to 1.

    A cap of `spread_deg` across is covered whole, and its edge fades over `FADE_DEG`; 360 covers all alike.
    """
    cosines = directions @ cells.T
    inner_deg = spread_deg / 2.0
    covered = (cosines >= np.cos(np.radians(inner_deg))[:, None]).astype(np.float64)
    outer_deg = inner_deg + FADE_DEG
    outside = np.where(outer_deg < 180.0, np.cos(np.radians(np.minimum(outer_deg, 180.0))), -np.inf)
    # Angles are dear, and wanted at the edge alone.
    rows, columns = np.nonzero((cosines > outside[:, None]) & (covered == 0.0))
    angles_deg = np.degrees(np.arccos(np.clip(cosines[rows, columns], -1.0, 1.0)))
    covered[rows, columns] = np.clip((outer_deg[rows] - angles_deg) / FADE_DEG, 0.0, 1.0)
    return covered


def share_of_cap(spread_deg: NDArray[np.float64]) -> NDArray[np.float64]:
    """Part of the power that the cap has, the rest is the point's: (n,) degrees -> 0 at 0, 1 from 2 * `FADE_DEG`."""
    return np.clip(spread_deg / (2.0 * FADE_DEG), 0.0, 1.0)


class Spreader:
    """Wide sources of a panner that pans points: the mean power over the cap that a source covers.

    point_powers
        Powers of point sources: (n, 3) unit vectors -> (n, m); a row adds up to 1, or less where the panner has it so.
    """

    def __init__(self, point_powers: Callable[[NDArray[np.float64]], NDArray[np.float64]]) -> None:
        self._point_powers = point_powers

    def powers(self, directions: NDArray[np.float64], spread_deg: NDArray[np.float64]) -> NDArray[np.float64]:
        """Powers (n, m) of sources (n, 3) that are (n,) degrees wide; what a cap plays adds up to 1."""
        powers = self._point_powers(directions)
        wide = np.flatnonzero(spread_deg > 0.0)
        for first in range(0, len(wide), _BLOCK):
            rows = wide[first : first + _BLOCK]
            cells, cell_powers = self._cells
            caps = cover(directions[rows], spread_deg[rows], cells) @ cell_powers
            caps /= caps.sum(axis=1, keepdims=True)
            share = share_of_cap(spread_deg[rows])[:, None]
            powers[rows] = share * caps + (1.0 - share) * powers[rows]
        return powers

    @cached_property
    def _cells(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """The grid of directions, and the powers at each cell times its area."""
        cells, areas = grid()
        return cells, self._point_powers(cells) * areas[:, None]
