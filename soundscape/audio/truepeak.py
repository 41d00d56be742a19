"""The highest level between the samples: ITU-R BS.1770, annex 2, by polyphase interpolation.

Where the samples of a stretch are so low that no interpolation of them could reach the peak found so far, the stretch
is not interpolated: the result is the same, and most of a programme is passed over.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from soundscape.audio import metering
from soundscape.units import Samples

N_TAPS = 16
"""Taps of each phase; the standard's own filter has 12."""
STRETCH_FRAMES = 512
KAISER_BETA = 4.5


def oversampling(rate_hz: int) -> int:
    """How many times the rate is raised: to 192 kHz or more, as the annex asks.

    Examples
    --------
    >>> [oversampling(rate_hz) for rate_hz in (44_100, 48_000, 96_000, 192_000)]
    [4, 4, 2, 1]
    """
    return 4 if rate_hz < 80_000 else 2 if rate_hz < 160_000 else 1


@lru_cache(maxsize=4)
def phases(factor: int) -> NDArray[np.float64]:
    """Interpolation filters (factor - 1, N_TAPS): a sinc under a Kaiser window.

    Phase 0 is left out: it is the samples themselves. The table is shared and cannot be written.
    """
    shifts = np.arange(1, factor)[:, None] / factor
    at = np.arange(N_TAPS) - (N_TAPS // 2 - 1) - shifts
    window = np.i0(KAISER_BETA * np.sqrt(np.clip(1.0 - (at / (N_TAPS / 2)) ** 2, 0.0, None))) / np.i0(KAISER_BETA)
    taps = np.sinc(at) * window
    taps = np.asarray(taps / taps.sum(axis=1, keepdims=True))
    taps.flags.writeable = False
    return taps


class TruePeak:
    """Running highest level between the samples of all channels; `peak` is linear, 1.0 is full scale."""

    def __init__(self, rate_hz: int, n_channels: int) -> None:
        self.peak = 0.0
        self.sample_peak = 0.0
        self._tail = np.zeros((N_TAPS - 1, n_channels), np.float32)
        self._taps = phases(oversampling(rate_hz)).astype(np.float32)
        self._reach = float(np.abs(self._taps).sum(axis=1).max(initial=1.0)) * (1.0 + 1e-6)

    def update(self, block: Samples) -> None:
        """Add (n_frames, n_channels) frames."""
        frames = np.concatenate([self._tail, block])
        n_stretches = (len(frames) - (N_TAPS - 1)) // STRETCH_FRAMES
        self._tail = frames[n_stretches * STRETCH_FRAMES :].copy()
        self.sample_peak, self.peak = self._highest(frames, n_stretches)

    def to_the_end(self) -> float:
        """The peak with the last frames rung out; more frames may still come."""
        n_stretches = -(-len(self._tail) // STRETCH_FRAMES)
        missing = n_stretches * STRETCH_FRAMES + N_TAPS - 1 - len(self._tail)
        silence = np.zeros((missing, self._tail.shape[1]), np.float32)
        self.sample_peak, peak = self._highest(np.concatenate([self._tail, silence]), n_stretches)
        return peak

    def _highest(self, frames: Samples, n_stretches: int) -> tuple[float, float]:
        """Sample peak and peak after so many stretches."""
        levels = np.zeros((n_stretches + 1, frames.shape[1]), np.float32)
        if frames.shape[1] == 1:  # numpy goes along one line faster than the loop, and across many far slower
            line = np.abs(frames[: n_stretches * STRETCH_FRAMES, 0])
            levels[:-1, 0] = line.reshape(-1, STRETCH_FRAMES).max(axis=1)
        else:
            metering.highest(frames, STRETCH_FRAMES, levels[:-1])
        levels[-1] = np.abs(frames[n_stretches * STRETCH_FRAMES :]).max(axis=0)
        sample_peak = max(self.sample_peak, float(levels[:-1].max(initial=0.0)))
        peak = np.array([max(self.peak, sample_peak)], np.float32)
        reached = np.maximum(levels[:-1], levels[1:])  # a stretch reaches a few frames into the next
        order = np.flatnonzero(reached.ravel() * self._reach > peak[0])
        order = order[np.argsort(reached.ravel()[order], kind="stable")[::-1]]
        line, made = (np.empty(STRETCH_FRAMES + more, np.float32) for more in (N_TAPS - 1, 0))
        metering.between(frames, STRETCH_FRAMES, self._taps, self._reach, reached, order, line, made, peak)
        return sample_peak, float(peak[0])
