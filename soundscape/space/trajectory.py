"""Places and paths: points in metres (x right, y ahead, z up) and the straight lines between them.

Azimuth grows to the left, 0 degrees is ahead; elevation grows upwards (ITU-R BS.2051, BS.2076).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float64]
"""(n, 3) metres: x right, y ahead, z up."""

Point = tuple[float, float, float]

FARTHEST_M = 1e6
"""A place further off is a slip of the pen: distances are squared."""


def point_at(azimuth_deg: float, elevation_deg: float = 0.0, distance_m: float = 1.0) -> Point:
    """Point in metres of a direction and a distance from the listener.

    Examples
    --------
    >>> [round(axis, 6) for axis in point_at(90.0, 0.0, 2.0)]
    [-2.0, 0.0, 0.0]
    """
    azimuth, elevation = math.radians(azimuth_deg), math.radians(elevation_deg)
    return (
        -math.sin(azimuth) * math.cos(elevation) * distance_m,
        math.cos(azimuth) * math.cos(elevation) * distance_m,
        math.sin(elevation) * distance_m,
    )


@dataclass(frozen=True, slots=True)
class Trajectory:
    """A path through space: straight lines between points, still before the first and after the last.

    `times_s` count from the start of the event that moves along the path, and rise.
    """

    times_s: tuple[float, ...]
    points_m: tuple[Point, ...]

    def __post_init__(self) -> None:
        if len(self.times_s) != len(self.points_m) or not self.times_s:
            raise ValueError(f"{len(self.times_s)} times for {len(self.points_m)} points")
        if any(later <= earlier for earlier, later in pairwise(self.times_s)):
            raise ValueError(f"times must rise, got {self.times_s}")
        if not all(math.isfinite(value) for point in self.points_m for value in point):
            raise ValueError(f"points must be finite, got {self.points_m}")
        if any(abs(value) > FARTHEST_M for point in self.points_m for value in point):
            raise ValueError(f"points must be within {FARTHEST_M / 1000:g} km")
        if not all(math.isfinite(time) for time in self.times_s):
            raise ValueError(f"times must be finite, got {self.times_s}")

    @classmethod
    def still(cls, x_m: float, y_m: float, z_m: float = 0.0) -> Trajectory:
        """Path that stays at one point."""
        return cls((0.0,), ((x_m, y_m, z_m),))

    @property
    def is_still(self) -> bool:
        """Whether every point of the path is the same."""
        return all(point == self.points_m[0] for point in self.points_m)

    def at(self, times_s: NDArray[np.float64]) -> Points:
        """Positions at `times_s`: (n,) seconds from the start of the event -> (n, 3) metres."""
        axes = np.array(self.points_m, dtype=np.float64).T
        return np.stack([np.interp(times_s, self.times_s, axis) for axis in axes], axis=-1)


AHEAD = Trajectory.still(0.0, 1.0)
