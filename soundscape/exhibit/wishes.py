"""What people and sensors ask for in an opening: bounded, rested, and on the disk before it is done."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import datetime, timedelta

from soundscape.exhibit.exhibit import Exhibit, Mood, Trigger
from soundscape.exhibit.hours import CLOSED, Span
from soundscape.exhibit.openings import WISH_LEAD_S
from soundscape.exhibit.plan import Wish
from soundscape.exhibit.reporter import Reporter
from soundscape.exhibit.state import State, added, ended

LEAST_REST_S, MOST_WISHES = 1.0, 500
"""No trigger is started again sooner; no opening has more wishes."""


class Wishes:
    """What was asked for in the opening that is prepared or played."""

    def __init__(self, exhibit: Exhibit, state: State, reporter: Reporter) -> None:
        self._exhibit, self._state, self._reporter = exhibit, state, reporter
        self._span: Span | None = None
        self.all: tuple[Wish, ...] = ()
        self.left_out: tuple[str, ...] = ()
        """Ids of recordings that are not to be heard."""
        self._rested_s: dict[str, float] = {}

    def begin(self, span: Span) -> None:
        """Go on with what was asked for in an opening before."""
        self._span = span
        self.all, self.left_out = self._state.wishes(span.opens), self._state.left_out(span.opens)

    def part(self) -> None:
        """The doors close: nothing can be asked for until the next opening."""
        self._span = None

    def rests(self, trigger: Trigger, steady_s: float) -> bool:
        """Whether a trigger may not be started yet; if it may, it counts as started."""
        if steady_s < self._rested_s.get(trigger.name, -math.inf) + max(trigger.rest_s, LEAST_REST_S):
            return True
        self._rested_s[trigger.name] = steady_s
        return False

    def wish(self, at_s: float, for_s: float, *, mood: Mapping[str, float] | None = None, profile: str = "",
             is_set: bool = False) -> bool:  # fmt: skip
        """Let something be different from a time of the opening on; False where too much is already."""
        if self._span is None or len(self.all) >= MOST_WISHES:
            return False
        wish = Wish(at_s, min(at_s + for_s, max(at_s, self._span.duration_s)), dict(mood or {}), profile, is_set)
        self.all = added(self.all, wish)
        self._written(is_written=self._state.keep(self._span.opens, wish))
        return True

    def end_profiles(self, at_s: float) -> None:
        """Go back to the schedule: what was chosen holds no longer."""
        if self._span is not None:
            self.all = ended(self.all, at_s)
            self._written(is_written=self._state.end_profiles(self._span.opens, at_s))

    def leave_out(self, recording_id: str) -> bool:
        """Do without a recording until the doors close; False where it is left out already."""
        if self._span is None or recording_id in self.left_out:
            return False
        self.left_out = (*self.left_out, recording_id)
        self._written(is_written=self._state.leave_out(self._span.opens, recording_id))
        return True

    def mood(self, now: datetime) -> Mood:
        """Where the sliders stand: as they were set, or soon will; the file's where nobody did."""
        at_s, steps = self._after_s(now), dict[str, float]()
        for one in self.all if self._span is not None else ():
            if one.is_set and one.from_s - WISH_LEAD_S <= at_s < one.until_s:
                steps.update(one.mood)
        return self._exhibit.mood.moved(steps)

    def profile_until(self, now: datetime) -> datetime | None:
        """Until when the profile holds, by choice or on schedule; None where there is no opening."""
        if self._span is None:
            return None
        if (chosen := self._chosen(now)) is not None:
            until_s = chosen.until_s
        else:
            edges_s = (at_s for at_s, _ in self._exhibit.hours.profiles(self._span) if at_s > self._after_s(now))
            until_s = next(edges_s, self._span.duration_s)
        return self._span.opens + timedelta(seconds=until_s)

    def is_chosen(self, now: datetime) -> bool:
        """Whether somebody chose the profile."""
        return self._chosen(now) is not None

    def profile(self, now: datetime) -> str:
        """Profile that holds, or was chosen and soon will."""
        chosen = self._chosen(now)
        return chosen.profile if chosen is not None else self._exhibit.hours.profile_at(now)

    def are_silent(self, now: datetime) -> bool:
        """Whether somebody chose `closed`: that is silent at once, all else is in what is rendered."""
        chosen = self._chosen(now)
        return chosen is not None and chosen.profile == CLOSED

    def _chosen(self, now: datetime) -> Wish | None:
        if self._span is None:
            return None
        at_s = self._after_s(now)
        return next((one for one in reversed(self.all)
                     if one.profile and one.from_s - WISH_LEAD_S <= at_s < one.until_s), None)  # fmt: skip

    def _after_s(self, now: datetime) -> float:
        return (now - self._span.opens).total_seconds() if self._span is not None else 0.0

    def _written(self, *, is_written: bool) -> None:
        if not is_written:
            self._reporter.count("disk", "disk: what was asked for could not be written down; "
                                         "it holds until the power goes")  # fmt: skip
