"""The last thing a mix goes through: nothing leaves louder than its ceiling."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from soundscape.engine import kernels
from soundscape.engine.kernels.limiting import BLOCK
from soundscape.units import Samples, gain_of

PHASES = 8
TAPS = 32
"""Peaks between samples are looked for at eight times the rate: four times misses up to 0.7 dB near the top."""

MARGIN = 0.995
"""-0.04 dB, for the peaks that lie between those looked at."""


class Limiter:
    """Look-ahead true-peak limiter; every channel, an LFE too, gets the same gain.

    The blocks it gives are in step with those it got: the first ones are shorter by the look-ahead, and `flush` gives
    the rest. Where nothing is above the ceiling, what comes out is what went in.

    Parameters
    ----------
    n_channels : >= 1
    rate_hz : > 0
    ceiling_db : dBTP
        True peak (ITU-R BS.1770-5, annex 2) that nothing goes above.
    lookahead_s : > 0
        How long before a peak the gain begins to fall.
    release_s : > 0
        Time constant with which the gain comes back.
    margin : 0 to 1
        Share of the ceiling that is used: a gain that falls quickly makes peaks of its own between samples.
    """

    def __init__(self, n_channels: int, rate_hz: int, *, ceiling_db: float = -1.0, lookahead_s: float = 0.005,
                 release_s: float = 0.1, margin: float = MARGIN) -> None:  # fmt: skip
        if n_channels < 1 or rate_hz <= 0 or not lookahead_s > 0.0 or not release_s > 0.0:
            raise ValueError(f"{n_channels} channels, {rate_hz} Hz, look-ahead {lookahead_s} s, release {release_s} s")
        window = max(TAPS, round(lookahead_s * rate_hz))
        self.latency_frames = window - 1 + TAPS // 2
        self._past = np.zeros((self.latency_frames, n_channels), np.float32)
        self._recent, self._held = np.ones(window), np.ones(window)
        self._state = np.array([1.0, window, 1.0, 0.0])
        self._work = tuple(np.zeros(BLOCK + more, np.float32) for more in (TAPS - 1, 0, 0))
        self._ceiling = gain_of(ceiling_db) * margin
        self._release = 1.0 - float(np.exp(-1.0 / (release_s * rate_hz)))
        self._owed = self.latency_frames

    def process(self, block: Samples) -> Samples:
        """(n, n_channels) -> (n or fewer, n_channels) float32, in step with what went in."""
        n = len(block)
        heard = np.concatenate([self._past, np.asarray(block, np.float32)])
        gain = self._gain(heard[self.latency_frames - TAPS + 1 :], n)
        self._past = heard[n:]
        first = min(self._owed, n)
        self._owed -= first
        out = heard[first:n]
        return out if np.all(gain[first:] == 1.0) else out * gain[first:, None].astype(np.float32)

    def flush(self) -> Samples:
        """What is still inside; as many frames have come out then as went in."""
        return self.process(np.zeros((self.latency_frames, self._past.shape[1]), np.float32))

    def _gain(self, heard: Samples, n: int) -> NDArray[np.float64]:
        """Gain (n,) of the frames that come out, from those that go in and the `TAPS - 1` before them."""
        missing = -n % BLOCK
        whole = np.concatenate([heard, np.zeros((missing, heard.shape[1]), np.float32)]) if missing else heard
        wanted, gain = np.ones(n + missing), np.empty(n)
        kernels.wanted_gains(whole, peak_table(), peak_reach(), self._ceiling, *self._work, wanted)
        kernels.envelope(wanted[:n], self._release, self._recent, self._held, self._state, gain)
        return gain


@cache
def peak_table() -> NDArray[np.float32]:
    """Values between two samples: (PHASES, TAPS), windowed sinc; phase 0 is the earlier sample itself."""
    half = TAPS // 2
    at = np.arange(TAPS)[None, :] - (half - 1) - np.arange(PHASES)[:, None] / PHASES
    rows = np.sinc(at) * np.i0(6.0 * np.sqrt(np.maximum(0.0, 1.0 - (at / half) ** 2))) / np.i0(6.0)
    return np.asarray(rows, np.float32)


@cache
def peak_reach() -> float:
    """How far above its samples a signal can rise between them, as the table sees it."""
    return float(np.abs(peak_table()).sum(axis=1).max())
