"""What a performer can ask of a show: one value for each thing, whatever protocol it came in by.

Controllers make these of MIDI, OSC and keys; the desk answers them. Nothing here makes sound.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Trigger = Literal["one-shot", "hold", "toggle", "loop"]
"""Sounds to its end; while it is held; from one press to the next; goes round from one press to the next."""

Axis = Literal["bend", "level", "azimuth", "elevation", "distance"]
"""Semitones, dB, degrees to the left, degrees up, metres."""


@dataclass(frozen=True, slots=True)
class Pad:
    """What a pad or a key plays, and how."""

    role: str
    pitch: int = 60
    """Note it plays, as in MIDI; sounds of roles that do not transpose keep their own pitch."""
    trigger: Trigger = "one-shot"
    choke: str = ""
    """Sounds of one group cut each other off; empty is no group."""
    quantise_beats: float = 0.0
    """Starts on the next multiple of so many beats; 0 is at once."""
    gain_db: float = 0.0
    fixed_velocity: int = 0
    """1 to 127: as loud whatever the finger does; 0: as hard as it was hit."""


@dataclass(frozen=True, slots=True)
class Press:
    """A pad goes down. `finger` is unique among those that are down, so that its release finds it."""

    pad: Pad
    velocity: int
    finger: str


@dataclass(frozen=True, slots=True)
class Release:
    """A finger goes up, with the pedal up as well."""

    finger: str


@dataclass(frozen=True, slots=True)
class Shape:
    """A finger that is down, or all sounds of a role, are bent, moved or made louder: to a value, not by one."""

    axis: Axis
    value: float
    finger: str = ""
    role: str = ""


@dataclass(frozen=True, slots=True)
class Go:
    """The cue that is next, or the one of this name."""

    cue: str = ""


@dataclass(frozen=True, slots=True)
class Standby:
    """Make a cue the next one: by its name, or so many further on."""

    cue: str = ""
    by: int = 0


@dataclass(frozen=True, slots=True)
class Transport:
    """Let the score play from where it is, stop it there, or put it elsewhere."""

    does: Literal["play", "stop", "locate"]
    to_s: float = 0.0
    to_beat: float | None = None
    """Beat of the score to locate, instead of seconds: a clock that counts beats knows no other place."""


@dataclass(frozen=True, slots=True)
class Beat:
    """A beat of a clock from outside: where it is, and how fast it goes."""

    beat: float
    tempo_bpm: float


@dataclass(frozen=True, slots=True)
class Chase:
    """Timecode from outside: where the score should be. `is_running` False: it stands there."""

    at_s: float
    is_running: bool = True


@dataclass(frozen=True, slots=True)
class Level:
    """Level of a role, or of everything where no role is named; -120 dB and below is silence."""

    level_db: float
    role: str = ""
    over_s: float = 0.02


@dataclass(frozen=True, slots=True)
class Mute:
    """Silence a role, or let it sound again; None: the other way round."""

    role: str
    on: bool | None = None


@dataclass(frozen=True, slots=True)
class Solo:
    """Silence all roles that are not soloed; None: the other way round."""

    role: str
    on: bool | None = None


@dataclass(frozen=True, slots=True)
class FadeAll:
    """Fade everything out and stop it."""

    over_s: float = 4.0


@dataclass(frozen=True, slots=True)
class Panic:
    """Silence, now. It clears nothing: levels, cues and mappings stay."""


@dataclass(frozen=True, slots=True)
class Undo:
    """Take back the last change of levels, mutes, solos or snapshots."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Keep levels, mutes and solos under a name, or bring them back."""

    name: str
    recall: bool = False
    over_s: float = 0.5


@dataclass(frozen=True, slots=True)
class Lock:
    """Let nothing but the show itself be asked by keys, OSC and a pipe, or all again: asked twice in a row."""

    on: bool = True


Control = (
    Press | Release | Shape | Go | Standby | Transport | Beat | Chase | Level | Mute | Solo | FadeAll | Panic | Undo
    | Snapshot | Lock
)  # fmt: skip


Shown = Literal["playing", "armed", "muted", "soloed", "level", "master", "running", "cue"]


@dataclass(frozen=True, slots=True)
class Feedback:
    """What a controller may show: a light, a fader's place, a word. `value` goes from 0 to 1.

    Levels are places on a fader, `faders.place_of(level_db)`; knobs that wait until they are met read them too.
    """

    what: Shown
    of: str = ""
    """Role, cue, or `Pad.role/pitch` of a pad."""
    value: float = 1.0
    text: str = ""
