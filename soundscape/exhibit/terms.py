"""The 24 solar terms: when the sun has gone another fifteen degrees along its way, and what China calls that day.

The sun's longitude is that of `astronomy-engine` (VSOP87, nutation and aberration included); days are those of China's
time, eight hours before UTC, in every year.

References
----------
GB/T 33661-2017, "Calculation and promulgation of the Chinese calendar": a term is the instant at which the apparent
geocentric longitude of the sun is a multiple of 15 degrees, its day that of Beijing time.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from functools import lru_cache

import astronomy

CHINA = timezone(timedelta(hours=8), "UTC+8")
FIRST_YEAR, LAST_YEAR = 1900, 2100
_EPOCH = datetime(2000, 1, 1, 12, tzinfo=UTC)
_STEP_DEG, _AHEAD_DAYS = 15, 40.0
SEASONS = ("spring", "summer", "autumn", "winter")


@dataclass(frozen=True, slots=True)
class Term:
    """One of the 24."""

    name_zh: str
    name_pinyin: str
    """Without tones."""
    name_en: str
    longitude_deg: int
    """Of the sun when it begins."""

    @property
    def season(self) -> str:
        """Season that it is in, as China counts: spring begins with Start of Spring, 45 degrees before the equinox."""
        return SEASONS[(self.longitude_deg - 315) % 360 // 90]


TERMS = tuple(Term(zh, pinyin, en, (285 + _STEP_DEG * n) % 360) for n, (zh, pinyin, en) in enumerate((
    ("小寒", "xiaohan", "Minor Cold"), ("大寒", "dahan", "Major Cold"),
    ("立春", "lichun", "Start of Spring"), ("雨水", "yushui", "Rain Water"),
    ("惊蛰", "jingzhe", "Awakening of Insects"), ("春分", "chunfen", "Spring Equinox"),
    ("清明", "qingming", "Pure Brightness"), ("谷雨", "guyu", "Grain Rain"),
    ("立夏", "lixia", "Start of Summer"), ("小满", "xiaoman", "Grain Buds"),
    ("芒种", "mangzhong", "Grain in Ear"), ("夏至", "xiazhi", "Summer Solstice"),
    ("小暑", "xiaoshu", "Minor Heat"), ("大暑", "dashu", "Major Heat"),
    ("立秋", "liqiu", "Start of Autumn"), ("处暑", "chushu", "End of Heat"),
    ("白露", "bailu", "White Dew"), ("秋分", "qiufen", "Autumn Equinox"),
    ("寒露", "hanlu", "Cold Dew"), ("霜降", "shuangjiang", "Frost's Descent"),
    ("立冬", "lidong", "Start of Winter"), ("小雪", "xiaoxue", "Minor Snow"),
    ("大雪", "daxue", "Major Snow"), ("冬至", "dongzhi", "Winter Solstice"),
)))  # fmt: skip
"""In the order of a year; the first begins in January."""

_ALSO_CALLED = {
    "slight cold": "xiaohan", "great cold": "dahan", "insects awaken": "jingzhe", "vernal equinox": "chunfen",
    "clear and bright": "qingming", "lesser fullness": "xiaoman", "slight heat": "xiaoshu", "great heat": "dashu",
    "limit of heat": "chushu", "autumnal equinox": "qiufen", "frost descent": "shuangjiang", "light snow": "xiaoxue",
    "slight snow": "xiaoxue", "heavy snow": "daxue", "great snow": "daxue",
}  # fmt: skip
"""Other usual English names."""

_BY_PINYIN = {term.name_pinyin: term for term in TERMS}
TERM_NAMES = {name.lower(): term for term in TERMS for name in (term.name_zh, term.name_pinyin, term.name_en)} | {
    name: _BY_PINYIN[pinyin] for name, pinyin in _ALSO_CALLED.items()
}
"""Every name that a term may be written by, in lower case."""


@lru_cache(maxsize=8)
def term_instants(year: int) -> tuple[datetime, ...]:
    """When each of `TERMS` begins in a year, UTC.

    Parameters
    ----------
    year
        1900 to 2100: as far as the tables reach that this was held against.

    Examples
    --------
    >>> term_instants(2026)[5].isoformat(timespec="minutes")      # spring equinox
    '2026-03-20T14:45+00:00'
    """
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise ValueError(f"solar terms are known from {FIRST_YEAR} to {LAST_YEAR}, not in {year}")
    found: list[datetime] = []
    at = astronomy.Time.Make(year, 1, 1, 0, 0, 0)
    for term in TERMS:
        at = astronomy.SearchSunLongitude(float(term.longitude_deg), at, _AHEAD_DAYS)
        found.append(_EPOCH + timedelta(days=at.ut))
    return tuple(found)


@lru_cache(maxsize=8)
def term_days(year: int) -> tuple[date, ...]:
    """Days on which `TERMS` begin in a year, in China.

    Examples
    --------
    >>> term_days(2026)[23].isoformat()
    '2026-12-22'
    """
    return tuple(instant.astimezone(CHINA).date() for instant in term_instants(year))


def term_on(day: date) -> Term | None:
    """Term that begins on a day; None on most.

    Examples
    --------
    >>> term_on(date(2026, 2, 4)).name_zh, term_on(date(2026, 2, 5))
    ('立春', None)
    """
    days = term_days(day.year)
    return TERMS[days.index(day)] if day in days else None


def term_of(day: date) -> Term:
    """Term that a day lies in: the last that has begun.

    Examples
    --------
    >>> term_of(date(2026, 1, 1)).name_en, term_of(date(2026, 1, 5)).name_en
    ('Winter Solstice', 'Minor Cold')
    """
    return TERMS[bisect_right(term_days(day.year), day) - 1]


def term_at(instant: datetime) -> Term:
    """Term that an instant lies in, to the moment the sun gets there.

    Parameters
    ----------
    instant
        Aware.

    Examples
    --------
    >>> [term_at(datetime(2026, 3, 20, 14, minute, tzinfo=UTC)).name_pinyin for minute in (45, 47)]
    ['jingzhe', 'chunfen']
    """
    return TERMS[bisect_right(term_instants(instant.astimezone(UTC).year), instant) - 1]


def season_of(day: date) -> str:
    """Season of a day, by the solar terms.

    Examples
    --------
    >>> season_of(date(2026, 2, 3)), season_of(date(2026, 2, 4))
    ('winter', 'spring')
    """
    return term_of(day).season
