"""Actions as rows of a journal, and read back: one table says what each field must be like."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from soundscape.arrangement.rows import check_like, check_only, event_of, event_row, refuse
from soundscape.catalogue.segment import Segment
from soundscape.live.actions import Action, Level, Note, Panic, Play, Resume, Shape, Stop

KINDS: Mapping[str, type[Action]] = {
    "play": Play, "stop": Stop, "resume": Resume, "shape": Shape, "level": Level, "panic": Panic, "note": Note,
}  # fmt: skip
"""Name of each kind of action in a journal."""

_NAMES: Mapping[type[Action], str] = {kind: name for name, kind in KINDS.items()}

_LIKE: Mapping[str, Any] = {
    "sound": 1, "at_frame": 1, "fade_frames": 1, "over_frames": 1, "axis": "", "value": 0.0, "group": "",
    "level_db": 0.0, "text": "", "event": {}, "origin_frame": 1, "voice": 1,
}  # fmt: skip
"""What each field must be like."""


def action_row(action: Action) -> dict[str, Any]:
    """Row of an action; an event names its segment by its id."""
    row = {field.name: getattr(action, field.name) for field in fields(action)}
    if isinstance(action, Play):
        row["event"] = event_row(action.event)
    return {"do": _NAMES[type(action)], **row}


def action_of(row: dict[str, Any], segments: Mapping[str, Segment], where: str) -> Action:
    """Action of a row whose events play `segments` (by id).

    Raises
    ------
    PieceError
        If it is none; the message begins with `where`.
    """
    check_like(row["do"], "", f"{where}: do")
    if row["do"] not in KINDS:
        refuse(where, f"nothing is known of {row['do']!r}; there are {', '.join(KINDS)}")
    kind = KINDS[row["do"]]
    names = tuple(field.name for field in fields(kind))
    check_only(row, ("do", *names), where)
    values: dict[str, Any] = {}
    for name in names:
        if name not in row:
            refuse(where, f"{name} is missing")
        check_like(row[name], _LIKE[name], f"{where}: {name}")
        values[name] = row[name]
    if kind is Play:
        values["event"] = event_of(values["event"], segments, f"{where}: event")
    try:
        return kind(**values)
    except ValueError as error:
        refuse(where, error)
