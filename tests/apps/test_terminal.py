"""Lines of an exhibit's log, and one that stays below them; whatever becomes of the terminal, nobody waits for it."""

from __future__ import annotations

import io
import re
import threading

import pytest
from rich.console import Console

from soundscape.apps import terminal
from soundscape.apps.terminal import Lines, Terminal, where_it_is_said


class Screen(io.StringIO):
    """What a terminal shows: understands what moves its cursor up, and what clears a line."""

    def rows(self) -> list[str]:
        rows, at = [""], 0
        for part in re.findall(r"\x1b\[\??[0-9;]*[A-Za-z]|\r|\n|[^\x1b\r\n]+", self.getvalue()):
            if part == "\n":
                at += 1
                rows += [""] * (at + 1 - len(rows))
            elif part.endswith("A") and part.startswith("\x1b["):
                at -= int(part[2:-1] or 1)
            elif part == "\x1b[2K":
                rows[at] = ""
            elif not part.startswith("\x1b") and part != "\r":
                rows[at] += part
        return rows


def shown(width: int, *steps: str) -> tuple[list[str], list[str]]:
    """Rows of a terminal after lines, those that begin with `=` how it stands; and when it is over."""
    screen, drawn = Screen(), threading.Event()
    with Terminal(Console(file=screen, force_terminal=True, width=width, height=20)) as one:
        for step in steps:
            one.stand(step[1:], is_well=True) if step.startswith("=") else one.say(step)
        for _ in range(4000):
            if steps[-1][1:8] not in screen.rows()[-1]:
                drawn.wait(0.005)
        during = screen.rows()
    return [row for row in during if row], [row for row in screen.rows() if row]


def test_the_line_that_stays_is_below_those_that_pass() -> None:
    during, after = shown(60, "opened", "=open until 18:00", "[red]door\n: started", "=open until 18:00 | wind")
    assert during == ["opened", "[red]door : started", "open until 18:00 | wind"]
    assert after == ["opened", "[red]door : started"], "at the end the log is left"


def test_the_line_that_stays_is_one_however_narrow_it_is() -> None:
    during, _ = shown(20, "opened", "=open until 18:00 | quiet until 13:00")
    assert during == ["opened", "open until 18:00 | …"]


class Stuck(io.StringIO):
    """A terminal that was halted: what is written to it waits."""

    def __init__(self) -> None:
        super().__init__()
        self.goes_on, self.has_waited_in_vain = threading.Event(), False

    def write(self, text: str) -> int:
        if not self.goes_on.wait(20.0):
            self.has_waited_in_vain = True
            self.goes_on.set()
        return len(text)


def test_a_terminal_that_is_stuck_holds_nobody_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(terminal, "LEAVE_S", 0.1)
    stuck = Stuck()
    with Terminal(Console(file=stuck, force_terminal=True, width=60)) as one:
        for n in range(3000):
            one.say(f"line {n}")
            one.stand(f"standing {n}", is_well=False)
        assert len(one._lines) <= terminal.MOST_LINES
    assert not stuck.has_waited_in_vain
    stuck.goes_on.set()
    one._thread.join()


def test_without_a_terminal_there_are_lines_and_nothing_else(capsys: pytest.CaptureFixture[str]) -> None:
    with where_it_is_said() as one:
        assert isinstance(one, Lines)
        one.stand("open until 18:00", is_well=True)
        one.say("opened")
        one.stand("open until 18:00 | wind", is_well=True)
    assert capsys.readouterr().out == "opened\n"
