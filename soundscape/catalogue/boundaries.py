"""Where segments begin and end as persons want it, above what a machine hears.

A person's change takes segments away and puts others in their place. What it makes stays as it is, and where it wants
nothing of a machine's, nothing comes back, whatever later analyses hear; segments that were left alone stay, however
they lie to the others. The machine's segments that give way are put aside whole, so that a change can be undone.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from soundscape.catalogue.corrections import Stretch, correct, overlap, put_words_at, settle, take_words
from soundscape.catalogue.giving_way import before, gives_way, said
from soundscape.catalogue.segment import Recording, Segment
from soundscape.catalogue.whole_segments import Measured, Whole, bring_back, load_aside, put_aside, put_measured
from soundscape.errors import CatalogueError

SAME_S = 1e-6


@dataclass(frozen=True, eq=False)
class Cut:
    """A person's change of boundaries in one recording.

    Parameters
    ----------
    recording : Recording
    gone : segments as they were seen, which go
    made : what comes in their place; what persons said of the tags of the former holds for each of these
    analyser : str
        Version of the analysis that measured `made`.
    words : what the person says of each of `made`, by names of tags whether they are there
    """

    recording: Recording
    gone: tuple[Segment, ...] = ()
    made: tuple[Measured, ...] = ()
    analyser: str = ""
    words: Mapping[str, bool] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Undone:
    """Ids of the segments a person had made that went, and of the machine's that came back."""

    gone: tuple[str, ...] = ()
    back: tuple[str, ...] = ()


def segment_id(recording_id: str, start_s: float, end_s: float) -> str:
    """Id of a stretch of a recording, 16 hexadecimal digits."""
    text = f"{recording_id}/{start_s:.6f}/{end_s:.6f}"
    return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()


def recut(database: sqlite3.Connection, cut: Cut) -> list[str]:
    """Keep a person's change, and let it hold; ids of the segments that were made.

    Raises
    ------
    CatalogueError
        If a segment that shall go is not as it was seen, or one is already where another shall come.
    """
    recording_id = cut.recording.id
    numbers = _seen(database, cut)
    changes = dict(database.execute("SELECT id, change FROM made WHERE recording_id = ?", (recording_id,)))
    for one in cut.made:
        numbers |= _in_the_same_place(database, one.segment, numbers, changes)
    change = _one_change(database, [changes[key] for key in numbers if key in changes])
    words = take_words(database, recording_id, numbers.values())
    undone = not cut.made and _is_only_added(database, change, numbers.keys() - changes.keys())
    for key, number in numbers.items():
        stretch = _stretch(database, number)
        if not undone and (key not in changes or not cut.made):
            database.execute("INSERT OR REPLACE INTO gone VALUES (?, ?, ?, ?)", (recording_id, *stretch, change))
        if key in changes:
            database.execute("DELETE FROM made WHERE id = ?", (key,))
            database.execute("DELETE FROM segments WHERE number = ?", (number,))
        else:
            put_aside(database, number)
        if not cut.made and not undone:  # what was said of it waits until it is there again
            put_words_at(database, recording_id, stretch, words.get(number, {}))
    ids = [_put_made(database, one, change, list(words.values())) for one in cut.made]
    if cut.words:
        rows = [database.execute("SELECT number FROM segments WHERE id = ?", (key,)).fetchone() for key in ids]
        correct(database, {number: cut.words for (number,) in rows})
    _come_back(database, recording_id)  # what gave way only to what went
    settle(database, recording_id)
    return ids


def make_again(database: sqlite3.Connection, cut: Cut) -> list[str]:
    """Take back that a person took away what they had made: it is one with its change again, and has its words alone.

    Parameters
    ----------
    cut : a change
        `gone` are the machine's segments that had given way to those of `made`, and came back without them.

    Raises
    ------
    CatalogueError
        As `recut`, and if one is there already.
    """
    numbers = _seen(database, cut)
    for segment in (one.segment for one in cut.made):
        is_there = database.execute("SELECT 1 FROM segments WHERE id = ?", (segment.id,)).fetchone()
        if is_there or _in_the_same_place(database, segment, numbers, {}):
            raise CatalogueError(f"a segment is from {segment.start_s:g} s to {segment.end_s:g} s already",
                                 hint="look at what is there now")  # fmt: skip
    for number in numbers.values():
        put_aside(database, number)
    change = _one_change(database, _no_longer_gone(database, cut))
    ids = [_put_made(database, one, change, ()) for one in cut.made]
    rows = [database.execute("SELECT number FROM segments WHERE id = ?", (key,)).fetchone() for key in ids]
    correct(database, {number: cut.words for (number,) in rows})
    return ids


