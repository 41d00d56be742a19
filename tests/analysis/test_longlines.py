"""Long spectra against numpy's single transform in double precision."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.fft import next_fast_len

from soundscape.analysis.longlines import low_power_of, power_of


def _noise(n: int) -> np.ndarray:
    return np.random.default_rng(n).standard_normal(n).astype(np.float32)


@settings(max_examples=40, deadline=None)
@given(n=st.integers(1, 100_000), stretch=st.floats(1.0, 3.0))
def test_every_bin_has_the_power_of_one_long_transform(n: int, stretch: float) -> None:
    size = next_fast_len(int(n * stretch), real=True)
    told = np.abs(np.fft.rfft(_noise(n).astype(np.float64), size)) ** 2
    assert np.abs(power_of(_noise(n), size) - told).max() < 2e-6 * told.max()


def test_a_length_that_no_two_numbers_make_is_transformed_all_the_same() -> None:
    prime = 19_997
    told = np.abs(np.fft.rfft(_noise(prime).astype(np.float64))) ** 2
    assert np.abs(power_of(_noise(prime), prime) - told).max() < 2e-6 * told.max()


@pytest.mark.parametrize("rate_hz", [4_000, 8_000, 11_025, 12_345, 22_050, 44_100, 48_000, 96_000, 192_000])
def test_low_bins_are_those_of_the_whole_transform(rate_hz: int) -> None:
    told = np.abs(np.fft.rfft(_noise(rate_hz).astype(np.float64)))[:900] ** 2
    assert np.abs(low_power_of(_noise(rate_hz), 900) - told).max() < 2e-6 * told.max()
