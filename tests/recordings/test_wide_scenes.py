"""Random scenes to teach from are what they say they are."""

from __future__ import annotations

import numpy as np

from recordings.scenes import RATE_HZ, Clip
from recordings.wide_scenes import wide_scene


def test_tags_are_those_of_the_vocabulary(clips: list[Clip]) -> None:
    assert [clip.tag for clip in clips] == ["gate.knock", "flute", "wind"]


def test_a_seed_is_a_scene_whose_truth_lies_within_it(clips: list[Clip]) -> None:
    first, events = wide_scene(clips, 3, 0.4)
    again, same_events = wide_scene(clips, 3, 0.4)
    np.testing.assert_array_equal(first, again)
    assert events == same_events
    assert not np.array_equal(first, wide_scene(clips, 4, 0.4)[0])
    assert events
    for event in events:
        assert 0.0 <= event.onset_s < event.offset_s <= len(first) / RATE_HZ
        assert all(event.onset_s - 0.02 <= a < b <= event.offset_s + 0.02 for a, b in event.audible_s)
