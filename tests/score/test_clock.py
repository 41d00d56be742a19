"""Time is exact: after a day of tempo changes, every tick is at the float nearest to its true time."""

from __future__ import annotations

import os
from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from soundscape.score.clock import Clock
from tests.score.smf import Read, at, smf, tempo, track

DAY_S = 24 * 3600
N_DAYS = 10 if os.environ.get("SOUNDSCAPE_WHOLE_DAY") else 2
"""Each takes two seconds."""


@given(
    division=st.integers(1, 0x7FFF),
    changes=st.lists(st.tuples(st.integers(1, 100_000), st.integers(1, 0xFFFFFF)), min_size=1, max_size=200),
    asked=st.lists(st.integers(0, 2**40), max_size=10),
)
@settings(max_examples=150)
def test_every_time_is_the_nearest_float(division: int, changes: list[tuple[int, int]], asked: list[int]) -> None:
    tempi, tick = {}, 0
    for delta, value in changes:
        tick += delta
        tempi[tick] = value
    clock = Clock(division, tempi)
    exact, last, current = Fraction(0), 0, 500_000
    for tick, value in tempi.items():
        exact += Fraction((tick - last) * current, 1_000_000) / division
        assert clock.seconds(tick) == float(exact)
        last, current = tick, value
    for beyond in asked:
        assert clock.seconds(last + beyond) == float(exact + Fraction(beyond * current, 1_000_000) / division)


@given(
    tempi=st.lists(st.integers(200_000, 1_200_000), min_size=40, max_size=40),
    division=st.sampled_from([89, 96, 480, 960]),
)
@settings(max_examples=N_DAYS)
def test_nothing_drifts_in_a_day_of_tempo_changes(read: Read, tempi: list[int], division: int) -> None:
    """A change and a note every 7 quarters, and a prime number of ticks more, until 24 h are over."""
    events, exact, times = [], Fraction(0), []
    step = 7 * division + 13
    while exact < DAY_S:
        value = tempi[len(times) % len(tempi)] + len(times) % 997
        events += [tempo(0, value), at(0, 0x90, 60, 100), at(step, 0x80, 60, 0)]
        times.append(exact)
        exact += Fraction(step * value, 1_000_000 * division)
    score = read(smf(track(*events), division=division))
    assert [note.start_s for note in score.notes] == [float(time) for time in times]
    assert score.duration_s == float(exact)


@given(tick=st.integers(0, 2**40), ticks=st.integers(1, 255), frames=st.sampled_from([24, 25, 29, 30]))
@settings(max_examples=100)
def test_smpte_time_is_exact(tick: int, ticks: int, frames: int) -> None:
    rate = Fraction(30_000, 1001) if frames == 29 else Fraction(frames)
    assert Clock((256 - frames) << 8 | ticks, {}).seconds(tick) == float(Fraction(tick, ticks) / rate)
