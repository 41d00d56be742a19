"""What staff are told of a gallery, and what becomes of what they ask for."""

from __future__ import annotations

import dataclasses
import math
from datetime import timedelta
from pathlib import Path

import pytest

from soundscape.apps.gallery import health_of
from soundscape.exhibit.conditions import Conditions
from soundscape.exhibit.exhibit import Mood
from soundscape.exhibit.openings import WISH_LEAD_S
from soundscape.exhibit.staff import Staff, troubles
from soundscape.exhibit.wellbeing import health_row, metrics_text
from tests.exhibit.gallery import HOURS, OPENS, Gallery, exhibit_of, opened

BOUNDED = dataclasses.replace(exhibit_of(), mood=Mood(lively=0.4),
                              sliders={"lively": (0.2, 0.7), "near": (0.0, 1.0), "bright": (0.5, 0.5)})  # fmt: skip


def say_windows(gallery: Gallery, first: int, levels: list[tuple[float, float]]) -> None:
    """Let the renderer say how loud windows are."""
    gallery.generators[0].says += [
        {"what": "window", "key": gallery.keeper.key, "window": first + n, "lufs": mean, "moment_lufs": moment}
        for n, (mean, moment) in enumerate(levels)
    ]
    gallery.go(0.4)


def test_the_last_hour_is_of_what_was_played_in_it(tmp_path: Path) -> None:
    gallery = opened(tmp_path)
    assert gallery.keeper.for_staff().hour.mean_lufs == -math.inf
    say_windows(gallery, 0, [(-33.0, -26.0)] * 60 + [(-43.0, -36.0)] * 60)
    assert gallery.keeper.for_staff().hour.mean_lufs == pytest.approx(-33.0)
    gallery.clock.go(90 * 60.0)
    gallery.go(0.4)
    half = gallery.keeper.for_staff().hour
    assert half.mean_lufs == pytest.approx(-33.0 + 10 * math.log10((29 + 31 * 0.1) / 60))
    assert half.loudest_lufs == -26.0
    gallery.clock.go(45 * 60.0)
    gallery.go(0.4)
    assert gallery.keeper.for_staff().hour.mean_lufs == pytest.approx(-43.0)
    assert gallery.keeper.for_staff().hour.loudest_lufs == -36.0


def test_what_is_rendered_ahead_was_not_heard_yet(tmp_path: Path) -> None:
    gallery = opened(tmp_path)
    say_windows(gallery, 0, [(-40.0, -30.0), (-20.0, -10.0)])
    staff = gallery.keeper.for_staff()
    assert (staff.minute.mean_lufs, staff.hour.loudest_lufs) == (pytest.approx(-40.0), -30.0)


def test_layers_that_are_heard_now_are_named(tmp_path: Path) -> None:
    gallery = opened(tmp_path, after_s=30.0)
    sounds = [[0.0, 60.0, "wind"], [32.0, 36.0, "gates"]]
    gallery.generators[0].says.append({"what": "window", "key": gallery.keeper.key, "window": 0, "sounds": sounds})
    gallery.generators[0].works = False
    gallery.go(0.4)
    assert gallery.keeper.for_staff().sounds == ("wind",)
    gallery.go(3.0)
    assert gallery.keeper.for_staff().sounds == ("wind", "gates")
    gallery.keeper.profile("closed")
    assert gallery.keeper.for_staff().sounds == (), "silent by choice"


def test_a_profile_is_told_with_its_end(tmp_path: Path) -> None:
    gallery = Gallery(tmp_path, OPENS - timedelta(seconds=20), exhibit=exhibit_of({**HOURS, "quiet": ["12:00-13:00"]}))
    gallery.go(40.0)
    staff = gallery.keeper.for_staff()
    assert (staff.profile_until, staff.is_chosen) == (OPENS + timedelta(hours=3), False)
    gallery.keeper.profile("low-sensory", for_s=3600.0)
    staff = gallery.keeper.for_staff()
    assert staff.is_chosen
    assert staff.profile_until is not None
    assert abs((staff.profile_until - gallery.clock.now()).total_seconds() - 3600.0 - WISH_LEAD_S) < 1.0
    gallery.clock.go(3 * 3600.0 + 60.0)
    gallery.go(1.0)
    assert gallery.keeper.standing()["profile"] == "quiet"
    assert gallery.keeper.for_staff().profile_until == OPENS + timedelta(hours=4)


