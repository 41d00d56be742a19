"""Learning from corrections: what persons said about some segments, believed of those that sound like them.

The model's probabilities are taken as what `STRENGTH` earlier cases had told, and every corrected recording as a case
more, as far as a segment sounds like it: the mean of a Dirichlet distribution after its counts (Gelman and others,
Bayesian Data Analysis, 3.4) with counts weighted by a kernel (Nadaraya, Theory of Probability 9, 1964). So without
corrections the model's word stands to the digit, and far from all corrections too; many tell more than one; and fifty
corrections of one recording weigh no more than the nearest of them. What is told of a name is told of those above it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from soundscape.analysis.heard import Analysis
from soundscape.analysis.taggers.shipped import LIKELY, MOST_TAGS, tags_of
from soundscape.catalogue.lessons import Change, Example, Ground, Lesson
from soundscape.catalogue.rows import in_order
from soundscape.catalogue.scores import LEAST
from soundscape.catalogue.segment import Tag
from soundscape.catalogue.store import Store
from soundscape.catalogue.tags import ancestors, is_a

Floats = NDArray[np.float32]
Flags = NDArray[np.bool_]

STRENGTH = 1.0
"""How many recordings heard by heart the model's word weighs as much as."""
NEAR = 0.55
"""Share of the usual distance of two segments at which what one teaches has lost much of its weight for the other."""
AGREE = 0.5
"""How far the model's probabilities of two segments may differ (1 - Bhattacharyya's coefficient), likewise."""
FAINT = 0.05
"""What weighs less is not believed at all: the rest of a catalogue is left alone."""
NARROWEST, WIDEST = 0.5, 1.0
"""Between these the usual distance is believed: a catalogue may hold one kind of sound alone, or many that are not
alike at all."""
MOST_PICKED = 1000
ROWS = 4096


@dataclass(frozen=True, slots=True)
class Learned:
    """What was learned, and what it changed."""

    lesson: Lesson
    change: Change


def learn(store: Store) -> Learned:
    """Learn from all corrections in a catalogue, and let what was learned hold on every segment.

    Whatever was learned before is replaced: the result depends on the corrections, not on their order. A lesson that
    is worse than none, judged on the corrected recordings by what the others teach, is kept as one that is not used.
    """
    made: list[Lesson] = []
    had_one = store.lesson() is not None

    def lesson_of(ground: Ground) -> tuple[Lesson | None, Mapping[int, Sequence[Tag]]]:
        lesson = lesson_from(ground)
        made.append(lesson)
        if not lesson.examples:  # an empty lesson stays where there was one: corrected takes may come back
            return (lesson if had_one else None), {}
        tags = tags_by(lesson, ground.vectors, ground.scores, ground.names, ground.recordings, ground.present())
        return lesson, {int(ground.segments[place]): row for place, row in tags.items()}

    change = store.teach(lesson_of)
    return Learned(made[0], change)


def lesson_from(ground: Ground) -> Lesson:
    """What can be learned from the corrections of a catalogue; without any, a lesson without examples."""
    examples = tuple(
        Example(recording_id, _words(said, is_there=True), _words(said, is_there=False),
                ground.vectors[place], ground.scores[place])
        for place, (recording_id, said) in ground.said.items()
    )  # fmt: skip
    reach = _usual_distance(ground.vectors) * NEAR
    n_corrections = sum(len(one.present) + len(one.absent) for one in examples)
    lesson = Lesson(ground.analyser, ground.names, examples, reach, n_corrections=n_corrections)
    if not examples:
        return lesson
    lesson = replace(lesson, trust=_trust(*_by_the_others(lesson)))
    before, after, _ = (int(column.sum()) for column in _by_the_others(lesson))
    return replace(lesson, right_before=before, right_after=after, is_used=after >= before)


