"""Which recording or segment a person means by an id, the beginning of one, a path, or a title."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from soundscape.catalogue.rows import RECORDING_COLUMNS, recording_of
from soundscape.catalogue.search import load_segments, segments_starting
from soundscape.catalogue.segment import Recording, Segment
from soundscape.catalogue.tags import folded
from soundscape.errors import CatalogueError


def the_segment(database: sqlite3.Connection, start: str, path: Path) -> tuple[int, Segment]:
    """Number and value of the one segment whose id begins so, in the catalogue at `path`.

    Raises
    ------
    CatalogueError
        If there is none, or several.
    """
    found = segments_starting(database, start)
    if len(found) > 1:
        names = ", ".join(key for _, key in found[:3])
        raise CatalogueError(f"several segments begin with {start!r}: {names}", hint="write more of the id")
    if not found:
        raise CatalogueError(
            f"there is no segment {start!r} in {path}", hint='ids are the first column of: soundscape find "gate"'
        )
    number = found[0][0]
    return number, load_segments(database, [number])[number][0]


def the_recording(database: sqlite3.Connection, what: str, path: Path) -> Recording:
    """The one recording whose id begins so or one of whose segments' does, whose file that is, or else its title.

    Raises
    ------
    CatalogueError
        If there is none, or several.
    """
    found = _by_id_or_path(database, what) or _called(database, what)
    if len(found) > 1:
        files = ", ".join(one.path for one in found[:3])
        raise CatalogueError(f"{len(found)} takes in {path} are {what!r}: {files}",
                             hint="name one by its file, or write more of the id")  # fmt: skip
    if not found:
        hint = "`soundscape find` lists takes: name one by its title, file, or a segment's id"
        raise CatalogueError(f"no takes in {path} are {what!r}", hint=hint)
    return found[0]


def _by_id_or_path(database: sqlite3.Connection, what: str) -> list[Recording]:
    """Recordings whose id begins so or whose file that is, and those of segments whose id begins so."""
    named = _recordings(database, what)
    if exact := [one for one in named if not one.id.startswith(what) or one.id == what]:
        return exact
    start = _text(what)
    rows = database.execute(
        "SELECT id, recording_id FROM segments WHERE substr(id, 1, length(?1)) = ?1", (start,)
    ).fetchall() if start else []  # fmt: skip
    takes = {recording_id for key, recording_id in rows if key == start} or {recording_id for _, recording_id in rows}
    known = {one.id: one for one in named}
    return [known[key] if key in known else _recordings(database, key)[0] for key in sorted(takes | known.keys())]


def _called(database: sqlite3.Connection, title: str) -> list[Recording]:
    """Recordings of a title, in any language, or of a file's name."""
    wanted = folded(title).strip()
    rows = database.execute(f"SELECT {', '.join(RECORDING_COLUMNS)} FROM recordings ORDER BY id") if wanted else ()
    return [one for one in map(recording_of, rows)
            if wanted in {folded(name) for name in (*one.titles.values(), *_file_names(one))}]  # fmt: skip


def _file_names(recording: Recording) -> tuple[str, str]:
    """Name of its file, with and without the ending."""
    name = recording.path.replace("\\", "/").rsplit("/", 1)[-1]
    return name, name.rpartition(".")[0] or name


def recording_at(database: sqlite3.Connection, path: str) -> Recording | None:
    """The recording that is kept as being there, else one that the file there was found to be a copy of."""
    row = database.execute(
        f"SELECT {', '.join(RECORDING_COLUMNS)} FROM recordings WHERE path = ?1 OR id IN"
        " (SELECT recording_id FROM files WHERE path = ?1 AND state = 'done') ORDER BY path != ?1 LIMIT 1",
        (_text(path),),
    ).fetchone()
    return recording_of(row) if row else None


def the_changed(database: sqlite3.Connection, what: str, path: Path) -> tuple[str, str | None]:
    """Recording, and segment unless all of the recording is meant; a segment that is aside counts too.

    Raises
    ------
    CatalogueError
        If there is no such thing, or several.
    """
    takes = {(one.id, None) for one in _recordings(database, what)}
    start = _text(what)
    rows = database.execute(
        "SELECT recording_id, id FROM segments WHERE substr(id, 1, length(?1)) = ?1 UNION"
        " SELECT recording_id, id FROM aside WHERE substr(id, 1, length(?1)) = ?1 LIMIT 4",
        (start,),
    ).fetchall()
    exact = [row for row in rows if row[1] == start]
    found = sorted(takes | set(exact or rows), key=str) if start else []
    if len(found) != 1:
        raise CatalogueError(f"{len(found) or 'no'} segments or takes in {path} are {what!r}",
                             hint="write an id as it was before the change or is now, or a take's file")  # fmt: skip
    return found[0]


def _recordings(database: sqlite3.Connection, what: str) -> list[Recording]:
    columns = ", ".join(RECORDING_COLUMNS)
    start = _text(what)
    rows = database.execute(
        f"SELECT {columns} FROM recordings WHERE substr(id, 1, length(?1)) = ?1 OR path IN (?1, ?2) ORDER BY id",
        (start, _text(str(Path(what).absolute()))),
    ).fetchall() if start else []  # fmt: skip
    return [recording_of(row) for row in rows]


def _text(what: str) -> str:
    """What SQLite takes: no half letters, which no id or path in a catalogue has."""
    return what.encode("utf-8", "replace").decode()
