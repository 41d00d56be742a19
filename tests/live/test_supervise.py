"""An engine that dies, hangs, babbles or refuses to go: the show goes on, and nobody waits for it."""

from __future__ import annotations

import os
import signal
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from soundscape.live.pipes import LONGEST_LINE, LineReader
from soundscape.live.spare import TAKE_OVER
from soundscape.live.supervise import Patience, Supervisor

ENGINE = """
import json, os, signal, sys, threading, time
resumed = "--resume" in sys.argv
def row(what, **more):
    sys.stdout.write(json.dumps({"what": what, **more}) + chr(10)); sys.stdout.flush()
def plays(n=10**9, **more):
    for frame in range(n):
        row("status", frame=frame, lost="", **more); time.sleep(0.01)
def answers():
    for line in sys.stdin:
        asked = json.loads(line)
        if asked["do"] == "quit":
            row("ended", reason="the doors are closed"); sys.stdout.flush(); os._exit(0)
        row("said", line="asked " + asked["do"])
threading.Thread(target=answers, daemon=True).start()
"""
HASTY = Patience(stall_s=0.4, silence_s=0.6, term_s=0.2, quit_s=0.5, backoff_s=(0.05, 0.1), well_s=30.0)


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Callable[..., Supervisor]]:
    made: list[Supervisor] = []

    def start(script: str, patience: Patience = HASTY) -> Supervisor:
        path = tmp_path / f"engine{len(made)}.py"
        path.write_text(ENGINE + textwrap.dedent(script), encoding="utf-8")
        made.append(Supervisor((sys.executable, "-I", "-S", str(path)), patience=patience).__enter__())
        return made[-1]

    yield start
    for one in made:
        one.close()


def until(supervisor: Supervisor, is_so: Callable[[list[dict[str, Any]]], object], within_s: float = 15.0,
          ) -> list[dict[str, Any]]:  # fmt: skip
    """All rows up to the poll after which it is so; each poll is quick, whatever the engine does."""
    rows: list[dict[str, Any]] = []
    ends = time.monotonic() + within_s
    while time.monotonic() < ends:
        began = time.thread_time()
        rows += supervisor.poll()
        assert time.thread_time() - began < 0.2
        if is_so(rows):
            return rows
        time.sleep(0.01)
    raise AssertionError(f"not within {within_s} s; {supervisor.standing()}, {supervisor.reason}, {rows[-5:]}")


def said(rows: list[dict[str, Any]]) -> str:
    return "\n".join(row["line"] for row in rows if row["what"] == "said")


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_rows_come_out_in_order_and_controls_go_in(engine: Callable[..., Supervisor]) -> None:
    one = engine('row("progress", text="decoding", done=1, total=2); row("ready"); plays()')
    rows = until(one, lambda rows: one.state == "playing" and rows[-1:] and rows[-1]["what"] == "status")
    assert [row["what"] for row in rows][:3] == ["progress", "ready", "status"]
    frames = [row["frame"] for row in rows if row["what"] == "status"]
    assert frames == list(range(len(frames)))
    assert one.send({"do": "go"})
    until(one, lambda rows: "asked go" in said(rows))
    assert one.n_restarts == 0
    assert one.missing_s == 0.0


def test_quit_is_the_end(engine: Callable[..., Supervisor]) -> None:
    one = engine('row("ready"); plays()')
    until(one, lambda rows: one.state == "playing")
    assert one.send({"do": "quit"})
    rows = until(one, lambda rows: one.state == "over")
    assert {"what": "ended", "reason": "the doors are closed"} in rows
    assert (one.exit_code, one.n_restarts, one.reason) == (0, 0, "the doors are closed")
    time.sleep(0.2)
    assert one.poll() == []
    assert one.state == "over"


@pytest.mark.skipif(os.name != "posix", reason="this system has no sessions")
def test_an_interrupt_of_our_terminal_does_not_reach_the_engine(engine: Callable[..., Supervisor]) -> None:
    supervisor = engine('row("ready"); plays()')
    assert supervisor.pid is not None
    assert os.getsid(supervisor.pid) == supervisor.pid != os.getsid(0)


