"""Whatever fails, somebody plays what the day is at, and the keeper goes on."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from soundscape.exhibit.openings import DOUBT_S, PREPARE_S
from soundscape.exhibit.players import N_PLAYERS, PARTING_S
from soundscape.exhibit.supply import AHEAD
from tests.exhibit.gallery import OPENS, STEP_S, FakePlayer, Gallery, exhibit_of, opened


def test_before_the_doors_open_players_are_warm_and_windows_are_there(tmp_path: Path) -> None:
    gallery = Gallery(tmp_path, OPENS - timedelta(seconds=PREPARE_S + 10.0))
    gallery.go(9.0)
    assert not gallery.players
    assert not gallery.generators
    gallery.go(PREPARE_S - 1.0)
    standing = gallery.keeper.standing()
    assert standing["status"] == "closed"
    assert standing["windows_ahead"] == AHEAD
    assert len(gallery.players) == N_PLAYERS
    assert gallery.playing is None


def test_the_doors_open_and_close_to_the_step(tmp_path: Path) -> None:
    gallery = Gallery(tmp_path, OPENS - timedelta(seconds=30.0))
    gallery.go(30.0)
    assert gallery.playing is None
    gallery.go(2 * STEP_S)
    assert gallery.keeper.is_open
    assert abs(gallery.off_s) < 2 * STEP_S
    gallery.clock.go(9 * 3600.0 - 10.0)  # nobody stepped: as after a machine that was too busy
    gallery.go(9.0)
    assert gallery.keeper.is_open
    gallery.go(1.2)
    assert not gallery.keeper.is_open
    gallery.go(10.0)
    assert [one.is_alive for one in gallery.generators] == [False] * len(gallery.generators)
    assert sum(one.is_alive for one in gallery.players if one.told("take over")) == 0
    gallery.go(PARTING_S + 10.0)
    assert not any(one.is_alive for one in gallery.players)
    assert "opened" in gallery.said()
    assert "closed; heard 9.0 h" in gallery.said()


@pytest.mark.parametrize("how", ["killed", "hangs", "device"])
def test_when_a_player_fails_the_spare_plays_on_at_the_right_frame(tmp_path: Path, how: str) -> None:
    gallery = opened(tmp_path)
    failed = gallery.playing
    assert failed is not None
    if how == "killed":
        failed.kill()
    elif how == "hangs":
        failed.hangs = True
    else:
        failed.says.append({"what": "lost", "why": "pulled out"})
    gallery.go(3.0)
    assert gallery.longest_s <= 1.0
    assert not failed.is_alive
    assert abs(gallery.off_s) < 2 * STEP_S
    gallery.go(20.0)
    assert gallery.keeper.standing()["spare"]
    assert "the spare plays on after" in gallery.said()


def test_a_device_that_opens_slowly_is_no_player_that_hangs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    regular = FakePlayer.regular

    def slowly(self: FakePlayer) -> list[dict[str, Any]]:
        opening = self.told("take over")
        is_busy = opening and self.clock.steady_s() - float(opening[0]["sent_s"]) < 1.5
        return [] if is_busy else regular(self)

    monkeypatch.setattr(FakePlayer, "regular", slowly)
    gallery = opened(tmp_path)
    assert gallery.keeper.counts["player"] == 0
    assert len(gallery.players) == N_PLAYERS


def test_players_that_die_at_once_are_started_more_and_more_rarely(tmp_path: Path) -> None:
    gallery = opened(tmp_path)
    before = len(gallery.players)
    for _ in range(300):
        for one in gallery.players:
            one.kill()
        gallery.go(STEP_S)
    assert 5 <= len(gallery.players) - before <= 20
    gallery.go(20.0)
    assert gallery.playing is not None


def test_a_renderer_that_died_or_leaves_windows_missing_is_started_again(tmp_path: Path) -> None:
    gallery = opened(tmp_path)
    gallery.generators[0].kill()
    gallery.go(1.0)
    assert len(gallery.generators) == 2
    gallery.generators[1].works = False
    gallery.go(15 * 60.0)
    assert len(gallery.generators) == 3
    assert gallery.longest_s == 0.0
    assert gallery.keeper.standing()["windows_ahead"] == AHEAD


@pytest.mark.parametrize("by_s", [3.0, 2000.0, -20.0])
def test_after_a_jump_of_the_clock_the_right_minute_plays(tmp_path: Path, by_s: float) -> None:
    gallery = opened(tmp_path, after_s=100.0)
    gallery.clock.jump(by_s)
    assert abs(gallery.off_s) > 2.0
    gallery.go(1.0)
    assert abs(gallery.off_s) < 2 * STEP_S
    assert gallery.longest_s == 0.0
    assert gallery.keeper.standing()["windows_ahead"] == AHEAD


def test_a_clock_that_is_set_bit_by_bit_is_noticed(tmp_path: Path) -> None:
    gallery = opened(tmp_path)
    for _ in range(100):
        gallery.clock.jump(0.1)
        gallery.go(STEP_S)
    assert gallery.keeper.counts["clock"] >= 4
    assert abs(gallery.off_s) <= 2.2


@pytest.mark.parametrize("by_s", [11 * 3600.0, -300.0])
def test_a_jump_that_would_close_the_doors_is_believed_after_a_while(tmp_path: Path, by_s: float) -> None:
    gallery = opened(tmp_path, after_s=100.0)
    gallery.clock.jump(by_s)
    gallery.go(DOUBT_S - 5.0)
    assert gallery.playing is not None
    gallery.go(10.0)
    assert gallery.playing is None
    assert not gallery.keeper.is_open
    gallery.clock.jump(-by_s)
    gallery.silent_s = gallery.longest_s = 0.0
    gallery.go(20.0)
    assert gallery.longest_s <= 2.0  # a spare was still warm
    assert abs(gallery.off_s) < 2 * STEP_S


def test_a_clock_that_was_set_right_again_closes_the_doors_in_time(tmp_path: Path) -> None:
    gallery = opened(tmp_path)
    gallery.clock.go(9 * 3600.0 - 100.0)
    gallery.go(1.0)
    for by_s in (90.0, -90.0):
        gallery.clock.jump(by_s)
        gallery.go(5.0)
    assert gallery.keeper.span is not None
    left_s = (gallery.keeper.span.closes - gallery.clock.now()).total_seconds()
    gallery.go(left_s - 1.0)
    assert gallery.keeper.is_open
    gallery.go(2.0)
    assert not gallery.keeper.is_open


def test_no_step_raises_whatever_the_ports_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gallery = opened(tmp_path)

    def fails(*_: object) -> Any:
        raise RuntimeError("unexpected")

    monkeypatch.setattr(gallery, "player", fails)
    monkeypatch.setattr(gallery.generators[0], "rows", fails)
    monkeypatch.setattr(gallery.keeper._reporter, "_tell", fails)
    failed = gallery.playing
    gallery.go(5.0)
    assert gallery.keeper.counts["keeper"] > 0
    assert gallery.playing is failed
    assert failed is not None
    failed.kill()
    gallery.go(3.0)
    assert gallery.playing is not None
    assert gallery.said().count("unexpected") < 10


def test_a_full_disk_neither_stops_the_day_nor_fills_the_log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gallery = opened(tmp_path)
    monkeypatch.setattr(gallery.state, "_append", lambda *_: False)
    assert gallery.keeper.trigger("class") == "started"
    for _ in range(100):
        gallery.generators[0].says.append({"what": "full", "why": "the disk is full"})
        gallery.go(STEP_S)
    assert gallery.longest_s == 0.0
    assert gallery.said().count("the disk is full") == 1
    assert "could not be written down" in gallery.said()


def test_after_a_power_cut_the_same_plan_is_played_at_the_right_minute(tmp_path: Path) -> None:
    before = opened(tmp_path)
    assert before.keeper.trigger("class") == "started"
    assert before.keeper.profile("quiet") == "chosen"
    before.generators[0].says.append({"what": "unreadable", "id": "f" * 32, "why": "wind.wav: broken"})
    before.go(30.0)
    key = before.keeper.key
    assert "quiet" in key
    assert "ffff" in key
    after = Gallery(tmp_path, before.clock.now() + timedelta(minutes=7))
    after.go(20.0)
    assert after.keeper.key == key
    assert abs(after.off_s) < 2 * STEP_S
    assert "min after the doors" in after.said()


def test_a_plan_is_gone_over_to_only_when_its_next_window_is_there_too(tmp_path: Path) -> None:
    gallery = opened(tmp_path)
    old, renderer = gallery.keeper.key, gallery.generators[0]
    renderer.works = False
    renderer.says.append({"what": "window", "key": "new", "window": 0})
    gallery.go(1.0)
    assert gallery.keeper.key == old
    renderer.says.append({"what": "window", "key": "new", "window": 1})
    gallery.go(1.0)
    assert gallery.keeper.key == "new"
    assert gallery.playing is not None
    assert gallery.playing.told("changed") == [{"do": "changed", "key": "new"}]


def test_what_cannot_be_read_is_left_out_and_passed_over_to_by_a_fade(tmp_path: Path) -> None:
    gallery = opened(tmp_path)
    assert gallery.playing is not None
    gallery.generators[0].says.append({"what": "unreadable", "id": "f" * 32, "why": "wind.wav: broken"})
    gallery.go(2.0)
    assert gallery.generators[0].told("render")[-1]["left_out"] == ["f" * 32]
    assert gallery.playing.told("follow")[-1]["key"] == gallery.keeper.key
    assert abs(gallery.off_s) < 2 * STEP_S
    assert "wind.wav: broken" in gallery.said()


def test_triggers_rest_and_wishes_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("soundscape.exhibit.wishes.MOST_WISHES", 20)
    gallery = opened(tmp_path)
    words = [gallery.keeper.trigger("door") for _ in range(1000)]
    assert words == ["started"] + ["it rests"] * 999
    for _ in range(40):
        gallery.keeper.trigger("class")
        gallery.clock.go(1.1)
    assert gallery.keeper.trigger("class") in ("it rests", "too many wishes")
    assert len(gallery.state.wishes(OPENS)) == 20
    assert gallery.keeper.trigger("nobody").startswith("there is no trigger")


def test_closed_by_a_button_is_silent_at_once_until_it_is_over_and_for_a_spare_too(tmp_path: Path) -> None:
    gallery = opened(tmp_path)
    assert gallery.keeper.profile("closed", for_s=60.0) == "chosen"
    gallery.go(1.0)
    assert gallery.playing is not None
    assert gallery.playing.told("level")[-1]["level_db"] < -100.0
    gallery.playing.kill()
    gallery.go(1.0)
    assert gallery.playing.told("level")[-1]["level_db"] < -100.0
    gallery.go(90.0)
    assert gallery.playing.told("level")[-1]["level_db"] == 0.0
    gallery.keeper.profile("closed")
    gallery.go(1.0)
    gallery.keeper.profile("")
    gallery.go(20.0)
    assert gallery.playing.told("level")[-1]["level_db"] == 0.0
    assert gallery.keeper.standing()["profile"] == "usual"


def test_a_day_without_opening_hours_is_quiet(tmp_path: Path) -> None:
    exhibit = exhibit_of({"timezone": "UTC", "open": ["09:00-18:00"], "tuesday": []})
    gallery = Gallery(tmp_path, OPENS, exhibit=exhibit)
    gallery.go(30.0)
    assert not gallery.players
    assert gallery.keeper.standing()["next_opening"] == (OPENS + timedelta(days=1)).isoformat()
