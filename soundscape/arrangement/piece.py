"""Pieces as TOML files: a score, a frame, and a table for each role."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from soundscape.arrangement.cast import Cast, Piece, Role
from soundscape.arrangement.choosers import CHOOSERS
from soundscape.arrangement.pitching import PITCHINGS
from soundscape.arrangement.scala import load_scala
from soundscape.arrangement.steering import AXES
from soundscape.arrangement.tuned import TUNES
from soundscape.catalogue.query import Query, parse_query
from soundscape.errors import PieceError, QueryError, SoundscapeError
from soundscape.space.beds import KINDS
from soundscape.space.layout import load_layout
from soundscape.space.measured import MeasuredRoom
from soundscape.space.paths import path_from_table
from soundscape.space.renderer import renderer_for
from soundscape.space.room import Room, room_from_table, room_named
from soundscape.space.rotation import MOST_TURN_DEG
from soundscape.space.tables import check_keys, nearest_name, number_in
from soundscape.space.trajectory import Trajectory

T = TypeVar("T")
Read = Callable[[Any, str], Any]


def load_piece(path: Path) -> Piece:
    """Piece that a TOML file describes.

    Raises
    ------
    PieceError
        If the file is missing or is not TOML, or a key or a value is wrong; the message names file, table, key, value.
    """
    path = Path(path)
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeDecodeError) as error:
        what = error.strerror if isinstance(error, OSError) else "not UTF-8 text"
        raise PieceError(f"cannot read {path}: {what}", hint="name a piece (.toml)") from error
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise PieceError(f"{path} is not TOML: {error}", hint="see the pieces in scores/ for how one looks") from error
    check_keys(document, ("piece", "room", "role", "cue"), where=str(path), error=PieceError)
    frame, rows = document.get("piece"), document.get("role")
    if not isinstance(frame, dict):
        raise PieceError(f"{path}: there is no [piece] table", hint='begin with [piece] and score = "name.mid"')
    if not isinstance(rows, list) or not rows or not all(isinstance(row, dict) for row in rows):
        raise PieceError(f"{path}: there is no [[role]]", hint="add one, or render the score alone")
    roles = tuple(_role(row, f"{path}: [[role]] {row.get('name', number)!r}") for number, row in enumerate(rows, 1))
    _check_names(roles, path)
    return _piece(frame, document.get("room"), roles, path)


def _piece(table: Mapping[str, Any], own_room: Any, roles: tuple[Role, ...], path: Path) -> Piece:
    where = f"{path}: [piece]"
    values = _values(table, _PIECE_KEYS, where)
    if "score" not in values:
        raise PieceError(f"{where}: score is missing", hint='write score = "name.mid", beside this file')
    score = file_beside(values.pop("score"), path, where, "score")
    if (tune := values.get("tune", "equal")) not in TUNES:
        values["tune"] = load_scala(file_beside(tune, path, where, "tune"))
    if layout := values.get("layout"):
        rig = path.parent / layout
        values["layout"] = str(rig) if layout.endswith(".toml") else layout
        asked = _understood(lambda: load_layout(values["layout"]), where, "layout", layout)
        if (panner := values.get("panner")) and asked.kind == "speakers":
            _understood(lambda: renderer_for(asked, panner), where, "panner", panner)
    if room := values.get("room"):
        _understood(lambda: room_named(room), where, "room", room)
        if own_room is not None:
            raise PieceError(f"{path}: both room in [piece] and [room] are given",
                             hint=f'keep one of them; [room] may begin with base = "{room}"')  # fmt: skip
    if own_room is not None:
        values["room"] = own_room_of(own_room, path)
    return Piece(values.pop("title", path.stem), score, Cast(roles), **values)


def own_room_of(table: Any, path: Path) -> Room | MeasuredRoom:
    """A room of the piece's own: a table of walls and times, or the file of a measured one."""
    where = f"{path}: [room]"
    if not isinstance(table, dict):
        raise PieceError(f"{where} must be a table, got {table!r}", hint='write [room] and then base = "hall"')
    if "impulse_response" not in table:
        return room_from_table(table, where)
    values = _values(table, _MEASURED_KEYS, where)
    response = file_beside(values.pop("impulse_response"), path, where, "impulse_response")
    return MeasuredRoom(str(response), **values)


