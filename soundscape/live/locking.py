"""The lock of a show: while it is on, no slip of a hand at keys, OSC or a pipe changes anything.

What players do over MIDI is the show, and passes. Nothing here makes sound: the lock is no part of a journal.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from soundscape.live.controls import Control, FadeAll, Go, Lock, Panic, Release, Transport
from soundscape.live.wire import KINDS

TWICE_S = 3.0
"""It is opened by asking twice, within so long."""
PASSING: tuple[type[Control], ...] = (Go, FadeAll, Panic, Release)
"""What passes while it is on: the show goes on, ends, or is silent; and what was pressed before can be let go."""

_WORDS = {kind: word for word, kind in KINDS.items()}
_WORDS[Transport] = "play and locate"


@dataclass
class ShowLock:
    """Whether a show is locked, and what passes while it is.

    Parameters
    ----------
    tell
        Called with a line for people.
    clock
        Seconds, that only grow.
    """

    tell: Callable[[str], None]
    clock: Callable[[], float]
    is_on: bool = False
    _asked_s: float = float("-inf")

    def passes(self, control: Control) -> bool:
        """Whether a control is to be done; the lock itself turns here, and is done with."""
        if isinstance(control, Lock):
            self._turn(on=control.on)
            return False
        is_stop = isinstance(control, Transport) and control.does == "stop"
        if not self.is_on or is_stop or isinstance(control, PASSING):
            return True
        self.tell(f"locked: {_WORDS[type(control)]} is refused; unlock twice to change the show")
        return False

    def _turn(self, *, on: bool) -> None:
        if on:
            if not self.is_on:
                self.tell("locked: only GO, stop, fade all and panic act, and what players do over MIDI")
            self.is_on, self._asked_s = True, float("-inf")
        elif self.is_on:
            now_s = self.clock()
            self.is_on, self._asked_s = now_s - self._asked_s > TWICE_S, now_s
            self.tell(f"locked: unlock again within {TWICE_S:g} s" if self.is_on else "unlocked")
