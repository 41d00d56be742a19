"""Sources that are wide: a cap of the sphere sounds instead of a point, from a breath of wind to everywhere.

Nothing here knows loudspeakers; it says which part of a fixed grid of directions a wide source covers.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from soundscape.space.trajectory import point_at

GRID_DEG = 10.0
FADE_DEG = 15.0
"""Over this angle a cap's edge fades; below it a wide source also fades in from the point."""


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
    angles_deg = np.degrees(np.arccos(np.clip(directions @ cells.T, -1.0, 1.0)))
    return np.clip((spread_deg[:, None] / 2.0 + FADE_DEG - angles_deg) / FADE_DEG, 0.0, 1.0)


def share_of_cap(spread_deg: NDArray[np.float64]) -> NDArray[np.float64]:
    """Part of the power that the cap has, the rest is the point's: (n,) degrees -> 0 at 0, 1 from 2 * `FADE_DEG`."""
    return np.clip(spread_deg / (2.0 * FADE_DEG), 0.0, 1.0)