def file_beside(name: str, path: Path, where: str, key: str) -> Path:
    """A file named by the piece, which must lie in the piece's folder or below."""
    folder = path.parent.resolve()
    try:
        found = (folder / name).resolve()
        is_there = found.is_file()
    except (OSError, ValueError) as error:  # too long, or with a zero byte in it
        raise PieceError(f"{where}: {key} is {name!r}, which no file can be called",
                         hint=f'write {key} = "name", beside this file') from error  # fmt: skip
    if not found.is_relative_to(folder):
        raise PieceError(f"{where}: {key} is {name!r}, outside the piece's folder", hint="keep it beside the piece")
    if not is_there:
        raise PieceError(f"{where}: {key} is {name!r}, and there is no such file", hint=f"put it into {folder}")
    return found


def _check_names(roles: tuple[Role, ...], path: Path) -> None:
    names = [role.name for role in roles]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise PieceError(f"{path}: two roles are called {twice[0]!r}", hint="give each role a name of its own")


def _role(table: Mapping[str, Any], where: str) -> Role:
    values = _values(table, _ROLE_KEYS, where)
    if "name" not in values:
        raise PieceError(f"{where}: name is missing", hint='write name = "Great bell"')
    if "part" in values and "parts" in values:
        raise PieceError(f"{where}: both part and parts are given", hint="keep one of them")
    if "part" in values:
        values["parts"] = (values.pop("part"),)
    if values.get("choose") == "like" and "like" not in values:
        raise PieceError(f"{where}: choose is 'like', and like is missing", hint='write like = "bell" or a segment id')
    if "like" in values:
        values.setdefault("choose", "like")
    return Role(**values)


def _values(table: Mapping[str, Any], keys: Mapping[str, Read], where: str) -> dict[str, Any]:
    check_keys(table, tuple(keys), where=where, error=PieceError)
    return {key: keys[key](value, f"{where}: {key}") for key, value in table.items()}


def _understood(read: Callable[[], T], where: str, key: str, value: object) -> T:
    """What `read` gives; its complaint as one about this key."""
    try:
        return read()
    except SoundscapeError as error:
        raise PieceError(f"{where}: {key} is {value!r}: {error}", hint=error.hint) from error


def _text(value: Any, where: str) -> str:
    if not isinstance(value, str) or not value:
        raise PieceError(f"{where} must be text, got {value!r}", hint='write it in quotes, such as "bell"')
    return value


def _texts(value: Any, where: str) -> tuple[str, ...]:
    if not isinstance(value, list) or not value:
        raise PieceError(f"{where} must be a list of texts, got {value!r}", hint='such as ["Bells", "Gong"]')
    return tuple(_text(one, where) for one in value)


def _yes_or_no(value: Any, where: str) -> bool:
    if not isinstance(value, bool):
        raise PieceError(f"{where} must be true or false, got {value!r}", hint="write true or false, without quotes")
    return value


def _number(low: float, high: float) -> Read:
    def read(value: Any, where: str) -> float:
        number = number_in(value, where=where, error=PieceError)
        if not low <= number <= high:
            raise PieceError(f"{where} is {value}", hint=f"it goes from {low:g} to {high:g}")
        return number

    return read


def _whole(low: int, high: int) -> Read:
    def read(value: Any, where: str) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            raise PieceError(f"{where} is {value!r}", hint=f"it is a whole number from {low} to {high}")
        return value

    return read