def tags_by(
    lesson: Lesson, vectors: Floats, scores: Floats, names: Sequence[str], recordings: Sequence[str],
    said: Mapping[int, Collection[str]] = MappingProxyType({}),
) -> dict[int, tuple[Tag, ...]]:  # fmt: skip
    """Tags by a lesson of those segments on which it has a word, by their rows.

    Parameters
    ----------
    lesson : Lesson
    vectors : (n_segments, n_columns) float32 of length 1
    scores : (n_segments, n_names) float32
        Log-probabilities of `names`, without the lesson.
    recordings : n_segments ids
        In its own recording a correction is believed whatever others say.
    said : names by row
        What persons said is there. Nothing is left to learn of it, so that the other names lose nothing to it.
    """
    if not lesson.is_used or not lesson.examples or vectors.shape[1:] != lesson.examples[0].vector.shape:
        return {}
    known = tuple(dict.fromkeys([*lesson.names, *names]))
    examples = _scores_of(lesson.examples, lesson.names, known)
    number = {key: n for n, key in enumerate(dict.fromkeys(one.recording_id for one in lesson.examples))}
    of_example = np.array([number[one.recording_id] for one in lesson.examples])
    of_segment = np.array([number.get(key, -1) for key in recordings])
    columns = _all_names(known, lesson.examples)
    tags: dict[int, tuple[Tag, ...]] = {}
    for first in range(0, len(vectors), ROWS):
        rows = slice(first, first + ROWS)
        some = _aligned(scores[rows], names, known)
        near = _nearness(vectors[rows], some, lesson, examples)
        reached = np.flatnonzero(near.any(axis=1))
        weights = near[reached]
        weights *= np.where(of_example == of_segment[rows][reached, None], np.float32(1.0), np.float32(lesson.trust))
        is_said = _is_said([said.get(first + int(row), ()) for row in reached], columns)
        told = _told(weights, some[reached], known, columns, lesson.examples, is_said)
        tags |= {first + int(row): _called(line, columns) for row, line in zip(reached, told, strict=True)}
    return tags


def with_lesson(lesson: Lesson | None, heard: Analysis, analyser: str) -> Mapping[int, Sequence[Tag]]:
    """What a lesson calls segments just heard, by their rows; one for another version of hearing says nothing."""
    if lesson is None or not heard.names or lesson.analyser != analyser:
        return {}
    return tags_by(lesson, heard.vectors, heard.scores, heard.names, [heard.recording.id] * len(heard.segments))


def _words(said: Mapping[str, bool], *, is_there: bool) -> tuple[str, ...]:
    return tuple(sorted(name for name, present in said.items() if present is is_there))


def _usual_distance(vectors: Floats) -> float:
    """Median distance of two segments, of at most `MOST_PICKED`, from `NARROWEST` to `WIDEST`."""
    if len(vectors) < 2:
        return WIDEST
    picked = vectors[np.linspace(0, len(vectors) - 1, min(MOST_PICKED, len(vectors))).round().astype(int)]
    squares = np.clip(2.0 - 2.0 * (picked @ picked.T), 0.0, None)[np.triu_indices(len(picked), 1)]
    return min(WIDEST, max(NARROWEST, round(float(np.sqrt(np.median(squares))), 4)))


def _all_names(known: Sequence[str], examples: Sequence[Example]) -> tuple[str, ...]:
    """Names of the model, and after them those that only persons used."""
    return tuple(dict.fromkeys([*known, *sorted({name for one in examples for name in one.present})]))


def _aligned(scores: Floats, names: Sequence[str], wanted: Sequence[str]) -> Floats:
    """The same scores with a column for each wanted name; what a model does not know it takes for impossible."""
    if tuple(names) == tuple(wanted):
        return scores
    aligned = np.full((len(scores), len(wanted)), np.log(LEAST), np.float32)
    aligned[:, [list(wanted).index(name) for name in names]] = scores
    return aligned


def _scores_of(examples: Sequence[Example], names: Sequence[str], wanted: Sequence[str]) -> Floats:
    return _aligned(np.stack([one.scores for one in examples]), names, wanted)


def _nearness(vectors: Floats, scores: Floats, lesson: Lesson, examples: Floats) -> Floats:
    """How much each example says about each segment, (n_segments, n_examples), 0..1."""
    said = np.stack([one.vector for one in lesson.examples])
    far = np.maximum(1.0 - vectors @ said.T, 0.0)
    far *= np.float32(2.0 / lesson.reach**2)
    far += np.maximum(1.0 - _roots(scores) @ _roots(examples).T, 0.0) * np.float32(1.0 / AGREE)
    near: Floats = np.zeros(far.shape, np.float32)
    heard = far < -np.log(FAINT)  # of a large catalogue that is little
    # five digits: the order in which a library adds must not be heard
    near[heard] = np.round((np.exp(-far[heard]) - FAINT) / (1.0 - FAINT), 5)
    return near


def _roots(scores: Floats) -> Floats:
    """Square roots of probabilities, the last of what no name was given."""
    shares = np.exp(scores)
    rest = np.clip(1.0 - shares.sum(axis=1, keepdims=True), 0.0, 1.0)
    return np.asarray(np.sqrt(np.concatenate([shares, rest], axis=1)), np.float32)


def _by_recording(examples: Sequence[Example], name: str, *, is_there: bool) -> Iterator[tuple[list[int], Floats]]:
    """Examples in which a name is there, or is not, recording by recording, and what a word of each weighs."""
    of: dict[str, list[int]] = {}
    for place, one in enumerate(examples):
        if name in (one.present if is_there else one.absent):
            of.setdefault(one.recording_id, []).append(place)
    for places in of.values():
        shares = [1.0 / len(examples[place].present) if is_there else 1.0 for place in places]
        yield places, np.array(shares, np.float32)


