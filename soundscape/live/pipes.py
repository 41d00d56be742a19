"""Lines through pipes, by threads of their own: who reads or writes them never waits for the other side.

What a line says is not known here. Both sides are bounded: what comes too fast, or is too long, is dropped.
"""

from __future__ import annotations

import contextlib
import os
import queue
import threading
from collections import deque
from typing import IO

MOST_LINES = 500
"""Lines that wait to be read; of more, the oldest go."""
LONGEST_LINE = 1 << 18
"""Bytes; a longer line is dropped whole."""
_CHUNK = 1 << 16


class LineReader:
    """The lines of a stream, as they come, whatever bytes they are."""

    def __init__(self, stream: IO[bytes] | None) -> None:
        self._lines: deque[bytes] = deque(maxlen=MOST_LINES)
        self._stream = stream
        self._has_come = threading.Event()
        self._thread = threading.Thread(target=self._read, name="lines in", daemon=True)
        if stream is not None:
            self._thread.start()

    @classmethod
    def closed(cls) -> LineReader:
        """One that has nothing to read."""
        return cls(None)

    @property
    def is_done(self) -> bool:
        """Whether the other side has closed, and everything is read."""
        return not self._thread.is_alive() and not self._lines

    def lines(self) -> list[bytes]:
        """What has come since the last time, without line ends and empty lines."""
        self._has_come.clear()
        taken = []
        for _ in range(len(self._lines)):
            taken.append(self._lines.popleft())
        return taken

    def wait(self, most_s: float) -> None:
        """Wait until something has come since the last time, or the other side has closed; never longer than that."""
        self._has_come.wait(most_s)

    def _read(self) -> None:
        assert self._stream is not None
        with self._stream as stream:
            self._read_all(stream.fileno())
        self._has_come.set()

    def _read_all(self, descriptor: int) -> None:
        rest, is_too_long = bytearray(), False
        while chunk := self._next(descriptor):
            *whole, tail = chunk.split(b"\n")
            for part in whole:
                if not is_too_long and len(rest) + len(part) <= LONGEST_LINE:
                    self._take(bytes(rest) + part)
                rest.clear()
                is_too_long = False
            rest += tail
            if len(rest) > LONGEST_LINE:
                rest.clear()
                is_too_long = True
        if not is_too_long:
            self._take(bytes(rest))

    @staticmethod
    def _next(descriptor: int) -> bytes:
        try:
            return os.read(descriptor, _CHUNK)
        except OSError:
            return b""

    def _take(self, line: bytes) -> None:
        if line.strip():
            self._lines.append(line)
            self._has_come.set()


class LineWriter:
    """Writes lines into a stream whose other side may be asleep."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._waiting: queue.Queue[bytes] = queue.Queue(MOST_LINES)
        self._thread = threading.Thread(target=self._write, name="lines out", daemon=True)
        self._thread.start()

    def write(self, line: bytes) -> bool:
        """Have a line written, with its end; False where too many wait already, or nobody reads any more."""
        if not self._thread.is_alive():
            return False
        try:
            self._waiting.put_nowait(line)
        except queue.Full:
            return False
        return True

    def close(self) -> None:
        """Write no more. The other side is gone: what still waits goes nowhere."""
        try:
            self._waiting.put_nowait(b"")
        except queue.Full:
            self._waiting.get_nowait()
            self._waiting.put_nowait(b"")

    def _write(self) -> None:
        # The other side may be gone at any time; closing may find what was not written.
        with contextlib.suppress(OSError), self._stream as stream:
            while line := self._waiting.get():
                rest = memoryview(line)
                while rest:
                    rest = rest[os.write(stream.fileno(), rest) :]
