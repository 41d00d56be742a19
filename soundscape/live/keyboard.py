"""Keys of a terminal: what each asks of a show, in one table, and how they are read without waiting.

Nothing here sends or draws. No key stops the show by one stroke: GO is the largest key, and it only ever goes on.
"""

from __future__ import annotations

import os
import select
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import IO, Any

from soundscape.live.controls import Control, FadeAll, Go, Level, Lock, Mute, Panic, Solo, Standby, Undo

MOST_AT_ONCE = 8
"""Strokes of one moment that are answered: more is no hand but a clipboard, or a cat."""
TOGETHER_S = 3.0
"""Two strokes that belong together come within so long."""
MASTER_STEP_DB, MASTER_TOP_DB, MASTER_BOTTOM_DB = 1.0, 10.0, -60.0
_SEQUENCE_S = 0.03
_ESCAPE = "\x1b"

Status = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Key:
    """What a key does. `makes` gets the stroke and the status; None where there is nothing to ask."""

    strokes: str
    """Characters, each of which does it."""
    shown: str
    help: str
    makes: Callable[[str, Status], Control | None]
    after: str = ""
    """Stroke that must come before it."""


def _role(stroke: str, status: Status) -> str:
    """Name of the role of a digit, "" where there is none."""
    roles = status.get("roles") or []
    number = int(stroke) - 1
    return str(roles[number]["name"]) if number < len(roles) else ""


def _mute(stroke: str, status: Status) -> Control | None:
    return Mute(role) if (role := _role(stroke, status)) else None


def _solo(stroke: str, status: Status) -> Control | None:
    return Solo(role) if (role := _role(stroke, status)) else None


def _master(stroke: str, status: Status) -> Control:
    step_db = -MASTER_STEP_DB if stroke in "-_" else MASTER_STEP_DB
    level_db = max(float(status.get("master_db", 0.0)), MASTER_BOTTOM_DB) + step_db
    return Level(min(max(level_db, MASTER_BOTTOM_DB), MASTER_TOP_DB))


KEYS: tuple[Key, ...] = (
    Key(" ", "space", "GO", lambda stroke, status: Go()),
    Key("b\x7f\x08", "b", "back", lambda stroke, status: Standby(by=-1)),
    Key("n", "n", "next", lambda stroke, status: Standby(by=1)),
    Key(f"p{_ESCAPE}", "Esc", "PANIC", lambda stroke, status: Panic()),
    Key("f", "f", "fade all", lambda stroke, status: FadeAll()),
    Key("123456789", "1-9", "mute", _mute),
    Key("123456789", "s1-9", "solo", _solo, after="s"),
    Key("u", "u", "undo", lambda stroke, status: Undo()),
    Key("+=-_", "+-", "master", _master),
    Key("l", "l", "lock", lambda stroke, status: Lock(on=not status.get("locked"))),
    Key("q\x03\x04", "qq", "quit", lambda stroke, status: None, after="q"),
)
"""Every key, in the order in which the help line tells them."""

HELP = "  ".join(f"{key.shown} {key.help}" for key in KEYS)
LOCKED_HELP = "LOCKED  space GO  Esc PANIC  f fade all  ll unlock"
"""The same, of a show that is locked."""
FIRST: Mapping[str, str] = {"s": "solo: which role? 1 to 9", "q": "press q again to end the show"}
"""What is said after the first of two strokes."""

_BY_STROKE = {(key.after, stroke): key for key in KEYS for stroke in key.strokes}
_QUITS = "q\x03\x04"


