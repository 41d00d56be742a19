"""Sources as every panner that knows directions sees them: where from, how far, how wide; and what may not be one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from soundscape.space.distance import HEAD_M
from soundscape.space.trajectory import Points

_AHEAD = np.array([0.0, 1.0, 0.0])


@dataclass(frozen=True, slots=True, eq=False)
class Sources:
    """directions : (n, 3) unit vectors; distances_m : (n,); spread_deg : (n,) from 0 to 360, wider near the head."""

    directions: Points
    distances_m: NDArray[np.float64]
    spread_deg: NDArray[np.float64]


def checked(points_m: Points, spread_deg: float | NDArray[np.float64]) -> tuple[Points, NDArray[np.float64]]:
    """Places (n, 3) and spreads (n,) as arrays: (n, 3) metres, spread one for all or (n,).

    Raises
    ------
    ValueError
        If a point is not finite, or a spread is outside 0 to 360.
    """
    points = np.asarray(points_m, dtype=np.float64)
    if points.ndim != 2 or points.shape[1] != 3 or not np.isfinite(points).all():
        raise ValueError(f"points_m must be finite, (n, 3), got shape {points.shape}")
    asked_deg = np.broadcast_to(np.asarray(spread_deg, dtype=np.float64), len(points))
    if not ((asked_deg >= 0.0) & (asked_deg <= 360.0)).all():
        raise ValueError(f"spread_deg goes from 0 to 360, got {spread_deg}")
    return points, asked_deg


def sources_at(points_m: Points, spread_deg: float | NDArray[np.float64]) -> Sources:
    """Sources at `points_m`: (n, 3) metres, spread one for all or (n,).

    Raises
    ------
    ValueError
        As `checked`.

    Examples
    --------
    >>> sources_at(np.array([[0.0, 2.0, 0.0], [0.0, 0.15, 0.0]]), 0.0).spread_deg.tolist()
    [0.0, 180.0]
    """
    points, asked_deg = checked(points_m, spread_deg)
    distances_m = np.linalg.norm(points, axis=1)
    far = distances_m > 1e-9
    directions = np.where(far[:, None], points / np.where(far, distances_m, 1.0)[:, None], _AHEAD)
    at_head = np.clip(1.0 - distances_m / HEAD_M, 0.0, 1.0)
    return Sources(directions, distances_m, asked_deg + (360.0 - asked_deg) * at_head)
