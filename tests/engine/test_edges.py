"""Places where formulas divide by nothing: in the head, at a loudspeaker, straight above, at the end of the world."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.typing import NDArray

from soundscape.arrangement.event import Event
from soundscape.engine.commands import Turn
from soundscape.engine.engine import Engine, render_plan
from soundscape.engine.plan import plan
from soundscape.space.layout import layout_named
from soundscape.space.renderer import renderer_for
from soundscape.space.trajectory import FARTHEST_M, Trajectory
from tests.engine.scenes import MONO, QUAD, STEREO, arrangement, noise, segment

LAYOUTS = ("mono", "stereo", "5.1", "7.1.4", "ambix-3", "headphones")
PANNERS = ("vbap", "bs2127", "dbap", "nearest", "ambisonics")
HEAD = Trajectory.still(0.0, 0.0, 0.0)
Floats = NDArray[np.float64]


def rendered(where: str, *events: Event, panner: str = "", room: str = "none") -> Floats:
    planned = plan(arrangement(*events, room=room), renderer_for(layout_named(where), panner))
    return np.concatenate(list(render_plan(planned, noise))).astype(np.float64)


def power(mix: Floats) -> float:
    return float((mix**2).sum())


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_a_place_that_is_none_never_comes_to_the_engine(value: float) -> None:
    for point in ((value, 0.0, 0.0), (0.0, value, 0.0), (0.0, 0.0, value)):
        with pytest.raises(ValueError, match="finite"):
            Trajectory((0.0, 1.0), ((0.0, 1.0, 0.0), point))
        with pytest.raises(ValueError, match="finite"):
            renderer_for(layout_named("5.1")).panner.gains(np.array([point]))
    with pytest.raises(ValueError, match="finite"):
        Trajectory((0.0, abs(value)), ((0.0, 1.0, 0.0), (0.0, 2.0, 0.0)))


@pytest.mark.parametrize("recording_id", [MONO, STEREO, QUAD])
@pytest.mark.parametrize("where", LAYOUTS)
def test_in_the_head_a_sound_is_everywhere_and_finite(where: str, recording_id: str) -> None:
    mix = rendered(where, Event(0.0, 0.2, segment(recording_id), "thought", HEAD, doppler=True), room="courtyard")
    assert np.isfinite(mix).all()
    heard = [channel for channel in range(mix.shape[1]) if channel not in layout_named(where).lfe_channels]
    if where != "ambix-3":
        assert (np.abs(mix[:, heard]).max(axis=0) > 0.01).all()


@pytest.mark.parametrize("where", ["stereo", "5.1", "7.1.4"])
def test_in_the_head_power_is_one_and_spread_over_all(where: str) -> None:
    inside = rendered(where, Event(0.0, 0.2, segment(), "thought", HEAD))
    alone = rendered("mono", Event(0.0, 0.2, segment(), "thought", HEAD))
    everywhere = rendered(where, Event(0.0, 0.2, segment(), "thought", spread_deg=360.0))
    assert power(inside) == pytest.approx(power(alone), rel=1e-5)
    np.testing.assert_allclose(inside, everywhere, atol=1e-6)


def test_in_the_head_a_sound_field_hears_w_alone() -> None:
    mix = rendered("ambix-3", Event(0.0, 0.2, segment(), "thought", HEAD))
    assert np.abs(mix[:, 0]).max() > 0.3
    assert np.abs(mix[:, 1:]).max() < 1e-6


@pytest.mark.parametrize("where", LAYOUTS)
def test_a_way_through_the_head_has_no_click(where: str) -> None:
    """A constant that goes straight through, a metre in a second: no step is above one of its gains' straight ways."""
    path = Trajectory((0.0, 0.9), ((0.0, 0.45, 0.0), (0.0, -0.45, 0.0)))
    planned = plan(arrangement(Event(0.0, 0.9, segment(), "fly", path, fade_in_s=0.2, fade_out_s=0.2)),
                   renderer_for(layout_named(where)))  # fmt: skip
    mix = np.concatenate(list(render_plan(planned, lambda key: np.ones_like(noise(key)))))[500:-500]
    assert np.isfinite(mix).all()
    assert np.abs(np.diff(mix, axis=0)).max() < 0.01


