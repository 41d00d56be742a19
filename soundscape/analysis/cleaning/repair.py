"""Thumps and gusts below 500 Hz, replaced by what the moments around them are like.

A short-time spectrum is looked at as it streams by, with some seconds before and after each moment. Where its low band
rises suddenly, and what lies above does not rise with it, each bin is lowered to the level that it has outside
of such moments, interpolated across them; its phase stays. Everything else goes through untouched, bit for bit:
what is taken away is made and subtracted, not the rest put together again.

References
----------
Interpolating magnitudes across what disturbs: Godsill and Rayner, Digital Audio Restoration, 1998, chapter 6. Windows:
Griffin and Lim, IEEE Transactions on Acoustics, Speech and Signal Processing 32, 1984.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.fft import irfft, rfft
from scipy.ndimage import binary_dilation, gaussian_filter1d, maximum_filter1d, percentile_filter

from soundscape.units import Samples

WINDOW_S = 0.085
FULL_HZ, HIGHEST_HZ = 350.0, 500.0
"""Below the first it is repaired in full, above the second not at all."""
LOW_HZ, ABOVE_HZ = (20.0, 200.0), (500.0, 4000.0)
CONTEXT_S, CHUNK_S = 4.0, 12.0
REACH_S = 3.0
USUAL = 40
"""Percentile of the 6 s around: what the low band is like."""
BEGINS_DB, STAYS_DB = 8.0, 3.0
BARE_DB, TILT_DB = 20.0, 6.0
"""So much louder than what lies above, or rising by so much more: else it is a sound of the place, and stays."""
EVENT_DB, STRIKE_S = 14.0, 0.3
"""What lies above and rises by so much so near is an event, and what is low in it belongs to it."""
LEAST_DB, LONGEST_S = -55.0, 2.5
"""What is quieter is not worth it, what lasts longer is no thump and no gust."""
SMOOTH_S = 0.4
TONE_DB, TONE_S = -0.5, 0.6
"""A tone has all but this of its power in three bins, and lasts for longer."""
INSIDE = 4
"""Windows that reach beyond an end of the take."""
TINY = 1e-14

Spectra = NDArray[np.complex64]


class Repair:
    """Feed it blocks of any length; it gives back as many frames, some seconds later."""

    def __init__(self, rate_hz: int, n_channels: int) -> None:
        self._n = 1 << round(np.log2(WINDOW_S * rate_hz))
        self._hop = self._n // 4
        at = (np.arange(self._n) + 0.5) / self._n
        self._window = np.sin(np.pi * at).astype(np.float32)  # its squares add to 2 at a hop of a quarter
        bins_hz = np.arange(self._n // 2 + 1) * rate_hz / self._n
        self._n_low = int(np.searchsorted(bins_hz, HIGHEST_HZ))
        into = np.clip((HIGHEST_HZ - bins_hz[: self._n_low]) / (HIGHEST_HZ - FULL_HZ), 0.0, 1.0)
        self._depth = np.square(np.sin(0.5 * np.pi * into))
        self._low, self._above = ((bins_hz >= span[0]) & (bins_hz < span[1]) for span in (LOW_HZ, ABOVE_HZ))
        self._per_s = rate_hz / self._hop
        self._context, self._chunk = round(CONTEXT_S * self._per_s), round(CHUNK_S * self._per_s)
        self._held = np.zeros((self._n, n_channels), np.float32)
        """Samples that are not given back yet, after a window of silence that never is."""
        self._taken = np.zeros((self._n, n_channels))
        """What is taken from the first of those."""
        self._spectra: list[Spectra] = []
        self._levels: list[NDArray[np.float64]] = []
        self._n_decided = self._n_gone = 0
        self._n_given = -self._n
        self._n_in = 0
        self._rest = np.zeros((self._n, n_channels), np.float32)
        """Samples from the next window's first on."""
        self._has_begun = False
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
        n_inside = self._n_in // self._hop + 1 - self._n_gone
        if n_inside > INSIDE:
            self._levels[n_inside:] = [self._levels[n_inside - 1]] * (len(self._levels) - n_inside)
        done = self._give(len(self._spectra))
        return done[: len(done) - (self._n_given - self._n_in)]

    def _look(self, block: Samples) -> None:
        """Spectra of the windows that are complete."""
        line = np.concatenate([self._rest, block])
        n = max(0, (len(line) - self._n) // self._hop + 1)
        for first in range(0, n, 64):
            starts = np.arange(first, min(first + 64, n)) * self._hop
            views = np.lib.stride_tricks.sliding_window_view(line, self._n, axis=0)[starts]
            spectra = rfft(views * self._window, axis=2)
            power = np.square(np.abs(spectra)).mean(axis=1) * (4.0 / self._n**2)
            low = power[:, self._low]
            levels = np.stack([low.sum(axis=1), power[:, self._above].sum(axis=1), _loudest(low)], axis=1) + TINY
            self._spectra += list(spectra[:, :, : self._n_low].astype(np.complex64))
            self._levels += list(10.0 * np.log10(levels))
        self._rest = line[n * self._hop :]
        self._hide_edges()

    def _hide_edges(self) -> None:
        """Windows that reach beyond the take are like the nearest inside: a cut is no thump."""
        if not self._has_begun and len(self._levels) > INSIDE:
            self._levels[:INSIDE] = [self._levels[INSIDE]] * INSIDE
            self._has_begun = True

    def _give(self, until: int) -> Samples:
        """Decide the windows before `until` and give back what no other will change."""
        seen = slice(until + self._context)  # no more, however long the blocks are: the same take, the same result
        spectra, treated = np.array(self._spectra[seen]), self._treated(np.array(self._levels[seen]))
        gains = self._gains(spectra, treated)
        n_new = until - self._n_decided
        taken = np.concatenate([self._taken, np.zeros((n_new * self._hop, self._held.shape[1]))])
        for number in range(n_new):
            index = self._n_decided + number
            if treated[index]:
                less = np.zeros((self._held.shape[1], self._n // 2 + 1), np.complex64)
                less[:, : self._n_low] = (1.0 - gains[index]) * spectra[index]
                part = irfft(less, self._n, axis=1).T * self._window[:, None] * 0.5
                taken[number * self._hop : number * self._hop + self._n] += part
        self.treated_s += float(treated[self._n_decided : until].sum()) / self._per_s
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
        del self._spectra[:gone], self._levels[:gone]
        self._n_gone += gone
        self._n_decided = until - gone

    def _treated(self, levels: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Windows in which something sudden is heard low down and not above.

        `levels` (n_windows, 3): of the low band, of what lies above, of the loudest bins of the low band.
        """
        size = 2 * round(REACH_S * self._per_s) + 1
        usual = np.stack([percentile_filter(column, USUAL, size, mode="nearest") for column in levels.T[:2]], axis=1)
        usual = np.maximum(usual, -100.0)
        above = maximum_filter1d(levels[:, 1], 2 * round(STRIKE_S * self._per_s) + 1)
        rise, rise_above = levels[:, 0] - usual[:, 0], above - usual[:, 1]
        over = levels[:, 0] - above
        bare = (over > BARE_DB) | ((rise - rise_above > TILT_DB) & (over > 0.0) & (rise_above < EVENT_DB))
        bare &= (rise > BEGINS_DB) & (levels[:, 0] > LEAST_DB)
        on = np.zeros(len(levels), bool)
        for start, stop in _runs(rise > STAYS_DB):
            lasts = stop - start > TONE_S * self._per_s
            is_tone = lasts and np.mean(levels[start:stop, 2] - levels[start:stop, 0]) > TONE_DB
            if stop - start <= LONGEST_S * self._per_s and not is_tone:
                on[start:stop] = bare[start + int(np.argmax(rise[start:stop]))]
        return np.asarray(binary_dilation(on, iterations=2)) if on.any() else on

    def _gains(self, spectra: Spectra, treated: NDArray[np.bool_]) -> NDArray[np.float64]:
        """What each bin is multiplied with (n_windows, n_channels, n_low): 1 outside of treated windows."""
        gains = np.ones(spectra.shape)
        if not treated.any():
            return gains
        power = np.square(np.abs(spectra), dtype=np.float64) + TINY
        sigma = SMOOTH_S * self._per_s
        weight = gaussian_filter1d((~treated).astype(np.float64), sigma, mode="nearest") + 1e-6
        quiet = gaussian_filter1d(power * ~treated[:, None, None], sigma, axis=0, mode="nearest")
        like = quiet / weight[:, None, None]
        wanted = np.sqrt(np.minimum(1.0, like / power))
        gains[treated] = 1.0 - self._depth * (1.0 - wanted[treated])
        return gains


def _loudest(power: NDArray[np.floating]) -> NDArray[np.floating]:
    """Power (n_windows,) of the three neighbouring bins that have most of it."""
    return np.asarray((power[:, :-2] + power[:, 1:-1] + power[:, 2:]).max(axis=1))


def _runs(on: NDArray[np.bool_]) -> list[tuple[int, int]]:
    edges = np.flatnonzero(np.diff(np.concatenate([[0], on.astype(np.int8), [0]])))
    return [(int(a), int(b)) for a, b in edges.reshape(-1, 2)]
