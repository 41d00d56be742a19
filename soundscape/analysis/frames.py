"""One spectrogram that everything in hearing shares: bands, level, loudness, brightness, every 10 ms."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.fft import rfft

from soundscape.audio.kweighting import k_power

Floats = NDArray[np.float32]

HOPS_PER_S = 100
WINDOW_S = 0.04
N_BANDS = 40
LOWEST_HZ, HIGHEST_HZ = 50.0, 16_000.0
TINY = 1e-12
"""Power of -120 dB: nothing quieter is heard."""


@dataclass(frozen=True, eq=False)
class Frames:
    """What a stretch of mono sound is, frame by frame; row i is centred at `i / HOPS_PER_S` seconds."""

    rate_hz: int
    samples: Floats
    """(n_samples,)"""
    bands_db: Floats
    """(n_frames, N_BANDS) level of each mel band."""
    power: Floats
    """(n_frames,) mean square."""
    loud_power: Floats
    """(n_frames,) K-weighted mean square (ITU-R BS.1770)."""
    centroid_hz: Floats
    flatness: Floats

    def __len__(self) -> int:
        return len(self.power)


def mel_of(frequency_hz: NDArray[np.float64]) -> NDArray[np.float64]:
    """Mel scale (O'Shaughnessy, Speech Communication, 1987)."""
    return np.asarray(2595.0 * np.log10(1.0 + frequency_hz / 700.0))


@lru_cache(maxsize=8)
def _tables(rate_hz: int) -> tuple[int, Floats, Floats, Floats]:
    """FFT length; window; (n_bins, N_BANDS + 2): triangles, squared K-weighting and frequency; areas of triangles."""
    n_window = max(16, round(WINDOW_S * rate_hz))
    n_fft = 1 << (n_window - 1).bit_length()
    window = np.hanning(n_window)
    window /= np.sqrt(np.sum(window**2) * n_fft / 2.0)
    bins_hz = np.arange(n_fft // 2 + 1) * rate_hz / n_fft
    ends = mel_of(np.array([LOWEST_HZ, min(HIGHEST_HZ, 0.49 * rate_hz)]))
    edges = np.linspace(ends[0], ends[1], N_BANDS + 2)
    at = mel_of(bins_hz)[:, None]
    triangles = np.minimum((at - edges[:-2]) / np.diff(edges)[:-1], (edges[2:] - at) / np.diff(edges)[1:]).clip(0.0)
    sums = np.column_stack([triangles, k_power(bins_hz, rate_hz), bins_hz])
    as_float = [np.asarray(table, np.float32) for table in (window, sums, triangles.sum(axis=0).clip(1e-3))]
    return n_fft, as_float[0], as_float[1], as_float[2]


def frames_of(samples: Floats, rate_hz: int) -> Frames:
    """Analyse (n_samples,) mono sound, silent outside; a constant offset from zero is not heard."""
    n_fft, window, sums, areas = _tables(rate_hz)
    half = len(window) // 2
    n_frames = max(1, len(samples) * HOPS_PER_S // rate_hz)
    starts = np.round(np.arange(n_frames) * rate_hz / HOPS_PER_S).astype(int)
    offsets = _offsets(samples, starts, rate_hz)
    padded = np.pad(samples, (half, len(window)), constant_values=(offsets[0], offsets[-1]))
    views = np.lib.stride_tricks.sliding_window_view(padded, len(window))
    parts = [_spectra(_windowed(views[starts[i : i + 256]], offsets[i : i + 256], window), n_fft, sums, areas)
             for i in range(0, n_frames, 256)]  # fmt: skip
    bands, power, loud, centroid, flatness = (np.concatenate(column) for column in zip(*parts, strict=True))
    return Frames(rate_hz, samples, bands, power, loud, centroid, flatness)


def _offsets(samples: Floats, starts: NDArray[np.int64], rate_hz: int) -> Floats:
    """Mean of a second around each frame: an offset from zero is no sound, and would hide what is quieter."""
    if not len(samples):
        return np.zeros(len(starts), np.float32)
    sums = np.concatenate([[0.0], np.cumsum(np.add.reduceat(samples, starts, dtype=np.float64))])
    at, edges = np.arange(len(starts)), np.append(starts, len(samples))
    first, stop = (np.clip(at + by, 0, len(starts)) for by in (-HOPS_PER_S // 2, HOPS_PER_S // 2))
    return np.asarray((sums[stop] - sums[first]) / np.maximum(edges[stop] - edges[first], 1), np.float32)


def _windowed(stretches: Floats, offsets: Floats, window: Floats) -> Floats:
    """The same (n_frames, n_window) in place, less its offsets and under the window."""
    stretches -= offsets[:, None]
    stretches *= window
    return stretches


def _spectra(windowed: Floats, n_fft: int, sums: Floats, areas: Floats) -> tuple[Floats, ...]:
    spectrum = rfft(windowed, n_fft, axis=1, workers=1)
    power = spectrum.real**2 + spectrum.imag**2
    total = power.sum(axis=1)
    summed = power @ sums
    bands, (loud, moment) = summed[:, :N_BANDS] + TINY, summed[:, N_BANDS:].T
    # of the bands, by their width: bins would cost a logarithm each
    dense = bands / areas
    flatness = np.exp(np.log(dense).mean(axis=1)) / dense.mean(axis=1)
    columns = (10.0 * np.log10(bands), total, loud, moment / (total + TINY), flatness)
    return tuple(np.asarray(column, np.float32) for column in columns)


def level_db(power: float) -> float:
    """Level of a mean square, never below -120 dB."""
    return float(10.0 * np.log10(max(power, TINY)))
