"""Exhibits as TOML files: a frame, hours, levels, and a table for each layer."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import fields, replace
from pathlib import Path
from typing import Any, TypeVar

from soundscape.arrangement.piece import file_beside, own_room_of
from soundscape.errors import ExhibitError, LayoutError, PieceError
from soundscape.exhibit.buttons import button
from soundscape.exhibit.clashes import check_clashes
from soundscape.exhibit.exhibit import (
    ALL_THE_WAY,
    PROFILES,
    Caps,
    Change,
    Ebb,
    Exhibit,
    Layer,
    Mood,
    Places,
    Profile,
    Rule,
    Span,
    Trigger,
)
from soundscape.exhibit.hours import Hours
from soundscape.exhibit.hoursfile import hours_from_table
from soundscape.exhibit.mentions import check_mentions
from soundscape.exhibit.moments import WHEN_KEYS, when_from_table
from soundscape.exhibit.readers import (
    SLIDERS,
    Read,
    counts,
    names,
    number,
    one_of,
    part,
    query,
    span,
    steps,
    text,
    values_of,
    whole,
    within,
    yes_or_no,
)
from soundscape.space.layout import load_layout
from soundscape.space.renderer import renderer_for
from soundscape.space.room import room_named
from soundscape.space.tables import check_keys

T = TypeVar("T")
USUAL_LAYOUT = "stereo"
PROCESSES = ("poisson", "clustered", "answering")
MOST_PER_MINUTE = 120.0
LONGEST_S = 300.0
_TOP = ("exhibit", "room", "hours", "mood", "loudness", "profile", "panel", "layer", "when", "trigger")


def load_exhibit(path: Path) -> Exhibit:
    """Exhibit that a TOML file describes.

    Raises
    ------
    ExhibitError
        If the file is missing or is not TOML, or a key or a value is wrong; the message names file, table, key, value.
    """
    path = Path(path)
    document = _document(path)
    check_keys(document, _TOP, where=str(path), error=ExhibitError)
    frame = _table(document, "exhibit", path)
    if frame is None:
        raise ExhibitError(f"{path}: there is no [exhibit] table", hint='begin with [exhibit] and title = "..."')
    values = values_of(frame, _FRAME_KEYS, f"{path}: [exhibit]")
    if not values.get("title", "").strip():
        raise ExhibitError(f"{path}: [exhibit]: title is missing", hint='write title = "Hall of the gates"')
    hours = hours_from_table(_table(document, "hours", path) or {}, where=f"{path}: [hours]")
    layers = tuple(_layer(row, place) for row, place in _named(document, "layer", path))
    if not layers:
        raise ExhibitError(f"{path}: there is no [[layer]]", hint="add one: what is to be heard")
    exhibit = Exhibit(
        path, values.pop("title"), layers, hours, mood=_mood(_table(document, "mood", path) or {}, path),
        rules=tuple(_rule(row, hours, f"{path}: [[when]], number {n}")
                    for n, row in enumerate(_rows(document, "when", path), 1)),
        profiles=_profiles(document.get("profile", {}), path),
        sliders=_sliders(_table(document, "panel", path) or {}, path),
        caps=_caps(_table(document, "loudness", path) or {}, path),
        triggers=tuple(_trigger(row, place) for row, place in _named(document, "trigger", path)),
        **_places_of(values, document.get("room"), path),
    )  # fmt: skip
    _check_sliders(exhibit)
    check_mentions(exhibit)
    check_clashes(exhibit)
    return exhibit


def _document(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeDecodeError) as error:
        what = error.strerror if isinstance(error, OSError) else "not UTF-8 text"
        raise ExhibitError(f"cannot read {path}: {what}", hint="`soundscape ambient --new NAME` makes one") from error
    except (ValueError, RecursionError) as error:  # a number of thousands of digits is no TOMLDecodeError
        raise ExhibitError(
            f"{path} is not TOML: {error}", hint="see the exhibit in scores/ for how one looks"
        ) from error


def _table(document: Mapping[str, Any], name: str, path: Path) -> Mapping[str, Any] | None:
    table = document.get(name)
    if table is not None and not isinstance(table, Mapping):
        raise ExhibitError(
            f"{path}: {name} must be a table, got {table!r}", hint=f"write [{name}] on a line of its own"
        )
    return table


def _rows(document: Mapping[str, Any], name: str, path: Path) -> list[Mapping[str, Any]]:
    rows = document.get(name, [])
    if not isinstance(rows, list) or not all(isinstance(row, Mapping) for row in rows):
        raise ExhibitError(f"{path}: {name} must be tables, got {rows!r}", hint=f"write [[{name}]] before each")
    return rows


def _named(document: Mapping[str, Any], name: str, path: Path) -> list[tuple[Mapping[str, Any], str]]:
    """Rows that have a name of their own, and where each is."""
    rows = _rows(document, name, path)
    seen: set[str] = set()
    for count, row in enumerate(rows, 1):
        own = row.get("name")
        if not isinstance(own, str) or not own:
            raise ExhibitError(f"{path}: [[{name}]], number {count}: name is missing", hint='write name = "wind"')
        if own in seen:
            raise ExhibitError(f"{path}: two [[{name}]] are called {own!r}", hint="give each a name of its own")
        seen.add(own)
    return [(row, f"{path}: [[{name}]] {row['name']!r}") for row in rows]


def _places_of(values: dict[str, Any], own_room: Any, path: Path) -> dict[str, Any]:
    """Layout, room, panner and fallback of the frame, each known to be there."""
    where = f"{path}: [exhibit]"
    if "room" in values and own_room is not None:
        raise ExhibitError(f"{where}: room is {values['room']!r}, and there is a [room] too", hint="keep one of them")
    layout = values.get("layout", USUAL_LAYOUT)
    values["layout"] = str(path.parent / layout) if layout.endswith(".toml") else layout
    asked = _there(lambda: load_layout(values["layout"]), f"{where}: layout")
    if values.get("panner") and asked.kind == "speakers":
        _there(lambda: renderer_for(asked, values["panner"]), f"{where}: panner")
    if "room" in values:
        _there(lambda: room_named(values["room"]), f"{where}: room")
    if own_room is not None:
        values["room"] = _there(lambda: own_room_of(own_room, path), f"{path}: [room]")
    if "fallback" in values:
        values["fallback"] = _there(lambda: file_beside(values["fallback"], path, where, "fallback"), where)
    return values


def _there(find: Callable[[], T], where: str) -> T:
    """What `find` finds; what it says where it finds nothing, with its place."""
    try:
        return find()
    except (LayoutError, PieceError) as error:
        said = str(error)
        raise ExhibitError(said if said.startswith(where) else f"{where}: {said}", hint=error.hint) from error


def _layer(table: Mapping[str, Any], where: str) -> Layer:
    values = values_of(table, _LAYER_KEYS, where)
    if "wants" not in values:
        raise ExhibitError(f"{where}: wants is missing", hint='write wants = "wind and kind = texture"')
    if values.get("goes_on"):
        if given := [key for key in values if key in _PASSING]:
            raise ExhibitError(f"{where}: {given[0]} is given, and it goes on: one of its sounds passes into the next",
                               hint=f"leave out {given[0]}, or goes_on")  # fmt: skip
        values.setdefault("length_s", (60.0, 180.0))
        values.setdefault("fade_s", 8.0)
    for key, prefix in (("places", Places), ("ebb", Ebb)):
        if key in values:
            values[key] = prefix(**values[key])
    if values.get("process", "poisson") == "answering" and "answers" not in values:
        raise ExhibitError(
            f"{where}: process is 'answering', and answers is missing", hint='write answers = "far gates"'
        )
    if "answers" in values and values.setdefault("process", "answering") != "answering":
        raise ExhibitError(f"{where}: process is {values['process']!r}, and answers is {values['answers']!r}",
                           hint="leave out one of them: what answers does not come by itself")  # fmt: skip
    layer = Layer(**values)
    if layer.goes_on and layer.length_s[0] < 2.0 * layer.fade_s:
        raise ExhibitError(f"{where}: length_s begins at {layer.length_s[0]:g}, below twice fade_s, {layer.fade_s:g}",
                           hint="let its sounds last longer, or pass over faster")  # fmt: skip
    return layer


def _rule(table: Mapping[str, Any], hours: Hours, where: str) -> Rule:
    condition = {key: value for key, value in table.items() if key in WHEN_KEYS}
    check_keys(table, (*WHEN_KEYS, "mood", "layers", "by_db"), where=where, error=ExhibitError)
    if not condition:
        raise ExhibitError(f"{where}: it says no condition", hint='such as season = "winter" or daypart = "dusk"')
    layers = table.get("layers", {})
    if not isinstance(layers, Mapping) or not all(isinstance(row, Mapping) for row in layers.values()):
        raise ExhibitError(f"{where}: layers must be a table of tables", hint='layers = { "wind" = { by_db = -3 } }')
    changes = {
        name: Change(**values_of(row, _CHANGE_KEYS, f"{where}: layers: {name!r}")) for name, row in layers.items()
    }
    return Rule(when_from_table(condition, hours, where=where), steps(table.get("mood", {}), f"{where}: mood"), changes,
                number(table.get("by_db", 0.0), f"{where}: by_db", -100.0, 24.0))  # fmt: skip


def _profiles(table: Any, path: Path) -> dict[str, Profile]:
    if not isinstance(table, Mapping) or not all(isinstance(row, Mapping) for row in table.values()):
        raise ExhibitError(f"{path}: profile must be tables", hint="write [profile.school] on a line of its own")
    found = dict(PROFILES)
    for name, row in table.items():
        values = values_of(row, _PROFILE_KEYS, f"{path}: [profile.{name}]")
        found[name] = replace(found.get(name, Profile(name)), **values)
    return found


def _trigger(table: Mapping[str, Any], where: str) -> Trigger:
    values = values_of(table, _TRIGGER_KEYS, where)
    if bool(values.get("layer")) == bool(values.get("mood")):
        raise ExhibitError(f"{where}: it starts a layer or moves the mood", hint='write layer = "far gates"')
    return Trigger(**values)


def _mood(table: Mapping[str, Any], path: Path) -> Mood:
    where = f"{path}: [mood]"
    check_keys(table, SLIDERS, where=where, error=ExhibitError)
    return Mood(**{key: number(value, f"{where}: {key}", 0.0, 1.0) for key, value in table.items()})


def _sliders(table: Mapping[str, Any], path: Path) -> dict[str, Span]:
    """How far staff may move each slider: `[panel]` with `lively = [0.2, 0.7]`."""
    read = span(0.0, 1.0)
    return {**ALL_THE_WAY, **values_of(table, dict.fromkeys(SLIDERS, read), f"{path}: [panel]")}


def _check_sliders(exhibit: Exhibit) -> None:
    for name, (low, high) in exhibit.sliders.items():
        if not low <= getattr(exhibit.mood, name) <= high:
            raise ExhibitError(f"{exhibit.path}: [panel]: {name} goes from {low:g} to {high:g}, and [mood] puts it at "
                               f"{getattr(exhibit.mood, name):g}", hint="let it begin where it may stand")  # fmt: skip


def _caps(table: Mapping[str, Any], path: Path) -> Caps:
    where = f"{path}: [loudness]"
    check_keys(table, [field.name for field in fields(Caps)], where=where, error=ExhibitError)
    values = {key: number(value, f"{where}: {key}", -80.0, 0.0) for key, value in table.items()}
    try:
        return Caps(**values)
    except ValueError as error:
        raise ExhibitError(
            f"{where}: {error}", hint="hours are softer than moments, moments than the ceiling"
        ) from error


_FRAME_KEYS: Mapping[str, Read] = {
    "title": text, "title_zh": text, "layout": text, "room": text, "panner": text, "seed": whole(0, 2**63 - 1),
    "gain_db": within(-60.0, 24.0), "fallback": text,
}  # fmt: skip
_PLACE_KEYS: Mapping[str, Read] = {
    "azimuth_deg": span(-360.0, 360.0), "elevation_deg": span(-90.0, 90.0), "distance_m": span(0.1, 1000.0),
    "wander_m": within(0.0, 1000.0),
}  # fmt: skip
_EBB_KEYS: Mapping[str, Read] = {"period_min": within(0.5, 240.0), "depth": within(0.0, 1.0)}
_LAYER_KEYS: Mapping[str, Read] = {
    "name": text, "wants": query, "goes_on": yes_or_no, "per_minute": within(0.0, MOST_PER_MINUTE),
    "process": one_of(PROCESSES), "cluster": counts(1, 64), "cluster_s": within(0.1, LONGEST_S), "answers": text,
    "answer_after_s": span(0.0, LONGEST_S), "answer_chance": within(0.0, 1.0), "overlap": counts(0, 64),
    "apart_from": names, "gain_db": span(-100.0, 24.0), "length_s": span(0.05, LONGEST_S),
    "fade_s": within(0.002, 60.0), "places": part(_PLACE_KEYS), "spread_deg": within(0.0, 360.0),
    "room_db": within(-120.0, 24.0), "ebb": part(_EBB_KEYS),
}  # fmt: skip
_PASSING = ("per_minute", "process", "cluster", "cluster_s", "answers", "answer_after_s", "answer_chance", "overlap",
            "apart_from")  # fmt: skip
"""Keys of layers that come and go."""
_CHANGE_KEYS: Mapping[str, Read] = {
    "times_per_minute": within(0.0, 20.0), "wants": query, "by_db": within(-100.0, 24.0),
}  # fmt: skip
_PROFILE_KEYS: Mapping[str, Read] = {
    "by_db": within(-120.0, 0.0),
    "mood": steps,
    "without": names,
}
_TRIGGER_KEYS: Mapping[str, Read] = {
    "name": text, "layer": text, "mood": steps, "for_s": within(1.0, 24 * 3600.0),
    "rest_s": within(0.0, 24 * 3600.0), "midi": button,
}  # fmt: skip
