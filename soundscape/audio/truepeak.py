"""The highest level between the samples: ITU-R BS.1770, annex 2, by polyphase interpolation.

Where the samples of a stretch are so low that no interpolation of them could reach the peak found so far, the stretch
is not interpolated: the result is the same, and most of a programme is passed over.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

N_TAPS = 16
"""Taps of each phase; the standard's own filter has 12."""
STEP_FRAMES = 16
"""Frames interpolated by one row of the matrix product."""
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


def phases(factor: int) -> NDArray[np.float64]:
    """Interpolation filters (factor - 1, N_TAPS): a sinc under a Kaiser window.

    Phase 0 is left out: it is the samples themselves.
    """
    shifts = np.arange(1, factor)[:, None] / factor
    at = np.arange(N_TAPS) - (N_TAPS // 2 - 1) - shifts
    window = np.i0(KAISER_BETA * np.sqrt(np.clip(1.0 - (at / (N_TAPS / 2)) ** 2, 0.0, None))) / np.i0(KAISER_BETA)
    taps = np.sinc(at) * window
    return np.asarray(taps / taps.sum(axis=1, keepdims=True))


class TruePeak:
    """Running highest level between the samples of all channels; `peak` is linear, 1.0 is full scale."""

    def __init__(self, rate_hz: int, n_channels: int) -> None:
        factor = oversampling(rate_hz)
        self.peak = 0.0
        self.sample_peak = 0.0
        self._tail = np.zeros((n_channels, N_TAPS - 1), np.float32)
        self._reach, self._matrix = _matrix(factor)

    def update(self, channels: NDArray[np.float32]) -> None:
        """Add frames, channel after channel: (n_channels, n_frames)."""
        x = np.concatenate([self._tail, channels], axis=1)
        n_frames = (x.shape[1] - (N_TAPS - 1)) // STRETCH_FRAMES * STRETCH_FRAMES
        self._tail = x[:, n_frames:].copy()
        if not n_frames:
            return
        wide = STRETCH_FRAMES + N_TAPS - 1
        stretches = np.lib.stride_tricks.sliding_window_view(x, wide, axis=1)[:, :n_frames:STRETCH_FRAMES]
        levels = _levels(x[:, :n_frames].reshape(len(x), -1, STRETCH_FRAMES))
        self.sample_peak = max(self.sample_peak, float(levels.max(initial=0.0)))
        following = np.concatenate([levels[:, 1:], _levels(self._tail)[:, None]], axis=1)
        levels = np.maximum(levels, following)  # a stretch reaches a few frames into the next
        self.peak = max(self.peak, self.sample_peak)
        if self._matrix.size:
            self._between(stretches.reshape(-1, stretches.shape[2]), levels.ravel())

    def finish(self) -> None:
        """Let the last frames ring out."""
        self.update(np.zeros((len(self._tail), STRETCH_FRAMES + N_TAPS), np.float32))

    def saved(self) -> tuple[float, float, NDArray[np.float32]]:
        """What `restore` needs to come back to this moment."""
        return self.peak, self.sample_peak, self._tail.copy()

    def restore(self, saved: tuple[float, float, NDArray[np.float32]]) -> None:
        """Come back to a moment."""
        self.peak, self.sample_peak, self._tail = saved

    def _between(self, stretches: NDArray[np.float32], levels: NDArray[np.float32]) -> None:
        """The highest first: each peak found lets more of the rest be passed over."""
        order = np.argsort(levels, kind="stable")[::-1]
        for start in range(0, len(order), 16):
            some = order[start : start + 16]
            if float(levels[some[0]]) * self._reach <= self.peak:
                return
            self.peak = max(self.peak, self._highest(stretches[some]))

    def _highest(self, stretches: NDArray[np.float32]) -> float:
        rows = np.lib.stride_tricks.sliding_window_view(stretches, STEP_FRAMES + N_TAPS - 1, axis=1)[:, ::STEP_FRAMES]
        made = rows.reshape(-1, rows.shape[2]) @ self._matrix
        return float(max(made.max(), -made.min()))


def _matrix(factor: int) -> tuple[float, NDArray[np.float32]]:
    """Largest gain any samples could get, and all phases of `STEP_FRAMES` frames as one matrix."""
    if factor == 1:
        return 1.0, np.zeros((0, 0), np.float32)
    taps = phases(factor)
    matrix = np.zeros((STEP_FRAMES + N_TAPS - 1, STEP_FRAMES * len(taps)), np.float32)
    for frame in range(STEP_FRAMES):
        matrix[frame : frame + N_TAPS, frame * len(taps) : (frame + 1) * len(taps)] = taps.T
    return float(np.abs(taps).sum(axis=1).max()) * (1.0 + 1e-6), matrix


def _levels(x: NDArray[np.float32]) -> NDArray[np.float32]:
    """Largest size of a sample along the last axis."""
    sizes: NDArray[np.float32] = np.maximum(x.max(axis=-1), -x.min(axis=-1))
    return sizes
