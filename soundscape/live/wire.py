"""Controls as rows of JSON, and read back: what a hand asks of an engine that runs in a process of its own.

A row is `{"do": "mute", "role": "Bells"}`: the name of the control in lower case, and its fields; what has a default
may be left out. Nothing here knows what a control does.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import MISSING, asdict, fields
from typing import Any, get_args, get_type_hints

from soundscape.errors import ControllerError
from soundscape.live.controllers.fields import Read, meant, number, read_values, row_of, whole, yes_or_no
from soundscape.live.controls import Axis, Control, Pad, Transport, Trigger

KINDS: Mapping[str, type[Control]] = {kind.__name__.lower(): kind for kind in get_args(Control)}
"""Every control, by the word that stands for it in a row."""

LONGEST_S = 86_400.0
_LARGE = 1e12


def _words(value: Any, where: str) -> str:
    if not isinstance(value, str):
        raise ControllerError(f"{where} must be text, got {value!r}", hint='write it in quotes, such as "Bells"')
    return value


def _or_none(read: Read) -> Read:
    return lambda value, where: None if value is None else read(value, where)


def _pad(value: Any, where: str) -> Pad:
    return Pad(**_fields_of(Pad, value, where))


_SECONDS, _ANY, _SEVEN = number(0.0, LONGEST_S), number(-_LARGE, _LARGE), whole(0, 127)
READ: Mapping[str, Read] = {
    "role": _words, "finger": _words, "cue": _words, "name": _words, "choke": _words, "pad": _pad,
    "pitch": _SEVEN, "velocity": _SEVEN, "fixed_velocity": _SEVEN, "by": whole(-9999, 9999),
    "trigger": row_of(get_args(Trigger)), "axis": row_of(get_args(Axis)),
    "does": row_of(get_args(get_type_hints(Transport)["does"])),
    "value": _ANY, "gain_db": _ANY, "level_db": _ANY, "beat": _ANY, "at_s": _ANY, "to_s": _ANY,
    "to_beat": _or_none(_ANY), "quantise_beats": number(0.0, 1e6), "tempo_bpm": number(0.0, 1e6), "over_s": _SECONDS,
    "on": _or_none(yes_or_no), "is_running": yes_or_no, "recall": yes_or_no,
}  # fmt: skip
"""What each field must be like. How far a level or an angle may go, the desk knows."""


def control_row(control: Control) -> dict[str, Any]:
    """Row of a control: plain values, with every field."""
    return {"do": type(control).__name__.lower(), **asdict(control)}


def control_of(row: Any, where: str = "control") -> Control:
    """Control of a row.

    Raises
    ------
    ControllerError
        If it is none: the message is one line, begins with `where`, and names the field and the value.

    Examples
    --------
    >>> control_of({"do": "mute", "role": "Bells"})
    Mute(role='Bells', on=None)
    """
    if not isinstance(row, dict):
        raise ControllerError(f"{where} must be an object, got {_short(row)}", hint='such as {"do": "go"}')
    word = row.get("do")
    if not isinstance(word, str) or word not in KINDS:
        raise ControllerError(f"{where}: do is {_short(word)}" + meant(word, KINDS), hint=f"one of: {', '.join(KINDS)}")
    kind = KINDS[word]
    return kind(**_fields_of(kind, {key: value for key, value in row.items() if key != "do"}, f"{where}: {word}"))


def row_of_line(line: str | bytes, where: str = "line") -> dict[str, Any]:
    """Object of one line of JSON.

    Raises
    ------
    ControllerError
        If the line is no JSON, or no object.
    """
    try:
        row = json.loads(line)
    except (ValueError, RecursionError):
        raise ControllerError(
            f"{where} is no JSON: {_short(line)}", hint='write one object a line: {"do": "go"}'
        ) from None
    if not isinstance(row, dict):
        raise ControllerError(f"{where} is no object: {_short(row)}", hint='write one object a line: {"do": "go"}')
    return row


def _fields_of(kind: type, row: Any, where: str) -> dict[str, Any]:
    """Checked values of the fields of a dataclass."""
    if not isinstance(row, dict):
        raise ControllerError(f"{where} must be an object, got {_short(row)}", hint='such as {"role": "Bells"}')
    own = fields(kind)
    values = read_values(row, {field.name: READ[field.name] for field in own}, where)
    for field in own:
        if field.name not in values and field.default is MISSING:
            raise ControllerError(f"{where}: {field.name} is missing", hint=f"it needs {field.name}")
    return values


def _short(value: Any) -> str:
    """A value for a message: one line, not long."""
    shown = repr(value)
    return shown if len(shown) <= 60 else f"{shown[:57]}..."
