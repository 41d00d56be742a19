"""Cues of a show: what GO does, in the order of the `[[cue]]` tables of a piece."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from soundscape.errors import PieceError
from soundscape.live.controls import (
    Control,
    FadeAll,
    Level,
    Mute,
    Pad,
    Press,
    Release,
    Snapshot,
    Solo,
    Transport,
)
from soundscape.space.tables import check_keys, nearest_name, number_in

_KEYS = ("name", "note", "play", "at_s", "marker", "stop", "press", "pitch", "trigger", "velocity", "release", "levels",
         "over_s", "mute", "unmute", "solo", "recall", "keep", "fade_all_s", "follow_s")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Cue:
    """One step of a show."""

    name: str
    does: tuple[Control, ...]
    note: str = ""
    """What the operator reads while it stands by."""
    follow_s: float | None = None
    """The next cue goes by itself so long after this one."""


def load_cues(path: Path, roles: Iterable[str], markers: Iterable[tuple[float, str]]) -> tuple[Cue, ...]:
    """Cues of a piece; of one that has none: its beginning and its markers.

    Raises
    ------
    PieceError
        If a cue is wrong; the message names the file, the cue, the key and the value.
    """
    document = tomllib.loads(path.read_text(encoding="utf-8-sig")) if path.suffix.lower() == ".toml" else {}
    rows, names, known = document.get("cue", []), tuple(roles), dict((word, at_s) for at_s, word in markers)
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise PieceError(f"{path}: cue is no list of tables", hint='write [[cue]] and then name = "Dawn"')
    if not rows:
        return usual_cues((at_s, word) for word, at_s in known.items())
    cues = tuple(_cue(row, f"{path}: [[cue]] {row.get('name', number)!r}", names, known)
                 for number, row in enumerate(rows, 1))  # fmt: skip
    twice = sorted({cue.name for cue in cues if sum(other.name == cue.name for other in cues) > 1})
    if twice:
        raise PieceError(f"{path}: two cues are called {twice[0]!r}", hint="give each cue a name of its own")
    return cues


def usual_cues(markers: Iterable[tuple[float, str]]) -> tuple[Cue, ...]:
    """The beginning, and every marker.

    Examples
    --------
    >>> [cue.name for cue in usual_cues([(12.0, "Bells")])]
    ['Beginning', 'Bells']
    """
    places = [(0.0, "Beginning"), *((at_s, word) for at_s, word in markers if at_s > 0.0)]
    found: dict[str, Cue] = {}
    for at_s, word in places:
        name = word if word not in found else f"{word} ({at_s:.0f} s)"
        found[name] = Cue(name, (Transport("locate", at_s), Transport("play")))
    return tuple(found.values())


def _cue(row: Mapping[str, Any], where: str, roles: tuple[str, ...], markers: Mapping[str, float]) -> Cue:
    check_keys(row, _KEYS, where=where, error=PieceError)
    name = row.get("name")
    if not isinstance(name, str) or not name:
        raise PieceError(f"{where}: name must be text, got {name!r}", hint='write name = "Dawn"')
    follow_s = _seconds(row["follow_s"], f"{where}: follow_s") if "follow_s" in row else None
    over_s = _seconds(row.get("over_s", 0.5), f"{where}: over_s")
    does = (*_transport(row, where, markers), *_hands(row, where, roles), *_mixed(row, where, roles, over_s))
    if not does:
        raise PieceError(f"{where} does nothing", hint="give it play, press, levels, mute, recall or fade_all_s")
    return Cue(name, does, str(row.get("note", "")), follow_s)


def _transport(row: Mapping[str, Any], where: str, markers: Mapping[str, float]) -> Iterable[Control]:
    if row.get("stop") is True:
        yield Transport("stop")
    if "marker" in row:
        if row["marker"] not in markers:
            meant = nearest_name(str(row["marker"]), markers)
            raise PieceError(f"{where}: the score has no marker {row['marker']!r}"
                             + (f"; did you mean {meant!r}?" if meant else ""),
                             hint=f"there are: {', '.join(markers) or 'none'}")  # fmt: skip
        yield Transport("locate", markers[row["marker"]])
    if "at_s" in row:
        yield Transport("locate", _seconds(row["at_s"], f"{where}: at_s"))
    if row.get("play") is True:
        yield Transport("play")


def _hands(row: Mapping[str, Any], where: str, roles: tuple[str, ...]) -> Iterable[Control]:
    for role in _roles(row, "press", where, roles):
        trigger = row.get("trigger", "one-shot")
        if trigger not in ("one-shot", "hold", "toggle", "loop"):
            raise PieceError(f"{where}: trigger is {trigger!r}", hint="one of: one-shot, hold, toggle, loop")
        pitch = int(number_in(row.get("pitch", 60), where=f"{where}: pitch", error=PieceError))
        velocity = int(number_in(row.get("velocity", 100), where=f"{where}: velocity", error=PieceError))
        if not (0 <= pitch <= 127 and 1 <= velocity <= 127):
            raise PieceError(f"{where}: pitch is {pitch}, velocity {velocity}", hint="they go from 0 and 1 to 127")
        yield Press(Pad(role, pitch, trigger), velocity, f"cue/{role}")
    for role in _roles(row, "release", where, roles):
        yield Release(f"cue/{role}")


def _mixed(row: Mapping[str, Any], where: str, roles: tuple[str, ...], over_s: float) -> Iterable[Control]:
    levels = row.get("levels", {})
    if not isinstance(levels, dict):
        raise PieceError(f"{where}: levels must be a table, got {levels!r}", hint='such as { "Wind" = -6, master = 0 }')
    for role, level in levels.items():
        level_db = number_in(level, where=f"{where}: levels.{role}", error=PieceError)
        yield Level(min(level_db, 24.0), "" if role == "master" else _known(role, where, roles), over_s)
    for key, on in (("mute", True), ("unmute", False)):
        for role in _roles(row, key, where, roles):
            yield Mute(role, on)
    for role in _roles(row, "solo", where, roles):
        yield Solo(role, on=True)
    if "keep" in row:
        yield Snapshot(str(row["keep"]))
    if "recall" in row:
        yield Snapshot(str(row["recall"]), recall=True, over_s=over_s)
    if "fade_all_s" in row:
        yield FadeAll(_seconds(row["fade_all_s"], f"{where}: fade_all_s"))


def pads_of(cues: Iterable[Cue]) -> Iterable[Pad]:
    """Every pad that a cue presses: their sounds must be ready."""
    return (control.pad for cue in cues for control in cue.does if isinstance(control, Press))


def _roles(row: Mapping[str, Any], key: str, where: str, roles: tuple[str, ...]) -> Iterable[str]:
    given = row.get(key, [])
    for role in [given] if isinstance(given, str) else given if isinstance(given, list) else [None]:
        yield _known(role, f"{where}: {key}", roles)


def _known(role: Any, where: str, roles: tuple[str, ...]) -> str:
    if role in roles:
        return str(role)
    meant = nearest_name(role, roles) if isinstance(role, str) else ""
    raise PieceError(f"{where}: there is no role {role!r}" + (f"; did you mean {meant!r}?" if meant else ""),
                     hint=f"roles: {', '.join(roles)}")  # fmt: skip


def _seconds(value: Any, where: str) -> float:
    seconds = number_in(value, where=where, error=PieceError)
    if not 0.0 <= seconds <= 86_400.0:
        raise PieceError(f"{where} is {value}", hint="it goes from 0 to 86400 seconds")
    return seconds
