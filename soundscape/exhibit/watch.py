"""What a keeper knows of those who work for it, how patiently it starts them again, and whether a clock was set."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from soundscape.exhibit.ports import Port, Row

STALE_S, OPENING_S = 0.6, 2.0
"""A player that says nothing for so long hangs; it may for longer while its device opens."""
LOADING_S = 120.0
"""A player or a renderer may be silent for so long while it loads, or renders."""
JUMP_S = 2.0
CALM_S = 60.0
"""After so long without a start the first one is at once again."""
BACKOFF_S: Mapping[str, tuple[float, ...]] = {
    "player": (0.0, 0.0, 0.5, 1.0, 2.0, 5.0),
    "generator": (0.0, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0),
}
"""From one start in a row to the next; two players are started together."""


class Clock(Protocol):
    """The time, in two ways."""

    def now(self) -> datetime:
        """By the clock of the machine, aware, UTC; it may be set, and jump."""
        ...

    def steady_s(self) -> float:
        """Seconds that only grow; the same in all processes of a machine."""
        ...


@dataclass
class Worker:
    """A port and what is known of it."""

    port: Port
    started_s: float
    heard_s: float
    is_ready: bool = False
    is_playing: bool = False
    has_sounded: bool = False
    """Whether it has said that its device plays, since it was told to."""
    status: dict[str, Any] = field(default_factory=dict)

    def hear(self, now_s: float) -> list[Row]:
        """What it has said; that it is ready, and how it is, is remembered."""
        rows = self.port.rows()
        for row in rows:
            self.heard_s = now_s
            if row.get("what") == "ready":
                self.is_ready = True
            elif row.get("what") == "status":
                self.status = dict(row)
                self.has_sounded |= self.is_playing and bool(row.get("playing", True))
        return list(rows)

    def is_silent(self, now_s: float) -> bool:
        """Whether it has said nothing for too long."""
        patience_s = LOADING_S if not self.is_playing else STALE_S if self.has_sounded else OPENING_S
        return now_s - self.heard_s > patience_s


class Backoff:
    """When something may be started again: soon the first times, later and later in a row."""

    def __init__(self) -> None:
        self._due_s: dict[str, float] = {}
        self._tries: Counter[str] = Counter()

    def may_start(self, what: str, now_s: float) -> bool:
        """Whether it may be started now; if so, it counts as started."""
        due_s = self._due_s.get(what, now_s)
        if now_s < due_s:
            return False
        tries = self._tries[what] if now_s < due_s + CALM_S else 0
        waits_s = BACKOFF_S[what]
        self._tries[what], self._due_s[what] = tries + 1, now_s + waits_s[min(tries, len(waits_s) - 1)]
        return True


class JumpWatch:
    """Notices that the clock on the wall was set, at once or bit by bit, against one that only goes on."""

    def __init__(self) -> None:
        self._anchor: tuple[datetime, float] | None = None

    def jumped_s(self, now: datetime, now_s: float) -> float:
        """By how much, if by more than two seconds since the last time; else 0."""
        then, then_s = self._anchor or (now, now_s)
        by_s = (now - then).total_seconds() - (now_s - then_s)
        if self._anchor is None or abs(by_s) > JUMP_S:
            self._anchor = (now, now_s)
            return by_s
        return 0.0
