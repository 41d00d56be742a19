"""Sixty-four numbers in which alike sounds are near: timbre, how it changes, modulation, shape."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.fft import dct

from soundscape.analysis.frames import Floats, Frames

N_COLUMNS = 64
N_TIMBRE, N_CHANGE, N_SHAPE = 24, 16, 12
SCALES = np.concatenate([
    60.0 / np.sqrt(1.0 + np.arange(N_TIMBRE)), 20.0 / np.sqrt(1.0 + np.arange(N_CHANGE)),
    np.full(N_SHAPE, 20.0), np.full(N_COLUMNS - N_TIMBRE - N_CHANGE - N_SHAPE, 1.0),
])  # fmt: skip
"""What each column is divided by: spans in dB of cepstra, which fall with the root of their number."""


def likeness(frames: Frames) -> Floats:
    """Describe a segment: (64,) float32 of length 1, and independent of its level."""
    weights = np.maximum(frames.power, 1e-12)
    bands = np.maximum(frames.bands_db, frames.bands_db.max() - 80.0)
    cepstra = dct(bands, axis=1, norm="ortho")[:, 1 : N_TIMBRE + 1]
    timbre = np.average(cepstra, axis=0, weights=weights)
    change = cepstra.std(axis=0)[:N_CHANGE]
    levels = 10.0 * np.log10(weights)
    levels = np.maximum(levels - levels.max(), -60.0)
    shape = _resampled(levels, N_SHAPE)
    columns = np.concatenate([timbre, change, shape, _modulation(levels, 12)]) / SCALES
    length = float(np.linalg.norm(columns))
    return np.asarray(columns / (length if length > 0.0 else 1.0), np.float32)


def _resampled(values: NDArray[np.floating], n: int) -> NDArray[np.floating]:
    return np.asarray(np.interp(np.linspace(0, len(values) - 1, n), np.arange(len(values)), values))


def _modulation(levels: NDArray[np.floating], n: int) -> NDArray[np.floating]:
    """Share of each band of modulation, thirds of octaves from 1 Hz on."""
    padded = np.zeros(max(512, len(levels)))
    padded[: len(levels)] = (levels - levels.mean()) * np.hanning(len(levels))
    spectrum = np.abs(np.fft.rfft(padded)) ** 2
    edges = np.geomspace(1.0, 50.0, n + 1) / 100.0 * len(padded)
    sums = np.concatenate([[0.0], np.cumsum(spectrum)])
    at = np.minimum(edges.astype(int), len(spectrum))
    shares = sums[at[1:]] - sums[at[:-1]]
    return np.asarray(np.sqrt(shares / (shares.sum() + 1e-9)))
