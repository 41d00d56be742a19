"""An ambient track to a file: one moment of an exhibit's year, held for as long as is asked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import TypeVar

from soundscape.arrangement.arrangement import Arrangement
from soundscape.catalogue.catalogue import Catalogue
from soundscape.errors import ExhibitError
from soundscape.exhibit.conditions import Conditions
from soundscape.exhibit.exhibit import Exhibit, Mood
from soundscape.exhibit.hours import Hours, Span
from soundscape.exhibit.moments import SEASON_NAMES, Moment, moment_at, season_on
from soundscape.exhibit.planner import plan_span
from soundscape.exhibit.terms import TERM_NAMES, TERMS, term_days
from soundscape.space.tables import nearest_name

T = TypeVar("T")
LONGEST_MIN, SHORTEST_MIN = 24 * 60.0, 0.5
_MIDDLE_OF_TERM, _MIDDLE_OF_SEASON = timedelta(days=7), timedelta(days=45)
"""From the day on which it begins."""


@dataclass(frozen=True)
class Track:
    """An arrangement of a moment, and which moment that is."""

    arrangement: Arrangement
    moment: Moment
    mood: Mood
    duration_s: float


def ambient_track(exhibit: Exhibit, catalogue: Catalogue, *, minutes: float, at: datetime | None = None,
                  goes_round: bool = False) -> Track:  # fmt: skip
    """Arrange a track.

    Parameters
    ----------
    minutes : 0.5 to 1440
    at
        The moment that it is of, aware; season, term and part of the day are as they are then. None: the next opening.
    goes_round
        Whether its end shall meet its beginning.

    Raises
    ------
    ExhibitError
        If the length is none, or a layer finds nothing.
    """
    if not SHORTEST_MIN <= minutes <= LONGEST_MIN:
        raise ExhibitError(f"a track of {minutes:g} minutes", hint=f"from {SHORTEST_MIN:g} to {LONGEST_MIN:g}")
    longest_s = max((2.0 * layer.fade_s for layer in exhibit.layers if layer.goes_on), default=0.0)
    if minutes * 60.0 < longest_s:
        raise ExhibitError(f"a track of {minutes:g} minutes is shorter than a bed's fades, {longest_s:g} s",
                           hint="ask for a longer one, or make fade_s shorter")  # fmt: skip
    instant = opening_after(exhibit.hours, datetime.now(UTC)) if at is None else at
    span = Span(instant, instant + timedelta(minutes=minutes))
    plan = plan_span(exhibit, catalogue, span, goes_round=goes_round, held_at=instant)
    arrangement = replace(plan.arrangement, loudness_lufs=exhibit.caps.hours_lufs)
    mood = Conditions(exhibit, span, held_at=instant).at(0.0).mood
    return Track(arrangement, moment_at(instant, exhibit.hours), mood, span.duration_s)


def opening_after(hours: Hours, instant: datetime) -> datetime:
    """A quarter of an hour after the next opening; the instant itself where the doors are open."""
    if hours.is_open(instant):
        return instant
    span = hours.next_span(instant)
    return instant if span is None else span.opens + timedelta(minutes=15)


def moment_named(hours: Hours, *, season: str = "", term: str = "", clock: str = "",
                 year: int | None = None) -> datetime:  # fmt: skip
    """Instant in the middle of a season or a term, at a time of the clock.

    Parameters
    ----------
    season, term
        A name of one; empty: today.
    clock
        Such as `16:30`; empty: when the doors have opened, else noon.

    Raises
    ------
    ExhibitError
        If nothing is called so.
    """
    today = datetime.now(hours.zone).date()
    day = _day_of(season, term, year or today.year, hours.seasons) if season or term else today
    if clock:
        try:
            time = datetime.strptime(clock, "%H:%M").time()
        except ValueError:
            raise ExhibitError(f"{clock!r} is no time", hint="write such as 16:30") from None
        return hours.instant(day, time.hour * 60 + time.minute)
    spans = hours.spans(day)
    return spans[0].opens + timedelta(minutes=15) if spans else hours.instant(day, 12 * 60)


def _day_of(season: str, term: str, year: int, seasons_by: str) -> date:
    if term:
        return term_days(year)[TERMS.index(_named(term, TERM_NAMES, "term"))] + _MIDDLE_OF_TERM
    name = _named(season, SEASON_NAMES, "season")
    days = [date(year, 1, 1) + timedelta(days=n) for n in range(365)]
    first = next(day for day in days if season_on(day, seasons_by) == name
                 and season_on(day - timedelta(days=1), seasons_by) != name)  # fmt: skip
    return first + _MIDDLE_OF_SEASON


def _named(name: str, known: Mapping[str, T], what: str) -> T:
    found = known.get(name.lower())
    if found is None:
        meant = nearest_name(name, known)
        raise ExhibitError(f"there is no {what} {name!r}" + (f"; did you mean {meant!r}?" if meant else ""),
                           hint=f"one of: {', '.join(list(known)[:24])}")  # fmt: skip
    return found
