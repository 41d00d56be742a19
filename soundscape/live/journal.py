"""The journal of a show: what was done to the engine and when, as a value; done again, it gives the same show.

A journal file is lines of JSON: the header, one line for each recording, then rows as they were taken, each segment
just before it is first played, and the end. It is written as the show goes (`soundscape.live.journalwriter`); one that
broke off is as good until there.
"""

from __future__ import annotations

import json
import platform
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, NoReturn

from soundscape.arrangement.arrangement import Arrangement
from soundscape.arrangement.event import Event
from soundscape.arrangement.roomrow import room_of
from soundscape.arrangement.rows import (
    check_like,
    check_only,
    check_within_its_take,
    no_constant,
    recording_of,
    segment_of,
)
from soundscape.catalogue.segment import Recording, Segment
from soundscape.errors import JournalError, PieceError
from soundscape.live.actionrows import action_of
from soundscape.live.actions import MOST_FRAMES, Action, Panic, Play, Resume, Stop
from soundscape.space.measured import MeasuredRoom
from soundscape.space.room import Room

SCHEMA = "soundscape journal"
VERSION = 1

MOST_RATE_HZ = 768_000
MOST_LINE_BYTES = 1 << 26
"""A line that is longer is none of a journal."""

_HINT = "delete this line in a text editor and the rest can be read, or take the journal from a copy"

Setting = int | float | str


@dataclass(frozen=True)
class Header:
    """Everything that a show was played with, but for what was done in it."""

    created_at: str
    """ISO 8601, with the zone."""
    title: str = ""
    title_zh: str = ""
    catalogue_digest: str = ""
    layout: str = "7.1.4"
    layout_toml: str = ""
    """Text of the layout's file, where the layout is not one of those that ship."""
    panner: str = ""
    room: str | Room | MeasuredRoom = "none"
    rate_hz: int = 48_000
    ceiling_dbtp: float = -1.0
    seed: int = 0
    settings: Mapping[str, Setting] = field(default_factory=dict, hash=False)
    """The engine's, by name."""
    versions: Mapping[str, str] = field(default_factory=dict, hash=False)
    """Of soundscape, and of what computes under it."""
    machine: str = ""
    """Architecture, such as `x86_64`: the same bits are promised on one machine with the same versions only."""
    recordings: tuple[Recording, ...] = ()
    """All that may be played."""

    def __post_init__(self) -> None:
        if not 1 <= self.rate_hz <= MOST_RATE_HZ:
            raise ValueError(f"rate_hz is {self.rate_hz}; it goes from 1 to {MOST_RATE_HZ}")
        if not -120.0 <= self.ceiling_dbtp <= 0.0:
            raise ValueError(f"ceiling_dbtp is {self.ceiling_dbtp}; it goes from -120 to 0")


def versions_here() -> Mapping[str, str]:
    """Versions that a header holds, of the programs in use; empty where one is not installed as a package."""
    return {name: _version(name) for name in ("soundscape", "numpy", "numba")}


def machine_here() -> str:
    """Architecture of this machine, such as `x86_64`."""
    return platform.machine()


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""


@dataclass(frozen=True, slots=True)
class Row:
    """An action, and the quantum's first frame at which the audio thread took it."""

    frame: int
    action: Action


@dataclass(frozen=True, slots=True)
class End:
    """How long a show was, and the hash of what was recorded of it (`soundscape.audio.hashing`), or ""."""

    n_frames: int
    audio_id: str = ""


@dataclass(frozen=True)
class Journal:
    """A show as a value. `end` is None where it broke off."""

    header: Header
    rows: tuple[Row, ...] = ()
    end: End | None = None
    n_lost: int = 0
    """Rows that found no place while the disk was full or away."""
    is_torn: bool = False
    """Whether a last line was begun and is left out."""

    @property
    def n_frames(self) -> int:
        """Length of the show; of one that broke off, up to the last row."""
        return self.end.n_frames if self.end else max((row.frame for row in self.rows), default=0)

    def arrangement(self) -> Arrangement:
        """What sounded, as an arrangement to be credited: every sound until its end, its stop or the next panic.

        Levels and shapes are not in it, nor are sounds that were stopped before they began.
        """
        header = self.header
        return Arrangement(
            tuple(_heard(self.rows, header.rate_hz)), header.recordings, title=header.title, title_zh=header.title_zh,
            seed=header.seed, catalogue_digest=header.catalogue_digest, layout=header.layout, room=header.room,
            panner=header.panner,
        )  # fmt: skip


