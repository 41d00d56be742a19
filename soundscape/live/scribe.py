"""Writing while a show goes on: a thread of its own, a disk that may fill up, fall away and come back.

Who gives never waits for the disk. What is given waits in memory, up to a bound; beyond it only how much is lost is
kept, in its place. Nothing here knows what the bytes mean.
"""

from __future__ import annotations

import errno
import os
import threading
from collections import deque
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import Generic, TypeVar

from soundscape.errors import OutputError
from soundscape.whole import numbered, output_error

TICK_S = 0.1
"""How often what waits is written."""
RETRY_S = 0.5
"""How often a disk is asked again that could not be written."""
MOST_UNKEPT_BYTES = 1 << 24
"""Written since the disk last said that it has everything: kept in memory, in case it has not."""
CLOSE_S = 60.0
"""How long a disk may take to write the last."""

Tell = Callable[[str], None]
"""Called from the writing thread, with one line for whoever runs the show."""

T = TypeVar("T")


def tell_nobody(line: str) -> None:
    """Listen to nothing."""


@dataclass(frozen=True, slots=True)
class Lost:
    """So much found no place."""

    n: int


class Waiting(Generic[T]):
    """Things in a row, one thread puts and another takes; their sizes together stay within `most`."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._things: deque[tuple[T | Lost, int]] = deque()
        self._size = 0
        self._lock = threading.Lock()
        self.n_lost = 0

    def put(self, thing: T, size: int) -> None:
        """Add a thing to the end, or only how large it is where there is no place for it."""
        with self._lock:
            if self._size + size <= self._most:
                self._things.append((thing, size))
                self._size += size
                return
            self.n_lost += size
            last = self._things.pop()[0] if self._things and isinstance(self._things[-1][0], Lost) else None
            self._things.append((Lost(size + (last.n if isinstance(last, Lost) else 0)), 0))

    def take(self) -> T | Lost | None:
        """First thing, taken out; None where none waits."""
        with self._lock:
            if not self._things:
                return None
            thing, size = self._things.popleft()
            self._size -= size
            return thing


class LastingFile:
    """A new file that grows at its end; its head can be written again, as long as before.

    What the disk has not confirmed is kept in memory, so that `mend` can write it again: on a disk that was full, or
    on one that was pulled out and put back.
    """

    def __init__(self, path: Path, head: bytes) -> None:
        self.path = path
        self._n_head = len(head)
        self._kept = self._end = 0
        self._unkept: list[bytes] = []
        self.n_unkept = 0
        """Bytes that the disk has not confirmed."""
        self._stream = path.open("xb+", buffering=0)
        try:
            self.add(head)
            self.keep()
            keep_name(path)
        except BaseException:
            self._stream.close()
            with suppress(OSError):
                path.unlink()
            raise

    @property
    def n_kept(self) -> int:
        """Bytes after the head that the disk has confirmed."""
        return self._kept - self._n_head

    def add(self, data: bytes) -> None:
        """Add to the end. After an `OSError` nothing is lost: `mend` writes it."""
        self._unkept.append(data)
        self.n_unkept += len(data)
        self._put(data, self._end)
        self._end += len(data)

    def keep(self) -> None:
        """Wait until the disk has everything."""
        os.fsync(self._stream.fileno())
        self._kept = self._end
        self._unkept.clear()
        self.n_unkept = 0

    def write_head(self, head: bytes) -> None:
        """Write the head again."""
        if len(head) != self._n_head:
            raise ValueError(f"the head had {self._n_head} bytes, the new one has {len(head)}")
        self._put(head, 0)

    def mend(self) -> None:
        """Open the file again and write what may be missing; an `OSError` where it still cannot be."""
        with suppress(OSError):
            self._stream.close()
        self._stream = self.path.open("rb+", buffering=0)
        if os.fstat(self._stream.fileno()).st_size < self._kept:
            raise OSError(errno.EIO, "there is another, shorter file now")
        # What stands behind may be half a write, or pages the disk gave up: it is written again.
        self._end = self._kept
        for data in self._unkept:
            self._put(data, self._end)
            self._end += len(data)
        self.keep()

    def close(self) -> None:
        """Close the file as it is."""
        self._stream.close()

    def _put(self, data: bytes, at: int) -> None:
        self._stream.seek(at)
        left = memoryview(data)
        while left:
            left = left[self._stream.write(left) or 0 :]


def keep_name(path: Path) -> None:
    """Wait until the folder has a name on the disk; some systems cannot say."""
    with suppress(OSError):
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def new_lasting_file(path: Path, head: bytes, *, beside: Callable[[Path], Path] | None = None) -> LastingFile:
    """A file that was not there before: `path`, or the first of its numbered siblings that is free.

    Parameters
    ----------
    beside
        Gives another name to write under; then a name counts as taken where either of both is.

    Raises
    ------
    OutputError
        If none can be made.
    """
    for name in numbered(path):
        if beside is not None and os.path.lexists(name):
            continue
        try:
            return LastingFile(beside(name) if beside else name, head)
        except FileExistsError:
            continue
        except OSError as error:
            raise output_error(path, error) from error
    raise AssertionError("numbers do not end")


class Scribe:
    """The thread that writes what waits, until it is closed.

    Parameters
    ----------
    take
        Called again and again in the writing thread: all that waits, as bytes.
    keep_s
        How often, in seconds, the disk is asked to confirm.
    head_of
        Head for so many confirmed bytes after it; None where the head stays.
    tell
        Hears of a disk that cannot be written, once, and of its coming back.
    """

    def __init__(self, file: LastingFile, take: Callable[[], Iterable[bytes]], *, keep_s: float,
                 head_of: Callable[[int], bytes] | None = None, tell: Tell = tell_nobody) -> None:  # fmt: skip
        self._file, self._take, self._keep_s, self._head_of, self._tell = file, take, keep_s, head_of, tell
        self._kept_at_s = monotonic()
        self._ending = threading.Event()
        self.failure: OutputError | None = None
        """Why the file cannot be written now."""
        self._thread = threading.Thread(target=self._run, name=f"writing {file.path.name}", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Write the last and close the file.

        Raises
        ------
        OutputError
            If it cannot be written, or the disk does not answer.
        """
        self._ending.set()
        self._thread.join(CLOSE_S)
        if self._thread.is_alive():
            raise OutputError(f"cannot finish {self._file.path}: the disk does not answer",
                              hint="the file holds what was written until now")  # fmt: skip
        self._file.close()
        if self.failure is not None:
            raise self.failure

    def _run(self) -> None:
        is_last = False
        while not is_last:
            is_last = self._ending.wait(TICK_S if self.failure is None else RETRY_S)
            try:
                self._write(is_last=is_last)
            except OSError as error:
                self._failed(output_error(self._file.path, error))
            except Exception as error:  # a thread that died would write nothing for the rest of the show
                self._failed(OutputError(f"cannot write {self._file.path}: {error!r}", hint="report this line"))
            else:
                self._succeeded()

    def _write(self, *, is_last: bool) -> None:
        if self.failure is not None:
            self._file.mend()
        for data in self._take():
            self._file.add(data)
            if self._file.n_unkept > MOST_UNKEPT_BYTES:
                self._file.keep()
        if is_last or monotonic() - self._kept_at_s >= self._keep_s:
            self._file.keep()
            if self._head_of is not None:
                self._file.write_head(self._head_of(self._file.n_kept))
            if is_last:
                self._file.keep()
            self._kept_at_s = monotonic()

    def _failed(self, failure: OutputError) -> None:
        is_news = self.failure is None or str(self.failure) != str(failure)
        self.failure = failure
        if is_news:
            self._say(str(failure))

    def _succeeded(self) -> None:
        if self.failure is not None:
            self.failure = None
            self._say(f"{self._file.path} is written again")

    def _say(self, line: str) -> None:
        with suppress(Exception):  # who listens cannot stop the writing
            self._tell(line)