@dataclass
class Keyboard:
    """Strokes become controls; some need two."""

    clock: Callable[[], float] = time.monotonic
    is_quitting: bool = False
    """The show shall end."""
    _first: str = field(default="", init=False)
    _first_at: float = field(default=0.0, init=False)
    _master: tuple[float, float] = field(default=(0.0, float("-inf")), init=False)

    def press(self, stroke: str, status: Status) -> tuple[Control | None, str]:
        """What a stroke asks, and what is to be told about it; either may be nothing."""
        stroke = stroke.lower()
        first = self._first if self.clock() - self._first_at <= TOGETHER_S else ""
        self._first = ""
        key = _BY_STROKE.get((first, stroke)) or _BY_STROKE.get(("", stroke))
        if first == "q" and stroke in _QUITS:
            self.is_quitting = True
            return None, ""
        if (opens := "q" if stroke in _QUITS else stroke) in FIRST:
            self._first, self._first_at = opens, self.clock()
            return None, FIRST[opens]
        if key is None:
            return None, ""
        control = key.makes(stroke, self._with_master(status) if key.makes is _master else status)
        if isinstance(control, Level):
            self._master = (control.level_db, self.clock())
        return control, "" if control is not None else f"there is no role {stroke}"

    def _with_master(self, status: Status) -> Status:
        """Several steps within one status count on from each other."""
        level_db, at = self._master
        return {**status, "master_db": level_db} if self.clock() - at < 0.5 else status


def strokes(data: str) -> list[str]:
    r"""Single strokes in what a terminal has sent, without the sequences of arrows and function keys.

    An arrow begins with the same character as the key Esc: it must not silence a show.

    Examples
    --------
    >>> strokes(" \x1b[A\x1bOP1\x1b[15~"), strokes("\x1b"), strokes("\x1bp")
    ([' ', '1'], ['\x1b'], ['\x1b', 'p'])
    """
    found, place = [], 0
    while place < len(data):
        if data[place] == _ESCAPE and data[place + 1 : place + 2] in ("[", "O"):
            is_short = data[place + 1] == "O"
            place += 2
            while place < len(data) and not is_short and not "@" <= data[place] <= "~":
                place += 1
        else:
            found.append(data[place])
        place += 1
    return found


class Terminal:
    """A terminal's keys, one by one and at once. A context manager: leaving it leaves the terminal as it was.

    Where `stream` is no terminal, or the system has none like this, there are no keys.
    """

    def __init__(self, stream: IO[str] | None = None) -> None:
        self._stream = sys.stdin if stream is None else stream
        self._before: list[Any] | None = None
        self._descriptor = -1

    @property
    def has_keys(self) -> bool:
        """Whether there are keys to be read."""
        return self._before is not None

    def __enter__(self) -> Terminal:
        try:
            import termios  # not on every system

            descriptor = self._stream.fileno()
            before = termios.tcgetattr(descriptor)
            mode = termios.tcgetattr(descriptor)
        except (ImportError, OSError, ValueError, AttributeError):
            return self
        except termios.error:
            return self
        mode[0] &= ~termios.IXON  # Ctrl-S would freeze the picture
        mode[3] &= ~(termios.ICANON | termios.ECHO)
        mode[6][termios.VMIN], mode[6][termios.VTIME] = 1, 0
        mode[6][termios.VSUSP] = b"\x00"  # Ctrl-Z would leave a show without eyes
        mode[6][termios.VINTR] = b"\x00"  # Ctrl-C is a key like others, and a show may be locked
        termios.tcsetattr(descriptor, termios.TCSADRAIN, mode)
        self._before, self._descriptor = before, descriptor
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:  # fmt: skip
        if self._before is not None:
            import termios  # as above

            before, self._before = self._before, None
            try:
                termios.tcsetattr(self._descriptor, termios.TCSADRAIN, before)
            except termios.error:  # the window was closed
                return

    def read(self, timeout_s: float) -> list[str]:
        """Strokes that have come, or come within so long."""
        if self._before is None:
            time.sleep(timeout_s)
            return []
        data = self._read(timeout_s)
        if data.endswith(_ESCAPE):  # what follows may be on its way
            data += self._read(_SEQUENCE_S)
        return strokes(data)[:MOST_AT_ONCE]

    def _read(self, timeout_s: float) -> str:
        if not select.select([self._descriptor], [], [], timeout_s)[0]:
            return ""
        try:
            data = os.read(self._descriptor, 1024)
        except OSError:
            data = b""
        if not data:  # the terminal is gone: the show is not
            self._before = None
        return data.decode("utf-8", "ignore")