@pytest.mark.parametrize("panner", ["vbap", "bs2127", "nearest"])
@pytest.mark.parametrize("where", ["5.1", "7.1.4", "octagon"])
def test_at_a_loudspeaker_only_that_one_sounds(where: str, panner: str) -> None:
    layout = layout_named(where)
    for channel in range(layout.n_channels):
        if channel in layout.lfe_channels:
            continue
        at = Trajectory.still(*layout.points_m[channel].tolist())
        mix = rendered(where, Event(0.0, 0.05, segment(), "bell", at), panner=panner)
        assert np.abs(np.delete(mix, channel, axis=1)).max(initial=0.0) < 1e-6
        assert power(mix[:, channel]) == pytest.approx(power(mix), rel=1e-9)
        assert np.abs(mix).max() > 0.45


@pytest.mark.parametrize("panner", PANNERS)
def test_at_a_loudspeaker_every_panner_stays_finite_and_as_loud(panner: str) -> None:
    layout = layout_named("7.1.4")
    for channel in (0, 4, 8):
        at = Trajectory.still(*layout.points_m[channel].tolist())
        mix = rendered("7.1.4", Event(0.0, 0.05, segment(), "bell", at), panner=panner)
        assert np.isfinite(mix).all()
        assert mix[:, channel].std() == pytest.approx(mix.std(axis=0).max())
        assert power(mix) == pytest.approx(power(rendered("mono", Event(0.0, 0.05, segment(), "bell"))), rel=0.4)


@pytest.mark.parametrize("where", LAYOUTS)
@pytest.mark.parametrize("point", [(0.0, 0.0, 2.0), (0.0, 0.0, -2.0), (0.0, -1.0, 0.0), (1e-12, 0.0, 0.0)])
def test_poles_and_seams_are_as_loud_as_any_other_place(where: str, point: tuple[float, float, float]) -> None:
    bell = Event(0.0, 0.1, segment(), "bell", Trajectory.still(*point))
    mix = rendered(where, bell)
    assert np.isfinite(mix).all()
    if where not in ("ambix-3", "headphones"):
        expected = power(rendered("mono", bell))
        assert power(mix) == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize("where", LAYOUTS)
def test_at_the_end_of_the_world_a_sound_is_faint_and_finite(where: str) -> None:
    path = Trajectory((0.0, 0.2), ((FARTHEST_M, -FARTHEST_M, FARTHEST_M), (0.0, 1e-300, 0.0)))
    mix = rendered(where, Event(0.0, 0.3, segment(end_s=1.0), "comet", path, doppler=True), room="courtyard")
    assert np.isfinite(mix).all()
    assert np.abs(mix[:4800]).max() < 0.01
    assert np.abs(mix).max() > 0.05


@pytest.mark.parametrize("where", LAYOUTS)
def test_the_loudest_event_that_can_be_written_is_finite(where: str) -> None:
    mix = rendered(where, Event(0.0, 0.1, segment(), "bang", gain_db=1000.0, room_db=1000.0), room="courtyard")
    assert np.isfinite(mix).all()
    quiet = rendered(where, Event(0.0, 0.1, segment(), "nothing", gain_db=-1000.0, room_db=-1000.0), room="courtyard")
    assert not quiet.any()


def test_a_turn_that_is_no_number_is_refused_and_changes_nothing() -> None:
    engine = Engine(renderer_for(layout_named("ambix-1")))
    engine.submit(Turn((math.nan, 0.0, 0.0)))
    engine.submit(Turn((90.0, 0.0, 0.0)))
    assert [receipt.is_refused for receipt in engine.receipts()] == [True, False]
