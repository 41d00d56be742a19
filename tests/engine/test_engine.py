from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from soundscape.arrangement.arrangement import Arrangement
from soundscape.arrangement.event import Event
from soundscape.engine.commands import Start, Stop
from soundscape.engine.engine import Engine, EngineSettings, render_plan
from soundscape.engine.plan import plan
from soundscape.score.curve import Curve
from soundscape.space.layout import layout_named
from soundscape.space.renderer import renderer_for
from soundscape.space.trajectory import Trajectory
from soundscape.units import Samples
from tests.engine.scenes import MONO, STEREO, arrangement, noise, ones, segment

LAYOUT = layout_named("5.1")
RENDERER = renderer_for(LAYOUT)
MOVES = Trajectory((0.0, 1.0), ((-2.0, 1.0, 0.0), (3.0, -1.0, 1.0)))
SCENE = (
    Event(0.013, 0.6, segment(), "bell", MOVES),
    Event(0.2, 0.9, segment(STEREO), "wind", MOVES, loops=True, level_db=Curve((0.0, 0.9), (-20.0, 0.0))),
    Event(0.1, 0.7, segment(), "gate", bend=Curve((0.0, 0.7), (-7.0, 9.0))),
)


def rendered(scene: Arrangement, block_frames: int = 65_536, engine: EngineSettings | None = None) -> Samples:
    return np.concatenate(list(render_plan(plan(scene, LAYOUT), noise, block_frames=block_frames, settings=engine)))


@pytest.mark.parametrize("block_frames", [63, 64, 441, 480, 1024])
def test_the_bits_do_not_depend_on_the_block(block_frames: int) -> None:
    scene = arrangement(*SCENE, room="corridor").between(0.0, 0.15)
    np.testing.assert_array_equal(rendered(scene, block_frames), rendered(scene))


def test_blocks_of_one_frame_give_the_same_bits() -> None:
    engine, whole = (Engine(RENDERER) for _ in range(2))
    for voice in plan(arrangement(*SCENE), LAYOUT).voices:
        for one in (engine, whole):
            one.submit(Start(voice, noise(voice.key)))
    singles = np.concatenate([engine.render(1) for _ in range(12_000)])
    np.testing.assert_array_equal(singles, whole.render(12_000))


def test_what_is_rendered_into_an_array_has_the_same_bits_and_is_in_whole_quanta() -> None:
    engine, whole = (Engine(RENDERER) for _ in range(2))
    for voice in plan(arrangement(*SCENE), LAYOUT).voices:
        for one in (engine, whole):
            one.submit(Start(voice, noise(voice.key)))
    out = np.full((6400, LAYOUT.n_channels), np.nan, np.float32)
    engine.render_into(out[:640])
    engine.render_into(out[640:])
    np.testing.assert_array_equal(out, whole.render(6400))
    with pytest.raises(ValueError, match="not 100 from 6400 on"):
        engine.render_into(out[:100])
    engine.render(1)
    with pytest.raises(ValueError, match="not 64 from 6401 on"):
        engine.render_into(out[:64])


def test_the_bits_do_not_depend_on_the_order_of_commands_or_the_place_in_the_arena() -> None:
    voices = plan(arrangement(*SCENE), LAYOUT).voices
    mixes = []
    for order in (voices, voices[::-1]):
        engine = Engine(RENDERER)
        for voice in order:
            engine.submit(Start(voice, noise(voice.key)))
        mixes.append(engine.render(30_000))
    np.testing.assert_array_equal(*mixes)


def test_a_ring_gives_the_bits_of_a_source_that_is_held_whole() -> None:
    scene = arrangement(Event(0.013, 1.9, segment(end_s=2.0), "wind", MOVES))
    ring = EngineSettings(max_voices=2, arena_frames=(1 << 13) + 32, gain_rows=256, ring_frames=1 << 13)
    np.testing.assert_array_equal(rendered(scene, engine=ring), rendered(scene))


