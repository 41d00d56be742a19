"""Ticks become seconds here, exactly, and nowhere else."""

from __future__ import annotations

import bisect
from collections.abc import Mapping

USUAL_TEMPO = 500_000
"""Microseconds per quarter note before the first tempo event."""


class Clock:
    """Seconds of ticks: whole numbers are summed, and divided once, so nothing drifts.

    Parameters
    ----------
    division
        The 16 bits of a MIDI header: ticks per quarter note, or a SMPTE rate, which no tempo changes.
    tempi
        Microseconds per quarter note, by tick.

    Examples
    --------
    >>> Clock(480, {960: 250_000}).seconds(1440)
    1.25
    >>> Clock(0xE728, {0: 1}).seconds(1000)  # 25 frames of 40 ticks
    1.0
    """

    def __init__(self, division: int, tempi: Mapping[int, int]) -> None:
        frames, ticks = 256 - (division >> 8), division & 0xFF
        if division < 0x8000:
            self._scale, self._tempi = division * 1_000_000, [tempi.get(0, USUAL_TEMPO)]
        elif frames == 29:
            self._scale, self._tempi, tempi = 30_000 * ticks, [1001], {}
        else:
            self._scale, self._tempi, tempi = frames * ticks, [1], {}
        self._ticks, self._sums = [0], [0]
        for tick, tempo in sorted(tempi.items()):
            if tick > 0:
                self._sums.append(self._sums[-1] + (tick - self._ticks[-1]) * self._tempi[-1])
                self._ticks.append(tick)
                self._tempi.append(tempo)

    def seconds(self, tick: int) -> float:
        """The float nearest to the exact time."""
        i = bisect.bisect_right(self._ticks, tick) - 1
        return (self._sums[i] + (tick - self._ticks[i]) * self._tempi[i]) / self._scale
