"""What becomes of a bus on its way out: decoders, distances, subwoofers and turned fields, measured from outside."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from soundscape.arrangement.event import Event
from soundscape.engine.commands import Start, Turn
from soundscape.engine.engine import Engine
from soundscape.engine.plan import plan
from soundscape.engine.voices import SourceKey
from soundscape.score.curve import Curve
from soundscape.space.distance import SOUND_M_PER_S
from soundscape.space.layout import Layout, Speaker, layout_named
from soundscape.space.renderer import Renderer, renderer_for
from soundscape.space.trajectory import Trajectory, point_at
from soundscape.units import Samples
from tests.engine.scenes import arrangement, noise, segment
from tests.engine.test_engine import SCENE

RATE_HZ = 48_000
AT = 960
"""Frame of a click: after the fade at the beginning."""

RIG = Layout("rig", (
    Speaker("L", 30.0, 0.0, 2.0), Speaker("R", -30.0, 0.0, 3.43), Speaker("B", 170.0, 20.0, 7.1),
    Speaker("sub", 0.0, 0.0, 4.0, is_lfe=True, below_hz=80.0), Speaker("LFE", 0.0, 0.0, 7.1, is_lfe=True),
))  # fmt: skip
PLAIN = Layout("plain", tuple(replace(speaker, below_hz=0.0) for speaker in RIG.speakers))
EVEN = Layout("even", (
    Speaker("L", 30.0), Speaker("R", -30.0), Speaker("B", 180.0), Speaker("sub", is_lfe=True, below_hz=80.0),
    Speaker("LFE", is_lfe=True),
))  # fmt: skip
TWO_ROOMS = Layout("rooms", (
    Speaker("a left", 45.0, zone="a"), Speaker("a right", -45.0, zone="a"),
    Speaker("a sub", is_lfe=True, below_hz=120.0, zone="a"),
    Speaker("a sub too", is_lfe=True, below_hz=120.0, zone="a"),
    Speaker("b left", 45.0, zone="b"), Speaker("b right", -45.0, zone="b"),
    Speaker("b sub", is_lfe=True, below_hz=60.0, zone="b"),
    Speaker("c left", 45.0, zone="c"), Speaker("c right", -45.0, zone="c"),
))  # fmt: skip


def click(key: SourceKey) -> Samples:
    samples = np.zeros_like(noise(key))
    samples[AT] = 1.0
    return samples


def low_sine(key: SourceKey) -> Samples:
    samples = noise(key)
    samples[:] = np.sin(2.0 * np.pi * 50.0 * np.arange(len(samples)) / RATE_HZ)[:, None]
    return samples


def sounding(renderer: Renderer, *events: Event, source: Callable[[SourceKey], Samples] = noise) -> Engine:
    engine = Engine(renderer)
    for voice in plan(arrangement(*events), renderer).voices:
        engine.submit(Start(voice, source(voice.key)))
    return engine


def clicked(layout: Layout, speaker: str, n_frames: int = 24_000) -> NDArray[np.float64]:
    """What every channel of a rig plays, from the click on, where one loudspeaker is given a click."""
    engine = sounding(renderer_for(layout), Event(0.0, 0.9, segment(), "click", speaker=speaker), source=click)
    return engine.render(AT + n_frames)[AT:].astype(np.float64)


def spectrum_db(answer: NDArray[np.float64], hz: NDArray[np.float64]) -> NDArray[np.float64]:
    waves = np.exp(-2j * np.pi * np.outer(hz, np.arange(len(answer))) / RATE_HZ)
    return np.asarray(20.0 * np.log10(np.abs(waves @ answer)))


# Decoding


@pytest.mark.parametrize(("layout_name", "panner"), [("7.1.4", "ambisonics"), ("cube", "ambisonics-1-epad"),
                                                     ("5.1", "ambisonics-1-allrad-in-phase")])  # fmt: skip
def test_a_decoder_is_its_matrix(layout_name: str, panner: str) -> None:
    """Loudspeakers play what the panner's harmonics are after the decoder, in float64."""
    renderer = renderer_for(layout_named(layout_name), panner)
    place = (1.0, 2.0, 0.5)
    far_m = float(np.linalg.norm(place))
    engine = sounding(renderer, Event(0.0, 0.2, segment(), "bell", Trajectory.still(*place)))
    made = engine.render(4096)[200:].astype(np.float64)
    assert renderer.panner.decoder is not None
    gains = renderer.panner.decoder @ renderer.panner.gains(np.array([place]))[0] / far_m
    source = noise(SourceKey("a" * 32, 0.0, 1.0))[200:4096, 0].astype(np.float64)
    assert np.abs(made - source[:, None] * gains).max() < 1e-6 * np.abs(made).max()


