"""A spare engine until it is needed: it says that it is there, hears one line, and opens what may not be back yet."""

from __future__ import annotations

import io
import os
import threading
from typing import Any

import pytest

from soundscape.errors import DeviceError
from soundscape.live.spare import ALIVE, TAKE_OVER, WARM
from soundscape.live.waiting import Taken, opened_within, quietly, wait_for_take_over


def test_it_waits_for_one_line_whatever_else_comes() -> None:
    told: list[str] = []
    lines = io.StringIO(
        f'\nnonsense\n[1]\n{{"do": "go"}}\n{{"do": "{TAKE_OVER}", "connections": {{"out": ["card"]}}}}\n'
    )
    assert wait_for_take_over(lines, lambda row: told.append(row["what"])) == Taken({"out": ("card",)})
    assert told == [WARM]
    assert wait_for_take_over(io.StringIO(f'{{"do": "{TAKE_OVER}"}}\n'), lambda _: None) == Taken(None)


def test_it_goes_where_nobody_is_left_to_call_it() -> None:
    assert wait_for_take_over(io.StringIO(""), lambda _: None) is None


def test_it_says_that_it_is_there_while_it_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("soundscape.live.waiting.ALIVE_S", 0.01)
    reading, writing = os.pipe()
    told: list[str] = []
    said_often = threading.Event()

    def tell(row: Any) -> None:
        told.append(row["what"])
        if told.count(ALIVE) > 3:
            said_often.set()

    with os.fdopen(reading) as lines, os.fdopen(writing, "w") as caller:
        waiting = threading.Thread(target=wait_for_take_over, args=(lines, tell))
        waiting.start()
        assert said_often.wait(10.0)
        caller.write(f'{{"do": "{TAKE_OVER}"}}\n')
        caller.flush()
        waiting.join(10.0)
        assert not waiting.is_alive()


@pytest.mark.skipif(not hasattr(os, "getpriority"), reason="this system has no niceness")
def test_loading_gives_way_and_playing_does_not() -> None:
    here = os.getpriority(os.PRIO_PROCESS, threading.get_native_id())
    assert quietly(lambda: os.getpriority(os.PRIO_PROCESS, threading.get_native_id())) > here
    assert os.getpriority(os.PRIO_PROCESS, threading.get_native_id()) == here


def test_a_device_that_comes_back_is_opened_and_one_that_does_not_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("soundscape.live.waiting.AGAIN_S", 0.01)
    said: list[str] = []
    tries = iter([DeviceError("no server"), DeviceError("no server"), None])

    def open_it() -> str:
        if (error := next(tries)) is not None:
            raise error
        return "open"

    assert opened_within(10.0, open_it, said.append) == "open"
    assert said == ["no server; it is tried again for 10 s"]
    with pytest.raises(DeviceError, match="gone"):
        opened_within(0.03, lambda: (_ for _ in ()).throw(DeviceError("gone")), said.append)
