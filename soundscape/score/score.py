"""A score as a value: notes in seconds, the parts that play them, tempo, metres, markers, words."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

from soundscape.score.curve import Curve


@dataclass(frozen=True, slots=True, order=True)
class Note:
    """One note. `duration_s` is how long it sounds, sustain pedal included; `pitch` and `velocity` as in MIDI."""

    start_s: float
    part: str
    pitch: int
    duration_s: float
    velocity: int

    def __post_init__(self) -> None:
        if not (self.start_s >= 0.0 and self.duration_s >= 0.0):
            raise ValueError(f"a note starts at {self.start_s} s and lasts {self.duration_s} s")
        if not (0 <= self.pitch <= 127 and 1 <= self.velocity <= 127):
            raise ValueError(f"pitch {self.pitch} must be in 0..127, velocity {self.velocity} in 1..127")


@dataclass(frozen=True, slots=True)
class Marker:
    """A word at a moment: a rehearsal mark, a cue, a lyric."""

    time_s: float
    text: str


@dataclass(frozen=True, slots=True)
class Metre:
    """So many beats of such a note in a bar, from a moment on: 6 and 8 are six eighths."""

    time_s: float
    beats: int
    unit: int


@dataclass(frozen=True, slots=True)
class Part:
    """One voice of a score: what one MIDI channel of one track plays, with one programme."""

    name: str
    """Unique in the score: the track's name where there is one, else made from track, channel and programme."""
    channel: int
    """0 to 15; 9 is percussion by General MIDI's custom."""
    program: int = 0
    is_percussion: bool = False
    controls: tuple[tuple[int, Curve], ...] = ()
    """(controller number, values 0..127 over the whole score), in rising order of number."""
    bend: Curve | None = None
    """Semitones over the whole score, bend range already applied; None where nothing bends."""

    def control(self, number: int) -> Curve | None:
        """Curve of a controller, or None if the part never moves it."""
        return dict(self.controls).get(number)


@dataclass(frozen=True)
class Score:
    """A piece of music as seconds. `notes` are in canonical order (time, part, pitch)."""

    title: str
    parts: tuple[Part, ...]
    notes: tuple[Note, ...]
    duration_s: float
    markers: tuple[Marker, ...] = ()
    lyrics: tuple[Marker, ...] = ()
    tempo_bpm: Curve = field(default=Curve((0.0,), (120.0,)))
    """Quarter notes per minute, as steps."""
    warnings: tuple[str, ...] = ()
    """What was odd in the file and how it was read, one line each."""
    metres: tuple[Metre, ...] = (Metre(0.0, 4, 4),)

    def __post_init__(self) -> None:
        object.__setattr__(self, "notes", tuple(sorted(self.notes)))
        names = [part.name for part in self.parts]
        if len(set(names)) != len(names):
            raise ValueError(f"part names must be unique, got {names}")

    def part(self, name: str) -> Part:
        """Part of that name."""
        return {part.name: part for part in self.parts}[name]

    def notes_of(self, part: str) -> tuple[Note, ...]:
        """Notes that a part plays, in order."""
        return self._by_part.get(part, ())

    @cached_property
    def _by_part(self) -> dict[str, tuple[Note, ...]]:
        played: dict[str, list[Note]] = {}
        for note in self.notes:
            played.setdefault(note.part, []).append(note)
        return {part: tuple(notes) for part, notes in played.items()}
