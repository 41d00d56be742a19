"""A page for each week, written by itself when its last opening is over; in plain words, for who signs it off."""

from __future__ import annotations

from contextlib import suppress
from datetime import date, datetime, timedelta
from pathlib import Path

from soundscape.errors import OutputError
from soundscape.exhibit.daylog import DayLog
from soundscape.exhibit.exhibit import Exhibit
from soundscape.exhibit.hours import Span
from soundscape.exhibit.reporter import Reporter
from soundscape.whole import folder_to_write, write_text

KEPT_WEEKS = 104
_DAYS = 7


class Weeks:
    """A folder of them, of which so many are kept. A disk that does not take one costs that page, and no more."""

    def __init__(self, folder: Path, exhibit: Exhibit, log: DayLog, reporter: Reporter) -> None:
        self._folder, self._title, self._hours = folder, exhibit.title, exhibit.hours
        self._log, self._reporter = log, reporter

    def closed(self, span: Span) -> None:
        """Write the week's page where an opening was its last one."""
        day = self._day(span.opens)
        following = self._hours.next_span(span.closes)
        if following is None or _monday(self._day(following.opens)) != _monday(day):
            self._write(_monday(day))

    def catch_up(self, now: datetime) -> None:
        """Write the page of the week before, where nobody was there to do it, and there is something to tell."""
        monday = _monday(self._day(now)) - timedelta(days=_DAYS)
        days = [monday + timedelta(days=n) for n in range(_DAYS)]
        if not (self._folder / page_name(monday)).exists() and any(self._log.lines(day) for day in days):
            self._write(monday)

    def _write(self, monday: date) -> None:
        sunday = monday + timedelta(days=_DAYS - 1)
        text = f"{self._title}: {monday:%d %B} to {sunday:%d %B %Y}\n\n{self._log.week(sunday)}"
        try:
            write_text(folder_to_write(self._folder) / page_name(monday), text)
        except OutputError as error:
            self._reporter.count("disk", f"disk: {error}")
        for old in sorted(self._folder.glob("????-W??.txt"))[:-KEPT_WEEKS]:
            with suppress(OSError):
                old.unlink()

    def _day(self, instant: datetime) -> date:
        return instant.astimezone(self._hours.zone).date()


def page_name(day: date) -> str:
    """Name of the page of a day's week: weeks begin on Monday, and the first has the year's first Thursday (ISO 8601).

    Examples
    --------
    >>> page_name(date(2027, 1, 3))
    '2026-W53.txt'
    """
    year, week, _ = day.isocalendar()
    return f"{year:04d}-W{week:02d}.txt"


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())
