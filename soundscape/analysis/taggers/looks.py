"""The fine structure of a sound's spectrum, at up to sixteen looks: partials, their series, how they hold or glide."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.fft import irfft, rfft
from scipy.ndimage import maximum_filter1d, uniform_filter1d

from soundscape.analysis.frames import HOPS_PER_S, Floats, Frames
from soundscape.analysis.windows import hann

Doubles = NDArray[np.float64]

N_LOOKS = 16
LOOK_S, BIN_HZ, N_BINS = 0.093, 10, 800
HEARD_DB = 25.0
OCTAVES_HZ = (120, 250, 500, 1000, 2000, 4000, 8000)
PARTIAL_DB = 9.0
"""So far above its surroundings is a partial."""
N_PARTIALS = 8
LOWEST_HZ, HIGHEST_HZ = 60.0, 2000.0
LAG_HZ = 32_000
"""Rate of the lags of the autocorrelation."""


def fine_structure(frames: Frames, levels_db: Doubles) -> Doubles:
    """Describe partials of the loud part of a sound, (n_columns,)."""
    power = _looks(frames, levels_db)
    spectrum = 10.0 * np.log10(power + 1e-9)
    base = uniform_filter1d(spectrum, 41, axis=1)
    fine = np.maximum(spectrum - base, 0.0)
    fine[:, :6] = 0.0
    is_partial = (fine > PARTIAL_DB) & (maximum_filter1d(spectrum, 7, axis=1) == spectrum)
    tonal = np.where(fine > PARTIAL_DB, power, 0.0).sum(axis=1) / power.sum(axis=1)
    crest = np.stack([10.0 * np.log10(part.max(axis=1) / part.mean(axis=1))
                      for part in (power[:, a // BIN_HZ : b // BIN_HZ]
                                   for a, b in pairwise(OCTAVES_HZ))])  # fmt: skip
    counts = is_partial.sum(axis=1)
    clarity, pitch_hz = _periods(power)
    return np.concatenate([
        crest.mean(axis=1), crest.std(axis=1), [np.log2(1.0 + counts.mean()), tonal.mean(), tonal.std(), tonal.max()],
        _holding(fine), _contour(clarity, pitch_hz), _partials(power, clarity, pitch_hz), _strongest(power, is_partial),
    ])  # fmt: skip


def _looks(frames: Frames, levels_db: Doubles) -> Floats:
    """Power spectra up to 8 kHz in bins of 10 Hz, (n_looks, N_BINS), each of sum 1."""
    loud = np.flatnonzero(levels_db > -HEARD_DB)
    chosen = loud[np.unique(np.linspace(0, len(loud) - 1, N_LOOKS).astype(int))]
    n_look, n_fft = round(LOOK_S * frames.rate_hz), round(frames.rate_hz / BIN_HZ)
    samples = np.pad(frames.samples, (0, max(0, n_look - len(frames.samples))))
    starts = np.unique(np.minimum(chosen * frames.rate_hz // HOPS_PER_S, len(samples) - n_look))
    views = np.stack([samples[start : start + n_look] for start in starts])
    spectrum = rfft((views - views.mean(axis=1, keepdims=True)) * hann(n_look), n_fft, axis=1)[:, :N_BINS]
    power = np.zeros((len(views), N_BINS), np.float32)
    power[:, : spectrum.shape[1]] = spectrum.real**2 + spectrum.imag**2
    total = power.sum(axis=1, keepdims=True)
    return np.asarray((power + 1e-12 * total + 1e-30) / (total + N_BINS * 1e-30))


def _periods(power: Floats) -> tuple[Doubles, Doubles]:
    """Clarity (0..1) and frequency of each look's period, by the autocorrelation of compressed spectra."""
    n_lags = LAG_HZ // BIN_HZ
    products = irfft(np.sqrt(power), n_lags, axis=1)
    shortest, longest = round(LAG_HZ / HIGHEST_HZ), round(LAG_HZ / LOWEST_HZ)
    part = products[:, shortest:longest] / products[:, :1]
    falls = np.minimum.accumulate(part, axis=1)
    part = np.where(part > falls + 0.02, part, 0.0)  # the slope down from no lag at all is no period
    best = part.max(axis=1, keepdims=True)
    at = np.argmax(part > 0.9 * best - 1e-9, axis=1)
    at = np.array([a + int(np.argmax(row[a : a + 8])) for a, row in zip(at, part, strict=True)])
    return np.asarray(best[:, 0].clip(0.0, 1.0), np.float64), LAG_HZ / (at + shortest)


def _holding(fine: Floats) -> Doubles:
    """How alike the fine structure of looks is, next to each other and far apart: 1 is a sound that holds."""
    if len(fine) < 2:
        return np.array([0.5, 0.5, 0.5])
    unit = fine / (np.linalg.norm(fine, axis=1, keepdims=True) + 1e-9)
    alike = unit @ unit.T
    near = np.diag(alike, 1)
    return np.array([near.mean(), near.min(), alike[0, -1]])


def _contour(clarity: Doubles, pitch_hz: Doubles) -> Doubles:
    """How clear the pitch is, where it lies, and how it moves."""
    octaves = np.log2(pitch_hz / 440.0)
    weights = clarity**2 + 1e-6
    weights = weights / weights.sum()
    mean = float(weights @ octaves)
    moves = np.abs(np.diff(octaves)) if len(octaves) > 1 else np.zeros(1)
    return np.array([clarity.mean(), clarity.max(), clarity.std(), float((clarity > 0.4).mean()), mean,
                     np.sqrt(weights @ (octaves - mean) ** 2), np.median(moves), np.minimum(moves, 0.2).mean(),
                     float((moves < 0.02).mean()), octaves[-1] - octaves[0]])  # fmt: skip


def _partials(power: Floats, clarity: Doubles, pitch_hz: Doubles) -> Doubles:
    """Levels of the first partials of the pitch in dB of the whole, what lies between, and odd against even ones."""
    sums = np.concatenate([np.zeros((len(power), 1)), np.cumsum(power, axis=1, dtype=np.float64)], axis=1)
    centre = pitch_hz[:, None] * np.arange(1, N_PARTIALS + 1) / BIN_HZ
    row = np.arange(len(power))[:, None]
    low, high = np.clip(np.round(centre - 2.5), 0, N_BINS), np.clip(np.round(centre + 3.5), 0, N_BINS)
    shares = sums[row, high.astype(int)] - sums[row, low.astype(int)]
    weights = clarity + 1e-3
    mean = weights @ shares / weights.sum()
    levels = 10.0 * np.log10(mean + 1e-4)
    odd, even = mean[2::2].sum() + 1e-4, mean[1::2].sum() + 1e-4
    return np.concatenate([levels, [min(1.0, mean.sum()), 10.0 * np.log10(odd / even)]])


def _strongest(power: Floats, is_partial: NDArray[np.bool_]) -> Doubles:
    """Where the strongest partials of the mean spectrum lie against the strongest, and how steeply they fall."""
    mean = np.where(is_partial.any(axis=0), power.mean(axis=0), 0.0)
    order = np.argsort(mean)[::-1][:6]
    levels = 10.0 * np.log10(mean[order] + 1e-6)
    octaves = np.log2((order + 1.0) * BIN_HZ / 1000.0)
    return np.concatenate([octaves[:1], np.sort(octaves[1:] - octaves[0]), levels])
