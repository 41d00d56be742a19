"""What can be said of a moment: season, solar term, double hour, part of the day; and conditions that ask for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from soundscape.errors import ExhibitError
from soundscape.exhibit.hours import Hours, is_among
from soundscape.exhibit.hoursfile import days_in, weekdays_in
from soundscape.exhibit.parts import DOUBLE_HOUR_NAMES, DoubleHour, daypart_at, double_hour_at
from soundscape.exhibit.terms import SEASONS, TERM_NAMES, Term, season_of, term_of
from soundscape.space.tables import check_keys, nearest_name

MONTHS = ("january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
          "december")  # fmt: skip
SEASON_NAMES = {name: name for name in SEASONS} | {
    "春": "spring",
    "夏": "summer",
    "秋": "autumn",
    "冬": "winter",
    "fall": "autumn",
}


@dataclass(frozen=True, slots=True)
class Moment:
    """An instant as a gallery's calendar sees it."""

    local: datetime
    """By the clock on the wall."""
    season: str
    term: Term
    double_hour: DoubleHour
    daypart: str
    special: str
    """Name of what is special about the day; empty on most."""
    profile: str


def moment_at(instant: datetime, hours: Hours, *, profile: str | None = None) -> Moment:
    """What a calendar says of an instant.

    Parameters
    ----------
    instant
        Aware.
    profile
        The one that holds, where somebody chose it; None: that on schedule.
    """
    local = instant.astimezone(hours.zone)
    day, special = local.date(), hours.special(local.date())
    return Moment(local, season_on(day, hours.seasons), term_of(day), double_hour_at(local.hour),
                  daypart_at(local.hour * 60 + local.minute, hours.dayparts), special.name if special else "",
                  hours.profile_at(instant) if profile is None else profile)  # fmt: skip


def season_on(day: date, by: str) -> str:
    """Season of a day, by one of the ways that hours can count them (`SEASONS_BY`).

    Examples
    --------
    >>> season_on(date(2026, 11, 20), "solar terms"), season_on(date(2026, 11, 20), "months in the south")
    ('winter', 'spring')
    """
    if by == "solar terms":
        return season_of(day)
    turned = 0 if by == "months" else 2
    return SEASONS[((day.month - 3) % 12 // 3 + turned) % 4]


@dataclass(frozen=True, slots=True)
class When:
    """A condition: of each thing it asks for, one of those named must hold. Asking for nothing it always holds."""

    season: tuple[str, ...] = ()
    term: tuple[Term, ...] = ()
    double_hour: tuple[DoubleHour, ...] = ()
    daypart: tuple[str, ...] = ()
    weekday: tuple[int, ...] = ()
    month: tuple[int, ...] = ()
    days: tuple[tuple[tuple[int, int, int], tuple[int, int, int]], ...] = ()
    """From a day to another, both in; year 0 is every year."""
    special: tuple[str, ...] = ()
    profile: tuple[str, ...] = ()

    def matches(self, moment: Moment) -> bool:
        """Whether it holds."""
        local = moment.local
        asked: tuple[tuple[tuple[Any, ...], Any], ...] = (
            (self.season, moment.season), (self.term, moment.term), (self.double_hour, moment.double_hour),
            (self.daypart, moment.daypart), (self.weekday, local.weekday()), (self.month, local.month),
            (self.special, moment.special), (self.profile, moment.profile),
        )  # fmt: skip
        if any(wanted and there not in wanted for wanted, there in asked):
            return False
        return not self.days or any(is_among(local.date(), first, last) for first, last in self.days)


WHEN_KEYS = ("season", "term", "double_hour", "daypart", "weekday", "month", "date", "special", "profile")


def when_from_table(table: Mapping[str, Any], hours: Hours, *, where: str) -> When:
    """Condition that a table describes; each key takes one name or a list of them.

    ::

        season = ["autumn", "winter"]        # or 秋
        term = "大寒"                         # or dahan, or "Major Cold"
        double_hour = "子"                   # or zi, or rat
        daypart = "dusk"
        weekday = ["saturday", "sunday"]
        month = [12, 1]                      # or "december"
        date = "12-24"                       # or a whole date, or { from = "12-24", to = "01-02" }
        special = "National Day"             # a name in [hours] dates
        profile = "quiet"

    Raises
    ------
    ExhibitError
        If a key or a name is unknown; the message begins with `where`.
    """
    check_keys(table, WHEN_KEYS, where=where, error=ExhibitError)
    found: dict[str, Any] = {}
    for key, value in table.items():
        place = f"{where}: {key}"
        if value == []:
            raise ExhibitError(f"{place} names nothing, so it would never hold", hint="name one, or leave the key out")
        if key == "weekday":
            found[key] = weekdays_in(value, place)
        elif key == "date":
            rows = value if isinstance(value, list) else [value]
            found["days"] = tuple(days_in(row if isinstance(row, Mapping) else {"on": row}, place) for row in rows)
        else:
            known = _known(key, hours)
            found[key] = tuple(_meant(one, known, place) for one in (value if isinstance(value, list) else [value]))
    return When(**found)


def _known(key: str, hours: Hours) -> Mapping[str, Any] | None:
    """What the names of a key mean; None where any text may be one."""
    tables: Mapping[str, Callable[[], Mapping[str, Any] | None]] = {
        "season": lambda: SEASON_NAMES,
        "term": lambda: TERM_NAMES,
        "double_hour": lambda: DOUBLE_HOUR_NAMES,
        "daypart": lambda: {name.lower(): name for name in hours.dayparts},
        "month": lambda: {name: n for n, name in enumerate(MONTHS, 1)} | {str(n): n for n in range(1, 13)},
        "special": lambda: {row.name.lower(): row.name for row in hours.dates if row.name},
        "profile": lambda: None,
    }
    return tables[key]()


def _meant(name: Any, known: Mapping[str, Any] | None, where: str) -> Any:
    if known is None:
        if not isinstance(name, str):
            raise ExhibitError(f"{where}: {name!r} is not known", hint="write a name in quotes")
        return name
    text = str(name).lower() if isinstance(name, str | int) and not isinstance(name, bool) else ""
    if text not in known:
        meant = nearest_name(text, known)
        raise ExhibitError(f"{where}: {name!r} is not known" + (f"; did you mean {meant!r}?" if meant else ""),
                           hint=_hint(known))  # fmt: skip
    return known[text]


def _hint(known: Mapping[str, Any]) -> str:
    """One name for each thing that may be named."""
    if not known:
        return 'nothing has that name yet: write dates = [{ on = "10-01", name = "National Day" }] in [hours]'
    said = (one.name_pinyin if isinstance(one, Term | DoubleHour) else name for name, one in known.items())
    return f"one of: {', '.join(dict.fromkeys(said))}"
