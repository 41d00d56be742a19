"""The loop before which an operator sits: rows of the engine become a picture, keys become controls.

Where there is no terminal, a line now and then takes the place of the picture. Nothing here makes or keeps sound.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from rich.console import Console
from rich.live import Live

from soundscape.live.controls import Control
from soundscape.live.keyboard import HELP, LOCKED_HELP, Keyboard, Terminal
from soundscape.live.supervise import Supervisor
from soundscape.live.view import drawn, plain_line, share_done
from soundscape.live.wire import control_row
from soundscape.units import SILENCE_DB

TURN_S = 0.05
"""A turn of the loop, where no key comes; a key is answered at once."""
PICTURE_S = 0.1
LINE_S = 5.0
"""Without a terminal: how often it says how things stand."""
REST_TIMES = 9.0
"""After a picture it rests so many times as long as that took: a tenth of a core at most, for sound comes first."""
LEAVE_S = 2.0
"""At the end, a terminal that does not take what is written is waited for so long."""
N_SAID = 50

Row = Mapping[str, Any]


class Seat:
    """What is known of a show from what its engine has said, and what keys have asked of it."""

    def __init__(self, supervisor: Supervisor, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.supervisor = supervisor
        self.keyboard = Keyboard(clock)
        self.said: deque[str] = deque(maxlen=N_SAID)
        self.news: list[str] = []
        """What was said since somebody looked last."""
        self._status: dict[str, Any] = {}
        self._progress: Row | None = None
        self._clock = clock
        self._heard_at, self._per_s = clock(), 0.0

    def turn(self) -> list[dict[str, Any]]:
        """Take in what the engine has said."""
        rows = self.supervisor.poll()
        for row in rows:
            self._hear(row)
        return rows

    def answer(self, stroke: str) -> None:
        """Do what a key asks."""
        control, line = self.keyboard.press(stroke, self._status)
        if line:
            self.say(line)
        if self.keyboard.is_quitting and self.is_locked:
            self.keyboard.is_quitting = False
            self.say("locked: the show does not end by a key; press l twice, and q twice then")
        elif self.keyboard.is_quitting:
            self.quit()
        elif control is not None:
            self.ask(control)

    def interrupt(self) -> None:
        """A signal asks for the end: once, for it is no slip of a hand; twice where the show is locked."""
        if self.is_locked:
            self.say(self.keyboard.press("q", self._status)[1])
        if self.keyboard.is_quitting or not self.is_locked:
            self.quit()

    def ask(self, control: Control) -> bool:
        """Ask the engine for something; where it cannot be asked, that is told."""
        if not self.supervisor.send(control_row(control)):
            self.say(f"not done, for there is no engine to do it: {type(control).__name__}")
            return False
        return True

    def quit(self) -> None:
        """End the show."""
        self.say("the show ends")
        self.supervisor.send({"do": "quit"})

    def say(self, line: str) -> None:
        """Show a line."""
        line = " ".join(line.split())
        if not line:
            return
        self.said.append(line)
        self.news.append(line)

    @property
    def is_known(self) -> bool:
        """Whether the engine has said how it stands, or what it loads."""
        return bool(self._status) or self._progress is not None

    @property
    def is_locked(self) -> bool:
        """Whether an engine is there that says so: without one, nothing could open the lock."""
        return bool(self._status.get("locked")) and self.supervisor.state == "playing"

    @property
    def status(self) -> dict[str, Any]:
        """How everything stands, for `drawn`; while there is no engine, how it stood, without sound."""
        now = {**self._status, **self.supervisor.standing(), "controls_per_s": self._per_s}
        if self._progress is not None:
            words = f"{self._progress.get('text', '')} {100 * share_done(self._progress):.0f} %"
            if not self._status:
                now["progress"] = self._progress
            elif now["missing_s"]:
                now["missing_because"] += f" (again: {words})"
        if now["missing_s"]:
            now |= {"peaks_db": [SILENCE_DB] * len(now.get("channels", ())), "n_voices": 0}
        return now

    def _hear(self, row: Row) -> None:
        what = row.get("what")
        if what == "status":
            self._count(row)
            self._status.update(row)
            self._progress = None
        elif what == "progress":
            self._progress = row
        elif what == "ready":
            self._progress = None
            self.say(str(row.get("line", "ready")))
        elif what == "said":
            self.say(str(row.get("line", "")))
        elif what == "ended":
            self.say(f"ended: {row.get('reason', '')}")

    def _count(self, row: Row) -> None:
        """Controls a second, from two statuses; smoothed, so that a light can be seen."""
        now, number, before = self._clock(), row.get("controls"), self._status.get("controls")
        if isinstance(number, int) and isinstance(before, int) and now > self._heard_at:
            now_per_s = max(0, number - before) / (now - self._heard_at)
            self._per_s = now_per_s if now_per_s > self._per_s else 0.7 * self._per_s + 0.3 * now_per_s
            self._per_s = self._per_s if self._per_s >= 0.5 else 0.0
        self._heard_at = now


@dataclass
class _Paper:
    """What shall be shown; a thread of its own shows it, for a terminal may be slow, stuck or gone."""

    console: Console
    is_picture: bool
    keys_help: str = ""
    status: Row = field(default_factory=dict)
    said: list[str] = field(default_factory=list)
    lines: deque[str] = field(default_factory=lambda: deque(maxlen=1000))
    wake: threading.Event = field(default_factory=threading.Event)
    is_full: bool = False
    """Nothing more comes."""

    def fill(self) -> None:
        """Show what there is to show, until nothing more comes."""
        # Who looked has gone: the show goes on without them. A console whose pipe is broken asks to leave the program.
        with contextlib.suppress(OSError, SystemExit):
            self._draw() if self.is_picture else self._write()

    def _draw(self) -> None:
        console = self.console
        with Live(
            console=console, screen=True, auto_refresh=False, redirect_stdout=False, redirect_stderr=False
        ) as live:
            while not self.is_full:
                self.wake.wait()
                self.wake.clear()
                began = time.monotonic()
                keys = LOCKED_HELP if self.keys_help and self.status.get("locked") else self.keys_help
                live.update(drawn(self.status, self.said, console.width, console.height, keys), refresh=True)
                time.sleep(max(PICTURE_S / 2.0, REST_TIMES * (time.monotonic() - began)))
        for line in self.said[-3:]:  # the picture is gone: how it ended stays
            self._line(line)

    def _write(self) -> None:
        while not self.is_full or self.lines:
            self.wake.wait()
            self.wake.clear()
            while self.lines:
                self._line(self.lines.popleft())

    def _line(self, line: str) -> None:
        self.console.print(line, markup=False, highlight=False, soft_wrap=True)


def watched(supervisor: Supervisor, *, console: Console | None = None, terminal: Terminal | None = None,
            on_row: Callable[[dict[str, Any]], None] | None = None) -> int:  # fmt: skip
    """Show what a supervised engine does until it is over; its exit code.

    Parameters
    ----------
    supervisor
        Started.
    console, terminal
        Where the picture goes and keys come from; standard output and input.
    on_row
        Called with each row of the engine, such as for lights of controllers.
    """
    console, terminal = console or Console(), terminal or Terminal()
    seat = Seat(supervisor)
    with terminal:
        is_picture = console.is_terminal and console.encoding.startswith("utf")
        paper = _Paper(console, is_picture, HELP if terminal.has_keys else "")
        thread = threading.Thread(target=paper.fill, name="screen", daemon=True)
        thread.start()
        try:
            _loop(seat, terminal, paper, on_row)
        finally:
            paper.is_full = True
            paper.wake.set()
            thread.join(LEAVE_S)
    return supervisor.exit_code or 0


def _loop(seat: Seat, terminal: Terminal, paper: _Paper, on_row: Callable[[dict[str, Any]], None] | None) -> None:
    due, every_s = 0.0, PICTURE_S if paper.is_picture else LINE_S
    while True:
        is_over = seat.supervisor.state == "over"
        try:
            for row in seat.turn():
                due = 0.0 if row.get("what") == "ready" else due
                if on_row is not None:
                    on_row(row)
            is_due = (now := time.monotonic()) >= due and (paper.is_picture or seat.is_known)
            due = now + every_s if is_due else due
            if is_due or is_over or seat.news:
                _show(seat, paper, has_line=is_due and not is_over)
            if is_over:
                return
            for stroke in terminal.read(TURN_S):
                seat.answer(stroke)
        except KeyboardInterrupt:
            seat.interrupt()


def _show(seat: Seat, paper: _Paper, *, has_line: bool) -> None:
    paper.status, paper.said = seat.status, list(seat.said)
    if not paper.is_picture:
        paper.lines.extend([*seat.news, *([plain_line(paper.status)] if has_line else [])])
    seat.news.clear()
    paper.wake.set()
