"""What models said about each segment before anything a person said: the ground that learning builds on."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from soundscape.catalogue.segment import Tag
from soundscape.catalogue.vectors import unit_rows

LEAST = 1e-9
"""No probability is below."""


@dataclass(frozen=True, eq=False)
class Scores:
    """How likely each name is for each segment.

    Parameters
    ----------
    names : tags of the vocabulary
    values : (n_segments, n_names) float
        Log-probabilities, at most 0.
    learned : tags by row
        What a lesson calls those segments on which it has a word.
    """

    names: tuple[str, ...]
    values: NDArray[np.float32]
    learned: Mapping[int, Sequence[Tag]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.values.ndim != 2 or self.values.shape[1] != len(self.names) or len(set(self.names)) != len(self.names):
            raise ValueError(f"{len(self.names)} names, all different, for scores of shape {self.values.shape}")
        if not np.all(self.values <= 0.0):
            raise ValueError("scores are logarithms of probabilities: none is above 0")


@dataclass(frozen=True, eq=False)
class Words:
    """What a model with a text tower heard in each segment: near is what words near it describe.

    Parameters
    ----------
    model : str
        Which model; only vectors of one model can be compared.
    values : (n_segments, n_columns) float
    """

    model: str
    values: NDArray[np.float32]


def put_scores(database: sqlite3.Connection, segments: Sequence[int], scores: Scores | None) -> None:
    """Keep the scores of segments; their names are kept once for all that have the same."""
    if scores is None:
        return
    text = json.dumps(scores.names)
    key = hashlib.blake2b(text.encode(), digest_size=8).hexdigest()
    database.execute("INSERT OR IGNORE INTO meta VALUES (?, ?)", (f"names:{key}", text))
    rows = np.asarray(scores.values, "<f4")
    database.executemany(
        "INSERT INTO scores VALUES (?, ?, ?)",
        [(number, key, row.tobytes()) for number, row in zip(segments, rows, strict=True)],
    )


def load_scores(database: sqlite3.Connection) -> dict[tuple[str, ...], tuple[NDArray[np.int64], NDArray[np.float32]]]:
    """Numbers of segments, rising, and their scores, by the names the scores are for."""
    found = {}
    names_of = database.execute("SELECT substr(name, 7), value FROM meta WHERE name LIKE 'names:%' ORDER BY name")
    for key, text in names_of.fetchall():
        names = tuple(json.loads(text))
        rows = database.execute(
            "SELECT segment, scores FROM scores WHERE names = ? ORDER BY segment", (key,)
        ).fetchall()
        if rows:
            values = np.frombuffer(b"".join(blob for _, blob in rows), "<f4").reshape(len(rows), len(names))
            found[names] = np.array([number for number, _ in rows], np.int64), values
    return found


def load_words(database: sqlite3.Connection, model: str) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Numbers of the segments that a model which knows words heard, rising, and what it heard: (n,), (n, n_columns)."""
    rows = database.execute(
        "SELECT segment, vector FROM words_heard WHERE model = ? ORDER BY segment", (model,)
    ).fetchall()
    values = np.frombuffer(b"".join(blob for _, blob in rows), "<f4").reshape(len(rows), -1 if rows else 0)
    return np.array([number for number, _ in rows], np.int64), values


def put_words(database: sqlite3.Connection, segments: Sequence[int], words: Words | None) -> None:
    """Keep what a model that knows words heard in segments."""
    if words is None:
        return
    rows = unit_rows(words.values).astype("<f4")
    database.executemany(
        "INSERT INTO words_heard VALUES (?, ?, ?)",
        [(number, words.model, row.tobytes()) for number, row in zip(segments, rows, strict=True)],
    )