def _span(low: int, high: int) -> Read:
    def read(value: Any, where: str) -> tuple[int, int]:
        if not isinstance(value, list) or len(value) != 2:
            raise PieceError(f"{where} must be [lowest, highest], got {value!r}", hint=f"such as [{low}, {high}]")
        first, last = (_whole(low, high)(one, where) for one in value)
        if first > last:
            raise PieceError(f"{where} is {value!r}: the first is above the second", hint="write the lower one first")
        return first, last

    return read


def _row_of(table: Mapping[str, Any]) -> Read:
    def read(value: Any, where: str) -> str:
        if isinstance(value, str) and value in table:
            return value
        meant = nearest_name(value, table) if isinstance(value, str) else ""
        raise PieceError(f"{where} is {value!r}" + (f"; did you mean {meant!r}?" if meant else ""),
                         hint=f"one of: {', '.join(table)}")  # fmt: skip

    return read


def _tune(value: Any, where: str) -> str:
    if isinstance(value, str) and value.lower().endswith(".scl"):
        return value
    try:
        named: str = _row_of(TUNES)(value, where)
    except PieceError as error:
        raise PieceError(str(error), hint=f"{error.hint}, or a Scala file beside the piece: name.scl") from error
    return named


def _query(value: Any, where: str) -> Query:
    text = _text(value, where)
    try:
        return parse_query(text)
    except QueryError as error:
        raise PieceError(f"{where} is {text!r}: {error}", hint=error.hint) from error


def _path(value: Any, where: str) -> Trajectory:
    if not isinstance(value, dict):
        raise PieceError(f"{where} must be a table, got {value!r}", hint="such as { at = [30, 0, 3] }")
    return path_from_table(value, where=where)


def _steer(value: Any, where: str) -> tuple[tuple[str, int], ...]:
    if not isinstance(value, dict):
        raise PieceError(f"{where} must be a table, got {value!r}", hint="such as { azimuth = 20 }")
    check_keys(value, tuple(AXES), where=where, error=PieceError)
    return tuple((axis, _whole(0, 127)(number, f"{where}.{axis}")) for axis, number in value.items())


def _turn(value: Any, where: str) -> tuple[float, float, float]:
    if not isinstance(value, list) or len(value) != 3:
        raise PieceError(f"{where} must be [left, up, over], got {value!r}", hint="such as [90, 0, 0]")
    left, up, over = (_number(-MOST_TURN_DEG, MOST_TURN_DEG)(one, where) for one in value)
    return left, up, over


_ROLE_KEYS: Mapping[str, Read] = {
    "name": _text, "part": _text, "parts": _texts, "pitches": _span(0, 127), "velocities": _span(1, 127),
    "wants": _query, "choose": _row_of(CHOOSERS), "like": _text, "pitch": _row_of(PITCHINGS), "path": _path,
    "path_clock": _row_of({"piece": 0, "event": 0}), "steer": _steer, "gain_db": _number(-120.0, 48.0),
    "fade_in_s": _number(0.0, 600.0), "fade_out_s": _number(0.0, 600.0), "max_voices": _whole(1, 256),
    "spread_deg": _number(0.0, 360.0), "room_db": _number(-120.0, 24.0), "loops": _yes_or_no, "rings": _yes_or_no,
    "doppler": _yes_or_no, "pair_deg": _number(0.0, 360.0), "turn_deg": _turn, "sound_field": _row_of(KINDS),
    "speaker": _text, "zone": _text, "tune": _row_of(TUNES),
}  # fmt: skip
"""Keys of [[role]], and what each may be."""

_PIECE_KEYS: Mapping[str, Read] = {
    "title": _text, "title_zh": _text, "score": _text, "layout": _text, "room": _text,
    "panner": _text, "loudness_lufs": _number(-60.0, -5.0), "seed": _whole(0, 2**32 - 1), "tune": _tune,
}  # fmt: skip
"""Keys of [piece], and what each may be."""

_MEASURED_KEYS: Mapping[str, Read] = {
    "impulse_response": _text, "level_db": _number(-120.0, 20.0), "sound_field": _row_of(KINDS),
}  # fmt: skip
"""Keys of a [room] that was measured."""
