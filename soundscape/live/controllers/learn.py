"""Learning by touch: say what is wanted, touch something, and it is bound.

How hard it was hit, its release, clocks and chatter do not count. What has been learned is written into the mapping
file with everything else in it as it stood, comments as well; the file as it was is kept beside it under a number.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from soundscape.errors import ControllerError
from soundscape.live.controllers.mapping import Kind, Source
from soundscape.live.controllers.messages import BEND, CONTROL, NOTE_ON, PRESSURE, PROGRAMME
from soundscape.live.controllers.parameters import SELECTS, Entry
from soundscape.whole import write_text

Table = Literal["pad", "knob", "button"]
_TABLES: tuple[Table, ...] = ("pad", "knob", "button")
_HEADER = re.compile(r"^\s*\[\[?\s*([\w-]+)\s*\]?\]")
_RANGES = {
    "notes": "note", "ccs": "cc", "cc14s": "cc14", "nrpns": "nrpn", "rpns": "rpn", "bends": "bend",
    "programmes": "programme",
}  # fmt: skip
_PRESSED = 64


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be bound: a row of a mapping that lacks only what is touched."""

    table: Table
    row: Mapping[str, str | int | float]
    """Keys and values of the row, such as `{"role": "Gate", "trigger": "loop"}` or `{"does": "go"}`."""


@dataclass(frozen=True, slots=True)
class Learned:
    """What was touched for it."""

    wanted: Wanted
    source: Source

    def __str__(self) -> str:
        """For the performer to read: `note 36 on channel 10: pad, role Gate`."""
        row = ", ".join(f"{key} {value}" for key, value in self.wanted.row.items())
        return f"{self.source}: {self.wanted.table}, {row}"


class Learner:
    """Waits for the message that binds what is wanted."""

    def __init__(self, wanted: Wanted) -> None:
        self._wanted = wanted
        self._first: tuple[int, int] | None = None  # channel and number of a controller that may be the half of a pair

    def hear(self, message: bytes, entry: Entry | None = None) -> Learned | None:
        """What was learned, or None where a message is not one that can bind it.

        A pad takes a note; a button a note, a controller that goes to 64 or above, or a programme; a knob a controller,
        a bend or pressure. Controllers 0 to 31 may be pairs of 14 bits: the message after the first one tells.

        `entry`: what the message has set a parameter to, where it has: an NRPN then binds, and not the controllers it
        is made of. Keyboards set themselves up with registered ones: those bind nothing.
        """
        kind, number, channel = message[0] >> 4, message[min(1, len(message) - 1)], (message[0] & 15) + 1
        if kind == 0xF:
            return None
        is_pressed = message[-1] > 0
        if kind == CONTROL and (entry is not None or number in SELECTS):
            return None if entry is None else self._parameter(entry, channel)
        if self._wanted.table == "knob":
            if kind == CONTROL:
                return self._knob(number, channel)
            if kind in (BEND, PRESSURE):
                return self._learned("bend" if kind == BEND else "pressure", 0, channel)
        elif kind == NOTE_ON and is_pressed:
            return self._learned("note", number, channel)
        elif self._wanted.table == "button" and kind == PROGRAMME:
            return self._learned("programme", number, channel)
        elif self._wanted.table == "button" and kind == CONTROL and message[-1] >= _PRESSED:
            return self._learned("cc", number, channel)
        return None

    def _knob(self, number: int, channel: int) -> Learned | None:
        first, self._first = self._first, None
        if first is not None and (channel, number) == (first[0], first[1] + 32):
            return self._learned("cc14", first[1], channel)
        if number < 32 and first != (channel, number):
            self._first = (channel, number)
            return None
        return self._learned("cc", number, channel)

    def _parameter(self, entry: Entry, channel: int) -> Learned | None:
        is_pressed = entry.is_upper and entry.value >> 7 >= _PRESSED
        binds = self._wanted.table == "knob" or (self._wanted.table == "button" and is_pressed)
        return self._learned("nrpn", entry.number, channel) if binds and entry.kind == "nrpn" else None

    def _learned(self, kind: Kind, number: int, channel: int) -> Learned:
        return Learned(self._wanted, Source(kind, number, channel))


