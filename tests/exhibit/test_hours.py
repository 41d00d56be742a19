from __future__ import annotations

import tomllib
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from soundscape.errors import ExhibitError
from soundscape.exhibit.hours import Hours, Span
from soundscape.exhibit.hoursfile import hours_from_table


def read(text: str, zone: str = "Asia/Shanghai") -> Hours:
    return hours_from_table(tomllib.loads(f'timezone = "{zone}"\n{text}'), where="hall.toml: [hours]")


def clocks(hours: Hours, day: date) -> list[str]:
    return [f"{span.opens.astimezone(hours.zone):%H:%M}-{span.closes.astimezone(hours.zone):%H:%M}"
            for span in hours.spans(day)]  # fmt: skip


def test_a_week_and_its_exceptions() -> None:
    hours = read("""
        open = ["13:00-18:00", "09:00-12:00"]
        monday = []
        saturday = ["09:00-20:00"]
        dates = [{ on = 2026-10-01, open = ["08:00-20:00"] }, { from = "12-30", to = "01-02", open = [] },
                 { on = 2026-11-02, open = ["10:00-11:00"], name = "Opened on a Monday" }]
    """)
    assert clocks(hours, date(2026, 11, 3)) == ["09:00-12:00", "13:00-18:00"]
    assert clocks(hours, date(2026, 11, 9)) == []
    assert clocks(hours, date(2026, 11, 7)) == ["09:00-20:00"]
    assert clocks(hours, date(2026, 10, 1)) == ["08:00-20:00"]
    assert clocks(hours, date(2026, 11, 2)) == ["10:00-11:00"]
    assert [clocks(hours, date(2026, 12, 29)) != [], clocks(hours, date(2026, 12, 30)), clocks(hours, date(2027, 1, 2)),
            clocks(hours, date(2027, 1, 3)) != []] == [True, [], [], True]  # fmt: skip


def test_the_next_opening_is_found_over_closed_days() -> None:
    hours = read('open = ["09:00-18:00"]\nmonday = []\ndates = [{ from = 2026-11-03, to = 2026-11-05, open = [] }]')
    sunday_night = datetime(2026, 11, 1, 18, 30, tzinfo=hours.zone)
    following = hours.next_span(sunday_night)
    assert following is not None
    assert following.opens.astimezone(hours.zone) == datetime(2026, 11, 6, 9, tzinfo=hours.zone)
    assert hours.span_at(following.opens) == following
    assert hours.next_span(following.opens) == following
    assert not hours.is_open(following.closes)


def test_a_gallery_that_is_closed_for_good_never_opens() -> None:
    hours = read("dates = [{ on = 2020-01-01, open = ['09:00-10:00'] }]")
    assert hours.next_span(datetime(2026, 1, 1, tzinfo=UTC)) is None


@pytest.mark.parametrize(("zone", "day", "length_h"), [
    ("Europe/Berlin", date(2026, 3, 29), 23), ("Europe/Berlin", date(2026, 10, 25), 25),
    ("America/New_York", date(2026, 3, 8), 23), ("America/New_York", date(2026, 11, 1), 25),
    ("Asia/Shanghai", date(1986, 5, 4), 23), ("Asia/Shanghai", date(1991, 9, 15), 25),
    ("Asia/Shanghai", date(2026, 3, 29), 24),
])  # fmt: skip
def test_a_whole_day_is_as_long_as_its_clocks_say(zone: str, day: date, length_h: int) -> None:
    spans = read('open = ["00:00-24:00"]', zone).spans(day)
    assert sum(span.duration_s for span in spans) == length_h * 3600


def test_a_time_that_the_clocks_skip_is_the_change_and_one_that_comes_twice_is_the_first() -> None:
    hours = read('open = ["02:30-12:00"]', "Europe/Berlin")
    assert hours.spans(date(2026, 3, 29))[0].opens == datetime(2026, 3, 29, 1, tzinfo=UTC)  # 03:00 on the wall
    assert hours.spans(date(2026, 10, 25))[0].opens == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert read('open = ["02:05-02:50"]', "Europe/Berlin").spans(date(2026, 3, 29)) == ()


def test_hours_beside_skipped_ones_do_not_lie_over_each_other() -> None:
    hours = read('open = ["02:00-02:30", "02:40-02:50", "03:00-03:30"]', "Europe/Berlin")
    assert clocks(hours, date(2026, 3, 29)) == ["03:00-03:30"]
    assert len(hours.spans(date(2026, 3, 28))) == 3


