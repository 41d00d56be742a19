"""How a layer comes and goes over minutes: a slow curve from one chance value to the next."""

from __future__ import annotations

import math

from soundscape.arrangement.chance import generator_for
from soundscape.exhibit.exhibit import Ebb

LOWEST_DB = -9.0
"""What a bed loses where it has ebbed all the way."""


class Tide:
    """Where a layer is between high and low, at any time.

    Knots are half a period apart, each drawn by its own name: any stretch of the curve is known without the one before.

    Parameters
    ----------
    name
        What chance is keyed by: the day, the layer.
    """

    def __init__(self, ebb: Ebb, seed: int, *name: str) -> None:
        self._ebb, self._seed, self._name = ebb, seed, name
        self._knots: dict[int, float] = {}

    def low(self, time_s: float) -> float:
        """0 at high water, `depth` at the lowest."""
        if not self._ebb.depth:
            return 0.0
        at = time_s / (30.0 * self._ebb.period_min)
        knot = math.floor(at)
        one, other = self._knot(knot), self._knot(knot + 1)
        share = 0.5 - 0.5 * math.cos(math.pi * (at - knot))
        return self._ebb.depth * (one + (other - one) * share)

    def level_db(self, time_s: float) -> float:
        """What a bed has lost."""
        return LOWEST_DB * self.low(time_s)

    def _knot(self, number: int) -> float:
        if number not in self._knots:
            # High and low alternate, each of its own measure: so a period is a period.
            drawn = float(generator_for(self._seed, *self._name, "ebb", str(number)).uniform(0.0, 0.5))
            self._knots[number] = 1.0 - drawn if number % 2 else drawn
        return self._knots[number]
