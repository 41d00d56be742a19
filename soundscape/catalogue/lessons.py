"""What is learned from persons' corrections, as the catalogue keeps it.

What the machine heard stays as it is, in the table `heard`; where a lesson says otherwise its word stands in `learned`,
so that forgetting gives back exactly what was. A person's correction goes above both.
"""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import groupby
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from soundscape.catalogue.corrections import attached, hold, settle
from soundscape.catalogue.rows import in_order, tags_of
from soundscape.catalogue.scores import LEAST, load_scores
from soundscape.catalogue.segment import Tag

Floats = NDArray[np.float32]
NOTHING = ""
"""Name in `learned` of a segment that a lesson leaves without a tag."""
MOST_NAMED = 12
"""So many segments that a lesson calls otherwise are named one by one."""
VERSION = 1
"""Of how lessons are written and meant; one of another version is learned again."""


@dataclass(frozen=True, eq=False)
class Example:
    """A segment that persons said something about."""

    recording_id: str
    present: tuple[str, ...]
    absent: tuple[str, ...]
    vector: Floats
    scores: Floats
    """(n_names,) log-probabilities before anybody said anything."""


@dataclass(frozen=True, eq=False)
class Lesson:
    """What was learned: the examples, what they are measured by, and whether that is any good."""

    analyser: str
    """Version of the analysis whose vectors and scores the examples have: it can say nothing about another's."""
    names: tuple[str, ...] = ()
    """What the columns of the examples' scores are called."""
    examples: tuple[Example, ...] = ()
    reach: float = 0.0
    """Distance of vectors at which an example's word has lost most of its weight."""
    trust: float = 1.0
    """What the word of one recording weighs: less where corrected recordings do not agree with what others teach."""
    n_corrections: int = 0
    right_before: int = 0
    """How many examples the machine has right without the lesson."""
    right_after: int = 0
    """How many it has right with it, each heard by what the other recordings teach."""
    is_used: bool = True
    learned_at: str = ""

    @property
    def n_recordings(self) -> int:
        """In how many recordings persons corrected something."""
        return len({example.recording_id for example in self.examples})


@dataclass(frozen=True, eq=False)
class Ground:
    """Everything that learning looks at: segments of one analysis, and what persons said about some."""

    analyser: str
    segments: NDArray[np.int64]
    """(n,) their numbers, in the order of their ids: whatever was heard first, it is the same."""
    recordings: tuple[str, ...]
    """Which one each is of."""
    vectors: Floats
    scores: Floats
    """(n, n_names) log-probabilities."""
    names: tuple[str, ...]
    said: Mapping[int, tuple[str, Mapping[str, bool]]]
    """By the place of a corrected segment in `segments`: its recording, and for each name whether it is there."""

    def present(self) -> dict[int, frozenset[str]]:
        """By the place of a corrected segment: the names that persons said are there."""
        return {place: frozenset(name for name, is_there in words.items() if is_there)
                for place, (_, words) in self.said.items()}  # fmt: skip


class Renamed(NamedTuple):
    """A segment whose surest tag became another one; an empty name is no tag."""

    segment_id: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Change:
    """What became of the tags when a lesson was kept."""

    n_segments: int = 0
    """Segments whose surest tag is another one now."""
    moves: Mapping[tuple[str, str], int] = field(default_factory=dict, hash=False)
    """How many went from one tag to another, the most first; an empty name is no tag."""
    first: tuple[Renamed, ...] = ()
    """Some of these segments, at most `MOST_NAMED`, in the order of `moves` and of their ids."""


def ground(database: sqlite3.Connection) -> Ground:
    """Segments of the analysis that most segments were heard by, with their scores and corrections."""
    row = database.execute(
        "SELECT analyser FROM scores JOIN segments ON segment = segments.number"
        " JOIN recordings ON recording_id = recordings.id GROUP BY analyser ORDER BY count(*) DESC, analyser DESC"
    ).fetchone()
    analyser = row[0] if row else ""
    rows = database.execute(
        "SELECT segments.number, recording_id, vector FROM scores JOIN segments ON scores.segment = segments.number"
        " JOIN vectors ON vectors.segment = segments.number JOIN recordings ON recording_id = recordings.id"
        " WHERE analyser = ? ORDER BY segments.id",
        (analyser,),
    ).fetchall()
    numbers = np.array([row[0] for row in rows], np.int64)
    recordings = tuple(row[1] for row in rows)
    vectors = np.frombuffer(b"".join(row[2] for row in rows), "<f4").reshape(len(rows), -1 if rows else 0)
    scores, names = _in_one_table(load_scores(database), numbers)
    return Ground(analyser, numbers, recordings, vectors, scores, names, _said(database, numbers))