def test_a_day_that_a_country_skipped_has_no_hours() -> None:
    hours = read('open = ["09:00-18:00"]', "Pacific/Apia")
    assert [len(hours.spans(date(2011, 12, day))) for day in (29, 30, 31)] == [1, 0, 1]


def test_doors_stay_open_where_clocks_go_back_over_midnight() -> None:
    hours = read('open = ["00:00-24:00"]', "America/St_Johns")
    first = datetime(2010, 11, 7, 2, 30, tzinfo=UTC)  # at 00:01 it was 23:01 again
    assert all(hours.is_open(first + timedelta(minutes=n)) for n in range(120))


def test_profiles_follow_the_clock() -> None:
    hours = read("""
        open = ["09:00-18:00"]
        quiet = ["12:00-13:00"]
        schedule = [{ profile = "low-sensory", hours = ["09:00-10:00", "12:30-12:45"], weekday = ["sunday"] }]
        dates = [{ on = "10-01", profile = "busy" }]
    """)

    def told(day: date) -> list[tuple[float, str]]:
        return [(at_s / 3600.0, name) for at_s, name in hours.profiles(hours.spans(day)[0])]

    assert told(date(2026, 11, 3)) == [(0.0, "usual"), (3.0, "quiet"), (4.0, "usual")]
    assert told(date(2026, 11, 1)) == [(0.0, "low-sensory"), (1.0, "usual"), (3.0, "quiet"), (3.5, "low-sensory"),
                                       (3.75, "quiet"), (4.0, "usual")]  # fmt: skip
    assert told(date(2026, 10, 1)) == [(0.0, "busy"), (3.0, "quiet"), (4.0, "busy")]
    assert hours.profile_at(datetime(2026, 11, 3, 20, tzinfo=hours.zone)) == "closed"


HALF_HOURS = st.lists(st.integers(0, 47), min_size=2, max_size=6, unique=True).filter(lambda row: len(row) % 2 == 0)
ZONES = ("Asia/Shanghai", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "America/St_Johns", "UTC")
CHANGES = (
    ("Europe/Berlin", date(2026, 3, 29)), ("Europe/Berlin", date(2026, 10, 25)), ("Asia/Shanghai", date(1986, 5, 4)),
    ("America/New_York", date(2026, 3, 8)), ("America/New_York", date(2026, 11, 1)),
    ("Asia/Shanghai", date(1991, 9, 15)), ("America/Sao_Paulo", date(2018, 11, 4)),
    ("America/Sao_Paulo", date(2018, 2, 18)), ("America/St_Johns", date(2010, 11, 7)),
    ("Pacific/Apia", date(2011, 12, 30)),
)  # fmt: skip
ANY_DAY = st.tuples(st.sampled_from(ZONES), st.dates(date(1970, 1, 1), date(2090, 1, 1)))


@settings(deadline=None)
@given(HALF_HOURS, ANY_DAY | st.sampled_from(CHANGES), st.integers(-86_400, 3 * 86_400))
def test_being_open_is_lying_in_an_opening(halves: list[int], zone_day: tuple[str, date], after_s: int) -> None:
    zone, day = zone_day
    edges = [f"{half // 2:02d}:{half % 2 * 30:02d}" for half in sorted(halves)]
    stretches = [f'"{first}-{last}"' for first, last in zip(edges[::2], edges[1::2], strict=True)]
    hours = read(f"open = [{', '.join(stretches)}]", zone)
    instant = datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(seconds=after_s)
    spans: list[Span] = [span for n in range(-2, 6) for span in hours.spans(day + timedelta(days=n))]
    assert all(one.opens < one.closes for one in spans)
    assert all(one.closes <= other.opens for one, other in pairwise(spans))
    assert hours.is_open(instant) == any(span.opens <= instant < span.closes for span in spans)
    following = hours.next_span(instant)
    assert following == min((span for span in spans if span.opens >= instant), key=lambda span: span.opens)