def test_a_crash_goes_on_at_the_right_place(engine: Callable[..., Supervisor]) -> None:
    one = engine("""
        row("ready", resumed=resumed)
        if resumed: plays()
        plays(5)
        print("Segmentation fault in the driver", file=sys.stderr); os._exit(3)
    """)
    rows = until(one, lambda rows: one.n_restarts == 1 and one.state == "playing" and one.missing_s == 0.0)
    assert [row["resumed"] for row in rows if row["what"] == "ready"] == [False, True]
    assert "died (exit code 3): Segmentation fault in the driver" in said(rows)
    assert "plays again" in said(rows)


def test_a_kill_is_told_by_its_name_and_the_time_without_sound_is_counted(engine: Callable[..., Supervisor]) -> None:
    one = engine("""
        if resumed: time.sleep(0.3)
        row("ready"); plays(3) if resumed else plays()
        time.sleep(9)
    """)
    until(one, lambda rows: one.state == "playing")
    assert one.pid is not None
    os.kill(one.pid, 9)
    rows = until(one, lambda rows: one.missing_s > 0.1)
    assert "SIGKILL" in said(rows)
    assert "SIGKILL" in one.standing()["missing_because"]
    assert not one.send({"do": "go"})  # it would come by itself, seconds afterwards
    rows = until(one, lambda rows: one.state == "playing" and one.missing_s == 0.0)
    assert "asked go" not in said(rows)


@pytest.mark.parametrize("stands", ["frames", "silent"])
def test_a_block_counter_that_stands_still_is_a_dead_engine(engine: Callable[..., Supervisor], stands: str) -> None:
    one = engine(f"""
        row("ready")
        if resumed: plays()
        plays(5)
        while True:
            if {stands!r} == "frames": row("status", frame=4, lost="")
            time.sleep(0.02)
    """)
    until(one, lambda rows: one.state == "playing")
    first = one.pid
    rows = until(one, lambda rows: one.n_restarts == 1 and one.state == "playing")
    assert "stood still for 0." in said(rows)
    assert first is not None
    assert not is_alive(first)


def test_one_that_refuses_to_go_is_made_to(engine: Callable[..., Supervisor]) -> None:
    one = engine("""
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        row("ready")
        if resumed: plays()
        plays(5); time.sleep(99)
    """)
    until(one, lambda rows: one.state == "playing")
    first = one.pid
    until(one, lambda rows: one.n_restarts == 1 and one.state == "playing")
    assert first is not None
    assert not is_alive(first)


def test_a_lost_device_is_a_new_engine_at_once(engine: Callable[..., Supervisor]) -> None:
    one = engine("""
        row("ready")
        if resumed: plays()
        plays(3); row("status", frame=4, lost="JACK has gone away"); plays()
    """, Patience(stall_s=60.0, backoff_s=(0.05,), term_s=0.2))  # fmt: skip
    rows = until(one, lambda rows: one.n_restarts == 1 and one.state == "playing")
    assert "lost its device: JACK has gone away" in said(rows)


def test_a_device_that_stays_away_is_tried_for_again_and_again_ever_more_slowly(
    engine: Callable[..., Supervisor],
) -> None:
    one = engine("""
        if resumed: print("there is no JACK server", file=sys.stderr); os._exit(2)
        row("ready"); plays(3); os._exit(1)
    """)
    rows = until(one, lambda rows: one.n_restarts == 4)
    assert one.missing_s > 0.05 + 3 * 0.1
    assert said(rows).count("starts again in 0.05 s") == 1
    assert said(rows).count("starts again in 0.1 s") == 3
    assert one.send({"do": "quit"})
    until(one, lambda rows: one.state == "over")


def test_one_that_never_was_ready_is_not_tried_again(engine: Callable[..., Supervisor]) -> None:
    one = engine('print("x.toml: there is no role", file=sys.stderr); sys.exit(2)')
    rows = until(one, lambda rows: one.state == "over")
    assert (one.exit_code, one.n_restarts) == (2, 0)
    assert "x.toml: there is no role" in one.reason
    assert "x.toml: there is no role" in said(rows)


def test_one_that_hangs_before_it_is_ready_is_ended(engine: Callable[..., Supervisor]) -> None:
    one = engine('row("progress", text="compiling", done=0, total=1); time.sleep(99)')
    until(one, lambda rows: one.state == "over")
    assert "said nothing" in one.reason


def test_one_that_loads_for_long_and_says_so_is_left_alone(engine: Callable[..., Supervisor]) -> None:
    one = engine("""
        for done in range(12): row("progress", text="decoding", done=done, total=12); time.sleep(0.1)
        row("ready"); plays()
    """)
    until(one, lambda rows: one.state == "playing")
    assert one.n_restarts == 0


