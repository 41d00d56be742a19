"""Which opening is prepared or played, and where the day is in it, in seconds, frames and windows.

A clock that was set, and would close the doors, is not believed at once.
"""

from __future__ import annotations

import math
from datetime import datetime, timedelta

from soundscape.exhibit.hours import Hours, Span
from soundscape.exhibit.watch import JumpWatch

PREPARE_S = 300.0
"""So long before an opening everything is made ready."""
DOUBT_S, BELIEVED_S = 120.0, 1.0
"""A clock that was set, and would close the doors, is not believed for so long, unless it is right again by so much."""
WISH_LEAD_S = 15.0
"""A wish holds so long after it was asked: its windows have to be rendered first."""


class Openings:
    """The openings of a gallery, one after the other.

    Parameters
    ----------
    rate_hz, window_frames
        Of what is rendered.
    """

    def __init__(self, hours: Hours, *, rate_hz: int, window_frames: int) -> None:
        self._hours, self._rate_hz, self._window_frames = hours, rate_hz, window_frames
        self.span: Span | None = None
        """Opening that is prepared or played."""
        self.is_open = False
        self.opened_s = 0.0
        """When the doors were opened, by the clock that only grows."""
        self._jumps = JumpWatch()
        self._doubt_until_s = self._off_s = 0.0

    def jumped_s(self, now: datetime, steady_s: float) -> float:
        """By how much somebody has set the clock since the last time; 0 where nobody has."""
        jumped_s = self._jumps.jumped_s(now, steady_s)
        if jumped_s:
            # Set right again, it is believed at once; anything else only when it has stood for a while.
            self._off_s += jumped_s
            self._doubt_until_s = 0.0 if abs(self._off_s) < BELIEVED_S else steady_s + DOUBT_S
        return jumped_s

    def is_within(self, now: datetime) -> bool:
        """Whether an instant lies in the opening."""
        return self.span is not None and self.span.opens <= now < self.span.closes

    def is_over(self, now: datetime, steady_s: float) -> bool:
        """Whether the opening is to be let go of."""
        if self.span is None:
            return False
        begins = self.span.opens if self.is_open else self.span.opens - timedelta(seconds=PREPARE_S)
        return not begins <= now < self.span.closes and not (self.is_open and steady_s < self._doubt_until_s)

    def prepare(self, now: datetime) -> Span | None:
        """Opening that is to be made ready from now on, if there is one, and none is yet."""
        if self.span is not None:
            return None
        span = self._hours.span_at(now) or self._hours.next_span(now)
        if span is None or now < span.opens - timedelta(seconds=PREPARE_S):
            return None
        self.span = span
        return span

    def open(self, now: datetime, steady_s: float) -> bool:
        """Open the doors where it is time; whether they were opened now."""
        if self.span is None or self.is_open or now < self.span.opens:
            return False
        self.is_open, self.opened_s = True, steady_s
        return True

    def shut(self) -> None:
        """Let go of the opening."""
        self.is_open, self.span, self._off_s = False, None, 0.0

    def after_s(self, now: datetime) -> float:
        """Seconds after the opening; below 0 before it, 0 where there is none."""
        return (now - self.span.opens).total_seconds() if self.span is not None else 0.0

    def soon_s(self, now: datetime) -> float:
        """Seconds after the opening from which on something can be different."""
        return max(0.0, self.after_s(now)) + (WISH_LEAD_S if self.is_open else 0.0)

    def frame(self, now: datetime) -> int:
        """Frame of the opening that is due."""
        return max(0, round(self.after_s(now) * self._rate_hz))

    def window(self, now: datetime) -> int:
        """Window of the opening that is due."""
        return self.frame(now) // self._window_frames

    def windows_in(self, duration_s: float) -> int:
        """So many windows are played in a stretch of time."""
        return round(duration_s * self._rate_hz / self._window_frames)

    @property
    def last_window(self) -> int:
        """Window in which the doors close."""
        duration_s = 0.0 if self.span is None else self.span.duration_s
        return (math.ceil(duration_s * self._rate_hz) - 1) // self._window_frames
