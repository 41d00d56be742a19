"""Recordings and segments written into a catalogue's tables; each call belongs into a transaction."""

from __future__ import annotations

import secrets
import sqlite3
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from soundscape.catalogue.features import FEATURES
from soundscape.catalogue.rows import RECORDING_COLUMNS, SEGMENT_COLUMNS, recording_of, recording_row, segment_row
from soundscape.catalogue.segment import Recording, Segment
from soundscape.catalogue.terms import recording_text


def put_recording(database: sqlite3.Connection, recording: Recording, analyser: str) -> None:
    """Keep what is known of a recording, in place of what was."""
    columns = (*RECORDING_COLUMNS, "analyser")
    updates = ", ".join(f"{name} = excluded.{name}" for name in columns[1:])
    database.execute(
        f"INSERT INTO recordings ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})"
        f" ON CONFLICT (id) DO UPDATE SET {updates}",
        (*recording_row(recording), analyser),
    )
    _put_text(database, recording.id)


def put_path(database: sqlite3.Connection, recording_id: str, path: str) -> None:
    """Keep where a recording is now."""
    database.execute("UPDATE recordings SET path = ? WHERE id = ?", (path, recording_id))
    _put_text(database, recording_id)


def _put_text(database: sqlite3.Connection, recording_id: str) -> None:
    """Make the words of a recording findable."""
    row = database.execute(
        f"SELECT number, {', '.join(RECORDING_COLUMNS)} FROM recordings WHERE id = ?", (recording_id,)
    ).fetchone()
    if row:
        database.execute("DELETE FROM words WHERE rowid = ?", row[:1])
        text = recording_text(recording_of(row[1:]))
        database.execute("INSERT INTO words (rowid, text) VALUES (?, ?)", (row[0], text))


def put_segment(database: sqlite3.Connection, segment: Segment, vector: NDArray[np.float32]) -> int:
    """Keep a segment with its vector and tags, and return its number; a person's tags are corrections."""
    number = put_row(database, segment_row(segment), vector.astype("<f4").tobytes())
    for tag in segment.tags:
        if tag.by == "machine":
            database.execute("INSERT INTO heard VALUES (?, ?, ?)", (number, tag.name, tag.confidence))
        else:
            database.execute(
                "INSERT OR REPLACE INTO corrections VALUES (?, ?, ?, ?, 1)",
                (segment.recording_id, segment.start_s, segment.end_s, tag.name),
            )
    return number


def put_row(database: sqlite3.Connection, row: Sequence[Any], vector: bytes) -> int:
    """Keep a row of `SEGMENT_COLUMNS` and its vector, and return its number."""
    number = database.execute(
        f"INSERT INTO segments ({', '.join(SEGMENT_COLUMNS)}) VALUES ({', '.join('?' * len(SEGMENT_COLUMNS))})", row
    ).lastrowid
    database.execute("INSERT INTO vectors VALUES (?, ?)", (number, vector))
    return int(number or 0)


def put_features(database: sqlite3.Connection, segments: Sequence[Segment]) -> None:
    """Remember which numbers there are that not every catalogue has, so that queries may name them."""
    names = {name for segment in segments for name in segment.features} - set(FEATURES)
    database.executemany("INSERT OR IGNORE INTO meta VALUES (?, '')", [(f"feature:{name}",) for name in sorted(names)])


def more_features(database: sqlite3.Connection) -> tuple[str, ...]:
    """Names of the features that only this catalogue knows."""
    rows = database.execute("SELECT name FROM meta WHERE name LIKE 'feature:%'")
    return tuple(name.partition(":")[2] for (name,) in rows)


def put_generation(database: sqlite3.Connection) -> None:
    """Say that the segments are others now, so that the map of their vectors is made again."""
    database.execute("UPDATE meta SET value = ? WHERE name = 'generation'", (secrets.token_hex(16),))
