"""What a spare engine does until it is needed: it loads without being in the way, and waits for one line."""

from __future__ import annotations

import contextlib
import json
import os
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TextIO, TypeVar

from soundscape.errors import DeviceError
from soundscape.live.spare import ALIVE, ALIVE_S, TAKE_OVER, WARM

PATIENCE_S, AGAIN_S = 5.0, 0.25
"""For so long who takes over tries to open a device, and so often."""
_NICENESS = 10
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Taken:
    """What an engine is told that takes over."""

    connections: Mapping[str, tuple[str, ...]] | None = None
    """Of the ports of the device, as people have made them; None: nobody has said."""


def quietly(load: Callable[[], _T]) -> _T:
    """Do something in a thread that gives way to others: on Linux niceness is a thread's own, and cannot be undone."""
    with ThreadPoolExecutor(1, initializer=_give_way) as thread:
        return thread.submit(load).result()


def wait_for_take_over(lines: TextIO, tell: Callable[[Mapping[str, Any]], None]) -> Taken | None:
    """Say that everything is warm, and go on saying so until the line comes; None where nobody is left to send it."""
    is_over = threading.Event()

    def say_so() -> None:
        while not is_over.wait(ALIVE_S):
            tell({"what": ALIVE})

    tell({"what": WARM})
    saying = threading.Thread(target=say_so, name="alive", daemon=True)
    saying.start()
    try:
        for line in iter(lines.readline, ""):
            if (taken := _taken(line)) is not None:
                return taken
        return None
    finally:
        is_over.set()
        saying.join()


def opened_within(patience_s: float, open_it: Callable[[], _T], say: Callable[[str], None]) -> _T:
    """Open a device; where it cannot be opened, again until the time is over: a server is often back in a moment.

    Raises
    ------
    DeviceError
        What was wrong the last time.
    """
    ends_s, has_said = time.monotonic() + patience_s, False
    while True:
        try:
            return open_it()
        except DeviceError as error:
            if time.monotonic() >= ends_s:
                raise
            if not has_said:
                say(f"{error}; it is tried again for {patience_s:g} s")
            has_said = True
            time.sleep(AGAIN_S)


def _taken(line: str) -> Taken | None:
    try:
        row = json.loads(line)
        if row["do"] != TAKE_OVER:
            return None
        wanted = row.get("connections")
        return Taken(wanted and {str(name): tuple(map(str, others)) for name, others in wanted.items()})
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None


def _give_way() -> None:
    with contextlib.suppress(AttributeError, OSError):  # a system without it, or that forbids it
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICENESS)
