"""Linear timecode: 80 bits for each frame, as a sound on a cable (SMPTE ST 12-1, biphase mark).

The sound changes sides at each end of a bit, and in the middle of a one as well: only the times between these edges
matter, not which way up the cable is, how loud it is, or, within reason, how fast and in which direction the tape runs.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from soundscape.live.controllers.timecode import FRAMES_PER_S, Rate, Timecode, timecode_or_none
from soundscape.live.controls import Chase, Control

N_BITS = 80
SYNC = 0b0011111111111101
"""The last sixteen bits of a frame, first one first; read backwards it is another word, which tells the direction."""
SYNC_BACKWARDS = 0b1011111111111100

_ALL = (1 << N_BITS) - 1
_THRESHOLD = 0.25
"""Of the level: noise that is smaller makes no edges."""
_FASTEST_BITS_PER_S, _SLOWEST_BITS_PER_S = 30 * N_BITS * 8.0, 24 * N_BITS / 8.0
_LEVEL_FALLS_S = 0.1
STANDS_AFTER_S = 0.15
QUIET = 1e-4
"""Full scale is 1.0; below -80 dB there is nothing on the cable."""


@dataclass(frozen=True, slots=True)
class Heard:
    """A frame that has been read: its end is at `time_s`, of the clock that stamps the sound."""

    time_s: float
    timecode: Timecode
    is_backwards: bool

    @property
    def at_s(self) -> float:
        """Where the tape is at that time: a frame is read when it is over, in whichever direction."""
        return self.timecode.at_s + (0.0 if self.is_backwards else 1.0 / float(FRAMES_PER_S[self.timecode.rate]))


class LinearTimecode:
    """Timecode out of one channel of sound.

    Parameters
    ----------
    sound_rate_hz : int > 0
        Frames of the sound in a second.
    rate : Rate or None
        Frames of the timecode in a second; None takes what is nearest to how fast the bits come, which is wrong
        only while a tape is wound.
    """

    def __init__(self, sound_rate_hz: int, rate: Rate | None = None) -> None:
        self._edges = _Edges(sound_rate_hz)
        self._rate = rate
        self._bits = _Bits(sound_rate_hz)
        self._sound_rate_hz = sound_rate_hz
        self._last: Heard | None = None
        self._is_running = False

    def feed(self, block: NDArray[np.float32], time_s: float) -> list[Heard]:
        """Frames of timecode that end in a block of sound, of any length; its first frame is at `time_s`."""
        heard = []
        start = self._edges.n_frames
        for at, backwards, word, bit_frames in self._bits.words(self._edges.find(block)):
            code = _timecode(word, self._rate or self._nearest(bit_frames, word))
            if code is not None:
                heard.append(Heard(time_s + (at - start) / self._sound_rate_hz, code, backwards))
        return heard

    def read(self, block: NDArray[np.float32], time_s: float) -> list[Control]:
        """Where the score should be, for each frame of timecode; and that it stands, when nothing more comes."""
        heard = self.feed(block, time_s)
        if heard:
            self._last, self._is_running = heard[-1], True
        out: list[Control] = [Chase(one.at_s) for one in heard]
        end_s = time_s + len(block) / self._sound_rate_hz
        if self._is_running and self._last is not None and end_s - self._last.time_s > STANDS_AFTER_S:
            self._is_running = False
            out.append(Chase(self._last.at_s, is_running=False))
        return out

    def _nearest(self, bit_frames: float, word: int) -> Rate:
        if word >> 10 & 1:
            return "29.97df"
        per_s = self._sound_rate_hz / bit_frames / N_BITS
        rates: tuple[Rate, ...] = ("24", "25", "30")
        return min(rates, key=lambda rate: abs(per_s - float(FRAMES_PER_S[rate])))


class _Edges:
    """Where the sound changes sides, counted in frames since the beginning."""

    def __init__(self, sound_rate_hz: int) -> None:
        self.n_frames = 0
        self._high = self._low = 0.0
        self._side = 0
        self._keeps = math.exp(-1.0 / (_LEVEL_FALLS_S * sound_rate_hz))
        self._before = 0.0  # the last frame of the block before

    def find(self, block: NDArray[np.float32]) -> list[float]:
        """Edges in a block, in rising order; between two frames where the sound crosses its middle."""
        sound = np.nan_to_num(np.asarray(block, np.float64).ravel(), nan=0.0, posinf=0.0, neginf=0.0)
        first, self.n_frames = self.n_frames, self.n_frames + len(sound)
        if not len(sound):
            return []
        middle, reach = self._level(sound)
        before, self._before = self._before, float(sound[-1])
        if reach < QUIET:
            return []
        sides = np.where(sound > middle + reach, 1, np.where(sound < middle - reach, -1, 0)).astype(np.int8)
        clear = np.flatnonzero(sides)
        if not len(clear):
            return []
        known = np.concatenate([[self._side], sides[clear]])
        turned = clear[np.flatnonzero((known[1:] != known[:-1]) & (known[:-1] != 0))]
        self._side = int(known[-1])
        ahead = np.concatenate([[before], sound]) - middle  # one frame earlier than `sound`
        return [first + _crossing(ahead, int(at)) for at in turned]

    def _level(self, sound: NDArray[np.float64]) -> tuple[float, float]:
        """The middle of the sound, and how far from it a side begins."""
        kept = self._keeps ** len(sound)
        middle = (self._high + self._low) / 2
        self._high = max(float(sound.max()), middle + (self._high - middle) * kept)
        self._low = min(float(sound.min()), middle + (self._low - middle) * kept)
        return (self._high + self._low) / 2, (self._high - self._low) / 2 * _THRESHOLD


def _crossing(ahead: NDArray[np.float64], at: int) -> float:
    """Where the sound crosses its middle before frame `at`, which is clear of it: `ahead[at + 1]` is that frame."""
    now = ahead[at + 1]
    one = at
    while one > 0 and ahead[one] * now > 0.0:
        one -= 1
    if ahead[one] * now > 0.0:
        return float(one)  # the middle was crossed in the block before
    left, right = ahead[one], ahead[one + 1]
    return float(one - 1 + left / (left - right)) if left != right else float(one)


class _Bits:
    """Edges to bits, bits to words of 80."""

    def __init__(self, sound_rate_hz: int) -> None:
        self._shortest = sound_rate_hz / _FASTEST_BITS_PER_S
        self._longest = sound_rate_hz / _SLOWEST_BITS_PER_S
        self._edge: float | None = None
        self._bit_frames = 0.0  # how long a bit is, 0: nobody knows
        self._half = 0.0  # the first half of a one, where its second is missing
        self._word = 0
        self._n_bits = 0

    def words(self, edges: list[float]) -> Iterator[tuple[float, bool, int, float]]:
        """(where it ends, whether backwards, its bits with the first as the lowest, frames of a bit) of each word."""
        for edge in edges:
            before, self._edge = self._edge, edge
            if before is None:
                continue
            bit = self._bit(edge - before)
            if bit is None:
                continue
            self._word = (self._word << 1 | bit) & _ALL
            self._n_bits += 1
            if self._n_bits < N_BITS:
                continue
            if self._word & 0xFFFF == SYNC:
                self._n_bits = 0
                yield edge, False, _reversed(self._word), self._bit_frames
            elif self._word >> 64 == SYNC_BACKWARDS:
                self._n_bits = 0
                yield edge, True, self._word, self._bit_frames

    def _bit(self, length: float) -> int | None:
        """The bit that is over with this stretch between two edges; None in the middle of a one, or of a mess."""
        if not self._shortest / 2 <= length <= self._longest:
            self._lose()
            return None
        if not self._bit_frames or length > 1.5 * self._bit_frames:  # what was taken for a bit was a half
            self._lose()
            self._bit_frames = length
            return None
        if length > 0.75 * self._bit_frames:
            if self._half:  # half a one, then a whole bit: an edge was lost
                self._lose(keeps_speed=True)
                return None
            self._bit_frames += 0.1 * (length - self._bit_frames)
            return 0
        if not self._half:
            self._half = length
            return None
        whole, self._half = self._half + length, 0.0
        self._bit_frames += 0.1 * (whole - self._bit_frames)
        return 1

    def _lose(self, *, keeps_speed: bool = False) -> None:
        self._n_bits = 0
        self._half = 0.0
        if not keeps_speed:
            self._bit_frames = 0.0


def _reversed(word: int) -> int:
    return int(f"{word:0{N_BITS}b}"[::-1], 2)


def _timecode(word: int, rate: Rate) -> Timecode | None:
    """Time in a word, its first bit the lowest: units and tens in four bits each, users' bits between them."""

    def number(units: int, tens: int, n_tens: int) -> int:
        ones = word >> units & 15
        return (word >> tens & (1 << n_tens) - 1) * 10 + ones if ones < 10 else 99

    return timecode_or_none(number(48, 56, 2), number(32, 40, 3), number(16, 24, 3), number(0, 8, 2), rate)
