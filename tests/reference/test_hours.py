"""Opening hours against a twin that only looks at the clock on the wall, minute after minute."""

from __future__ import annotations

import tomllib
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from soundscape.apps.shipped import shipped
from soundscape.exhibit.hours import CLOSED, WEEKDAYS
from soundscape.exhibit.hoursfile import hours_from_table

GATE_HALL: dict[str, Any] = tomllib.loads((shipped("scores") / "gate_hall.exhibit.toml").read_text("utf-8"))["hours"]
TWICE_A_DAY: dict[str, Any] = {
    "timezone": "Europe/Berlin", "open": ["00:00-01:30", "04:10-12:00", "13:00-24:00"], "sunday": ["05:00-23:00"],
    "quiet": ["22:30-24:00", "00:00-00:45"],
    "schedule": [{"profile": "busy", "hours": ["14:00-16:00"], "weekday": ["saturday", "sunday"]}],
    "dates": [{"from": "12-24", "to": "01-02", "open": ["10:00-12:00"], "profile": "holiday"}],
}  # fmt: skip


def is_in(clock: str, stretches: list[str]) -> bool:
    return any(first <= clock < last for first, last in (one.split("-") for one in stretches))


def on_the_wall(table: dict[str, Any], wall: datetime) -> str:
    """Profile that a person finds who reads the table with a clock and a calendar in hand."""
    clock, day, weekday = f"{wall:%H:%M}", f"{wall:%m-%d}", WEEKDAYS[wall.weekday()]
    stretches, profile = table.get(weekday, table["open"]), "usual"
    for row in table.get("dates", ()):
        first, last = row["from"], row["to"]
        if first <= day <= last if first <= last else day >= first or day <= last:
            stretches, profile = row.get("open", stretches), row.get("profile", profile)
            break
    if not is_in(clock, stretches):
        return CLOSED
    if is_in(clock, table["quiet"]):
        profile = "quiet"
    for row in table.get("schedule", ()):
        if weekday in row["weekday"] and is_in(clock, row["hours"]):
            profile = row["profile"]
    return profile


@pytest.mark.parametrize("table", [GATE_HALL, TWICE_A_DAY], ids=["gate hall", "Berlin"])
def test_a_year_of_quarters_of_an_hour_is_as_on_the_wall(table: dict[str, Any]) -> None:
    hours, zone = hours_from_table(table, where="hours"), ZoneInfo(table["timezone"])
    first = datetime(2026, 6, 1, tzinfo=UTC)
    times = [first + timedelta(minutes=15 * n + 7) for n in range(4 * 24 * 365)]
    told = {at: hours.profile_at(at) for at in times}
    assert told == {at: on_the_wall(table, at.astimezone(zone)) for at in times}
    assert len(set(told.values())) >= 4
