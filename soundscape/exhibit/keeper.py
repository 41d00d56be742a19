"""The keeper of an exhibit: it opens and closes the doors, and replaces whatever fails; it never fails itself.

It works in short steps, a few each second, against a clock that it is given, and knows neither sound nor files of
sound: what plays (`players`) and what renders (`supply`) are ports that can die.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from datetime import datetime
from itertools import chain
from typing import Any

from soundscape.exhibit.asking import ALL_DAY_S, Asking
from soundscape.exhibit.daylog import DayLog
from soundscape.exhibit.exhibit import Exhibit
from soundscape.exhibit.hours import Span
from soundscape.exhibit.openings import Openings
from soundscape.exhibit.players import SILENT_DB, Players
from soundscape.exhibit.ports import Ports, Row
from soundscape.exhibit.reporter import Reporter
from soundscape.exhibit.staff import Staff
from soundscape.exhibit.standing import Standing
from soundscape.exhibit.state import State
from soundscape.exhibit.supply import Supply
from soundscape.exhibit.watch import Clock, Worker
from soundscape.exhibit.weeks import Weeks
from soundscape.exhibit.wishes import Wishes

UNPLANNED_S = 1.0
"""From the opening to playing the bed where there is no plan yet."""
LATE_S = 5.0
"""Doors that open later than that are told to be late."""


class Keeper:
    """Keeps one exhibit. Buttons and pages may ask from threads of their own.

    Parameters
    ----------
    rate_hz, window_frames
        Of what is rendered.
    tell
        Called with a line for people, as it is written into the day's log.
    """

    def __init__(self, exhibit: Exhibit, ports: Ports, clock: Clock, state: State, log: DayLog, *, rate_hz: int,
                 window_frames: int, tell: Callable[[str], None] | None = None) -> None:  # fmt: skip
        self.exhibit, self._clock, self._log = exhibit, clock, log
        self._lock = threading.RLock()
        self._reporter = Reporter(clock, exhibit.hours.zone, log, tell)
        self._openings = Openings(exhibit.hours, rate_hz=rate_hz, window_frames=window_frames)
        self._wishes = Wishes(exhibit, state, self._reporter)
        self._players, self._supply = Players(ports, self._reporter), Supply(ports, self._reporter)
        self._asking = Asking(exhibit, self._openings, self._wishes, self._players, self._reporter)
        self._standing = Standing(exhibit, self._openings, self._wishes, self._players, self._supply, self._reporter)
        self._weeks = Weeks(state.folder / "weeks", exhibit, log, self._reporter)
        self._has_broken = False
        """Whether the next plan is not the same up to now: it is passed over to, not just gone on with."""

    @property
    def counts(self) -> Counter[str]:
        """How often what has happened."""
        return self._reporter.counts

    @property
    def span(self) -> Span | None:
        """Opening that is prepared or played."""
        return self._openings.span

    @property
    def is_open(self) -> bool:
        """Whether the doors are open."""
        return self._openings.is_open

    @property
    def key(self) -> str:
        """Of the plan that is played; empty: there is none."""
        return self._supply.key

    @property
    def windows_ahead(self) -> int:
        """Windows that are there from now on."""
        with self._lock:
            return self._supply.ahead(self._openings.window(self._clock.now()))

    def step(self) -> None:
        """Do what is due. Whatever goes wrong in a part of it is told, and tried again in the next step."""
        parts = (self._see_off, self._watch_clock, self._choose_span, self._listen, self._keep_supply,
                 self._keep_players, self._keep_open)  # fmt: skip
        with self._lock:
            for part in parts:
                try:
                    part(self._clock.now(), self._clock.steady_s())
                except Exception as error:  # the doors stay open
                    self._reporter.count("keeper", f"keeper: {type(error).__name__}: {error}")

    def leave(self) -> None:
        """Fade out what plays."""
        with self._lock:
            self._players.send({"do": "shut"})
            self._reporter.say("stopped by hand")

    def close(self) -> None:
        """Let everything end."""
        with self._lock:
            self._players.close()
            self._supply.close()

    def trigger(self, name: str) -> str:
        """Start what a trigger starts; in a word what became of it."""
        with self._lock:
            return self._asking.trigger(name, self._clock.now(), self._clock.steady_s())

    def profile(self, name: str, *, for_s: float = ALL_DAY_S) -> str:
        """Choose a profile until the doors close, or for so long; an empty name goes back to the schedule."""
        with self._lock:
            return self._asking.profile(name, for_s, self._clock.now())

    def mood(self, slider: str, value: float) -> str:
        """Set a slider until the doors close, or it is set anew; in a word what became of it."""
        with self._lock:
            return self._asking.mood(slider, value, self._clock.now())

    def standing(self) -> dict[str, Any]:
        """How it stands: plain values, for a page or a machine that watches."""
        with self._lock:
            return self._standing.row(self._clock.now())

    def for_staff(self) -> Staff:
        """How it is, for who works in the gallery."""
        with self._lock:
            return self._standing.for_staff(self._clock.now())

    def _see_off(self, _now: datetime, steady_s: float) -> None:
        self._players.see_off(steady_s, are_wanted=self.span is not None)

    def _watch_clock(self, now: datetime, steady_s: float) -> None:
        """Notice that somebody set the clock: then the day goes on where it should be by now."""
        jumped_s = self._openings.jumped_s(now, steady_s)
        if jumped_s:
            self._reporter.count("clock", f"clock jumped by {jumped_s:.0f} s: the day goes on where it is by now")
            if self.is_open and self._openings.is_within(now):
                self._follow(now, steady_s)

    def _choose_span(self, now: datetime, steady_s: float) -> None:
        """Close the doors where an opening is over; see which one is prepared or played."""
        if self._openings.is_over(now, steady_s):
            self._shut(steady_s)
        if (span := self._openings.prepare(now)) is not None:
            self._supply.begin()
            self._wishes.begin(span)
            self._weeks.catch_up(now)
            self._log.forget(now.astimezone(self.exhibit.hours.zone).date())

    def _shut(self, steady_s: float) -> None:
        """Close the doors: fade, let go of the sound card."""
        if self.is_open:
            line = self._supply.heard.line(steady_s - self._openings.opened_s)
            self._reporter.say(f"closed; {line}", often=True)
        span = self.span if self.is_open else None
        self._openings.shut()
        self._wishes.part()
        self._players.part(steady_s)
        if (renderer := self._supply.part()) is not None:
            self._players.dismiss(renderer, steady_s)
        if span is not None:  # last: a disk may be slow, and what fades does not wait for it
            self._weeks.closed(span)

    def _listen(self, now: datetime, steady_s: float) -> None:
        for worker, row in chain(self._players.rows(steady_s), self._supply.rows(steady_s)):
            self._hear(worker, row, now)
        self._players.listen_on(steady_s)

    def _hear(self, worker: Worker, row: Row, now: datetime) -> None:
        what = str(row.get("what"))
        if what == "window":
            self._take_window(row, now)
        elif what == "planned":
            self._supply.heard.planned(row)
        elif what == "lost":
            self._reporter.count("device", f"device: {row.get('why')}")
            worker.port.kill()
        elif what == "unreadable" and self._wishes.leave_out(str(row.get("id"))):
            self._has_broken = True
            self._reporter.count("read", f"read: {row.get('why')}: it is left out for today", often=True)
        else:
            self._reporter.hear(row)

    def _take_window(self, row: Row, now: datetime) -> None:
        """Remember that a window is there; go over to its plan where it is another's."""
        if not self._supply.take(row, at=self._openings.window(now), last=self._openings.last_window):
            return
        if self._has_broken:
            self._follow(now, self._clock.steady_s())
        else:
            self._players.send({"do": "changed", "key": self.key})
        self._has_broken = False

    def _keep_supply(self, now: datetime, steady_s: float) -> None:
        at = self._openings.window(now)
        if self.span is not None and self._supply.keep_renderer(at, steady_s):
            self._supply.ask(self.span, self._wishes.all, self._wishes.left_out, at)

    def _keep_players(self, now: datetime, steady_s: float) -> None:
        if self.span is None:
            return
        if self._players.lose(steady_s):
            self._take_over(now, steady_s)
        self._players.keep_spares(steady_s)

    def _keep_open(self, now: datetime, steady_s: float) -> None:
        """Open the doors when it is time; while they are, somebody plays, as loud as the profile lets it."""
        if self._openings.open(now, steady_s):
            late_s = self._openings.after_s(now)
            late = f", {late_s / 60.0:.0f} min after the doors: the day goes on from there"
            self._reporter.say(f"opened{self._supply.heard.material()}{late if late_s >= LATE_S else ''}",
                               often=True)  # fmt: skip
        if not self.is_open:
            return
        if self._players.playing is None:
            self._take_over(now, steady_s)
        self._players.level(self._level_db(now))

    def _take_over(self, now: datetime, steady_s: float) -> None:
        """Let a spare play from where the day is by now; without a plan it plays the bed."""
        is_waited_for = not self.key and steady_s < self._openings.opened_s + UNPLANNED_S
        if self.is_open and not is_waited_for and self._players.take_over(self._level_db(now), steady_s):
            self._follow(now, steady_s, does="take over")

    def _follow(self, now: datetime, steady_s: float, *, does: str = "follow") -> None:
        self._players.send({"do": does, "key": self.key, "frame": self._openings.frame(now), "sent_s": steady_s})

    def _level_db(self, now: datetime) -> float:
        return SILENT_DB if self._wishes.are_silent(now) else 0.0
