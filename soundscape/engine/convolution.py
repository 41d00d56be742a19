"""Filter banks: every channel in, through a filter of its own, to every channel out, with no delay.

Nothing here knows what is filtered: ears from spherical harmonics, or a measured room from its sends.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from soundscape.engine import kernels
from soundscape.engine.voices import QUANTUM

BLOCKS = (QUANTUM, 8 * QUANTUM, 64 * QUANTUM)
"""Lengths of the partitions: each answers from its own length on, up to that of the next."""

MOST_FRAMES = 60 * 192_000


@dataclass(frozen=True, slots=True, eq=False)
class Level:
    """One length of partitions, and all it remembers and works with: the arguments of the kernel."""

    is_ahead: int
    filters: NDArray[np.float32]
    seen: NDArray[np.float32]
    past: NDArray[np.float32]
    ready: NDArray[np.float32]
    clock: NDArray[np.int64]
    cos: NDArray[np.float32]
    sin: NDArray[np.float32]
    work: NDArray[np.float32]
    work_out: NDArray[np.float32]
    sums: NDArray[np.float32]

    @property
    def arrays(self) -> tuple[NDArray[np.generic], ...]:
        """What the kernel works with, in its order."""
        return (self.filters, self.seen, self.past, self.ready, self.clock, self.cos, self.sin, self.work,
                self.work_out, self.sums)  # fmt: skip

    @property
    def sounding(self) -> tuple[NDArray[np.generic], ...]:
        """Those that hold sound."""
        return (self.seen, self.past, self.ready)


class FilterBank:
    """Convolution in partitions that grow: 64, 512 and 4096 frames.

    Parameters
    ----------
    filters : (n_out, n_in, n_taps) float
        At most `MOST_FRAMES` taps.

    References
    ----------
    Gardner, "Efficient convolution without input-output delay", JAES 43(3), 1995.
    """

    def __init__(self, filters: NDArray[np.float64]) -> None:
        n_taps = filters.shape[2]
        if not 1 <= n_taps <= MOST_FRAMES:
            raise ValueError(f"filters have from 1 to {MOST_FRAMES} taps, got {n_taps}")
        if not np.isfinite(filters).all():
            raise ValueError("filters must be finite")
        self.n_out, self.n_in = filters.shape[:2]
        self.levels: list[Level] = []
        for n, block in enumerate(BLOCKS):
            begin = block if n else 0
            end = n_taps if n + 1 == len(BLOCKS) else min(BLOCKS[n + 1], n_taps)
            if end > begin:
                self.levels.append(_level(filters[:, :, begin:end], block, is_ahead=n > 0))

    def forget(self) -> None:
        """Be as new: nothing that went in before comes out any more."""
        for level in self.levels:
            for array in (*level.sounding, level.clock):
                array.fill(0)

    def add(self, bus: NDArray[np.float32], first: int, out: NDArray[np.float32]) -> None:
        """Add channels `first` and following of `bus` (n_quanta, n, 64), filtered, to `out` (n_quanta, n_out, 64)."""
        for level in self.levels:
            kernels.convolve(bus, first, level.is_ahead, *level.arrays, out)


def _level(filters: NDArray[np.float64], block: int, *, is_ahead: bool) -> Level:
    n_out, n_in, n_taps = filters.shape
    n_parts = -(-n_taps // block)
    padded = np.zeros((n_out, n_in, n_parts * block))
    padded[:, :, :n_taps] = filters
    spectra = np.fft.rfft(padded.reshape(n_out, n_in, n_parts, block), 2 * block)
    bins = np.stack([spectra.real, spectra.imag], axis=3).transpose(2, 0, 1, 3, 4)
    turn = 2.0 * np.pi * np.arange(2 * block) / (2 * block)
    shapes = {
        "seen": (n_parts, 2, n_in, block + 1), "past": (n_in, 2 * block), "ready": (n_out, block),
        "work": (4, n_in * block), "work_out": (4, n_out * block), "sums": (2, n_out, block + 1),
    }  # fmt: skip
    return Level(
        is_ahead=int(is_ahead), filters=np.ascontiguousarray(bins, np.float32), clock=np.zeros(1, np.int64),
        cos=np.cos(turn).astype(np.float32), sin=np.sin(turn).astype(np.float32),
        **{name: np.zeros(shape, np.float32) for name, shape in shapes.items()},
    )  # fmt: skip