# Alignment


@pytest.mark.parametrize("speaker", [speaker.name for speaker in RIG.speakers])
def test_every_loudspeaker_arrives_in_step_and_equally_loud(speaker: str) -> None:
    """Sound takes d / c from there and falls as 1 / d: after that all clicks meet within half a frame."""
    heard = clicked(PLAIN, speaker)
    channel = [s.name for s in RIG.speakers].index(speaker)
    assert np.count_nonzero(heard) == 1
    frame = int(heard[:, channel].argmax())
    distance_m = RIG.speakers[channel].distance_m
    assert frame + distance_m / SOUND_M_PER_S * RATE_HZ == pytest.approx(7.1 / SOUND_M_PER_S * RATE_HZ, abs=0.501)
    assert heard[frame, channel] / distance_m == pytest.approx(1.0 / 7.1, rel=1e-6)


def test_a_rig_that_is_not_aligned_plays_as_it_stands() -> None:
    near = Speaker("near", 30.0, 0.0, 2.0)
    for aligns, delay in ((False, 0), (True, round(8.0 / SOUND_M_PER_S * RATE_HZ))):
        heard = clicked(Layout("two", (near, Speaker("far", -30.0, 0.0, 10.0)), aligns=aligns), "near")
        assert int(np.abs(heard[:, 0]).argmax()) == delay


@pytest.mark.parametrize("where", [PLAIN, layout_named("headphones")], ids=["rig", "headphones"])
def test_a_plan_lasts_until_all_has_left_the_rig(where: Layout) -> None:
    """A sound without a fade at its end: what filters and delays still hold comes out before the plan is over."""
    event = Event(0.0, 0.1, segment(), "bell", fade_out_s=0.0, spread_deg=360.0)
    planned = plan(arrangement(event), where)
    engine = sounding(planned.renderer, event)
    mix = engine.render(planned.n_frames + 3000).astype(np.float64)
    left = np.abs(mix).max(axis=1)
    assert left[planned.n_frames :].max() < 1e-6
    assert left[planned.voices[-1].stop :].max() > 0.01


# Subwoofers


@pytest.mark.parametrize("speaker", ["L", "B"])
def test_a_loudspeaker_and_its_subwoofer_add_up_to_what_it_was_given(speaker: str) -> None:
    heard = clicked(EVEN, speaker)
    channel = [s.name for s in EVEN.speakers].index(speaker)
    hz = np.geomspace(20.0, 20_000.0, 60)
    assert np.abs(spectrum_db(heard[:, channel] + heard[:, 3], hz)).max() < 0.1
    main_db, sub_db = spectrum_db(heard[:, channel], hz), spectrum_db(heard[:, 3], hz)
    assert (main_db[hz < 75.0] < sub_db[hz < 75.0]).all()
    assert (main_db[hz > 85.0] > sub_db[hz > 85.0]).all()
    others = [c for c in range(5) if c not in (channel, 3)]
    assert not heard[:, others].any()


