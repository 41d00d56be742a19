"""A catalogue on the disk: one SQLite file that ingest fills, persons correct, and everybody searches.

Whatever happens to the program, a recording is in the file with all its segments or not at all.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from soundscape.catalogue.boundaries import Cut, Undone, make_again, recut, undo
from soundscape.catalogue.catalogue import Catalogue
from soundscape.catalogue.corrections import correct, say_again, settle, take_words, words_of
from soundscape.catalogue.giving_way import Made, load_made
from soundscape.catalogue.intake import Intake
from soundscape.catalogue.lessons import Change, Ground, Lesson, effect, ground, keep_lesson, load_lesson
from soundscape.catalogue.naming import recording_at, the_changed, the_recording, the_segment
from soundscape.catalogue.query import parse_query
from soundscape.catalogue.schema import told
from soundscape.catalogue.scores import Words, load_words
from soundscape.catalogue.search import (
    Found,
    beginning,
    count_matches,
    count_tags,
    find_matches,
    load_catalogue,
    load_segments,
)
from soundscape.catalogue.segment import Recording, Segment, Tag
from soundscape.catalogue.tags import tag_named
from soundscape.catalogue.terms import Query
from soundscape.catalogue.vectors import load_vectors, unit_rows
from soundscape.catalogue.whole_segments import load_aside
from soundscape.catalogue.writing import (
    more_features,
    put_generation,
)
from soundscape.errors import CatalogueError


class Store(Intake):
    """A catalogue file, open. One store belongs to one thread; several may be open on one file.

    Parameters
    ----------
    path : path
        The file. Beside it stand SQLite's `-wal` and `-shm` while it is open, and `NAME.vectors`, which can be deleted.
    create : bool
        Make an empty catalogue where there is none; without it a missing one is an error.
    timeout_s : float
        How long to wait while another program writes.

    Raises
    ------
    CatalogueError
        If the file is missing, not a catalogue, damaged, in use, or newer than this program.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> folder = tempfile.TemporaryDirectory()
    >>> with Store(Path(folder.name, "house.catalogue"), create=True) as store:
    ...     recording = Recording("aa", "gate.wav", 48_000, 1, 480_000)
    ...     segment = Segment("s1", "aa", 1.0, 2.5, features={"level_db": -20.0})
    ...     store.add_analysis(recording, [segment], np.ones((1, 64)), analyser="1")
    ...     corrected = store.tag("s1", add=["gate.creak"])
    ...     found = store.find("gate and level_db > -30")
    >>> corrected.tags, found[0].segment.id
    ((Tag(name='gate.creak', confidence=1.0, by='person'),), 's1')
    >>> folder.cleanup()
    """

    def __init__(self, path: str | os.PathLike[str], *, create: bool = False, timeout_s: float = 10.0) -> None:
        super().__init__(path, create=create, timeout_s=timeout_s)
        self._vectors: tuple[str, NDArray[np.int64], NDArray[np.float32]] | None = None

    # what persons do

    def tag(self, segment_id: str, add: Sequence[str] = (), remove: Sequence[str] = ()) -> Segment:
        """Keep a person's correction of a segment's tags, and return the segment as it is now.

        Parameters
        ----------
        segment_id : str
            Id, or the beginning of one if only one begins so.
        add, remove : names of tags, labels or synonyms
            Removing a tag also removes those below it. A correction outlasts every analysis.

        Raises
        ------
        CatalogueError
            If there is no such segment or tag, or the catalogue cannot be written.
        """
        return self.tag_all([segment_id], add, remove)[0]

    def tag_all(self, segment_ids: Sequence[str], add: Sequence[str] = (), remove: Sequence[str] = ()) -> list[Segment]:
        """Keep one correction of many segments, of all or of none; see `tag`."""
        added, removed = ([tag_named(name).name for name in names] for names in (add, remove))
        if both := set(added) & set(removed):
            raise CatalogueError(f"{sorted(both)[0]} cannot be added and removed", hint="write one of the two")
        words = dict.fromkeys(added, True) | dict.fromkeys(removed, False)
        with self._transaction("IMMEDIATE") as database:
            found = [the_segment(database, segment_id, self.path) for segment_id in segment_ids]
            correct(database, {number: words for number, _ in found} if words else {})
            now = load_segments(database, [number for number, _ in found])
        return [now[number][0] for number, _ in found]

    def said(self, segment_id: str) -> dict[str, bool]:
        """What persons said of a segment: for each name whether it is there."""
        with self._transaction("DEFERRED") as database:
            return words_of(database, the_segment(database, segment_id, self.path)[0])

    def say_again(self, segment_id: str, words: Mapping[str, bool | None]) -> Segment:
        """Let persons have said of a segment what they had said before, and return it as it is now.

        Parameters
        ----------
        words : of each name whether it is there, as `said` gave it; with None nobody said anything; others stay
        """
        with self._transaction("IMMEDIATE") as database:
            number, _ = the_segment(database, segment_id, self.path)
            say_again(database, number, {tag_named(name).name: present for name, present in words.items()})
            return load_segments(database, [number])[number][0]

    def take_back(self, segment_ids: Sequence[str]) -> list[Segment]:
        """Forget every word a person said of the tags of segments, of all or of none, and return them as they are now.

        What was learned from those words is there until it is learned anew.

        Raises
        ------
        CatalogueError
            If there is no such segment, or nobody said anything of any of them.
        """
        with self._transaction("IMMEDIATE") as database:
            found = [the_segment(database, segment_id, self.path) for segment_id in segment_ids]
            of_recording: dict[str, list[int]] = {}
            for number, segment in found:
                of_recording.setdefault(segment.recording_id, []).append(number)
            taken = [take_words(database, *of_one) for of_one in of_recording.items()]
            if not any(taken):
                names = ", ".join(dict.fromkeys(segment.id for _, segment in found[:3]))
                raise CatalogueError(f"nobody said anything of the tags of {names or 'no segment'}",
                                     hint="there is nothing to take back")  # fmt: skip
            for recording_id in of_recording:
                settle(database, recording_id)
            now = load_segments(database, [number for number, _ in found])
        return [now[number][0] for number, _ in found]

    def recut(
        self, cuts: Sequence[Cut], words: Mapping[str, Mapping[str, bool]] = MappingProxyType({})
    ) -> list[Segment]:
        """Keep a person's changes of boundaries, all or none; the segments they made, as they are now.

        See `soundscape.analysis.boundaries` for what measures them.

        Parameters
        ----------
        cuts : changes, each on what the one before it left
        words : by id of a segment that is there afterwards
            What a person says of it at the same time: for each name of a tag whether it is there.

        Raises
        ------
        CatalogueError
            If what shall change was changed meanwhile, or a segment is already where another shall come.
        """
        with self._transaction("IMMEDIATE") as database:
            ids = [key for cut in cuts for key in recut(database, cut)]
            correct(database, {the_segment(database, key, self.path)[0]: some for key, some in words.items()})
            put_generation(database)
            numbers = [the_segment(database, key, self.path)[0] for key in ids]
            now = load_segments(database, numbers)
        return [now[number][0] for number in numbers]

    def make_again(self, cut: Cut) -> list[Segment]:
        """Take back that a person took away segments that they had made; these, as they are now.

        Parameters
        ----------
        cut : a change
            `gone` are the machine's segments that had given way to those of `made`, and came back without them.

        Raises
        ------
        CatalogueError
            If one is there already, or what shall give way was changed meanwhile.
        """
        with self._transaction("IMMEDIATE") as database:
            ids = make_again(database, cut)
            put_generation(database)
            numbers = [the_segment(database, key, self.path)[0] for key in ids]
            now = load_segments(database, numbers)
        return [now[number][0] for number in numbers]

    def undo(
        self, whats: Sequence[str], words: Mapping[str, Mapping[str, bool | None]] = MappingProxyType({})
    ) -> Undone:
        """Give segments, or all of recordings, the machine's boundaries back; what was said of tags stays.

        Parameters
        ----------
        whats : ids and paths
            Of recordings, or of segments that a person made, moved, split, joined or deleted; the beginning of an id
            will do if only one begins so. Changes that build on each other are undone together.
        words : by ids of segments, what persons had said of them before the change; see `say_again`
            Of those that are back: else what was said of one that several had become goes to the nearest alone.

        Raises
        ------
        CatalogueError
            If there is no such thing, or no person changed it; nothing has changed then.
        """
        with self._transaction("IMMEDIATE") as database:
            asked: dict[str, list[str] | None] = {}
            for recording_id, segment_id in [the_changed(database, what, self.path) for what in whats]:
                ids = asked.setdefault(recording_id, [])
                asked[recording_id] = None if ids is None or segment_id is None else [*ids, segment_id]
            undone = [undo(database, recording_id, ids) for recording_id, ids in asked.items()]
            for key in (one for some in undone for one in some.back if one in words):
                say_again(database, the_segment(database, key, self.path)[0], words[key])
            put_generation(database)
        gone, back = ([key for one in undone for key in getattr(one, name)] for name in ("gone", "back"))
        return Undone(tuple(gone), tuple(back))

    def made(self, recording_id: str) -> list[Made]:
        """Segments of a recording whose boundaries persons set, in order of time."""
        with told(self.path):
            return load_made(self._database, recording_id)

    def aside(self, recording_id: str) -> list[Segment]:
        """The machine's segments that gave way to what persons set, in order of time; `undo` brings them back."""
        with told(self.path):
            return [one.segment for one in load_aside(self._database, recording_id)]

    # what is learned from persons

    def teach(self, lesson_of: Callable[[Ground], tuple[Lesson | None, Mapping[int, Sequence[Tag]]]]) -> Change:
        """Learn from all corrections, in one transaction: nothing is kept that does not fit what persons said last.

        Parameters
        ----------
        lesson_of : function
            Gets everything there is to learn from; gives the lesson, or None if there is nothing to learn, and the
            machine's tags of the segments it has a word on, by their numbers.
        """
        with self._transaction("IMMEDIATE") as database:
            return keep_lesson(database, *lesson_of(ground(database)))

    def forget(self) -> Change:
        """Let go of what was learned; what the machine heard holds again, and what persons said stays."""
        with self._transaction("IMMEDIATE") as database:
            return keep_lesson(database, None, {})

    def effect(self) -> Change:
        """What the machine calls segments otherwise than it would if nothing had been learned."""
        with self._transaction("DEFERRED") as database:
            return effect(database)

    def lesson(self) -> Lesson | None:
        """What was learned from corrections, if anything was."""
        with told(self.path):
            return load_lesson(self._database)

    # what everybody asks

    def segment(self, segment_id: str) -> Found:
        """Segment by its id, or by the beginning of one if only one begins so, with its recording."""
        with self._transaction("DEFERRED") as database:
            number, _ = the_segment(database, segment_id, self.path)
            return Found(*load_segments(database, [number])[number])

    def recording(self, what: str) -> Recording:
        """Recording by its id or one of a segment of it, or the beginning of one, by its path, or by its title."""
        with self._transaction("DEFERRED") as database:
            return the_recording(database, what, self.path)

    def recording_at(self, path: str | os.PathLike[str]) -> Recording | None:
        """Recording that was heard in a file, by the file's absolute path; None if none was."""
        with self._transaction("DEFERRED") as database:
            return recording_at(database, os.fspath(path))

    def segments(self, recording_id: str) -> list[Segment]:
        """Segments of a recording, in order of time."""
        with self._transaction("DEFERRED") as database:
            rows = database.execute("SELECT number FROM segments WHERE recording_id = ?", (recording_id,)).fetchall()
            return [segment for segment, _ in load_segments(database, [number for (number,) in rows]).values()]

    def find(
        self, query: Query | str = "*", like: str | Words | None = None, limit: int | None = 50, *, skip: int = 0
    ) -> list[Found]:
        """Segments that match a query: the surest first, or the most alike to `like` first.

        Parameters
        ----------
        query : Query or str
            See `soundscape.catalogue.query`.
        like : str, Words or None
            Id of a segment, or the beginning of one; it is not among the results. Or one row of what a model makes of
            words: segments that model has not heard are not among the results.
        limit : int or None
            At most so many; None gives all.
        skip : int
            So many that come first are left out: `limit` times the number of pages before this one.

        Raises
        ------
        CatalogueError
            If the query is wrong (`QueryError`) or `like` is no segment.
        """
        with self._transaction("DEFERRED") as database:
            asked = self.query(query)
            if isinstance(like, Words):
                heard = load_words(database, like.model)
                if len(heard[0]) and heard[1].shape[1:] != like.values[0].shape:
                    raise CatalogueError(f"sounds have {heard[1].shape[1]} numbers and words {like.values.shape[1]}",
                                         hint="the two models do not belong together")  # fmt: skip
                return find_matches(database, asked, unit_rows(like.values)[0], heard, limit, skip)
            number = None if like is None else the_segment(database, like, self.path)[0]
            vectors = None if number is None else self._load_vectors(database)
            return find_matches(database, asked, number, vectors, limit, skip)

    def query(self, query: Query | str) -> Query:
        """Read a query that may name every feature this catalogue holds."""
        if not isinstance(query, str):
            return query
        with told(self.path):
            return parse_query(query, features=more_features(self._database))

    def more_features(self) -> tuple[str, ...]:
        """Names of numbers that this catalogue holds besides those that every catalogue knows."""
        with told(self.path):
            return more_features(self._database)

    def short_ids(self, segment_ids: Sequence[str], *, at_least: int = 6) -> Mapping[str, str]:
        """The beginning of each id that tells it from every other segment in the catalogue."""
        with self._transaction("DEFERRED") as database:
            return {key: beginning(database, key, at_least) for key in segment_ids}

    def count(self, query: Query | str = "*") -> int:
        """How many segments match a query."""
        with self._transaction("DEFERRED") as database:
            return count_matches(database, self.query(query))

    def count_tags(self, query: Query | str = "*") -> Mapping[str, int]:
        """How many segments that match a query have each tag or one below it, by names of those that any has."""
        with self._transaction("DEFERRED") as database:
            return count_tags(database, self.query(query))

    def snapshot(self) -> Catalogue:
        """Everything as one value that does not change any more."""
        with self._transaction("DEFERRED") as database:
            return load_catalogue(database, *self._load_vectors(database))

    def _load_vectors(self, database: sqlite3.Connection) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        (generation,) = database.execute("SELECT value FROM meta WHERE name = 'generation'").fetchone()
        if self._vectors is None or self._vectors[0] != generation:
            self._vectors = (generation, *load_vectors(self.path, database))
        return self._vectors[1:]
