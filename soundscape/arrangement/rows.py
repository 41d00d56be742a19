"""Recordings, segments and events as rows of a document, and read back: nothing is taken that cannot be.

Every reader takes `where`, the place of the row, and begins what it refuses with it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, asdict, fields
from pathlib import Path
from typing import Any, NoReturn

from soundscape.arrangement.event import Event
from soundscape.arrangement.roomrow import beside, placed
from soundscape.catalogue.segment import Recording, Segment, Tag
from soundscape.errors import PieceError
from soundscape.score.curve import Curve
from soundscape.space.trajectory import AHEAD, Trajectory

BEYOND_S = 1.0
"""How far a segment may reach beyond the length a take's header tells: an MP3's is an estimate."""

_HINT = "arrange the piece again, or undo what was changed in the file"


def segment_row(segment: Segment) -> Mapping[str, Any]:
    """Everything that is known of a segment."""
    row = {f.name: getattr(segment, f.name) for f in fields(segment)}
    return {**row, "tags": [asdict(tag) for tag in segment.tags], "features": dict(segment.features)}


def recording_row(recording: Recording, folder: Path) -> Mapping[str, Any]:
    """Everything that is known of a recording; its path counts from `folder` where it lies there or below."""
    row = {f.name: getattr(recording, f.name) for f in fields(recording)}
    row["titles"], row["features"] = dict(recording.titles), dict(recording.features)
    row["path"] = beside(recording.path, folder)
    return row


def event_row(event: Event) -> Mapping[str, Any]:
    """Everything that is not as usual; the segment by its id, curves and paths as rows of time and value."""
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


def refuse(where: str, why: object) -> NoReturn:
    """Raise a `PieceError` that says where and why."""
    raise PieceError(f"{where}: {why}", hint=_HINT)


def no_constant(text: str) -> NoReturn:
    """What a reader of JSON does with `NaN` and `Infinity`: a `ValueError`."""
    raise ValueError(f"{text} is not a number")


def check_only(row: Mapping[str, Any], known: tuple[str, ...], where: str) -> None:
    """Refuse a key that nobody knows."""
    for key in row:
        if key not in known:
            refuse(where, f"unknown key {key!r}")


def check_like(value: Any, example: Any, where: str) -> None:
    """Refuse a value that is of another kind than an example; an integer is a number too."""
    if isinstance(example, bool) or isinstance(value, bool):
        is_alike = isinstance(value, bool) and isinstance(example, bool)
    elif isinstance(example, float):
        is_alike = isinstance(value, int | float) and abs(value) <= _MOST
    elif isinstance(example, str):
        is_alike = isinstance(value, str) and _is_text(value)
    else:
        is_alike = isinstance(value, type(example))
    if not is_alike:
        refuse(where, f"{value!r} cannot stand here")


_MOST = 1.7e308
"""A whole number beyond it is no number of this machine; NaN is beyond everything."""


def _is_text(value: str) -> bool:
    """Whether it can be written: half a surrogate pair cannot."""
    return not any("\ud800" <= letter <= "\udfff" for letter in value)


_MOST_FRAMES = 2**53

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
    check_only(row, tuple(like), where)
    if missing := [key for key in needed if key not in row]:
        refuse(where, f"{missing[0]} is missing")
    for key, value in row.items():
        check_like(value, like[key], f"{where}: {key}")
    for number in row.get("features", {}).values():
        check_like(number, 0.0, f"{where}: features")
    for text in (*row.get("titles", {}).values(), *row.get("faults", ())):
        check_like(text, "", f"{where}: titles or faults")
    return dict(row)


def recording_of(row: dict[str, Any], folder: Path, where: str) -> Recording:
    """Recording of a row of a document in `folder`, or a `PieceError`."""
    values = _checked(row, _RECORDING_LIKE, ("id", "path", "rate_hz", "n_channels", "n_frames"), where)
    for key in ("rate_hz", "n_channels", "n_frames"):
        if not 1 <= values[key] <= _MOST_FRAMES:
            refuse(where, f"{key} must be from 1 to {_MOST_FRAMES}")
    values["path"] = placed(values["path"], folder)
    return Recording(**{**values, "faults": tuple(values.get("faults", ()))})


def segment_of(row: dict[str, Any], where: str) -> Segment:
    """Segment of a row, or a `PieceError`."""
    values = _checked(row, _SEGMENT_LIKE, ("id", "recording_id", "start_s", "end_s"), where)
    if values.get("kind", "event") not in ("event", "texture", "note", "phrase"):
        refuse(where, f"kind is {values['kind']!r}")
    try:
        tags = tuple(Tag(**tag) for tag in values.pop("tags", ()))
        for tag in tags:
            check_like(tag.name, "", f"{where}: tags")
            check_like(tag.by, "", f"{where}: tags")
        return Segment(**values, tags=tags)
    except (TypeError, ValueError) as error:
        refuse(where, error)


def check_within_its_take(segment: Segment, takes: Mapping[str, Recording], where: str) -> None:
    """Refuse a segment that ends hours after its take (by id): it would be hours of silence in memory."""
    take = takes.get(segment.recording_id)
    if take is not None and segment.end_s > take.duration_s + BEYOND_S:
        refuse(where, f"segment {segment.id!r} ends at {segment.end_s:g} s, its take lasts {take.duration_s:g} s")


def event_of(row: dict[str, Any], segments: Mapping[str, Segment], where: str) -> Event:
    """Event of a row that plays one of `segments` (by id), or a `PieceError`."""
    values = _checked(row, _EVENT_LIKE, ("segment", "start_s", "duration_s", "role"), where)
    if values["segment"] not in segments:
        refuse(where, f"there is no segment {values['segment']!r}")
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
        refuse(where, error)


def _numbers(rows: list[Any], width: int, where: str) -> list[tuple[float, ...]]:
    for row in rows:
        if not isinstance(row, list) or len(row) != width:
            refuse(where, f"{row!r} must be {width} numbers")
        for number in row:
            check_like(number, 0.0, where)
    return [tuple(map(float, row)) for row in rows]


def _curve(rows: list[Any], where: str) -> Curve:
    points = _numbers(rows, 2, where)
    try:
        return Curve(tuple(time for time, _ in points), tuple(value for _, value in points))
    except ValueError as error:
        refuse(where, error)


def _path(rows: list[Any], where: str) -> Trajectory:
    points = _numbers(rows, 4, where)
    try:
        return Trajectory(tuple(point[0] for point in points), tuple((x, y, z) for _, x, y, z in points))
    except ValueError as error:
        refuse(where, error)
