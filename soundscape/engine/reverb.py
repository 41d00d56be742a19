"""A room as delays and filters: first reflections from the walls, then a tail that fades as the room says.

Nothing here knows of sources; it answers what reaches its left and its right send.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import hadamard

from soundscape.engine import kernels
from soundscape.engine.voices import QUANTUM
from soundscape.space.layout import Layout
from soundscape.space.panners import panner_for
from soundscape.space.room import HIGH_HZ, LOW_HZ, Room
from soundscape.units import frame_at, gain_of

N_LINES = 16
SOUND_M_PER_S = 343.0
_MEASURED_S = 3.0
_MIXING = np.asarray(hadamard(N_LINES) / np.sqrt(N_LINES), np.float32)


class Reverb:
    """Feedback delay network of 16 lines with a Hadamard matrix and decay in three bands.

    References
    ----------
    Jot and Chaigne, "Digital delay networks for designing artificial reverberators", AES 90, 1991.
    """

    def __init__(self, room: Room, layout: Layout, rate_hz: int) -> None:
        self._n_channels = layout.n_channels
        self._lengths = _lengths(room, rate_hz)
        self._filters = _filters(room, self._lengths, rate_hz)
        self._outputs = _outputs(layout)
        self._taps, self._tap_gains = _walls(room, layout, rate_hz)
        shapes = ((QUANTUM, N_LINES), (N_LINES, QUANTUM), (2, QUANTUM))
        self._work = tuple(np.zeros(shape, np.float32) for shape in shapes)
        self._clear()
        scale = np.float32(gain_of(room.level_db) / np.sqrt(self._energy(rate_hz)))
        self._outputs *= scale
        self._tap_gains *= scale
        self._clear()

    def add(self, bus: NDArray[np.float32]) -> None:
        """Add the answer to a bus of (n_quanta, n_channels + 2, 64)."""
        kernels.answer(self._n_channels, self._lines, self._lengths, self._filters, self._memory, _MIXING,
                       self._outputs, self._early, self._taps, self._tap_gains, self._clock, *self._work,
                       bus)  # fmt: skip

    def _clear(self) -> None:
        self._lines = np.zeros((N_LINES, _ring(int(self._lengths.max()))), np.float32)
        self._early = np.zeros((2, _ring(int(self._taps.max()))), np.float32)
        self._memory = np.zeros((2, N_LINES), np.float32)
        self._clock = np.zeros(1, np.int64)

    def _energy(self, rate_hz: int) -> float:
        """Energy of the answer to one sample shared by both sends, over all channels."""
        bus = np.zeros((frame_at(_MEASURED_S, rate_hz) // QUANTUM, self._n_channels + 2, QUANTUM), np.float32)
        bus[0, -2:, 0] = np.sqrt(0.5)
        self.add(bus)
        return float(np.sum(np.square(bus[:, :-2], dtype=np.float64)))


def _ring(frames: int) -> int:
    return 1 << frames.bit_length()


def _lengths(room: Room, rate_hz: int) -> NDArray[np.int64]:
    """Lengths of the lines: primes spread about the time sound takes through the room."""
    mean_s = float(np.clip(sum(room.size_m) / 3.0 / SOUND_M_PER_S, 0.01, 0.06))
    asked = mean_s * rate_hz * np.geomspace(0.55, 1.65, N_LINES)
    found: list[int] = []
    for length in asked:
        prime = max(int(length), QUANTUM + 1)
        while prime in found or any(prime % n == 0 for n in range(2, int(prime**0.5) + 1)):
            prime += 1
        found.append(prime)
    return np.array(found, np.int64)


def _filters(room: Room, lengths: NDArray[np.int64], rate_hz: int) -> NDArray[np.float32]:
    """(5, 16): gain of the middle band; share of the lows on top of it and their pole; share of the highs, pole."""
    low, middle, high = (10.0 ** (-3.0 * lengths / (rate_hz * max(rt60_s, 0.05))) for rt60_s in room.rt60_s)
    low_pole, high_pole = (1.0 - np.exp(-2.0 * np.pi * hz / rate_hz) for hz in (LOW_HZ, HIGH_HZ))
    ones = np.ones(len(lengths))
    rows = [middle, low / middle - 1.0, low_pole * ones, high / middle, high_pole * ones]
    return np.stack(rows).astype(np.float32)


def _outputs(layout: Layout) -> NDArray[np.float32]:
    """How the lines sound in each channel, (n_channels, 16): mixtures of all, unlike each other; nothing in an LFE."""
    signs = np.random.default_rng(16).standard_normal((layout.n_channels, N_LINES))
    signs /= np.linalg.norm(signs, axis=1, keepdims=True)
    signs[list(layout.lfe_channels)] = 0.0
    return signs.astype(np.float32)


def _walls(room: Room, layout: Layout, rate_hz: int) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Delays and gains of the predelay (row 0) and of six first reflections, heard from the middle of the room."""
    ways = np.concatenate([np.eye(3), -np.eye(3)]) * np.array(room.size_m)
    far_m = np.linalg.norm(ways, axis=1)
    delays = [frame_at(room.predelay_s, rate_hz), *(frame_at(way / SOUND_M_PER_S, rate_hz) for way in far_m)]
    gains = panner_for(layout).gains(ways) * (1.0 - 0.5 * room.diffusion) / far_m[:, None]
    silent = np.zeros((1, layout.n_channels))
    return np.array(delays, np.int64), np.vstack([silent, gains]).astype(np.float32)
