"""The keeper of an exhibit: it opens and closes the doors, and replaces whatever fails; it never fails itself.

It works in short steps, a few each second, against a clock that it is given, and knows neither sound nor files of
sound: what plays and what renders are ports that can die.
"""

from __future__ import annotations

import contextlib
import math
import threading
from collections import Counter, deque
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Protocol

from soundscape.exhibit.daylog import DayLog, Heard
from soundscape.exhibit.exhibit import Exhibit, Trigger
from soundscape.exhibit.hours import CLOSED, Span
from soundscape.exhibit.plan import Wish
from soundscape.exhibit.ports import Ports, Row
from soundscape.exhibit.state import State, ended
from soundscape.exhibit.watch import Backoff, JumpWatch, Worker

PREPARE_S = 300.0
"""So long before an opening everything is made ready."""
AHEAD, KEPT = 10, 2
"""Windows that are rendered ahead, and kept behind."""
N_PLAYERS = 3
"""One that plays, and two that are warm: while one is started again another may die."""
DOUBT_S, PARTING_S, BELIEVED_S = 120.0, 600.0, 1.0
"""A clock that was set, and would close the doors, is not believed for so long; spares stay warm for so long after."""
LEAVING_S, UNPLANNED_S = 6.0, 1.0
"""From the closing to the end of those that played; from the opening to playing the bed where there is no plan yet."""
GAP_S = 2.0
"""A silence that is longer is counted as one."""
LATE_S = 90.0
"""A renderer that leaves windows missing for so long is started again."""
WISH_LEAD_S = 15.0
"""A wish holds so long after it was asked: its windows have to be rendered first."""
LEAST_REST_S, MOST_WISHES = 1.0, 500
"""No trigger is started again sooner; no opening has more wishes."""
AGAIN_S, N_SAID = 60.0, 200
"""The same line is not said again sooner; so many are remembered."""
SILENT_DB = -120.0
_TROUBLES = {"full": "disk", "gone": "share", "error": "error"}
"""Rows that tell of trouble: what they are counted as."""
_FROM_DECKS = ("fallback", "stems", "dry", "refused")


