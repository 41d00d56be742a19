"""What ingest does with a catalogue: recordings and their segments go in, and files are remembered."""

from __future__ import annotations

import os
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from soundscape.catalogue.connection import Connection
from soundscape.catalogue.corrections import settle
from soundscape.catalogue.files import FileState, load_file, put_file, remove_replaced
from soundscape.catalogue.giving_way import before, give_way
from soundscape.catalogue.lessons import put_learned
from soundscape.catalogue.schema import told
from soundscape.catalogue.scores import Scores, Words, put_scores, put_words
from soundscape.catalogue.segment import Recording, Segment
from soundscape.catalogue.vectors import unit_rows
from soundscape.catalogue.whole_segments import Measured
from soundscape.catalogue.writing import put_features, put_generation, put_path, put_recording, put_segment


class Intake(Connection):
    """The part of `soundscape.catalogue.store.Store` that ingest fills it by."""

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
        made: Sequence[Measured] = (),
    ) -> None:
        """Keep what was heard in a recording, in place of what a machine heard in it before.

        Persons' corrections stay: each goes to the new segment that overlaps its stretch best. Segments that persons
        made stay, and those of `segments` that mostly lie on them, or where a person wants none, give way. Tags in
        `segments` that are `by` a person count as corrections.

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
        made : persons' segments, as this analysis measured them; see `Store.made`
        """
        rows = unit_rows(np.atleast_2d(vectors)) if len(segments) else np.zeros((0, 0), np.float32)
        if len(rows) != len(segments) or any(segment.recording_id != recording.id for segment in segments):
            raise ValueError(f"recording {recording.id}: {len(segments)} segments, all its own, {len(rows)} vectors")
        if any(table is not None and len(table.values) != len(segments) for table in (scores, words)):
            raise ValueError(f"recording {recording.id}: {len(segments)} segments, and as many rows of scores or words")
        with self._transaction("IMMEDIATE") as database:
            put_recording(database, recording, analyser)
            earlier = before(database, recording.id)
            database.execute("DELETE FROM segments WHERE recording_id = ?", (recording.id,))
            numbers = [put_segment(database, *row) for row in zip(segments, rows, strict=True)]
            put_scores(database, numbers, scores)
            if scores is not None:
                put_learned(database, {numbers[place]: tags for place, tags in scores.learned.items()})
            put_words(database, numbers, words)
            give_way(database, recording.id, earlier, made)
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

    def paths(self) -> tuple[str, ...]:
        """Where the catalogue knows sound files: each recording's, and others that were heard or could not be."""
        with told(self.path):
            rows = self._database.execute("SELECT path FROM recordings UNION SELECT path FROM files").fetchall()
        return tuple(path for (path,) in rows)

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
