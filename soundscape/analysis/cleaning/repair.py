"""Thumps and gusts below 500 Hz, brought down towards what the moments around them are like.

Where they are is not decided here: the ears of triage have heard them. A short-time spectrum is looked at as it
streams by, with some seconds before and after each moment. Of a thump, each bin is lowered to the level that it has
before and after, interpolated across it. Of a gust, each bin is lowered by the wind in it, which is smooth over
frequency and falls steeply, so that a tone stands out of it; never below what the bin has in the lulls. Neither is
lowered by more than a bounded depth, and phases stay. Everything else goes through untouched, bit for bit: what is
taken away is made and subtracted, not the rest put together again.

References
----------
Interpolating magnitudes across what disturbs: Godsill and Rayner, Digital Audio Restoration, 1998, chapter 6. Wind by
its slope, and a floor under what is subtracted: Nelke and Vary, Measurement, analysis and simulation of wind noise
signals for mobile communication devices, IWAENC 2014. Windows: Griffin and Lim, IEEE Transactions on Acoustics, Speech
and Signal Processing 32, 1984.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray
from scipy.fft import irfft, rfft
from scipy.ndimage import binary_dilation, gaussian_filter1d, median_filter, percentile_filter, uniform_filter1d

from soundscape.analysis.lows import Moment
from soundscape.units import Samples

WINDOW_S = 0.085
FULL_HZ, HIGHEST_HZ = 250.0, 500.0
"""Below the first it is repaired in full, above the second not at all."""
LOW_HZ = (20.0, 200.0)
CONTEXT_S, CHUNK_S = 4.0, 12.0

THUMP_DB, GUST_DB = 18.0, 12.0
"""No bin is lowered by more: what is left of a thump lies under the sound, and a misheard one is not lost."""
BEFORE_S, GAP_S = 1.0, 0.15
"""What a thump rises from is the median so long before it, but for the last moment."""
STAYS_DB, RISES_AGAIN_DB = 3.0, 9.0
BACK_S, ON_S = 0.2, 0.7
"""A thump goes on while it stays so far above what was before, and as long as nothing new begins."""
SMOOTH_S = 0.25
LOG_MEAN_DB = 2.5
"""By so much the mean level of a noise is above the mean of its levels in dB."""
LEAVES_DB = (3.0, 6.0)
"""A bin that is less above its surroundings than the first is left alone: noise is not steady."""

WIND_FALL = 3.0
"""Wind on a membrane falls at least with this power of frequency."""
WIND_HZ = (35.0, 120.0)
WIND_BINS, WIND_WINDOWS = 7, 5
OVER = 1.2
"""As much more than the estimate is taken, or what is left of the wind twitters."""
LULL, LULL_S = 10, 3.0
"""Percentile of the seconds around: what a bin is like in a lull."""
TINY = 1e-14

Spectra = NDArray[np.complex64]
Levels = NDArray[np.float64]


class Repair:
    """Feed it blocks of any length; it gives back as many frames, some seconds later."""

    def __init__(self, rate_hz: int, n_channels: int, moments: Iterable[Moment]) -> None:
        self._moments = tuple(moments)
        self._n = 1 << round(float(np.log2(WINDOW_S * rate_hz)))
        self._hop = self._n // 4
        at = (np.arange(self._n) + 0.5) / self._n
        self._window = np.sin(np.pi * at).astype(np.float32)  # its squares add to 2 at a hop of a quarter
        bins_hz = np.arange(self._n // 2 + 1) * rate_hz / self._n
        self._n_low = int(np.searchsorted(bins_hz, HIGHEST_HZ))
        self._bins_hz = bins_hz[: self._n_low]
        into = np.clip((HIGHEST_HZ - self._bins_hz) / (HIGHEST_HZ - FULL_HZ), 0.0, 1.0)
        self._depth = np.square(np.sin(0.5 * np.pi * into))
        self._low = slice(*map(int, np.searchsorted(self._bins_hz, LOW_HZ)))
        self._per_s = rate_hz / self._hop
        self._context, self._chunk = round(CONTEXT_S * self._per_s), round(CHUNK_S * self._per_s)
        self._held = np.zeros((self._n, n_channels), np.float32)
        """Samples that are not given back yet, after a window of silence that never is."""
        self._taken = np.zeros((self._n, n_channels))
        """What is taken from the first of those."""
        self._spectra: list[Spectra] = []
        self._n_decided = self._n_gone = 0
        self._n_given = -self._n
        self._n_in = 0
        self._rest = np.zeros((self._n, n_channels), np.float32)
        """Samples from the next window's first on."""
        self.treated_s = 0.0

    def update(self, block: Samples) -> Samples:
        """Add (n, n_channels) frames; returns those that are done."""
        self._n_in += len(block)
        self._held = np.concatenate([self._held, block])
        self._look(block)
        done = [self._held[:0]]
        while len(self._spectra) >= self._n_decided + self._chunk + self._context:
            done.append(self._give(self._n_decided + self._chunk))
        return np.concatenate(done)

    def rest(self) -> Samples:
        """All that is left."""
        pad = np.zeros((2 * self._n, self._held.shape[1]), np.float32)
        self._held = np.concatenate([self._held, pad])
        self._look(pad)
        done = self._give(len(self._spectra))
        return done[: len(done) - (self._n_given - self._n_in)]

    def _look(self, block: Samples) -> None:
        """Spectra of the windows that are complete."""
        line = np.concatenate([self._rest, block])
        n = max(0, (len(line) - self._n) // self._hop + 1)
        for first in range(0, n, 64):
            starts = np.arange(first, min(first + 64, n)) * self._hop
            views = np.lib.stride_tricks.sliding_window_view(line, self._n, axis=0)[starts]
            self._spectra += list(rfft(views * self._window, axis=2)[:, :, : self._n_low].astype(np.complex64))
        self._rest = line[n * self._hop :]

    def _give(self, until: int) -> Samples:
        """Decide the windows before `until` and give back what no other will change."""
        # no more than the context, however long the blocks are: the same take, the same result
        seen = min(until + self._context, len(self._spectra))
        heard = [one for one in self._moments if self._at(one.stop_s) > 0 and self._at(one.start_s) < seen]
        n_new = until - self._n_decided
        taken = np.concatenate([self._taken, np.zeros((n_new * self._hop, self._held.shape[1]))])
        if heard:
            spectra = np.array(self._spectra[:seen])
            gains = self._gains(spectra, heard)
            treated = np.flatnonzero((gains[self._n_decided : until] < 1.0).any(axis=(1, 2)))
            for number in treated:
                index = self._n_decided + number
                less = np.zeros((self._held.shape[1], self._n // 2 + 1), np.complex64)
                less[:, : self._n_low] = (1.0 - gains[index]) * spectra[index]
                part = irfft(less, self._n, axis=1).T * self._window[:, None] * 0.5
                taken[number * self._hop : number * self._hop + self._n] += part
            self.treated_s += len(treated) / self._per_s
        n_done = n_new * self._hop
        done = self._held[:n_done].copy()
        touched = np.flatnonzero(taken[:n_done].any(axis=1))
        done[touched] = (done[touched] - taken[touched]).astype(np.float32)
        self._held, self._taken = self._held[n_done:], taken[n_done:]
        self._forget(until)
        skip = min(max(0, -self._n_given), n_done)
        self._n_given += n_done
        return done[skip:]

    def _forget(self, until: int) -> None:
        gone = max(0, until - self._context)
        del self._spectra[:gone]
        self._n_gone += gone
        self._n_decided = until - gone

    def _at(self, time_s: float) -> int:
        """The window in whose middle a time lies, counted from the first that is still known."""
        return round(time_s * self._per_s + 0.5 * self._n / self._hop) - self._n_gone

    def _gains(self, spectra: Spectra, heard: list[Moment]) -> Levels:
        """What each bin is multiplied with (n_windows, n_channels, n_low): 1 outside of the moments."""
        power = np.square(np.abs(spectra), dtype=np.float64) + TINY
        cut_db = np.zeros(power.shape)
        gusts, thumps = np.zeros(len(power), bool), np.zeros(len(power), bool)
        low_db = 10.0 * np.log10(power[:, :, self._low].sum(axis=2).mean(axis=1))
        for one in heard:
            if one.what == "wind":
                gusts[max(0, self._at(one.start_s)) : max(0, self._at(one.stop_s))] = True
            else:
                thumps[self._thump(low_db, one)] = True
        if gusts.any():
            cut_db[gusts] = self._gust_cut_db(power)[gusts]
        if thumps.any():
            thumps = binary_dilation(thumps, iterations=2)
            cut_db[thumps] = np.maximum(cut_db[thumps], self._thump_cut_db(power, thumps)[thumps])
        return np.asarray(10.0 ** (-cut_db * self._depth / 20.0))

    def _thump(self, low_db: Levels, one: Moment) -> slice:
        """The windows of a thump, from where it rises to where it is over."""
        first, last = (min(max(0, self._at(at_s)), len(low_db) - 1) for at_s in (one.start_s, one.stop_s))
        gap, before = round(GAP_S * self._per_s), round(BEFORE_S * self._per_s)
        calm = low_db[max(0, first - before) : first - gap] if first > gap else low_db[:1]
        over = float(np.median(calm)) + STAYS_DB
        start = first
        while start > max(0, first - BACK_S * self._per_s) and low_db[start - 1] > over:
            start -= 1
        stop, lowest = last, low_db[last]
        while stop < min(len(low_db), last + ON_S * self._per_s) and over < low_db[stop] < lowest + RISES_AGAIN_DB:
            lowest = min(lowest, low_db[stop])
            stop += 1
        return slice(start, stop)

    def _thump_cut_db(self, power: Levels, thumps: NDArray[np.bool_]) -> Levels:
        """How far each bin is above its level before and after."""
        sigma = SMOOTH_S * self._per_s
        weight = gaussian_filter1d((~thumps).astype(np.float64), sigma, mode="nearest") + 1e-9
        level_db = 10.0 * np.log10(power)
        like = gaussian_filter1d(level_db * ~thumps[:, None, None], sigma, axis=0, mode="nearest")
        over_db = level_db - (like / weight[:, None, None] + LOG_MEAN_DB)
        into = np.clip((over_db - LEAVES_DB[0]) / (LEAVES_DB[1] - LEAVES_DB[0]), 0.0, 1.0)
        return np.asarray(np.minimum(THUMP_DB, over_db * into))

    def _gust_cut_db(self, power: Levels) -> Levels:
        """How much of each bin is wind."""
        mean = np.maximum(uniform_filter1d(power, WIND_WINDOWS, axis=0, mode="nearest"), TINY)  # it sums with errors
        tilt = np.maximum(self._bins_hz, 1.0) ** WIND_FALL
        tilted = mean * tilt
        anchor = np.median(
            tilted[:, :, slice(*map(int, np.searchsorted(self._bins_hz, WIND_HZ)))], axis=2, keepdims=True
        )
        smooth = median_filter(tilted, (1, 1, WIND_BINS), mode="nearest")
        wind = OVER * np.minimum(smooth, anchor) / tilt
        size = 2 * round(LULL_S * self._per_s) + 1
        lull = percentile_filter(mean, LULL, (size, 1, 1), mode="nearest")
        left = np.maximum(mean - wind, np.minimum(lull, mean))
        return np.asarray(np.minimum(GUST_DB, 10.0 * np.log10(mean / (left + TINY))))
