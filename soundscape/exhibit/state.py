"""What must not be lost when the power goes: what people and sensors asked for, and who keeps the exhibit."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
from collections.abc import Mapping
from dataclasses import asdict, replace
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import IO, Any

from soundscape.errors import ExhibitError, OutputError
from soundscape.exhibit.plan import Wish
from soundscape.whole import folder_to_write, output_error, whole_file

_MOST_BYTES = 1 << 20
"""Of a journal that is longer only the newer half, and all of the present opening, is kept."""


class State:
    """The folder of one exhibit. A context manager: one keeper at a time.

    Raises
    ------
    ExhibitError
        If another keeper has it.
    OutputError
        If it cannot be written.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder_to_write(folder)
        self._path = folder / "wishes.jsonl"
        self._lock: IO[str] | None = None

    def __enter__(self) -> State:
        path = self.folder / "keeper.pid"
        try:
            lock = path.open("a+", encoding="ascii")
        except OSError as error:
            raise output_error(path, error) from error
        if not _is_locked(lock):
            lock.seek(0)
            pid = lock.read(20).strip() or "another"
            lock.close()
            raise ExhibitError(f"{self.folder} is kept by process {pid} already", hint="stop that one first")
        with contextlib.suppress(OSError):  # who holds it counts; its number is only for people
            lock.truncate(0)
            lock.write(str(os.getpid()))
            lock.flush()
        self._lock = lock
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._lock is not None:
            with contextlib.suppress(OSError):
                self._lock.truncate(0)
            with contextlib.suppress(OSError):
                self._lock.close()
            self._lock = None

    def keep(self, opens: datetime, wish: Wish) -> bool:
        """Write down a wish for an opening; False where the disk does not take it: then it holds today."""
        return self._append(opens, asdict(wish))

    def end_profiles(self, opens: datetime, at_s: float) -> bool:
        """Write down that no profile that was wished for holds from a time of an opening on; False as in `keep`."""
        return self._append(opens, {"ends_s": at_s})

    def leave_out(self, opens: datetime, recording_id: str) -> bool:
        """Write down that a recording is not to be heard in an opening; False as in `keep`."""
        return self._append(opens, {"left_out": recording_id})

    def wishes(self, opens: datetime) -> tuple[Wish, ...]:
        """Wishes for an opening, in the order in which they came; a line that was torn is passed over."""
        wishes: tuple[Wish, ...] = ()
        for row in self._rows(opens):
            if "ends_s" in row:
                with contextlib.suppress(TypeError, ValueError):
                    wishes = ended(wishes, float(row["ends_s"]))
            elif wish := _wish(row):
                wishes = added(wishes, wish)
        return wishes

    def left_out(self, opens: datetime) -> tuple[str, ...]:
        """Ids of recordings that are not to be heard in an opening."""
        return tuple(dict.fromkeys(str(row["left_out"]) for row in self._rows(opens) if "left_out" in row))

    def _rows(self, opens: datetime) -> list[Mapping[str, Any]]:
        return [row for line in self._lines() if (row := _row(line)) and row.get("opens") == opens.isoformat()]

    def _lines(self) -> list[str]:
        try:
            return self._path.read_text(encoding="utf-8", errors="replace").split("\n")
        except OSError:
            return []

    def _append(self, opens: datetime, row: Mapping[str, Any]) -> bool:
        """A line that is on the disk when this returns, after whatever the last one was torn to."""
        line = json.dumps({"opens": opens.isoformat(), **row}, ensure_ascii=False)
        try:
            self._shorten(opens)
            is_new = not self._path.exists()
            with self._path.open("ab+") as stream:
                if stream.tell() and (stream.seek(-1, os.SEEK_END), stream.read(1))[1] != b"\n":
                    line = "\n" + line
                stream.write(line.encode() + b"\n")
                stream.flush()
                os.fsync(stream.fileno())
            if is_new:
                _sync_folder(self.folder)
        except (OSError, OutputError):
            return False
        return True

    def _shorten(self, opens: datetime) -> None:
        """Forget the oldest openings where there is too much."""
        if not self._path.exists() or self._path.stat().st_size <= _MOST_BYTES:
            return
        lines = [line for line in self._lines() if line]
        present = opens.isoformat()
        kept = [
            line for n, line in enumerate(lines) if n >= len(lines) // 2 or (_row(line) or {}).get("opens") == present
        ]
        with whole_file(self._path) as temporary:
            temporary.write_text("\n".join(kept) + "\n", encoding="utf-8")


def ended(wishes: tuple[Wish, ...], at_s: float) -> tuple[Wish, ...]:
    """The same, but that no profile of them holds from a time on."""
    return tuple(
        replace(one, until_s=max(one.from_s, min(one.until_s, at_s))) if one.profile else one for one in wishes
    )


def added(wishes: tuple[Wish, ...], wish: Wish) -> tuple[Wish, ...]:
    """The same and one more; where that sets a slider, what set it before holds no longer."""
    if wish.is_set:
        wishes = tuple(
            replace(one, until_s=max(one.from_s, min(one.until_s, wish.from_s)))
            if one.is_set and set(one.mood) <= set(wish.mood) else one for one in wishes
        )  # fmt: skip
    return (*wishes, wish)


def _row(line: str) -> Mapping[str, Any] | None:
    with contextlib.suppress(ValueError, RecursionError):
        row = json.loads(line)
        return row if isinstance(row, dict) else None
    return None


def _wish(row: Mapping[str, Any]) -> Wish | None:
    try:
        mood = {str(name): float(step) for name, step in dict(row.get("mood", {})).items()}
        return Wish(float(row["from_s"]), float(row["until_s"]), mood, str(row.get("profile", "")),
                    bool(row.get("is_set", False)))  # fmt: skip
    except (KeyError, TypeError, ValueError):
        return None


def _is_locked(stream: IO[str]) -> bool:
    """Whether it is ours now; the system lets go of it when a process ends, however it ends."""
    try:
        fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