@pytest.mark.parametrize(("text", "message"), [
    ('open = ["09:00-18:00"]\ntimezon = 1', "unknown key 'timezon'; did you mean 'timezone'?"),
    ('open = ["09:00-12:00", "11:00-18:00"]', "open: '09:00-12:00' and '11:00-18:00' overlap"),
    ('open = ["18:00-09:00"]', "open: '18:00-09:00' ends before it begins"),
    ('open = ["9-18"]', "open: '9-18' is no stretch of a day"),
    ('open = ["09:00-24:30"]', "open: '09:00-24:30' is no stretch of a day"),
    ('open = "09:00-18:00"', "open must be a list of times, got '09:00-18:00'"),
    ("monday = []", "it never opens"),
    ('open = ["09:00-18:00"]\nmonady = []', "unknown key 'monady'; did you mean 'monday'?"),
    ('open = ["09:00-18:00"]\nseasons = "moons"', "seasons is 'moons'"),
    ('open = ["09:00-18:00"]\ndates = [{ on = "02-30" }]', "dates, row 1: on: 02-30 is no day"),
    ('open = ["09:00-18:00"]\ndates = [{ from = 2026-05-02, to = 2026-05-01 }]', "to is 2026-05-01, before from"),
    ('open = ["09:00-18:00"]\ndates = [{ from = 2026-05-02 }]', "say on, or from and to"),
    ('open = ["09:00-18:00"]\ndates = [{ from = 2026-05-02, to = "05-03" }]', "of one year, or both of every year"),
    ('open = ["09:00-18:00"]\ndates = [{ on = "05-01" }, { on = "05-01", open = [] }]', "1 and 2 are the same days"),
    ('open = ["09:00-18:00"]\ndates = [{ from = 2027-02-05, to = 2027-02-12 }, { on = 2027-02-07, open = [] }]',
     "dates, row 2 lies within row 1, which counts first"),
    ('open = ["09:00-18:00"]\ndates = [{ from = "12-24", to = "02-29" }, { on = "01-05" }]', "row 2 lies within row 1"),
    ('open = ["09:00-18:00"]\ndates = [{ from = "12-24", to = "01-02" }, { from = 2026-12-30, to = 2027-01-01 }]',
     "row 2 lies within row 1"),
    ('open = ["09:00-18:00"]\ndates = 7', "dates must be a list of tables"),
    ('open = ["09:00-18:00"]\nschedule = [{ profile = "quiet" }]', "schedule, row 1: it says a profile and hours"),
    ('open = ["09:00-18:00"]\nschedule = [{ profile = "quiet", hours = ["09:00-10:00"], weekday = "sonntag" }]',
     "weekday: 'sonntag' is no weekday"),
    ('open = ["09:00-18:00"]\nschedule = [{ profile = "quiet", hours = ["09:00-10:00"], weekday = "sundy" }]',
     "weekday: 'sundy' is no weekday; did you mean 'sunday'?"),
    ('open = ["09:00-18:00"]\ndayparts = { dawn = "05:00-05:00" }', "dawn '05:00-05:00' ends where it begins"),
    ('open = ["09:00-18:00"]\ndayparts = { dawn = "5" }', "dayparts: dawn: '5' is no stretch of a day"),
])  # fmt: skip
def test_what_is_wrong_is_named_in_a_line(text: str, message: str) -> None:
    with pytest.raises(ExhibitError) as caught:
        read(text)
    assert str(caught.value).startswith("hall.toml: [hours]")
    assert message in str(caught.value)
    assert "\n" not in str(caught.value) + caught.value.hint
    assert caught.value.hint


def test_a_row_before_a_longer_one_counts_and_so_does_one_that_only_meets_it() -> None:
    hours = read("""
        open = ["09:00-18:00"]
        dates = [{ on = 2027-02-07, open = ["10:00-11:00"] }, { from = 2027-02-05, to = 2027-02-12, open = [] },
                 { from = 2027-02-10, to = 2027-02-14, open = ["12:00-13:00"] }, { on = "02-07", open = [] }]
    """)
    told = [clocks(hours, date(2027, 2, day)) for day in (6, 7, 12, 13)]
    assert told == [[], ["10:00-11:00"], [], ["12:00-13:00"]]
    assert clocks(hours, date(2028, 2, 7)) == []


def test_a_zone_that_does_not_exist_is_named_with_the_one_that_was_meant() -> None:
    with pytest.raises(ExhibitError, match=r"no time zone 'Asia/Shangai'; did you mean 'Asia/Shanghai'\?"):
        read('open = ["09:00-18:00"]', "Asia/Shangai")
    with pytest.raises(ExhibitError, match=r"no time zone '\.\./\.\./etc/passwd'"):
        read('open = ["09:00-18:00"]', "../../etc/passwd")
    with pytest.raises(ExhibitError, match="timezone is missing"):
        hours_from_table({"open": ["09:00-18:00"]}, where="hall.toml: [hours]")
