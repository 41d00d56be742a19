"""Writing the journal of a show while it goes on: nobody waits for the disk, and no old journal is touched."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np

from soundscape.arrangement.roomrow import row_of
from soundscape.arrangement.rows import recording_row, segment_row
from soundscape.catalogue.segment import Segment
from soundscape.live.actionrows import action_row
from soundscape.live.actions import Action, Note, Play
from soundscape.live.journal import SCHEMA, VERSION, End, Header, Row
from soundscape.live.scribe import Lost, Scribe, Tell, Waiting, new_lasting_file, tell_nobody

MOST_WAITING = 200_000
"""Rows that wait in memory while the disk cannot be written: more than a show has."""
KEEP_S = 0.5
"""How often the disk is asked to confirm what it has."""


class JournalWriter:
    """A journal that is on the disk, row after row, within a second of each.

    A disk that is full or gone stops nothing: rows wait in memory (`MOST_WAITING` of them) and are written when it is
    back; `trouble` and `tell` say so. A show that is killed leaves a journal that `read_journal` reads.

    Parameters
    ----------
    path
        Where it is to stand; where that name is taken, a number is added: see `path`.
    tell
        Called from another thread, with one line, when the file cannot be written and when it can be again.

    Raises
    ------
    OutputError
        If the file cannot be made.
    """

    def __init__(self, path: Path, header: Header, *, tell: Tell = tell_nobody) -> None:
        self._known = {recording.id for recording in header.recordings}
        self._segments: dict[str, Segment] = {}
        self._waiting: Waiting[Row | End] = Waiting(MOST_WAITING)
        self._is_closed = False
        self._closing = threading.Lock()
        path = Path(path)
        file = new_lasting_file(path, _head(header, path.resolve().parent))
        self.path = file.path
        """Where it stands."""
        self._scribe = Scribe(file, self._lines, keep_s=KEEP_S, tell=tell)

    @property
    def trouble(self) -> str:
        """Why the journal cannot be written now; empty where it can."""
        return str(self._scribe.failure or "")

    @property
    def n_lost(self) -> int:
        """Rows that found no place in memory while the disk could not be written."""
        return self._waiting.n_lost

    def append(self, frame: int, action: Action) -> None:
        """Add a row: the frame at which the audio thread took an action. It does not wait for the disk.

        Raises
        ------
        ValueError
            If the journal is closed, the frame is below zero, or a recording is played that the header does not hold.
        """
        if self._is_closed:
            raise ValueError("the journal is closed")
        if frame < 0:
            raise ValueError(f"frame is {frame}; it is 0 or more")
        if isinstance(action, Play) and action.event.segment.recording_id not in self._known:
            raise ValueError(f"the header holds no recording {action.event.segment.recording_id!r}")
        self._waiting.put(Row(frame, action), 1)

    def close(self, n_frames: int | None = None, audio_id: str = "") -> None:
        """Write the last rows and, where the show's length is given, the end.

        Parameters
        ----------
        n_frames
            Length of the show; None leaves the journal without an end, as of a show that broke off.
        audio_id
            Hash of the recorded output (`Tape.audio_id`), where there is one.

        Raises
        ------
        OutputError
            If the last rows cannot be written.
        """
        with self._closing:
            if self._is_closed:
                return
            self._is_closed = True
        if n_frames is not None:
            self._waiting.put(End(n_frames, audio_id), 0)
        self._scribe.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _lines(self) -> Iterator[bytes]:
        """Lines of all that waits."""
        while (row := self._waiting.take()) is not None:
            try:
                yield self._lines_of(row)
            except (TypeError, ValueError) as error:
                # What cannot be written must not keep back what comes after it.
                yield _line(_table_of(Row(getattr(row, "frame", 0), Note(f"a row could not be written: {error}"))))

    def _lines_of(self, row: Row | End | Lost) -> bytes:
        line = _line(_table_of(row))
        if isinstance(row, Row) and isinstance(row.action, Play):
            segment = row.action.event.segment
            if self._segments.get(segment.id) != segment:
                line = _line({"segment": segment_row(segment)}) + line
                self._segments[segment.id] = segment
        return line


def _table_of(row: Row | End | Lost) -> dict[str, Any]:
    if isinstance(row, Lost):
        return {"lost": row.n}
    if isinstance(row, End):
        return {"end": {"n_frames": row.n_frames, "audio_id": row.audio_id}}
    return {"frame": row.frame, **action_row(row.action)}


def _head(header: Header, folder: Path) -> bytes:
    """First lines: the header, and each recording."""
    table = {field.name: getattr(header, field.name) for field in fields(header) if field.name != "recordings"}
    table |= {"room": row_of(header.room, folder), "settings": dict(header.settings), "versions": dict(header.versions)}
    takes = ({"recording": recording_row(recording, folder)} for recording in header.recordings)
    return b"".join(map(_line, ({"schema": SCHEMA, "version": VERSION, **table}, *takes)))


def _line(table: dict[str, Any]) -> bytes:
    """One line; a letter that UTF-8 cannot hold (in a device's name) is a question mark."""
    text = json.dumps(table, ensure_ascii=False, allow_nan=False, default=_plain)
    return text.encode("utf-8", "replace") + b"\n"


def _plain(value: object) -> int | float | bool:
    """A number of numpy as one of Python."""
    if isinstance(value, np.generic):
        found: int | float | bool = value.item()
        return found
    raise TypeError(f"{value!r} is no number")