def _in_one_table(
    tables: Mapping[tuple[str, ...], tuple[NDArray[np.int64], Floats]], numbers: NDArray[np.int64]
) -> tuple[Floats, tuple[str, ...]]:
    """Scores of segments for every name there is: what a model does not know it takes for next to impossible."""
    names = tuple(dict.fromkeys(name for known in sorted(tables, key=len, reverse=True) for name in known))
    column = {name: place for place, name in enumerate(names)}
    scores = np.full((len(numbers), len(names)), np.log(LEAST), np.float32)
    for known, (segments, values) in tables.items():
        _, places, rows = np.intersect1d(numbers, segments, assume_unique=True, return_indices=True)
        scores[np.ix_(places, np.array([column[name] for name in known], int))] = values[rows]
    return scores, names


def _said(database: sqlite3.Connection, numbers: NDArray[np.int64]) -> dict[int, tuple[str, dict[str, bool]]]:
    place_of = {int(number): place for place, number in enumerate(numbers)}
    found: dict[int, tuple[str, dict[str, bool]]] = {}
    recordings = database.execute("SELECT DISTINCT recording_id FROM corrections ORDER BY recording_id").fetchall()
    for (recording_id,) in recordings:
        present = {
            (start_s, end_s, name): bool(is_there)
            for start_s, end_s, name, is_there in database.execute(
                "SELECT start_s, end_s, name, present FROM corrections WHERE recording_id = ?", (recording_id,)
            )
        }
        for stretch, number in sorted(attached(database, recording_id).items()):
            if number in place_of:
                _, words = found.setdefault(place_of[number], (recording_id, {}))
                words[stretch[2]] = words.get(stretch[2], False) or present[stretch]
    return dict(sorted(found.items(), key=lambda one: (one[1][0], one[0])))


def keep_lesson(database: sqlite3.Connection, lesson: Lesson | None, learned: Mapping[int, Sequence[Tag]]) -> Change:
    """Keep a lesson, or none, in place of the one before, and let its tags hold on the segments it has a word on."""
    rows = database.execute("SELECT segment, name, confidence FROM learned ORDER BY segment, name").fetchall()
    before = {number: tuple(row[1:] for row in group) for number, group in groupby(rows, key=lambda row: row[0])}
    after = {number: _rows(tags) for number, tags in learned.items()}
    changed = sorted(n for n in before.keys() | after.keys() if before.get(n) != after.get(n))
    surest = _surest(database, changed)
    corrected = _corrected(database)
    database.executemany("DELETE FROM learned WHERE segment = ?", [(number,) for number in changed])
    put_learned(database, {number: learned[number] for number in changed if number in learned})
    database.execute("DELETE FROM lessons")
    if lesson is not None:
        _put_lesson(database, lesson)
    _settle_segments(database, changed)
    now = _surest(database, changed)
    return _change(database, ((n, surest[n], tag) for n, tag in now.items() if n not in corrected))


def effect(database: sqlite3.Connection) -> Change:
    """What segments that nobody corrected are called otherwise than they would be without the lesson that holds."""
    corrected = _corrected(database)
    learned, heard = (
        {number: in_order(tags)[0].name for number, tags in
         tags_of(database.execute(f"SELECT segment, name, confidence, 'machine' FROM {table}"
                                  " WHERE segment IN (SELECT segment FROM learned)")).items()}
        for table in ("learned", "heard")
    )  # fmt: skip
    return _change(database, ((n, heard.get(n, NOTHING), name) for n, name in learned.items() if n not in corrected))


def _corrected(database: sqlite3.Connection) -> set[int]:
    """Numbers of the segments that persons said something about."""
    recordings = database.execute("SELECT DISTINCT recording_id FROM corrections").fetchall()
    return {number for (recording_id,) in recordings for number in attached(database, recording_id).values()}