def _no_longer_gone(database: sqlite3.Connection, cut: Cut) -> list[int]:
    """Let go that a person wants nothing where segments are made again; numbers of the changes that said so."""
    machines = {one.stretch for one in load_aside(database, cut.recording.id)}
    changes = []
    for one in (one.segment for one in cut.made):
        rows = database.execute(
            "SELECT start_s, end_s, change FROM gone WHERE recording_id = ? AND abs(start_s - ?) < ? AND"
            " abs(end_s - ?) < ?", (cut.recording.id, one.start_s, SAME_S, one.end_s, SAME_S),
        ).fetchall()  # fmt: skip
        for *stretch, change in rows:
            changes.append(int(change))
            if tuple(stretch) not in machines:  # else it was so before the segment was made
                database.execute("DELETE FROM gone WHERE (recording_id, start_s, end_s) = (?, ?, ?)",
                                 (cut.recording.id, *stretch))  # fmt: skip
    return changes


def _seen(database: sqlite3.Connection, cut: Cut) -> dict[str, int]:
    """Numbers of the segments that go, if all is as it was when the change was measured."""
    numbers = {}
    for segment in cut.gone:
        row = database.execute(
            "SELECT number FROM segments WHERE (id, recording_id, start_s, end_s) = (?, ?, ?, ?)",
            (segment.id, cut.recording.id, segment.start_s, segment.end_s),
        ).fetchone()
        if row is None:
            raise CatalogueError(f"segment {segment.id} was changed meanwhile", hint="look at it, and try again")
        numbers[segment.id] = int(row[0])
    row = database.execute("SELECT analyser FROM recordings WHERE id = ?", (cut.recording.id,)).fetchone()
    if row is None or (cut.made and row[0] != cut.analyser):
        raise CatalogueError(f"{cut.recording.path} was heard again meanwhile", hint="try again")
    return numbers


def _in_the_same_place(
    database: sqlite3.Connection, new: Segment, gone: Mapping[str, int], changes: Mapping[str, int]
) -> dict[str, int]:
    """A machine's segment exactly where a new one comes, which goes; a person's is not made twice."""
    rows = database.execute(
        "SELECT id, number FROM segments WHERE recording_id = ? AND abs(start_s - ?) < ? AND abs(end_s - ?) < ?",
        (new.recording_id, new.start_s, SAME_S, new.end_s, SAME_S),
    )
    found = {key: number for key, number in rows if key not in gone}
    if known := sorted(found.keys() & changes.keys()):
        raise CatalogueError(f"segment {known[0]} is from {new.start_s:g} s to {new.end_s:g} s already",
                             hint="name other times, or tag that one")  # fmt: skip
    return found


def _one_change(database: sqlite3.Connection, earlier: Iterable[int]) -> int:
    """Number of a change; changes of what earlier ones made are one with them, and undone with them."""
    numbers = sorted(set(earlier))
    if not numbers:
        (last,) = database.execute(
            "SELECT max((SELECT coalesce(max(change), 0) FROM made), (SELECT coalesce(max(change), 0) FROM gone))"
        ).fetchone()
        return int(last) + 1
    for table in ("made", "gone"):
        database.executemany(f"UPDATE {table} SET change = ? WHERE change = ?", [(numbers[0], n) for n in numbers])
    return numbers[0]


def _is_only_added(database: sqlite3.Connection, change: int, by_machine: Collection[str]) -> bool:
    """Whether all that goes was added by a person: then it is as if they had said nothing."""
    return not by_machine and not database.execute("SELECT 1 FROM gone WHERE change = ?", (change,)).fetchone()


