"""Short days on a fast clock, with the real planner, renderer, deck, body and keeper; with faults and without."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
import soundfile

from soundscape.catalogue.catalogue import Catalogue
from soundscape.catalogue.query import parse_query
from soundscape.catalogue.segment import Recording, Segment, Tag
from soundscape.exhibit.exhibit import Caps, Exhibit, Layer, Places, Trigger
from soundscape.exhibit.faults import KINDS, FaultyPool, FaultyStems, faults
from soundscape.exhibit.generator import Generator
from soundscape.exhibit.hoursfile import hours_from_table
from soundscape.exhibit.players import N_PLAYERS
from soundscape.exhibit.soak import Soak, Soaked
from soundscape.exhibit.windows import window_frames

RATE_HZ = 8000
DAY = datetime(2026, 11, 3, tzinfo=UTC)
LAYERS = (
    Layer("wind", parse_query("wind"), goes_on=True, length_s=(20.0, 40.0), fade_s=4.0, gain_db=(-6.0, -6.0)),
    Layer("bells", parse_query("bell"), per_minute=4.0, places=Places((-90.0, 90.0), (0.0, 0.0), (2.0, 8.0))),
)
HALL = Exhibit(Path("hall.toml"), "Hall", LAYERS, caps=Caps(-32.0, -24.0, -6.0), triggers=(Trigger("door", "bells"),),
               hours=hours_from_table({"timezone": "UTC", "open": ["09:00-09:10"]}, where="hours"))  # fmt: skip


@pytest.fixture(scope="module")
def catalogue(tmp_path_factory: pytest.TempPathFactory) -> Catalogue:
    """Six winds and twelve bells, at a low rate."""
    folder, rng = tmp_path_factory.mktemp("takes"), np.random.default_rng(1)
    takes, segments = {}, []
    for tag, count, seconds in (("wind", 6, 30.0), ("bell", 12, 2.0)):
        for n in range(count):
            take_id, path = f"{tag}{n}".encode().hex().ljust(32, "0"), folder / f"{tag}{n}.wav"
            falls = np.exp(-np.arange(int(seconds * RATE_HZ)) / RATE_HZ * (2.0 if tag == "bell" else 0.0))
            soundfile.write(path, 0.1 * falls * rng.standard_normal(len(falls)), RATE_HZ)
            takes[take_id] = Recording(take_id, str(path), RATE_HZ, 1, len(falls))
            kind = "texture" if tag == "wind" else "event"
            features = {"centroid_hz": 1000.0, "level_lufs": -23.0, "true_peak_db": -12.0}
            segments.append(Segment(f"{tag}-{n}", take_id, 0.0, seconds, kind, (Tag(tag, 0.9),), features))  # type: ignore[arg-type]
    return Catalogue(takes, tuple(segments), np.eye(len(segments), 8))


def soaked(catalogue: Catalogue, folder: Path, *, days: int, n_faults: int = 0) -> Soaked:
    pool = FaultyPool(folder / "cache", rate_hz=RATE_HZ)
    return Soak(HALL, catalogue, folder / "state", pool, begins=DAY, days=days, n_faults=n_faults).run()


def test_days_open_sound_and_close_as_they_should(catalogue: Catalogue, tmp_path: Path) -> None:
    found = soaked(catalogue, tmp_path, days=2)
    assert (found.gaps, found.schedule_errors, found.keeper_errors) == ([], [], 0)
    assert found.open_s == 1200.0
    assert len(found.memory_mb_by_day) == len(found.loudness_by_hour) == 2
    assert all(-45.0 < row["lufs"] <= -31.9 for row in found.loudness_by_hour)
    log = (tmp_path / "state" / "log" / "2026-11-03.txt").read_text().splitlines()
    assert log[0].startswith("09:00:00  opened with ")
    assert log[-1].startswith("09:10:00  closed; heard 0.2 h, loudness -")


def test_every_hour_has_its_loudness_and_there_is_none_after_the_doors_are_closed(
    catalogue: Catalogue, tmp_path: Path
) -> None:
    hours = hours_from_table({"timezone": "UTC", "open": ["09:00-10:00"]}, where="hours")
    pool = FaultyPool(tmp_path / "cache", rate_hz=RATE_HZ)
    hall = dataclasses.replace(HALL, hours=hours)
    found = Soak(hall, catalogue, tmp_path / "state", pool, begins=DAY, days=1).run()
    assert [row["at"] for row in found.loudness_by_hour] == ["2026-11-03T09:00:00+00:00"]
    assert -45.0 < found.loudness_by_hour[0]["lufs"] <= -31.9


def test_faults_of_all_kinds_are_survived(catalogue: Catalogue, tmp_path: Path) -> None:
    found = soaked(catalogue, tmp_path, days=2, n_faults=2 * len(KINDS))
    assert {row["kind"] for row in found.faults} == set(KINDS)
    assert [row for row in found.faults if row["state"] != "right"] == []
    assert max(row["silence_s"] for row in found.faults) <= 2.0
    assert (found.gaps, found.schedule_errors, found.keeper_errors) == ([], [], 0)


def test_a_torn_window_is_none_and_one_thrown_away_meanwhile_stays_away(tmp_path: Path) -> None:
    stems = FaultyStems(tmp_path)
    path = stems.write("day", 1, np.ones((800, 2), np.float32))
    assert stems.has("day", 1)
    stems.tear(path)
    assert not stems.has("day", 1)
    assert 0 < path.stat().st_size < 800 * 2 * 4 / 2
    stems.forget("another", 0)
    stems.tear(path)
    assert list(tmp_path.rglob("*1*")) == []


def test_nobody_is_replaced_who_is_well(catalogue: Catalogue, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = []
    start = Soak.player
    monkeypatch.setattr(Soak, "player", lambda soak: made.append(1) or start(soak))
    soaked(catalogue, tmp_path, days=1)
    assert len(made) == N_PLAYERS


def test_silence_is_noticed(catalogue: Catalogue, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("soundscape.exhibit.soak._QUIET", 10.0)  # nothing is as loud as that
    assert len(soaked(catalogue, tmp_path, days=1).gaps) == 1


def test_the_same_seed_makes_the_same_faults() -> None:
    assert faults(50, 3600.0, 1) == faults(50, 3600.0, 1) != faults(50, 3600.0, 2)


def test_a_recording_that_cannot_be_read_is_planned_around(catalogue: Catalogue, tmp_path: Path) -> None:
    pool = FaultyPool(tmp_path / "cache", rate_hz=RATE_HZ)
    generator = Generator(HALL, catalogue, FaultyStems(tmp_path / "windows"), pool)
    span = HALL.hours.spans(DAY.date())[0]
    before = generator.plan_for(span)
    assert generator.plan is not None
    broken = generator.plan.arrangement.events[0].segment.recording_id
    pool.broken.add(broken)
    generator.window(0)
    assert set(generator.unreadable) == {broken}
    assert generator.plan_for(span, (), (broken,)) != before
    assert broken not in {event.segment.recording_id for event in generator.plan.arrangement.events}
    assert len(generator.window(0)) == window_frames(RATE_HZ)


def test_a_share_that_went_away_is_no_recording_that_is_broken(catalogue: Catalogue, tmp_path: Path) -> None:
    gone = {key: dataclasses.replace(take, path=f"/nowhere/{key}.wav") for key, take in catalogue.recordings.items()}
    pool = FaultyPool(tmp_path / "cache", rate_hz=RATE_HZ)
    generator = Generator(HALL, dataclasses.replace(catalogue, recordings=gone), FaultyStems(tmp_path), pool)
    generator.plan_for(HALL.hours.spans(DAY.date())[0])
    with pytest.raises(Exception, match="/nowhere is out of reach"):
        generator.window(0)
    assert generator.unreadable == {}
