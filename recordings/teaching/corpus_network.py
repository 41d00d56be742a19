"""Teaching networks with scikit-learn, on one thread and from fixed seeds: the same examples give the same weights."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from sklearn.neural_network import MLPClassifier
from threadpoolctl import threadpool_limits

from soundscape.analysis.frames import Floats
from soundscape.analysis.taggers.network import Namer

N_HIDDEN, N_EPOCHS, BATCH, RATE, ALPHA = 160, 18, 128, 1.5e-3, 0.3
N_AVERAGED = 9
"""What is kept is the mean of the weights after the last epochs: it lies in the middle of where they wander (Izmailov
and others, Averaging Weights Leads to Wider Optima and Better Generalization, UAI 2018)."""
N_DRAWN = 2.0
"""Examples drawn for an epoch, for each that there is."""
UNSURE, DROPPED = 0.5, 0.25
"""Noise on every column, in deviations, and share of columns that are not told: no column must be relied on alone."""


def taught(columns: Floats, names: NDArray[np.int64], drawn: NDArray[np.float64], n_names: int, seed: int) -> Namer:
    """Teach one network.

    Parameters
    ----------
    columns : (n, n_columns) float32
        Not a number where something is not known.
    names : (n,) int
        Place of each example's name.
    drawn : (n,) float
        How often each example is drawn, of sum 1.
    n_names : int
        How many places there are; one that has no example is never said.
    seed : int
    """
    rng = np.random.default_rng(seed)
    n_columns = columns.shape[1]
    known = ~np.isnan(columns)
    shares = drawn @ known + 1e-9
    mean = np.asarray(drawn @ np.where(known, columns, 0.0) / shares, np.float32)
    away = np.where(known, columns - mean, 0.0)
    deviation = np.asarray(np.sqrt(drawn @ np.square(away) / shares) + 1e-3, np.float32)
    told = (away / deviation).clip(-Namer.FARTHEST, Namer.FARTHEST)
    pupil = MLPClassifier((N_HIDDEN,), alpha=ALPHA, batch_size=BATCH, learning_rate_init=RATE, random_state=seed)
    sums = [np.zeros(())] * 4
    with threadpool_limits(1):
        for epoch in range(N_EPOCHS):  # no example is seen twice with the same noise
            picked = rng.choice(len(columns), int(N_DRAWN * len(columns)), p=drawn)
            near = told[picked] + np.float32(UNSURE) * rng.standard_normal((len(picked), n_columns), np.float32)
            near *= rng.random((len(picked), n_columns), np.float32) >= DROPPED
            pupil.partial_fit(near, names[picked], classes=np.unique(names))
            if epoch >= N_EPOCHS - N_AVERAGED:
                now = (pupil.coefs_[0], pupil.intercepts_[0], pupil.coefs_[1], pupil.intercepts_[1])
                sums = [before + table for before, table in zip(sums, now, strict=True)]
    hidden, hidden_bias, named, named_bias = (table / N_AVERAGED for table in sums)
    out, bias = np.zeros((N_HIDDEN, n_names)), np.full(n_names, -20.0)
    out[:, pupil.classes_], bias[pupil.classes_] = named, named_bias
    weights = (hidden, hidden_bias, out, bias)
    return Namer(mean, deviation, *(np.asarray(table, np.float32) for table in weights))