def _heard(rows: tuple[Row, ...], rate_hz: int) -> Iterator[Event]:
    played: dict[int, Event] = {}
    ends_s: dict[int, float] = {}
    for action in (row.action for row in rows):
        if isinstance(action, Play):
            event = replace(action.event, start_s=action.event.start_s + action.origin_frame / rate_hz)
            played[action.sound] = event
            ends_s[action.sound] = event.end_s
        elif isinstance(action, Stop) and action.sound in played:
            end_s = (action.at_frame + action.fade_frames) / rate_hz
            ends_s[action.sound] = min(ends_s[action.sound], end_s)
        elif isinstance(action, Resume) and action.sound in played:
            ends_s[action.sound] = played[action.sound].end_s
        elif isinstance(action, Panic):
            at_s = action.at_frame / rate_hz
            ends_s |= {sound: at_s for sound, event in played.items() if event.start_s < at_s < ends_s[sound]}
    for sound, event in played.items():
        if ends_s[sound] > event.start_s:
            yield replace(event, duration_s=min(event.duration_s, ends_s[sound] - event.start_s))


def read_journal(path: Path) -> Journal:
    """Journal of a file. A last line that was not written whole is left out, and so is an end that is not there.

    Raises
    ------
    JournalError
        If it cannot be read, is no journal or of another version, or a line in it is damaged; the message says which.
    """
    path = Path(path)
    try:
        with path.open("rb") as stream:
            header_row = _header_row(path, stream.readline(MOST_LINE_BYTES))
            rest = stream.read()
    except OSError as error:
        said = f"cannot read {path}: {error.strerror or error}"
        raise JournalError(said, hint="name the journal of a show") from error
    reading = _Reading(path.resolve().parent, header_row, f"{path}, line 1")
    # A machine that lost power can leave zeros where its disk had not written yet.
    *lines, torn = rest.rstrip(b"\0").split(b"\n")
    for number, line in enumerate(lines, start=2):
        reading.take(_row_in(line, f"{path}, line {number}"), f"{path}, line {number}")
    where = f"{path}, line {len(lines) + 2}"
    try:
        last = _row_in(torn, where) if torn else None
    except JournalError:
        return replace(reading.journal(), is_torn=True)
    if last is not None:
        reading.take(last, where)
    return reading.journal()


def _header_row(path: Path, line: bytes) -> dict[str, Any]:
    try:
        row = _row_in(line, str(path))
    except JournalError:
        row = {}
    if row.get("schema") != SCHEMA:
        raise JournalError(f"{path} is not a journal", hint="journals are written by `soundscape perform`")
    if row.get("version") != VERSION or isinstance(row["version"], bool):
        raise JournalError(f"{path}: version is {row.get('version')!r:.40}, this program reads {VERSION}",
                           hint="read it with the version of soundscape that its header names")  # fmt: skip
    return row


def _row_in(line: bytes, where: str) -> dict[str, Any]:
    try:
        row = json.loads(line.decode("utf-8"), parse_constant=no_constant)
    except RecursionError:
        raise JournalError(f"{where} is damaged: nested too deeply", hint=_HINT) from None
    except json.JSONDecodeError as error:
        raise JournalError(f"{where} is damaged: {error.msg} at column {error.colno}", hint=_HINT) from error
    except ValueError as error:
        raise JournalError(f"{where} is damaged: {error}", hint=_HINT) from error
    if not isinstance(row, dict):
        raise JournalError(f"{where} is damaged: it is no object", hint=_HINT)
    return row


