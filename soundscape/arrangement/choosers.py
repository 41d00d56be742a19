"""Which sound plays a note: one row for each way to choose.

A chooser ranks all candidates, the best first, so that what came second is known too.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from soundscape.arrangement.chance import generator_for
from soundscape.arrangement.pitching import MOST_SEMITONES, heard_pitch
from soundscape.catalogue.segment import Recording, Segment
from soundscape.score.score import Note

Floats = NDArray[np.float64]
WEIGHTS: Mapping[str, float] = {"pitch": 3.0, "length": 1.0, "sure": 0.5, "clean": 0.5, "fresh": 0.4, "alike": 3.0}
"""What each term of a choice counts for."""


@dataclass(frozen=True, eq=False)
class Candidates:
    """What a role may choose from, with what choosing looks at as arrays in the same order."""

    segments: tuple[Segment, ...]
    pitches: Floats
    """NaN where there is no sure pitch."""
    lengths_s: Floats
    sureness: Floats
    cleanness: Floats
    """0 where its take has a fault, 1 elsewhere."""
    is_texture: NDArray[np.bool_]
    alikeness: Floats
    """Likeness to the role's example, 0..1; zeros where it has none."""

    @classmethod
    def of(cls, segments: tuple[Segment, ...], takes: Mapping[str, Recording],
           alikeness: Floats | None = None) -> Candidates:  # fmt: skip
        """Candidates in the order given, and the recordings they are from by id."""
        pitches = [heard_pitch(segment) for segment in segments]
        sureness = [segment.tags[0].confidence if segment.tags else 0.0 for segment in segments]
        return cls(
            segments,
            np.array([np.nan if pitch is None else pitch for pitch in pitches], np.float64),
            np.array([segment.duration_s for segment in segments], np.float64),
            np.array(sureness, np.float64),
            np.array([0.0 if takes[segment.recording_id].faults else 1.0 for segment in segments]),
            np.array([segment.kind == "texture" for segment in segments]),
            np.zeros(len(segments)) if alikeness is None else alikeness,
        )


@dataclass
class Memory:
    """What a role has played so far; each role has its own."""

    n_played: int = 0
    last: Counter[int] = field(default_factory=Counter)
    """Turn in which each candidate was last played, counted from 1."""
    rest_of_round: list[int] = field(default_factory=list)
    n_rounds: int = 0

    def remember(self, place: int) -> None:
        """Note down that a candidate plays now."""
        self.n_played += 1
        self.last[place] = self.n_played


@dataclass(frozen=True, eq=False)
class Asked:
    """One question: which of these plays this note."""

    note: Note
    role: str
    seed: int
    candidates: Candidates
    memory: Memory
    only_nearest: bool = False

    @property
    def name(self) -> str:
        """What is decided, for chance to be keyed by."""
        return f"{self.note.part}/{self.note.start_s:.6f}/{self.note.pitch}"


@dataclass(frozen=True, eq=False)
class Ranking:
    """Places of candidates, the best first, and the terms that decided."""

    order: NDArray[np.int64]
    totals: Floats
    terms: Mapping[str, Floats]


def fit_terms(asked: Asked) -> dict[str, Floats]:
    """How well each candidate suits a note, 0..1 by name: pitch, length, sure, clean, fresh."""
    candidates, memory = asked.candidates, asked.memory
    distance = np.abs(candidates.pitches - asked.note.pitch)
    has_pitch = np.isfinite(distance)
    pitch = np.where(has_pitch, 1.0 / (1.0 + np.nan_to_num(distance) / 5.0), 0.1)
    pitch = np.where(has_pitch & (np.nan_to_num(distance) > MOST_SEMITONES), 0.5 * pitch, pitch)
    enough = np.minimum(1.0, candidates.lengths_s / max(asked.note.duration_s, 0.05))
    fresh = np.ones(len(candidates.segments))
    for place, turn in memory.last.items():
        fresh[place] = 1.0 - 0.5 ** (memory.n_played - turn)
    return {
        "pitch": pitch, "length": np.where(candidates.is_texture, 1.0, enough), "sure": candidates.sureness,
        "clean": candidates.cleanness, "fresh": fresh,
    }  # fmt: skip


def _ranked(terms: Mapping[str, Floats]) -> Ranking:
    totals = sum((WEIGHTS[name] * values for name, values in terms.items()), np.zeros(len(next(iter(terms.values())))))
    return Ranking(np.argsort(-totals, kind="stable"), totals, terms)


def _best_pitch(asked: Asked) -> Ranking:
    terms = fit_terms(asked)
    return _ranked({"pitch": terms["pitch"]} if asked.only_nearest else terms)


def _alike(asked: Asked) -> Ranking:
    terms = fit_terms(asked)
    return _ranked({"alike": asked.candidates.alikeness, "fresh": terms["fresh"]})


def _random(asked: Asked) -> Ranking:
    drawn = generator_for(asked.seed, asked.role, asked.name).uniform(size=len(asked.candidates.segments))
    return Ranking(np.argsort(-drawn, kind="stable"), drawn, {"drawn": drawn})


def _round_robin(asked: Asked) -> Ranking:
    """All of them in turn, each round in an order of its own that does not begin with the last one played."""
    memory, count = asked.memory, len(asked.candidates.segments)
    if not memory.rest_of_round:
        order = generator_for(asked.seed, asked.role, "round", str(memory.n_rounds)).permutation(count).tolist()
        if count > 1 and memory.last.get(order[0], 0) == memory.n_played > 0:
            order = [*order[1:], order[0]]
        memory.rest_of_round, memory.n_rounds = order, memory.n_rounds + 1
    waiting = list(memory.rest_of_round)
    del memory.rest_of_round[0]
    order = np.array([*waiting, *(place for place in range(count) if place not in set(waiting))], np.int64)
    totals = np.zeros(count)
    totals[order] = np.linspace(1.0, 0.0, count)
    return Ranking(order, totals, {"turn": totals})


@dataclass(frozen=True, slots=True)
class Chooser:
    """One way to choose."""

    about: str
    rank: Callable[[Asked], Ranking]


CHOOSERS: Mapping[str, Chooser] = {
    "best pitch": Chooser("nearest in pitch, long enough, surely what was wanted, not just played", _best_pitch),
    "round robin": Chooser("all in turn, none twice in a round", _round_robin),
    "like": Chooser("most alike to an example", _alike),
    "random": Chooser("drawn by lot, by the note's name", _random),
}
"""Every way to choose that a role may name."""
