"""A catalogue on the disk: one SQLite file that ingest fills, persons correct, and everybody searches.

Whatever happens to the program, a recording is in the file with all its segments or not at all.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType

import numpy as np
from numpy.typing import NDArray

from soundscape.catalogue.catalogue import Catalogue
from soundscape.catalogue.corrections import correct, settle
from soundscape.catalogue.files import FileState, load_file, put_file, remove_replaced
from soundscape.catalogue.lessons import Change, Ground, Lesson, effect, ground, keep_lesson, load_lesson, put_learned
from soundscape.catalogue.query import parse_query
from soundscape.catalogue.rows import RECORDING_COLUMNS, recording_of
from soundscape.catalogue.schema import open_database, remove_database, told
from soundscape.catalogue.scores import Scores, Words, load_words, put_scores, put_words
from soundscape.catalogue.search import (
    Found,
    beginning,
    count_matches,
    find_matches,
    load_segments,
    segments_starting,
)
from soundscape.catalogue.segment import Recording, Segment, Tag
from soundscape.catalogue.tags import tag_named
from soundscape.catalogue.terms import Query
from soundscape.catalogue.vectors import load_vectors, unit_rows
from soundscape.catalogue.writing import (
    more_features,
    put_features,
    put_generation,
    put_path,
    put_recording,
    put_segment,
)
from soundscape.errors import CatalogueError


class Store:
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
        self.path = Path(path)
        self._database = open_database(self.path, create=create, timeout_s=timeout_s)
        self._vectors: tuple[str, NDArray[np.int64], NDArray[np.float32]] | None = None

    def __enter__(self) -> Store:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the file; the store cannot be used any more."""
        self._database.close()

    def close_and_remove_if_empty(self) -> None:
        """Let go of the file, which goes if there is no recording in it and nobody else has it open."""
        try:
            if not self._database.execute("SELECT count(*) FROM recordings").fetchone()[0]:
                self._database.execute("PRAGMA locking_mode = EXCLUSIVE")
                # without its write-ahead log a catalogue can only be had alone
                if self._database.execute("PRAGMA journal_mode = DELETE").fetchone()[0] == "delete":
                    remove_database(self.path)
        except sqlite3.DatabaseError:  # in use, or too damaged to say: it stays
            pass
        finally:
            self.close()

    @contextmanager
    def _transaction(self, kind: str) -> Iterator[sqlite3.Connection]:
        with told(self.path):
            self._database.execute(f"BEGIN {kind}")
            try:
                yield self._database
            except BaseException:
                if self._database.in_transaction:
                    self._database.execute("ROLLBACK")
                raise
            self._database.execute("COMMIT")

    # what ingest needs

    def known(self, recording_id: str, analyser: str) -> bool:
        """Whether that version of the analysis has already heard this recording."""
        with told(self.path):
            row = self._database.execute(
                "SELECT 1 FROM recordings WHERE id = ? AND analyser = ?", (recording_id, analyser)
            ).fetchone()
        return row is not None

    def add_analysis(
        self,
        recording: Recording,
        segments: Sequence[Segment],
        vectors: NDArray[np.floating],
        *,
        analyser: str,
        file: FileState | None = None,
        scores: Scores | None = None,
        words: Words | None = None,
    ) -> None:
        """Keep what was heard in a recording, in place of what a machine heard in it before.

        Persons' corrections stay: each goes to the new segment that overlaps its stretch best. Tags in `segments` that
        are `by` a person count as corrections.

        Parameters
        ----------
        recording : Recording
        segments : of this recording, each with an id of its own
        vectors : (n_segments, n_columns) float
            Feature vectors for likeness; kept as float32 of unit length.
        analyser : str
            Version of the analysis, for `known`.
        file : FileState or None
            What to remember about the file, in the same transaction.
        scores : Scores or None
            How likely each name is for each segment, before anything a person said; what is learned builds on it.
        words : Words or None
            What a model that knows words heard in each segment.
        """
        rows = unit_rows(np.atleast_2d(vectors)) if len(segments) else np.zeros((0, 0), np.float32)
        if len(rows) != len(segments) or any(segment.recording_id != recording.id for segment in segments):
            raise ValueError(f"recording {recording.id}: {len(segments)} segments, all its own, {len(rows)} vectors")
        if any(table is not None and len(table.values) != len(segments) for table in (scores, words)):
            raise ValueError(f"recording {recording.id}: {len(segments)} segments, and as many rows of scores or words")
        with self._transaction("IMMEDIATE") as database:
            put_recording(database, recording, analyser)
            database.execute("DELETE FROM segments WHERE recording_id = ?", (recording.id,))
            numbers = [put_segment(database, *row) for row in zip(segments, rows, strict=True)]
            put_scores(database, numbers, scores)
            if scores is not None:
                put_learned(database, {numbers[place]: tags for place, tags in scores.learned.items()})
            put_words(database, numbers, words)
            settle(database, recording.id)
            put_features(database, segments)
            put_generation(database)
            if file is not None:
                put_file(database, file)

    def moved(self, recording_id: str, path: str | os.PathLike[str]) -> None:
        """Remember that a recording is now found at another path."""
        with self._transaction("IMMEDIATE") as database:
            put_path(database, recording_id, os.fspath(path))

    def forget_replaced(self) -> int:
        """Let go of recordings whose file holds another one now, unless they are at another place; how many went.

        Nobody shall play a new take under the name of an old one. Persons' corrections wait for the old one's return.
        """
        with self._transaction("IMMEDIATE") as database:
            n_gone = remove_replaced(database)
            if n_gone:
                put_generation(database)
        return n_gone

    def file_state(self, path: str | os.PathLike[str]) -> FileState | None:
        """What became of a file when it was last looked at; None if it never was."""
        with told(self.path):
            return load_file(self._database, os.fspath(path))

    def recordings_of_size(self, size: int, analyser: str) -> tuple[str, ...]:
        """Recordings that version of the analysis has heard in files of so many bytes: a moved file may be one."""
        with told(self.path):
            rows = self._database.execute(
                "SELECT DISTINCT recording_id FROM files WHERE size = ? AND analyser = ? AND state = 'done'",
                (size, analyser),
            ).fetchall()
        return tuple(sorted(row[0] for row in rows))

    def remember_file(self, file: FileState) -> None:
        """Keep what became of a file, in place of what was known about that path."""
        with self._transaction("IMMEDIATE") as database:
            put_file(database, file)

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
        with self._transaction("IMMEDIATE") as database:
            found = [self._one(database, segment_id) for segment_id in segment_ids]
            for number, _ in found if added or removed else ():
                correct(database, number, add=added, remove=removed)
            now = load_segments(database, [number for number, _ in found])
        return [now[number][0] for number, _ in found]

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
            number, _ = self._one(database, segment_id)
            return Found(*load_segments(database, [number])[number])

    def find(self, query: Query | str = "*", like: str | Words | None = None, limit: int | None = 50) -> list[Found]:
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
                return find_matches(database, asked, unit_rows(like.values)[0], heard, limit)
            number = None if like is None else self._one(database, like)[0]
            vectors = None if number is None else self._load_vectors(database)
            return find_matches(database, asked, number, vectors, limit)

    def query(self, query: Query | str) -> Query:
        """Read a query that may name every feature this catalogue holds."""
        if not isinstance(query, str):
            return query
        with told(self.path):
            return parse_query(query, features=more_features(self._database))

    def short_ids(self, segment_ids: Sequence[str], *, at_least: int = 6) -> Mapping[str, str]:
        """The beginning of each id that tells it from every other segment in the catalogue."""
        with self._transaction("DEFERRED") as database:
            return {key: beginning(database, key, at_least) for key in segment_ids}

    def count(self, query: Query | str = "*") -> int:
        """How many segments match a query."""
        with self._transaction("DEFERRED") as database:
            return count_matches(database, self.query(query))

    def snapshot(self) -> Catalogue:
        """Everything as one value that does not change any more."""
        with self._transaction("DEFERRED") as database:
            numbers, vectors = self._load_vectors(database)
            rows = database.execute(f"SELECT {', '.join(RECORDING_COLUMNS)} FROM recordings ORDER BY id")
            recordings = {recording.id: recording for recording in map(recording_of, rows)}
            found = load_segments(database, None)
            places = {int(number): place for place, number in enumerate(numbers)}
            ordered = [vectors[places[number]] for number in found]
        segments = tuple(segment for segment, _ in found.values())
        return Catalogue(recordings, segments, np.array(ordered, np.float32).reshape(len(segments), vectors.shape[1]))

    def _one(self, database: sqlite3.Connection, start: str) -> tuple[int, Segment]:
        found = segments_starting(database, start)
        if len(found) > 1:
            names = ", ".join(key for _, key in found[:3])
            raise CatalogueError(f"several segments begin with {start!r}: {names}", hint="write more of the id")
        if not found:
            raise CatalogueError(
                f"there is no segment {start!r} in {self.path}",
                hint='ids are the first column of: soundscape find "gate"',
            )
        number = found[0][0]
        return number, load_segments(database, [number])[number][0]

    def _load_vectors(self, database: sqlite3.Connection) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        (generation,) = database.execute("SELECT value FROM meta WHERE name = 'generation'").fetchone()
        if self._vectors is None or self._vectors[0] != generation:
            self._vectors = (generation, *load_vectors(self.path, database))
        return self._vectors[1:]
