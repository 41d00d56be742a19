"""Networks on what is seen of a segment, its columns and its bands; many together are the model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import ClassVar

import numpy as np

from soundscape.analysis.frames import Floats
from soundscape.analysis.taggers.columns import Look
from soundscape.analysis.taggers.convolutional import Convolutional
from soundscape.whole import whole_file

OF_BANDS = 2.5
"""How much what the bands look like counts against the columns."""


@dataclass(frozen=True, eq=False)
class Namer:
    """A network of one hidden layer on columns, whose outputs are names, and what has none of them.

    Weights as `sklearn.neural_network.MLPClassifier` learns them, all float32.
    """

    FARTHEST: ClassVar[float] = 4.0
    """A column may be so many deviations away from its mean: a strange take cannot run away."""

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
        """Log-probabilities before any temperature, (n, n_columns) -> (n, n_names + 1).

        What is not a number is not known, and taken for its mean.
        """
        known = np.where(np.isnan(columns), self.mean, columns)
        near = ((known - self.mean) / self.deviation).clip(-self.FARTHEST, self.FARTHEST)
        said = np.maximum(near @ self.hidden + self.hidden_bias, 0.0) @ self.out + self.out_bias
        said = said - said.max(axis=1, keepdims=True)
        return np.asarray(said - np.log(np.exp(said).sum(axis=1, keepdims=True)), np.float32)


@dataclass(frozen=True, eq=False)
class Model:
    """Networks of both kinds, and what their sum is divided by: confidence is not to be higher than success."""

    namers: tuple[Namer, ...]
    convolutional: Convolutional
    temperature: float = 1.0

    def log_shares(self, looks: Sequence[Look]) -> Floats:
        """What the networks say of each look together, (n, n_names + 1), before the temperature."""
        rows = np.stack([look.columns for look in looks])
        by_columns = [one.log_shares(rows) for one in self.namers]
        by_bands = np.stack([self.convolutional.log_shares(look.bands) for look in looks])
        return np.asarray(np.mean(by_columns, axis=0) + OF_BANDS * by_bands, np.float32)


def save(model: Model, path: Path) -> None:
    """Write a model, every weight in 16 bits."""
    networks: dict[str, Namer | Convolutional] = {
        "bands": model.convolutional,
        **{str(number): one for number, one in enumerate(model.namers)},
    }
    tables = {f"{name}.{part.name}": getattr(of, part.name).astype(np.float16)
              for name, of in networks.items() for part in fields(of)}  # fmt: skip
    with whole_file(path) as temporary, temporary.open("wb") as stream:
        np.savez_compressed(stream, allow_pickle=False, temperature=np.float32(model.temperature), **tables)


def load(path: Path) -> Model:
    """Read what `save` wrote."""
    with np.load(path, allow_pickle=False) as kept:

        def tables(of: str, kind: type[Namer | Convolutional]) -> list[Floats]:
            return [kept[f"{of}.{part.name}"].astype(np.float32) for part in fields(kind)]

        n_namers = sum(key.endswith(".hidden") for key in kept.files)
        namers = tuple(Namer(*tables(str(number), Namer)) for number in range(n_namers))
        return Model(namers, Convolutional(*tables("bands", Convolutional)), float(kept["temperature"]))