def _change(database: sqlite3.Connection, tags: Iterable[tuple[int, str, str]]) -> Change:
    """What became of segments, by their numbers, with their surest tags before and after."""
    renamed = {number: (before, after) for number, before, after in tags if before != after}
    moves = dict(sorted(Counter(renamed.values()).items(), key=lambda move: (-move[1], move[0])))
    ids = dict(
        database.execute(
            "SELECT number, id FROM segments WHERE number IN (SELECT value FROM json_each(?))",
            (json.dumps(list(renamed)),),
        ).fetchall()
    )
    place = {move: n for n, move in enumerate(moves)}
    named = sorted(renamed, key=lambda number: (place[renamed[number]], ids[number]))[:MOST_NAMED]
    return Change(len(renamed), moves, tuple(Renamed(ids[number], *renamed[number]) for number in named))


def put_learned(database: sqlite3.Connection, learned: Mapping[int, Sequence[Tag]]) -> None:
    """Keep what a lesson says about segments, by their numbers."""
    database.executemany(
        "INSERT INTO learned VALUES (?, ?, ?)",
        [(number, *row) for number, tags in learned.items() for row in _rows(tags)],
    )


def _rows(tags: Sequence[Tag]) -> tuple[tuple[str, float], ...]:
    return tuple(sorted((tag.name, tag.confidence) for tag in tags)) or ((NOTHING, 0.0),)


def _surest(database: sqlite3.Connection, numbers: Iterable[int]) -> dict[int, str]:
    rows = database.execute(
        "SELECT number, tag FROM segments WHERE number IN (SELECT value FROM json_each(?))",
        (json.dumps(list(numbers)),),
    )
    return dict(rows.fetchall())


def _settle_segments(database: sqlite3.Connection, numbers: Sequence[int]) -> None:
    """Work out again what holds on segments; those of recordings that nobody corrected need no look at the others."""
    these = json.dumps(list(numbers))
    corrected = database.execute(
        "SELECT DISTINCT recording_id FROM segments WHERE number IN (SELECT value FROM json_each(?))"
        " AND recording_id IN (SELECT recording_id FROM corrections) ORDER BY recording_id",
        (these,),
    ).fetchall()
    for (recording_id,) in corrected:
        settle(database, recording_id)
    hold(
        database,
        "SELECT number FROM segments WHERE number IN (SELECT value FROM json_each(?))"
        " AND recording_id NOT IN (SELECT recording_id FROM corrections)",
        these,
    )


def _put_lesson(database: sqlite3.Connection, lesson: Lesson) -> None:
    about = {
        "analyser": lesson.analyser, "names": lesson.names, "reach": lesson.reach, "trust": lesson.trust,
        "is_used": lesson.is_used,
        "right_before": lesson.right_before, "right_after": lesson.right_after,
        "examples": [[one.recording_id, one.present, one.absent] for one in lesson.examples],
    }  # fmt: skip
    weights = b"".join(np.concatenate([one.vector, one.scores]).astype("<f4").tobytes() for one in lesson.examples)
    now = datetime.now(UTC).isoformat(timespec="seconds")
    database.execute(
        "INSERT INTO lessons (version, learned_at, n_corrections, about, weights) VALUES (?, ?, ?, ?, ?)",
        (VERSION, now, lesson.n_corrections, json.dumps(about, ensure_ascii=False), weights),
    )


def load_lesson(database: sqlite3.Connection) -> Lesson | None:
    """The lesson that holds, if there is one that this program understands."""
    row = database.execute(
        "SELECT learned_at, n_corrections, about, weights FROM lessons WHERE version = ? ORDER BY number DESC LIMIT 1",
        (VERSION,),
    ).fetchone()
    if row is None:
        return None
    learned_at, n_corrections, about, weights = row
    told: dict[str, Any] = json.loads(about)
    names, said = tuple(told.pop("names")), told.pop("examples")
    table = np.frombuffer(weights, "<f4").reshape(len(said), -1 if said else 0)
    n_vector = table.shape[1] - len(names)
    examples = tuple(
        Example(recording_id, tuple(present), tuple(absent), line[:n_vector], line[n_vector:])
        for (recording_id, present, absent), line in zip(said, table, strict=True)
    )
    return Lesson(names=names, examples=examples, n_corrections=n_corrections, learned_at=learned_at, **told)
