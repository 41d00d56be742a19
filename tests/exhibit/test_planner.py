from __future__ import annotations

import math
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from soundscape.arrangement.event import Event
from soundscape.catalogue.query import parse_query
from soundscape.errors import ExhibitError
from soundscape.exhibit.choosing import REMEMBERED_S
from soundscape.exhibit.exhibit import Change, Ebb, Mood, Places, Rule
from soundscape.exhibit.hours import Hours, Span
from soundscape.exhibit.moments import When
from soundscape.exhibit.plan import Plan, Wish
from soundscape.exhibit.planner import check_sounds, liveliness, plan_span
from soundscape.exhibit.repetition import is_near, repetition_of
from soundscape.exhibit.stems import plan_key
from tests.exhibit.halls import (
    BELLS,
    DAY,
    GATES,
    HOUR,
    HOURS,
    MORNING,
    WHOLE_DAYS,
    WIND,
    exhibit,
    layer,
    material,
    of,
)


def test_a_bed_is_soon_back_after_a_silence_that_somebody_chose() -> None:
    silences = [Wish(at_s, at_s + 30.0, profile="closed") for at_s in range(300, 10_000, 300)]
    beds = of(plan_span(exhibit(WIND, seed=5), material(), MORNING, wishes=silences), "wind")
    for one in silences:
        assert not [event for event in beds if one.from_s <= event.start_s < one.until_s]
        assert any(event.start_s <= one.until_s + 6.0 < event.end_s for event in beds), one


def test_the_same_day_is_planned_alike_and_another_is_another() -> None:
    hall = exhibit(WIND, GATES, BELLS, seed=3)
    one, again = (plan_span(hall, material(), MORNING) for _ in range(2))
    assert one.arrangement == again.arrangement
    assert plan_key(one) == plan_key(again)
    later = timedelta(days=1)
    tomorrow = plan_span(hall, material(), Span(MORNING.opens + later, MORNING.closes + later))
    reseeded = plan_span(exhibit(WIND, GATES, BELLS, seed=4), material(), MORNING)
    starts = [tuple(event.start_s for event in of(plan, "gates")) for plan in (one, tomorrow, reseeded)]
    assert len(set(starts)) == 3


def test_a_layer_more_leaves_the_others_as_they_were() -> None:
    alone, both = (plan_span(exhibit(*layers, seed=3), material(), HOUR) for layers in ((GATES,), (GATES, BELLS)))
    assert of(alone, "gates") == of(both, "gates")


@pytest.mark.parametrize(("lively", "times"), [(0.5, 1.0), (1.0, 2.5), (0.0, 0.25)])
def test_as_many_come_as_are_written_and_the_mood_wants(lively: float, times: float) -> None:
    lone = layer("gates", "gate.creak", per_minute=2.0, overlap=(0, 64))
    plan = plan_span(exhibit(lone, mood=Mood(lively=lively), seed=1), material(), DAY)
    expected = 2.0 * times * 9 * 60
    assert liveliness(lively) == pytest.approx(times)
    assert abs(len(of(plan, "gates")) - expected) < 4.0 * math.sqrt(expected)


def test_gaps_of_a_poisson_process_are_exponential_and_clusters_are_not() -> None:
    def spread(**values: object) -> float:
        """Standard deviation of the gaps to their mean: 1 of a Poisson process."""
        lone = layer("gates", "gate.creak", per_minute=3.0, overlap=(0, 64), **values)
        gaps = np.diff([event.start_s for event in of(plan_span(exhibit(lone, seed=1), material(), DAY), "gates")])
        return float(gaps.std() / gaps.mean())

    assert spread() == pytest.approx(1.0, abs=0.1)
    assert spread(process="clustered", cluster=(3, 5), cluster_s=8.0) > 1.5


