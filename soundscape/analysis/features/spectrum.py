"""Spectrum of a sound: the peaks of one spectrum of its loud part, computed once for all that ask."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.fft import next_fast_len

from soundscape.analysis.frames import HOPS_PER_S, Floats
from soundscape.analysis.longlines import power_of
from soundscape.analysis.windows import hann

LONGEST_S = 1.5
LOWEST_HZ, HIGHEST_HZ = 27.0, 10_000.0
N_PARTIALS = 24
FAINTEST = 1e-5
"""Power of the faintest partial that is listed, as a share of the strongest."""


@dataclass(frozen=True, eq=False)
class Spectrum:
    """Strongest peaks of a spectrum, by rising frequency."""

    hz: NDArray[np.float64]
    power: NDArray[np.float64]
    """(n_partials,) of all the power between the lowest and the highest frequency, 0..1."""
    tonal: float
    """Share of the power that is in these peaks, 0..1."""

    def share_near(self, hz: float, cents: float = 50.0) -> float:
        """Share of the power of all partials that is this near to a frequency."""
        near = np.abs(1200.0 * np.log2(self.hz / hz)) < cents
        return float(self.power[near].sum() / max(1e-12, float(self.power.sum())))


def spectrum_of(samples: Floats, rate_hz: int, power: Floats) -> Spectrum:
    """Spectrum of up to 1.5 s from where a sound is loud on; none of silence.

    Frequencies are those of the parabola through a peak and its neighbours, in dB (Smith and Serra, "PARSHL", ICMC
    1987); the window is a Hann window.
    """
    first = int(np.argmax(power > 0.1 * power.max())) * rate_hz // HOPS_PER_S
    first = min(first, max(0, len(samples) - round(0.1 * rate_hz)))
    x = np.asarray(samples[first : first + round(LONGEST_S * rate_hz)], np.float32)
    size = next_fast_len(max(2 * len(x), 4096), real=True)
    bin_hz = rate_hz / size
    low, high = int(LOWEST_HZ / bin_hz), min(size // 2 - 1, int(HIGHEST_HZ / bin_hz))
    squares = power_of((x - x.mean()) * hann(len(x)), size)[: high + 2].astype(np.float64)
    total = float(squares[low:high].sum())
    if high <= low + 2 or total <= 1e-12 * len(x):
        return Spectrum(np.zeros(0), np.zeros(0), 0.0)
    inner = squares[low + 1 : high]
    peaks = low + 1 + np.flatnonzero((inner > squares[low:high - 1]) & (inner >= squares[low + 2 : high + 1])
                                     & (inner > FAINTEST * inner.max()))  # fmt: skip
    width = 4 * size / len(x) / 2  # half the main lobe of a Hann window, in bins
    peaks = _apart(peaks, squares, max(2.0 * width, 8.0 / bin_hz))
    if not len(peaks):
        return Spectrum(np.zeros(0), np.zeros(0), 0.0)
    before, here, after = (np.log(squares[peaks + step] + 1e-30) for step in (-1, 0, 1))
    bend = before - 2.0 * here + after
    aside = np.where(bend < 0.0, 0.5 * (before - after) / np.where(bend < 0.0, bend, 1.0), 0.0)
    sums = np.concatenate([[0.0], np.cumsum(squares)])
    reach = int(np.ceil(width))
    shares = (sums[np.minimum(peaks + reach + 1, len(squares))] - sums[np.maximum(0, peaks - reach)]) / total
    return Spectrum((peaks + np.clip(aside, -0.5, 0.5)) * bin_hz, shares, float(min(1.0, shares.sum())))


def _apart(peaks: NDArray[np.intp], squares: NDArray[np.float64], apart_bins: float) -> NDArray[np.intp]:
    """The strongest peaks that are so far from each other, at most `N_PARTIALS`, by rising frequency."""
    left = peaks[np.argsort(squares[peaks])[::-1][: 4 * N_PARTIALS]]
    kept: list[np.intp] = []
    while len(left) and len(kept) < N_PARTIALS:
        kept.append(left[0])
        left = left[np.abs(left - left[0]) >= apart_bins]
    return np.array(sorted(kept), np.intp)
