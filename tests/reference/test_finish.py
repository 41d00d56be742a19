"""The limiter and the sinc of a bend, measured from outside."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.signal import butter, resample_poly, sosfiltfilt

from soundscape.engine.finish import Limiter
from soundscape.engine.interpolation import sinc_table
from soundscape.units import Samples

RATE_HZ = 48_000


def limited(samples: Samples, ceiling_db: float, block: int = 1000) -> Samples:
    limiter = Limiter(samples.shape[1], RATE_HZ, ceiling_db=ceiling_db)
    parts = [limiter.process(samples[n : n + block]) for n in range(0, len(samples), block)]
    return np.concatenate([*parts, limiter.flush()])


@settings(max_examples=15)
@given(st.integers(0, 1000), st.floats(-12, 0), st.floats(0, 24), st.sampled_from([0.05, 0.3, 0.9]))
def test_no_true_peak_above_the_ceiling(seed: int, ceiling_db: float, loud_db: float, top: float) -> None:
    rng = np.random.default_rng(seed)
    samples = rng.standard_normal((6000, 2)) * (1.0 + 5.0 * (rng.random((6000, 1)) > 0.999))
    samples = sosfiltfilt(butter(4, top, output="sos"), samples, axis=0) * 10 ** (loud_db / 20)
    out = limited(samples.astype(np.float32), ceiling_db)
    assert len(out) == len(samples)
    assert 20 * np.log10(np.abs(resample_poly(out.astype(float), 8, 1, axis=0)).max()) <= ceiling_db + 0.1


def test_what_is_below_the_ceiling_is_not_touched() -> None:
    quiet = np.random.default_rng(1).uniform(-0.2, 0.2, (5000, 3)).astype(np.float32)
    np.testing.assert_array_equal(limited(quiet, -1.0), quiet)


def test_blocks_do_not_change_the_limiter() -> None:
    loud = np.random.default_rng(2).standard_normal((5000, 2)).astype(np.float32)
    np.testing.assert_array_equal(limited(loud, -1.0, block=7), limited(loud, -1.0, block=5000))


def test_the_sinc_of_a_bend_is_off_by_less_than_minus_75_db_below_15_khz() -> None:
    table = sinc_table().astype(float)
    for hz in (100.0, 1000.0, 8000.0, 15_000.0):
        phases = np.arange(len(table)) / (len(table) - 1)
        wave = np.exp(2j * np.pi * hz / RATE_HZ * (np.arange(32) - 15))
        error = table @ wave - np.exp(2j * np.pi * hz / RATE_HZ * phases)
        assert 20 * np.log10(np.abs(error).max()) < -75.0
