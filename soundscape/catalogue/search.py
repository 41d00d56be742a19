"""Queries as SQL: every term becomes a condition on rows of `segments AS s` that is true or false, never unknown."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from soundscape.catalogue.catalogue import Catalogue
from soundscape.catalogue.features import MEASURED, OF_TAKE
from soundscape.catalogue.rows import RECORDING_COLUMNS, SEGMENT_COLUMNS, recording_of, segment_of, tags_of
from soundscape.catalogue.segment import Recording, Segment
from soundscape.catalogue.tags import VOCABULARY, ancestors, descendants, family_of, folded, tags_with
from soundscape.catalogue.terms import FIELDS, And, Compare, Everything, HasTag, Is, Not, Or, Query, Text, Unknown
from soundscape.catalogue.vectors import likeness

Condition = tuple[str, list[Any]]

_OF_SEGMENT = {
    "duration_s": "(s.end_s - s.start_s)",
    "start_s": "s.start_s",
    "end_s": "s.end_s",
    "confidence": "s.confidence",
    **{name: f"s.{name}" for name in MEASURED},
}
_OF_RECORDING = {
    "rate_hz": "rate_hz",
    "n_channels": "n_channels",
    "recording_s": "(1.0 * n_frames / rate_hz)",
    **{name: f"json_extract(features, '$.{name}')" for name in OF_TAKE},
}
_TRIGRAM = 3
"""Shorter words are not in the index; the texts are read instead."""
MOST_ROWS = 2**63 - 1
"""What SQLite can count to."""


@dataclass(frozen=True, slots=True)
class Found:
    """A segment that matched, its recording, and how alike it is (cosine, -1..1) where likeness was asked for."""

    segment: Segment
    recording: Recording
    similarity: float | None = None


def condition_of(query: Query) -> Condition:
    """SQL condition and its parameters."""
    match query:
        case Everything():
            return "1", []
        case And(terms) | Or(terms):
            parts = [condition_of(term) for term in terms]
            joined = (" AND " if isinstance(query, And) else " OR ").join(sql for sql, _ in parts)
            return f"({joined})", [value for _, values in parts for value in values]
        case Not(term):
            sql, values = condition_of(term)
            return f"NOT {sql}", values
        case HasTag(name, at_least):
            return _tagged(descendants(name), at_least)
        case Unknown():
            return "s.tag = ''", []
        case Compare(feature, comparison, value):
            return _compared(feature, comparison, value)
        case Is():
            return _worded(query)
        case Text(words):
            parts = [_mentions(word) for word in folded(words).split()]
            return f"({' AND '.join(sql for sql, _ in parts)})", [value for _, values in parts for value in values]
    raise TypeError(f"not a query: {query!r}")


def _tagged(names: Iterable[str], at_least: float) -> Condition:
    return (
        "s.number IN (SELECT segment FROM tags WHERE name IN (SELECT value FROM json_each(?)) AND confidence >= ?)",
        [_list(names), at_least],
    )


def _compared(feature: str, comparison: str, value: float) -> Condition:
    if feature in _OF_RECORDING:
        return f"s.recording_id IN (SELECT id FROM recordings WHERE {_OF_RECORDING[feature]} {comparison} ?)", [value]
    if feature in _OF_SEGMENT:
        column = _OF_SEGMENT[feature]
        return f"({column} IS NOT NULL AND {column} {comparison} ?)", [value]
    return f"coalesce(json_extract(s.more, ?) {comparison} ?, 0)", [f'$."{feature}"', value]


def _worded(query: Is) -> Condition:
    value, equal = folded(query.value), query.comparison != "~"
    test = "folded({}) = ?" if equal else "instr(folded({}), ?) > 0"
    if query.field in ("family", "kind"):
        sql, values = _among_few(query.field, value, equal=equal)
    elif query.field == "by":
        sql, values = f"s.number IN (SELECT segment FROM tags WHERE {test.format('by')})", [value]
    elif query.field == "fault":
        sql, values = (
            (
                "s.recording_id IN (SELECT recordings.id FROM recordings, json_each(faults)"
                f" WHERE {test.format('json_each.value')})"
            ),
            [value],
        )
    elif query.field == "id":  # ids are plain letters and digits
        sql, values = test.format("s.id").replace("folded", "lower"), [value]
    else:
        column = "id" if query.field == "recording_id" else query.field
        sql, values = f"s.recording_id IN (SELECT id FROM recordings WHERE {test.format(column)})", [value]
    return (f"NOT {sql}" if query.comparison == "!=" else sql), values


def _among_few(field: str, value: str, *, equal: bool) -> Condition:
    """A field with few words: which of them are meant is known before the rows are read."""
    meant = [word for word in FIELDS[field] if (value == word if equal else value in word)]
    if field == "kind":
        return "s.kind IN (SELECT value FROM json_each(?))", [_list(meant)]
    names = [name for name in ("", *VOCABULARY) if family_of(name) in meant]  # the surest tag decides; none is the rest
    return "s.tag IN (SELECT value FROM json_each(?))", [_list(names)]


def _mentions(word: str) -> Condition:
    if len(word) >= _TRIGRAM:
        in_text, value = "words MATCH ?", '"' + word.replace('"', '""') + '"'
    else:
        in_text, value = "instr(text, ?) > 0", word
    mentioned = (
        f"s.recording_id IN (SELECT id FROM recordings WHERE number IN (SELECT rowid FROM words WHERE {in_text}))"
    )
    names = tags_with(word)
    if not names:
        return mentioned, [value]
    tagged, values = _tagged(names, 0.0)
    return f"({mentioned} OR {tagged})", [value, *values]


def _list(values: Iterable[Any]) -> str:
    return json.dumps(sorted(values), ensure_ascii=False)


def count_matches(database: sqlite3.Connection, query: Query) -> int:
    """How many segments match."""
    sql, values = condition_of(query)
    (count,) = database.execute(f"SELECT count(*) FROM segments AS s WHERE {sql}", values).fetchone()
    return int(count)


def count_tags(database: sqlite3.Connection, query: Query) -> dict[str, int]:
    """How many segments that match have each tag or one below it, by names of those that any has."""
    sql, values = condition_of(query)
    rows = database.execute(
        f"SELECT s.number, name FROM segments AS s JOIN tags ON segment = s.number WHERE {sql}", values
    )
    return dict(Counter(name for _, name in {(number, above) for number, tag in rows for above in ancestors(tag)}))


def find_matches(
    database: sqlite3.Connection,
    query: Query,
    like: int | NDArray[np.float32] | None,
    vectors: tuple[NDArray[np.int64], NDArray[np.float32]] | None,
    limit: int | None,
    skip: int = 0,
) -> list[Found]:
    """Segments that match: the surest first, or the most alike to segment number `like`, or a vector, first."""
    sql, values = condition_of(query)
    if like is None or vectors is None:
        rows = database.execute(  # in the order of the index: what matches often is found soon, and nothing is sorted
            f"SELECT s.number FROM segments AS s INDEXED BY segments_by_confidence WHERE {sql}"
            " ORDER BY s.confidence DESC, s.recording_id, s.start_s, s.id LIMIT ? OFFSET ?",
            [*values, -1 if limit is None else min(limit, MOST_ROWS), min(skip, MOST_ROWS)],
        )
        ranked: dict[int, float | None] = {number: None for (number,) in rows}
    else:
        rows = database.execute(f"SELECT s.number FROM segments AS s WHERE {sql}", values)
        matching = np.fromiter((number for (number,) in rows), np.int64)
        ranked = _most_alike(matching, like, *vectors, None if limit is None else skip + limit)
        ranked = dict(islice(ranked.items(), skip, None))
    loaded = load_segments(database, ranked)
    found = [Found(*loaded[number], similarity) for number, similarity in ranked.items()]
    if like is not None:
        found.sort(key=lambda f: (-(f.similarity or 0.0), f.segment.recording_id, f.segment.start_s, f.segment.id))
    return found


def _most_alike(
    matching: NDArray[np.int64],
    like: int | NDArray[np.float32],
    numbers: NDArray[np.int64],
    vectors: NDArray[np.float32],
    limit: int | None,
) -> dict[int, float | None]:
    if not len(numbers):
        return {}
    if isinstance(like, int):
        to, matching = vectors[np.searchsorted(numbers, like)], matching[matching != like]
    else:  # words are near what was heard by the same model, which may not be everything
        to, matching = like, matching[np.isin(matching, numbers)]
    places = np.searchsorted(numbers, matching)
    alike = likeness(vectors, to)[places] if 2 * len(places) > len(numbers) else likeness(vectors[places], to)
    best = np.argsort(-alike, kind="stable")[:limit]
    return {int(matching[place]): float(alike[place]) for place in best}


def load_segments(database: sqlite3.Connection, numbers: Iterable[int] | None) -> dict[int, tuple[Segment, Recording]]:
    """Segments with these numbers (None: all, in canonical order), each with its recording."""
    wanted = None if numbers is None else json.dumps(list(numbers))
    these, values = ("", []) if wanted is None else (" IN (SELECT value FROM json_each(?))", [wanted])
    tags = tags_of(
        database.execute(
            f"SELECT segment, name, confidence, by FROM tags{' WHERE segment' + these if these else ''}", values
        )
    )
    rows = database.execute(
        f"SELECT number, {', '.join(SEGMENT_COLUMNS)} FROM segments{' WHERE number' + these if these else ''}"
        " ORDER BY recording_id, start_s, id",
        values,
    ).fetchall()
    segments = {number: segment_of(row, tags.get(number, ())) for number, *row in rows}
    takes = json.dumps(sorted({segment.recording_id for segment in segments.values()}))
    found = database.execute(
        f"SELECT {', '.join(RECORDING_COLUMNS)} FROM recordings WHERE id IN (SELECT value FROM json_each(?))", [takes]
    )
    recordings = {recording.id: recording for recording in map(recording_of, found)}
    return {number: (segment, recordings[segment.recording_id]) for number, segment in segments.items()}


def load_catalogue(database: sqlite3.Connection, numbers: NDArray[np.int64], vectors: NDArray[np.float32]) -> Catalogue:
    """Everything, with the vectors of the segments of these numbers."""
    rows = database.execute(f"SELECT {', '.join(RECORDING_COLUMNS)} FROM recordings ORDER BY id")
    recordings = {recording.id: recording for recording in map(recording_of, rows)}
    found = load_segments(database, None)
    places = {int(number): place for place, number in enumerate(numbers)}
    ordered = np.array([vectors[places[number]] for number in found], np.float32)
    segments = tuple(segment for segment, _ in found.values())
    return Catalogue(recordings, segments, ordered.reshape(len(segments), vectors.shape[1]))


def segments_starting(database: sqlite3.Connection, beginning: str) -> list[tuple[int, str]]:
    """Numbers and ids of up to four segments whose id begins so; the one that is exactly so stands alone."""
    try:
        beginning.encode()
    except UnicodeEncodeError:  # half a letter, which no id has and SQLite does not take
        return []
    exact = database.execute("SELECT number, id FROM segments WHERE id = ?", (beginning,)).fetchall()
    if exact or not beginning:
        return exact
    return database.execute(
        "SELECT number, id FROM segments WHERE id >= ? AND id < ? ORDER BY id LIMIT 4",
        (beginning, beginning + "\U0010ffff"),
    ).fetchall()


def beginning(database: sqlite3.Connection, segment_id: str, at_least: int) -> str:
    """Shortest beginning of an id, at least so long, that no other segment's id has."""
    before, after = (
        database.execute(f"SELECT {pick}(id) FROM segments WHERE id {sign} ?", (segment_id,)).fetchone()[0] or ""
        for pick, sign in (("max", "<"), ("min", ">"))
    )
    shared = max(_n_shared(segment_id, other) for other in (before, after))
    return segment_id[: max(at_least, shared + 1)]


def _n_shared(one: str, other: str) -> int:
    """How many characters two words have in common at their beginning."""
    different = (place for place, (a, b) in enumerate(zip(one, other, strict=False)) if a != b)
    return next(different, min(len(one), len(other)))
