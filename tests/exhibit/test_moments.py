from __future__ import annotations

import tomllib
from datetime import datetime

import pytest

from soundscape.errors import ExhibitError
from soundscape.exhibit.hoursfile import hours_from_table
from soundscape.exhibit.moments import When, moment_at, when_from_table

HOURS = hours_from_table(tomllib.loads("""
    timezone = "Asia/Shanghai"
    open = ["00:00-24:00"]
    quiet = ["12:00-13:00"]
    dates = [{ on = "10-01", name = "National Day" }]
"""), where="[hours]")  # fmt: skip


def holds(condition: str, at: str, **chosen: str) -> bool:
    instant = datetime.fromisoformat(at).replace(tzinfo=HOURS.zone)
    when = when_from_table(tomllib.loads(condition), HOURS, where="[[when]]")
    return when.matches(moment_at(instant, HOURS, **chosen))


@pytest.mark.parametrize(("condition", "yes", "no"), [
    ('season = "winter"', "2026-02-03T12:00", "2026-02-04T12:00"),
    ('season = ["春", "fall"]', "2026-08-07T00:00", "2026-05-05T00:00"),
    ('term = "大寒"', "2026-01-20T00:00", "2026-01-19T23:59"),
    ('term = "Great Cold"', "2026-02-03T23:59", "2026-02-04T00:00"),
    ('term = ["Dahan", "major snow"]', "2026-12-07T10:00", "2026-12-22T10:00"),
    ('double_hour = "子"', "2026-06-01T23:00", "2026-06-01T01:00"),
    ('double_hour = ["rat", "wu"]', "2026-06-01T11:00", "2026-06-01T10:59"),
    ('daypart = "dusk"', "2026-06-01T17:00", "2026-06-01T19:00"),
    ('daypart = "night"', "2026-06-01T00:30", "2026-06-01T05:00"),
    ('weekday = ["saturday", "Sunday"]', "2026-11-28T12:00", "2026-11-27T12:00"),
    ("month = [12, 1]", "2026-12-01T00:00", "2026-11-30T23:59"),
    ('month = "june"', "2026-06-30T12:00", "2026-07-01T12:00"),
    ('date = "12-24"', "2031-12-24T12:00", "2031-12-25T12:00"),
    ("date = 2026-12-24", "2026-12-24T12:00", "2031-12-24T12:00"),
    ('date = [{ from = "12-24", to = "01-02" }, "05-01"]', "2027-01-02T12:00", "2027-01-03T12:00"),
    ('special = "National Day"', "2026-10-01T12:00", "2026-10-02T12:00"),
    ('profile = "quiet"', "2026-06-01T12:59", "2026-06-01T13:00"),
    ('season = "winter"\ndaypart = "dusk"', "2026-01-20T18:00", "2026-01-20T12:00"),
])  # fmt: skip
def test_a_condition_holds_at_its_time_and_not_beside_it(condition: str, yes: str, no: str) -> None:
    assert holds(condition, yes)
    assert not holds(condition, no)


def test_what_asks_for_nothing_always_holds() -> None:
    assert When().matches(moment_at(datetime(2026, 5, 5, tzinfo=HOURS.zone), HOURS))


def test_a_chosen_profile_counts_instead_of_the_one_on_schedule() -> None:
    assert holds('profile = "school"', "2026-06-01T12:30", profile="school")
    assert not holds('profile = "quiet"', "2026-06-01T12:30", profile="school")


def test_seasons_can_be_those_of_months_in_north_and_south() -> None:
    told = {}
    for by in ("months", "months in the south"):
        hours = hours_from_table({"timezone": "UTC", "open": ["09:00-18:00"], "seasons": by}, where="[hours]")
        told[by] = [moment_at(datetime(2026, month, 15, tzinfo=hours.zone), hours).season for month in (1, 3, 6, 9, 12)]
    assert told["months"] == ["winter", "spring", "summer", "autumn", "winter"]
    assert told["months in the south"] == ["summer", "autumn", "winter", "spring", "summer"]


@pytest.mark.parametrize(("condition", "message"), [
    ('season = "wintre"', "[[when]]: season: 'wintre' is not known; did you mean 'winter'?"),
    ('term = "grate cold"', "[[when]]: term: 'grate cold' is not known; did you mean 'great cold'?"),
    ("season = []", "[[when]]: season names nothing, so it would never hold"),
    ("date = []", "[[when]]: date names nothing, so it would never hold"),
    ('double_hour = "cat"', "[[when]]: double_hour: 'cat' is not known; did you mean 'rat'?"),
    ("month = 13", "[[when]]: month: 13 is not known"),
    ("daypart = true", "[[when]]: daypart: True is not known"),
    ('special = "New Year"', "[[when]]: special: 'New Year' is not known"),
    ('seson = "winter"', "[[when]]: unknown key 'seson'; did you mean 'season'?"),
    ('date = "02-31"', "[[when]]: date: on: 02-31 is no day"),
    ("profile = 3", "[[when]]: profile: 3 is not known"),
])  # fmt: skip
def test_a_name_that_is_not_known_is_named(condition: str, message: str) -> None:
    with pytest.raises(ExhibitError) as caught:
        when_from_table(tomllib.loads(condition), HOURS, where="[[when]]")
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize(("condition", "hint"), [
    ('term = "great"', "one of: xiaohan, dahan, lichun, "), ('double_hour = "cat"', "one of: zi, chou, yin, "),
    ("profile = 3", "write a name in quotes"), ('special = "New Year"', "one of: national day"),
])  # fmt: skip
def test_the_hint_is_about_what_was_asked(condition: str, hint: str) -> None:
    with pytest.raises(ExhibitError) as caught:
        when_from_table(tomllib.loads(condition), HOURS, where="[[when]]")
    assert caught.value.hint.startswith(hint)
    if "term" in condition:
        assert caught.value.hint.endswith("dongzhi")


def test_where_no_day_is_special_the_hint_says_how_one_would_be() -> None:
    hours = hours_from_table({"timezone": "UTC", "open": ["09:00-18:00"]}, where="[hours]")
    with pytest.raises(ExhibitError) as caught:
        when_from_table({"special": "New Year"}, hours, where="[[when]]")
    assert "write dates = [" in caught.value.hint


def test_parts_of_the_day_are_those_of_the_file_where_it_names_them() -> None:
    parts = {"dusk": "16:00-20:00", "Golden hour": "20:00-20:30"}
    hours = hours_from_table({"timezone": "UTC", "open": ["09:00-22:00"], "dayparts": parts}, where="[hours]")
    told = [
        moment_at(datetime(2026, 6, 1, hour, 15, tzinfo=hours.zone), hours).daypart for hour in (15, 16, 19, 20, 21)
    ]
    assert told == ["afternoon", "dusk", "dusk", "Golden hour", "evening"]
    golden = when_from_table({"daypart": "golden hour"}, hours, where="[[when]]")
    assert golden.matches(moment_at(datetime(2026, 6, 1, 20, 15, tzinfo=hours.zone), hours))
