"""What a keeper commands: players and a renderer, in processes of their own, or here.

A keeper knows only this: rows of plain values go in and come out, and what is dead says so.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from soundscape.live.pipes import LineReader, LineWriter

Row = Mapping[str, Any]


class Port(Protocol):
    """Somebody who works for a keeper."""

    @property
    def is_alive(self) -> bool:
        """Whether it is there at all."""
        ...

    def send(self, row: Row) -> bool:
        """Ask for something, without waiting; False where it cannot be asked."""
        ...

    def rows(self) -> list[dict[str, Any]]:
        """What it has said since the last time."""
        ...

    def kill(self) -> None:
        """End it, whatever it does at the moment."""
        ...


class Ports(Protocol):
    """Where players and renderers come from."""

    def player(self) -> Port:
        """Start one; it says `ready` when it is warm."""
        ...

    def generator(self) -> Port:
        """Start one; it says `ready` when bed and clips are there."""
        ...


class ProcessPort:
    """A process that takes and gives lines of JSON.

    Parameters
    ----------
    command
        What is started.
    niceness
        How far it stands back for others.
    """

    def __init__(self, command: Sequence[str], *, niceness: int = 0) -> None:
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                         stderr=subprocess.PIPE, start_new_session=True)  # fmt: skip
        assert self._process.stdin is not None
        if niceness:
            with contextlib.suppress(OSError, AttributeError):
                os.setpriority(os.PRIO_PROCESS, self._process.pid, niceness)
        self._in = LineWriter(self._process.stdin)
        self._out, self._err = LineReader(self._process.stdout), LineReader(self._process.stderr)

    @property
    def pid(self) -> int:
        """Of the process."""
        return self._process.pid

    @property
    def is_alive(self) -> bool:
        """Whether it runs."""
        return self._process.poll() is None

    def send(self, row: Row) -> bool:
        """See `Port`."""
        return self._in.write(json.dumps(row).encode() + b"\n")

    def rows(self) -> list[dict[str, Any]]:
        """See `Port`; what it complains of comes as rows that say `error`."""
        found: list[dict[str, Any]] = []
        for line in self._out.lines():
            with contextlib.suppress(ValueError):
                row = json.loads(line)
                if isinstance(row, dict):
                    found.append(row)
        last = self._err.lines()[-1:]
        found += [{"what": "error", "line": line.decode(errors="replace")} for line in last]
        return found

    def kill(self) -> None:
        """See `Port`."""
        with contextlib.suppress(OSError):
            self._process.kill()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(1.0)
        self._in.close()


class Processes:
    """Players and renderers as processes of the same exhibit.

    Parameters
    ----------
    arguments
        Of `soundscape`, the exhibit and its options; what a process is to be is appended.
    """

    def __init__(self, arguments: Sequence[str]) -> None:
        self._command = (sys.executable, "-m", "soundscape", *arguments)

    def player(self) -> Port:
        """See `Ports`."""
        return ProcessPort([*self._command, "--as-player"])

    def generator(self) -> Port:
        """See `Ports`."""
        return ProcessPort([*self._command, "--as-generator"], niceness=10)
