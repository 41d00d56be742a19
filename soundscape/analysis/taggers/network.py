"""A network of one hidden layer on the columns of `columns.py`, run by numpy alone; many together are the model."""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np

from soundscape.analysis.frames import Floats
from soundscape.whole import whole_file

FARTHEST = 4.0
"""A column may be so many deviations away from its mean."""


@dataclass(frozen=True, eq=False)
class Network:
    """Weights as `sklearn.neural_network.MLPClassifier` learns them, all float32."""

    mean: Floats
    """(n_columns,), as `deviation` is."""
    deviation: Floats
    hidden: Floats
    """(n_columns, n_hidden)"""
    hidden_bias: Floats
    out: Floats
    """(n_hidden, n_names + 1)"""
    out_bias: Floats

    def log_shares(self, columns: Floats) -> Floats:
        """Log-probabilities before any temperature, (n, n_columns) -> (n, n_names + 1)."""
        near = ((columns - self.mean) / self.deviation).clip(-FARTHEST, FARTHEST)
        said = np.maximum(near @ self.hidden + self.hidden_bias, 0.0) @ self.out + self.out_bias
        said = said - said.max(axis=1, keepdims=True)
        return np.asarray(said - np.log(np.exp(said).sum(axis=1, keepdims=True)), np.float32)


@dataclass(frozen=True, eq=False)
class Model:
    """Networks, and what their mean is divided by, so that confidence is not higher than success."""

    networks: tuple[Network, ...]
    temperature: float = 1.0

    def log_shares(self, columns: Floats) -> Floats:
        """Mean of what the networks say, (n, n_columns) -> (n, n_names + 1), before the temperature."""
        return np.asarray(np.mean([network.log_shares(columns) for network in self.networks], axis=0))


def save(model: Model, path: Path) -> None:
    """Write a model, every weight in 16 bits."""
    tables = {f"{number}.{part.name}": getattr(network, part.name).astype(np.float16)
              for number, network in enumerate(model.networks) for part in fields(network)}  # fmt: skip
    with whole_file(path) as temporary, temporary.open("wb") as stream:
        np.savez_compressed(stream, allow_pickle=False, temperature=np.float32(model.temperature), **tables)


def load(path: Path) -> Model:
    """Read what `save` wrote."""
    names = [part.name for part in fields(Network)]
    with np.load(path, allow_pickle=False) as kept:
        n_networks = sum(key.endswith(f".{names[0]}") for key in kept.files)
        rows = [[kept[f"{number}.{name}"].astype(np.float32) for name in names] for number in range(n_networks)]
        return Model(tuple(Network(*row) for row in rows), float(kept["temperature"]))
