"""What each address of Open Sound Control does: one row each. `osc` lists them for people."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

from soundscape.live.controllers.mapping import LIMITS
from soundscape.live.controls import (
    Axis,
    Control,
    FadeAll,
    Go,
    Level,
    Lock,
    Mute,
    Pad,
    Panic,
    Press,
    Release,
    Shape,
    Snapshot,
    Solo,
    Standby,
    Transport,
    Trigger,
    Undo,
)
from soundscape.live.faders import level_of

Names = Literal["", "role", "cue", "name"]
TRIGGERS: tuple[str, ...] = get_args(Trigger)
USUAL_PITCH, USUAL_VELOCITY = 60, 100
MOST_SECONDS = 864000.0


class Refused(Exception):
    """An argument that cannot be understood; said in a few words."""


class Fingers:
    """Pads that were pressed over OSC: at most one for each pitch of a role."""

    def __init__(self) -> None:
        self._down: dict[tuple[str, int], str] = {}
        self._n_pressed = 0

    def press(self, pad: Pad, velocity: int) -> list[Control]:
        """Press a pad; one that was not let go is let go first."""
        out = self.release(pad.role, pad.pitch)
        self._n_pressed += 1
        finger = f"osc/{pad.role}/{pad.pitch}#{self._n_pressed}"
        self._down[pad.role, pad.pitch] = finger
        return [*out, Press(pad, velocity, finger)]

    def release(self, role: str, pitch: int) -> list[Control]:
        """Let a pad go, if it is down."""
        finger = self._down.pop((role, pitch), None)
        return [] if finger is None else [Release(finger)]


@dataclass(frozen=True, slots=True)
class Command:
    """What an address does with its arguments."""

    make: Callable[[Fingers, Sequence[Any]], list[Control]]
    names: Names = ""
    """What its first argument names, which may stand in the address instead."""


def _number(arguments: Sequence[Any], at: int, low: float, high: float) -> float:
    value = arguments[at] if at < len(arguments) else None
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise Refused(f"argument {at + 1} must be a number")
    if not low <= value <= high:
        raise Refused(f"{value:g} is not between {low:g} and {high:g}")
    return float(value)


def _name(arguments: Sequence[Any]) -> str:
    if not arguments or not isinstance(arguments[0], str) or not arguments[0]:
        raise Refused("the first argument must be a name")
    return arguments[0]


def _is_pressed(arguments: Sequence[Any], at: int = 0) -> bool:
    """Whether a button is pressed: by 1 and by nothing at all; 0 is its release."""
    value = arguments[at] if at < len(arguments) else 1
    if not isinstance(value, bool | int | float):
        raise Refused(f"argument {at + 1} must be 1 or 0")
    return value >= 0.5


def _does(control: Control) -> Command:
    return Command(lambda _, arguments: [control] if _is_pressed(arguments) else [])


def _go(_: Fingers, arguments: Sequence[Any]) -> list[Control]:
    if arguments and isinstance(arguments[0], str):
        return [Go(arguments[0])] if _is_pressed(arguments, 1) else []
    return [Go()] if _is_pressed(arguments) else []


def _standby(_: Fingers, arguments: Sequence[Any]) -> list[Control]:
    if arguments and isinstance(arguments[0], str):
        return [Standby(arguments[0])] if _is_pressed(arguments, 1) else []
    steps = 1 if not arguments or arguments[0] is True else round(_number(arguments, 0, -99.0, 99.0))
    return [Standby(by=steps)] if steps else []


def _seconds(arguments: Sequence[Any], at: int, usual: float) -> float:
    if at >= len(arguments) or arguments[at] is True:
        return usual
    return _number(arguments, at, 0.0, 600.0)


def _fade_all(_: Fingers, arguments: Sequence[Any]) -> list[Control]:
    over_s = 0.0 if arguments and arguments[0] is False else _seconds(arguments, 0, FadeAll().over_s)
    return [FadeAll(over_s)] if over_s > 0.0 else []  # 0 is the release of a button: `/panic` is what is silent now


def _level(_: Fingers, arguments: Sequence[Any]) -> list[Control]:
    role, level_db = _name(arguments), _number(arguments, 1, *LIMITS["level"])
    return [Level(level_db, role, _seconds(arguments, 2, USUAL_LEVEL_S))]


def _fader(_: Fingers, arguments: Sequence[Any]) -> list[Control]:
    return [Level(level_of(_number(arguments, 1, 0.0, 1.0)), _name(arguments))]


def _master(_: Fingers, arguments: Sequence[Any]) -> list[Control]:
    return [Level(_number(arguments, 0, *LIMITS["master"]), over_s=_seconds(arguments, 1, USUAL_LEVEL_S))]


def _on(arguments: Sequence[Any]) -> bool | None:
    return _is_pressed(arguments, 1) if len(arguments) > 1 else None


def _pad(fingers: Fingers, arguments: Sequence[Any]) -> list[Control]:
    role = _name(arguments)
    trigger = "one-shot"
    if isinstance(arguments[-1], str) and len(arguments) > 1:
        trigger, arguments = arguments[-1], arguments[:-1]
        if trigger not in TRIGGERS:
            raise Refused(f"{trigger!r} is not one of {', '.join(TRIGGERS)}")
    has_pitch = len(arguments) > 2
    pitch = _pitch(arguments) if has_pitch else USUAL_PITCH
    velocity = _velocity(arguments, 2 if has_pitch else 1)
    if not velocity:
        return fingers.release(role, pitch)
    return fingers.press(Pad(role, pitch, trigger), velocity)  # type: ignore[arg-type]


def _velocity(arguments: Sequence[Any], at: int) -> int:
    if at >= len(arguments) or isinstance(arguments[at], bool):
        return USUAL_VELOCITY if at >= len(arguments) or arguments[at] else 0
    value = _number(arguments, at, 0.0, 127.0)
    if isinstance(arguments[at], float) and 0.0 < value <= 1.0:
        return max(round(value * 127), 1)
    return math.ceil(value)


def _pitch(arguments: Sequence[Any]) -> int:
    return round(_number(arguments, 1, 0.0, 127.0)) if len(arguments) > 1 else USUAL_PITCH


def _moves(axis: Axis, limits: str = "") -> Command:
    low, high = LIMITS[limits or axis]
    return Command(lambda _, a: [Shape(axis, _number(a, 1, low, high), role=_name(a))], "role")


def _recall(_: Fingers, arguments: Sequence[Any]) -> list[Control]:
    usual = Snapshot("", recall=True).over_s
    over_s = 0.0 if len(arguments) > 1 and arguments[1] is False else _seconds(arguments, 1, usual)
    return [Snapshot(_name(arguments), recall=True, over_s=over_s)] if over_s > 0.0 else []


USUAL_LEVEL_S = Level(0.0).over_s

COMMANDS: Mapping[str, Command] = {
    "go": Command(_go, "cue"),
    "standby": Command(_standby, "cue"),
    "back": _does(Standby(by=-1)),
    "panic": _does(Panic()),
    "fadeall": Command(_fade_all),
    "level": Command(_level, "role"),
    "fader": Command(_fader, "role"),
    "master": Command(_master),
    "masterfader": Command(lambda _, a: [Level(level_of(_number(a, 0, 0.0, 1.0)))]),
    "mute": Command(lambda _, a: [Mute(_name(a), _on(a))], "role"),
    "solo": Command(lambda _, a: [Solo(_name(a), _on(a))], "role"),
    "pad": Command(_pad, "role"),
    "release": Command(lambda fingers, a: fingers.release(_name(a), _pitch(a)), "role"),
    "azimuth": _moves("azimuth"),
    "elevation": _moves("elevation"),
    "distance": _moves("distance"),
    "bend": _moves("bend"),
    "expression": _moves("level", "expression"),
    "play": _does(Transport("play")),
    "stop": _does(Transport("stop")),
    "locate": Command(lambda _, a: [Transport("locate", _number(a, 0, 0.0, MOST_SECONDS))]),
    "undo": _does(Undo()),
    "snapshot": Command(lambda _, a: [Snapshot(_name(a))] if _is_pressed(a, 1) else [], "name"),
    "recall": Command(_recall, "name"),
    "lock": _does(Lock()),
    "unlock": _does(Lock(on=False)),
}
"""By the first part of the address."""
