"""Two cores and more give the bits of one."""

from __future__ import annotations

import threading

import numpy as np
import pytest

from soundscape.arrangement.event import Event
from soundscape.engine.commands import Start, Stop, Turn
from soundscape.engine.engine import Engine, EngineSettings, render_plan
from soundscape.engine.plan import Plan, plan
from soundscape.score.curve import Curve
from soundscape.space.layout import layout_named
from soundscape.space.renderer import renderer_for
from soundscape.space.trajectory import Trajectory
from soundscape.units import Samples
from tests.engine.scenes import MONO, STEREO, arrangement, noise, segment
from tests.engine.test_engine import SCENE

FAR = Trajectory((0.0, 0.5), ((-2.0, 1.0, 0.0), (30.0, -20.0, 1.0)))
EVENTS = (
    *SCENE,
    Event(0.05, 0.4, segment(STEREO), "far", FAR, doppler=True),
    Event(0.3, 0.5, segment(MONO), "owl", FAR, bend=Curve((0.0, 0.5), (-3.0, 4.0)), spread_deg=90.0),
)
WHERE = {
    "5.1 in a corridor": ("5.1", "", "corridor"),
    "field in a courtyard": ("ambix-2", "", "courtyard"),
    "ears in a hall": ("headphones", "", "hall"),
    "decoded in a gallery": ("octagon", "ambisonics", "gallery"),
    "quad": ("quad", "", "none"),
}
BLOCKS = (1, 64, 1000, 20_000)


def planned(where: str) -> Plan:
    layout_name, panner, room = WHERE[where]
    return plan(arrangement(*EVENTS, room=room), renderer_for(layout_named(layout_name), panner))


def rendered(made: Plan, n_cores: int, n_frames: int, block: int) -> Samples:
    with Engine(made.renderer, room=made.room, settings=EngineSettings(n_cores=n_cores)) as engine:
        for voice in made.voices:
            engine.submit(Start(voice, noise(voice.key)))
        engine.submit(Stop(made.voices[0].index, 5000, 300))
        engine.submit(Turn((40.0, 5.0, 0.0)))
        return np.concatenate([engine.render(min(block, n_frames - n)) for n in range(0, n_frames, block)])


@pytest.mark.parametrize("block", BLOCKS)
@pytest.mark.parametrize("where", WHERE)
def test_two_cores_give_the_bits_of_one(where: str, block: int) -> None:
    made, n_frames = planned(where), 1300 if block == 1 else 22_000
    one = rendered(made, 1, n_frames, n_frames)
    assert np.abs(one).max() > 0.01
    np.testing.assert_array_equal(rendered(made, 2, n_frames, block), one)


def test_more_cores_than_parts_give_the_bits_of_one() -> None:
    made = planned("field in a courtyard")
    one = rendered(made, 1, 20_000, 20_000)
    for n_cores in (3, 8):
        np.testing.assert_array_equal(rendered(made, n_cores, 20_000, 7777), one)


@pytest.mark.parametrize("block", BLOCKS[1:])
@pytest.mark.parametrize("where", ["5.1 in a corridor", "ears in a hall"])
def test_a_whole_plan_on_two_cores_has_the_bits_of_one(where: str, block: int) -> None:
    made = planned(where)
    alone, shared = (
        EngineSettings(max_voices=2, arena_frames=1 << 16, gain_rows=64, grows=True, streams=True, n_cores=n_cores)
        for n_cores in (1, 2)
    )
    one = np.concatenate(list(render_plan(made, noise, settings=alone)))
    two = np.concatenate(list(render_plan(made, noise, block_frames=block, settings=shared)))
    assert len(two) == made.n_frames
    np.testing.assert_array_equal(two, one)


def test_blocks_that_were_given_do_not_change_while_the_next_are_made() -> None:
    made = planned("quad")
    with Engine(made.renderer, settings=EngineSettings(n_cores=2)) as engine:
        for voice in made.voices:
            engine.submit(Start(voice, noise(voice.key)))
        blocks = [engine.render(4096) for _ in range(5)]
        kept = [block.copy() for block in blocks]
        engine.render(20_000)
    np.testing.assert_array_equal(blocks, kept)


def test_threads_end_when_the_engine_is_closed() -> None:
    before = set(threading.enumerate())
    engine = Engine(renderer_for(layout_named("stereo")), settings=EngineSettings(n_cores=3, streams=True))
    engine.render(20_000)
    assert set(threading.enumerate()) > before
    engine.close()
    assert set(threading.enumerate()) == before


def test_fewer_cores_than_one_are_refused() -> None:
    with pytest.raises(ValueError, match="n_cores"):
        EngineSettings(n_cores=0)
