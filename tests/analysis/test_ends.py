"""Of two sounds at once each ends by itself: its bands fall, and those of the other do not."""

from __future__ import annotations

import numpy as np
import pytest

from soundscape.analysis.frames import N_BANDS
from soundscape.analysis.segmenters.ends import FOLLOWS_S, LEAST_FRAMES, ended

LOW, HIGH = slice(4, 12), slice(24, 32)
STOP = 1500


def bands(*sounds: tuple[slice, int, int]) -> np.ndarray:
    """A background at -60 dB in which sounds of -30 dB take some bands from a frame to another."""
    levels = np.random.default_rng(3).normal(-60.0, 1.0, (2000, N_BANDS))
    for places, start, stop in sounds:
        levels[start:stop, places] += 30.0
    return np.float32(levels)


def test_what_began_first_may_end_first() -> None:
    both = bands((LOW, 300, 900), (HIGH, 600, STOP))
    assert ended(both, [300, 600], STOP, [900]) == [(300, 900), (600, STOP)]


def test_what_began_last_may_end_first() -> None:
    both = bands((LOW, 300, STOP), (HIGH, 600, 900))
    assert ended(both, [300, 600], STOP, [900]) == [(300, STOP), (600, 900)]


def test_each_of_three_has_its_end() -> None:
    middle = slice(14, 22)
    three = bands((LOW, 300, 1000), (middle, 500, 1200), (HIGH, 700, 850))
    assert ended(three, [300, 500, 700], 1200, [850, 1000]) == [(300, 1000), (500, 1200), (700, 850)]


def test_without_an_ending_the_first_is_kept_whole_and_others_go_on_until_the_next() -> None:
    assert ended(bands(), [300, 600, 800], STOP, []) == [(300, STOP), (600, 800), (800, STOP)]


def test_the_only_sound_goes_on_where_something_is_on_still() -> None:
    far = 900 + round(100 * FOLLOWS_S) + 1
    one = bands((LOW, 300, 900), (HIGH, far, STOP))
    assert ended(one, [300], STOP, [900]) == [(300, STOP)]
    assert ended(one, [300, far], STOP, [900]) == [(300, STOP), (far, STOP)]
    assert ended(one, [300, 990], STOP, [900]) == [(300, 900), (990, STOP)]


@pytest.mark.parametrize("late", [-LEAST_FRAMES + 1, 0, LEAST_FRAMES - 1])
def test_a_sound_ends_as_another_begins_where_both_are_so_near(late: int) -> None:
    both = bands((LOW, 300, 900), (HIGH, 900, STOP))
    assert ended(both, [300, 900], STOP, [900 + late]) == [(300, 900), (900, STOP)]
