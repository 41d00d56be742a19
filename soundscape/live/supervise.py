"""The engine's process, kept alive: started, watched by its block counter, ended when it hangs, and replaced.

A warm spare takes over where there is one, else it is started again. Nothing here plays, draws or knows what a row
asks; nothing here waits.
"""

from __future__ import annotations

import contextlib
import signal
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from soundscape.live.engineprocess import EngineProcess, Row
from soundscape.live.spare import Spare

State = Literal["loading", "playing", "ending", "waiting", "over"]
"""Not ready yet; ready; told to end; dead, and started again soon; dead for good."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long what is waited for."""

    stall_s: float = 2.0
    """The block counter stands still."""
    spared_stall_s: float = 1.2
    """The same, where a spare is warm."""
    silence_s: float = 120.0
    """Nothing is said while everything is loaded."""
    term_s: float = 0.5
    """From the polite signal to the one that cannot be refused."""
    quit_s: float = 15.0
    """From `quit` to the end: journal and tape are written out."""
    backoff_s: tuple[float, ...] = (0.2, 0.5, 1.0, 2.0, 5.0)
    """Before each start in a row; the last one goes on for ever."""
    well_s: float = 30.0
    """Played for so long without trouble, it begins again with the first of `backoff_s`."""


class Supervisor:
    """An engine process and what becomes of it. A context manager: leaving it leaves no process behind.

    Parameters
    ----------
    command
        What to start; `resume` is appended from the second start on, so that the show goes on where it was.
    patience
        How long it waits for what.
    spare
        What is appended for an engine that loads everything and waits, beside what a second start is told; without it
        there is none.
    clock
        Seconds, that only grow.

    Notes
    -----
    An engine that ends before it was ready once is not started again: what is wrong is in the piece or the options.
    One that was ready is started again until it is told to quit, or ends by itself with `ended` and exit code 0.
    """

    def __init__(self, command: Sequence[str], *, patience: Patience | None = None, resume: str = "--resume",
                 spare: str = "", clock: Callable[[], float] = time.monotonic) -> None:  # fmt: skip
        self.command, self.patience = tuple(command), patience or Patience()
        self.state: State = "waiting"
        self.n_starts = self.n_garbled = 0
        self.reason = ""
        """Why the engine is missing, or why it is over."""
        self.exit_code: int | None = None
        """Of the engine, once it is over."""
        self.resume, self._clock = resume, clock
        """May be changed: what the next start is told, beside the command."""
        self.carried: Mapping[str, Any] = {}
        """May be changed: what a spare is told when it takes over."""
        self._process: EngineProcess | None = None
        self._as_spare, self._spare = spare, Spare(clock)
        self._rows: list[dict[str, Any]] = []
        self._was_ready = self._is_quitting = self._has_ended = False
        self._n_tries = 0
        self._missing_since: float | None = None
        self._due = self._polled = clock()
        self._heard = self._moved = self._ready_at = self._polled
        self._frame: object = None
        self._died: float | None = None

    def __enter__(self) -> Supervisor:
        self._start()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def n_restarts(self) -> int:
        """How often it was started again."""
        return max(0, self.n_starts - 1)

    @property
    def missing_s(self) -> float:
        """Seconds since the engine, or its device, went away; 0 while it plays, or was not ready yet."""
        return 0.0 if self._missing_since is None else self._clock() - self._missing_since

    @property
    def pid(self) -> int | None:
        """Of the engine, while there is one."""
        return self._process.pid if self._process is not None else None

    @property
    def spare_pid(self) -> int | None:
        """Of the spare, while there is one."""
        return self._spare.pid

    def standing(self) -> dict[str, Any]:
        """How it stands, for a view, beside what the engine says of itself."""
        return {"engine": self.state, "restarts": self.n_restarts, "missing_s": self.missing_s,
                "spare": self._spare.is_ready if self._as_spare else None,
                "missing_because": self.reason if self._missing_since is not None else ""}  # fmt: skip

    def send(self, row: Row) -> bool:
        """Ask the engine for something, without waiting; False where it cannot be asked, and then it is not done later.

        What is asked while there is no engine is dropped: a GO must not come by itself seconds afterwards.
        """
        if row.get("do") == "quit":
            self._is_quitting = True
            self._due = self._clock() + self.patience.quit_s
            if self._process is None:
                self._be_over("it was told to quit", self.exit_code or 0)
                return True
        elif self.state != "playing":
            return False
        return self._process is not None and self._process.send(row)

    def poll(self) -> list[dict[str, Any]]:
        """What the engine has said since the last time; what must be done about it is done. Never waits.

        Rows are the engine's own, and `{"what": "said", "line": ...}` where there is something to tell of it.
        """
        now = self._clock()
        # A program that was stopped, or a machine that slept, has seen nothing: that is not the engine's fault.
        if now - self._polled > self._stall_s / 2.0:
            self._moved = self._heard = now
        self._polled = now
        if self._process is None:
            if self.state == "waiting" and now >= self._due:
                self._start()
        else:
            self._listen(now)
            self._watch(now)
        if self._as_spare and self.state == "playing" and now > self._ready_at and not self._is_quitting:
            self._say(self._spare.tend((*self.command, *self._resumed(), self._as_spare)))
        rows, self._rows = self._rows, []
        return rows

    def close(self) -> None:
        """End the engine, now; this waits for it, for a second at most."""
        self._spare.close()
        if self._process is not None:
            code = self._process.end(self.patience.term_s)
            self._process = None
            self._be_over("it was closed", code)
        self.state = "over"

    @property
    def _stall_s(self) -> float:
        return self.patience.spared_stall_s if self._spare.is_ready else self.patience.stall_s

    def _start(self) -> None:
        try:
            process = EngineProcess((*self.command, *(self._resumed() if self.n_starts else ())))
        except OSError as error:
            self.n_starts += 1
            self._fail(f"cannot be started: {error.strerror or error}", 127)
            return
        self._begin_with(process)

    def _resumed(self) -> tuple[str, ...]:
        return (self.resume,) if self.resume and self.resume not in self.command else ()

    def _begin_with(self, process: EngineProcess) -> None:
        self.n_starts += 1
        self._heard = self._moved = self._clock()
        self._frame, self._has_ended, self._died = None, False, None
        self._process, self.state = process, "loading"

    def _listen(self, now: float) -> None:
        process = self._process
        assert process is not None
        for line in process.complaints():
            self._say(line)
        n_garbled = process.n_garbled
        for row in process.rows():
            self._heard = now
            self._hear(row["what"], row, now)
            self._rows.append(row)
        if process.n_garbled > n_garbled and not self.n_garbled:
            self._say("the engine said something that is no row of JSON; it was left out")
        self.n_garbled += process.n_garbled - n_garbled

    def _hear(self, what: object, row: dict[str, Any], now: float) -> None:
        if what == "ready" and self.state == "loading":
            self.state, self._was_ready = "playing", True
            self._moved = self._ready_at = now
        elif what == "ended":
            self._has_ended, self.reason = True, str(row.get("reason", ""))
        elif what == "status" and self.state == "playing":
            if row.get("frame") != self._frame:
                self._frame, self._moved = row.get("frame"), now
                self._be_well(now)
            if row.get("lost"):
                self._end(f"lost its device: {row['lost']}")

    def _be_well(self, now: float) -> None:
        if self._missing_since is not None:
            self._say(f"the engine plays again, after {now - self._missing_since:.1f} s")
            self._missing_since, self.reason = None, ""
        if now - self._ready_at > self.patience.well_s:
            self._n_tries = 0

    def _watch(self, now: float) -> None:
        process, patience = self._process, self.patience
        assert process is not None
        if (code := process.code) is not None:
            self._died = now if self._died is None else self._died
            if process.is_heard or now - self._died > patience.term_s:  # what it started itself may hold its pipes
                process.let_go()
                self._process = None
                self._bury(code, process.last_error)
        elif self.state == "ending":
            if now >= self._due:
                process.kill()
        elif self._is_quitting:
            if now >= self._due:
                self._end("does not quit")
        elif self.state == "playing" and now - self._moved > self._stall_s:
            self._end(f"stood still for {now - self._moved:.1f} s")
            if self._spare.is_ready:  # the show waits: there is no time to be polite
                process.kill()
        elif self.state == "loading" and now - self._heard > patience.silence_s:
            self._end(f"said nothing for {now - self._heard:.0f} s while it loaded")

    def _end(self, reason: str) -> None:
        """Ask the process to end; `_watch` sees to it that it does."""
        assert self._process is not None
        self.state, self.reason, self._has_ended = "ending", reason, False
        self._due = self._clock() + self.patience.term_s
        self._process.terminate()

    def _bury(self, code: int, last_error: str) -> None:
        """The process is dead: that was it, or there will be another."""
        if self._is_quitting or (self._has_ended and code == 0):
            self._be_over(self.reason or "it was told to quit", code)
            return
        why = self.reason if self.state == "ending" or self._has_ended else ""
        self._fail(why or f"died ({_meaning(code)})" + (f": {last_error}" if last_error else ""), code)

    def _fail(self, reason: str, code: int) -> None:
        now = self._clock()
        self.reason = reason
        if not self._was_ready:
            self._be_over(reason, code)
            return
        self._missing_since = now if self._missing_since is None else self._missing_since
        if (spare := self._spare.take_over(self.carried)) is not None:
            self._begin_with(spare)
            self._say(f"the engine {reason}; the spare takes over")
            return
        pause_s = self.patience.backoff_s[min(self._n_tries, len(self.patience.backoff_s) - 1)]
        self._n_tries += 1
        self.state, self._due = "waiting", now + pause_s
        self._say(f"the engine {reason}; it starts again in {pause_s:g} s")

    def _be_over(self, reason: str, code: int) -> None:
        self.state, self.reason, self.exit_code, self._missing_since = "over", reason, code, None

    def _say(self, line: str) -> None:
        if line:
            self._rows.append({"what": "said", "line": line})


def _meaning(code: int) -> str:
    """What an exit code says, in words."""
    if code < 0:
        with contextlib.suppress(ValueError):
            return f"signal {signal.Signals(-code).name}"
    return f"exit code {code}"
