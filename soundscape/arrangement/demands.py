"""What the parts of a score ask of a sound: range, length, density, hardness, and what they are called."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass

import numpy as np

from soundscape.arrangement.general_midi import KEYS, OTHER_KEY, Key, family_of_program
from soundscape.arrangement.levels import controlled_level, velocity_db
from soundscape.score.score import Note, Part, Score


@dataclass(frozen=True, slots=True)
class Demand:
    """What one part, or one key of a percussion part, asks for."""

    name: str
    part: str
    n_notes: int
    pitches: tuple[tuple[int, int], ...]
    """(pitch, number of notes), rising."""
    length_s: float
    """Of a long one of its notes (three quarters are shorter): what a sound must be able to fill."""
    interval_s: float
    """Between two onsets, typically: what a sound must be able to follow."""
    polyphony: float
    """Notes that sound at once, on average while any does."""
    level_db: float
    """Of its velocities and its volume controller, in the middle."""
    is_struck: bool
    hopes: tuple[str, ...]
    key: Key | None = None
    """For a percussion key: what it would be on a drum kit."""

    @property
    def median_pitch(self) -> float:
        """Pitch in the middle of its notes."""
        return float(np.median(np.repeat(*np.array(self.pitches).T)))

    @property
    def is_melodic(self) -> bool:
        """Whether pitch matters."""
        return self.key is None


def demands_of(score: Score) -> tuple[Demand, ...]:
    """One demand for each part that plays, and for each key of a percussion part, in the order of the score."""
    parts = {part.name for part in score.parts}
    return tuple(demand for part in score.parts for demand in _of_part(part, score.notes_of(part.name), parts))


def _of_part(part: Part, notes: tuple[Note, ...], parts: Collection[str]) -> Iterator[Demand]:
    if not notes:
        return
    if not part.is_percussion:
        family = family_of_program(part.program)
        yield _demand(part.name, part, notes, is_struck=family.is_struck, hopes=family.hopes)
        return
    for pitch in sorted({note.pitch for note in notes}):
        key = KEYS.get(pitch, OTHER_KEY)
        own = tuple(note for note in notes if note.pitch == pitch)
        name = f"{part.name} key {pitch}"
        name = f"{name} (percussion)" if name in parts else name  # a part may be called so
        yield _demand(name, part, own, is_struck=True, hopes=key.hopes, key=key)


def _demand(name: str, part: Part, notes: tuple[Note, ...], *, is_struck: bool, hopes: tuple[str, ...],
            key: Key | None = None) -> Demand:  # fmt: skip
    onsets_s = np.unique([note.start_s for note in notes])
    lengths_s = np.array([note.duration_s for note in notes])
    covered_s = _covered_s(notes)
    return Demand(
        name, part.name, len(notes), tuple(sorted(Counter(note.pitch for note in notes).items())),
        float(np.quantile(lengths_s, 0.75)), float(np.median(np.diff(onsets_s))) if len(onsets_s) > 1 else 10.0,
        float(lengths_s.sum() / covered_s) if covered_s > 0.0 else 1.0,
        _level_db(part, notes), is_struck, hopes, key,
    )  # fmt: skip


def _level_db(part: Part, notes: tuple[Note, ...]) -> float:
    levels = [velocity_db(note.velocity) for note in notes]
    volumes = [controlled_level(part, note.start_s, note.start_s + 0.05) for note in notes[:: max(1, len(notes) // 50)]]
    return float(np.median(levels) + np.median([0.0 if curve is None else curve.values[0] for curve in volumes]))


def _covered_s(notes: tuple[Note, ...]) -> float:
    covered_s, reached_s = 0.0, 0.0
    for note in notes:
        end_s = note.start_s + note.duration_s
        covered_s += max(0.0, end_s - max(reached_s, note.start_s))
        reached_s = max(reached_s, end_s)
    return covered_s
