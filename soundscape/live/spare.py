"""A second engine, loaded and warm, that waits for the first to fail. It has no device, no port and no file open."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from soundscape.live.engineprocess import EngineProcess, Row

TAKE_OVER = "take over"
"""What a spare is told."""
WARM, ALIVE = "warm", "alive"
"""What it says: once, when everything is loaded; and every second while it waits."""
ALIVE_S = 1.0
LOADING_S, HANGS_S = 120.0, 5.0
"""A spare that says nothing for so long while it loads, or waits, hangs."""
BACKOFF_S = (1.0, 5.0, 30.0)
"""From the end of one that was not needed to the next; the last goes on for ever."""


class Spare:
    """An engine in reserve, and what becomes of it.

    Parameters
    ----------
    clock
        Seconds, that only grow.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._process: EngineProcess | None = None
        self._is_warm = False
        self._heard_s = self._due_s = clock()
        self._n_failed = 0

    @property
    def is_ready(self) -> bool:
        """Whether one is warm, and alive."""
        return self._process is not None and self._is_warm and self._process.code is None

    @property
    def pid(self) -> int | None:
        """Of the one that loads or waits."""
        return self._process.pid if self._process is not None else None

    def tend(self, command: Sequence[str]) -> str:
        """Start one where there is none, and let go of one that is dead or hangs; what is to be told of it, or nothing.

        Parameters
        ----------
        command
            What to start.
        """
        now = self._clock()
        process = self._process
        if process is None:
            if now >= self._due_s:
                self._start(command, now)
            return ""
        process.complaints()
        told = ""
        for row in process.rows():
            self._heard_s = now
            if row["what"] == WARM:
                self._is_warm, self._n_failed, told = True, 0, "a spare engine stands ready"
        if process.code is not None:
            return self._lose(f"ended with exit code {process.code}: {process.last_error}".rstrip(": "))
        patience_s = HANGS_S if self._is_warm else LOADING_S
        if now - self._heard_s > patience_s:
            return self._lose(f"said nothing for {now - self._heard_s:.0f} s")
        return told

    def take_over(self, carried: Row) -> EngineProcess | None:
        """One that was warm, and is told to take over; None where there is none. `tend` starts the next.

        Parameters
        ----------
        carried
            What it is told beside that.
        """
        if not self.is_ready:
            return None
        process, self._process, self._due_s = self._process, None, self._clock()
        if process is None or process.send({"do": TAKE_OVER, **carried}):
            return process
        process.end(0.0)
        return None

    def close(self) -> None:
        """End it."""
        if self._process is not None:
            self._process.end(0.0)  # it holds nothing that would have to be closed
            self._process = None

    def _start(self, command: Sequence[str], now: float) -> None:
        self._is_warm, self._heard_s = False, now
        try:
            self._process = EngineProcess(command)
        except OSError:
            self._put_off()

    def _lose(self, why: str) -> str:
        """Without one for a while; nobody hears it, so it is told only the first time in a row."""
        self.close()
        self._put_off()
        return f"the spare engine {why}; another is loaded" if self._n_failed == 1 else ""

    def _put_off(self) -> None:
        self._due_s = self._clock() + BACKOFF_S[min(self._n_failed, len(BACKOFF_S) - 1)]
        self._n_failed += 1
