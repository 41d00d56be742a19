"""Opening hours as a table of an exhibit's file."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from soundscape.errors import ExhibitError
from soundscape.exhibit.hours import MINUTES_OF_DAY, WEEKDAYS, Dates, Hours, Scheduled
from soundscape.exhibit.parts import DAYPARTS, Minutes
from soundscape.space.tables import check_keys, nearest_name

SEASONS_BY = ("solar terms", "months", "months in the south")
_CLOCK = re.compile(r"([01]?\d|2[0-4]):([0-5]\d)")
_YEARLY = re.compile(r"(\d{1,2})-(\d{1,2})")
_HINT = 'write times such as ["09:00-12:30", "13:30-18:00"]'
_KEYS = ("timezone", "open", *WEEKDAYS, "quiet", "schedule", "dates", "seasons", "dayparts")
LEAP_YEAR = 2024
"""In which every day of a year is."""


def hours_from_table(table: Any, *, where: str) -> Hours:
    """Opening hours from a table.

    ::

        timezone = "Asia/Shanghai"
        open = ["09:00-12:00", "13:00-18:00"]       # every day
        monday = []                                 # but for this one: closed
        quiet = ["12:00-13:00"]                     # profile "quiet"
        schedule = [{ profile = "low-sensory", hours = ["09:00-10:00"], weekday = ["sunday"] }]
        dates = [{ on = "10-01", open = ["08:00-20:00"], name = "National Day" },      # every year
                 { from = 2027-02-05, to = 2027-02-12, open = [], name = "Spring Festival" }]
        seasons = "solar terms"                     # or "months", "months in the south"
        dayparts = { dawn = "05:30-07:00" }

    Raises
    ------
    ExhibitError
        If a zone, a time, a day or a key is wrong, or hours overlap; the message begins with `where`.
    """
    if not isinstance(table, Mapping):
        raise ExhibitError(f"{where} must be a table, got {table!r}", hint='write [hours] and open = ["09:00-18:00"]')
    check_keys(table, _KEYS, where=where, error=ExhibitError)
    every_day = minutes_in(table.get("open", []), f"{where}: open")
    week = tuple(minutes_in(table[name], f"{where}: {name}") if name in table else every_day for name in WEEKDAYS)
    dates = tuple(_dates(row, f"{where}: dates, row {n}") for n, row in enumerate(_rows(table, "dates", where), 1))
    if not any(week) and not any(row.open for row in dates):
        raise ExhibitError(f"{where}: it never opens", hint='write open = ["09:00-18:00"]')
    _check_dates(dates, where)
    seasons = table.get("seasons", SEASONS_BY[0])
    if seasons not in SEASONS_BY:
        raise ExhibitError(f"{where}: seasons is {seasons!r}", hint=f"one of: {', '.join(SEASONS_BY)}")
    schedule = tuple(_scheduled(row, f"{where}: schedule, row {n}")
                     for n, row in enumerate(_rows(table, "schedule", where), 1))  # fmt: skip
    quiet = minutes_in(table.get("quiet", []), f"{where}: quiet")
    return Hours(_zone(table.get("timezone"), where), week, dates, quiet, schedule, seasons,
                 _dayparts(table.get("dayparts", {}), f"{where}: dayparts"))  # fmt: skip


def minutes_in(value: Any, where: str) -> tuple[Minutes, ...]:
    """Stretches of a day, in order, from texts such as `"09:00-12:30"`."""
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise ExhibitError(f"{where} must be a list of times, got {value!r}", hint=_HINT)
    found: list[tuple[Minutes, str]] = []
    for text in value:
        first, last = _stretch(text, where)
        if last <= first:
            over = "; for a night write two: to 24:00, and from 00:00" if last else "; the day ends at 24:00"
            raise ExhibitError(f"{where}: {text!r} ends before it begins", hint=_HINT + over)
        found.append(((first, last), text))
    found.sort()
    for (one, text), (other, later) in pairwise(found):
        if other[0] < one[1]:
            raise ExhibitError(f"{where}: {text!r} and {later!r} overlap", hint="join them, or let one end earlier")
    return tuple(minutes for minutes, _ in found)


def _stretch(text: str, where: str) -> Minutes:
    begins, dash, ends = text.replace(" ", "").replace("–", "-").partition("-")
    clocks = [_CLOCK.fullmatch(one) for one in (begins, ends)]
    minutes = [int(clock[1]) * 60 + int(clock[2]) if clock else -1 for clock in clocks]
    if not dash or min(minutes) < 0 or max(minutes) > MINUTES_OF_DAY or minutes[0] == MINUTES_OF_DAY:
        raise ExhibitError(f"{where}: {text!r} is no stretch of a day", hint=_HINT)
    return minutes[0], minutes[1]


def _zone(name: Any, where: str) -> ZoneInfo:
    if not isinstance(name, str):
        said = "is missing" if name is None else f"is {name!r}"
        raise ExhibitError(f"{where}: timezone {said}", hint='write timezone = "Asia/Shanghai"')
    try:
        return ZoneInfo(name)
    except (OSError, ValueError, LookupError) as error:
        meant = nearest_name(name, available_timezones())
        raise ExhibitError(f"{where}: there is no time zone {name!r}" + (f"; did you mean {meant!r}?" if meant else ""),
                           hint='zones are called by a city, such as "Asia/Shanghai"') from error  # fmt: skip


def _rows(table: Mapping[str, Any], key: str, where: str) -> list[Mapping[str, Any]]:
    rows = table.get(key, [])
    if not isinstance(rows, list) or not all(isinstance(row, Mapping) for row in rows):
        raise ExhibitError(f"{where}: {key} must be a list of tables, got {rows!r}", hint=f"write {key} = [{{ ... }}]")
    return rows


def _scheduled(row: Mapping[str, Any], where: str) -> Scheduled:
    check_keys(row, ("profile", "hours", "weekday"), where=where, error=ExhibitError)
    if not isinstance(row.get("profile"), str) or "hours" not in row:
        said = "it says a profile and hours"
        raise ExhibitError(f"{where}: {said}", hint='{ profile = "quiet", hours = ["12:00-13:00"] }')
    days = weekdays_in(row["weekday"], f"{where}: weekday") if "weekday" in row else tuple(range(7))
    return Scheduled(row["profile"], minutes_in(row["hours"], f"{where}: hours"), days)


def weekdays_in(value: Any, where: str) -> tuple[int, ...]:
    """Numbers of weekdays, Monday is 0, from one name or a list of them."""
    names = [value] if isinstance(value, str) else value
    if not isinstance(names, list) or not names:
        raise ExhibitError(f"{where} must be weekdays, got {value!r}", hint='such as ["saturday", "sunday"]')
    for name in names:
        if not isinstance(name, str) or name.lower() not in WEEKDAYS:
            meant = nearest_name(str(name), WEEKDAYS)
            raise ExhibitError(f"{where}: {name!r} is no weekday" + (f"; did you mean {meant!r}?" if meant else ""),
                               hint=f"one of: {', '.join(WEEKDAYS)}")  # fmt: skip
    return tuple(sorted({WEEKDAYS.index(name.lower()) for name in names}))


def _dates(row: Mapping[str, Any], where: str) -> Dates:
    check_keys(row, ("on", "from", "to", "open", "name", "profile"), where=where, error=ExhibitError)
    first, last = days_in(row, where)
    hours = minutes_in(row["open"], f"{where}: open") if "open" in row else None
    for key in ("name", "profile"):
        if not isinstance(row.get(key, ""), str):
            raise ExhibitError(f"{where}: {key} must be text, got {row[key]!r}", hint=f'write {key} = "..."')
    return Dates(first, last, hours, row.get("name", ""), row.get("profile", ""))


def days_in(row: Mapping[str, Any], where: str) -> tuple[tuple[int, int, int], tuple[int, int, int]]:
    """First and last day of a row that says `on`, or `from` and `to`; year 0 is every year."""
    if ("on" in row) == ("from" in row or "to" in row) or ("from" in row) != ("to" in row):
        raise ExhibitError(f"{where}: say on, or from and to", hint="such as { on = 2027-05-18 }")
    first, last = (_day(row[key], f"{where}: {key}") for key in (("on", "on") if "on" in row else ("from", "to")))
    if bool(first[0]) != bool(last[0]):
        raise ExhibitError(f"{where}: from and to are both of one year, or both of every year",
                           hint='such as { from = "12-24", to = "01-02" }')  # fmt: skip
    if first[0] and last < first:
        raise ExhibitError(f"{where}: to is {_said(last)}, before from, {_said(first)}", hint="change them round")
    return first, last


def _day(value: Any, where: str) -> tuple[int, int, int]:
    """A day of TOML's own, or text: a whole date, or month and day of every year."""
    try:
        if isinstance(value, str) and (yearly := _YEARLY.fullmatch(value)):
            day = date(LEAP_YEAR, int(yearly[1]), int(yearly[2]))
            return 0, day.month, day.day
        day = date.fromisoformat(value) if isinstance(value, str) else value
        if type(day) is not date:
            raise ValueError
    except ValueError:
        raise ExhibitError(f"{where}: {value} is no day", hint='write 2027-02-05, or "02-05" for every year') from None
    return day.year, day.month, day.day


