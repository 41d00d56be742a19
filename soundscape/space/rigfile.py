"""Layout files: TOML with a name and one row per loudspeaker, in the order of the channels.

::

    name = "gate-hall"
    about = "eight loudspeakers under the roof of the old gate"
    speakers = [
        { name = "door", azimuth_deg = 12.0, distance_m = 3.4 },
        { name = "beam", azimuth_deg = -70.0, elevation_deg = 40.0, distance_m = 5.0 },
        { name = "sub", below_hz = 80.0 },
        { name = "effects", is_lfe = true },
    ]

A row needs a `name`, and a direction unless it `is_lfe` or is a subwoofer, which plays what the others have `below_hz`.
Distances are given for all loudspeakers or for none; nearer ones then sound later and softer, unless the file says
`aligns = false`. Rows with a `zone` belong to that room or part of the rig, and their angles count from its middle.

`order = 3` instead of speakers is Ambisonics; `is_headphones = true` says that the two channels are ears.
What the rows mean together is checked by `soundscape.space.layout`.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from soundscape.errors import LayoutError
from soundscape.space.harmonics import MAX_ORDER
from soundscape.space.tables import check_keys, number_in

_RIG_KEYS = ("name", "about", "also", "speakers", "order", "is_headphones", "aligns")
_SPEAKER_KEYS = ("name", "azimuth_deg", "elevation_deg", "distance_m", "is_lfe", "below_hz", "zone")
_NUMBERS = ("azimuth_deg", "elevation_deg", "distance_m", "below_hz")


@dataclass(frozen=True, slots=True)
class RigFile:
    """What a layout file says, with keys and types checked."""

    name: str
    about: str
    also: tuple[str, ...]
    speakers: tuple[Mapping[str, Any], ...]
    order: int = 0
    is_headphones: bool = False
    aligns: bool = True


def read_rig(path: Path) -> RigFile:
    """Read a layout file.

    Raises
    ------
    LayoutError
        If it cannot be read, is not TOML (with line and column), lacks a key, or has one that nobody knows.
    """
    table = _table_in(path)
    check_keys(table, _RIG_KEYS, where=str(path), error=LayoutError)
    also = table.get("also", [])
    if not isinstance(also, list) or not all(isinstance(name, str) for name in also):
        raise LayoutError(f"{path}: also must be a list of names, got {also!r}", hint='write also = ["other-name"]')
    name, about = _text(table, "name", str(path)), str(table.get("about", ""))
    if "order" in table:
        return RigFile(name, about, tuple(also), (), _order(table, path))
    rows = table.get("speakers")
    if not isinstance(rows, list) or not rows or not all(isinstance(row, dict) for row in rows):
        raise LayoutError(
            f"{path}: no speakers", hint='write speakers = [ { name = "left", azimuth_deg = 30.0 }, ... ]'
        )
    speakers = tuple(_speaker(row, f"{path}: speaker {index}") for index, row in enumerate(rows, start=1))
    is_headphones = _yes_or_no(table, "is_headphones", str(path), usual=False)
    if is_headphones and len(speakers) != 2:
        raise LayoutError(
            f"{path}: headphones have two channels, not {len(speakers)}", hint="write two rows: left, right"
        )
    return RigFile(name, about, tuple(also), _together(speakers, path), 0, is_headphones,
                   _yes_or_no(table, "aligns", str(path), usual=True))  # fmt: skip


def _order(table: Mapping[str, Any], path: Path) -> int:
    order = table["order"]
    if isinstance(order, bool) or not isinstance(order, int) or not 1 <= order <= MAX_ORDER:
        raise LayoutError(f"{path}: order is {order!r}", hint=f"it is a whole number from 1 to {MAX_ORDER}")
    if "speakers" in table:
        raise LayoutError(f"{path}: both order and speakers are given", hint="keep one of them")
    return order


def _together(rows: tuple[dict[str, Any], ...], path: Path) -> tuple[Mapping[str, Any], ...]:
    """The rows, with what they say checked together; LFEs without a distance are as far away as the farthest."""
    stand = [row for row in rows if not row.get("is_lfe")]
    zoned = [row["name"] for row in rows if "zone" in row]
    if zoned and len(zoned) < len(rows):
        lost = next(row["name"] for row in rows if "zone" not in row)
        raise LayoutError(
            f"{path}: zone of {lost!r} is missing, others have one", hint="give every row a zone, or none"
        )
    lacking = [row["name"] for row in stand if "distance_m" not in row]
    given = [row["distance_m"] for row in rows if "distance_m" in row]
    if given and lacking:
        raise LayoutError(f"{path}: distance_m of {lacking[0]!r} is missing, others have one",
                          hint="give it for every loudspeaker or for none: they are aligned by it")  # fmt: skip
    return tuple({"distance_m": max(given), **row} if given else row for row in rows)


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
    if "zone" in row:
        out["zone"] = _text(row, "zone", where)
    if "below_hz" in row and out["below_hz"] <= 0.0:
        raise LayoutError(f"{where} ({out['name']}): below_hz is {row['below_hz']}",
                          hint="a subwoofer plays below some 80 Hz; leave it out for others")  # fmt: skip
    if not _yes_or_no(row, "is_lfe", where, usual=True) and "below_hz" in row:
        raise LayoutError(f"{where} ({out['name']}): below_hz is given and is_lfe is false",
                          hint="leave is_lfe out: what plays the lows of others is a subwoofer")  # fmt: skip
    if _yes_or_no(row, "is_lfe", where, usual=False) or "below_hz" in row:
        out["is_lfe"] = True
    elif "azimuth_deg" not in row and "elevation_deg" not in row:
        raise LayoutError(f"{where} ({out['name']}): no azimuth_deg", hint="write azimuth_deg = 30.0, or is_lfe = true")
    return out


def _yes_or_no(table: Mapping[str, Any], key: str, where: str, *, usual: bool) -> bool:
    value = table.get(key, usual)
    if not isinstance(value, bool):
        raise LayoutError(f"{where}: {key} must be true or false, got {value!r}", hint=f"write {key} = true")
    return value


def _text(table: Mapping[str, Any], key: str, where: str) -> str:
    value = table.get(key)
    if not isinstance(value, str) or not value.strip():
        raise LayoutError(
            f"{where}: {key} must be a text that is not empty, got {value!r}", hint=f'write {key} = "..."'
        )
    return value
