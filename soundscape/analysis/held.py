"""The part of a file that is not cut into segments yet: its sound, its frames, and what stands out in it.

What is worked out for a moment depends on `AROUND_S` before and after it alone, and parts meet at whole seconds: it
does not matter in which pieces a file is heard.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from soundscape.analysis.frames import HOPS_PER_S, Floats, Frames, frames_of
from soundscape.analysis.segmenters.shares import shares_of
from soundscape.analysis.segmenters.standing import FLOOR_S, HOP_FRAMES

AROUND_S = 20
"""Half the time in which the floor is sought, a second between floors, and how far the network sees."""
BEFORE_S = 5
"""How much stays of what is before the part that is not cut yet."""
ROWS = ("bands_db", "power", "loud_power", "centroid_hz", "flatness")


class Held:
    """Sound of one channel as it comes in; `grow` works out what can be known of it, `drop` forgets its beginning."""

    def __init__(self, rate_hz: int) -> None:
        self._rate_hz = rate_hz
        self._new: list[Floats] = []
        self._n_new = 0
        self.first_s = 0
        """Second of the file at which `frames` begin."""
        self.frames = Frames(rate_hz, *(np.zeros(shape, np.float32) for shape in (0, (0, 0), 0, 0, 0, 0)))
        self.shares: Floats | None = np.zeros((0, 3), np.float32)
        """(n_steps, 3) as far as they are known; none if all of a short file came in at once."""

    @property
    def n_new(self) -> int:
        """Samples that came in since it grew last."""
        return self._n_new

    def add(self, mono: Floats) -> None:
        """Take what follows, (n_samples,)."""
        self._new.append(mono)
        self._n_new += len(mono)

    def grow(self, *, is_last: bool) -> int:
        """Work out what is new; up to which frame everything is known."""
        samples = np.concatenate([self.frames.samples, *self._new])
        self._new, self._n_new = [], 0
        n_old = len(self.frames)
        n_rows = max(1, len(samples) * HOPS_PER_S // self._rate_hz)
        if not is_last:  # the last second's frames would look beyond the end
            n_rows = max(n_old, (len(samples) // self._rate_hz - 1) * HOPS_PER_S)
        from_s = max(0, n_old // HOPS_PER_S - 1)
        fresh = frames_of(samples[from_s * self._rate_hz :], self._rate_hz)
        rows = slice(n_old - from_s * HOPS_PER_S, n_rows - from_s * HOPS_PER_S)
        old = {name: getattr(self.frames, name) for name in ROWS} if n_old else {}
        new = {name: getattr(fresh, name)[rows] for name in ROWS}
        joined: dict[str, Any] = {name: np.concatenate([old[name], new[name]]) if old else new[name] for name in ROWS}
        self.frames = replace(self.frames, samples=samples, **joined)
        return self._share(n_old, is_last=is_last)

    def _share(self, n_old: int, *, is_last: bool) -> int:
        n_rows = len(self.frames)
        if is_last and not n_old:
            self.shares = None
            return n_rows
        assert self.shares is not None, "nothing comes in after the last"
        known = len(self.shares) * HOP_FRAMES
        until = n_rows if is_last else max(known, n_rows - AROUND_S * HOPS_PER_S)
        if not is_last and n_rows < FLOOR_S * HOPS_PER_S:  # in less than there will be, other floors are found
            until = known
        first = max(0, known - AROUND_S * HOPS_PER_S)
        if until > known:
            steps = ((known - first) // HOP_FRAMES, -(-(until - first) // HOP_FRAMES))
            self.shares = np.concatenate([self.shares, shares_of(self.frames.bands_db[first:], *steps)])
        return until

    def drop(self, n_s: int) -> None:
        """Forget so many seconds."""
        rows = n_s * HOPS_PER_S
        assert self.shares is not None, "nothing is dropped after the last"
        self.shares = self.shares[rows // HOP_FRAMES :].copy()
        kept: dict[str, Any] = {name: getattr(self.frames, name)[rows:].copy() for name in ROWS}
        self.frames = replace(self.frames, samples=self.frames.samples[n_s * self._rate_hz :].copy(), **kept)
        self.first_s += n_s
