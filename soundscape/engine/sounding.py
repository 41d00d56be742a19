"""A voice in its slot: which stretch of its source it needs, and what of it is there."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from soundscape.engine import kernels
from soundscape.engine.voices import GRID, QUANTUM, Voice
from soundscape.units import Samples

ASIDE = QUANTUM
"""Frames held before and after those that sound: filters read beside them."""


@dataclass(slots=True, order=False, eq=False)
class Sounding:
    """A voice in its slot, and what of the arena it holds.

    `base` and `filled` count frames of the axis, or of the source where the voice bends: the first that was brought
    into the arena, and the first that was not yet.
    """

    voice: Voice
    samples: Samples
    slot: int
    place: int
    length: int
    row: int
    base: int
    last: int
    filled: int
    is_ring: bool
    is_resident: bool
    """Whether its source is in memory, where nobody waits for it."""
    is_gone: bool = False
    is_at_disk: bool = False
    """Whether its source is being read, and its part of the arena written: nobody else may have that then."""

    def needed(self, frame: int) -> int:
        """What must be filled before the mix may come to `frame`."""
        voice = self.voice
        if not voice.is_bent:
            return min(frame + ASIDE, self.last)
        row = min(max(-(-frame // GRID) - voice.start // GRID, 0), len(voice.positions) - 1)
        return min(int(voice.positions[row]) + reach_aside(voice), self.last)

    def kept(self, frame: int) -> int:
        """From where on the source is still needed when the mix is at `frame`."""
        voice = self.voice
        if not voice.is_bent:
            return frame - ASIDE
        row = min(max(frame // GRID - voice.start // GRID, 0), len(voice.positions) - 1)
        return int(voice.positions[row]) - reach_aside(voice)

    def lasts(self) -> int:
        """Frame that the mix can come to with what is filled."""
        voice = self.voice
        if not voice.is_bent:
            return self.filled - ASIDE
        row = int(np.searchsorted(voice.positions, self.filled - reach_aside(voice), side="right")) - 1
        return (voice.start // GRID + row) * GRID

    def can_hold(self, frame: int) -> int:
        """How far it can be filled while the mix is at `frame`."""
        if not self.is_ring:
            return self.last
        return min(self.last, max(self.kept(frame), self.base) + self.length - kernels.TAPS)


def is_in_memory(voice: Voice, samples: Samples) -> bool:
    """Whether the mix can read a source where it is: one channel of an array, at its own speed."""
    is_plain = isinstance(samples, np.ndarray) and samples.dtype == np.float32 and samples.flags.c_contiguous
    return is_plain and samples.size > 0 and voice.channel >= 0 and not voice.is_bent


def held(voice: Voice) -> tuple[int, int]:
    """Frames that a source is needed from and up to: of the source where the voice bends, else of the axis."""
    if not voice.is_bent:
        return (voice.start & -QUANTUM) - ASIDE, -(-voice.stop // QUANTUM) * QUANTUM + ASIDE
    return int(voice.positions[0]) - reach_aside(voice), int(voice.positions[-1]) + reach_aside(voice)


def at_once(voice: Voice, batch_frames: int) -> int:
    """Frames of source that the mix needs at once, at most."""
    n_frames = batch_frames + 2 * GRID
    return int(n_frames * float(voice.speeds.max())) + 2 * reach_aside(voice) if voice.is_bent else n_frames


def reach_aside(voice: Voice) -> int:
    """Frames of source that reads of a bending voice reach before and beyond the rows of its grid."""
    return kernels.TAPS + int(3 * QUANTUM * float(voice.speeds.max()))


def copy_channel(samples: Samples, channel: int, first: int, out: NDArray[np.float32]) -> None:
    """Frames from `first` on of one channel, or of the mean of all, into `out`; silence outside the source."""
    low, high = max(first, 0), min(first + len(out), len(samples))
    if high - low < len(out):
        out[:] = 0.0
    if low < high:
        part = samples[low:high]
        out[low - first : high - first] = part.mean(axis=1) if channel < 0 else part[:, channel]
