"""Layout files: TOML with a name and one row per loudspeaker, in the order of the channels.

::

    name = "gate-hall"
    about = "eight loudspeakers under the roof of the old gate"
    speakers = [
        { name = "door", azimuth_deg = 12.0, distance_m = 3.4 },
        { name = "beam", azimuth_deg = -70.0, elevation_deg = 40.0, distance_m = 5.0 },
        { name = "sub", is_lfe = true },
    ]

A row needs a `name`, and a direction unless it `is_lfe`.
What the rows mean together is checked by `soundscape.space.layout`.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from soundscape.errors import LayoutError
from soundscape.space.tables import check_keys, number_in

_RIG_KEYS = ("name", "about", "also", "speakers")
_SPEAKER_KEYS = ("name", "azimuth_deg", "elevation_deg", "distance_m", "is_lfe")
_NUMBERS = ("azimuth_deg", "elevation_deg", "distance_m")


@dataclass(frozen=True, slots=True)
class RigFile:
    """What a layout file says, with keys and types checked."""

    name: str
    about: str
    also: tuple[str, ...]
    speakers: tuple[Mapping[str, Any], ...]


def read_rig(path: Path) -> RigFile:
    """Read a layout file.

    Raises
    ------
    LayoutError
        If it cannot be read, is not TOML (with line and column), lacks a key, or has one that nobody knows.
    """
    table = _table_in(path)
    check_keys(table, _RIG_KEYS, where=str(path), error=LayoutError)
    rows = table.get("speakers")
    if not isinstance(rows, list) or not rows or not all(isinstance(row, dict) for row in rows):
        raise LayoutError(
            f"{path}: no speakers", hint='write speakers = [ { name = "left", azimuth_deg = 30.0 }, ... ]'
        )
    also = table.get("also", [])
    if not isinstance(also, list) or not all(isinstance(name, str) for name in also):
        raise LayoutError(f"{path}: also must be a list of names, got {also!r}", hint='write also = ["other-name"]')
    speakers = tuple(_speaker(row, f"{path}: speaker {index}") for index, row in enumerate(rows, start=1))
    return RigFile(_text(table, "name", str(path)), str(table.get("about", "")), tuple(also), speakers)


def _table_in(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError as error:
        raise LayoutError(f"there is no layout file {path}", hint="check the path") from error
    except OSError as error:
        raise LayoutError(f"cannot read {path}: {error.strerror}", hint="name a layout file in TOML") from error
    except UnicodeDecodeError as error:
        raise LayoutError(f"{path}: not a text file (byte {error.start})", hint="save it as TOML in UTF-8") from error
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise LayoutError(f"{path}: not TOML: {error}", hint="correct that place") from error


def _speaker(row: Mapping[str, Any], where: str) -> dict[str, Any]:
    check_keys(row, _SPEAKER_KEYS, where=where, error=LayoutError)
    out: dict[str, Any] = {"name": _text(row, "name", where)}
    for key in _NUMBERS:
        if key in row:
            out[key] = number_in(row[key], where=f"{where} ({out['name']}): {key}", error=LayoutError)
    if not isinstance(row.get("is_lfe", False), bool):
        raise LayoutError(f"{where}: is_lfe must be true or false, got {row['is_lfe']!r}", hint="write is_lfe = true")
    if "is_lfe" in row:
        out["is_lfe"] = row["is_lfe"]
    elif "azimuth_deg" not in row and "elevation_deg" not in row:
        raise LayoutError(f"{where} ({out['name']}): no azimuth_deg", hint="write azimuth_deg = 30.0, or is_lfe = true")
    return out


def _text(table: Mapping[str, Any], key: str, where: str) -> str:
    value = table.get(key)
    if not isinstance(value, str) or not value.strip():
        raise LayoutError(
            f"{where}: {key} must be a text that is not empty, got {value!r}", hint=f'write {key} = "..."'
        )
    return value