def keep(path: Path, learned: Learned) -> None:
    """Write what was learned into a mapping file, which is made where there is none.

    Rows that bound the same thing before give way; a row that binds many, such as `notes = [36, 43]`, stays, and the
    new one counts before it.

    Raises
    ------
    ControllerError
        If the file cannot be read or changed, or if a row of another kind that binds many holds what was touched.
    OutputError
        If it cannot be written; it is as it was then.
    """
    text, document = _read(path) if path.exists() else _new(path)
    gone: list[tuple[Table, int]] = []
    for table in _TABLES:
        for n, row in enumerate(document.get(table, [])):
            held = _holds(row, learned.source)
            if held == "one":
                gone.append((table, n))
            elif held == "many" and table != learned.wanted.table:
                raise ControllerError(f"{path}: {learned.source} belongs to [[{table}]] {n + 1}, with others",
                                      hint="take it out of there, or touch something else")  # fmt: skip
    text = _without(text, gone)
    lines = [f"[[{learned.wanted.table}]]", *_source_lines(learned.source)]
    lines += [f"{key} = {_value(value)}" for key, value in learned.wanted.row.items()]
    for table, n in reversed(gone):
        del document[table][n]
    document.setdefault(learned.wanted.table, []).append(tomllib.loads("\n".join(lines[1:])))
    _write(path, text.rstrip("\n") + "\n\n" + "\n".join(lines) + "\n", document)


def forget(path: Path, wanted: Wanted) -> int:
    """Take all rows out of a mapping file that bind this and nothing else; how many there were.

    Raises
    ------
    ControllerError
        If the file cannot be read or changed.
    OutputError
        If it cannot be written; it is as it was then.
    """
    text, document = _read(path)
    rows = document.get(wanted.table, [])
    gone = [(wanted.table, n) for n, row in enumerate(rows) if all(row.get(k) == v for k, v in wanted.row.items())]
    if gone:
        text = _without(text, gone)
        for _, n in reversed(gone):
            del rows[n]
        _write(path, text, document)
    return len(gone)


def _new(path: Path) -> tuple[str, dict[str, Any]]:
    text = f"[controller]\nname = {_value(path.stem)}\n"
    return text, tomllib.loads(text)


def _read(path: Path) -> tuple[str, dict[str, Any]]:
    try:
        text = path.read_text(encoding="utf-8-sig")
        return text, tomllib.loads(text)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
        what = error.strerror if isinstance(error, OSError) else str(error)
        raise ControllerError(f"cannot learn into {path}: {what}", hint="name a mapping (.toml)") from error


def _holds(row: Any, source: Source) -> Literal["", "one", "many"]:
    """Whether a row is bound to what was touched: alone, or among others."""
    if not isinstance(row, dict):
        return ""
    number = source.channel if source.kind in ("bend", "pressure") else source.number
    if source.kind not in ("bend", "pressure") and row.get("channel", source.channel) != source.channel:
        return ""
    if row.get(source.kind) == number:
        return "one"
    ranges = [row[key] for key, kind in _RANGES.items() if kind == source.kind and key in row]
    return "many" if any(isinstance(r, list) and len(r) == 2 and r[0] <= number <= r[1] for r in ranges) else ""


def _source_lines(source: Source) -> list[str]:
    if source.kind in ("bend", "pressure"):
        return [f"{source.kind} = {source.channel}"]
    return [f"{source.kind} = {source.number}", f"channel = {source.channel}"]


def _value(value: str | int | float) -> str:
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007F")


def _without(text: str, gone: list[tuple[Table, int]]) -> str:
    """The text without these rows; comments that stand above the next one stay."""
    kept: list[str] = []
    counts: dict[str, int] = {}
    is_dropping = False
    pending: list[str] = []
    for line in text.splitlines(keepends=True):
        if header := _HEADER.match(line):
            kept += pending
            pending = []
            name = header[1]
            counts[name] = counts.get(name, -1) + 1
            is_dropping = (name, counts[name]) in gone
        if not is_dropping:
            kept.append(line)
        elif not line.strip() or line.lstrip().startswith("#"):
            pending.append(line)
        else:
            pending = []
    return "".join(kept + pending)


def _write(path: Path, text: str, meant: dict[str, Any]) -> None:
    """Put the text in place of the file, if it says what is meant; what the file was is kept under the next number."""
    try:
        says = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        says = None
    if says is None or {k: v for k, v in says.items() if v} != {k: v for k, v in meant.items() if v}:
        raise ControllerError(f"cannot learn into {path}: its rows are not each under a header of its own",
                              hint="write every row as [[pad]], [[knob]] or [[button]]")  # fmt: skip
    if path.exists():
        numbers = [int(one.suffix[1:]) for one in path.parent.glob(f"{path.name}.*") if one.suffix[1:].isdecimal()]
        backup = path.with_name(f"{path.name}.{max(numbers, default=0) + 1}")
        write_text(backup, path.read_text(encoding="utf-8"))
    write_text(path, text)