def test_each_falls_by_24_db_an_octave_and_both_are_6_db_down_where_they_meet() -> None:
    heard = clicked(EVEN, "L")
    at_db = spectrum_db(heard[:, 0], np.array([10.0, 20.0, 80.0]))
    assert at_db[1] - at_db[0] == pytest.approx(24.0, abs=0.3)
    assert at_db[2] == pytest.approx(-6.02, abs=0.05)
    sub_db = spectrum_db(heard[:, 3], np.array([80.0, 320.0, 640.0]))
    assert sub_db[1] - sub_db[2] == pytest.approx(24.0, abs=0.3)
    assert sub_db[0] == pytest.approx(-6.02, abs=0.05)


def test_what_is_meant_for_an_lfe_or_a_subwoofer_is_left_alone() -> None:
    for speaker, channel in (("LFE", 4), ("sub", 3)):
        heard = clicked(EVEN, speaker)
        assert heard[0, channel] == 1.0
        assert np.count_nonzero(heard) == 1


def test_each_zone_gives_its_lows_to_its_own_subwoofers_which_share_them() -> None:
    hz = np.geomspace(20.0, 20_000.0, 40)
    heard = clicked(TWO_ROOMS, "a right")
    np.testing.assert_array_equal(heard[:, 2], heard[:, 3])
    assert np.abs(spectrum_db(heard[:, 1] + heard[:, 2] + heard[:, 3], hz)).max() < 0.1
    assert spectrum_db(heard[:, 1], np.array([120.0]))[0] == pytest.approx(-6.02, abs=0.05)
    assert not heard[:, [0, *range(4, 9)]].any()
    heard = clicked(TWO_ROOMS, "b left")
    assert spectrum_db(heard[:, 6], np.array([60.0]))[0] == pytest.approx(-6.02, abs=0.05)
    assert not heard[:, [0, 1, 2, 3, 5, 7, 8]].any()


def test_a_zone_without_a_subwoofer_keeps_its_lows() -> None:
    heard = clicked(TWO_ROOMS, "c left")
    assert heard[0, 7] == 1.0
    assert np.count_nonzero(heard) == 1


# Turning


def still(azimuth_deg: float, elevation_deg: float) -> Event:
    path = Trajectory.still(*point_at(azimuth_deg, elevation_deg, 2.0))
    return Event(0.0, 0.5, segment(), "bell", path, spread_deg=0.0)


@pytest.mark.parametrize("layout_name", ["ambix-1", "ambix-3", "headphones"])
def test_turning_the_field_is_turning_the_sources_and_the_head_the_other_way(layout_name: str) -> None:
    renderer = renderer_for(layout_named(layout_name))
    turned = sounding(renderer, still(20.0, 10.0), still(-100.0, -30.0))
    turned.submit(Turn((50.0, 0.0, 0.0)))
    there = sounding(renderer, still(70.0, 10.0), still(-50.0, -30.0))
    settled = 64 + renderer.n_late_frames(RATE_HZ)
    one, other = turned.render(4096)[settled:], there.render(4096)[settled:]
    assert np.abs(other).max() > 0.1
    assert np.abs(one - other).max() < 1e-5 * np.abs(other).max()
    assert not turned.receipts()[-1].is_refused


def test_pitch_lifts_what_is_ahead_and_roll_lowers_what_is_at_the_right() -> None:
    renderer = renderer_for(layout_named("ambix-2"))
    for turn_deg, before, after in (((0.0, 40.0, 0.0), (0.0, 0.0), (0.0, 40.0)),
                                    ((0.0, 0.0, 30.0), (-90.0, 0.0), (-90.0, -30.0))):  # fmt: skip
        turned, there = sounding(renderer, still(*before)), sounding(renderer, still(*after))
        turned.submit(Turn(turn_deg))
        np.testing.assert_allclose(turned.render(2000)[64:], there.render(2000)[64:], atol=1e-6)


@pytest.mark.parametrize("turn_deg", [(360.0, 0.0, 0.0), (0.0, -360.0, 720.0)])
def test_a_full_turn_is_none(turn_deg: tuple[float, float, float]) -> None:
    renderer = renderer_for(layout_named("ambix-3"))
    turned, there = sounding(renderer, *SCENE), sounding(renderer, *SCENE)
    turned.submit(Turn(turn_deg))
    np.testing.assert_allclose(turned.render(9000), there.render(9000), atol=1e-6)


