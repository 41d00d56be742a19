"""What each pad, key, knob and button of a controller means: values, checked when they are made.

Read from TOML by `mapping_file`; played by `keys`; what lights up is answered by `feedback`. Channels count from 1 to
16, as on the controllers; 0 is any of them. Where two rows name the same note or controller, the later one counts.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Literal

from soundscape.live.controllers.parameters import MOST_NUMBER
from soundscape.live.controls import Axis, Control, Feedback, Pad
from soundscape.live.faders import SILENCE_DB, TOP_DB, level_of

Kind = Literal["note", "cc", "cc14", "nrpn", "rpn", "bend", "pressure", "programme"]

MOST_NUMBERS: Mapping[Kind, int] = {
    "note": 127, "cc": 127, "cc14": 31, "nrpn": MOST_NUMBER, "rpn": MOST_NUMBER, "bend": 0, "pressure": 0,
    "programme": 127,
}  # fmt: skip
"""Highest number of each kind; of those that are one for each channel it is 0."""

CURVES: Mapping[str, Callable[[float], float]] = {
    "linear": lambda turn: turn,
    "slow start": lambda turn: turn * turn,
    "slow end": math.sqrt,
    "fader": lambda turn: (level_of(turn) - SILENCE_DB) / (TOP_DB - SILENCE_DB),
}
"""How far a value has gone between its two ends, by how far the knob has been turned: both 0 to 1.

`fader` is the way of a fader on a mixing desk; its range is -120 to +10 dB unless a row gives another.
"""

RELATIVE = ("signed", "offset", "complement")
"""How endless knobs write a step: bit 6 is the sign (Mackie), 64 is no step, or two's complement."""

REACH: Mapping[str, tuple[float, float]] = {
    "level": (SILENCE_DB, TOP_DB), "master": (SILENCE_DB, TOP_DB), "expression": (-40.0, 0.0),
    "azimuth": (180.0, -180.0), "elevation": (0.0, 90.0), "distance": (1.0, 50.0), "bend": (-2.0, 2.0),
}  # fmt: skip
"""What a knob can move, and from where to where unless a row says otherwise: dB, degrees, metres, semitones.

Azimuth grows to the left, so that a knob turned to the left goes left. `level` is that of the mixer, `expression` comes
on top of it and belongs to the playing.
"""

LIMITS: Mapping[str, tuple[float, float]] = {
    "level": (-120.0, 24.0), "master": (-120.0, 24.0), "expression": (-120.0, 24.0), "azimuth": (-360.0, 360.0),
    "elevation": (-90.0, 90.0), "distance": (0.1, 1000.0), "bend": (-96.0, 96.0),
}  # fmt: skip
"""How far a row may take each."""


@dataclass(frozen=True, slots=True)
class Source:
    """What was touched, as the messages name it."""

    kind: Kind
    number: int = 0
    """Of the note, controller, parameter or programme, from 0; of a pair for 14 bits, the lower one."""
    channel: int = 0

    def __post_init__(self) -> None:
        if not 0 <= self.number <= MOST_NUMBERS[self.kind] or not 0 <= self.channel <= 16:
            raise ValueError(f"{self.kind} {self.number} on channel {self.channel}")

    @property
    def channels(self) -> range:
        """Channels it may come on, counted from 0 as in the bytes."""
        return range(self.channel - 1, self.channel) if self.channel else range(16)

    @property
    def is_parameter(self) -> bool:
        """Whether it is selected by its number before its value comes (`controllers.parameters`)."""
        return self.kind in ("nrpn", "rpn")

    def __str__(self) -> str:
        """As a person says it: `cc 7 on channel 1`."""
        what = f"{self.kind} {self.number}" if MOST_NUMBERS[self.kind] else self.kind
        return what + (f" on channel {self.channel}" if self.channel else "")


@dataclass(frozen=True, slots=True)
class PadRow:
    """A note that plays one thing."""

    source: Source
    pad: Pad


@dataclass(frozen=True, slots=True)
class KeysRow:
    """A stretch of keys that play a role at their own pitches."""

    pad: Pad
    """What is played; its pitch is replaced by that of the key."""
    low: int = 0
    high: int = 127
    channel: int = 0
    transpose: int = 0
    zone: Literal["", "lower", "upper"] = ""
    """A zone of MPE: each finger on a channel of its own, next to channel 1 or next to channel 16."""
    members: int = 15
    """Channels for fingers in the zone, until the controller says how many it uses."""
    bend_semitones: float = 2.0
    """Full bend of a key, or of a finger; a controller may say otherwise (RPN 0)."""
    pressure_db: tuple[float, float] = (0.0, 6.0)
    """Level at no pressure and at full pressure, on top of how hard the key was hit."""
    slide: Axis = "elevation"
    """What the third dimension of a finger (controller 74) moves."""
    slide_range: tuple[float, float] = (0.0, 90.0)