def test_a_slider_stands_where_it_was_set_last_and_no_further_than_the_file_lets_it(tmp_path: Path) -> None:
    gallery = Gallery(tmp_path, OPENS - timedelta(seconds=20), exhibit=BOUNDED)
    gallery.go(40.0)
    assert gallery.keeper.mood("lively", 0.7) == "set"
    assert gallery.keeper.mood("lively", 0.25) == "set"
    for value in (0.71, 0.19, math.nan, math.inf):
        assert gallery.keeper.mood("lively", value) == "it goes from 0.2 to 0.7"
    assert gallery.keeper.mood("loud", 0.5) == "there is no slider 'loud'"
    assert gallery.keeper.for_staff().sliders["lively"] == pytest.approx((0.2, 0.7, 0.25))
    span = gallery.keeper.span
    assert span is not None
    wishes = gallery.state.wishes(OPENS)
    soon_s = (gallery.clock.now() - OPENS).total_seconds() + WISH_LEAD_S + 1.0
    assert Conditions(BOUNDED, span, wishes).at(soon_s).mood.lively == pytest.approx(0.25)
    assert Conditions(BOUNDED, span, wishes).at(span.duration_s - 1.0).mood.lively == pytest.approx(0.25)


def test_a_trigger_moves_on_from_where_a_slider_stands_and_leaves_it_there(tmp_path: Path) -> None:
    gallery = opened(tmp_path)
    gallery.keeper.mood("lively", 0.9)
    gallery.keeper.trigger("class")
    span, soon_s = gallery.keeper.span, (gallery.clock.now() - OPENS).total_seconds() + WISH_LEAD_S + 1.0
    assert span is not None
    conditions = Conditions(gallery.keeper.exhibit, span, gallery.state.wishes(OPENS))
    assert conditions.at(soon_s).mood.lively == pytest.approx(0.6)
    assert conditions.at(soon_s + 600.0).mood.lively == pytest.approx(0.9)


def test_what_was_set_is_there_after_a_power_cut_and_gone_after_the_doors_closed(tmp_path: Path) -> None:
    before = opened(tmp_path)
    assert (
        before.keeper.mood("near", 0.1) == before.keeper.mood("lively", 0.8) == before.keeper.mood("near", 0.3) == "set"
    )
    after = Gallery(tmp_path, before.clock.now() + timedelta(minutes=2))
    after.go(20.0)
    sliders = after.keeper.for_staff().sliders
    assert (sliders["near"][2], sliders["lively"][2]) == pytest.approx((0.3, 0.8))
    tomorrow = Gallery(tmp_path, OPENS + timedelta(days=1, seconds=5))
    tomorrow.go(20.0)
    assert tomorrow.keeper.for_staff().sliders["near"][2] == 0.5


def test_sliders_are_bounded_in_number_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("soundscape.exhibit.wishes.MOST_WISHES", 3)
    gallery = opened(tmp_path)
    assert [gallery.keeper.mood("near", n / 10) for n in range(5)] == ["set"] * 3 + ["too many wishes"] * 2


def test_faults_of_today_are_told_after_a_restart_too(tmp_path: Path) -> None:
    before = opened(tmp_path)
    assert before.playing is not None
    before.playing.kill()
    before.go(3.0)
    before.keeper.trigger("door")
    ((at, line),) = before.keeper.for_staff().faults
    after = Gallery(tmp_path, before.clock.now())
    assert after.keeper.for_staff().n_faults_today == 1
    assert after.keeper.for_staff().faults == ((at.replace(microsecond=0), line),)
    tomorrow = Gallery(tmp_path, before.clock.now() + timedelta(days=1))
    assert tomorrow.keeper.for_staff().n_faults_today == 0


@pytest.mark.parametrize(("status", "ahead_s", "staff", "said"), [
    ("ok", 600.0, Staff(), ""), ("closed", 0.0, Staff(has_spare=False), ""), ("down", 0.0, Staff(), "Nothing sounds"),
    ("degraded", 600.0, Staff(), "The bed stands in"), ("ok", 60.0, Staff(), "Little is rendered ahead"),
    ("ok", 600.0, Staff(has_spare=False), "No spare"), ("ok", 600.0, Staff(log_lines_lost=1), "log could not"),
])  # fmt: skip
def test_what_is_wrong_is_said_with_what_to_do(status: str, ahead_s: float, staff: Staff, said: str) -> None:
    found = troubles(status, ahead_s, staff)
    assert [said in one.what for one in found] == ([True] if said else [])
    assert all(one.do for one in found)


def test_health_and_prometheus_say_how_loud_the_last_hour_was(tmp_path: Path) -> None:
    gallery = opened(tmp_path)
    assert health_row(health_of(gallery.keeper))["hour_lufs"] is None
    assert "soundscape_loudness_lufs -Inf" in metrics_text(health_of(gallery.keeper))
    say_windows(gallery, 0, [(-33.5, -26.25)])
    row = health_row(health_of(gallery.keeper))
    assert (row["hour_lufs"], row["loudest_lufs"], row["staff"]["minute_lufs"]) == (-33.5, -26.25, -33.5)
    assert "soundscape_loudness_lufs -33.5\n" in metrics_text(health_of(gallery.keeper))
    assert "soundscape_loudest_lufs -26.25\n" in metrics_text(health_of(gallery.keeper))
    gallery.clock.go(9 * 3600.0)
    gallery.go(1.0)
    assert health_row(health_of(gallery.keeper))["hour_lufs"] is None, "nothing was heard since the doors closed"
