"""Networks on the columns of `columns.py`; many together are the model."""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np

from soundscape.analysis.frames import Floats
from soundscape.analysis.network import Network
from soundscape.whole import whole_file


class Namer(Network):
    """One whose outputs are names, and what has none of them."""

    FARTHEST = 4.0

    def log_shares(self, columns: Floats) -> Floats:
        """Log-probabilities before any temperature, (n, n_columns) -> (n, n_names + 1)."""
        said = self.said(columns)
        said = said - said.max(axis=1, keepdims=True)
        return np.asarray(said - np.log(np.exp(said).sum(axis=1, keepdims=True)), np.float32)


@dataclass(frozen=True, eq=False)
class Model:
    """Networks, and what their mean is divided by, so that confidence is not higher than success."""

    networks: tuple[Namer, ...]
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
    names = [part.name for part in fields(Namer)]
    with np.load(path, allow_pickle=False) as kept:
        n_networks = sum(key.endswith(f".{names[0]}") for key in kept.files)
        rows = [[kept[f"{number}.{name}"].astype(np.float32) for name in names] for number in range(n_networks)]
        return Model(tuple(Namer(*row) for row in rows), float(kept["temperature"]))
