"""Arrangements as documents: JSON that a person can read and compare, one event per line.

What is read is checked as strictly as what a user writes by hand, because it may be.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import MISSING, asdict, fields
from pathlib import Path
from typing import Any, NoReturn

from soundscape.arrangement.arrangement import Arrangement
from soundscape.arrangement.event import Event
from soundscape.arrangement.roomrow import beside, placed, room_of, row_of
from soundscape.catalogue.segment import Recording, Segment, Tag
from soundscape.errors import PieceError
from soundscape.score.curve import Curve
from soundscape.space.trajectory import AHEAD, Trajectory
from soundscape.whole import write_text

SCHEMA = "soundscape arrangement"
VERSION = 1
BEYOND_S = 1.0
"""How far a segment may reach beyond the length a take's header tells: an MP3's is an estimate."""

_FRAME = ("title", "title_zh", "seed", "catalogue_digest", "layout", "panner", "loudness_lufs")
_TABLES = ("recordings", "segments", "events")
_HINT = "arrange the piece again, or undo what was changed in the file"


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
        "recordings": [_recording_row(recording, folder) for recording in arrangement.recordings],
        "segments": [_segment_row(segments[key]) for key in sorted(segments)],
        "events": [_event_row(event) for event in arrangement.events],
    }
    lines = [f'"{key}": {_json(value)}' for key, value in head.items()]
    lines += [f'"{key}": [\n  ' + ",\n  ".join(map(_json, rows)) + "\n]" if rows else f'"{key}": []'
              for key, rows in tables.items()]  # fmt: skip
    return "{\n" + ",\n".join(lines) + "\n}\n"


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, allow_nan=False)


def _segment_row(segment: Segment) -> Mapping[str, Any]:
    row = {f.name: getattr(segment, f.name) for f in fields(segment)}
    return {**row, "tags": [asdict(tag) for tag in segment.tags], "features": dict(segment.features)}


def _recording_row(recording: Recording, folder: Path) -> Mapping[str, Any]:
    row = {f.name: getattr(recording, f.name) for f in fields(recording)}
    row["titles"], row["features"] = dict(recording.titles), dict(recording.features)
    row["path"] = beside(recording.path, folder)
    return row


def _event_row(event: Event) -> Mapping[str, Any]:
    """Everything that is not as usual; curves and paths as rows of time and value."""
    row: dict[str, Any] = {"segment": event.segment.id}
    for field in fields(event):
        value = getattr(event, field.name)
        if field.name == "segment" or (field.default is not MISSING and value == field.default):
            continue
        row[field.name] = _WRITTEN.get(type(value), lambda same: same)(value)
    return row


_WRITTEN: Mapping[type, Any] = {
    Curve: lambda curve: list(zip(curve.times_s, curve.values, strict=True)),
    Trajectory: lambda path: [[time, *point] for time, point in zip(path.times_s, path.points_m, strict=True)],
}


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
    _only(document, ("schema", "version", "room", "markers", "tuning", *_FRAME, *_TABLES), where)
    recordings = [_recording(row, path.resolve().parent, place) for row, place in _rows(document, "recordings", where)]
    segments = {segment.id: segment for segment in
                (_segment(row, place) for row, place in _rows(document, "segments", where))}  # fmt: skip
    _refuse_beyond_their_takes(segments.values(), recordings, where)
    events = [_event(row, segments, place) for row, place in _rows(document, "events", where)]
    frame = {name: document[name] for name in _FRAME if name in document}
    for name, value in frame.items():
        _like(value, _DEFAULTS[name], f"{where}: {name}")
    if "room" in document:
        frame["room"] = room_of(document["room"], path.resolve().parent, f"{where}: room")
    try:
        return Arrangement(tuple(events), tuple(recordings), markers=_pairs(document, "markers", "time_s", where),
                           tuning=_pairs(document, "tuning", "hz", where), **frame)  # fmt: skip
    except ValueError as error:
        _refuse(where, error)


_DEFAULTS = {field.name: field.default for field in fields(Arrangement)}


def _document(path: Path) -> Mapping[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8-sig"), parse_constant=_no_constant)
    except OSError as error:
        raise PieceError(f"cannot read {path}: {error.strerror}", hint="see `soundscape arrange`") from error
    except RecursionError:
        raise PieceError(f"{path} is not an arrangement: nested too deeply", hint="see `soundscape arrange`") from None
    except ValueError as error:
        raise PieceError(f"{path} is not an arrangement: {error}", hint="see `soundscape arrange`") from error
    if not isinstance(found, dict) or found.get("schema") != SCHEMA:
        raise PieceError(f"{path} is not an arrangement", hint="arrangements are made by `soundscape arrange`")
    return found


def _no_constant(text: str) -> NoReturn:
    raise ValueError(f"{text} is not a number")


def _refuse(where: str, why: object) -> NoReturn:
    raise PieceError(f"{where}: {why}", hint=_HINT)


def _only(row: Mapping[str, Any], known: tuple[str, ...], where: str) -> None:
    for key in row:
        if key not in known:
            _refuse(where, f"unknown key {key!r}")


def _rows(document: Mapping[str, Any], table: str, where: str) -> list[tuple[dict[str, Any], str]]:
    rows = document.get(table, [])
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        _refuse(where, f"{table} must be a list of objects")
    return [(row, f"{where}: {table}[{number}]") for number, row in enumerate(rows)]


def _like(value: Any, example: Any, where: str) -> None:
    """Refuse a value that is of another kind than an example; an integer is a number too."""
    if isinstance(example, bool) or isinstance(value, bool):
        is_alike = isinstance(value, bool) and isinstance(example, bool)
    elif isinstance(example, float):
        is_alike = isinstance(value, int | float) and math.isfinite(value)
    elif isinstance(example, str):
        is_alike = isinstance(value, str) and _is_text(value)
    else:
        is_alike = isinstance(value, type(example))
    if not is_alike:
        _refuse(where, f"{value!r} cannot stand here")


def _is_text(value: str) -> bool:
    """Whether it can be written: half a surrogate pair cannot."""
    return not any("\ud800" <= letter <= "\udfff" for letter in value)


_RECORDING_LIKE: Mapping[str, Any] = {
    "id": "", "path": "", "rate_hz": 1, "n_channels": 1, "n_frames": 1, "titles": {}, "recorded_at": "", "place": "",
    "recordist": "", "object_id": "", "licence": "", "description": "", "ambisonic": "", "features": {}, "faults": [],
}  # fmt: skip
_SEGMENT_LIKE: Mapping[str, Any] = {
    "id": "", "recording_id": "", "start_s": 0.0, "end_s": 0.0, "kind": "", "tags": [], "features": {},
}  # fmt: skip
_EVENT_LIKE: Mapping[str, Any] = {
    "segment": "", "start_s": 0.0, "duration_s": 0.0, "role": "", "path": [], "gain_db": 0.0, "offset_s": 0.0,
    "speed": 0.0, "bend": [], "level_db": [], "fade_in_s": 0.0, "fade_out_s": 0.0, "loops": False, "spread_deg": 0.0,
    "room_db": 0.0, "doppler": False, "pair_deg": 0.0, "turn_deg": [], "sound_field": "", "speaker": "", "zone": "",
}  # fmt: skip
"""What each value of a row must be like."""


def _checked(row: dict[str, Any], like: Mapping[str, Any], needed: tuple[str, ...], where: str) -> dict[str, Any]:
    _only(row, tuple(like), where)
    if missing := [key for key in needed if key not in row]:
        _refuse(where, f"{missing[0]} is missing")
    for key, value in row.items():
        _like(value, like[key], f"{where}: {key}")
    for number in row.get("features", {}).values():
        _like(number, 0.0, f"{where}: features")
    for text in (*row.get("titles", {}).values(), *row.get("faults", ())):
        _like(text, "", f"{where}: titles or faults")
    return dict(row)


def _recording(row: dict[str, Any], folder: Path, where: str) -> Recording:
    values = _checked(row, _RECORDING_LIKE, ("id", "path", "rate_hz", "n_channels", "n_frames"), where)
    if min(values["rate_hz"], values["n_channels"], values["n_frames"]) < 1:
        _refuse(where, "rate_hz, n_channels and n_frames must be 1 or more")
    values["path"] = placed(values["path"], folder)
    return Recording(**{**values, "faults": tuple(values.get("faults", ()))})


def _segment(row: dict[str, Any], where: str) -> Segment:
    values = _checked(row, _SEGMENT_LIKE, ("id", "recording_id", "start_s", "end_s"), where)
    if values.get("kind", "event") not in ("event", "texture", "note", "phrase"):
        _refuse(where, f"kind is {values['kind']!r}")
    try:
        tags = tuple(Tag(**tag) for tag in values.pop("tags", ()))
        for tag in tags:
            _like(tag.name, "", f"{where}: tags")
        return Segment(**values, tags=tags)
    except (TypeError, ValueError) as error:
        _refuse(where, error)


def _refuse_beyond_their_takes(segments: Iterable[Segment], recordings: Iterable[Recording], where: str) -> None:
    """A segment that ends hours after its take would be hours of silence in memory."""
    ends = {recording.id: recording.duration_s for recording in recordings}
    for segment in segments:
        if segment.end_s > ends.get(segment.recording_id, segment.end_s) + BEYOND_S:
            _refuse(where, f"segment {segment.id!r} ends at {segment.end_s:g} s, its take lasts "
                    f"{ends[segment.recording_id]:g} s")  # fmt: skip


def _event(row: dict[str, Any], segments: Mapping[str, Segment], where: str) -> Event:
    values = _checked(row, _EVENT_LIKE, ("segment", "start_s", "duration_s", "role"), where)
    if values["segment"] not in segments:
        _refuse(where, f"there is no segment {values['segment']!r}")
    values["segment"] = segments[values["segment"]]
    for key in ("bend", "level_db"):
        if key in values:
            values[key] = _curve(values[key], f"{where}: {key}")
    values["path"] = _path(values["path"], f"{where}: path") if "path" in values else AHEAD
    if "turn_deg" in values:
        values["turn_deg"] = _numbers([values["turn_deg"]], 3, f"{where}: turn_deg")[0]
    try:
        return Event(**values)
    except (TypeError, ValueError) as error:
        _refuse(where, error)


def _numbers(rows: list[Any], width: int, where: str) -> list[tuple[float, ...]]:
    for row in rows:
        if not isinstance(row, list) or len(row) != width:
            _refuse(where, f"{row!r} must be {width} numbers")
        for number in row:
            _like(number, 0.0, where)
    return [tuple(map(float, row)) for row in rows]


def _curve(rows: list[Any], where: str) -> Curve:
    points = _numbers(rows, 2, where)
    try:
        return Curve(tuple(time for time, _ in points), tuple(value for _, value in points))
    except ValueError as error:
        _refuse(where, error)


def _path(rows: list[Any], where: str) -> Trajectory:
    points = _numbers(rows, 4, where)
    try:
        return Trajectory(tuple(point[0] for point in points), tuple((x, y, z) for _, x, y, z in points))
    except ValueError as error:
        _refuse(where, error)


def _pairs(document: Mapping[str, Any], key: str, number: str, where: str) -> tuple[tuple[float, str], ...]:
    """Rows of a number and a text, such as the markers."""
    rows = document.get(key, [])
    if not isinstance(rows, list) or not all(isinstance(one, list) and len(one) == 2 for one in rows):
        _refuse(where, f"{key} must be a list of [{number}, text]")
    for value, text in rows:
        _like(value, 0.0, f"{where}: {key}")
        _like(text, "", f"{where}: {key}")
    return tuple((float(value), text) for value, text in rows)