def test_answers_come_after_what_they_answer_as_often_as_they_are_said_to() -> None:
    call = layer("gates", "gate.creak", per_minute=1.0, overlap=(0, 64))
    answer = layer("bells", "bell", process="answering", answers="gates", answer_after_s=(1.0, 5.0), answer_chance=0.4,
                   overlap=(0, 64))  # fmt: skip
    plan = plan_span(exhibit(call, answer, seed=1), material(), DAY)
    ends_s = np.array([event.end_s for event in of(plan, "gates")])
    for event in of(plan, "bells"):
        assert ((event.start_s - ends_s >= 1.0 - 1e-9) & (event.start_s - ends_s <= 5.0 + 1e-9)).any()
    share = len(of(plan, "bells")) / len(of(plan, "gates"))
    assert share == pytest.approx(0.4, abs=0.09)


def sounding(events: list[Event], time_s: float) -> int:
    return sum(event.start_s <= time_s < event.end_s for event in events)


@settings(max_examples=12, deadline=None)
@given(
    st.integers(0, 99), st.integers(0, 2), st.integers(1, 3), st.floats(0.2, 12.0), st.sampled_from([(), ("gates",)])
)
def test_no_more_and_no_fewer_sound_at_once_than_may(
    seed: int, least: int, more: int, per_minute: float, apart: tuple[str, ...]
) -> None:
    gates = layer("gates", "gate.creak", per_minute=per_minute, overlap=(least, least + more))
    bells = layer("bells", "bell", per_minute=4.0, overlap=(0, 1), apart_from=() if least else apart)
    plan = plan_span(exhibit(gates, bells, seed=seed), material(), HOUR)
    for time_s in np.linspace(4.0, 3590.0, 400):
        n_gates, n_bells = (sounding(of(plan, role), float(time_s)) for role in ("gates", "bells"))
        assert least <= n_gates <= least + more
        assert n_bells <= 1
        if bells.apart_from:
            assert not (n_gates and n_bells)
    assert all(event.end_s <= HOUR.duration_s + 1e-6 for event in plan.arrangement.events)


def test_a_bed_never_ends_and_each_sound_passes_into_another() -> None:
    plan = plan_span(exhibit(WIND, seed=5), material(), DAY)
    beds = of(plan, "wind")
    assert beds[0].start_s == 0.0
    for one, other in pairwise(beds):
        assert one.end_s - other.start_s == pytest.approx(WIND.fade_s)
        assert one.segment.recording_id != other.segment.recording_id
        assert 60.0 <= other.start_s - one.start_s <= 120.0 + 2 * WIND.fade_s
    assert beds[-1].end_s == pytest.approx(DAY.duration_s)


def test_what_goes_round_sounds_over_its_end() -> None:
    plan = plan_span(exhibit(WIND, GATES, seed=5), material(), HOUR, goes_round=True)
    assert of(plan, "wind")[-1].end_s == pytest.approx(HOUR.duration_s + WIND.fade_s)
    assert max(event.start_s for event in plan.arrangement.events) < HOUR.duration_s


@pytest.mark.parametrize("seed", range(4))
def test_what_may_not_sound_at_once_does_not_over_the_seam_of_a_round_either(seed: int) -> None:
    gates = layer("gates", "gate.creak", per_minute=8.0, overlap=(0, 1))
    bells = layer("bells", "bell", per_minute=8.0, overlap=(0, 1), apart_from=("gates",))
    minute = Span(DAY.opens, DAY.opens + timedelta(minutes=1))
    rounds = [plan_span(exhibit(gates, bells, seed=10 * seed + n), material(), minute, goes_round=True)
              for n in range(10)]  # fmt: skip
    assert any(event.end_s > 60.0 for plan in rounds for event in plan.arrangement.events)
    for plan in rounds:
        events = plan.arrangement.events
        for time_s in np.linspace(0.0, 20.0, 81):
            assert sum(event.start_s <= time_s + turn < event.end_s for event in events for turn in (0.0, 60.0)) <= 1


def test_levels_and_places_are_within_what_is_written() -> None:
    plan = plan_span(exhibit(GATES, seed=5), material(), MORNING)
    seen = [event.path.points_m[0] for event in of(plan, "gates")]
    distances_m = [math.dist(point, (0.0, 0.0, 0.0)) for point in seen]
    azimuths_deg = [math.degrees(math.atan2(-x, y)) for x, y, _ in seen]
    assert 4.0 - 1e-6 <= min(distances_m) < 5.0 < 13.0 < max(distances_m) <= 16.0 + 1e-6
    assert -90.0 <= min(azimuths_deg) < -75.0 < 75.0 < max(azimuths_deg) <= 90.0
    gains_db = [event.gain_db for event in of(plan, "gates")]
    assert -12.0 <= min(gains_db) < -11.0 < -7.0 < max(gains_db) <= -6.0


