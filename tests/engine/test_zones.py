"""Rigs of several rooms, and sounds that belong to one of them or to one loudspeaker."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from soundscape.arrangement.event import Event
from soundscape.engine.answer import answer_of
from soundscape.engine.engine import render_plan
from soundscape.engine.plan import plan
from soundscape.errors import LayoutError
from soundscape.space.layout import Layout, Speaker, layout_named
from soundscape.space.measured import MeasuredRoom, Response
from soundscape.space.renderer import Renderer, renderer_for
from soundscape.space.trajectory import Trajectory, point_at
from tests.engine.scenes import QUAD, STEREO, arrangement, noise, segment

PATH = Trajectory.still(*point_at(20.0, 0.0, 1.0))
HOUSE = Layout("house", (
    *(Speaker(f"hall {n}", 45.0 + 90.0 * n, zone="hall") for n in range(4)),
    Speaker("yard left", 30.0, zone="yard"), Speaker("thunder", is_lfe=True, zone="hall"),
    Speaker("yard right", -30.0, zone="yard"), Speaker("stairs", 0.0, zone="stairs"),
))  # fmt: skip
ZONES = {"hall": [0, 1, 2, 3], "yard": [4, 6], "stairs": [7]}
HALL = Layout("hall", tuple(replace(HOUSE.speakers[c], zone="") for c in ZONES["hall"]))
ODEON = Layout("odeon", tuple(
    Speaker(f"{zone} {n}", 60.0 * n, zone=zone) for zone in ("one", "two") for n in range(6)
))  # fmt: skip


def rendered(where: Layout | Renderer, *events: Event, room: str = "none") -> NDArray[np.float64]:
    planned = plan(arrangement(*events, room=room), where)
    return np.concatenate(list(render_plan(planned, noise))).astype(np.float64)


def powers(samples: NDArray[np.float64]) -> dict[str, float]:
    return {zone: float((samples[:, channels] ** 2).sum()) for zone, channels in ZONES.items()}


def test_a_sound_of_one_zone_sounds_only_there() -> None:
    heard = powers(rendered(HOUSE, Event(0.0, 0.2, segment(), "bell", PATH, zone="yard")))
    assert heard["yard"] > 1.0
    assert (heard["hall"], heard["stairs"]) == (0.0, 0.0)


def test_a_sound_of_no_zone_sounds_in_each_with_the_same_power() -> None:
    bell = Event(0.0, 0.2, segment(), "bell", PATH)
    heard = powers(rendered(HOUSE, bell))
    alone = (rendered(layout_named("mono"), bell) ** 2).sum()
    for power in heard.values():
        assert power == pytest.approx(alone, rel=1e-5)


def test_each_zone_is_panned_as_if_it_were_alone() -> None:
    bell = Event(0.0, 0.2, segment(STEREO), "bell", PATH, spread_deg=40.0)
    np.testing.assert_allclose(rendered(HOUSE, bell)[:, ZONES["hall"]], rendered(HALL, bell), atol=1e-7)


def test_a_zone_that_a_rig_has_not_is_refused_with_the_name_that_was_meant() -> None:
    with pytest.raises(LayoutError, match=r"'owl' sounds in zone 'yrad'.*house.*'yard'") as caught:
        plan(arrangement(Event(0.0, 0.2, segment(), "owl", zone="yrad")), HOUSE)
    assert "hall, yard, stairs" in str(caught.value.hint)


@pytest.mark.parametrize("layout_name", ["5.1", "ambix-2", "headphones"])
def test_a_rig_of_one_room_plays_the_sounds_of_every_zone(layout_name: str) -> None:
    one, other = (Event(0.0, 0.1, segment(), "owl", PATH, zone=zone) for zone in ("", "yard"))
    np.testing.assert_array_equal(rendered(layout_named(layout_name), one), rendered(layout_named(layout_name), other))


@pytest.mark.parametrize(("speaker", "channel"), [("thunder", 5), ("yard right", 6), ("hall 2", 2)])
def test_a_sound_of_one_loudspeaker_comes_from_it_alone(speaker: str, channel: int) -> None:
    heard = rendered(HOUSE, Event(0.0, 0.2, segment(), "bell", PATH, speaker=speaker, spread_deg=90.0))
    assert (heard[:, channel] ** 2).sum() > 1.0
    assert not np.delete(heard, channel, axis=1).any()
    expected = noise_of_bell()
    np.testing.assert_allclose(heard[200:5000, channel], expected[200:5000], atol=1e-7)


def noise_of_bell() -> NDArray[np.float64]:
    (voice,) = plan(arrangement(Event(0.0, 0.2, segment(), "bell", PATH)), layout_named("mono")).voices
    return noise(voice.key)[:, 0].astype(np.float64)


def test_both_sides_of_a_pair_come_from_the_one_loudspeaker() -> None:
    heard = rendered(HOUSE, Event(0.0, 0.2, segment(STEREO), "bell", PATH, speaker="thunder"))
    (left, _) = plan(arrangement(Event(0.0, 0.2, segment(STEREO), "bell", PATH)), HOUSE).voices
    np.testing.assert_allclose(heard[200:5000, 5], noise(left.key)[200:5000].sum(axis=1), atol=1e-6)


@pytest.mark.parametrize("where", ["7.1.4", "ambix-1", "headphones"])
def test_a_loudspeaker_that_is_not_there_leaves_a_sound_to_its_path(where: str) -> None:
    one, other = (Event(0.0, 0.1, segment(), "bell", PATH, speaker=name) for name in ("", "thunder"))
    np.testing.assert_array_equal(rendered(layout_named(where), one), rendered(layout_named(where), other))


def test_zones_are_reached_through_a_sound_field_each() -> None:
    renderer = renderer_for(ODEON, "ambisonics")
    alone = Layout("one", tuple(replace(s, zone="") for s in ODEON.speakers[:6]))
    bell = Event(0.0, 0.2, segment(), "bell", PATH)
    expected = rendered(renderer_for(alone, "ambisonics"), bell)
    heard = rendered(renderer, bell)
    np.testing.assert_allclose(heard[:, :6], expected, atol=1e-6)
    np.testing.assert_allclose(heard[:, 6:], expected, atol=1e-6)
    only = rendered(renderer, replace(bell, zone="two"))
    assert not only[:, :6].any()
    np.testing.assert_allclose(only[:, 6:], expected, atol=1e-6)


@pytest.mark.parametrize("panner", ["", "ambisonics", "bs2127", "dbap", "nearest"])
def test_a_recorded_sound_field_surrounds_the_listeners_of_every_zone(panner: str) -> None:
    field = Event(0.0, 0.2, segment(QUAD), "air", PATH, sound_field="ambix")
    heard = rendered(renderer_for(ODEON, panner), field)
    alone = Layout("one", tuple(replace(s, zone="") for s in ODEON.speakers[:6]))
    expected = rendered(renderer_for(alone, panner), field)
    np.testing.assert_allclose(heard[:, :6], expected, atol=1e-6)
    np.testing.assert_allclose(heard[:, 6:], expected, atol=1e-6)
    only = rendered(renderer_for(ODEON, panner), replace(field, zone="one"))
    np.testing.assert_allclose(only[:, :6], expected, atol=1e-6)
    assert not only[:, 6:].any()


def test_a_sound_field_fills_zones_of_one_loudspeaker_too() -> None:
    heard = powers(rendered(HOUSE, Event(0.0, 0.2, segment(QUAD), "air", PATH, sound_field="ambix")))
    assert min(heard.values()) > 0.2 * max(heard.values())


@pytest.mark.parametrize("panner", ["", "ambisonics"])
def test_a_room_that_was_measured_as_a_sound_field_answers_alike_in_every_zone(panner: str) -> None:
    samples = np.random.default_rng(3).standard_normal((500, 4))
    room = Response(MeasuredRoom("made.wav"), samples / np.sqrt((samples**2).sum()), 48_000)
    renderer = renderer_for(ODEON, panner)
    answer = answer_of(room, renderer, 48_000)
    assert answer is not None
    bus = np.zeros((9, renderer.n_bus + room.n_sends, 64), np.float32)
    bus[0, -1, 0] = 1.0
    answer.add(bus)
    one, other = np.split(bus[:, :-1], 2, axis=1)
    assert np.abs(one).max() > 0.01
    np.testing.assert_allclose(one, other, atol=1e-7)


def test_a_room_answers_in_every_zone() -> None:
    heard = powers(rendered(HOUSE, Event(0.0, 0.1, segment(), "bell", PATH), room="courtyard")[6000:])
    assert min(heard.values()) > 0.1 * max(heard.values())
    assert min(heard.values()) > 0.0
