"""Where `soundscape exhibit` says what happens: lines; on a terminal one more stays below them and says how it is."""

from __future__ import annotations

import contextlib
import sys
import threading
from collections import deque
from types import TracebackType
from typing import Protocol

from rich.console import Console
from rich.live import Live
from rich.text import Text

from soundscape.apps.cli.console import plain

LEAVE_S = 2.0
"""At the end, a terminal that does not take what is written is waited for so long."""
MOST_LINES = 1000


class Said(Protocol):
    """Who is told of an exhibit. A context manager."""

    def __enter__(self) -> Said: ...

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None: ...  # fmt: skip

    def say(self, line: str) -> None:
        """A line of the log."""
        ...

    def stand(self, line: str, *, is_well: bool) -> None:
        """How it is now."""
        ...


class Lines:
    """No terminal: lines of the log, and nothing else."""

    def __enter__(self) -> Lines:
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing is held."""

    def say(self, line: str) -> None:
        """See `Said`."""
        sys.stdout.write(plain(line) + "\n")
        sys.stdout.flush()

    def stand(self, line: str, *, is_well: bool) -> None:
        """Nobody is shown this."""


class Terminal:
    """A terminal: lines of the log scroll above one that stays. It may be slow, stuck or gone: nobody waits for it.

    Parameters
    ----------
    console
        Where it is; standard output, if none is given.
    """

    def __init__(self, console: Console | None = None) -> None:
        self._console = console or Console()
        self._lines: deque[str] = deque(maxlen=MOST_LINES)
        self._standing, self._is_over, self._wake = Text(), False, threading.Event()
        self._thread = threading.Thread(target=self._run, name="terminal", daemon=True)

    def __enter__(self) -> Terminal:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._is_over = True
        self._wake.set()
        self._thread.join(LEAVE_S)

    def say(self, line: str) -> None:
        """See `Said`."""
        self._lines.append(plain(" ".join(line.split())))
        self._wake.set()

    def stand(self, line: str, *, is_well: bool) -> None:
        """See `Said`."""
        self._standing = Text(plain(line), style="bold" if is_well else "bold red", no_wrap=True, overflow="ellipsis")
        self._wake.set()

    def _run(self) -> None:
        # Who looked has gone: the exhibit goes on. A console whose pipe is broken asks to leave the program.
        with contextlib.suppress(OSError, SystemExit), Live(
            console=self._console, auto_refresh=False, transient=True, redirect_stdout=False, redirect_stderr=False
        ) as live:  # fmt: skip
            while not self._is_over or self._lines:
                self._wake.wait()
                self._wake.clear()
                while self._lines:
                    self._console.print(self._lines.popleft(), markup=False, highlight=False, soft_wrap=True)
                live.update(self._standing, refresh=True)


def where_it_is_said() -> Said:
    """A terminal where standard output is one; else lines."""
    return Terminal() if sys.stdout.isatty() else Lines()