def test_turning_back_gives_the_field_that_was() -> None:
    renderer = renderer_for(layout_named("ambix-2"))
    turned, there = sounding(renderer, *SCENE), sounding(renderer, *SCENE)
    turned.submit(Turn((123.0, -20.0, 5.0)))
    turned.render(1000)
    there.render(1000)
    turned.submit(Turn((0.0, 0.0, 0.0)))
    np.testing.assert_allclose(turned.render(3000)[128:], there.render(3000)[128:], atol=1e-6)


@pytest.mark.parametrize("quantum", range(4))
def test_a_turn_does_not_click(quantum: int) -> None:
    """A harmonic goes from 1 to -1 over 64 frames: no step is larger than 2 / 64 and the steps of the sine."""
    renderer = renderer_for(layout_named("ambix-1"))
    source = Event(0.0, 0.5, segment(), "hum", Trajectory.still(-1.0, 0.0), fade_in_s=0.0)
    engine = sounding(renderer, source, source=low_sine)
    first = engine.render(640 + 64 * quantum)
    engine.submit(Turn((180.0, 0.0, 0.0)))
    whole = np.concatenate([first, engine.render(2000)]).astype(np.float64)
    assert np.abs(whole[:, 1]).max() > 0.99
    steepest = 2.0 * np.pi * 50.0 / RATE_HZ
    assert np.abs(np.diff(whole, axis=0)).max() < 2.0 / 64.0 + steepest


@pytest.mark.parametrize("panner", ["", "dbap"])
def test_loudspeakers_that_are_reached_by_no_field_refuse_a_turn(panner: str) -> None:
    renderer = renderer_for(layout_named("5.1"), panner)
    engine, alone = sounding(renderer, *SCENE), sounding(renderer, *SCENE)
    engine.receipts()
    engine.submit(Turn((90.0, 0.0, 0.0)))
    (receipt,) = engine.receipts()
    assert (receipt.what, receipt.index, receipt.is_refused) == ("turn", -1, True)
    np.testing.assert_array_equal(engine.render(5000), alone.render(5000))


def test_a_decoded_field_can_be_turned() -> None:
    renderer = renderer_for(layout_named("octagon"), "ambisonics")
    turned, there = sounding(renderer, still(22.5, 0.0)), sounding(renderer, still(67.5, 0.0))
    turned.submit(Turn((45.0, 0.0, 0.0)))
    np.testing.assert_allclose(turned.render(3000)[64:], there.render(3000)[64:], atol=1e-6)
    assert not turned.receipts()[-1].is_refused


# Blocks

MAKERS = {
    "one loudspeaker": lambda: renderer_for(layout_named("mono")),
    "aligned with subwoofer": lambda: renderer_for(RIG),
    "zones with subwoofers": lambda: renderer_for(TWO_ROOMS),
    "decoded": lambda: renderer_for(layout_named("7.1.4"), "ambisonics"),
    "ears": lambda: renderer_for(layout_named("headphones")),
    "field": lambda: renderer_for(layout_named("ambix-2")),
}


@pytest.mark.parametrize("made", MAKERS)
@pytest.mark.parametrize("block", [1, 63, 64, 441, 480, 1024])
def test_blocks_do_not_change_the_bits(made: str, block: int) -> None:
    renderer = MAKERS[made]()
    bend = Event(0.0, 0.4, segment(), "gate", bend=Curve((0.0, 0.4), (-7.0, 9.0)))
    whole, split = sounding(renderer, *SCENE, bend), sounding(renderer, *SCENE, bend)
    for engine in (whole, split):
        engine.submit(Turn((77.0, 10.0, 0.0)))
    n_frames = 1500 if block == 1 else 9000
    blocks = [split.render(min(block, n_frames - first)) for first in range(0, n_frames, block)]
    expected = whole.render(n_frames)
    assert np.abs(expected).max() > 0.01
    np.testing.assert_array_equal(np.concatenate(blocks), expected)
