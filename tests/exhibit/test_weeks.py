"""A week's page is there when its last opening is over, whatever day that is on, and old ones make room."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.exhibit.gallery import HOURS, Gallery, exhibit_of

SUNDAY_EVENING = datetime(2026, 11, 8, 17, 59, tzinfo=UTC)
DAY = timedelta(days=1)


def closed_at(folder: Path, evening: datetime, **hours: Any) -> list[str]:
    """Pages that are there a minute after an evening's closing."""
    gallery = Gallery(folder, evening, exhibit=exhibit_of({**HOURS, **hours}))
    gallery.go(120.0)
    assert not gallery.keeper.is_open
    assert gallery.keeper.counts["keeper"] == 0
    return sorted(path.name for path in (folder / "weeks").glob("*"))


def test_a_page_is_written_when_the_last_opening_of_a_week_is_over(tmp_path: Path) -> None:
    for n in range(6, 0, -1):
        assert closed_at(tmp_path, SUNDAY_EVENING - n * DAY) == []
    assert closed_at(tmp_path, SUNDAY_EVENING) == ["2026-W45.txt"]
    lines = (tmp_path / "weeks" / "2026-W45.txt").read_text(encoding="utf-8").splitlines()
    assert lines[0] == "Hall: 02 November to 08 November 2026"
    assert lines[2].startswith("Monday 02 November: closed: 1; opened: 1")
    assert lines[8].startswith("Sunday 08 November: closed: 1; opened: 1"), "this evening's closing is told too"
    assert len(lines) == 9


def test_the_last_opening_is_that_of_the_hours(tmp_path: Path) -> None:
    assert closed_at(tmp_path, SUNDAY_EVENING - 2 * DAY, saturday=[], sunday=[]) == ["2026-W45.txt"]
    halves = {"open": ["09:00-12:00", "13:00-18:00"]}
    assert closed_at(tmp_path / "noon", SUNDAY_EVENING.replace(hour=11), **halves) == []


def test_a_page_that_nobody_was_there_to_write_is_written_before_the_next_opening(tmp_path: Path) -> None:
    closed_at(tmp_path, SUNDAY_EVENING - 3 * DAY)
    monday = Gallery(tmp_path, SUNDAY_EVENING.replace(hour=8) + DAY)
    monday.go(2.0)
    assert [path.name for path in (tmp_path / "weeks").iterdir()] == ["2026-W45.txt"]


def test_only_so_many_pages_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("soundscape.exhibit.weeks.KEPT_WEEKS", 3)
    (tmp_path / "weeks").mkdir()
    for week in range(38, 45):
        (tmp_path / "weeks" / f"2026-W{week}.txt").write_text("")
    (tmp_path / "weeks" / "notes.txt").write_text("of the staff")
    assert closed_at(tmp_path, SUNDAY_EVENING) == ["2026-W43.txt", "2026-W44.txt", "2026-W45.txt", "notes.txt"]


def test_a_disk_that_does_not_take_a_page_closes_no_doors(tmp_path: Path) -> None:
    (tmp_path / "weeks").write_text("a file where the folder should be")
    gallery = Gallery(tmp_path, SUNDAY_EVENING)
    gallery.go(120.0)
    assert not gallery.keeper.is_open
    assert (gallery.keeper.counts["disk"], gallery.keeper.counts["keeper"]) == (1, 0)
    assert "disk: cannot write" in gallery.said()