def test_far_is_twice_as_far_and_wetter_and_dark_prefers_dark_sounds() -> None:
    def heard(**mood: float) -> tuple[float, float, float]:
        plan = plan_span(exhibit(GATES, mood=Mood(**mood), seed=5), material(), MORNING)
        events = of(plan, "gates")
        return (float(np.median([math.dist(event.path.points_m[0], (0, 0, 0)) for event in events])), events[0].room_db,
                float(np.mean([event.segment.features["centroid_hz"] for event in events])))  # fmt: skip

    middle, far, dark, light = heard(), heard(near=0.0), heard(bright=0.0), heard(bright=1.0)
    assert far[0] == pytest.approx(2.0 * middle[0], rel=0.1)
    assert far[1] == pytest.approx(middle[1] + 6.0)
    assert dark[2] < middle[2] - 50.0 < middle[2] + 50.0 < light[2]


def test_an_ebb_comes_and_goes_in_its_period() -> None:
    tidal = layer("gates", "gate.creak", per_minute=20.0, overlap=(0, 64), ebb=Ebb(period_min=30.0, depth=1.0))
    plan = plan_span(exhibit(tidal, seed=2), material(), DAY)
    counts, _ = np.histogram([event.start_s for event in of(plan, "gates")], bins=9 * 60, range=(0.0, DAY.duration_s))
    spectrum = np.abs(np.fft.rfft(counts - counts.mean()))
    assert (9 * 60) / int(spectrum[1:60].argmax() + 1) == pytest.approx(30.0, rel=0.15)
    steady = plan_span(exhibit(layer("gates", "gate.creak", per_minute=20.0, overlap=(0, 64)), seed=2), material(), DAY)
    assert len(of(plan, "gates")) == pytest.approx(0.5 * len(of(steady, "gates")), rel=0.15)


def test_rules_change_what_they_name_while_they_hold() -> None:
    changes = {"gates": Change(0.1, by_db=-6.0), "bells": Change(wants=parse_query("gate.creak"))}
    noon = Rule(When(daypart=("noon",)), mood={"lively": 0.5}, layers=changes, by_db=-2.0)  # fmt: skip
    plan = plan_span(exhibit(GATES, BELLS, rules=(noon,), seed=2), material(), DAY)

    def within(role: str, first_h: float, last_h: float) -> list[Event]:
        return [event for event in of(plan, role) if first_h * 3600 <= event.start_s < last_h * 3600]

    assert len(within("gates", 2, 5)) < 0.6 * len(within("gates", 6, 9))  # 0.1 times what the mood makes 2.5 of
    assert {event.segment.tag for event in within("bells", 2, 5)} == {"gate.creak"}
    assert {event.segment.tag for event in within("bells", 0, 2)} == {"bell"}
    assert max(event.gain_db for event in within("gates", 2, 5)) <= -6.0 - 6.0 + 2.0 + 1e-9
    assert plan.levels_db == ((0.0, 0.0), (2 * 3600.0, -2.0), (3 * 3600.0, -8.0), (4 * 3600.0, -2.0), (5 * 3600.0, 0.0))


def test_a_wish_changes_what_comes_after_it_and_nothing_before() -> None:
    hall = exhibit(WIND, GATES, BELLS, seed=3)
    usual = plan_span(hall, material(), MORNING)
    calm = plan_span(hall, material(), MORNING, wishes=[Wish(3000.0, 8000.0, {"lively": -0.5}),
                                                        Wish(9000.0, 9600.0, profile="closed")])  # fmt: skip
    before = [[event for event in plan.arrangement.events if event.start_s < 3000.0] for plan in (usual, calm)]
    assert before[0] == before[1]
    during = [sum(3000.0 <= event.start_s < 8000.0 for event in of(plan, "gates")) for plan in (usual, calm)]
    assert during[1] < 0.5 * during[0]
    assert not any(9000.0 <= event.start_s < 9600.0 for event in calm.arrangement.events)
    assert (9000.0, -math.inf) in calm.levels_db