def test_babble_is_left_out_and_the_show_goes_on(engine: Callable[..., Supervisor]) -> None:
    one = engine("""
        row("ready"); plays(2)
        out = sys.stdout.buffer
        for _ in range(50): out.write(os.urandom(997) + b"\\n"); out.flush()
        out.write(b"[1]\\nnull\\n7\\n{}\\n" + b"x" * 1_000_000 + b"\\n" + b"[" * 100_000 + b"\\n"); out.flush()
        row("said", line="after the babble"); plays()
    """)
    rows = until(one, lambda rows: "after the babble" in said(rows))
    assert one.n_garbled >= 50
    assert said(rows).count("no row of JSON") == 1
    until(one, lambda rows: any(row["what"] == "status" for row in rows))
    assert one.n_restarts == 0


def test_one_that_does_not_quit_is_ended(engine: Callable[..., Supervisor]) -> None:
    one = engine("""
        json.loads = lambda line: {"do": "something else"}
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        row("ready"); plays()
    """)
    until(one, lambda rows: one.state == "playing")
    one.send({"do": "quit"})
    until(one, lambda rows: one.state == "over")
    assert "does not quit" in one.reason
    assert one.n_restarts == 0


def test_a_dead_engine_whose_pipes_are_held_by_others_is_dead(engine: Callable[..., Supervisor]) -> None:
    one = engine("""
        import subprocess
        row("ready")
        if resumed: plays()
        subprocess.Popen([sys.executable, "-I", "-S", "-c", "import time; time.sleep(4)"]); plays(3); os._exit(1)
    """)
    until(one, lambda rows: one.n_restarts == 1 and one.state == "playing", within_s=3.0)


def test_an_engine_that_does_not_listen_blocks_nobody(engine: Callable[..., Supervisor]) -> None:
    one = engine('json.loads = lambda line: time.sleep(99); row("ready"); plays()')
    until(one, lambda rows: one.state == "playing")
    began = time.monotonic()
    taken = [one.send({"do": "standby", "cue": "x" * 4000}) for _ in range(2000)]
    assert time.monotonic() - began < 5.0
    assert taken[0]
    assert not taken[-1]


def test_a_machine_that_slept_does_not_blame_the_engine(tmp_path: Path) -> None:
    now = [0.0]
    path = tmp_path / "engine.py"
    path.write_text(ENGINE + 'row("ready"); plays()', encoding="utf-8")
    with Supervisor((sys.executable, "-I", "-S", str(path)), clock=lambda: now[0]) as one:
        until(one, lambda rows: one.state == "playing" and rows[-1]["what"] == "status")
        now[0] += 3600.0
        one.poll()
        assert one.state == "playing"


def test_leaving_leaves_no_process_behind(engine: Callable[..., Supervisor]) -> None:
    one = engine('signal.signal(signal.SIGTERM, signal.SIG_IGN); row("ready"); plays()')
    until(one, lambda rows: one.state == "playing")
    pid = one.pid
    assert pid is not None
    one.close()
    assert not is_alive(pid)
    assert one.state == "over"


def test_a_command_that_is_not_there() -> None:
    with Supervisor(("/nowhere/engine",)) as one:
        assert one.state == "over"
        assert "cannot be started: No such file" in one.reason


def test_lines_of_any_bytes_are_whole_and_bounded(tmp_path: Path) -> None:
    path = tmp_path / "lines"
    path.write_bytes(b"a\n\n\xff\xfe\n" + b"y" * (LONGEST_LINE + 100_001) + b"\nb\r\nlast")
    reader = LineReader(path.open("rb", buffering=0))
    ends, lines = time.monotonic() + 5.0, []
    while not reader.is_done and time.monotonic() < ends:
        lines += reader.lines()
    assert [line.strip() for line in lines] == [b"a", b"\xff\xfe", b"b", b"last"]


SPARE = """
if "--spare" in sys.argv:
    row("warm"); row("alive")
    line = sys.stdin.readline()
    if not line: sys.exit(0)
    threading.Thread(target=answers, daemon=True).start()
    row("ready", was_spare=True, told=json.loads(line)); plays()
threading.Thread(target=answers, daemon=True).start()
row("ready", was_spare=False); plays()
"""


