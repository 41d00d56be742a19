"""A value that changes over time: breakpoints joined by straight lines."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Curve:
    """Breakpoints (`times_s` never fall); constant before the first and after the last.

    Two points at one time are a step; the later one holds from that time on.

    Examples
    --------
    >>> swell = Curve((0.0, 2.0), (-12.0, 0.0))
    >>> swell.at(np.array([0.0, 1.0, 5.0])).tolist()
    [-12.0, -6.0, 0.0]
    """

    times_s: tuple[float, ...]
    values: tuple[float, ...]

    def __post_init__(self) -> None:
        if len(self.times_s) != len(self.values) or not self.times_s:
            raise ValueError(f"{len(self.times_s)} times for {len(self.values)} values")
        if any(later < earlier for earlier, later in pairwise(self.times_s)):
            raise ValueError(f"times must not fall, got {self.times_s}")
        if not all(math.isfinite(value) for value in (*self.times_s, *self.values)):
            raise ValueError("times and values must be finite")

    @classmethod
    def of_steps(cls, steps: Iterable[tuple[float, float]], *, glide_s: float = 0.01) -> Curve:
        """Curve through values that hold until the next one, each reached in at most `glide_s` (no zipper noise).

        `steps` are (time_s, value) in rising order; of several at one time the last counts.
        """
        points: dict[float, float] = {}
        held: float | None = None
        last_s = -math.inf
        for time_s, value in steps:
            if held is not None and time_s - glide_s > last_s:
                points[time_s - glide_s] = held
            points[time_s] = value
            held, last_s = value, time_s
        return cls(tuple(points), tuple(points.values()))

    def at(self, times_s: NDArray[np.float64]) -> NDArray[np.float64]:
        """Values at `times_s`, any shape."""
        return np.interp(times_s, self.times_s, self.values)

    def between(self, start_s: float, stop_s: float) -> Curve:
        """Part of the curve from `start_s` to `stop_s`, with time counted from `start_s`."""
        inside = [(t, v) for t, v in zip(self.times_s, self.values, strict=True) if start_s < t < stop_s]
        first, last = self.at(np.array([start_s, stop_s]))
        points = [(start_s, float(first)), *inside, (max(stop_s, start_s), float(last))]
        return Curve(tuple(t - start_s for t, _ in points), tuple(v for _, v in points))

    @property
    def is_constant(self) -> bool:
        """Whether the curve has one value only."""
        return all(value == self.values[0] for value in self.values)