def _said(day: tuple[int, int, int]) -> str:
    return "{:04d}-{:02d}-{:02d}".format(*day) if day[0] else "{:02d}-{:02d}".format(*day[1:])


def _check_dates(dates: tuple[Dates, ...], where: str) -> None:
    """Refuse a row that could never count, because one before it holds on all of its days."""
    for number, row in enumerate(dates, 1):
        for earlier, other in enumerate(dates[: number - 1], 1):
            if (row.first, row.last) == (other.first, other.last):
                raise ExhibitError(f"{where}: dates, rows {earlier} and {number} are the same days",
                                   hint="keep one of them")  # fmt: skip
            if _covers(other, row):
                raise ExhibitError(f"{where}: dates, row {number} lies within row {earlier}, which counts first",
                                   hint=f"write row {number} before row {earlier}")  # fmt: skip


def _covers(one: Dates, other: Dates) -> bool:
    if one.first[0] and other.first[0]:
        return one.first <= other.first and other.last <= one.last
    if one.first[0]:
        return False  # a yearly day comes in other years too
    return all(one.holds(day) for day in _days_of(other))


def _days_of(row: Dates) -> Iterator[date]:
    """Days of a row, those of a yearly one in a leap year."""
    first, last = date(LEAP_YEAR, 1, 1), date(LEAP_YEAR, 12, 31)
    if row.first[0]:
        first, last = date(*row.first), date(*row.last)
    days = (first + timedelta(days=n) for n in range((last - first).days + 1))
    return (day for day in days if row.holds(day))


def _dayparts(table: Any, where: str) -> dict[str, Minutes]:
    if not isinstance(table, Mapping):
        raise ExhibitError(f"{where} must be a table, got {table!r}", hint='such as { dawn = "05:30-07:00" }')
    parts: dict[str, Minutes] = {}
    for name, text in table.items():
        if not isinstance(text, str):
            raise ExhibitError(f"{where}: {name} must be a stretch of the day, got {text!r}", hint='"05:30-07:00"')
        parts[name] = _stretch(text, f"{where}: {name}")
        if parts[name][0] == parts[name][1]:
            raise ExhibitError(f"{where}: {name} {text!r} ends where it begins", hint='a whole day is "00:00-24:00"')
    # What the file says counts where it lies over what is usual.
    return parts | {name: minutes for name, minutes in DAYPARTS.items() if name not in parts}
