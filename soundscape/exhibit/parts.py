"""Parts of a day by the clock on the wall: those of a gallery's file, and the twelve double hours."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

Minutes = tuple[int, int]
"""From a minute of the day to another, which is not in it any more."""

DAYPARTS: Mapping[str, Minutes] = {
    "night": (22 * 60, 5 * 60), "dawn": (5 * 60, 7 * 60), "morning": (7 * 60, 11 * 60), "noon": (11 * 60, 14 * 60),
    "afternoon": (14 * 60, 17 * 60), "dusk": (17 * 60, 19 * 60), "evening": (19 * 60, 22 * 60),
}  # fmt: skip
"""Where a file says no others; night goes over midnight."""


@dataclass(frozen=True, slots=True)
class DoubleHour:
    """One of the twelve parts of the day, named by the earthly branches."""

    name_zh: str
    name_pinyin: str
    animal: str


DOUBLE_HOURS = tuple(DoubleHour(*names) for names in (
    ("子", "zi", "rat"), ("丑", "chou", "ox"), ("寅", "yin", "tiger"), ("卯", "mao", "rabbit"),
    ("辰", "chen", "dragon"), ("巳", "si", "snake"), ("午", "wu", "horse"), ("未", "wei", "goat"),
    ("申", "shen", "monkey"), ("酉", "you", "rooster"), ("戌", "xu", "dog"), ("亥", "hai", "pig"),
))  # fmt: skip
"""The first from 23 to 1 o'clock."""

DOUBLE_HOUR_NAMES = {name: one for one in DOUBLE_HOURS for name in (one.name_zh, one.name_pinyin, one.animal)}


def double_hour_at(hour: int) -> DoubleHour:
    """Double hour that an hour of the clock, 0 to 23, lies in.

    Examples
    --------
    >>> double_hour_at(23).name_zh, double_hour_at(0).animal, double_hour_at(12).name_pinyin
    ('子', 'rat', 'wu')
    """
    return DOUBLE_HOURS[(hour + 1) % 24 // 2]


def daypart_at(minute: int, dayparts: Mapping[str, Minutes] = DAYPARTS) -> str:
    """Part of the day that a minute lies in, the first where it lies in more; empty where it lies in none.

    Examples
    --------
    >>> daypart_at(23 * 60), daypart_at(4 * 60), daypart_at(5 * 60)
    ('night', 'night', 'dawn')
    """
    for name, (first, last) in dayparts.items():
        if first <= minute < last if first < last else minute >= first or minute < last:
            return name
    return ""
