"""Arrangements as documents: JSON that a person can read and compare, one event per line.

What is read is checked as strictly as what a user writes by hand, because it may be.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

from soundscape.arrangement.arrangement import Arrangement
from soundscape.arrangement.roomrow import room_of, row_of
from soundscape.arrangement.rows import (
    check_like,
    check_only,
    check_within_its_take,
    event_of,
    event_row,
    no_constant,
    recording_of,
    recording_row,
    refuse,
    segment_of,
    segment_row,
)
from soundscape.errors import PieceError
from soundscape.whole import write_text

SCHEMA = "soundscape arrangement"
VERSION = 1

_FRAME = ("title", "title_zh", "seed", "catalogue_digest", "layout", "panner", "loudness_lufs")
_TABLES = ("recordings", "segments", "events")


def save_arrangement(arrangement: Arrangement, path: Path) -> None:
    """Write an arrangement, whole or not at all; `load_arrangement` gives an equal one.

    Takes that lie in the document's folder or below are named from there, so that the folder can be moved.

    Raises
    ------
    OutputError
        If it cannot be written.
    """
    write_text(Path(path), document_of(arrangement, Path(path).resolve().parent))


def document_of(arrangement: Arrangement, folder: Path) -> str:
    """Text of the document that would stand in `folder`."""
    segments = {event.segment.id: event.segment for event in arrangement.events}
    frame = {name: getattr(arrangement, name) for name in _FRAME}
    head = {"schema": SCHEMA, "version": VERSION, **frame, "room": row_of(arrangement.room, folder),
            "markers": arrangement.markers}  # fmt: skip
    if arrangement.tuning:
        head["tuning"] = arrangement.tuning
    tables: dict[str, list[Mapping[str, Any]]] = {
        "recordings": [recording_row(recording, folder) for recording in arrangement.recordings],
        "segments": [segment_row(segments[key]) for key in sorted(segments)],
        "events": [event_row(event) for event in arrangement.events],
    }
    lines = [f'"{key}": {_json(value)}' for key, value in head.items()]
    lines += [f'"{key}": [\n  ' + ",\n  ".join(map(_json, rows)) + "\n]" if rows else f'"{key}": []'
              for key, rows in tables.items()]  # fmt: skip
    return "{\n" + ",\n".join(lines) + "\n}\n"


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, allow_nan=False)


def load_arrangement(path: Path) -> Arrangement:
    """Arrangement of a document.

    Raises
    ------
    PieceError
        If it is not one, is of another version, or says what cannot be; the message names the place.
    """
    path = Path(path)
    document = _document(path)
    where = str(path)
    if document.get("version") != VERSION:
        raise PieceError(f"{path}: version is {document.get('version')!r}, this program reads {VERSION}",
                         hint="arrange the piece again with this version")  # fmt: skip
    check_only(document, ("schema", "version", "room", "markers", "tuning", *_FRAME, *_TABLES), where)
    folder = path.resolve().parent
    recordings = [recording_of(row, folder, place) for row, place in _rows(document, "recordings", where)]
    segments = {segment.id: segment for segment in
                (segment_of(row, place) for row, place in _rows(document, "segments", where))}  # fmt: skip
    takes = {recording.id: recording for recording in recordings}
    for segment in segments.values():
        check_within_its_take(segment, takes, where)
    events = [event_of(row, segments, place) for row, place in _rows(document, "events", where)]
    frame = {name: document[name] for name in _FRAME if name in document}
    for name, value in frame.items():
        check_like(value, _DEFAULTS[name], f"{where}: {name}")
    if "room" in document:
        frame["room"] = room_of(document["room"], folder, f"{where}: room")
    try:
        return Arrangement(tuple(events), tuple(recordings), markers=_pairs(document, "markers", "time_s", where),
                           tuning=_pairs(document, "tuning", "hz", where), **frame)  # fmt: skip
    except ValueError as error:
        refuse(where, error)


_DEFAULTS = {field.name: field.default for field in fields(Arrangement)}


def _document(path: Path) -> Mapping[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8-sig"), parse_constant=no_constant)
    except OSError as error:
        raise PieceError(f"cannot read {path}: {error.strerror}", hint="see `soundscape arrange`") from error
    except RecursionError:
        raise PieceError(f"{path} is not an arrangement: nested too deeply", hint="see `soundscape arrange`") from None
    except ValueError as error:
        raise PieceError(f"{path} is not an arrangement: {error}", hint="see `soundscape arrange`") from error
    if not isinstance(found, dict) or found.get("schema") != SCHEMA:
        raise PieceError(f"{path} is not an arrangement", hint="arrangements are made by `soundscape arrange`")
    return found


def _rows(document: Mapping[str, Any], table: str, where: str) -> list[tuple[dict[str, Any], str]]:
    rows = document.get(table, [])
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        refuse(where, f"{table} must be a list of objects")
    return [(row, f"{where}: {table}[{number}]") for number, row in enumerate(rows)]


def _pairs(document: Mapping[str, Any], key: str, number: str, where: str) -> tuple[tuple[float, str], ...]:
    """Rows of a number and a text, such as the markers."""
    rows = document.get(key, [])
    if not isinstance(rows, list) or not all(isinstance(one, list) and len(one) == 2 for one in rows):
        refuse(where, f"{key} must be a list of [{number}, text]")
    for value, text in rows:
        check_like(value, 0.0, f"{where}: {key}")
        check_like(text, "", f"{where}: {key}")
    return tuple((float(value), text) for value, text in rows)
