"""A process that an engine runs in: rows of JSON go in and come out, one a line."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Mapping, Sequence
from typing import Any

from soundscape.live.pipes import LineReader, LineWriter

Row = Mapping[str, Any]


class EngineProcess:
    """One engine, from its start to its end. Nothing here waits, but `end`.

    Raises
    ------
    OSError
        If it cannot be started.
    """

    def __init__(self, command: Sequence[str]) -> None:
        self._process = subprocess.Popen(
            tuple(command), bufsize=0, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            start_new_session=os.name == "posix",  # an interrupt from the keyboard is ours to answer
        )  # fmt: skip
        process = self._process
        assert process.stdin is not None and process.stdout is not None and process.stderr is not None  # noqa: PT018
        self._in = LineWriter(process.stdin)
        self._out, self._err = LineReader(process.stdout), LineReader(process.stderr)
        self.n_garbled = 0
        self.last_error = ""

    @property
    def pid(self) -> int:
        """Of the process."""
        return self._process.pid

    @property
    def code(self) -> int | None:
        """Its exit code, once it has one."""
        return self._process.poll()

    @property
    def is_heard(self) -> bool:
        """Whether all that it has said was read; what it started itself may hold its pipes open."""
        return self._out.is_done and self._err.is_done

    def send(self, row: Row) -> bool:
        """Tell it something; False where it does not listen."""
        return self._in.write(json.dumps(row).encode() + b"\n")

    def complaints(self) -> list[str]:
        """What it has written to its error output since the last time."""
        lines = [line.decode("utf-8", "replace").strip() for line in self._err.lines()]
        self.last_error = next((line for line in reversed(lines) if line), self.last_error)
        return [line for line in lines if line]

    def rows(self) -> list[dict[str, Any]]:
        """What it has said since the last time; what is no row is counted and left out."""
        rows = []
        for line in self._out.lines():
            try:
                row = json.loads(line)
                row["what"]
            except (ValueError, TypeError, KeyError, RecursionError):
                self.n_garbled += 1
            else:
                rows.append(row)
        return rows

    def terminate(self) -> None:
        """Ask it to end."""
        self._process.terminate()

    def kill(self) -> None:
        """End it, whatever it does."""
        self._process.kill()

    def end(self, within_s: float) -> int:
        """Ask it to end, and end it where it does not; its exit code. This waits."""
        self._process.terminate()
        try:
            return self._process.wait(within_s)
        except subprocess.TimeoutExpired:
            self._process.kill()
            return self._process.wait()
        finally:
            self.let_go()

    def let_go(self) -> None:
        """It is dead: close what led to it."""
        self._in.close()
