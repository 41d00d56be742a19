from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from soundscape.exhibit.daylog import KEPT_DAYS, DayLog, Heard

AT = datetime(2026, 11, 3, 9, 0)


def test_lines_are_of_their_day_and_time_and_one_line_each(tmp_path: Path) -> None:
    log = DayLog(tmp_path)
    log.say(AT, "opened")
    log.say(AT + timedelta(hours=9), "closed;\nheard 9.0 h")
    log.say(AT + timedelta(days=1), "opened")
    assert log.lines(AT.date()) == ["09:00:00  opened", "18:00:00  closed; heard 9.0 h"]
    assert log.path(AT.date()).name == "2026-11-03.txt"


def test_a_day_is_bounded_and_what_is_lost_is_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("soundscape.exhibit.daylog.MOST_BYTES", 500)
    log = DayLog(tmp_path)
    for _ in range(100):
        log.say(AT, "fallback stood in")
    assert log.path(AT.date()).stat().st_size < 600
    assert log.n_lost + len(log.lines(AT.date())) == 100


def test_days_that_are_long_past_are_forgotten(tmp_path: Path) -> None:
    log = DayLog(tmp_path)
    days = [AT - timedelta(days=n) for n in (0, KEPT_DAYS, KEPT_DAYS + 1)]
    for day in days:
        log.say(day, "opened")
    log.forget(AT.date())
    assert [bool(log.lines(day.date())) for day in days] == [True, True, False]


def test_a_week_says_how_often_what_happened(tmp_path: Path) -> None:
    log = DayLog(tmp_path)
    log.say(AT, "opened with 48 minutes of source material")
    log.say(AT, "player died; the spare plays on after 0.4 s")
    log.say(AT, "player hung; the spare plays on after 0.8 s")
    log.say(AT, "closed; heard 9.0 h")
    rows = log.week(date(2026, 11, 5)).splitlines()
    assert len(rows) == 7
    assert rows[4] == "Tuesday 03 November: closed: 1; opened: 1; the player was replaced: 2"
    assert rows[6] == "Thursday 05 November: nothing was written"


def test_a_closing_line_says_how_loud_it_was() -> None:
    heard = Heard()
    heard.planned({"material_s": 2880.0, "repeats": "no repetition within 4 h"})
    for number, (mean_lufs, moment_lufs) in enumerate([(-30.0, -25.0), (-30.0, -26.0), (float("-inf"),) * 2]):
        heard.window({"window": number, "lufs": mean_lufs, "moment_lufs": moment_lufs})
    heard.window({"window": 7})
    assert heard.material() == " with 48 minutes of source material"
    assert heard.line(9 * 3600.0) == \
           "heard 9.0 h, loudness -30.0 LUFS, loudest moment -25.0, no repetition within 4 h"  # fmt: skip
    assert Heard().line(60.0) == "heard 0.0 h"
    assert Heard().material() == ""


def test_windows_of_different_loudness_are_averaged_by_power() -> None:
    heard = Heard()
    heard.window({"window": 0, "lufs": -30.0, "moment_lufs": -30.0})
    heard.window({"window": 1, "lufs": -40.0, "moment_lufs": -40.0})
    assert "loudness -32.6 LUFS" in heard.line(0.0)
