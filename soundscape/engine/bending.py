"""How far into its source a voice is when its pitch bends, by the score or because its source moves."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from soundscape.arrangement.event import Event
from soundscape.engine.voices import GRID
from soundscape.space.distance import SOUND_M_PER_S
from soundscape.space.trajectory import Trajectory
from soundscape.units import frame_at

MOST_MACH = 0.5
"""A path that comes or goes faster than this part of the speed of sound shifts the pitch as if it were this fast."""


class Bend:
    """Speed and place in the source of an event, frame by frame; the speed goes straight between rows of the grid."""

    def __init__(self, event: Event, rate_hz: int) -> None:
        start, stop = frame_at(event.start_s, rate_hz), frame_at(event.end_s, rate_hz)
        self._first = start // GRID
        # What hands may bend and have not yet: two rows say all, for an hour would take longer than a hand waits.
        self._is_straight = not event.doppler and (event.bend is None or not any(event.bend.values))
        if self._is_straight:
            self._speeds, self._places = np.ones(2), np.array([0.0, GRID])
            return
        frames = (self._first + np.arange(-(-stop // GRID) - self._first + 2)) * GRID
        times_s = np.maximum(frames - start, 0) / rate_hz
        self._speeds = np.ones(len(times_s))
        if event.doppler:
            times_s, self._speeds = _emitted(event.path, times_s)
        if event.bend is not None:
            self._speeds = self._speeds * 2.0 ** (event.bend.at(times_s) / 12.0)
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
        if self._is_straight:
            return self._first * GRID + int(aim)
        if aim >= self._places[-1]:
            return (self._first + len(self._places)) * GRID
        row = int(np.searchsorted(self._places, aim, side="right")) - 1
        first = (self._first + row) * GRID
        places = self.position(np.arange(first, first + GRID + 1))
        return first + int(np.searchsorted(places, aim, side="right")) - 1


def is_bent(event: Event) -> bool:
    """Whether the speed of an event changes while it sounds."""
    return event.bend is not None or (event.doppler and not event.path.is_still)


def _emitted(path: Trajectory, times_s: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """When a moving source emitted what is heard at `times_s`, and how fast those times pass: Doppler's shift.

    The sound of the first moment is heard at once, however far away it is; from there on each metre further is heard
    later by the time that sound takes for it.

    References
    ----------
    Morse and Ingard, Theoretical Acoustics, 1968, section 11.2: f' = f / (1 + v / c) for a source that goes at v.
    """
    step_s = float(times_s[-1] - times_s[-2])
    emitted_s = np.arange(2 * len(times_s) + 2, dtype=np.float64) * step_s
    far_m = np.linalg.norm(path.at(emitted_s), axis=1)
    most_m = MOST_MACH * SOUND_M_PER_S * step_s
    later_s = np.concatenate([[0.0], np.cumsum(np.clip(np.diff(far_m), -most_m, most_m))]) / SOUND_M_PER_S
    heard_s = emitted_s + later_s
    then_s = np.interp(times_s, heard_s, emitted_s)
    mach = np.gradient(later_s, step_s)
    return then_s, 1.0 / (1.0 + np.interp(then_s, emitted_s, mach))
