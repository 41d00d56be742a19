"""Roles, casts and pieces: who listens to which notes, wants which sounds, and stands where."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from soundscape.arrangement.choosers import CHOOSERS
from soundscape.arrangement.pitching import PITCHINGS
from soundscape.arrangement.steering import AXES
from soundscape.arrangement.tuning import Tuning
from soundscape.catalogue.query import Query
from soundscape.catalogue.terms import Everything
from soundscape.score.score import Note
from soundscape.space.measured import MeasuredRoom
from soundscape.space.room import Room
from soundscape.space.trajectory import Trajectory

PathClock = Literal["piece", "event"]


@dataclass(frozen=True, slots=True)
class Role:
    """One player: the notes it hears, the sounds it wants, and how it plays them.

    Whatever is None is decided for each sound, by what it is: a bell rings on after its note, a flute stops with it,
    wind goes round for as long as the note lasts.
    """

    name: str
    parts: tuple[str, ...] = ()
    """Parts of the score it listens to; none means all of them."""
    pitches: tuple[int, int] = (0, 127)
    velocities: tuple[int, int] = (1, 127)
    wants: Query = field(default_factory=Everything)
    choose: str = "best pitch"
    """A row of `choosers.CHOOSERS`."""
    like: str = ""
    """What the chooser `like` compares with: the id of a segment, or a query."""
    pitch: str = "transposed"
    """A row of `pitching.PITCHINGS`."""
    tune: str = ""
    """`equal` or `objects` (`tuned.TUNES`); empty is as the piece is."""
    path: Trajectory | None = None
    """Where it stands or moves; None follows the part's pan controller."""
    path_clock: PathClock = "piece"
    """Whether the path's time counts from the start of the piece (one walk) or of each event (always the same way)."""
    steer: tuple[tuple[str, int], ...] = ()
    """(axis of `steering.AXES`, controller number): the score moves it."""
    gain_db: float = 0.0
    fade_in_s: float | None = None
    fade_out_s: float | None = None
    max_voices: int = 16
    spread_deg: float = 0.0
    room_db: float = 0.0
    doppler: bool = False
    pair_deg: float | None = None
    turn_deg: tuple[float, float, float] = (0.0, 0.0, 0.0)
    sound_field: str = ""
    speaker: str = ""
    zone: str = ""
    loops: bool | None = None
    rings: bool | None = None

    def __post_init__(self) -> None:
        for what, value, table in (("choose", self.choose, CHOOSERS), ("pitch", self.pitch, PITCHINGS)):
            if value not in table:
                raise ValueError(f"role {self.name!r}: {what} is {value!r}, not one of {', '.join(table)}")
        if self.tune not in ("", "equal", "objects"):
            raise ValueError(f"role {self.name!r}: tune is {self.tune!r}, not equal or objects")
        if any(axis not in AXES or not 0 <= number <= 127 for axis, number in self.steer):
            raise ValueError(f"role {self.name!r}: steer is {self.steer}")
        if not self.name or self.max_voices < 1:
            raise ValueError(f"role {self.name!r}: a name and at least one voice are needed")

    def hears(self, note: Note) -> bool:
        """Whether it plays a note.

        Examples
        --------
        >>> Role("low bell", pitches=(0, 48)).hears(Note(0.0, "Bells", 60, 1.0, 90))
        False
        """
        return (
            (not self.parts or note.part in self.parts)
            and self.pitches[0] <= note.pitch <= self.pitches[1]
            and self.velocities[0] <= note.velocity <= self.velocities[1]
        )


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a part is played by these sounds: how well they suit, and what came next."""

    role: str
    part: str
    chosen: str
    terms: tuple[tuple[str, float], ...]
    """What spoke for it, 0..1 each, by name."""
    total: float
    runners_up: tuple[tuple[str, float], ...] = ()
    """What came second and third, and how well it would have suited."""


@dataclass(frozen=True, slots=True)
class Cast:
    """The roles of a piece; a note that two of them hear is played twice."""

    roles: tuple[Role, ...]
    reasons: tuple[Reason, ...] = ()
    """For a cast that was made by `cast_for`: one for each role."""

    def __post_init__(self) -> None:
        names = [role.name for role in self.roles]
        if len(set(names)) != len(names):
            raise ValueError(f"names of roles must be unique, got {names}")

    def role(self, name: str) -> Role:
        """Role of that name."""
        return {role.name: role for role in self.roles}[name]


@dataclass(frozen=True, slots=True)
class Piece:
    """A score, the cast that plays it, and the room it is written for."""

    title: str
    score: Path
    cast: Cast
    title_zh: str = ""
    layout: str = "7.1.4"
    room: str | Room | MeasuredRoom = "none"
    panner: str = ""
    loudness_lufs: float = -20.0
    seed: int = 0
    tune: str | Tuning = "equal"
    """`equal`, `objects` (`tuned.TUNES`), or a scale."""
