"""Before the screen: keys reach the engine, what it says is seen, and its end is the end."""

from __future__ import annotations

import contextlib
import io
import os
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
from rich.console import Console

from soundscape.live import screen
from soundscape.live.controls import Go
from soundscape.live.keyboard import Terminal
from soundscape.live.screen import Seat, watched
from soundscape.live.supervise import Patience, Supervisor
from tests.live.test_supervise import ENGINE

STATUS = 'title="Overture", time_s=3.0, controls=0, cue="Dawn", next_cue="Storm", channels=["FL"], peaks_db=[-6.0]'
PLAYS = f'row("progress", text="decoding", done=1, total=2); row("ready", line="ready: 12 sounds"); plays({STATUS})'


def engine(tmp_path: Path, script: str = PLAYS) -> Supervisor:
    path = tmp_path / "engine.py"
    path.write_text(ENGINE + script, encoding="utf-8")
    return Supervisor((sys.executable, "-I", "-S", str(path)), patience=Patience(term_s=0.2, backoff_s=(0.05,)))


def typed(ours: int, *strokes: bytes, is_ready: Callable[[], bool]) -> threading.Thread:
    def type_them() -> None:
        ends = time.monotonic() + 10.0
        while not is_ready() and time.monotonic() < ends:
            time.sleep(0.02)
        for stroke in strokes:
            time.sleep(0.15)
            os.write(ours, stroke)

    thread = threading.Thread(target=type_them)
    thread.start()
    return thread


@pytest.mark.parametrize("is_terminal", [True, False])
def test_keys_reach_the_engine_and_what_it_says_is_seen(tmp_path: Path, *, is_terminal: bool) -> None:
    pty = pytest.importorskip("pty", reason="this system has no pseudo terminals")
    ours, theirs = pty.openpty()
    path = tmp_path / "out"
    rows = []
    with (
        open(theirs) as stream,
        path.open("w", encoding="utf-8") as out,
        engine(tmp_path) as supervisor,
    ):
        console = Console(file=out, force_terminal=is_terminal, width=100, height=30, color_system=None)
        thread = typed(ours, b" ", b"f", b"q", b"q", is_ready=lambda: supervisor.state == "playing")
        assert watched(supervisor, console=console, terminal=Terminal(stream), on_row=rows.append) == 0
        thread.join()
    os.close(ours)
    words = path.read_text(encoding="utf-8")
    for expected in ("ready: 12 sounds", "asked go", "asked fadeall", "press q again", "ended: the doors are closed"):
        assert expected in words
    assert "cue Dawn" in words.replace("cue  Dawn", "cue Dawn")
    assert ("GO ▶ Storm" in words) == is_terminal
    assert ("\x1b[?1049h" in words) == is_terminal
    assert words.count("\x1b[?1049l") == is_terminal  # the screen of before is given back
    assert {"progress", "ready", "status", "said", "ended"} <= {row["what"] for row in rows}


def test_without_a_terminal_a_few_lines_are_said(tmp_path: Path) -> None:
    out = io.StringIO()
    with engine(
        tmp_path, f'row("ready"); plays(50, {STATUS}); row("ended", reason="that was all"); os._exit(0)'
    ) as one:
        assert watched(one, console=Console(file=out), terminal=Terminal(io.StringIO())) == 0
    lines = out.getvalue().splitlines()
    assert lines[-1] == "ended: that was all"
    assert len(lines) <= 4
    assert any("voices" in line for line in lines)
    assert not any(line.startswith("0:00:00") for line in lines)  # nothing is said before something is known


def test_an_engine_that_cannot_begin_gives_its_exit_code(tmp_path: Path) -> None:
    out = io.StringIO()
    with engine(tmp_path, 'print("x.toml: no role is called Bels", file=sys.stderr); os._exit(2)') as one:
        assert watched(one, console=Console(file=out), terminal=Terminal(io.StringIO())) == 2
    assert "no role is called Bels" in out.getvalue()


def test_what_is_asked_of_nobody_is_told(tmp_path: Path) -> None:
    with engine(tmp_path, "time.sleep(9)") as supervisor:
        seat = Seat(supervisor)
        assert not seat.ask(Go())
        assert "not done" in seat.said[-1]
        assert "Go" in seat.said[-1]


def test_the_light_of_the_controls_is_lit_while_they_come(tmp_path: Path) -> None:
    now = [0.0]
    with engine(tmp_path, "time.sleep(9)") as supervisor:
        seat = Seat(supervisor, clock=lambda: now[0])
        for controls in (0, 0, 5, 5):
            now[0] += 0.1
            seat._hear({"what": "status", "controls": controls})
            if controls == 0:
                assert seat.status["controls_per_s"] == 0.0
        assert 10.0 < seat.status["controls_per_s"] <= 50.0
        for _ in range(30):
            now[0] += 0.1
            seat._hear({"what": "status", "controls": 5})
        assert seat.status["controls_per_s"] == 0.0


