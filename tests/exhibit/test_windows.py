from __future__ import annotations

from itertools import islice

import numpy as np
import pytest

from soundscape.engine.commands import Start, Turn
from soundscape.engine.engine import Engine, EngineSettings, render_plan
from soundscape.engine.plan import Planned, plan
from soundscape.exhibit.plan import Plan
from soundscape.exhibit.windows import Windows, window_frames
from soundscape.space.layout import Layout, Speaker, load_layout
from soundscape.space.renderer import Renderer, renderer_for
from soundscape.space.room import Room, room_named
from soundscape.units import Samples
from tests.exhibit.days import RATE_HZ, bell, full_day, plan_of, source, wind

N_FRAMES = window_frames(RATE_HZ)
RIG = Layout("rig", (
    Speaker("left", 30.0, distance_m=2.0), Speaker("right", -30.0, distance_m=5.0), Speaker("sub", below_hz=80.0),
))  # fmt: skip


def windows(day: Plan, renderer: Renderer, room: Room | None) -> Windows:
    return Windows(day, renderer, rate_hz=RATE_HZ, room=room, source=source)


def level_db(samples: Samples) -> float:
    return float(10.0 * np.log10(max(float(np.mean(samples.astype(np.float64) ** 2)), 1e-30)))


@pytest.mark.parametrize(("layout", "room", "wind_room_db"), [
    (load_layout("stereo"), "hall", 0.0), (load_layout("stereo"), "hall", -120.0), (load_layout("5.1.4"), "none", 0.0),
    (load_layout("ambix-1"), "gallery", 0.0), (load_layout("headphones"), "none", 0.0), (RIG, "cave", -120.0),
])  # fmt: skip
def test_a_window_alone_has_the_bits_of_the_day(layout: Layout, room: str, wind_room_db: float) -> None:
    renderer = renderer_for(layout, rate_hz=RATE_HZ)
    made = windows(full_day(wind_room_db=wind_room_db), renderer, room_named(room))
    day = list(islice(made.raw(0), 4))
    for first in (1, 3):
        alone = next(made.raw(first))
        assert level_db(alone) > -60.0
        assert np.array_equal(alone, day[first])


def test_begun_one_window_later_it_would_be_another(monkeypatch: pytest.MonkeyPatch) -> None:
    made = windows(full_day(), renderer_for(load_layout("stereo"), rate_hz=RATE_HZ), room_named("hall"))
    whole = list(islice(made.raw(0), 3))[2]
    monkeypatch.setattr(made, "begin", lambda first: first)
    assert not np.array_equal(next(made.raw(2)), whole)


def test_windows_joined_are_the_piece_rendered_in_one_go() -> None:
    day, renderer, room = full_day(), renderer_for(load_layout("stereo"), rate_hz=RATE_HZ), room_named("hall")
    joined = np.concatenate(list(islice(windows(day, renderer, room).raw(0), 4)))
    whole = np.concatenate(list(render_plan(plan(day.arrangement, renderer, rate_hz=RATE_HZ, room=room), source)))
    n = min(len(joined), len(whole))
    assert level_db(joined[:n] - whole[:n]) < level_db(whole) - 110.0


def test_an_edge_in_a_ringing_room_is_no_edge_for_ears() -> None:
    # A bell that rings over the edge: without what rings from before, its tail would break off there.
    edge_s = N_FRAMES / RATE_HZ
    made = windows(
        plan_of(bell(edge_s - 6.2)), renderer_for(load_layout("stereo"), rate_hz=RATE_HZ), room_named("cave")
    )
    before, after = islice(made.raw(0), 2)
    n = RATE_HZ // 10
    assert abs(level_db(after[:n]) - level_db(before[-n:])) < 3.0


def test_a_room_that_rests_is_not_missed() -> None:
    renderer, room = renderer_for(load_layout("stereo"), rate_hz=RATE_HZ), room_named("gallery")
    arranged = plan_of(bell(0.5), wind(1.0, 40.0), bell(20.0), bell(21.0)).arrangement
    planned = plan(arranged, renderer, rate_hz=RATE_HZ, room=room)
    rendered = {}
    for rests in (False, True):
        settings = EngineSettings(max_voices=64, arena_frames=1 << 20, gain_rows=1 << 12, grows=True, rests=rests)
        rendered[rests] = np.concatenate(list(render_plan(planned, source, settings=settings)))
    difference = rendered[True].astype(np.float64) - rendered[False]
    assert np.abs(difference).max() < 1e-6 * np.abs(rendered[False]).max()
    assert difference.any()  # it did rest


@pytest.mark.parametrize("block_frames", [64, 192, 4096, 30_016])
def test_how_a_room_rests_does_not_depend_on_blocks(block_frames: int) -> None:
    renderer, room = renderer_for(load_layout("stereo"), rate_hz=RATE_HZ), room_named("gallery")
    planned = plan(plan_of(bell(0.5), bell(14.0)).arrangement, renderer, rate_hz=RATE_HZ, room=room)
    settings = EngineSettings(max_voices=64, arena_frames=1 << 20, gain_rows=1 << 12, grows=True, rests=True)
    whole = np.concatenate(list(render_plan(planned, source, settings=settings)))
    blocks = np.concatenate(list(render_plan(planned, source, settings=settings, block_frames=block_frames)))
    assert np.array_equal(whole, blocks)


def test_an_engine_begins_and_is_renewed_at_whole_quanta() -> None:
    renderer = renderer_for(load_layout("stereo"), rate_hz=RATE_HZ)
    with pytest.raises(ValueError, match="whole quantum of 64 frames, got 100"):
        Engine(renderer, rate_hz=RATE_HZ, begins=100)
    with Engine(renderer, rate_hz=RATE_HZ, begins=640) as engine:
        engine.render(10)
        with pytest.raises(ValueError, match="not at frame 650"):
            engine.renew()


def test_a_turned_field_stays_turned_when_it_is_renewed() -> None:
    renderer = renderer_for(load_layout("ambix-1"), rate_hz=RATE_HZ)
    planned = Planned(bell(0.0, azimuth_deg=0.0), plan_of(bell(0.0)).arrangement.recordings[0], RATE_HZ, renderer, 0)
    with Engine(renderer, rate_hz=RATE_HZ) as engine:
        engine.submit(Turn((90.0, 0.0, 0.0)))
        for voice in planned.voices(next(planned.stretches()), 0):
            engine.submit(Start(voice, source(planned.key)))
        engine.render(640)
        engine.renew()
        after = np.abs(engine.render(640)).max(axis=0)
    # ACN: Y is to the left, X ahead; a quarter turn of the field puts what was ahead to one side.
    assert after[1] > 1e-2
    assert after[3] < 1e-3 * after[1]