@pytest.fixture
def beside_spare(tmp_path: Path) -> Iterator[Callable[..., Supervisor]]:
    made: list[Supervisor] = []

    def start(script: str = "", patience: Patience = HASTY) -> Supervisor:
        path = tmp_path / f"spare{len(made)}.py"
        began = ENGINE.replace("threading.Thread(target=answers, daemon=True).start()", "")
        path.write_text(began + textwrap.dedent(script) + SPARE, encoding="utf-8")
        command = (sys.executable, "-I", "-S", str(path))
        made.append(Supervisor(command, patience=patience, spare="--spare").__enter__())
        return made[-1]

    yield start
    for one in made:
        one.close()


@pytest.mark.parametrize("by", [signal.SIGKILL, signal.SIGSTOP])
def test_a_spare_takes_over_from_an_engine_that_dies_or_hangs(
    beside_spare: Callable[..., Supervisor], by: signal.Signals
) -> None:
    one = beside_spare()
    until(one, lambda _: one.standing()["spare"])
    first, spare = one.pid, one.spare_pid
    assert first is not None
    one.carried = {"connections": {"out": ["card"]}}
    os.kill(first, by)
    rows = until(one, lambda _: one.n_restarts == 1 and one.state == "playing" and one.missing_s == 0.0)
    assert one.pid == spare, "what plays now is what has waited"
    told = [row["told"] for row in rows if row["what"] == "ready" and row["was_spare"]]
    assert told == [{"do": TAKE_OVER, "connections": {"out": ["card"]}}]
    assert "the spare takes over" in said(rows)
    assert not is_alive(first)
    until(one, lambda _: one.standing()["spare"])
    assert one.spare_pid not in (None, first, spare), "another one is warm"


def test_a_spare_that_dies_is_replaced_and_disturbs_nothing(
    beside_spare: Callable[..., Supervisor], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("soundscape.live.spare.BACKOFF_S", (0.05,))
    one = beside_spare('if "--spare" in sys.argv: time.sleep(0.05); sys.exit(7)')
    rows = until(one, lambda _: one.spare_pid is not None)
    seen = {one.spare_pid}
    while len(seen) < 4:
        rows += until(one, lambda _: one.spare_pid not in (None, *seen))
        seen.add(one.spare_pid)
    assert said(rows).count("the spare engine ended with exit code 7") == 1, "said once"
    assert (one.n_restarts, one.state, one.standing()["spare"]) == (0, "playing", False)


def test_a_spare_that_hangs_is_replaced(
    beside_spare: Callable[..., Supervisor], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("soundscape.live.spare.HANGS_S", 0.3)
    monkeypatch.setattr("soundscape.live.spare.BACKOFF_S", (0.05,))
    one = beside_spare()  # it says that it is there twice, and then nothing
    rows = until(one, lambda rows: "the spare engine said nothing" in said(rows))
    assert (one.n_restarts, one.state) == (0, "playing")
    assert "a spare engine stands ready" in said(rows)


def test_no_spare_is_started_before_the_engine_is_ready_or_where_none_is_wanted(
    engine: Callable[..., Supervisor], beside_spare: Callable[..., Supervisor]
) -> None:
    plain = engine('row("ready"); plays()')
    until(plain, lambda rows: sum(row["what"] == "status" for row in rows) > 5)
    assert plain.standing()["spare"] is None
    slow = beside_spare('if "--spare" not in sys.argv: row("progress"); time.sleep(0.3)')
    until(slow, lambda rows: bool(rows))
    assert slow.spare_pid is None
    until(slow, lambda _: slow.standing()["spare"])


def test_leaving_leaves_no_spare_behind(beside_spare: Callable[..., Supervisor]) -> None:
    one = beside_spare()
    until(one, lambda _: one.standing()["spare"])
    spare = one.spare_pid
    one.close()
    assert spare is not None
    assert not is_alive(spare)


def test_who_waits_for_lines_is_woken_by_one_and_by_the_end() -> None:
    read, write = os.pipe()
    reader = LineReader(os.fdopen(read, "rb", buffering=0))
    began_s = time.monotonic()
    reader.wait(0.05)
    assert time.monotonic() - began_s >= 0.05
    os.write(write, b"one\n")
    reader.wait(60.0)
    assert reader.lines() == [b"one"]
    os.close(write)
    reader.wait(60.0)
    assert time.monotonic() - began_s < 30.0
    assert reader.is_done
