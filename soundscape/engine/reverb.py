"""A room as delays and filters: first echoes from the walls, then a tail in which every octave fades as the room says.

Nothing here knows of sources or loudspeakers; it answers what reaches its six sends on the bus it was told of.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import DTypeLike, NDArray

from soundscape.engine import kernels
from soundscape.engine.decay import N_SECTIONS, Losses, losses_of
from soundscape.engine.early import N_ORDERS, PLACES, Echoes, echoes_of, energies_of
from soundscape.engine.surround import N_LINES, Pan
from soundscape.engine.voices import QUANTUM
from soundscape.space.distance import SOUND_M_PER_S
from soundscape.space.room import Room
from soundscape.space.sends import N_SENDS
from soundscape.units import frame_at, gain_of

EARLY_OF_ECHOES, EARLY_OF_SMOOTH = 0.9, 0.2
"""Share of the energy in the first echoes, of a room of separate echoes and of a smooth one."""

TOGETHER = 4
"""Frames that go through a section at once (`soundscape.engine.kernels.room`)."""
_PLACE_M = 5.0
_CACHE_LINE = 64
_SHORTEST_MEAN_S, _LONGEST_MEAN_S = 0.03, 0.06
_SHORTEST_OF_MEAN, _LONGEST_OF_MEAN = 0.33, 2.0
_BURST_OF_MEAN = 0.15
_FRAMES_OF_TAIL = 0.3


class Reverb:
    """First echoes by image sources, and a feedback delay network of 16 lines that decays in eight octaves.

    The energy of the answer to one sample, over all channels of the bus, is `level_db` of the room against what the
    sample itself would have when panned, from whichever side it is sent. Of it, early echoes have a share that falls
    with the diffusion: 90 % at 0, 20 % at 1.

    Parameters
    ----------
    room
        One that is not silent.
    rate_hz : > 0
    outputs : (n_bus, 16) float64
        How the lines sound on the bus (see `soundscape.engine.surround`).
    pan
        (n, 3) metres -> (n, n_bus) gains: where the echoes come from.

    Attributes
    ----------
    lengths : (16,) frames from the entrance of each line to its exit
    losses : filters at their exits
    feeds, feed_gains : (16, 6) frames from each send to the mixing before each line, and gains
    echoes : first echoes, each of a send, from one of `PLACES`
    outputs, panned : (n_bus, 16), (30, n_bus), how lines and places sound on the bus

    References
    ----------
    Jot and Chaigne, "Digital delay networks for designing artificial reverberators", AES 90, 1991.
    """

    def __init__(self, room: Room, rate_hz: int, outputs: NDArray[np.float64], pan: Pan) -> None:
        self.lengths = _lengths(room, rate_hz)
        self.losses = losses_of(room.rt60_s, self.lengths, rate_hz)
        self.feeds, self.feed_gains = _feeds(room, rate_hz, self.lengths)
        self.panned = pan(PLACES * _PLACE_M)
        wanted = gain_of(room.level_db) ** 2 * float((self.panned**2).sum(axis=1).mean())
        self.echoes, left = _shares(room, echoes_of(room, rate_hz), wanted, self.panned)
        self.outputs = outputs * np.sqrt(left / _ringing(self.losses, outputs, rate_hz))
        heard = np.unique(self.echoes.places)
        rows = N_LINES + np.searchsorted(heard, self.echoes.places)
        n_rows = -(-(N_LINES + len(heard)) // 4) * 4
        gains = np.zeros((len(outputs), n_rows))
        gains[:, :N_LINES], gains[:, N_LINES : N_LINES + len(heard)] = self.outputs, self.panned[heard].T
        rings = N_SENDS * self.echoes.orders + self.echoes.sends
        longest = max(int(self.feeds.max()), int(self.echoes.delays.max(initial=0)))
        self._lines = _ring(N_LINES, int(self.lengths.max()))
        self._sends = _ring(N_SENDS * (N_ORDERS + 1), longest)
        # What goes through the sections comes out four frames later for each but the last.
        self._reads = self.lengths - TOGETHER * (N_SECTIONS - 1)
        self._gains = self.losses.gains.astype(np.float32)
        self._sections = _aligned((4, N_SECTIONS * N_LINES), np.float64)
        self._sections[:] = self.losses.sections.transpose(2, 1, 0).reshape(4, -1)
        self._state = _aligned((2, N_SECTIONS * N_LINES), np.float64)
        self._passed = _aligned((2, TOGETHER, (N_SECTIONS + 1) * N_LINES), np.float64)
        self._taps = np.stack([rings, self.echoes.delays, rows])
        self._tap_gains = self.echoes.gains.astype(np.float32)
        self._to_bus = gains.astype(np.float32)
        self._clock = np.zeros(1, np.int64)
        self._sounds = _aligned((n_rows, QUANTUM), np.float32)

    def add(self, bus: NDArray[np.float32]) -> None:
        """Add the answer to a bus of (n_quanta, n_bus + 6, 64), whose last six rows are the sends."""
        before, after = self.arrays[:9], self.arrays[9:]
        kernels.answer(*before, self.echoes.dulling, *after, bus)

    def forget(self) -> None:
        """Be as new: nothing that was sent before is heard any more."""
        for array in (*self.sounding, self._clock):
            array.fill(0)

    @property
    def arrays(self) -> tuple[NDArray[np.generic], ...]:
        """What the kernel works with, in its order; the dulling comes after the first nine."""
        return (self._lines, self._reads, self._gains, self._sections, self._state, self._passed, self._sends,
                self.feeds, self.feed_gains, self._taps, self._tap_gains, self._to_bus, self._clock,
                self._sounds)  # fmt: skip

    @property
    def sounding(self) -> tuple[NDArray[np.generic], ...]:
        """Those that hold sound: with zeros in them the room is silent."""
        return (self._lines, self._sends, self._state, self._passed)


def _lengths(room: Room, rate_hz: int) -> NDArray[np.int64]:
    """Lengths of the lines: primes about the time from wall to wall, longer where a tail would sound of few tones.

    References
    ----------
    Kuttruff, Room Acoustics, section 5.2: the mean free path is 4 V / S. Jot and Chaigne, AES 90, 1991: there are as
    many tones as frames in all lines, and a tail of T seconds needs those of 0.15 T seconds; here it has twice that.
    """
    width_m, depth_m, height_m = room.size_m
    between_m = 2.0 / (1.0 / width_m + 1.0 / depth_m + 1.0 / height_m)
    dense_s = _FRAMES_OF_TAIL * max(room.rt60_s) / N_LINES
    mean_s = float(np.clip(max(between_m / SOUND_M_PER_S, dense_s), _SHORTEST_MEAN_S, _LONGEST_MEAN_S))
    asked = mean_s * rate_hz * np.geomspace(_SHORTEST_OF_MEAN, _LONGEST_OF_MEAN, N_LINES)
    found: list[int] = []
    for length in asked:
        prime = max(int(length), QUANTUM + TOGETHER * N_SECTIONS)
        while prime in found or any(prime % n == 0 for n in range(2, int(prime**0.5) + 1)):
            prime += 1
        found.append(prime)
    return np.array(found, np.int64)


def _feeds(room: Room, rate_hz: int, lengths: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Delays and gains from each send to each line, (16, 6): a burst of sixteen, one in each part of its time.

    The mixing then gives each line all sixteen with signs of its own, so that the tail is dense from its first pass on.

    References
    ----------
    Jarvelainen and Karjalainen, "Reverberation modeling using velvet noise", AES 30, 2007.
    """
    rng = np.random.default_rng(N_SENDS)
    order = rng.permuted(np.tile(np.arange(N_LINES), (N_SENDS, 1)), axis=1).T
    share = (order + rng.uniform(0.0, 1.0, (N_LINES, N_SENDS))) / N_LINES
    delays = frame_at(room.predelay_s, rate_hz) + np.floor(share * _BURST_OF_MEAN * lengths.mean())
    return delays.astype(np.int64), rng.choice([-0.25, 0.25], (N_LINES, N_SENDS)).astype(np.float32)