@pytest.mark.parametrize(("hours", "seed"), [(HOURS, 0), (HOURS, 1), (WHOLE_DAYS, 2)])
def test_no_combination_comes_again_within_four_hours_from_forty_minutes(hours: Hours, seed: int) -> None:
    catalogue = material(n_gates=100, n_bells=80, n_winds=4)
    span = hours.spans(date(2026, 11, 3))[0]
    winds = layer("wind", "wind", goes_on=True, length_s=(60.0, 170.0), fade_s=8.0, places=Places((-90.0, 90.0)))
    lively = layer("gates", "gate.creak", per_minute=4.0, process="clustered", places=GATES.places)
    plan = plan_span(exhibit(winds, lively, BELLS, hours=hours, seed=seed), catalogue, span)
    found = repetition_of(plan)
    assert found.material_s == 40 * 60.0
    assert found.is_free_of_repeats(REMEMBERED_S), found.combination


def test_over_midnight_no_place_is_the_same() -> None:
    hall = exhibit(GATES, hours=WHOLE_DAYS, seed=0)
    today, tomorrow = (plan_span(hall, material(), WHOLE_DAYS.spans(date(2026, 11, day))[0]) for day in (3, 4))
    both = (*(e for e in today.arrangement.events if e.start_s > 20 * 3600), *(
        Event(e.start_s + 86_400.0, e.duration_s, e.segment, e.role, path=e.path) for e in tomorrow.arrangement.events
        if e.start_s < 4 * 3600))  # fmt: skip
    late, early = ([e for e in both if (e.start_s < 86_400.0) == is_late] for is_late in (True, False))
    assert not any(one.segment.id == other.segment.id and is_near(one, other) for one in late for other in early)


def test_what_is_left_out_is_not_heard_and_faults_only_where_there_is_nothing_else() -> None:
    catalogue = material(n_gates=3)
    first = catalogue.segments[[s.tag for s in catalogue.segments].index("gate.creak")].recording_id
    plan = plan_span(exhibit(GATES, seed=1), catalogue, HOUR, left_out=frozenset({first}))
    assert first not in {event.segment.recording_id for event in plan.arrangement.events}
    assert len(of(plan, "gates")) > 50
    silent = plan_span(exhibit(GATES, WIND, seed=1), catalogue, HOUR, left_out=frozenset(
        s.recording_id for s in catalogue.segments if s.tag == "gate.creak"))  # fmt: skip
    assert not of(silent, "gates")
    assert of(silent, "wind")


def test_a_layer_that_finds_nothing_is_named_before_the_doors_open() -> None:
    hall = exhibit(GATES, layer("owls", "bird and duration_s > 1"))
    with pytest.raises(ExhibitError) as caught:
        check_sounds(hall, material())
    assert (
        str(caught.value) == "hall.toml: [[layer]] 'owls': wants: nothing in the catalogue is 'bird and duration_s > 1'"
    )
    assert "'bird' finds 0" in caught.value.hint
    ruled = exhibit(GATES, rules=(Rule(When(), layers={"gates": Change(wants=parse_query("voice"))}),))
    with pytest.raises(ExhibitError, match=r"\[\[when\]\], number 1: layers: 'gates': wants: nothing"):
        check_sounds(ruled, material())
    assert check_sounds(exhibit(GATES, WIND), material()) == {"gates": 30, "wind": 4}


def test_the_report_says_in_words_what_comes_again() -> None:
    plan = plan_span(exhibit(GATES, seed=1), material(n_gates=2), HOUR)
    lines = list(repetition_of(plan).lines())
    assert lines[0] == f"{len(plan.arrangement.events)} events from 0 minutes of different sounds"
    assert any(line.startswith("after ") and "a recording is heard again (gate.creak" in line for line in lines)
    once = Plan(datetime(2026, 1, 1, tzinfo=UTC), 60.0, plan.arrangement.between(0.0, plan.starts_s[0] + 0.01))
    assert "never: a recording is heard again" in list(repetition_of(once).lines())