def _put_made(database: sqlite3.Connection, one: Measured, change: int, words: Sequence[dict[str, bool]]) -> str:
    segment = one.segment
    key = segment.id
    while database.execute("SELECT 1 FROM segments WHERE id = ?", (key,)).fetchone():  # of one that was moved away
        key = segment_id(key, segment.start_s, segment.end_s)
    database.execute(
        "INSERT INTO made VALUES (?, ?, ?, ?, ?, ?)",
        (key, segment.recording_id, segment.start_s, segment.end_s, segment.kind, change),
    )
    put_measured(database, one.called(key))
    for some in words:
        put_words_at(database, segment.recording_id, (segment.start_s, segment.end_s), some)
    return key


def _stretch(database: sqlite3.Connection, number: int) -> Stretch:
    start_s, end_s = database.execute("SELECT start_s, end_s FROM segments WHERE number = ?", (number,)).fetchone()
    return start_s, end_s


# back to what the machine heard


def undo(database: sqlite3.Connection, recording_id: str, ids: Sequence[str] | None) -> Undone:
    """Take back the changes that segments belong to, or all of a recording; the machine's segments hold again.

    What persons said of tags stays, on the machine's segments that come back.

    Parameters
    ----------
    ids : ids of segments that a person made, or that are aside; None is all

    Raises
    ------
    CatalogueError
        If no person changed a segment.
    """
    changes = _changes(database, recording_id, ids)
    those = f"change IN ({', '.join(map(str, sorted(changes)))})"
    made = database.execute(
        f"SELECT number, segments.id, change FROM made JOIN segments USING (id) WHERE {those}"
        " ORDER BY segments.start_s, segments.id"
    ).fetchall()
    words = take_words(database, recording_id, [number for number, *_ in made])
    carried = [(change, _stretch(database, number), words[number]) for number, _, change in made if number in words]
    database.executemany("DELETE FROM segments WHERE number = ?", [(number,) for number, *_ in made])
    gone: dict[int, list[Stretch]] = {}
    for change, start_s, end_s in database.execute(f"SELECT change, start_s, end_s FROM gone WHERE {those}"):
        gone.setdefault(change, []).append((start_s, end_s))
    for table in ("made", "gone"):
        database.execute(f"DELETE FROM {table} WHERE {those}")
    back = _come_back(database, recording_id)
    for change, stretch, some in carried:
        if change in gone:  # else the segment was a person's from the start, and its tags go with it
            put_words_at(database, recording_id, max(gone[change], key=lambda one: _nearness(stretch, one)), some)
    settle(database, recording_id)
    return Undone(tuple(key for _, key, _ in made), tuple(one.id for one in back))


def _changes(database: sqlite3.Connection, recording_id: str, ids: Sequence[str] | None) -> set[int]:
    rows = database.execute(
        "SELECT change, start_s, end_s, id FROM made WHERE recording_id = ?1 UNION ALL"
        " SELECT change, start_s, end_s, '' FROM gone WHERE recording_id = ?1",
        (recording_id,),
    ).fetchall()
    if ids is None and not rows:
        raise CatalogueError(f"all segments of recording {recording_id} are as the machine heard them",
                             hint="there is nothing to reset")  # fmt: skip
    if ids is None:
        return {change for change, *_ in rows}
    aside = {one.id: one.stretch for one in load_aside(database, recording_id)}
    found = set()
    for key in ids:
        own = [change for change, *_, made in rows if made == key]
        if not own and key in aside:  # the change that it gave way to
            own = [max(rows, key=lambda row: overlap(aside[key], (row[1], row[2])))[0]]
        if not own:
            raise CatalogueError(f"segment {key} is as the machine heard it", hint="there is nothing to reset")
        found |= set(own)
    return found


def _come_back(database: sqlite3.Connection, recording_id: str) -> list[Whole]:
    """Bring back what is aside and gives way to nothing any more; what is back may let others come back too."""
    made, gone = said(database, recording_id)
    found: list[Whole] = []
    while True:
        standing = before(database, recording_id).standing
        back = [one for one in load_aside(database, recording_id)
                if not gives_way(one.stretch, one.kind, made, gone, standing)]  # fmt: skip
        if not back:
            return found
        for one in back:
            bring_back(database, one)
        found += back


def _nearness(one: Stretch, other: Stretch) -> tuple[float, float]:
    return overlap(one, other), -abs(sum(one) - sum(other))
