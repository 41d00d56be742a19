"""When a gallery is open, and which profile it has then: a table of a week, special dates, quiet hours.

Hours are those of the clock on the wall, changes to summer time included: a time that such a change skips is the
change itself, one that comes twice is the first. So what is in order on a clock is in order on every day.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from soundscape.exhibit.parts import DAYPARTS, Minutes

USUAL, QUIET, CLOSED = "usual", "quiet", "closed"
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
MINUTES_OF_DAY = 24 * 60
_LOOK_AHEAD_DAYS = 400
"""A gallery that does not open within a year is closed for good."""


@dataclass(frozen=True, slots=True)
class Span:
    """From an opening to its closing, aware, UTC where nothing else is said."""

    opens: datetime
    closes: datetime

    @property
    def duration_s(self) -> float:
        """How long the doors are open."""
        return (self.closes - self.opens).total_seconds()

    def local(self, zone: ZoneInfo) -> Span:
        """The same by the clock on a wall."""
        return Span(self.opens.astimezone(zone), self.closes.astimezone(zone))


@dataclass(frozen=True, slots=True)
class Dates:
    """Days on which something is different: from the first to the last, once or every year."""

    first: tuple[int, int, int]
    """Year, month, day; year 0 is every year."""
    last: tuple[int, int, int]
    open: tuple[Minutes, ...] | None = None
    """None: as on any such weekday; empty: closed."""
    name: str = ""
    profile: str = ""

    def holds(self, day: date) -> bool:
        """Whether a day is one of them."""
        return is_among(day, self.first, self.last)


def is_among(day: date, first: tuple[int, int, int], last: tuple[int, int, int]) -> bool:
    """Whether a day lies between two, both in; year 0 is every year, and such ones may pass its end.

    Examples
    --------
    >>> is_among(date(2027, 1, 2), (0, 12, 24), (0, 1, 2)), is_among(date(2027, 1, 3), (0, 12, 24), (0, 1, 2))
    (True, False)
    """
    here = (day.year if first[0] else 0, day.month, day.day)
    return first <= here <= last if first <= last else here >= first or here <= last


@dataclass(frozen=True, slots=True)
class Scheduled:
    """A profile at certain hours of certain weekdays."""

    profile: str
    hours: tuple[Minutes, ...]
    weekdays: tuple[int, ...] = tuple(range(7))


@dataclass(frozen=True)
class Hours:
    """Opening hours of a gallery. `hours_from_table` reads them from a file."""

    zone: ZoneInfo
    week: tuple[tuple[Minutes, ...], ...]
    """Of Monday to Sunday, in minutes of the day."""
    dates: tuple[Dates, ...] = ()
    """The first that holds counts."""
    quiet: tuple[Minutes, ...] = ()
    schedule: tuple[Scheduled, ...] = ()
    """Of those that hold at once the last counts."""
    seasons: str = "solar terms"
    dayparts: Mapping[str, Minutes] = field(default_factory=lambda: dict(DAYPARTS), hash=False)

    def special(self, day: date) -> Dates | None:
        """What is special about a day."""
        return next((dates for dates in self.dates if dates.holds(day)), None)

    def spans(self, day: date) -> tuple[Span, ...]:
        """When the doors are open on a day, in order."""
        special = self.special(day)
        hours = self.week[day.weekday()] if special is None or special.open is None else special.open
        found = (Span(self.instant(day, first), self.instant(day, last)) for first, last in hours)
        return tuple(span for span in found if span.opens < span.closes)  # a change of clocks can swallow one

    def instant(self, day: date, minute: int) -> datetime:
        """When a clock on the wall shows a minute of a day, UTC; minute 1440 is the next day's first."""
        return _instant(self.zone, day, minute)

    def span_at(self, instant: datetime) -> Span | None:
        """Opening that an instant lies in; None where the doors are closed."""
        day = instant.astimezone(self.zone).date()
        # Clocks that go back over midnight show a day again whose successor has begun.
        spans = (span for n in (0, 1) for span in self.spans(day + timedelta(days=n)))
        return next((span for span in spans if span.opens <= instant < span.closes), None)

    def is_open(self, instant: datetime) -> bool:
        """Whether the doors are open."""
        return self.span_at(instant) is not None

    def next_span(self, instant: datetime) -> Span | None:
        """First opening at or after an instant; None where there is none within a year."""
        day = instant.astimezone(self.zone).date()
        for n in range(_LOOK_AHEAD_DAYS):
            for span in self.spans(day + timedelta(days=n)):
                if span.opens >= instant:
                    return span
        return None

    def profile_at(self, instant: datetime) -> str:
        """Name of the profile that is on schedule: `closed` where the doors are."""
        return self._profile(instant) if self.is_open(instant) else CLOSED

    def profiles(self, span: Span) -> tuple[tuple[float, str], ...]:
        """Profiles of an opening: seconds after it from which each holds, the first at 0."""
        found: list[tuple[float, str]] = []
        for instant in sorted({span.opens, *self._edges(span)}):
            profile = self._profile(instant)
            if not found or found[-1][1] != profile:
                found.append(((instant - span.opens).total_seconds(), profile))
        return tuple(found)

    def _edges(self, span: Span) -> Iterator[datetime]:
        """Instants within an opening at which a profile may begin or end."""
        day = span.opens.astimezone(self.zone).date()
        minutes = {minute for hours in (self.quiet, *(row.hours for row in self.schedule)) for both in hours
                   for minute in both}  # fmt: skip
        for minute in sorted(minutes):
            instant = self.instant(day, minute)
            if span.opens < instant < span.closes:
                yield instant

    def _profile(self, instant: datetime) -> str:
        local = instant.astimezone(self.zone)
        special = self.special(local.date())
        profile = (special.profile if special else "") or USUAL
        if self._within(self.quiet, local.date(), instant):
            profile = QUIET
        for row in self.schedule:
            if local.weekday() in row.weekdays and self._within(row.hours, local.date(), instant):
                profile = row.profile
        return profile

    def _within(self, hours: tuple[Minutes, ...], day: date, instant: datetime) -> bool:
        return any(self.instant(day, first) <= instant < self.instant(day, last) for first, last in hours)


@lru_cache(maxsize=1024)
def _instant(zone: ZoneInfo, day: date, minute: int) -> datetime:
    days, minute = divmod(minute, MINUTES_OF_DAY)
    clock = time(minute // 60, minute % 60)
    wall = datetime.combine(day + timedelta(days=days), clock, tzinfo=zone)
    instant = wall.astimezone(UTC)
    if instant.astimezone(zone).replace(tzinfo=None) == wall.replace(tzinfo=None):
        return instant
    return _change_between(wall.replace(fold=1).astimezone(UTC), instant, zone)


def _change_between(before: datetime, after: datetime, zone: ZoneInfo) -> datetime:
    """Second at which the clocks of a zone are changed, of two instants UTC on its sides."""
    offset = before.astimezone(zone).utcoffset()
    seconds = range(int((after - before).total_seconds()) + 1)

    def is_changed(after_s: int) -> int:
        return int((before + timedelta(seconds=after_s)).astimezone(zone).utcoffset() != offset)

    return before + timedelta(seconds=bisect_left(seconds, 1, key=is_changed))
