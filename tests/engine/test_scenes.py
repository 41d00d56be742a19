"""Any scene on any layout: finite, silent where its sources are, the sum of its parts and no louder than those."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from soundscape.arrangement.event import Event
from soundscape.engine.answer import answer_of
from soundscape.engine.engine import render_plan
from soundscape.engine.interpolation import sinc_table
from soundscape.engine.plan import Plan, plan
from soundscape.engine.voices import SourceKey
from soundscape.score.curve import Curve
from soundscape.space.layout import layout_named
from soundscape.space.renderer import renderer_for
from soundscape.space.room import ROOMS
from soundscape.space.sends import N_SENDS
from soundscape.space.trajectory import Trajectory
from soundscape.units import Samples
from tests.engine.scenes import MONO, QUAD, STEREO, arrangement, noise, segment

RATE_HZ = 48_000
BELOW_DB = -120.0
LOUDEST = 0.5
"""Of `noise`."""

LAYOUTS = ("mono", "stereo", "5.1", "7.1.4", "ambix-2", "headphones")
Floats = NDArray[np.float64]

near = st.floats(-4.0, 4.0)
far = st.sampled_from([0.0, 0.0, 30.0, -200.0])
points = st.one_of(st.tuples(near, near, near), st.tuples(far, far, st.floats(-2.0, 2.0)))
paths = st.lists(points, min_size=1, max_size=3).map(
    lambda found: Trajectory(tuple(0.07 * n for n in range(len(found))), tuple(found))
)


def curves(low: float, high: float) -> st.SearchStrategy[Curve | None]:
    return st.none() | st.builds(lambda one, other: Curve((0.0, 0.1), (one, other)), *[st.floats(low, high)] * 2)


events = st.builds(
    Event, st.floats(0.0, 0.1), st.floats(0.01, 0.2),
    st.sampled_from([segment(MONO, 0.1), segment(STEREO, 0.2), segment(QUAD, 0.15)]), st.just("any"), paths,
    st.floats(-30.0, 6.0), st.floats(0.0, 0.09), st.sampled_from([1.0, 0.5, 1.7]), curves(-12.0, 12.0),
    curves(-40.0, 6.0), fade_in_s=st.floats(0.0, 0.05), fade_out_s=st.floats(0.0, 0.05), loops=st.booleans(),
    spread_deg=st.floats(0.0, 360.0), room_db=st.floats(-20.0, 0.0), doppler=st.booleans(),
    pair_deg=st.none() | st.floats(0.0, 360.0), turn_deg=st.tuples(*[st.floats(-360.0, 360.0)] * 3),
    speaker=st.sampled_from(["", "FL", "LFE"]), zone=st.sampled_from(["", "hall"]),
)  # fmt: skip
fields = st.sampled_from(["ambix", "fuma", "a-format"]).flatmap(
    lambda kind: st.builds(
        Event,
        st.floats(0.0, 0.1),
        st.floats(0.01, 0.2),
        st.just(segment(QUAD, 0.15)),
        st.just("bed"),
        turn_deg=st.tuples(*[st.floats(-360.0, 360.0)] * 3),
        sound_field=st.just(kind),
    )
)
scenes = st.lists(events | fields, min_size=1, max_size=3)
rooms = st.sampled_from(["none", "courtyard"])


def planned(where: str, room: str, scene: list[Event]) -> Plan:
    return plan(arrangement(*scene, room=room), layout_named(where))


def rendered(made: Plan) -> Floats:
    return np.concatenate(list(render_plan(made, noise))).astype(np.float64)


@cache
def reach(where: str, room: str) -> Floats:
    """The most that each channel can make of 1 on each channel of the bus, sends too: sums of what all taps are."""
    renderer, place = renderer_for(layout_named(where)), ROOMS[room]
    n_bus = renderer.n_bus
    to_bus = [np.eye(n_bus)]
    for send in range(0 if place.is_silent else N_SENDS):
        answer = answer_of(place, renderer, RATE_HZ)
        assert answer is not None
        bus = np.zeros((900, n_bus + N_SENDS, 64), np.float32)
        bus[0, n_bus + send, 0] = 1.0
        answer.add(bus)
        to_bus.append(np.abs(bus[:, :n_bus]).sum(axis=(0, 2), dtype=np.float64)[:, None])
    whole = np.hstack(to_bus)
    return whole if renderer.filters is None else np.abs(renderer.filters).sum(axis=2) @ whole


def most(made: Plan, where: str, room: str) -> Floats:
    """What no sample of each channel can be above: every voice at its loudest at once, on the same side."""
    overshoot = float(np.abs(sinc_table()).sum(axis=1).max())
    bus = np.zeros(made.n_bus)
    for voice in made.voices:
        air = np.abs(voice.airs[:, :1]).sum(axis=1) + 2.0 * np.abs(voice.airs[:, 1:]).sum(axis=1)
        loudest = LOUDEST * (overshoot if voice.is_bent else 1.0) * air.max(initial=1.0)
        bus += loudest * np.abs(voice.gains).max(axis=0)
    return reach(where, room) @ bus


@pytest.mark.parametrize("where", LAYOUTS)
@settings(max_examples=12)
@given(rooms, st.lists(events | fields, min_size=1, max_size=5))
def test_a_scene_is_finite_and_no_louder_than_its_parts(where: str, room: str, scene: list[Event]) -> None:
    made = planned(where, room, scene)
    mix = rendered(made)
    assert np.isfinite(mix).all()
    assert mix.shape == (made.n_frames, made.layout.n_channels)
    assert (np.abs(mix).max(axis=0, initial=0.0) <= most(made, where, room) * (1.0 + 1e-5) + 1e-9).all()


@pytest.mark.parametrize("where", LAYOUTS)
@settings(max_examples=8)
@given(rooms, scenes, scenes)
def test_two_scenes_together_are_the_sum_of_both(where: str, room: str, one: list[Event], other: list[Event]) -> None:
    """As far as both last: a plan ends where a room has fallen by 60 dB, though it goes on to ring."""
    mixes = [rendered(planned(where, room, scene)) for scene in (one, other, [*one, *other])]
    until = min(map(len, mixes))
    first, second, both = (mix[:until] for mix in mixes)
    loudest = max(np.abs(mix).max(initial=0.0) for mix in mixes)
    assert np.abs(both - first - second).max(initial=0.0) <= 10.0 ** (BELOW_DB / 20.0) * loudest


@pytest.mark.parametrize("where", LAYOUTS)
@settings(max_examples=5)
@given(rooms, scenes)
def test_silence_in_is_silence_out(where: str, room: str, scene: list[Event]) -> None:
    def silence(key: SourceKey) -> Samples:
        return 0 * noise(key)

    assert not any(block.any() for block in render_plan(planned(where, room, scene), silence))


def test_the_bound_is_one_that_a_scene_can_reach() -> None:
    """One voice at one loudspeaker comes to within a tenth of a decibel of it."""
    scene = [Event(0.0, 0.2, segment(), "bell", Trajectory.still(0.0, 1.0))]
    made = planned("mono", "none", scene)
    assert 20.0 * np.log10(np.abs(rendered(made)).max() / most(made, "mono", "none")[0]) > -0.1
