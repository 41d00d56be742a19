"""How far into its source a voice is when its pitch bends."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from soundscape.engine.voices import GRID
from soundscape.score.curve import Curve


class Bend:
    """Speed and place in the source of an event, frame by frame; the speed goes straight between rows of the grid."""

    def __init__(self, semitones: Curve, start: int, stop: int, rate_hz: int) -> None:
        self._first = start // GRID
        frames = (self._first + np.arange(-(-stop // GRID) - self._first + 2)) * GRID
        times_s = np.maximum(frames - start, 0) / rate_hz
        self._speeds = 2.0 ** (semitones.at(times_s) / 12.0)
        steps = (self._speeds[1:] + self._speeds[:-1]) * (GRID / 2)
        self._places = np.concatenate([[0.0], np.cumsum(steps)])

    def speed(self, frames: NDArray[np.int64]) -> NDArray[np.float64]:
        """Frames of source per frame, at frames of the axis."""
        return np.interp(frames / GRID - self._first, np.arange(len(self._speeds)), self._speeds)

    def position(self, frames: NDArray[np.int64]) -> NDArray[np.float64]:
        """Frames of source passed since the first row of the grid."""
        row = np.clip(frames // GRID - self._first, 0, len(self._speeds) - 2)
        into = frames - (row + self._first) * GRID
        rise = (self._speeds[row + 1] - self._speeds[row]) / (2 * GRID)
        return np.asarray(self._places[row] + self._speeds[row] * into + rise * into * into)

    def reached(self, start: int, passed: float) -> int:
        """First frame at which, from frame `start` on, no whole frame of `passed` frames of source is left."""
        aim = float(self.position(np.array([start]))[0]) + passed
        if aim >= self._places[-1]:
            return (self._first + len(self._places)) * GRID
        row = int(np.searchsorted(self._places, aim, side="right")) - 1
        first = (self._first + row) * GRID
        places = self.position(np.arange(first, first + GRID + 1))
        return first + int(np.searchsorted(places, aim, side="right")) - 1
