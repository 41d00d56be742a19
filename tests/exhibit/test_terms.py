from __future__ import annotations

import math
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest

from soundscape.exhibit.terms import (
    CHINA,
    TERM_NAMES,
    TERMS,
    season_of,
    term_at,
    term_days,
    term_instants,
    term_of,
    term_on,
)

YEARS = range(1900, 2101)


def test_all_4824_days_are_those_of_a_table_from_another_source() -> None:
    solar = pytest.importorskip("lunar_python", reason="lunar_python, which has a series of its own, is missing").Solar
    differing = []
    for year in YEARS:
        table = solar.fromYmd(year, 6, 1).getLunar().getJieQiTable()
        # It calls the winter solstice at the end of a year by another name than that at its beginning.
        theirs = [table["DONG_ZHI" if term.name_zh == "冬至" else term.name_zh].toYmd() for term in TERMS]
        differing += [(day, told) for day, told in zip(term_days(year), theirs, strict=True) if day.isoformat() != told]
    assert differing == []
    assert sum(len(term_days(year)) for year in YEARS) == 4824


@pytest.mark.parametrize(("day", "name"), [
    # Where the instant is within a minute of midnight in China.
    (date(1911, 5, 7), "立夏"), (date(1923, 2, 19), "雨水"), (date(1950, 4, 20), "谷雨"), (date(1951, 12, 23), "冬至"),
    (date(1979, 1, 20), "大寒"), (date(2008, 5, 21), "小满"), (date(2021, 12, 21), "冬至"), (date(2084, 3, 19), "春分"),
])  # fmt: skip
def test_a_term_about_midnight_is_on_its_side(day: date, name: str) -> None:
    term = term_on(day)
    assert term is not None
    assert term.name_zh == name


def test_equinoxes_and_solstices_are_when_almanacs_say() -> None:
    # US Naval Observatory, Earth's seasons 2025, to the minute.
    instants = dict(zip((term.name_en for term in TERMS), term_instants(2025), strict=True))
    told = {"Spring Equinox": "2025-03-20T09:01", "Summer Solstice": "2025-06-21T02:42",
            "Autumn Equinox": "2025-09-22T18:19", "Winter Solstice": "2025-12-21T15:03"}  # fmt: skip
    for name, minute in told.items():
        assert abs((instants[name] - datetime.fromisoformat(minute).replace(tzinfo=UTC)).total_seconds()) <= 60.0


def test_terms_follow_each_other_through_every_year() -> None:
    for year in (1900, 1999, 2000, 2100):
        days = term_days(year)
        assert all(13 < (later - earlier).days < 18 for earlier, later in pairwise(days))
        assert term_instants(year)[0].astimezone(CHINA).year == year
        for day, term in zip(days, TERMS, strict=True):
            assert term_of(day) is term
            assert term_of(day - timedelta(days=1)) is TERMS[TERMS.index(term) - 1]


def test_seasons_are_a_quarter_of_the_way_each() -> None:
    counts = {
        season: [term.season for term in TERMS].count(season) for season in ("spring", "summer", "autumn", "winter")
    }
    assert set(counts.values()) == {6}
    assert season_of(date(2026, 8, 6)) == "summer"
    assert season_of(date(2026, 8, 7)) == "autumn"


def test_a_term_has_three_names() -> None:
    assert TERM_NAMES["大寒"] is TERM_NAMES["dahan"] is TERM_NAMES["major cold"]
    assert TERM_NAMES["great cold"] is TERM_NAMES["dahan"]
    assert all(TERM_NAMES[name.lower()] is term for term in TERMS for name in (term.name_zh, term.name_en))


def test_a_term_begins_at_its_instant_not_with_its_day() -> None:
    for year in (1900, 2026, 2100):
        for n, instant in enumerate(term_instants(year)):
            assert term_at(instant) is TERMS[n]
            assert term_at(instant - timedelta(seconds=1)) is TERMS[n - 1]
            assert term_of(instant.astimezone(CHINA).date()) is TERMS[n]


def test_the_sun_is_where_a_series_of_its_own_says() -> None:
    """Meeus, Astronomical Algorithms, chapter 25, good to 0.01 degrees: a quarter of an hour."""
    for year in (1900, 1963, 2026, 2100):
        for term, instant in zip(TERMS, term_instants(year), strict=True):
            centuries = (instant.timestamp() / 86_400.0 + 2_440_587.5 - 2_451_545.0) / 36_525.0
            mean = 280.46646 + 36_000.76983 * centuries + 0.0003032 * centuries**2
            anomaly = math.radians(357.52911 + 35_999.05029 * centuries)
            centre = ((1.914602 - 0.004817 * centuries) * math.sin(anomaly) + 0.019993 * math.sin(2 * anomaly)
                      + 0.000289 * math.sin(3 * anomaly))  # fmt: skip
            node = math.radians(125.04 - 1934.136 * centuries)
            apparent = mean + centre - 0.00569 - 0.00478 * math.sin(node)
            assert abs((apparent - term.longitude_deg + 180.0) % 360.0 - 180.0) < 0.012


def test_beyond_the_tables_nothing_is_said() -> None:
    with pytest.raises(ValueError, match="1900 to 2100, not in 1899"):
        term_instants(1899)
