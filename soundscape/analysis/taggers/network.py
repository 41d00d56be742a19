"""Networks on what is seen of a segment (`columns.py`, `patterns.py`); many together are the model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np

from soundscape.analysis.frames import Floats
from soundscape.analysis.network import Network
from soundscape.analysis.taggers.columns import Look
from soundscape.analysis.taggers.patterns import Patterns
from soundscape.whole import whole_file


class Namer(Network):
    """One whose outputs are names, and what has none of them."""

    FARTHEST = 4.0

    def log_shares(self, columns: Floats) -> Floats:
        """Log-probabilities before any temperature, (n, n_columns) -> (n, n_names + 1).

        What is not a number is not known, and taken for its mean.
        """
        said = self.said(np.where(np.isnan(columns), self.mean, columns))
        said = said - said.max(axis=1, keepdims=True)
        return np.asarray(said - np.log(np.exp(said).sum(axis=1, keepdims=True)), np.float32)


@dataclass(frozen=True, eq=False)
class Model:
    """Networks, what they look for, and what their mean is divided by: confidence is not to be higher than success."""

    patterns: Patterns
    networks: tuple[Namer, ...]
    temperature: float = 1.0

    def log_shares(self, looks: Sequence[Look]) -> Floats:
        """Mean of what the networks say of each look, (n, n_names + 1), before the temperature."""
        rows = np.stack([seen(look, self.patterns) for look in looks])
        return np.asarray(np.mean([network.log_shares(rows) for network in self.networks], axis=0))


def seen(look: Look, patterns: Patterns) -> Floats:
    """What networks are told of a look: its columns, and how much of each pattern is in it."""
    return np.concatenate([look.columns, patterns.amounts(look.bands)])


def save(model: Model, path: Path) -> None:
    """Write a model, every weight in 16 bits."""
    parts: dict[str, Patterns | Namer] = {
        "patterns": model.patterns,
        **{str(number): one for number, one in enumerate(model.networks)},
    }
    tables = {f"{name}.{part.name}": getattr(of, part.name).astype(np.float16)
              for name, of in parts.items() for part in fields(of)}  # fmt: skip
    with whole_file(path) as temporary, temporary.open("wb") as stream:
        np.savez_compressed(stream, allow_pickle=False, temperature=np.float32(model.temperature), **tables)


def load(path: Path) -> Model:
    """Read what `save` wrote."""
    with np.load(path, allow_pickle=False) as kept:

        def tables(of: str, kind: type[Patterns | Namer]) -> list[Floats]:
            return [kept[f"{of}.{part.name}"].astype(np.float32) for part in fields(kind)]

        n_networks = sum(key.endswith(".hidden") for key in kept.files)
        networks = tuple(Namer(*tables(str(number), Namer)) for number in range(n_networks))
        return Model(Patterns(*tables("patterns", Patterns)), networks, float(kept["temperature"]))
