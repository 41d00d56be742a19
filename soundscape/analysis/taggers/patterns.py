"""How much of each of many patterns of time and frequency is in a sound.

A pattern is 160 ms of all bands: a strike, a beat, a sweep, a grain of noise. They are the centres of whitened
stretches of sounds, found without names (Coates and Ng, "Learning Feature Representations with K-means", 2012; for
sounds of places Salamon and Bello, "Unsupervised Feature Learning for Urban Sound Classification", ICASSP 2015).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from soundscape.analysis.frames import Floats
from soundscape.analysis.taggers.columns import DEEPEST_DB

LENGTH, HOP = 16, 4
"""Frames of a stretch, and from one to the next."""
QUIET_DB = -40.0
"""Stretches whose middle is so far below the loudest are not looked at."""
EASED_DB = 4.0
"""Stretches that hardly change are not blown up."""
UNLIKE = 0.1
"""Cosine with a pattern that is still chance."""


@dataclass(frozen=True, eq=False)
class Patterns:
    """What stretches are compared with, all float32."""

    mean: Floats
    """(N_BANDS * LENGTH,) of all stretches, band by band."""
    whitening: Floats
    """(N_BANDS * LENGTH, n_dimensions)"""
    centres: Floats
    """(n_dimensions, n_patterns), each of length 1."""

    def amounts(self, bands: NDArray[np.floating]) -> Floats:
        """How much of each is in a sound, and how much at its most, (n_frames, N_BANDS) -> (2 * n_patterns,)."""
        stretches, weights = stretches_of(bands)
        alike = np.maximum(directions(stretches, self.mean, self.whitening) @ self.centres - np.float32(UNLIKE), 0.0)
        return np.concatenate([np.sqrt(weights @ alike), alike.max(axis=0)])


def stretches_of(bands: NDArray[np.floating]) -> tuple[Floats, Floats]:
    """Stretches of the loud part, (n, N_BANDS * LENGTH) of mean 0 and like size, and weights of sum 1.

    They weigh what they are loud: about the cube root of their power (Stevens, Psychological Review 64, 1957).

    Parameters
    ----------
    bands : (n_frames, N_BANDS)
        In dB, the loudest 0.
    """
    bands = bands.astype(np.float32)
    levels_db = bands.max(axis=1)
    at = np.arange(0, len(bands), HOP)
    at = at[levels_db[at] > QUIET_DB]
    if not len(at):
        at = levels_db.argmax(keepdims=True)
    padded = np.pad(bands, ((LENGTH // 2, LENGTH // 2), (0, 0)), constant_values=-DEEPEST_DB)
    stretches = np.lib.stride_tricks.sliding_window_view(padded, LENGTH, axis=0)[at].reshape(len(at), -1)
    stretches -= stretches.mean(axis=1, keepdims=True)
    stretches /= stretches.std(axis=1, keepdims=True) + np.float32(EASED_DB)
    weights = np.cbrt(10.0 ** (levels_db[at] / 10.0))
    return stretches, weights / weights.sum()


def directions(stretches: Floats, mean: Floats, whitening: Floats) -> Floats:
    """Where stretches point to from their mean, (n, n_dimensions) of length 1."""
    white = (stretches - mean) @ whitening
    return np.asarray(white / (np.linalg.norm(white, axis=1, keepdims=True) + np.float32(1e-6)), np.float32)