def _is_said(said: Sequence[Collection[str]], columns: Sequence[str]) -> Flags:
    """Which names persons said of which segments, (n_segments, n_columns)."""
    flags = np.zeros((len(said), len(columns)), bool)
    for row, names in enumerate(said):
        if names:
            flags[row] = [name in names for name in columns]
    return flags


def _told(
    near: Floats, scores: Floats, known: Sequence[str], columns: Sequence[str], examples: Sequence[Example],
    is_said: Flags | None = None,
) -> NDArray[np.float64]:  # fmt: skip
    """Log-probabilities (n_segments, n_columns) after the corrections; `near` is (n_segments, n_examples).

    A vote for a name is one for each above it too, so that probabilities of names of which none is above another sum
    to at most 1. What is said of a segment itself, (n_segments, n_columns), gets no vote there.
    """
    shares = np.zeros((len(scores), len(columns)))
    shares[:, : len(known)] = np.exp(scores, dtype=np.float64)
    votes = np.zeros_like(shares)
    for column, name in enumerate(columns):
        for places, weights in _by_recording(examples, name, is_there=True):
            votes[:, column] += (near[:, places] * weights).max(axis=1)
    for name in sorted({name for one in examples for name in one.absent}):
        below = [column for column, other in enumerate(columns) if is_a(other, name)]
        for places, _ in _by_recording(examples, name, is_there=False):
            # what it is instead was not said: the share goes to no other name
            shares[:, below] *= 1.0 - near[:, places].max(axis=1, keepdims=True)
    if is_said is not None:
        votes[is_said] = 0.0
    n_cases = STRENGTH + votes.sum(axis=1, keepdims=True)
    upwards = [[column for column, above in enumerate(columns) if above in ancestors(name)] for name in columns]
    for_all_above = np.zeros_like(votes)
    for column in np.flatnonzero(votes.any(axis=0)).tolist():
        for_all_above[:, upwards[column]] += votes[:, [column]]
    told = (STRENGTH * shares + for_all_above) / n_cases
    return np.asarray(np.log(np.clip(told, LEAST, 1.0)))


def _called(told: NDArray[np.float64], columns: tuple[str, ...]) -> tuple[Tag, ...]:
    """Tags of a segment by what was told: also the likeliest below the first, where that is most of it."""
    tags = tags_of(told, columns)
    if not tags:
        return tags
    if below := _below(tags[0].name, columns):
        likeliest = max(below, key=lambda place: (told[place], -place))
        share = round(float(np.exp(told[likeliest])), 6)
        is_missing = all(tag.name != columns[likeliest] for tag in tags)
        if is_missing and share >= LIKELY and 2.0 * share > tags[0].confidence:
            tags = (*tags, Tag(columns[likeliest], share))
    return in_order(tags)[:MOST_TAGS]


@lru_cache(maxsize=1024)
def _below(name: str, columns: tuple[str, ...]) -> tuple[int, ...]:
    """Places of the names below a name."""
    return tuple(place for place, other in enumerate(columns) if other != name and is_a(other, name))


def _by_the_others(lesson: Lesson) -> tuple[Flags, Flags, Flags]:
    """Which examples the model has right alone, which with what the other recordings teach, and which that changes."""
    examples = lesson.examples
    scores = np.stack([one.scores for one in examples])
    near = _nearness(np.stack([one.vector for one in examples]), scores, lesson, scores)
    recordings = np.array([one.recording_id for one in examples])
    near[recordings[:, None] == recordings] = 0.0
    columns = _all_names(lesson.names, examples)
    told = _told(lesson.trust * near, scores, lesson.names, columns, examples)
    alone = [tags_of(row, lesson.names) for row in scores]
    taught = [_called(row, columns) for row in told]
    before, after = ([_is_right(one, tags) for one, tags in zip(examples, all_tags, strict=True)]
                     for all_tags in (alone, taught))  # fmt: skip
    changes = [_surest(one) != _surest(other) for one, other in zip(alone, taught, strict=True)]
    return np.array(before), np.array(after), np.array(changes)


def _surest(tags: Sequence[Tag]) -> str:
    return tags[0].name if tags else ""


def _trust(_: Flags, after: Flags, changes: Flags) -> float:
    """Share of the changes that are right, by the rule of succession with one that went well before the first."""
    return round((1.0 + int((after & changes).sum())) / (1.0 + int(changes.sum())), 4)


def _is_right(example: Example, tags: Sequence[Tag]) -> bool:
    """Whether the surest tag is one that is there, or below it, and none is there that is not."""
    names = [tag.name for tag in tags]
    is_found = not example.present or any(is_a(name, present) for name in names[:1] for present in example.present)
    return is_found and not any(is_a(name, absent) for name in names for absent in example.absent)
