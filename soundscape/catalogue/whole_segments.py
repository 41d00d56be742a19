"""Segments with all that an analysis made of them: new ones, and those that are put aside and brought back.

What goes aside keeps every bit, so that bringing it back gives what was; nobody finds it meanwhile.
"""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from soundscape.catalogue.rows import SEGMENT_COLUMNS, segment_of
from soundscape.catalogue.scores import Scores, Words, put_scores, put_words
from soundscape.catalogue.segment import Segment, Tag
from soundscape.catalogue.vectors import unit_rows
from soundscape.catalogue.writing import put_features, put_row, put_segment


@dataclass(frozen=True, eq=False)
class Measured:
    """A segment, and what was measured in its stretch of the recording.

    Parameters
    ----------
    segment : Segment
        Its tags are what the machine heard.
    vector : (n_columns,) float
        Kept as float32 of unit length.
    scores : Scores or None
        One row: how likely each name is.
    words : Words or None
        One row: what a model that knows words heard.
    """

    segment: Segment
    vector: NDArray[np.floating]
    scores: Scores | None = None
    words: Words | None = None

    def called(self, segment_id: str) -> Measured:
        """The same under another id."""
        return replace(self, segment=replace(self.segment, id=segment_id))


def put_measured(database: sqlite3.Connection, one: Measured) -> int:
    """Keep a new segment; its number."""
    number = put_segment(database, one.segment, unit_rows(one.vector[None])[0])
    put_scores(database, [number], one.scores)
    put_words(database, [number], one.words)
    put_features(database, [one.segment])
    return number


class Whole(NamedTuple):
    """A segment as its rows in all tables, without what was learned and what persons said of its tags."""

    row: list[Any]
    """In the order of `SEGMENT_COLUMNS`."""
    heard: list[tuple[str, float]]
    vector: bytes
    names: str
    scores: bytes | None
    model: str
    words: bytes | None

    @property
    def id(self) -> str:
        """Id of the segment."""
        return str(self.row[0])

    @property
    def stretch(self) -> tuple[float, float]:
        """Start and end in seconds."""
        return self.row[2], self.row[3]

    @property
    def kind(self) -> str:
        """Kind of the segment."""
        return str(self.row[4])

    @property
    def segment(self) -> Segment:
        """The segment as the machine heard it."""
        return segment_of(self.row, (Tag(*one) for one in self.heard))


def load_whole(database: sqlite3.Connection, number: int) -> Whole:
    """The segment of that number."""

    def row_of(columns: str, table: str, key: str = "segment") -> Any:
        return database.execute(f"SELECT {columns} FROM {table} WHERE {key} = ?", (number,)).fetchone()

    heard = database.execute("SELECT name, confidence FROM heard WHERE segment = ? ORDER BY name", (number,)).fetchall()
    return Whole(
        list(row_of(", ".join(SEGMENT_COLUMNS), "segments", "number")), heard, row_of("vector", "vectors")[0],
        *(row_of("names, scores", "scores") or ("", None)), *(row_of("model, vector", "words_heard") or ("", None)),
    )  # fmt: skip


def put_whole(database: sqlite3.Connection, one: Whole) -> int:
    """Put a segment into the catalogue as it was; its number."""
    number = put_row(database, one.row, one.vector)
    database.executemany("INSERT INTO heard VALUES (?, ?, ?)", [(number, *tag) for tag in one.heard])
    for table, key, blob in (("scores", one.names, one.scores), ("words_heard", one.model, one.words)):
        if blob is not None:
            database.execute(f"INSERT INTO {table} VALUES (?, ?, ?)", (number, key, blob))
    return number


def put_aside(database: sqlite3.Connection, number: int) -> None:
    """Take a segment out of the catalogue, and keep it."""
    one = load_whole(database, number)
    database.execute(
        "INSERT OR REPLACE INTO aside VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (one.id, one.row[1], json.dumps(one.row), json.dumps(one.heard), *one[2:]),
    )
    database.execute("DELETE FROM segments WHERE number = ?", (number,))


def load_aside(database: sqlite3.Connection, recording_id: str) -> list[Whole]:
    """Segments of a recording that are aside, in order of time."""
    rows = database.execute(
        "SELECT row, heard, vector, names, scores, model, words FROM aside WHERE recording_id = ?", (recording_id,)
    )
    found = [Whole(json.loads(row), [tuple(tag) for tag in json.loads(heard)], *more) for row, heard, *more in rows]
    return sorted(found, key=lambda one: (one.stretch, one.id))


def bring_back(database: sqlite3.Connection, one: Whole) -> None:
    """Put what is aside into the catalogue again."""
    database.execute("DELETE FROM aside WHERE id = ?", (one.id,))
    put_whole(database, one)