_HEADER_LIKE: Mapping[str, Any] = {
    "schema": "", "version": 1, "created_at": "", "title": "", "title_zh": "", "catalogue_digest": "", "layout": "",
    "layout_toml": "", "panner": "", "rate_hz": 1, "ceiling_dbtp": 0.0, "seed": 1, "settings": {}, "versions": {},
    "machine": "",
}  # fmt: skip


class _Reading:
    """What the lines said so far."""

    def __init__(self, folder: Path, header_row: dict[str, Any], where: str) -> None:
        self._folder = folder
        self._takes: dict[str, Recording] = {}
        self._segments: dict[str, Segment] = {}
        self._rows: list[Row] = []
        self._end: End | None = None
        self._n_lost = 0
        try:
            self._header = self._header_of(header_row, where)
        except (PieceError, ValueError) as error:
            _refuse_as_journal(error, where)

    def journal(self) -> Journal:
        """Everything together."""
        header = replace(self._header, recordings=tuple(self._takes.values()))
        return Journal(header, tuple(self._rows), self._end, self._n_lost)

    def take(self, row: dict[str, Any], where: str) -> None:
        """Take the next line."""
        if self._end is not None:
            raise JournalError(f"{where}: the show has ended in the line before", hint=_HINT)
        try:
            self._take(row, where)
        except (PieceError, ValueError) as error:
            _refuse_as_journal(error, where)

    def _take(self, row: dict[str, Any], where: str) -> None:
        if "do" in row:
            self._rows.append(Row(_count(row.pop("frame", None), f"{where}: frame"), self._action(row, where)))
            return
        kind = next(iter(row)) if len(row) == 1 else ""
        if kind == "recording":
            take = recording_of(_table(row[kind], where), self._folder, where)
            self._takes[take.id] = take
        elif kind == "segment":
            segment = segment_of(_table(row[kind], where), where)
            check_within_its_take(segment, self._takes, where)
            self._segments[segment.id] = segment
        elif kind == "lost":
            self._n_lost += _count(row[kind], where)
        elif kind == "end":
            self._end = _end_of(_table(row[kind], where), where)
        else:
            raise ValueError("it is no row of a journal")

    def _action(self, row: dict[str, Any], where: str) -> Action:
        action = action_of(row, self._segments, where)
        if isinstance(action, Play) and action.event.segment.recording_id not in self._takes:
            raise ValueError(f"there is no recording {action.event.segment.recording_id!r}")
        return action

    def _header_of(self, row: dict[str, Any], where: str) -> Header:
        check_only(row, (*_HEADER_LIKE, "room"), where)
        for key, value in row.items():
            if key in _HEADER_LIKE:
                check_like(value, _HEADER_LIKE[key], f"{where}: {key}")
        for text in row.get("versions", {}).values():
            check_like(text, "", f"{where}: versions")
        for name, value in row.get("settings", {}).items():
            check_like(value, value if isinstance(value, bool | str) else 0.0, f"{where}: settings: {name}")
        values = {key.name: row[key.name] for key in fields(Header) if key.name in row}
        if "room" in row:
            values["room"] = room_of(row["room"], self._folder, f"{where}: room")
        return Header(**{"created_at": "", **values})


def _refuse_as_journal(error: Exception, where: str) -> NoReturn:
    said = str(error)
    raise JournalError(said if said.startswith(where) else f"{where}: {said}", hint=_HINT) from error


def _table(value: object, where: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ValueError(f"{where}: {value!r} cannot stand here")
    return value


def _count(value: object, where: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= MOST_FRAMES:
        raise ValueError(f"{where}: {value!r} is no count")
    return value


def _end_of(row: dict[str, Any], where: str) -> End:
    check_only(row, ("n_frames", "audio_id"), where)
    check_like(row.get("audio_id", ""), "", f"{where}: audio_id")
    return End(_count(row.get("n_frames"), f"{where}: n_frames"), row.get("audio_id", ""))
