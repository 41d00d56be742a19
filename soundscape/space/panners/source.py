"""Sources, checked alike for every panner: finite places, spreads that there are, and what the head makes wide."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from soundscape.space.panners.vbap import HEAD_M
from soundscape.space.trajectory import Points

_AHEAD = np.array([0.0, 1.0, 0.0])
_NOWHERE_M = 1e-9


def checked(points_m: Points, spread_deg: float | NDArray[np.float64]) -> tuple[Points, NDArray[np.float64]]:
    """Sources as arrays.

    Parameters
    ----------
    points_m : (n, 3) metres
    spread_deg : float or (n,), 0 to 360

    Returns
    -------
    (n, 3) and (n,) float64

    Raises
    ------
    ValueError
        If a point is not finite, or a spread is outside 0 to 360.
    """
    points = np.asarray(points_m, dtype=np.float64)
    if points.ndim != 2 or points.shape[1] != 3 or not np.isfinite(points).all():
        raise ValueError(f"points_m must be finite, (n, 3), got shape {points.shape}")
    spread = np.broadcast_to(np.asarray(spread_deg, dtype=np.float64), len(points))
    if not ((spread >= 0.0) & (spread <= 360.0)).all():
        raise ValueError(f"spread_deg goes from 0 to 360, got {spread_deg}")
    return points, spread


def as_heard(points_m: Points, spread_deg: float | NDArray[np.float64]) -> tuple[Points, NDArray[np.float64]]:
    """Directions (n, 3) of sources from the listener, and how wide they are: (n,) degrees.

    A source nearer than `HEAD_M` is wider; in the middle of the head it is everywhere, and its direction is ahead.

    Raises
    ------
    ValueError
        As `checked`.
    """
    points, spread = checked(points_m, spread_deg)
    distances_m = np.linalg.norm(points, axis=1)
    far = distances_m > _NOWHERE_M
    directions = np.where(far[:, None], points / np.where(far, distances_m, 1.0)[:, None], _AHEAD)
    at_head = np.clip(1.0 - distances_m / HEAD_M, 0.0, 1.0)
    return directions, spread + (360.0 - spread) * at_head
