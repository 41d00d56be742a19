"""The machine's own limit: the multiply-adds of a mix, and nothing else of it."""

from __future__ import annotations

import time

import numpy as np
from numpy.typing import NDArray

from soundscape.compiled import kernel
from soundscape.engine.plan import Plan

QUANTUM = 64
RUNS = 20


@kernel
def _bare(gains, pairs, arena, starts, bus):  # type: ignore[no-untyped-def]
    """bus[c] += gain * source, for every voice and channel that sound together: 64 frames, no ramp, no fade."""
    for q in range(np.uint64(bus.shape[0])):
        for n in range(np.uint64(pairs.shape[0])):
            channel, start, gain = np.uint64(pairs[n, 1]), np.uint64(starts[pairs[n, 0]]), gains[n]
            for k in range(np.uint64(64)):
                bus[q, channel, k] += gain * arena[start + k]


@kernel
def _bare_dense(gains, arena, starts, bus):  # type: ignore[no-untyped-def]
    """The same where every voice sounds in every channel."""
    for q in range(np.uint64(bus.shape[0])):
        for voice in range(np.uint64(gains.shape[0])):
            start = np.uint64(starts[voice])
            for channel in range(np.uint64(gains.shape[1])):
                gain = gains[voice, channel]
                for k in range(np.uint64(64)):
                    bus[q, channel, k] += gain * arena[start + k]


def times_real_time(planned: Plan, rate_hz: int, *, n_quanta: int = 64) -> float:
    """Seconds of sound for each second of bare multiply-adds of as many pairs of voice and channel as a plan has."""
    halfway = np.array([voice.gains[len(voice.gains) // 2] for voice in planned.voices])
    pairs = np.argwhere(halfway != 0.0)
    arena = np.random.default_rng(1).uniform(-1, 1, len(halfway) * (1 << 15)).astype(np.float32)
    starts = np.arange(len(halfway)) * (1 << 15)
    bus = np.zeros((n_quanta, halfway.shape[1], QUANTUM), np.float32)
    is_dense = len(pairs) > 0.5 * halfway.size
    best_s = np.inf
    for _ in range(RUNS):
        began_s = time.perf_counter()
        if is_dense:
            _bare_dense(halfway, arena, starts, bus)
        else:
            _bare(_gains_of(halfway, pairs), pairs, arena, starts, bus)
        best_s = min(best_s, time.perf_counter() - began_s)
    return n_quanta * QUANTUM / rate_hz / best_s


def _gains_of(halfway: NDArray[np.float32], pairs: NDArray[np.int64]) -> NDArray[np.float32]:
    return np.ascontiguousarray(halfway[pairs[:, 0], pairs[:, 1]])
