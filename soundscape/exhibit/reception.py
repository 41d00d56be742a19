"""Where all that is asked for comes together, by pages, MIDI and OSC, and is done in turn."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from soundscape.exhibit.asking import ALL_DAY_S
from soundscape.exhibit.door import Ask, Kind
from soundscape.exhibit.hours import CLOSED
from soundscape.exhibit.keeper import Keeper
from soundscape.exhibit.triggers import Desk

MOST_ASKED, N_ANSWERS = 100, 3
_WORDS: Mapping[str, str] = {CLOSED: "not now, the doors are closed"}
"""What became of an ask, where the keeper's word needs more words."""
Answers = tuple[tuple[datetime, str], ...]
"""What became of what was asked for, and when, aware; the latest last."""


class Reception:
    """Takes asks, and has them done by a keeper.

    Parameters
    ----------
    tell
        Called with a line for people.
    """

    def __init__(self, keeper: Keeper, tell: Callable[[str], None]) -> None:
        self._tell = tell
        exhibit = keeper.exhibit
        self._pressed: deque[Ask] = deque(maxlen=MOST_ASKED)
        self._asked: deque[Ask] = deque(maxlen=MOST_ASKED)
        self.desk = Desk(exhibit.triggers, exhibit.profiles, self._asked.append, tell, sliders=exhibit.sliders)
        self.names: Mapping[str, tuple[str, ...]] = {
            "trigger": tuple(one.name for one in exhibit.triggers), "profile": tuple(exhibit.profiles),
            "mood": tuple(exhibit.sliders),
        }  # fmt: skip
        """What may be asked for, by kind."""
        self.answers: Answers = ()
        self._do: Mapping[Kind, Callable[[Ask], str]] = {
            "trigger": lambda ask: keeper.trigger(ask.name),
            "profile": lambda ask: keeper.profile(ask.name, for_s=60.0 * ask.value if ask.value else ALL_DAY_S),
            "mood": lambda ask: keeper.mood(ask.name, ask.value if ask.value is not None else 0.5),
        }

    def press(self, ask: Ask) -> None:
        """Take what a page asks for, in any thread; it is looked at in the next turn."""
        self._pressed.append(ask)

    def turn(self) -> None:
        """Do what was asked for; what comes over HTTP rests as long as what comes by MIDI and OSC."""
        self._finish()
        while self._pressed:
            ask = self._pressed.popleft()
            if not self.desk.press(ask):
                self._answer(ask, "it rests")
            self._finish()

    def _finish(self) -> None:
        """Do what the desk has let through."""
        while self._asked:
            ask = self._asked.popleft()
            self._answer(ask, self._do[ask.kind](ask))

    def _answer(self, ask: Ask, became: str) -> None:
        self._tell(f"{ask.kind} {ask.name}: {became}")
        said = f"{ask.name or 'schedule'}: {_WORDS.get(became, became)}"
        self.answers = (*self.answers, (datetime.now(UTC), said))[-N_ANSWERS:]
