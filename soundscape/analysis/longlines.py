"""Power spectra of long lines: two rounds of short transforms side by side take half the time of one long transform.

A line of `a * b` samples, laid out as `a` rows, is transformed down its `b` columns, turned by the angles that its
columns lie apart, and transformed along its rows (Bailey, FFTs in External or Hierarchical Memory, Journal of
Supercomputing 4, 1990, with the real half of the first round alone). Where only low frequencies are asked for, the
second round is a sum.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.fft import fft, rfft

from soundscape.analysis.frames import Floats

Complex = NDArray[np.complex64]
LONG = 1 << 14
"""Below, one transform is as fast."""


def power_of(line: Floats, size: int) -> Floats:
    """Power (size // 2 + 1,) of each bin of (n,) samples with zeros after them, n <= size.

    Examples
    --------
    >>> rows = np.arange(24_000, dtype=np.float32) % 10
    >>> bool(np.allclose(power_of(rows, 24_000), np.abs(np.fft.rfft(rows)) ** 2, rtol=1e-4, atol=1.0))
    True
    """
    n_rows = _rows(size) if size >= LONG else 1
    if n_rows == 1:
        return _squares(rfft(line, size, workers=1))
    n_columns = size // n_rows
    laid = np.zeros((n_rows, n_columns), np.float32)
    laid.reshape(-1)[: len(line)] = line
    columns = rfft(laid, axis=0, workers=1)
    columns *= _turns(n_rows, n_columns)
    power = _squares(fft(columns, axis=1, overwrite_x=True, workers=1))
    # bin k is at [k % n_rows, k // n_rows]; what the real half left out is the mirror image of what it has
    whole = np.empty((n_columns // 2 + 1, n_rows), np.float32)
    whole[:, : len(power)] = power.T[: len(whole)]
    whole[:, len(power) :] = power[1 : n_rows - len(power) + 1][::-1, ::-1].T[: len(whole)]
    return whole.reshape(-1)[: size // 2 + 1]


def low_power_of(line: Floats, n_bins: int) -> Floats:
    """The first `n_bins` bins of the power of all of a line (n,)."""
    n_columns = next((b for b in range(len(line) // (2 * n_bins), 1, -1) if len(line) % b == 0), 1)
    if n_columns == 1:
        return _squares(rfft(line, workers=1)[:n_bins])
    columns = rfft(line.reshape(-1, n_columns), axis=0, workers=1)[:n_bins]
    columns *= _turns(len(line) // n_columns, n_columns)[:n_bins]
    return _squares(columns.sum(axis=1))


def _squares(spectrum: Complex) -> Floats:
    return np.asarray(spectrum.real**2 + spectrum.imag**2, np.float32)


@lru_cache(maxsize=64)
def _rows(size: int) -> int:
    """Divisor of a size nearest above its root, 1 if there is none that is not much larger."""
    root = round(size**0.5)
    return next((a for a in range(root, 2 * root) if size % a == 0), 1)


@lru_cache(maxsize=8)
def _turns(n_rows: int, n_columns: int) -> Complex:
    """Turns of the real half of the first round, (n_rows // 2 + 1, n_columns)."""
    angles = np.outer(np.arange(n_rows // 2 + 1), np.arange(n_columns)) * (-2.0 * np.pi / (n_rows * n_columns))
    as_float = angles.astype(np.float32)  # angles are below pi: rounded to some 1e-7
    turns = np.empty(angles.shape, np.complex64)
    turns.real, turns.imag = np.cos(as_float), np.sin(as_float)
    return turns