def test_a_crossfade_of_two_equal_powers_never_leaves_a_hole() -> None:
    scene = plan(arrangement(Event(0.0, 3.0, segment(), "wind", loops=True)), LAYOUT)
    mix = np.concatenate(list(render_plan(scene, ones)))[500:-500]
    loudness = mix[:, 2]
    assert loudness.min() > 0.999
    assert loudness.max() < np.sqrt(2.0) + 1e-3


def test_an_engine_without_room_refuses_and_says_so() -> None:
    voices = plan(arrangement(*SCENE), LAYOUT).voices
    engine = Engine(RENDERER, settings=EngineSettings(max_voices=1))
    for voice in voices[:2]:
        engine.submit(Start(voice, noise(voice.key)))
    assert [receipt.is_refused for receipt in engine.receipts()] == [False, True]
    assert engine.receipts() == ()


def test_a_late_voice_is_said_to_be_late_and_goes_on_from_where_it_would_be() -> None:
    (voice,) = plan(arrangement(Event(0.0, 0.5, segment(), "bell")), LAYOUT).voices
    on_time, late = Engine(RENDERER), Engine(RENDERER)
    on_time.submit(Start(voice, noise(voice.key)))
    late.render(640)
    late.submit(Start(voice, noise(voice.key)))
    assert late.receipts()[0].late_frames == 640
    np.testing.assert_array_equal(late.render(2000)[64:], on_time.render(2640)[704:])


def test_a_stopped_voice_is_silent_after_its_fade_and_leaves() -> None:
    (voice,) = plan(arrangement(Event(0.0, 0.9, segment(), "bell")), LAYOUT).voices
    engine = Engine(RENDERER)
    engine.submit(Start(voice, noise(voice.key)))
    engine.submit(Stop(voice.index, at_frame=1000, fade_frames=100))
    mix = engine.render(4096)
    assert np.abs(mix[900:1000]).max() > 0.01
    assert not mix[1100:].any()
    assert engine.n_sounding == 0


events = st.builds(
    Event, st.floats(0.0, 0.1), st.floats(0.01, 0.2), st.sampled_from([segment(MONO, 0.1), segment(STEREO, 0.2)]),
    st.just("any"), st.builds(Trajectory.still, st.floats(-3, 3), st.floats(-3, 3), st.floats(0, 3)),
    st.floats(-30, 6), st.floats(0.0, 0.09), loops=st.booleans(), spread_deg=st.floats(0, 360),
    bend=st.none() | st.builds(lambda high: Curve((0.0, 0.1), (0.0, high)), st.floats(-12, 12)),
)  # fmt: skip


@settings(max_examples=25)
@given(st.lists(events, min_size=1, max_size=4), st.lists(events, min_size=1, max_size=4))
def test_two_scenes_together_are_the_sum_of_both(one: list[Event], other: list[Event]) -> None:
    parts = [rendered(arrangement(*scene)) for scene in (one, other)]
    both = rendered(arrangement(*one, *other))
    assert np.isfinite(both).all()
    for part in parts:
        both[: len(part)] -= part
    assert np.abs(both).max() < 1e-5


@settings(max_examples=10)
@given(st.lists(events, min_size=1, max_size=4))
def test_silence_in_is_silence_out(scene: list[Event]) -> None:
    planned = plan(arrangement(*scene, room="hall"), LAYOUT)
    assert not any(block.any() for block in render_plan(planned, lambda key: 0 * noise(key)))


LOOPED = Event(0.0, 20.0, replace(segment(end_s=2.0), kind="texture", features={
    "loop_start_s": 0.25, "loop_end_s": 1.75, "loop_fade_s": 0.3}), "wind", loops=True)  # fmt: skip


def test_a_loop_between_its_points_keeps_its_level() -> None:
    out = rendered(arrangement(LOOPED)).astype(np.float64)
    inside = np.square(out[4_800:-12_000].sum(axis=1))
    levels = 10.0 * np.log10(inside[: len(inside) // 4_800 * 4_800].reshape(-1, 4_800).mean(axis=1))
    assert np.abs(np.diff(levels)).max() < 0.5


def test_a_loop_between_its_points_has_the_same_bits_in_any_block() -> None:
    scene = arrangement(replace(LOOPED, duration_s=4.0))
    np.testing.assert_array_equal(rendered(scene, 479), rendered(scene))
