"""What a keeper tells: lines for people, each at most once a minute, and how often what happened.

What went wrong is remembered apart, over a restart too: it is read back from the day's log.
"""

from __future__ import annotations

import contextlib
import math
from collections import Counter, deque
from collections.abc import Callable, Mapping
from datetime import datetime, tzinfo

from soundscape.exhibit.daylog import DayLog, is_fault
from soundscape.exhibit.ports import Row
from soundscape.exhibit.watch import Clock

AGAIN_S, N_SAID = 60.0, 200
"""The same line is not said again sooner; so many are remembered."""

_TROUBLES: Mapping[str, str] = {"full": "disk", "gone": "share", "error": "error"}
"""Rows that tell of trouble: what they are counted as."""
_FROM_DECKS = ("fallback", "stems", "dry", "refused")


class Reporter:
    """Tells what happens.

    Parameters
    ----------
    zone
        Of the clock on the gallery's wall.
    tell
        Called with a line for people, as it is written into the day's log.
    """

    def __init__(self, clock: Clock, zone: tzinfo, log: DayLog, tell: Callable[[str], None] | None) -> None:
        self._clock, self._zone, self._log, self._tell = clock, zone, log, tell
        self.counts: Counter[str] = Counter()
        self.said: deque[tuple[datetime, str]] = deque(maxlen=N_SAID)
        self._said_s: dict[str, float] = {}
        today = clock.now().astimezone(zone).date()
        self.faults: deque[tuple[datetime, str]] = deque(log.faults(today, zone), maxlen=N_SAID)
        """What went wrong, and when; aware."""

    @property
    def last(self) -> str:
        """What was said last; empty where nothing was."""
        return self.said[-1][1] if self.said else ""

    @property
    def n_lost(self) -> int:
        """Lines that the disk did not take."""
        return self._log.n_lost

    def faults_today(self) -> list[tuple[datetime, str]]:
        """What went wrong since midnight of the gallery, the last of it last."""
        today = self._clock.now().astimezone(self._zone).date()
        return [(at, line) for at, line in self.faults if at.astimezone(self._zone).date() == today]

    def count(self, kind: str, line: str, *, often: bool = False) -> None:
        """Count something, and say it."""
        self.counts[kind] += 1
        self.say(line, often=often)

    def hear(self, row: Row) -> None:
        """Count and say what a player or a renderer tells of trouble; any other row is passed over."""
        what, of = str(row.get("what")), str(row.get("of"))
        if (kind := _TROUBLES.get(what)) is not None:
            self.count(kind, f"{kind}: {row.get('why', row.get('line', ''))}")
        elif what == "told" and of in _FROM_DECKS:
            self.count(of, f"{of} {row.get('why', '')}".strip())

    def say(self, line: str, *, often: bool = False) -> None:
        """Write a line down; what says itself again and again is written once a minute, unless it may come often."""
        now, steady_s = self._clock.now(), self._clock.steady_s()
        if not often and steady_s < self._said_s.get(line, -math.inf) + AGAIN_S:
            return
        if len(self._said_s) > N_SAID:
            self._said_s.clear()
        self._said_s[line] = steady_s
        self.said.append((now, line))
        if is_fault(line):
            self.faults.append((now, line))
        with contextlib.suppress(Exception):  # nobody has to be there to be told
            self._log.say(now.astimezone(self._zone), line)
            if self._tell is not None:
                self._tell(line)
