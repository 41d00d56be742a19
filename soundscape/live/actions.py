"""What was done to the engine in a show, and when it took effect: values that know no layout and no device.

A controller's wish (`soundscape.live.controls`) becomes one or more of these. Done again in the same order they give
the same show. Times are frames of the show, but for the event of a `Play`, which speaks seconds as every event does.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from typing import get_args

from soundscape.arrangement.event import Event
from soundscape.live.controls import Axis

MOST_FRAMES = 2**53
"""No frame is beyond it: 5,000 years."""
MOST_VALUE = 1e6
"""Nothing is bent, moved or levelled further: beyond it is a slip of the pen."""

AXES: tuple[Axis, ...] = get_args(Axis)


@dataclass(frozen=True, slots=True)
class Play:
    """A sound began; `sound` is its number, never given twice in a show.

    The event's time counts from `origin_frame`, whole rows of the gain grid: what the score plays keeps the times it
    has in the score.
    """

    sound: int
    event: Event
    origin_frame: int = 0

    def __post_init__(self) -> None:
        _check_frames(self)


@dataclass(frozen=True, slots=True)
class Stop:
    """A sound was faded out from a frame on; or only one of its voices, whose source was late."""

    sound: int
    at_frame: int
    fade_frames: int
    voice: int = -1

    def __post_init__(self) -> None:
        _check_frames(self)


@dataclass(frozen=True, slots=True)
class Resume:
    """A voice whose source was late came back from a frame on, with a fade, where it would have been by then."""

    sound: int
    at_frame: int
    fade_frames: int
    voice: int

    def __post_init__(self) -> None:
        _check_frames(self)


@dataclass(frozen=True, slots=True)
class Shape:
    """A sound was bent, moved or made louder, to a value: semitones, dB, degrees or metres, as its axis has it."""

    sound: int
    at_frame: int
    axis: Axis
    value: float

    def __post_init__(self) -> None:
        _check_frames(self)
        if self.axis not in AXES:
            raise ValueError(f"axis is {self.axis!r}; it is one of {', '.join(AXES)}")
        _check_value("value", self.value)


@dataclass(frozen=True, slots=True)
class Level:
    """A role, or everything where `group` is empty, was brought to a level; -120 dB and below is silence."""

    group: str
    at_frame: int
    level_db: float
    over_frames: int

    def __post_init__(self) -> None:
        _check_frames(self)
        _check_value("level_db", self.level_db)


@dataclass(frozen=True, slots=True)
class Panic:
    """Every sound was silenced at a frame."""

    at_frame: int

    def __post_init__(self) -> None:
        _check_frames(self)


@dataclass(frozen=True, slots=True)
class Note:
    """A remark, for whoever reads the journal: a device was lost, a cue was fired. It did nothing to the engine."""

    text: str


Action = Play | Stop | Resume | Shape | Level | Panic | Note


def _check_frames(action: Play | Stop | Resume | Shape | Level | Panic) -> None:
    for field in fields(action):
        if field.name == "sound" or field.name.endswith(("_frame", "_frames")):
            value = getattr(action, field.name)
            # A score that is played from its middle begins before the show.
            least = -MOST_FRAMES if field.name == "origin_frame" else 0
            if not least <= value <= MOST_FRAMES:
                raise ValueError(f"{type(action).__name__}: {field.name} is {value}; it goes from 0 to {MOST_FRAMES}")


def _check_value(name: str, value: float) -> None:
    if not math.isfinite(value) or abs(value) > MOST_VALUE:
        raise ValueError(f"{name} is {value}; it goes from -{MOST_VALUE:g} to {MOST_VALUE:g}")
