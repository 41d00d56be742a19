from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from soundscape.errors import ExhibitError, OutputError
from soundscape.exhibit.ambient import ambient_track, moment_named, opening_after
from soundscape.exhibit.exhibit import Mood, Rule
from soundscape.exhibit.exhibitfile import load_exhibit
from soundscape.exhibit.hoursfile import hours_from_table
from soundscape.exhibit.moments import When, moment_at
from soundscape.exhibit.template import OFFERS, Answers, exhibit_text, new_exhibit, offered
from tests.exhibit.test_planner import BELLS, GATES, HOURS, WIND, exhibit, material

SOUTH = hours_from_table(
    {"timezone": "Australia/Sydney", "open": ["10:00-16:00"], "monday": [], "seasons": "months in the south"},
    where="hours",
)
AT = datetime(2026, 11, 3, 8, tzinfo=UTC)


def test_a_track_is_as_long_as_asked_and_of_one_moment() -> None:
    quiet = Rule(When(daypart=("dusk",)), by_db=-20.0, mood={"lively": -0.5})
    hall = exhibit(WIND, GATES, BELLS, rules=(quiet,), mood=Mood(lively=0.7))
    track = ambient_track(hall, material(), minutes=180.0, at=AT)
    assert track.duration_s == 3 * 3600.0
    assert (track.moment.daypart, track.mood.lively) == ("afternoon", 0.7)
    assert track.arrangement.loudness_lufs == hall.caps.hours_lufs
    # At dusk, an hour later, the rule would hold; the moment stays the afternoon's.
    alone = ambient_track(replace(hall, rules=()), material(), minutes=180.0, at=AT)
    assert track.arrangement.events == alone.arrangement.events
    assert max(event.end_s for event in track.arrangement.events) <= 3 * 3600.0 + 1e-6


def test_a_track_that_goes_round_passes_from_its_last_bed_into_its_first() -> None:
    track = ambient_track(exhibit(WIND, GATES), material(), minutes=5.0, at=AT, goes_round=True)
    beds = [event for event in track.arrangement.events if event.role == "wind"]
    assert beds[0].start_s == 0.0
    assert beds[0].fade_in_s == pytest.approx(beds[-1].end_s - 300.0)


@pytest.mark.parametrize("minutes", [0.0, -3.0, 0.49, 1441.0, float("nan")])
def test_a_length_that_is_none_is_said(minutes: float) -> None:
    with pytest.raises(ExhibitError, match="a track of") as caught:
        ambient_track(exhibit(GATES), material(), minutes=minutes, at=AT)
    assert caught.value.hint == "from 0.5 to 1440"


def test_a_track_shorter_than_its_fades_is_said() -> None:
    with pytest.raises(ExhibitError, match=r"a track of 0\.5 minutes is shorter than a bed's fades, 40 s"):
        ambient_track(exhibit(replace(WIND, fade_s=20.0)), material(), minutes=0.5, at=AT)


@pytest.mark.parametrize("hours", [HOURS, SOUTH], ids=["north", "south"])
@pytest.mark.parametrize(
    ("said", "season"), [("winter", "winter"), ("Fall", "autumn"), ("春", "spring"), ("夏", "summer")]
)
def test_a_season_is_the_gallery_s_own(hours: object, said: str, season: str) -> None:
    instant = moment_named(hours, season=said, clock="15:30", year=2026)  # type: ignore[arg-type]
    moment = moment_at(instant, hours)  # type: ignore[arg-type]
    assert (moment.season, f"{moment.local:%H:%M}") == (season, "15:30")
    for days in (-20, 20):  # the middle, not an edge
        assert moment_at(instant + timedelta(days=days), hours).season == season  # type: ignore[arg-type]


@pytest.mark.parametrize("said", ["大寒", "dahan", "Major Cold"])
def test_a_term_has_three_names(said: str) -> None:
    moment = moment_at(moment_named(HOURS, term=said, year=2026), HOURS)
    assert moment.term.name_zh == "大寒"
    assert f"{moment.local:%H:%M}" == "09:15"


@pytest.mark.parametrize(
    ("asked", "said"),
    [({"season": "wintr"}, r"no season 'wintr'; did you mean 'winter'\?"), ({"term": "dahn"}, "no term 'dahn'"),
     ({"clock": "25:00"}, "'25:00' is no time"), ({"clock": "noon"}, "'noon' is no time")],
)  # fmt: skip
def test_a_moment_that_nothing_is_called_is_said(asked: dict[str, str], said: str) -> None:
    with pytest.raises(ExhibitError, match=said) as caught:
        moment_named(HOURS, **asked)
    assert caught.value.hint


def test_where_the_doors_are_closed_it_is_as_after_the_next_opening() -> None:
    night, noon = datetime(2026, 11, 2, 18, tzinfo=UTC), datetime(2026, 11, 3, 4, tzinfo=UTC)
    assert opening_after(HOURS, night) == datetime(2026, 11, 3, 1, 15, tzinfo=UTC)
    assert opening_after(HOURS, noon) == noon


@pytest.mark.parametrize("chosen", [(offer.name,) for offer in OFFERS] + [tuple(offer.name for offer in OFFERS)])
def test_every_new_exhibit_is_one(chosen: tuple[str, ...], tmp_path: Path) -> None:
    title = 'The "old" gate \\ a\tb'
    answers = Answers(title, chosen, "门厅", "5.1.4", "cave", "UTC", ("09:00-12:00", "13:00-18:00"), ("friday",), 0.25)
    hall = load_exhibit(new_exhibit(tmp_path / "new.exhibit.toml", answers))
    assert tuple(layer.name for layer in hall.layers) == chosen
    assert (hall.title, hall.title_zh, hall.layout, hall.room) == (title, "门厅", "5.1.4", "cave")
    assert (hall.mood.lively, hall.hours.week[4], hall.hours.week[0]) == (0.25, (), ((540, 720), (780, 1080)))
    assert [layer.answers for layer in hall.layers if layer.name == "bells"] in ([], [""], ["far gates"])


def test_bells_answer_gates_only_where_there_are_gates() -> None:
    assert 'answers = "far gates"' in exhibit_text(Answers("x", ("far gates", "bells")))
    assert "answers" not in exhibit_text(Answers("x", ("wind", "bells"))).split("[[layer]]", 1)[1]


def test_offered_is_what_there_are_sounds_for() -> None:
    assert dict(offered(material(n_gates=3, n_bells=5, n_winds=0))) == {"far gates": 3, "bells": 5}


def test_the_soft_end_of_a_ring_is_no_bed() -> None:
    found = material(n_gates=0, n_bells=0, n_winds=2)
    soft = replace(found.segments[0], features={**found.segments[0].features, "level_lufs": -64.0})
    assert dict(offered(replace(found, segments=(soft, found.segments[1])))) == {"wind": 1}


def test_a_new_exhibit_replaces_nothing_and_needs_a_layer(tmp_path: Path) -> None:
    path = tmp_path / "hall.exhibit.toml"
    path.write_text("mine")
    with pytest.raises(OutputError, match="is there already"):
        new_exhibit(path, Answers("x", ("wind",)))
    assert path.read_text() == "mine"
    with pytest.raises(ExhibitError, match="at least one layer"):
        new_exhibit(tmp_path / "other.toml", Answers("x", ()))
    assert list(tmp_path.iterdir()) == [path]
