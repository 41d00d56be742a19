"""A linear discriminant (Fisher, Annals of Eugenics 7, 1936) on what was measured.

Its weights are made again by `python -m recordings.teach`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from soundscape.analysis.frames import Floats

WEIGHTS = Path(__file__).with_name("discriminant.json")
SHRINKAGE = 0.3
"""How far the covariance is drawn to its diagonal (Friedman, JASA 84, 1989)."""
TEMPERATURE = 2.5
"""What the scores are divided by, so that confidence is not higher than success."""


@dataclass(frozen=True, eq=False)
class Discriminant:
    """Scores are `columns @ weights + offsets`, one for each name."""

    names: tuple[str, ...]
    weights: NDArray[np.float64]
    offsets: NDArray[np.float64]

    def probabilities(self, columns: NDArray[np.float64]) -> NDArray[np.float64]:
        """(n, n_columns) -> (n, n_names), rows of sum 1."""
        scores = (columns @ self.weights + self.offsets) / TEMPERATURE
        powers = np.exp(scores - scores.max(axis=-1, keepdims=True))
        return np.asarray(powers / powers.sum(axis=-1, keepdims=True))


def columns_of(features: Mapping[str, float], vector: Floats) -> NDArray[np.float64]:
    """What the discriminant looks at, (n_columns,): the vector, and features on scales where a step is a step."""

    def log_of(name: str, lowest: float) -> float:
        return float(np.log2(max(features.get(name, lowest), lowest)))

    own = (log_of("duration_s", 0.05), log_of("attack_s", 0.01), log_of("decay_s", 0.03), log_of("centroid_hz", 50.0),
           log_of("flatness", 1e-4), log_of("modulation_hz", 1.0), 3.0 * features.get("pitch_confidence", 0.0),
           3.0 * features.get("inharmonicity", 1.0),
           log_of("pitch_hz", 40.0) if "pitch_hz" in features else 5.3)  # fmt: skip
    return np.concatenate([10.0 * np.asarray(vector, np.float64), own])


def fit(columns: NDArray[np.float64], names: Sequence[str]) -> Discriminant:
    """Fit to rows and their names; every name counts the same."""
    kinds = tuple(sorted(set(names)))
    of = np.array([kinds.index(name) for name in names])
    means = np.stack([columns[of == k].mean(axis=0) for k in range(len(kinds))])
    away = columns - means[of]
    covariance = away.T @ away / max(1, len(columns) - len(kinds))
    covariance = (1.0 - SHRINKAGE) * covariance + SHRINKAGE * np.diag(np.diag(covariance) + 0.05)
    weights = np.linalg.solve(covariance, means.T)
    return Discriminant(kinds, weights, -0.5 * np.sum(means.T * weights, axis=0))


def save(model: Discriminant, path: Path) -> None:
    """Write the weights as numbers of five digits."""
    rows = {name: [float(f"{x:.5g}") for x in (*model.weights[:, k], model.offsets[k])]
            for k, name in enumerate(model.names)}  # fmt: skip
    path.write_text(json.dumps(rows, indent=0) + "\n", encoding="utf-8")


@lru_cache(maxsize=1)
def shipped_model() -> Discriminant:
    """Model of the package."""
    rows = json.loads(WEIGHTS.read_text(encoding="utf-8"))
    if not rows:  # while it is being fitted for the first time
        return Discriminant((), np.zeros((0, 0)), np.zeros(0))
    table = np.array(list(rows.values())).T
    return Discriminant(tuple(rows), table[:-1], table[-1])
