from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from soundscape.exhibit.daylog import Loudness
from soundscape.exhibit.hours import Span
from soundscape.exhibit.staff import Staff
from soundscape.exhibit.statusline import is_well, status_line
from soundscape.exhibit.wellbeing import Health
from tests.exhibit.gallery import OPENS

DAY = Span(OPENS, OPENS + timedelta(hours=9))
STAFF = Staff(now=OPENS + timedelta(hours=3), opening=DAY, profile_until=OPENS + timedelta(hours=4),
              sounds=("wind", "far gates"), minute=Loudness(-34.52), cap_lufs=-32.0, n_faults_today=2)  # fmt: skip
QUIET = Health("ok", OPENS, profile="quiet", ahead_s=600.0, staff=STAFF)


def test_one_line_says_how_it_is() -> None:
    assert status_line(QUIET) == ("open until 18:00 | quiet until 13:00 | wind, far gates | -34.5 of -32 LUFS | "
                                  "spare ready | 10 min ahead | 2 faults today")  # fmt: skip
    assert is_well(QUIET)


def test_what_is_wrong_is_in_it() -> None:
    alone = replace(QUIET, status="degraded", ahead_s=0.0,
                    staff=replace(STAFF, has_spare=False, sounds=(), n_faults_today=1))  # fmt: skip
    assert status_line(alone).endswith("the bed stands in | -34.5 of -32 LUFS | NO SPARE | 0 min ahead | 1 fault today")
    assert status_line(replace(alone, status="down")).startswith("DOWN until 18:00 | ")
    assert not is_well(alone)


def test_closed_doors_open_again_at_an_hour_of_a_day() -> None:
    tomorrow = Span(DAY.opens + timedelta(days=1), DAY.closes + timedelta(days=1))
    night = Staff(now=OPENS + timedelta(hours=12), opening=tomorrow)
    closed = Health("closed", OPENS, profile="closed", staff=night)
    assert status_line(closed) == "closed until Wed 04 Nov 09:00 | 0 min ahead | no faults today"
    assert status_line(replace(closed, staff=replace(night, opening=None))).startswith("closed | ")
