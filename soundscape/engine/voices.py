"""Voices as values: which samples sound when, on which channels, how loud."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

QUANTUM = 64
"""Frames the kernel works on at once, counted from frame 0."""

GRID = 512
"""Frames between two rows of a gain curve, counted from frame 0; between rows a gain goes straight."""


@dataclass(frozen=True, slots=True, order=True)
class SourceKey:
    """A stretch of a recording at a constant speed: what a host must have ready before a voice starts."""

    recording_id: str
    start_s: float
    end_s: float
    speed: float = 1.0


@dataclass(frozen=True, slots=True, eq=False)
class Voice:
    """One channel of a source, sounding once from frame `start` for `n_frames`.

    `gains`: (n_rows, n_bus) float32 at frames `(start // GRID + row) * GRID`; the last row is at or after the end.
    `positions` and `speeds`: (n_rows,) float64, of a voice that bends: where in the source it is at those frames, and
    how fast; empty where it goes one frame at a time from `source_start`. `airs`: (n_rows, 8) float32, what the air
    takes of its highs (`soundscape.space.air`); empty where that is not heard.
    """

    index: int
    """Place in the plan; of voices that start together the lower one is mixed first."""
    key: SourceKey
    channel: int
    """Channel of the source; -1 is the mean of all."""
    start: int
    n_frames: int
    source_start: int
    fade_in: int
    fade_out: int
    gains: NDArray[np.float32]
    positions: NDArray[np.float64]
    speeds: NDArray[np.float64]
    airs: NDArray[np.float32]

    @property
    def stop(self) -> int:
        """First frame at which it is silent again."""
        return self.start + self.n_frames

    @property
    def is_bent(self) -> bool:
        """Whether its speed changes."""
        return len(self.positions) > 0

    @property
    def is_in_air(self) -> bool:
        """Whether the air colours it."""
        return len(self.airs) > 0

    def after(self, frame: int, fade_in: int) -> Voice:
        """The rest of it from a frame on, with what is left of its fade in, or with `fade_in` where that is longer."""
        rows, missed = frame // GRID - self.start // GRID, frame - self.start
        n_frames = self.n_frames - missed
        return replace(
            self, start=frame, n_frames=n_frames, source_start=self.source_start + missed,
            fade_in=min(max(self.fade_in - missed, fade_in), n_frames), gains=self.gains[rows:],
            positions=self.positions[rows:], speeds=self.speeds[rows:], airs=self.airs[rows:],
        )  # fmt: skip


def n_rows(start: int, stop: int) -> int:
    """Rows of a gain curve that covers [start, stop).

    Examples
    --------
    >>> n_rows(0, 512), n_rows(511, 513)
    (2, 3)
    """
    return -(-stop // GRID) - start // GRID + 1