@dataclass(frozen=True, slots=True)
class Knob:
    """A controller that moves one value."""

    source: Source
    to: str
    """A key of `REACH`."""
    role: str = ""
    ends: tuple[float, float] = (0.0, 1.0)
    curve: str = "linear"
    takes_over: Literal["at once", "when met"] = "at once"
    """Whether it moves the value from its own place, however far off, or only after it has passed the value's."""
    relative: str = ""
    """Empty, or a row of `RELATIVE`."""
    start: float = 0.5
    """Where an endless knob stands at first, 0 to 1."""

    def value_at(self, turn: float) -> float:
        """Value where the knob stands at `turn`, 0 to 1."""
        low, high = self.ends
        return low + (high - low) * CURVES[self.curve](turn)

    def turn_at(self, value: float) -> float:
        """Where it stands at a value, or at the end that is nearest to it, within 1/65536."""
        low, high = self.ends
        below, above = 0.0, 1.0
        for _ in range(16):
            middle = (below + above) / 2
            if (self.value_at(middle) < value) == (low < high):
                below = middle
            else:
                above = middle
        return below if below == 0.0 else above


@dataclass(frozen=True, slots=True)
class Button:
    """Something that does one thing when it is pressed."""

    source: Source
    control: Control


@dataclass(frozen=True, slots=True)
class Light:
    """A light or a motor fader, and what it shows."""

    source: Source
    what: str
    """As in `controls.Feedback`."""
    of: str = ""
    """Role, cue or `role/pitch`; empty takes what concerns no role."""
    on: int = 127
    off: int = 0
    follows: bool = False
    """Shows every value between, as a fader or a ring of lights does."""
    touch: int = -1
    """Note that says a finger is on the fader; -1: it cannot say."""

    def shows(self, feedback: Feedback) -> bool:
        """Whether a value concerns it: a light of a role shows all the role's pitches."""
        return feedback.what == self.what and (
            feedback.of == self.of or (bool(self.of) and feedback.of.startswith(self.of + "/"))
        )


@dataclass(frozen=True, slots=True)
class Surface:
    """Everything that one kind of controller means, and what it shows."""

    name: str
    ports: tuple[str, ...] = ("*",)
    """Names of ports it may be found at; * and ? stand for anything, upper and lower case are the same."""
    hears: tuple[str, ...] = ("clock", "mtc", "msc")
    """Rows of `controllers.PROTOCOLS` besides its keys."""
    msc_device: int = 127
    """Number this show answers to in MIDI Show Control; 127: to any."""
    hello: tuple[bytes, ...] = ()
    """What is sent when it is plugged in."""
    pads: tuple[PadRow, ...] = ()
    keys: tuple[KeysRow, ...] = ()
    knobs: tuple[Knob, ...] = ()
    buttons: tuple[Button, ...] = ()
    lights: tuple[Light, ...] = ()

    def is_at(self, port: str) -> bool:
        """Whether a port of this name is one of its own."""
        return any(fnmatchcase(port.lower(), glob.lower()) for glob in self.ports)


def surface_for_roles(roles: Sequence[str]) -> Surface:
    """What a controller means that has no file: a pad and a keyboard for each role.

    Each role is a pad on channel 10, from note 36 up, and the keys of one channel: the first role on channel 1, and so
    on, past channel 10. On that channel controllers 7, 11, 10, 1 and 74 are its level, expression, azimuth, elevation
    and distance.
    """
    pads = tuple(PadRow(Source("note", 36 + n, 10), Pad(role)) for n, role in enumerate(roles[:92]))
    seated = list(zip((channel for channel in range(1, 17) if channel != 10), roles, strict=False))
    keys = tuple(KeysRow(Pad(role, trigger="hold"), channel=channel) for channel, role in seated)
    moves = {7: "level", 11: "expression", 10: "azimuth", 1: "elevation", 74: "distance"}
    knobs = tuple(
        Knob(Source("cc", cc, channel), to, role, REACH[to], "fader" if to == "level" else "linear")
        for channel, role in seated for cc, to in moves.items()
    )  # fmt: skip
    return Surface("any controller", pads=pads, keys=keys, knobs=knobs)
