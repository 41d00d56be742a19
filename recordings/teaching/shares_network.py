"""Teaching a network of one hidden layer that says several shares at once, from a seed: the same steps every time.

Adam (Kingma and Ba, ICLR 2015), its rate sinking to nothing along half a cosine (Loshchilov and Hutter, ICLR 2017): the
last steps are small, so one pupil errs as little as several whose rate stays. First weights are those of Glorot and
Bengio (AISTATS 2010).
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from soundscape.analysis.frames import Floats

N_HIDDEN, N_EPOCHS, BATCH, RATE = 64, 6, 500, 1e-3
MODEST = 0.3
"""Pull of every weight towards 0, for each batch: what is learned by heart of the sounds at hand needs large ones."""
STEADY, STEADY_SQUARE, TINY = 0.9, 0.999, 1e-8
"""Adam's."""


def pupil(columns: Floats, truth: NDArray[np.bool_], seed: int) -> list[Floats]:
    """Teach one network.

    Parameters
    ----------
    columns : (n, n_columns) float32
        Each of mean 0 and deviation 1; `BATCH` rows or more.
    truth : (n, n_shares) bool
    seed : int

    Returns
    -------
    Weights (n_columns, N_HIDDEN) and offsets of the hidden layer, then (N_HIDDEN, n_shares) and offsets of the shares.
    """
    rng = np.random.default_rng(seed)
    weights = _first(rng, (columns.shape[1], N_HIDDEN, truth.shape[1]))
    means, squares = ([np.zeros_like(table) for table in weights] for _ in range(2))
    n_steps = N_EPOCHS * (len(columns) // BATCH)
    for step, rows in enumerate(_batches(rng, len(columns)), 1):
        pace = RATE * 0.5 * (1.0 + np.cos(np.pi * step / n_steps))
        pace *= np.sqrt(1.0 - STEADY_SQUARE**step) / (1.0 - STEADY**step)
        changes = slopes(weights, columns[rows], truth[rows])
        for table, slope, mean, square in zip(weights, changes, means, squares, strict=True):
            mean += (1.0 - STEADY) * (slope - mean)
            square += (1.0 - STEADY_SQUARE) * (slope**2 - square)
            table -= np.float32(pace) * mean / (np.sqrt(square) + TINY)
    return weights


def _first(rng: np.random.Generator, sizes: tuple[int, int, int]) -> list[Floats]:
    """Weights to begin with: wide enough that what goes through keeps its spread."""
    reach = (np.sqrt(6.0 / (sizes[0] + sizes[1])), np.sqrt(2.0 / (sizes[1] + sizes[2])))
    inner, outer = (rng.uniform(-far, far, sizes[layer : layer + 2]) for layer, far in enumerate(reach))
    return [np.asarray(table, np.float32) for table in (inner, np.zeros(sizes[1]), outer, np.zeros(sizes[2]))]


def _batches(rng: np.random.Generator, n_rows: int) -> Iterator[NDArray[np.int64]]:
    """Rows of each batch; an epoch leaves out the few that fill none."""
    for _ in range(N_EPOCHS):
        order = rng.permutation(n_rows)
        yield from order[: n_rows - n_rows % BATCH].reshape(-1, BATCH)


def slopes(weights: list[Floats], columns: Floats, truth: NDArray[np.bool_]) -> list[Floats]:
    """How much the mean surprise (cross entropy of each share) of a batch rises with each weight."""
    inner, inner_offsets, outer, outer_offsets = weights
    hidden = np.maximum(columns @ inner + inner_offsets, 0.0)
    said = 1.0 / (1.0 + np.exp(-(hidden @ outer + outer_offsets)))
    wrong = (said - truth).astype(np.float32) / np.float32(len(columns))
    below = (wrong @ outer.T) * (hidden > 0.0)
    pull = np.float32(MODEST / len(columns))
    return [columns.T @ below + pull * inner, below.sum(axis=0), hidden.T @ wrong + pull * outer, wrong.sum(axis=0)]
