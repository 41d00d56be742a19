"""The line through clock ticks against least squares over all of them."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from soundscape.live.controllers.clock import MEMORY_TICKS, TickLine

REGRESSION_S = 1e-9


@given(
    n=st.integers(3, MEMORY_TICKS), tempo_bpm=st.floats(20.0, 300.0), jitter=st.floats(0.0, 0.3),
    seed=st.integers(0, 99),
)  # fmt: skip
def test_until_its_memory_is_full_it_is_the_regression(n: int, tempo_bpm: float, jitter: float, seed: int) -> None:
    period_s = 60 / tempo_bpm / 24
    times = (np.arange(n) + np.random.default_rng(seed).uniform(0.0, jitter, n)) * period_s
    line = TickLine()
    for t in times:
        line.add(float(t))
    design = np.stack([np.ones(n), np.arange(n)], axis=-1)
    start, slope = np.linalg.lstsq(design, times, rcond=None)[0]
    assert abs(line.period_s - slope) < REGRESSION_S
    assert abs(line.at_s - (start + slope * (n - 1))) < REGRESSION_S


def test_later_what_is_older_than_a_few_memories_counts_no_more() -> None:
    rng = np.random.default_rng(5)
    times = np.concatenate([np.arange(300) * 0.02, 6.0 + np.arange(400) * 0.021]) + rng.uniform(0, 0.001, 700)
    line = TickLine()
    for t in times:
        line.add(float(t))
    slope = np.polyfit(np.arange(150), times[-150:], 1)[0]
    assert abs(line.period_s - slope) < 3e-5
