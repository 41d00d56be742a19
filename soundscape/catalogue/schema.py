"""The tables of a catalogue file, and how it is opened: one SQLite file in WAL mode."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from soundscape.catalogue.features import MEASURED
from soundscape.catalogue.tags import folded
from soundscape.errors import CatalogueError

APPLICATION_ID = 0x534E4453
"""Written into the file's header ("SNDS"), so that another program's database is not taken for a catalogue."""
LEAST_FREE_BYTES = 1 << 16
VERSION = 4
OLDEST = 2
"""Catalogues from this version on are brought up to date as they are opened; only tables have come since."""
NEW = "IF NOT EXISTS"

_NEW_HINT = "ingest the recordings into a new catalogue: soundscape ingest FOLDER --catalogue FILE"

TABLES = (
    """CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID""",
    """CREATE TABLE recordings (
        number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, path TEXT NOT NULL, rate_hz INTEGER NOT NULL,
        n_channels INTEGER NOT NULL, n_frames INTEGER NOT NULL, recorded_at TEXT NOT NULL, place TEXT NOT NULL,
        recordist TEXT NOT NULL, object_id TEXT NOT NULL, licence TEXT NOT NULL, description TEXT NOT NULL,
        ambisonic TEXT NOT NULL, titles TEXT NOT NULL, features TEXT NOT NULL, faults TEXT NOT NULL,
        analyser TEXT NOT NULL)""",
    """CREATE VIRTUAL TABLE words USING fts5 (text, tokenize = "trigram case_sensitive 1")""",
    f"""CREATE TABLE segments (
        number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE,
        recording_id TEXT NOT NULL REFERENCES recordings (id) ON DELETE CASCADE,
        start_s REAL NOT NULL, end_s REAL NOT NULL, kind TEXT NOT NULL,
        tag TEXT NOT NULL DEFAULT '', confidence REAL NOT NULL DEFAULT 0,
        {", ".join(f"{name} REAL" for name in MEASURED)}, more TEXT NOT NULL)""",
    """CREATE INDEX segments_in_order ON segments (recording_id, start_s, id)""",
    """CREATE INDEX segments_by_confidence ON segments (confidence DESC, recording_id, start_s, id)""",
    """CREATE TABLE vectors (
        segment INTEGER PRIMARY KEY REFERENCES segments (number) ON DELETE CASCADE, vector BLOB NOT NULL)""",
    # what the machine heard; what persons said; and what holds, which follows from both
    """CREATE TABLE heard (
        segment INTEGER NOT NULL REFERENCES segments (number) ON DELETE CASCADE, name TEXT NOT NULL,
        confidence REAL NOT NULL, PRIMARY KEY (segment, name)) WITHOUT ROWID""",
    """CREATE TABLE corrections (
        recording_id TEXT NOT NULL, start_s REAL NOT NULL, end_s REAL NOT NULL, name TEXT NOT NULL,
        present INTEGER NOT NULL, PRIMARY KEY (recording_id, start_s, end_s, name)) WITHOUT ROWID""",
    """CREATE TABLE tags (
        segment INTEGER NOT NULL REFERENCES segments (number) ON DELETE CASCADE, name TEXT NOT NULL,
        confidence REAL NOT NULL, by TEXT NOT NULL, PRIMARY KEY (segment, name)) WITHOUT ROWID""",
    """CREATE INDEX tags_by_name ON tags (name, segment, confidence)""",
    """CREATE TABLE files (
        path TEXT PRIMARY KEY, size INTEGER NOT NULL, mtime_ns INTEGER NOT NULL, state TEXT NOT NULL,
        recording_id TEXT NOT NULL, reason TEXT NOT NULL, analyser TEXT NOT NULL) WITHOUT ROWID""",
    # how likely each name was before a person said anything (float32); what the names are stands in meta
    """CREATE TABLE IF NOT EXISTS scores (
        segment INTEGER PRIMARY KEY REFERENCES segments (number) ON DELETE CASCADE, names TEXT NOT NULL,
        scores BLOB NOT NULL)""",
    # what a model that knows words heard: float32 of length 1
    """CREATE TABLE IF NOT EXISTS words_heard (
        segment INTEGER PRIMARY KEY REFERENCES segments (number) ON DELETE CASCADE, model TEXT NOT NULL,
        vector BLOB NOT NULL)""",
    # what was learned from corrections, and the machine's tags where that makes them others than those heard
    """CREATE TABLE IF NOT EXISTS lessons (
        number INTEGER PRIMARY KEY, version INTEGER NOT NULL, learned_at TEXT NOT NULL, n_corrections INTEGER NOT NULL,
        about TEXT NOT NULL, weights BLOB NOT NULL)""",
    """CREATE TABLE IF NOT EXISTS learned (
        segment INTEGER NOT NULL REFERENCES segments (number) ON DELETE CASCADE, name TEXT NOT NULL,
        confidence REAL NOT NULL, PRIMARY KEY (segment, name)) WITHOUT ROWID""",
    # what persons changed of boundaries: the segments they made, the stretches in which they want none that a machine
    # hears, each with the number of the change it belongs to; and the machine's segments that gave way, whole
    """CREATE TABLE IF NOT EXISTS made (
        id TEXT PRIMARY KEY, recording_id TEXT NOT NULL, start_s REAL NOT NULL, end_s REAL NOT NULL,
        kind TEXT NOT NULL, change INTEGER NOT NULL) WITHOUT ROWID""",
    """CREATE TABLE IF NOT EXISTS gone (
        recording_id TEXT NOT NULL, start_s REAL NOT NULL, end_s REAL NOT NULL, change INTEGER NOT NULL,
        PRIMARY KEY (recording_id, start_s, end_s)) WITHOUT ROWID""",
    """CREATE TABLE IF NOT EXISTS aside (
        id TEXT PRIMARY KEY, recording_id TEXT NOT NULL REFERENCES recordings (id) ON DELETE CASCADE,
        row TEXT NOT NULL, heard TEXT NOT NULL, vector BLOB NOT NULL, names TEXT NOT NULL, scores BLOB,
        model TEXT NOT NULL, words BLOB) WITHOUT ROWID""",
    """CREATE INDEX IF NOT EXISTS made_in_order ON made (recording_id, start_s, id)""",
    """CREATE INDEX IF NOT EXISTS aside_of_recording ON aside (recording_id)""",
)


@contextmanager
def told(path: Path) -> Iterator[None]:
    """Turn what SQLite says into what a user can put right."""
    try:
        yield
    except sqlite3.IntegrityError as error:
        raise ValueError(f"values that do not fit together in {path}: {error}") from error
    except sqlite3.DatabaseError as error:
        if getattr(error, "sqlite_errorcode", 0) == sqlite3.SQLITE_ERROR:
            raise  # SQL that is wrong is not the user's to put right
        raise _told(path, error) from error


def _told(path: Path, error: sqlite3.DatabaseError) -> CatalogueError:
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return CatalogueError(f"{path} is in use by another program", hint="wait until it is done, then try again")
    if code == sqlite3.SQLITE_READONLY:
        return CatalogueError(f"{path} can be read, not written", hint="copy it to a place where you may write")
    if code == sqlite3.SQLITE_FULL or (code in (sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN) and _is_full(path)):
        return CatalogueError(f"the disk is full: {path}", hint="free some space; the catalogue is whole")
    if code == sqlite3.SQLITE_NOTADB:
        return CatalogueError(f"{path} is not a catalogue", hint=_NEW_HINT)
    if code == sqlite3.SQLITE_CORRUPT:
        return CatalogueError(f"{path} is damaged: {error}", hint=_NEW_HINT)
    if code == sqlite3.SQLITE_IOERR:
        return CatalogueError(f"cannot read or write {path}: {error}",
                              hint="see whether its disk is full or failing, or its files may not grow")  # fmt: skip
    return CatalogueError(f"cannot use {path}: {error}", hint="check the path and the permissions")


def _is_full(path: Path) -> bool:
    """Whether the disk has no room for even a page: SQLite says of some files only that they cannot be written."""
    try:
        return shutil.disk_usage(path.resolve().parent).free < LEAST_FREE_BYTES
    except OSError:
        return False


def remove_database(path: Path) -> None:
    """Remove a catalogue that nobody has anything in, with what SQLite keeps beside it."""
    for ending in ("", "-wal", "-shm", "-journal"):
        path.with_name(path.name + ending).unlink(missing_ok=True)


def open_database(path: Path, *, create: bool, timeout_s: float) -> sqlite3.Connection:
    """Open a catalogue file; a new one is made only where that is asked for.

    Raises
    ------
    CatalogueError
        If the file is missing, a folder, no catalogue, damaged, in use for longer than `timeout_s`, or newer than this
        program.
    """
    if not path.exists() and not create:
        raise CatalogueError(f"there is no catalogue {path}", hint=f"soundscape ingest FOLDER --catalogue {path}")
    if path.is_dir():
        raise CatalogueError(f"{path} is a folder, not a catalogue", hint="name a file in it")
    is_new = not path.exists()
    if is_new and not path.parent.is_dir():
        raise CatalogueError(f"cannot make {path}: there is no folder {path.parent}", hint="make the folder first")
    with told(path):
        database = sqlite3.connect(_address(path, create=create), uri=True, timeout=timeout_s, isolation_level=None)
        try:
            _prepare(database, path, create=create)
        except BaseException:
            database.close()
            if is_new:
                remove_database(path)
            raise
    return database


def _address(path: Path, *, create: bool) -> str:
    """Where to find the file. On a disk that cannot be written SQLite must be told that nobody else will write."""
    write_ahead = path.with_name(path.name + "-wal")
    if path.exists() and not (os.access(path, os.W_OK) and os.access(path.parent, os.W_OK)):
        unfinished = write_ahead.exists() and write_ahead.stat().st_size > 0
        return f"{path.resolve().as_uri()}?mode=ro{'' if unfinished else '&immutable=1'}"
    return f"{path.resolve().as_uri()}?mode={'rwc' if create else 'rw'}"


def _prepare(database: sqlite3.Connection, path: Path, *, create: bool) -> None:
    version, application, n_tables = (
        database.execute(question).fetchone()[0]
        for question in ("PRAGMA user_version", "PRAGMA application_id", "SELECT count(*) FROM sqlite_master")
    )
    if application != APPLICATION_ID and (n_tables or version or not create):
        raise CatalogueError(f"{path} is not a catalogue", hint=_NEW_HINT)
    if version > VERSION:
        raise CatalogueError(
            f"{path} was made by a newer soundscape (catalogue version {version}, this one knows {VERSION})",
            hint="update: pip install --upgrade soundscape",
        )
    if application == APPLICATION_ID and version < OLDEST:
        raise CatalogueError(
            f"{path} was made by an older soundscape (catalogue version {version}, this one knows {VERSION})",
            hint=_NEW_HINT,
        )
    database.create_function("folded", 1, folded, deterministic=True)
    database.execute("PRAGMA foreign_keys = ON")
    database.execute("PRAGMA synchronous = NORMAL")  # in WAL mode: whole after any crash
    if application != APPLICATION_ID:
        _make_tables(database)
    elif version < VERSION:
        _bring_up_to_date(database)


def _bring_up_to_date(database: sqlite3.Connection) -> None:
    """Add the tables that an older version did not have; what persons said stays."""
    database.execute("BEGIN IMMEDIATE")
    for table in TABLES:
        if NEW in table:
            database.execute(table)
    database.execute(f"PRAGMA user_version = {VERSION}")
    database.execute("COMMIT")


def _make_tables(database: sqlite3.Connection) -> None:
    database.execute("PRAGMA journal_mode = WAL")
    database.execute("BEGIN IMMEDIATE")
    if not database.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:  # unless another was quicker
        for table in TABLES:
            database.execute(table)
        database.execute("INSERT INTO meta VALUES ('generation', 'new')")
        database.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        database.execute(f"PRAGMA user_version = {VERSION}")
    database.execute("COMMIT")
