"""The lock: a slip of the hand changes nothing, the show goes on, and it opens only to who asks twice."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest

from soundscape.live.controls import (
    Control,
    FadeAll,
    Go,
    Level,
    Lock,
    Mute,
    Pad,
    Panic,
    Press,
    Release,
    Snapshot,
    Standby,
    Transport,
    Undo,
)
from soundscape.live.keyboard import Keyboard
from soundscape.live.locking import TWICE_S, ShowLock
from soundscape.live.restoring import restoring
from soundscape.live.screen import Seat
from soundscape.live.supervise import Supervisor
from soundscape.live.view import drawn, plain_line
from tests.live.room import Room
from tests.live.stage import Stage, show_in

PASS = (Go(), Go("Dawn"), FadeAll(), Panic(), Transport("stop"), Release("k/1"))
REFUSED = (Level(0.0), Mute("Bell"), Undo(), Standby(by=1), Snapshot("a"), Snapshot("a", recall=True),
           Transport("play"), Transport("locate", 1.0), Press(Pad("Bell"), 1, "k/1"))  # fmt: skip


@pytest.fixture
def now() -> list[float]:
    return [100.0]


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def lock(now: list[float], said: list[str]) -> ShowLock:
    return ShowLock(said.append, lambda: now[0])


def test_what_passes_a_lock_and_what_is_refused_and_told(lock: ShowLock, said: list[str]) -> None:
    assert all(lock.passes(control) for control in (*PASS, *REFUSED))
    assert said == []
    assert not lock.passes(Lock()), "it is done with"
    assert said.pop() == "locked: only GO, stop, fade all and panic act, and what players do over MIDI"
    assert all(lock.passes(control) for control in PASS)
    assert said == []
    for control in REFUSED:
        assert not lock.passes(control)
        assert said.pop().startswith("locked: ")
    assert {type(control) for control in (*PASS, *REFUSED)} < set(get_args(Control))


def test_a_lock_opens_to_two_that_come_soon_and_not_to_one(lock: ShowLock, now: list[float], said: list[str]) -> None:
    lock.passes(Lock())
    for _ in range(3):
        lock.passes(Lock(on=False))
        assert lock.is_on
        assert said[-1] == "locked: unlock again within 3 s"
        now[0] += TWICE_S + 0.1
    lock.passes(Lock(on=False))
    lock.passes(Lock())
    lock.passes(Lock(on=False))
    assert lock.is_on, "it was locked between them"
    lock.passes(Lock(on=False))
    assert not lock.is_on
    assert said[-1] == "unlocked"
    assert lock.passes(Undo())


def test_one_key_locks_and_the_same_key_asks_for_it_to_open() -> None:
    assert Keyboard().press("L", {}) == (Lock(), "")
    assert Keyboard().press("l", {"locked": True}) == (Lock(on=False), "")


class Shut(Supervisor):
    """One whose engine plays, without a process."""

    def __init__(self) -> None:
        super().__init__(("none",))
        self.sent: list[dict[str, Any]] = []

    def send(self, row: Any) -> bool:
        self.sent.append(dict(row))
        return True


def test_a_locked_show_does_not_end_by_its_keys_while_there_is_an_engine_to_open_it() -> None:
    supervisor = Shut()
    seat = Seat(supervisor)
    supervisor.state = "playing"
    seat._hear({"what": "status", "locked": True})
    for _ in range(3):
        seat.answer("q")
        seat.answer("q")
    assert supervisor.sent == []
    assert seat.said[-1].startswith("locked: the show does not end by a key")
    seat.interrupt()
    assert supervisor.sent == []
    seat.interrupt()
    assert supervisor.sent == [{"do": "quit"}], "a signal is no slip of a hand, where it comes twice"
    supervisor.sent.clear()
    seat.keyboard.is_quitting = False
    supervisor.state = "waiting"
    seat.answer("q")
    seat.answer("q")
    assert supervisor.sent == [{"do": "quit"}]


def test_an_engine_that_was_started_again_is_locked_after_everything_else() -> None:
    status = {"roles": [{"name": "Bell", "level_db": -3.0, "muted": True, "soloed": False}], "is_playing": True}
    assert list(restoring({**status, "locked": True}, 0.0))[-1] == Lock()
    assert Lock() not in list(restoring({**status, "locked": False}, 0.0))


@pytest.fixture(params=[True, False])
def room(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Room]:
    with Stage(tmp_path, show_in(tmp_path / "show")) as stage, Room(stage, is_locked=request.param) as room:
        yield room


def test_a_locked_hall_hears_its_players_and_nobody_who_would_change_the_show(room: Room) -> None:
    is_locked = room.turn()["locked"]
    room.packet("/mute/Bell", 1)
    room.line(Level(-12.0, "Gate"))
    room.packet("/standby", 1)
    status = room.turn()
    mutes, levels = ([role[key] for role in status["roles"]] for key in ("muted", "level_db"))
    assert (mutes, levels) == (([False] * 3, [0.0] * 3) if is_locked else ([True, False, False], [0.0, -12.0, 0.0]))
    assert status["next_cue"] == ("Beginning" if is_locked else "Second bell")
    assert any(line.startswith("locked: mute is refused") for line in room.stage.said) == is_locked
    room.midi(0x99, 37, 100)
    room.midi(0xB2, 7, 0)
    status = room.turn()
    assert [role["sounding"] for role in status["roles"]] == [0, 1, 0], "a pad of channel 10"
    assert status["roles"][2]["level_db"] <= -120.0, "the fader of channel 3"
    room.packet("/go")
    assert room.turn()["is_playing"]
    room.packet("/stop")
    assert not room.turn()["is_playing"]


def test_a_lock_is_opened_over_osc_by_two_presses_of_a_button(room: Room) -> None:
    room.packet("/lock", 1)
    room.packet("/lock", 0)
    assert room.turn()["locked"]
    room.packet("/unlock", 1)
    room.packet("/unlock", 0)
    assert room.turn()["locked"], "once, and let go"
    room.packet("/unlock", 1)
    assert not room.turn()["locked"]
    assert room.stage.journal().rows == (), "it is no part of what sounds"


def test_a_lock_is_seen() -> None:
    one = {"title": "A gate", "layout": "stereo", "device": "JACK"}
    for is_locked in (True, False):
        first = drawn({**one, "locked": is_locked}, [], 60, 24).renderables[0]
        assert ("LOCKED" in str(first)) == is_locked
        assert ("locked" in plain_line({**one, "locked": is_locked})) == is_locked