class Clock(Protocol):
    """The time, in two ways."""

    def now(self) -> datetime:
        """By the clock of the machine, aware, UTC; it may be set, and jump."""
        ...

    def steady_s(self) -> float:
        """Seconds that only grow; the same in all processes of a machine."""
        ...


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
        self.exhibit, self._ports, self._clock, self._state, self._log = exhibit, ports, clock, state, log
        self._rate_hz, self._window_frames, self._tell = rate_hz, window_frames, tell
        self.counts: Counter[str] = Counter()
        self.since = clock.now()
        """When its standing was another the last time."""
        self._standing_was = ""
        self.said: deque[tuple[datetime, str]] = deque(maxlen=N_SAID)
        self.span: Span | None = None
        """Opening that is prepared or played."""
        self.key = ""
        self.is_open = False
        self._lock = threading.RLock()
        self._wishes: tuple[Wish, ...] = ()
        self._left_out: tuple[str, ...] = ()
        self._ready: dict[str, set[int]] = {}
        self._playing: Worker | None = None
        self._spares: list[Worker] = []
        self._generator: Worker | None = None
        self._backoff, self._jumps = Backoff(), JumpWatch()
        self._asked: tuple[object, ...] = ()
        self._rested_s: dict[str, float] = {}
        self._said_s: dict[str, float] = {}
        self._clip = 0
        self._leaving: list[tuple[float, Worker]] = []
        self._opened_s = self._doubt_until_s = self._off_s = 0.0
        self._parted_s = -math.inf
        self._late_s = math.inf
        self._lost: tuple[float, str] | None = None
        """Since when, and why, nobody plays."""
        self._level_db = 0.0
        self._heard = Heard()
        self._has_broken = False
        """Whether the next plan is not the same up to now: it is passed over to, not just gone on with."""

    def step(self) -> None:
        """Do what is due. Whatever goes wrong in a part of it is told, and tried again in the next step."""
        parts = (self._see_off, self._watch_clock, self._choose_span, self._listen, self._keep_generator,
                 self._keep_players, self._keep_open)  # fmt: skip
        with self._lock:
            for part in parts:
                try:
                    part(self._clock.now(), self._clock.steady_s())
                except Exception as error:  # the doors stay open
                    self.counts["keeper"] += 1
                    self._say(f"keeper: {type(error).__name__}: {error}")

    def leave(self) -> None:
        """Fade out what plays."""
        with self._lock:
            if self._playing is not None:
                self._playing.port.send({"do": "shut"})
            self._say("stopped by hand")

    def close(self) -> None:
        """Let everything end."""
        with self._lock:
            workers = [self._playing, *self._spares, self._generator, *(one for _, one in self._leaving)]
            for worker in workers:
                if worker is not None:
                    worker.port.send({"do": "quit"})
                    worker.port.kill()
            self._playing = self._generator = None
            self._spares, self._leaving = [], []

    def trigger(self, name: str) -> str:
        """Start what a trigger starts; in a word what became of it."""
        found = next((one for one in self.exhibit.triggers if one.name == name), None)
        if found is None:
            return f"there is no trigger {name!r}"
        with self._lock:
            now_s = self._clock.steady_s()
            if not self.is_open:
                return CLOSED
            if now_s < self._rested_s.get(name, -math.inf) + max(found.rest_s, LEAST_REST_S):
                return "it rests"
            self._rested_s[name] = now_s
            self._say(f"trigger: {name}", often=True)
            self.counts["trigger"] += 1
            return self._start(found)

    def profile(self, name: str, *, for_s: float = 24 * 3600.0) -> str:
        """Choose a profile until the doors close, or for so long; an empty name goes back to the schedule."""
        if name and name not in self.exhibit.profiles:
            return f"there is no profile {name!r}"
        with self._lock:
            if self.span is None:
                return CLOSED
            self._say(f"profile {name or 'on schedule'}", often=True)
            if not name:
                self._end_profiles()
                return "chosen"
            return "chosen" if self._wish({}, for_s, profile=name) else "too many wishes"

    def standing(self) -> dict[str, Any]:
        """How it stands: plain values, for a page or a machine that watches."""
        with self._lock:
            now = self._clock.now()
            following = self.exhibit.hours.next_span(now)
            playing = self._playing
            status = playing.status if playing is not None else {}
            state = CLOSED
            if self.is_open:
                state = "down" if playing is None else "degraded" if status.get("fallback") else "ok"
            if state != self._standing_was:
                self._standing_was, self.since = state, now
            return {
                "status": state, "windows": self._window_at(now), "title": self.exhibit.title, "now": now.isoformat(),
                "profile": self._profile(now), "key": self.key, "windows_ahead": self._ahead(now),
                "next_opening": None if following is None else following.opens.isoformat(),
                "spare": any(one.is_ready for one in self._spares), "counts": dict(self.counts),
                "last": self.said[-1][1] if self.said else "", "player": status, "log_lines_lost": self._log.n_lost,
            }  # fmt: skip

    def _see_off(self, _now: datetime, steady_s: float) -> None:
        """End those that had time to fade, and spares that nobody needs tonight."""
        for due_s, worker in list(self._leaving):
            if steady_s >= due_s:
                self._leaving.remove((due_s, worker))
                worker.port.kill()
        if self.span is None and steady_s >= self._parted_s + PARTING_S:
            while self._spares:
                self._dismiss(self._spares.pop(), steady_s)

    def _watch_clock(self, now: datetime, steady_s: float) -> None:
        """Notice that somebody set the clock: then the day goes on where it should be by now."""
        jumped_s = self._jumps.jumped_s(now, steady_s)
        if not jumped_s:
            return
        self.counts["clock"] += 1
        self._say(f"clock jumped by {jumped_s:.0f} s: the day goes on where it is by now")
        is_within = self.span is not None and self.span.opens <= now < self.span.closes
        # Set right again, it is believed at once; anything else only when it has stood for a while.
        self._off_s += jumped_s
        self._doubt_until_s = 0.0 if abs(self._off_s) < BELIEVED_S else steady_s + DOUBT_S
        if self.is_open and is_within:
            self._follow(now, steady_s)

    def _choose_span(self, now: datetime, steady_s: float) -> None:
        """Which opening is prepared or played; close the doors where one is over."""
        if self.span is not None:
            begins = self.span.opens if self.is_open else self.span.opens - timedelta(seconds=PREPARE_S)
            if not begins <= now < self.span.closes:
                is_doubted = self.is_open and steady_s < self._doubt_until_s
                if is_doubted:
                    return
                self._shut(now, steady_s)
        if self.span is None:
            hours = self.exhibit.hours
            span = hours.span_at(now) or hours.next_span(now)
            if span is not None and now >= span.opens - timedelta(seconds=PREPARE_S):
                self.span, self._asked = span, ()
                self._wishes, self._left_out = self._state.wishes(span.opens), self._state.left_out(span.opens)
                self._log.forget(now.astimezone(self.exhibit.hours.zone).date())

    def _shut(self, now: datetime, steady_s: float) -> None:
        """Close the doors: fade, let go of the sound card. Spares stay for a while: the clock may have been wrong."""
        if self.is_open:
            self._say(f"closed; {self._heard.line(steady_s - self._opened_s)}", often=True)
        self.is_open, self.span, self.key, self._parted_s, self._off_s = False, None, "", steady_s, 0.0
        for worker in (self._playing, self._generator):
            if worker is not None:
                self._dismiss(worker, steady_s)
        self._playing = self._generator = self._lost = None
        self._ready.clear()
        self._backoff, self._heard, self._late_s = Backoff(), Heard(), math.inf

    def _dismiss(self, worker: Worker, steady_s: float) -> None:
        """Let one fade and go, and end it if it does not."""
        self._leaving.append((steady_s + LEAVING_S, worker))
        worker.port.send({"do": "shut"})
        worker.port.send({"do": "quit", "after_s": LEAVING_S - 2.0})

    def _listen(self, now: datetime, steady_s: float) -> None:
        for worker in (self._playing, *self._spares, self._generator):
            if worker is not None:
                for row in worker.hear(steady_s):
                    self._hear(worker, row, now)
        if self._lost is not None and self._playing is not None and self._playing.has_sounded:
            since_s, why = self._lost
            self._lost = None
            self.counts["gap"] += steady_s - since_s > GAP_S
            self._say(f"{why}; the spare plays on after {steady_s - since_s:.1f} s", often=True)

    def _hear(self, worker: Worker, row: Row, now: datetime) -> None:
        what = str(row.get("what"))
        if what == "window":
            self._take_window(row, now)
        elif what == "planned":
            self._heard.planned(row)
        elif what == "lost":
            self.counts["device"] += 1
            self._say(f"device: {row.get('why')}")
            worker.port.kill()
        elif what == "unreadable":
            self._leave_out(str(row.get("id")), str(row.get("why")))
        elif what in _TROUBLES:
            kind = _TROUBLES[what]
            self.counts[kind] += 1
            self._say(f"{kind}: {row.get('why', row.get('line', ''))}")
        elif what == "told" and row.get("of") in _FROM_DECKS:
            self.counts[str(row["of"])] += 1
            self._say(f"{row['of']} {row.get('why', '')}".strip())

    def _take_window(self, row: Row, now: datetime) -> None:
        """Remember that a window is there; go over to its plan once enough of it is there to play on without a hole."""
        key, window = str(row["key"]), int(row["window"])
        self._ready.setdefault(key, set()).add(window)
        self._heard.window(row)
        at = self._window_at(now)
        here, there = self._ready.get(self.key, set()), self._ready[key]
        if key != self.key and (at not in here or {at, min(at + 1, self._last_window())} <= there):
            self.key, self._ready = key, {key: there}
            if self._has_broken:
                self._follow(now, self._clock.steady_s())
            elif self._playing is not None:
                self._playing.port.send({"do": "changed", "key": key})
            self._has_broken = False

    def _leave_out(self, recording_id: str, why: str) -> None:
        """What cannot be read is not planned again in this opening; the next one tries it anew."""
        if self.span is None or recording_id in self._left_out:
            return
        self.counts["read"] += 1
        self._say(f"read: {why}: it is left out for today", often=True)
        self._left_out, self._has_broken = (*self._left_out, recording_id), True
        self._written(self._state.leave_out(self.span.opens, recording_id))

    def _keep_generator(self, now: datetime, steady_s: float) -> None:
        if self.span is None:
            return
        worker = self._generator
        if worker is not None and (
            not worker.port.is_alive or worker.is_silent(steady_s) or self._is_late(now, steady_s)
        ):
            self.counts["generator"] += 1
            self._say("generator is started again")
            self._generator = None
            worker.port.kill()
        if self._generator is None:
            if not self._backoff.may_start("generator", steady_s):
                return
            self._generator = Worker(self._ports.generator(), steady_s, steady_s)
            self._asked, self._late_s = (), math.inf
        first = self._window_at(now)
        asked = (self.span, self._wishes, self._left_out, first)
        if asked != self._asked:
            wishes = [{"from_s": one.from_s, "until_s": one.until_s, "mood": dict(one.mood), "profile": one.profile}
                      for one in self._wishes]  # fmt: skip
            row = {"do": "render", "opens": self.span.opens.isoformat(), "closes": self.span.closes.isoformat(),
                   "wishes": wishes, "left_out": list(self._left_out), "first": first, "until": first + AHEAD,
                   "keep": max(0, first - KEPT)}  # fmt: skip
            if self._generator.port.send(row):
                self._asked = asked

    def _is_late(self, now: datetime, steady_s: float) -> bool:
        """Whether a renderer that is there has left what sounds now missing for too long."""
        is_behind = self._generator is not None and self._generator.is_ready and self._ahead(now) == 0
        self._late_s = min(self._late_s, steady_s) if is_behind else math.inf
        return steady_s - self._late_s > LATE_S

    def _keep_players(self, now: datetime, steady_s: float) -> None:
        if self.span is None:
            return
        playing = self._playing
        if playing is not None and (not playing.port.is_alive or playing.is_silent(steady_s)):
            self._lose(playing, "player hung" if playing.port.is_alive else "player died", now, steady_s)
        for spare in list(self._spares):
            if not spare.port.is_alive or spare.is_silent(steady_s):
                self._spares.remove(spare)
                spare.port.kill()
        wanted = N_PLAYERS - (self._playing is not None)
        while len(self._spares) < wanted and self._backoff.may_start("player", steady_s):
            self._spares.append(Worker(self._ports.player(), steady_s, steady_s))

    def _lose(self, worker: Worker, why: str, now: datetime, steady_s: float) -> None:
        """Let the spare play on, at once."""
        self._playing = None
        self._lost = self._lost or (worker.heard_s, why)
        self.counts["player"] += 1
        worker.port.kill()
        self._take_over(now, steady_s)

    def _keep_open(self, now: datetime, steady_s: float) -> None:
        """Open the doors when it is time; while they are, somebody plays, as loud as the profile lets it."""
        if self.span is None:
            return
        if not self.is_open and self.span.opens <= now:
            self.is_open, self._opened_s = True, steady_s
            late_s = (now - self.span.opens).total_seconds()
            late = "" if late_s < 5.0 else f", {late_s / 60.0:.0f} min after the doors: the day goes on from there"
            self._say(f"opened{self._heard.material()}{late}", often=True)
        if not self.is_open:
            return
        if self._playing is None:
            self._take_over(now, steady_s)
        level_db = self._wanted_db(now)
        if self._playing is not None and level_db != self._level_db:
            self._level_db = level_db
            self._playing.port.send({"do": "level", "level_db": level_db})

    def _take_over(self, now: datetime, steady_s: float) -> None:
        """Let a spare play from where the day is by now; without a plan it plays the bed."""
        ready = next((one for one in self._spares if one.is_ready and one.port.is_alive), None)
        if ready is None or self.span is None or not self.is_open:
            return
        if not self.key and steady_s < self._opened_s + UNPLANNED_S:
            return
        self._spares.remove(ready)
        self._playing = ready
        ready.heard_s, ready.is_playing = steady_s, True
        self._level_db = self._wanted_db(now)
        ready.port.send({"do": "level", "level_db": self._level_db})
        self._follow(now, steady_s, does="take over")

    def _follow(self, now: datetime, steady_s: float, *, does: str = "follow") -> None:
        if self._playing is not None and self.span is not None:
            row = {"do": does, "key": self.key, "frame": self._frame_at(now), "sent_s": steady_s}
            self._playing.port.send(row)

    def _start(self, trigger: Trigger) -> str:
        if trigger.layer and self._playing is not None:
            self._clip += 1
            self._playing.port.send({"do": "clip", "layer": trigger.layer, "number": self._clip % 4})
        if trigger.mood and not self._wish(dict(trigger.mood), trigger.for_s):
            return "too many wishes"
        return "started"

    def _wish(self, mood: dict[str, float], for_s: float, *, profile: str = "") -> bool:
        """Let something be different from soon on; False where too much is already."""
        if self.span is None or len(self._wishes) >= MOST_WISHES:
            return False
        at_s = self._soon_s(self.span)
        wish = Wish(at_s, min(at_s + for_s, max(at_s, self.span.duration_s)), mood, profile)
        self._wishes = (*self._wishes, wish)
        self._written(self._state.keep(self.span.opens, wish))
        return True

    def _end_profiles(self) -> None:
        """Go back to the schedule: what was chosen holds no longer."""
        assert self.span is not None
        at_s = self._soon_s(self.span)
        self._wishes = ended(self._wishes, at_s)
        self._written(self._state.end_profiles(self.span.opens, at_s))

    def _soon_s(self, span: Span) -> float:
        """From when on something can be different."""
        lead_s = WISH_LEAD_S if self.is_open else 0.0
        return max(0.0, (self._clock.now() - span.opens).total_seconds()) + lead_s

    def _written(self, is_written: bool) -> None:  # noqa: FBT001
        if not is_written:
            self.counts["disk"] += 1
            self._say("disk: what was asked for could not be written down; it holds until the power goes")

    def _profile(self, now: datetime) -> str:
        """Profile that holds, or was chosen and soon will."""
        if self.span is None:
            return self.exhibit.hours.profile_at(now)
        at_s = (now - self.span.opens).total_seconds()
        chosen = [one.profile for one in self._wishes
                  if one.profile and one.from_s - WISH_LEAD_S <= at_s < one.until_s]  # fmt: skip
        return chosen[-1] if chosen else self.exhibit.hours.profile_at(now)

    def _wanted_db(self, now: datetime) -> float:
        """Silence at once where somebody chose `closed`; all other levels are in what is rendered."""
        is_chosen = any(one.profile == CLOSED for one in self._wishes) and self._profile(now) == CLOSED
        return SILENT_DB if is_chosen else 0.0

    def _frame_at(self, now: datetime) -> int:
        assert self.span is not None
        return max(0, round((now - self.span.opens).total_seconds() * self._rate_hz))

    def _window_at(self, now: datetime) -> int:
        return self._frame_at(now) // self._window_frames if self.span is not None else 0

    def _last_window(self) -> int:
        assert self.span is not None
        return (math.ceil(self.span.duration_s * self._rate_hz) - 1) // self._window_frames

    def _ahead(self, now: datetime) -> int:
        """Windows that are there from now on."""
        there, at = self._ready.get(self.key, set()), self._window_at(now)
        n = 0
        while at + n in there:
            n += 1
        return n

    def _say(self, line: str, *, often: bool = False) -> None:
        """Write a line down; what says itself again and again is written once a minute."""
        now, steady_s = self._clock.now(), self._clock.steady_s()
        if not often and steady_s < self._said_s.get(line, -math.inf) + AGAIN_S:
            return
        if len(self._said_s) > N_SAID:
            self._said_s.clear()
        self._said_s[line] = steady_s
        self.said.append((now, line))
        with contextlib.suppress(Exception):  # nobody has to be there to be told
            self._log.say(now.astimezone(self.exhibit.hours.zone), line)
            if self._tell is not None:
                self._tell(line)