def test_while_the_engine_starts_again_the_picture_stays_and_the_meters_are_at_rest(tmp_path: Path) -> None:
    again = 'if resumed: row("progress", text="decoding", done=1, total=4); time.sleep(9)'
    with engine(tmp_path, f'{again}\nrow("ready"); plays(5, {STATUS}); os._exit(1)') as supervisor:
        seat = Seat(supervisor)
        ends = time.monotonic() + 10.0
        while "decoding" not in seat.status["missing_because"] and time.monotonic() < ends:
            seat.turn()
            time.sleep(0.01)
        one = seat.status
    assert one["missing_s"] > 0.0
    assert one["missing_because"] == "died (exit code 1) (again: decoding 25 %)"
    assert (one["restarts"], one["cue"], one["peaks_db"], "progress" in one) == (1, "Dawn", [-120.0], False)


def test_a_terminal_that_takes_nothing_stops_neither_keys_nor_the_watch(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pty = pytest.importorskip("pty", reason="this system has no pseudo terminals")
    monkeypatch.setattr(screen, "LEAVE_S", 0.1)
    ours, theirs = pty.openpty()
    may_go_on = threading.Event()

    class Stuck(io.StringIO):
        def write(self, words: str) -> int:
            may_go_on.wait(30.0)
            return len(words)

    script = f'row("ready")\nif resumed: plays({STATUS})\nplays(30, {STATUS}); os._exit(1)'
    with open(theirs) as stream, engine(tmp_path, script) as supervisor:
        console = Console(file=Stuck(), force_terminal=True, width=80, height=24, color_system=None)
        keys = (b" ", b"q", b"q")
        thread = typed(ours, *keys, is_ready=lambda: supervisor.n_restarts == 1 and supervisor.state == "playing")
        rows: list[dict[str, object]] = []
        began = time.monotonic()
        assert watched(supervisor, console=console, terminal=Terminal(stream), on_row=rows.append) == 0
        assert time.monotonic() - began < 15.0
        thread.join()
    may_go_on.set()
    assert {"what": "said", "line": "asked go"} in rows
    os.close(ours)


def test_who_looked_may_go_and_the_show_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def leaves(console: Console) -> None:  # as rich does, but without closing standard output of these tests
        raise SystemExit(1)

    monkeypatch.setattr(Console, "on_broken_pipe", leaves)
    gone, out_end = os.pipe()
    os.close(gone)
    script = f'row("ready"); plays(50, {STATUS}); row("ended", reason="that was all"); os._exit(0)'
    rows: list[dict[str, object]] = []
    out = os.fdopen(out_end, "w", encoding="utf-8", buffering=1)
    with engine(tmp_path, script) as supervisor:
        watched(supervisor, console=Console(file=out), terminal=Terminal(io.StringIO()), on_row=rows.append)
    assert {"what": "ended", "reason": "that was all"} in rows
    with contextlib.suppress(OSError):
        out.close()


def test_drawing_takes_a_tenth_of_a_core_at_most(monkeypatch: pytest.MonkeyPatch) -> None:
    now, slept = [0.0], []
    paper = screen._Paper(Console(file=io.StringIO(), force_terminal=True, color_system=None), is_picture=True)

    def slow(*_: object) -> str:
        now[0] += 0.2
        paper.is_full = now[0] > 0.3
        paper.wake.set()
        return ""

    monkeypatch.setattr(screen, "drawn", slow)
    monkeypatch.setattr(screen, "time", SimpleNamespace(monotonic=lambda: now[0], sleep=slept.append))
    paper.wake.set()
    paper.fill()
    assert slept == [pytest.approx(9 * 0.2)] * 2


def test_two_signals_end_a_show_that_is_locked_and_one_does_not(tmp_path: Path) -> None:
    script = f'row("ready"); plays(300, locked=True, {STATUS}); row("ended", reason="that was all"); os._exit(0)'
    signals = [KeyboardInterrupt] * 2

    class Killed(Terminal):
        def read(self, timeout_s: float) -> list[str]:
            time.sleep(timeout_s)
            if supervisor.state == "playing" and signals:
                raise signals.pop()
            return []

    out = io.StringIO()
    with engine(tmp_path, script) as supervisor:
        assert watched(supervisor, console=Console(file=out), terminal=Killed(io.StringIO())) == 0
    words = out.getvalue()
    assert words.index("press q again to end the show") < words.index("the show ends") < words.index("doors are closed")
