"""Rows of a mapping's tables: what each may hold, and the values that are made of them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, get_args

from soundscape.errors import ControllerError
from soundscape.live.controllers.fields import (
    Read,
    ends,
    meant,
    number,
    row_of,
    span,
    text,
    whole,
    yes_or_no,
)  # fmt: skip
from soundscape.live.controllers.mapping import (
    CURVES,
    LIMITS,
    REACH,
    RELATIVE,
    Button,
    KeysRow,
    Kind,
    Knob,
    Light,
    PadRow,
    Source,
)  # fmt: skip
from soundscape.live.controllers.parameters import MOST_NUMBER
from soundscape.live.controls import (
    Axis,
    Control,
    FadeAll,
    Go,
    Mute,
    Pad,
    Panic,
    Shown,
    Snapshot,
    Solo,
    Standby,
    Transport,
    Trigger,
    Undo,
)  # fmt: skip

Row = Mapping[str, Any]
FIXED_VELOCITY = 100

DOES: Mapping[str, Callable[[Row, str], Control]] = {
    "go": lambda row, role: Go(row.get("cue", "")),
    "standby": lambda row, role: Standby(row.get("cue", ""), by=0 if "cue" in row else row.get("by", 1)),
    "back": lambda row, role: Standby(by=-row.get("by", 1)),
    "panic": lambda row, role: Panic(),
    "fade-all": lambda row, role: FadeAll(row.get("over_s", 4.0)),
    "undo": lambda row, role: Undo(),
    "mute": lambda row, role: Mute(role),
    "solo": lambda row, role: Solo(role),
    "snapshot": lambda row, role: Snapshot(row["name"]),
    "recall": lambda row, role: Snapshot(row["name"], recall=True, over_s=row.get("over_s", 0.5)),
    "play": lambda row, role: Transport("play"),
    "stop": lambda row, role: Transport("stop"),
    "locate": lambda row, role: Transport("locate", row.get("to_s", 0.0)),
}
"""What a button can do."""

_NEEDS = {"mute": "role", "solo": "role", "snapshot": "name", "recall": "name"}


def _sources(row: Row, kinds: Sequence[str], where: str) -> list[Source]:
    given = [key for key in row if key in _SOURCES and _SOURCES[key][0] in kinds]
    if len(given) != 1:
        names = [key for key in _SOURCES if _SOURCES[key][0] in kinds]
        raise ControllerError(f"{where}: {' and '.join(given) or 'what is touched'} "
                              + ("are both given" if given else "is missing"),
                              hint=f"write one of: {', '.join(names)}")  # fmt: skip
    kind, found = _SOURCES[given[0]][0], row[given[0]]
    numbers = found if isinstance(found, range) else [found]
    if kind in ("bend", "pressure"):  # these have no number: what tells them apart is the channel
        if "channel" in row:
            raise ControllerError(f"{where}: channel is given beside {given[0]}", hint=f"{given[0]} is of the channel")
        return [Source(kind, 0, channel) for channel in numbers]
    return [Source(kind, one, row.get("channel", 0)) for one in numbers]


def _roles(row: Row, n_rows: int, roles: Sequence[str], where: str, *, is_needed: bool = True) -> list[str | None]:
    """Role of each source of a row; None for a place that the piece does not fill."""
    if "roles_from" in row:
        if "role" in row:
            raise ControllerError(f"{where}: both role and roles_from are given", hint="keep one of them")
        first = row["roles_from"] - 1
        return [roles[first + n] if first + n < len(roles) else None for n in range(n_rows)]
    if "role" not in row:
        if is_needed:
            raise ControllerError(f"{where}: role is missing", hint=f"roles of the piece: {', '.join(roles) or 'none'}")
        return [""] * n_rows
    name = row["role"]
    if name not in roles:
        if not (place := re.fullmatch(r"role ([1-9]\d{0,2})", name)):
            raise ControllerError(
                f"{where}: role is {name!r}" + meant(name, roles),
                hint=f'roles of the piece: {", ".join(roles)}; or a place, such as "role 1"',
            )
        name = roles[int(place[1]) - 1] if int(place[1]) <= len(roles) else None
    return [name] * n_rows


def _pad(row: Row, role: str, trigger: Trigger) -> Pad:
    return Pad(role, row.get("pitch", 60), row.get("trigger", trigger), row.get("choke", ""),
               row.get("quantise_beats", 0.0), row.get("gain_db", 0.0), row.get("velocity", 0))  # fmt: skip


def _pads(row: Row, roles: Sequence[str], where: str) -> list[PadRow]:
    sources = _sources(row, ("note",), where)
    seats = zip(sources, _roles(row, len(sources), roles, where), strict=True)
    return [PadRow(source, _pad(row, role, "one-shot")) for source, role in seats if role]


def _keys(row: Row, roles: Sequence[str], where: str) -> list[KeysRow]:
    low, high, zone = row.get("low", 0), row.get("high", 127), row.get("zone", "")
    if low > high:
        raise ControllerError(f"{where}: low is {low} and high is {high}", hint="write the lower one as low")
    if row.get("mpe", bool(zone)):
        zone = zone or "lower"
        if row.get("channel", 0) not in (0, 1 if zone == "lower" else 16):
            raise ControllerError(
                f"{where}: channel is {row['channel']} in the {zone} zone of MPE",
                hint="leave channel out: the zone has channel 1 or 16, and those next to it",
            )
    elif zone:
        raise ControllerError(f"{where}: zone is {zone!r} without MPE", hint="write mpe = true, or leave zone out")
    (role,) = _roles(row, 1, roles, where)
    if not role:
        return []
    channel = 1 if zone == "lower" else 16 if zone == "upper" else row.get("channel", 0)
    slide = row.get("slide", "elevation")
    moved = "expression" if slide == "level" else slide
    return [
        KeysRow(
            _pad(row, role, "hold"), low, high, channel, row.get("transpose", 0), zone, row.get("members", 15),
            row.get("bend_semitones", 48.0 if zone else 2.0),
            row.get("pressure_db", (-12.0, 6.0) if zone else (0.0, 6.0)),
            slide, _reach(row.get("slide_range", REACH[moved]), moved, f"{where}: slide_range"),
        )
    ]  # fmt: skip


def _reach(ends: tuple[float, float], to: str, where: str) -> tuple[float, float]:
    low, high = LIMITS[to]
    if not all(low <= end <= high for end in ends):
        raise ControllerError(f"{where} is {list(ends)}", hint=f"{to} goes from {low:g} to {high:g}")
    return ends


def _knobs(row: Row, roles: Sequence[str], where: str) -> list[Knob]:
    sources = _sources(row, _TURNED, where)
    if "relative" in row and sources[0].is_parameter:
        raise ControllerError(f"{where}: relative is given beside {sources[0].kind}",
                              hint="leave it out: its steps up and down are understood as they come")  # fmt: skip
    if "to" not in row:
        raise ControllerError(f"{where}: to is missing", hint=f"one of: {', '.join(REACH)}")
    to = row["to"]
    if to == "master" and ("role" in row or "roles_from" in row):
        raise ControllerError(f"{where}: the master level has no role", hint='leave role out, or write to = "level"')
    seats = zip(sources, _roles(row, len(sources), roles, where, is_needed=to != "master"), strict=True)
    curve = row.get("curve", "fader" if to in ("level", "master") else "linear")
    reach = _reach(row.get("range", REACH[to]), to, f"{where}: range")
    return [
        Knob(source, to, role, reach, curve, row.get("takes_over", "at once"),
             row.get("relative", ""), row.get("start", 0.5))
        for source, role in seats if role is not None
    ]  # fmt: skip


def _buttons(row: Row, roles: Sequence[str], where: str) -> list[Button]:
    sources = _sources(row, _PRESSED, where)
    if "does" not in row:
        raise ControllerError(f"{where}: does is missing", hint=f"one of: {', '.join(DOES)}")
    does, needs = row["does"], _NEEDS.get(row["does"], "")
    if needs == "name" and "name" not in row:
        raise ControllerError(f"{where}: {does} has no name", hint='write name = "quiet"')
    seats = zip(sources, _roles(row, len(sources), roles, where, is_needed=needs == "role"), strict=True)
    return [Button(source, DOES[does](row, role)) for source, role in seats if role is not None]


def _lights(row: Row, roles: Sequence[str], where: str) -> list[Light]:
    sources = _sources(row, _LIT, where)
    if "what" not in row:
        raise ControllerError(f"{where}: what is missing", hint=f"one of: {', '.join(_WHATS)}")
    what = row["what"]
    needs_role = what in ("playing", "muted", "soloed", "level")
    if needs_role and "cue" in row:
        raise ControllerError(f"{where}: cue is given, and {what} is of a role", hint="write role instead")
    seats = _roles(row, len(sources), roles, where, is_needed=needs_role)
    pitch = f"/{row['pitch']}" if "pitch" in row else ""
    touch = row.get("touch", -1)
    return [
        Light(source, what, role + pitch if role else row.get("cue", ""), row.get("on", 127), row.get("off", 0),
              row.get("follows", what in ("level", "master")), touch + n if touch >= 0 else -1)
        for n, (source, role) in enumerate(zip(sources, seats, strict=True)) if role is not None
    ]  # fmt: skip


def _velocity(value: Any, where: str) -> int:
    if value in ("played", "fixed"):
        return FIXED_VELOCITY if value == "fixed" else 0
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= 127:
        raise ControllerError(f"{where} is {value!r}", hint='it is "played", "fixed", or a whole number from 1 to 127')
    return value


_WHATS: tuple[str, ...] = get_args(Shown)
_SEVEN, _CHANNEL, _PARAMETER = whole(0, 127), whole(1, 16), whole(0, MOST_NUMBER)
_SOURCES: Mapping[str, tuple[Kind, Read]] = {
    "note": ("note", _SEVEN), "notes": ("note", span(0, 127)),
    "cc": ("cc", _SEVEN), "ccs": ("cc", span(0, 127)), "cc14": ("cc14", whole(0, 31)), "cc14s": ("cc14", span(0, 31)),
    "nrpn": ("nrpn", _PARAMETER), "nrpns": ("nrpn", span(0, MOST_NUMBER)),
    "rpn": ("rpn", _PARAMETER), "rpns": ("rpn", span(0, MOST_NUMBER)),
    "bend": ("bend", _CHANNEL), "bends": ("bend", span(1, 16)), "pressure": ("pressure", _CHANNEL),
    "programme": ("programme", _SEVEN), "programmes": ("programme", span(0, 127)),
}  # fmt: skip
"""Keys that say what is touched: the kind of message, and its number or a range of them."""

_TURNED: tuple[Kind, ...] = ("cc", "cc14", "nrpn", "rpn", "bend", "pressure")
_PRESSED: tuple[Kind, ...] = ("note", "cc", "nrpn", "rpn", "programme")
_LIT: tuple[Kind, ...] = ("note", "cc", "nrpn", "rpn", "bend")
"""What a knob, a button and a light may be."""

_ROLES: Mapping[str, Read] = {"role": text, "roles_from": whole(1, 999)}
_HOW: Mapping[str, Read] = {
    "trigger": row_of(get_args(Trigger)), "choke": text, "quantise_beats": number(0.0, 64.0),
    "gain_db": number(-120.0, 24.0), "velocity": _velocity,
}  # fmt: skip


def _sourced(*kinds: str) -> dict[str, Read]:
    own = {key: read for key, (kind, read) in _SOURCES.items() if kind in kinds}
    return {**own, "channel": _CHANNEL, **_ROLES}


TABLES: Mapping[str, tuple[Mapping[str, Read], Callable[[Row, Sequence[str], str], list[Any]]]] = {
    "pad": ({**_sourced("note"), "pitch": _SEVEN, **_HOW}, _pads),
    "keys": ({
        "channel": _CHANNEL, "role": text, "low": _SEVEN, "high": _SEVEN, "transpose": whole(-127, 127), **_HOW,
        "mpe": yes_or_no, "zone": row_of(("lower", "upper")), "members": whole(1, 15),
        "bend_semitones": number(0.0, 96.0), "pressure_db": ends(-120.0, 24.0), "slide": row_of(get_args(Axis)),
        "slide_range": ends(-360.0, 1000.0),
    }, _keys),
    "knob": ({
        **_sourced(*_TURNED), "to": row_of(REACH), "range": ends(-360.0, 1000.0),
        "curve": row_of(CURVES), "takes_over": row_of(("at once", "when met")), "relative": row_of(RELATIVE),
        "start": number(0.0, 1.0),
    }, _knobs),
    "button": ({
        **_sourced(*_PRESSED), "does": row_of(DOES), "cue": text, "name": text,
        "over_s": number(0.0, 600.0), "to_s": number(0.0, 864000.0), "by": whole(1, 99),
    }, _buttons),
    "feedback": ({
        **_sourced(*_LIT), "what": row_of(_WHATS), "pitch": _SEVEN, "cue": text, "on": _SEVEN,
        "off": _SEVEN, "follows": yes_or_no, "touch": _SEVEN,
    }, _lights),
}  # fmt: skip
"""Tables of a mapping: the keys of each with what they may be, and what makes its rows."""
