from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from soundscape.arrangement.event import Event
from soundscape.engine.plan import plan
from soundscape.score.curve import Curve
from soundscape.space.layout import layout_named
from soundscape.space.trajectory import Trajectory
from tests.engine.scenes import MONO, QUAD, STEREO, arrangement, segment

LAYOUT = layout_named("7.1.4")


def test_a_sound_starts_and_ends_at_the_frame_nearest_to_its_seconds() -> None:
    (voice,) = plan(arrangement(Event(0.25, 0.5, segment(), "bell")), LAYOUT).voices
    assert (voice.start, voice.stop, voice.fade_in, voice.fade_out) == (12_000, 36_000, 96, 480)


def test_a_sound_ends_with_its_segment_and_fades_there() -> None:
    (voice,) = plan(arrangement(Event(0.0, 5.0, segment(), "bell", offset_s=0.4)), LAYOUT).voices
    assert voice.stop == 28_800
    assert voice.fade_out == 480


@pytest.mark.parametrize(("recording_id", "channels"), [(MONO, [0]), (STEREO, [0, 1]), (QUAD, [-1])])
def test_each_channel_of_a_pair_is_a_voice_and_more_channels_are_one(recording_id: str, channels: list[int]) -> None:
    found = plan(arrangement(Event(0.0, 0.5, segment(recording_id), "bell")), LAYOUT).voices
    assert [voice.channel for voice in found] == channels


def test_a_sound_field_enters_with_every_channel_and_sends_nothing_into_the_room() -> None:
    scene = arrangement(Event(0.0, 0.5, segment(QUAD), "hall"), room="hall")
    field = replace(scene, recordings=tuple(replace(take, ambisonic="ambix") for take in scene.recordings))
    voices = plan(field, LAYOUT).voices
    assert [voice.channel for voice in voices] == [0, 1, 2, 3]
    assert not any(voice.gains[:, LAYOUT.n_channels :].any() for voice in voices)
    assert (voices[0].gains[:, :3] > 0.0).all(), "W sounds all round"
    assert not any(voice.gains[:, list(LAYOUT.lfe_channels)].any() for voice in voices)


def test_the_left_of_a_pair_stands_left_of_its_path() -> None:
    left, right = plan(arrangement(Event(0.0, 0.5, segment(STEREO), "bell")), LAYOUT).voices
    assert left.gains[0, 0] == pytest.approx(1.0, abs=1e-3)
    assert right.gains[0, 1] == pytest.approx(1.0, abs=1e-3)


def test_twice_as_far_is_6_db_quieter_and_3_db_into_the_room() -> None:
    near, far = (
        plan(arrangement(Event(0.0, 0.5, segment(), "bell", Trajectory.still(0.0, y, 0.0)), room="hall"), LAYOUT)
        for y in (2.0, 4.0)
    )
    one, other = near.voices[0].gains[0].astype(float), far.voices[0].gains[0].astype(float)
    assert np.linalg.norm(one[:12]) / np.linalg.norm(other[:12]) == pytest.approx(2.0, rel=1e-6)
    assert np.linalg.norm(one[12:]) / np.linalg.norm(other[12:]) == pytest.approx(np.sqrt(2.0), rel=1e-6)


def test_what_a_moving_source_sends_into_the_room_moves_with_it() -> None:
    path = Trajectory((0.0, 0.5), ((0.0, 2.0, 0.0), (-2.0, 0.0, 0.0)))
    (voice,) = plan(arrangement(Event(0.0, 0.5, segment(), "bell", path), room="hall"), LAYOUT).voices
    ahead, left = voice.gains[:, 12], voice.gains[:, 13]
    assert (ahead[0], left[0]) == pytest.approx((0.5**0.5, 0.0), abs=1e-3)
    assert (ahead[-1], left[-1]) == pytest.approx((0.0, 0.5**0.5), abs=1e-3)
    assert not voice.gains[:, 14:].any()


def test_a_loop_covers_its_time_with_crossfades_that_meet() -> None:
    found = plan(arrangement(Event(0.0, 4.0, segment(), "wind", loops=True)), LAYOUT).voices
    assert found[0].start == 0
    assert found[-1].stop == 192_000
    for one, other in pairwise(found):
        assert other.start == one.stop - one.fade_out
        assert other.fade_in == one.fade_out or other.n_frames < 2 * one.fade_out


def test_fades_shrink_with_a_short_sound() -> None:
    (voice,) = plan(arrangement(Event(0.0, 0.01, segment(), "knock", fade_in_s=0.1, fade_out_s=0.3)), LAYOUT).voices
    assert (voice.fade_in, voice.fade_out) == (120, 360)


def test_an_octave_up_uses_the_source_twice_as_fast() -> None:
    bend = Curve((0.0,), (12.0,))
    (voice,) = plan(arrangement(Event(0.0, 5.0, segment(), "bell", bend=bend)), LAYOUT).voices
    assert voice.stop == 24_000
    assert np.diff(voice.positions).tolist() == [1024.0] * (len(voice.positions) - 1)


def loops_between(start_s: float, end_s: float, fade_s: float) -> Event:
    points = {"loop_start_s": start_s, "loop_end_s": end_s, "loop_fade_s": fade_s}
    return Event(0.0, 12.0, replace(segment(end_s=2.0), kind="texture", features=points), "wind", loops=True)


def test_a_loop_goes_round_between_its_points() -> None:
    first, *others = plan(arrangement(loops_between(0.5, 1.75, 0.25)), LAYOUT).voices
    assert (first.source_start, first.n_frames, first.fade_out) == (0, 84_000, 12_000)
    assert {voice.source_start for voice in others} == {24_000}
    assert {voice.n_frames for voice in others[:-1]} == {60_000}
    assert all(other.start == one.stop - 12_000 for one, other in pairwise([first, *others]))
    assert others[-1].stop == 12 * 48_000


def test_a_loop_that_begins_behind_its_end_begins_inside() -> None:
    late = replace(loops_between(0.5, 1.75, 0.25), offset_s=1.9)
    first = plan(arrangement(late), LAYOUT).voices[0]
    assert first.source_start == 24_000 + (1.4 % 1.0) * 48_000


def test_points_that_do_not_fit_are_no_loop() -> None:
    found = plan(arrangement(loops_between(0.5, 2.5, 0.25)), LAYOUT).voices
    assert {voice.source_start for voice in found} == {0}


def test_a_loop_at_twice_the_speed_goes_round_in_half_the_time() -> None:
    fast = replace(loops_between(0.5, 1.75, 0.25), speed=2.0)
    first, second, *_ = plan(arrangement(fast), LAYOUT).voices
    assert (first.n_frames, second.source_start, second.n_frames, second.fade_in) == (42_000, 12_000, 30_000, 6_000)
