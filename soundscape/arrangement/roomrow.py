"""The room of an arrangement in its document: a name, a table of walls and times, or the file of a measured one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from soundscape.errors import PieceError
from soundscape.space.measured import USUAL_LEVEL_DB, MeasuredRoom
from soundscape.space.room import Room, room_from_table
from soundscape.space.tables import check_keys, number_in

BESIDE = "./"
"""How a path begins that counts from the document's folder."""

_MEASURED_KEYS = ("impulse_response", "level_db", "sound_field")


def beside(path: str, folder: Path) -> str:
    """A path as a document in `folder` writes it: from there, where it lies in it or below."""
    place = Path(path)
    if place.is_absolute() and place.is_relative_to(folder):
        return BESIDE + place.relative_to(folder).as_posix()
    return path


def placed(path: str, folder: Path) -> str:
    """A path as it stands in a document in `folder`, from everywhere."""
    return str(folder / path.removeprefix(BESIDE)) if path.startswith(BESIDE) else path


def row_of(room: str | Room | MeasuredRoom, folder: Path) -> str | Mapping[str, Any]:
    """What a document in `folder` says of a room."""
    if isinstance(room, str):
        return room
    if isinstance(room, MeasuredRoom):
        row = {
            "impulse_response": beside(room.path, folder),
            "level_db": room.level_db,
            "sound_field": room.sound_field,
        }
        return {key: value for key, value in row.items() if value != ""}
    return {key: value for key, value in asdict(room).items() if value is not None}


def room_of(row: object, folder: Path, where: str) -> str | Room | MeasuredRoom:
    """Room that a document in `folder` speaks of.

    Raises
    ------
    PieceError
        If it is none; the message begins with `where`.
    """
    if isinstance(row, str):
        return row
    if not isinstance(row, dict):
        raise PieceError(f"{where}: {row!r} is no room", hint="write the name of a room, or a table")
    if "impulse_response" not in row:
        table = {key: value for key, value in row.items() if key != "name"}
        if not isinstance(row.get("name"), str):
            raise PieceError(f"{where}: name is {row.get('name')!r}", hint="give the room a name")
        return replace(room_from_table(table, where), name=row["name"])
    check_keys(row, _MEASURED_KEYS, where=where, error=PieceError)
    path, kind = row["impulse_response"], row.get("sound_field", "")
    if not isinstance(path, str) or not isinstance(kind, str):
        raise PieceError(f"{where}: {row!r} is no measured room", hint="impulse_response and sound_field are texts")
    level_db = number_in(row.get("level_db", USUAL_LEVEL_DB), where=f"{where}: level_db", error=PieceError)
    try:
        return MeasuredRoom(placed(path, folder), level_db, kind)
    except ValueError as error:
        raise PieceError(f"{where}: {error}", hint="correct this key of the room") from error
