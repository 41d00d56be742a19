"""Hands on a controller, for tests."""

from __future__ import annotations

from collections.abc import Sequence

from soundscape.live.controllers.keys import Keys
from soundscape.live.controllers.mapping import Surface
from soundscape.live.controllers.mapping_file import surface_from_text
from soundscape.live.controllers.turning import Known
from soundscape.live.controls import Control, Press, Release, Shape

ROLES = ("Great bell", "Gate", "Wind")


def surface(rows: str, roles: Sequence[str] = ROLES) -> Surface:
    return surface_from_text("[controller]\n" + rows, roles, "my.toml")


class Hands:
    """Plays messages into a mapping and keeps what came of them."""

    def __init__(self, rows: str | Surface, known: Known | None = None) -> None:
        self.known = known or Known()
        self.keys = Keys("pads", rows if isinstance(rows, Surface) else surface(rows), self.known)
        self.time_s = 0.0

    def __call__(self, *messages: tuple[int, ...]) -> list[Control]:
        out: list[Control] = []
        for message in messages:
            self.keys.read(bytes(message), self.time_s, out)
        return out


def on(note: int, velocity: int = 100, channel: int = 1) -> tuple[int, ...]:
    return 0x90 | channel - 1, note, velocity


def off(note: int, channel: int = 1) -> tuple[int, ...]:
    return 0x80 | channel - 1, note, 64


def cc(number: int, value: int, channel: int = 1) -> tuple[int, ...]:
    return 0xB0 | channel - 1, number, value


def bend(value: int, channel: int = 1) -> tuple[int, ...]:
    return 0xE0 | channel - 1, value & 127, value >> 7


def press_of(controls: Sequence[Control]) -> Press:
    (press,) = (one for one in controls if isinstance(one, Press))
    return press


def shapes(controls: Sequence[Control]) -> list[tuple[str, float, str, str]]:
    return [(one.axis, round(one.value, 3), one.finger, one.role) for one in controls if isinstance(one, Shape)]


def released(controls: Sequence[Control]) -> list[str]:
    return [one.finger for one in controls if isinstance(one, Release)]
