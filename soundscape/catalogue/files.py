"""Sound files as ingest last saw them, and which recordings are where."""

from __future__ import annotations

import os
import sqlite3
from dataclasses import astuple, dataclass
from typing import Literal

from soundscape.catalogue.writing import put_path

State = Literal["done", "failed"]


@dataclass(frozen=True, slots=True)
class FileState:
    """What became of one file when it was last looked at, so that an unchanged one need not be read again."""

    path: str
    size: int
    mtime_ns: int
    state: State
    recording_id: str = ""
    """Recording whose audio it holds, where it could be read."""
    reason: str = ""
    """Why it could not be read."""
    analyser: str = ""
    """Version of the analysis that looked at it."""

    def is_still(self, size: int, mtime_ns: int, analyser: str) -> bool:
        """Whether a file of that size and time, for that analysis, need not be looked at again."""
        return (self.size, self.mtime_ns, self.analyser) == (size, mtime_ns, analyser)


_COLUMNS = "path, size, mtime_ns, state, recording_id, reason, analyser"


def put_file(database: sqlite3.Connection, file: FileState) -> None:
    """Keep what became of a file, in place of what was known about that path."""
    database.execute(f"INSERT OR REPLACE INTO files ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?)", astuple(file))


def load_file(database: sqlite3.Connection, path: str) -> FileState | None:
    """What became of a file when it was last looked at; None if it never was."""
    row = database.execute(f"SELECT {_COLUMNS} FROM files WHERE path = ?", (path,)).fetchone()
    return FileState(*row) if row else None


def remove_replaced(database: sqlite3.Connection) -> int:
    """Remove recordings whose file holds another one now, unless they are at another place; how many went."""
    replaced = database.execute(
        "SELECT id FROM recordings JOIN files USING (path) WHERE state = 'done' AND recording_id != id"
    ).fetchall()
    gone = [key for (key,) in replaced if not _found_elsewhere(database, key)]
    for key in gone:
        database.execute("DELETE FROM words WHERE rowid = (SELECT number FROM recordings WHERE id = ?)", (key,))
        database.execute("DELETE FROM recordings WHERE id = ?", (key,))
    return len(gone)


def _found_elsewhere(database: sqlite3.Connection, recording_id: str) -> bool:
    """Whether another file holds the recording; if so, that is where it is now."""
    rows = database.execute("SELECT path FROM files WHERE recording_id = ? AND state = 'done'", (recording_id,))
    path = next((path for (path,) in sorted(rows) if os.path.isfile(path)), None)
    if path is not None:
        put_path(database, recording_id, path)
    return path is not None
