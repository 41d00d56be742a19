"""What may sound at once, in exhibits of every kind: held over the end of what goes round as well."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from soundscape.arrangement.event import Event
from soundscape.catalogue.catalogue import Catalogue
from soundscape.exhibit.choosing import Cell, Memory
from soundscape.exhibit.exhibit import Layer, Places
from soundscape.exhibit.hours import Span
from soundscape.exhibit.plan import Plan
from soundscape.exhibit.planner import DOORS_S, plan_span
from soundscape.exhibit.windows import LONGEST_EVENT_S
from tests.exhibit.halls import DAY, GATES, HOUR, WHOLE_DAYS, exhibit, layer, material, of

SHORT = Span(DAY.opens, DAY.opens + timedelta(minutes=8))
Stretch = tuple[float, float, float]
"""From when to when an event sounds, and when it begins to fade out."""


def of_many_lengths(seed: int) -> Catalogue:
    """The usual sounds, from half a second to half a minute; the wind for an hour."""
    made, rng = material(n_gates=12, n_bells=8), np.random.default_rng(seed)
    lengths_s = [3600.0 if one.kind == "texture" else float(rng.uniform(0.5, 30.0)) for one in made.segments]
    segments = tuple(replace(one, end_s=one.start_s + length_s)
                     for one, length_s in zip(made.segments, lengths_s, strict=True))  # fmt: skip
    return Catalogue(made.recordings, segments, made.vectors)


@st.composite
def layers(draw: Callable[..., float]) -> tuple[Layer, ...]:
    """A bed, and three layers that come and go and mind each other."""
    fade_s = draw(st.sampled_from([0.05, 2.0, 20.0]))
    least = draw(st.integers(0, 2))
    most = least + draw(st.integers(0, 2)) if least else draw(st.integers(1, 3))
    process, longest_s = draw(st.sampled_from(["poisson", "clustered"])), draw(st.floats(1.0, 60.0))
    gates = layer("gates", "gate.creak", per_minute=draw(st.floats(0.0, 12.0)), overlap=(least, most), fade_s=fade_s,
                  process=process, length_s=(0.05, longest_s))  # fmt: skip
    answers = layer("answers", "bell", process="answering", answers="gates", overlap=(0, draw(st.integers(1, 2))))
    apart = layer("apart", "bell", per_minute=6.0, overlap=(0, 2), apart_from=("answers",))
    bed_s = draw(st.sampled_from([120.0, 300.0]))
    bed = layer("bed", "wind", goes_on=True, length_s=(bed_s, bed_s), fade_s=draw(st.sampled_from([1.0, 60.0])))
    return gates, answers, apart, bed


def stretches(plan: Plan, name: str, *, goes_round: bool) -> list[Stretch]:
    """What of a layer sounds, from the end at the beginning again too."""
    own = [(event.start_s, event.end_s, event.end_s - event.fade_out_s) for event in of(plan, name)]
    round_s = plan.duration_s
    over = [(start_s - round_s, end_s - round_s, fades_s - round_s) for start_s, end_s, fades_s in own]
    return own + [one for one in over if one[1] > 0.0] if goes_round else own


@settings(max_examples=12, deadline=None)
@given(layers(), st.integers(0, 99), st.booleans())
def test_as_many_sound_as_must_and_no_more_than_may(
    asked: tuple[Layer, ...],
    seed: int,
    goes_round: bool,  # noqa: FBT001
) -> None:
    plan = plan_span(exhibit(*asked, seed=seed), of_many_lengths(seed), SHORT, goes_round=goes_round)
    for one in asked[:3]:
        found = stretches(plan, one.name, goes_round=goes_round)
        for time_s in (start_s for start_s, _, _ in found if start_s >= 0.0):
            n_full = sum(start_s <= time_s < fades_s - 1e-6 for start_s, _, fades_s in found)
            assert n_full <= one.overlap[1]
    gates = stretches(plan, "gates", goes_round=goes_round)
    for time_s in np.linspace(0.0, plan.duration_s - DOORS_S, 100):
        assert sum(start_s <= time_s < end_s for start_s, end_s, _ in gates) >= asked[0].overlap[0]
    for start_s, end_s, _ in stretches(plan, "answers", goes_round=goes_round):
        for other_s, last_s, _ in stretches(plan, "apart", goes_round=goes_round):
            assert last_s <= start_s + 1e-6 or other_s >= end_s - 1e-6
    for event in plan.arrangement.events:
        assert event.duration_s <= LONGEST_EVENT_S
        assert event.fade_in_s + event.fade_out_s <= event.duration_s + 1e-6
        assert goes_round or event.end_s <= plan.duration_s + 1e-6


def test_what_sounds_when_the_doors_close_fades_out_by_then() -> None:
    long = replace(GATES, per_minute=10.0, overlap=(0, 64))
    last = [event for event in of(plan_span(exhibit(long, seed=1), material(), HOUR), "gates")
            if event.end_s > HOUR.duration_s - 1e-6]  # fmt: skip
    assert last
    for event in last:
        assert event.end_s == pytest.approx(HOUR.duration_s)
        assert event.fade_out_s == pytest.approx(min(DOORS_S, 0.5 * event.duration_s))


def test_each_that_must_sound_is_drawn_for_itself() -> None:
    """Hours of a sound that takes over from another: none stands where all others do."""
    plan = plan_span(exhibit(replace(GATES, per_minute=0.0, overlap=(1, 1)), seed=4), material(), DAY)
    events = of(plan, "gates")
    for one, other in pairwise(events):
        assert other.start_s == pytest.approx(one.end_s - one.fade_out_s)
    late = [event.gain_db for event in events[-50:]]
    assert len({round(gain_db, 6) for gain_db in late}) == len(late)


def test_sounds_shorter_than_asked_for_are_heard_only_where_there_are_no_others() -> None:
    catalogue = of_many_lengths(3)
    asked = replace(GATES, length_s=(8.0, 60.0))
    lengths_s = [event.segment.duration_s for event in of(plan_span(exhibit(asked), catalogue, HOUR), "gates")]
    assert min(lengths_s) >= 8.0
    impossible = replace(GATES, length_s=(100.0, 200.0))
    assert of(plan_span(exhibit(impossible), catalogue, HOUR), "gates")


def test_a_pair_of_sounds_comes_again_as_late_as_it_can() -> None:
    """Of five sounds there are twenty pairs."""
    segments = [one for one in material(n_gates=5).segments if one.tag == "gate.creak"]
    memory, rng = Memory(), np.random.default_rng(1)
    order = [memory.choose(60.0 * n, segments, [Cell(0, 0), Cell(1, 0)], rng).segment.id for n in range(200)]
    last: dict[tuple[str, str], int] = {}
    gaps = []
    for n, pair in enumerate(pairwise(order)):
        assert pair[0] != pair[1]
        gaps += [n - last[pair]] if pair in last else []
        last[pair] = n
    assert min(gaps) >= 10


def test_over_midnight_a_single_place_has_other_neighbours() -> None:
    """Where all places are one, no two sounds follow each other late that do so early the next day."""
    one_place = replace(GATES, per_minute=0.6, places=Places((20.0, 20.0), (0.0, 0.0), (4.0, 4.0)))

    def pairs(day: int, first_h: float, last_h: float) -> set[tuple[str, str]]:
        span = WHOLE_DAYS.spans((DAY.opens + timedelta(days=day)).date())[0]
        plan = plan_span(exhibit(one_place, hours=WHOLE_DAYS, seed=0), material(), span)
        heard: list[Event] = [event for event in of(plan, "gates") if first_h <= event.start_s / 3600.0 < last_h]
        return {(one.segment.id, other.segment.id) for one, other in pairwise(heard)}

    late, early = pairs(0, 20.0, 24.0), pairs(1, 0.0, 4.0)
    assert len(late) > 50
    assert not late & early