def _shares(room: Room, echoes: Echoes, wanted: float, panned: NDArray[np.float64]) -> tuple[Echoes, float]:
    """Echoes with their share of the energy wanted on the bus, alike in every send; and what is left to the tail."""
    early = EARLY_OF_ECHOES + (EARLY_OF_SMOOTH - EARLY_OF_ECHOES) * room.diffusion
    echoing = energies_of(echoes, panned)
    if not echoing.all():
        return replace(echoes, gains=0.0 * echoes.gains), wanted
    return replace(echoes, gains=echoes.gains * np.sqrt(early * wanted / echoing)[echoes.sends]), (1.0 - early) * wanted


def _ringing(losses: Losses, outputs: NDArray[np.float64], rate_hz: int) -> float:
    """Energy on the bus of the tail of one sample.

    Lines of unlike lengths bring unlike echoes: energies add. A sample puts 1/16 into each line, and each gets 1/16 of
    what comes out of all; so every line takes in p = 1/16 + p mean(a) where a is what a line leaves of the energy, and
    gives a p. Frequency by frequency, this is summed.
    """
    hz = (np.arange(2048) + 0.5) * rate_hz / 4096
    left = np.abs(losses.response(hz, rate_hz)) ** 2
    taken = 1.0 / (N_LINES * (1.0 - left.mean(axis=0)))
    return float((outputs**2).sum(axis=0) @ (left * taken).mean(axis=1))


def _ring(n_rows: int, longest: int) -> NDArray[np.float32]:
    """Rows of a power of two frames that hold `longest` and a quantum, and the first quantum once more behind."""
    return np.asarray(_aligned((n_rows, (1 << (longest + QUANTUM).bit_length()) + QUANTUM), np.float32))


def _aligned(shape: tuple[int, ...], dtype: DTypeLike) -> NDArray[np.generic]:
    """Zeros that begin at a line of the processor's cache: vectors that lie across two take twice as long."""
    n_bytes = int(np.prod(shape)) * np.dtype(dtype).itemsize
    raw = np.zeros(n_bytes + _CACHE_LINE, np.uint8)
    first = -raw.ctypes.data % _CACHE_LINE
    return raw[first : first + n_bytes].view(dtype).reshape(shape)
