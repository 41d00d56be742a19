"""The table that sources are read through at a speed that changes."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from soundscape.engine import kernels


@cache
def sinc_table() -> NDArray[np.float32]:
    """Windowed sinc for every fraction of a frame: (PHASES + 1, TAPS); each row adds up to 1.

    References
    ----------
    Smith, "Digital Audio Resampling Home Page", CCRMA; Kaiser window with beta 9.
    """
    half = kernels.TAPS // 2
    fractions = np.arange(kernels.PHASES + 1)[:, None] / kernels.PHASES
    at = np.arange(kernels.TAPS)[None, :] - (half - 1) - fractions
    rows = np.sinc(at) * np.i0(9.0 * np.sqrt(np.maximum(0.0, 1.0 - (at / half) ** 2)))
    return np.asarray(rows / rows.sum(axis=1, keepdims=True), np.float32)
