"""The air against the standards' own table, and its filters against the air."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from soundscape.space.air import FARTHEST_M, HEARD_DB, N_TAPS, absorption_db_per_m, air_taps, is_heard
from soundscape.space.distance import REFERENCE_M

OCTAVES_HZ = 1000.0 * 10.0 ** (0.3 * np.arange(-4.0, 4.0))
"""Exact middles of the bands named 63 to 8000 Hz (ISO 9613-1, 6.4)."""

TABLE = {
    (10.0, 70.0): (0.1, 0.4, 1.0, 1.9, 3.7, 9.7, 32.8, 117.0),
    (20.0, 70.0): (0.1, 0.3, 1.1, 2.8, 5.0, 9.0, 22.9, 76.6),
    (30.0, 70.0): (0.1, 0.3, 1.0, 3.1, 7.4, 12.7, 23.1, 59.3),
    (15.0, 20.0): (0.3, 0.6, 1.2, 2.7, 8.2, 28.2, 88.8, 202.0),
    (15.0, 50.0): (0.1, 0.5, 1.2, 2.2, 4.2, 10.8, 36.2, 129.0),
    (15.0, 80.0): (0.1, 0.3, 1.1, 2.4, 4.1, 8.3, 23.7, 82.8),
}
"""ISO 9613-2:1996, table 2: dB for each kilometre by degrees and humidity."""

RATES_HZ = (44_100, 48_000, 96_000)


def response(taps: NDArray[np.float64], hz: NDArray[np.float64], rate_hz: int) -> NDArray[np.float64]:
    """Gains (n, n_hz) of filters (n, 8) that are the same to both sides: real, since they delay nothing."""
    waves = np.cos(2.0 * np.pi * np.outer(np.arange(N_TAPS), hz) / rate_hz)
    waves[1:] *= 2.0
    return taps @ waves


def wanted_db(distances_m: NDArray[np.float64], hz: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.outer(np.maximum(distances_m - REFERENCE_M, 0.0), absorption_db_per_m(hz))


@pytest.mark.parametrize("weather", TABLE)
def test_a_kilometre_takes_what_the_standard_s_table_says(weather: tuple[float, float]) -> None:
    """The table is rounded: to a tenth of a decibel, above 100 to whole ones."""
    celsius, humidity_percent = weather
    found = 1000.0 * absorption_db_per_m(OCTAVES_HZ, celsius=celsius, humidity_percent=humidity_percent)
    rounded = np.array(TABLE[weather])
    assert (np.abs(found - rounded) <= np.where(rounded >= 100.0, 0.5, 0.052)).all()


def test_thin_air_moves_the_losses_down_in_frequency() -> None:
    """Both relaxations, and the classical loss, go by frequency over pressure (ISO 9613-1, equations 3 to 5)."""
    hz = np.geomspace(50.0, 10_000.0, 30)
    thin = absorption_db_per_m(hz / 2.0, pressure_pa=50_662.5, humidity_percent=25.0)
    np.testing.assert_allclose(thin * 2.0, absorption_db_per_m(hz), rtol=1e-9)


@pytest.mark.parametrize("rate_hz", RATES_HZ)
def test_the_filters_are_the_air_within_a_decibel_and_a_half(rate_hz: int) -> None:
    """Wherever the loss is below 20 dB, up to 300 m; at 96 kHz up to 100 m."""
    distances_m = np.geomspace(REFERENCE_M, 300.0 if rate_hz < 96_000 else 100.0, 60)
    hz = np.linspace(20.0, 20_000.0, 400)
    wanted = wanted_db(distances_m, hz)
    made_db = -20.0 * np.log10(np.maximum(response(air_taps(distances_m, rate_hz), hz, rate_hz), 1e-9))
    assert (wanted < 20.0).mean() > 0.5
    assert np.abs(made_db - wanted)[wanted < 20.0].max() < 1.5


@pytest.mark.parametrize("rate_hz", RATES_HZ)
def test_the_lows_stay_and_nothing_grows(rate_hz: int) -> None:
    distances_m = np.geomspace(0.1, 2000.0, 300)
    gains = response(air_taps(distances_m, rate_hz), np.linspace(0.0, rate_hz / 2.0, 600), rate_hz)
    np.testing.assert_allclose(gains[:, 0], 1.0, atol=1e-5)
    assert np.abs(gains).max() < 1.0 + 1e-9


@pytest.mark.parametrize("rate_hz", RATES_HZ)
def test_up_to_the_reference_distance_nothing_is_filtered(rate_hz: int) -> None:
    taps = air_taps(np.array([0.0, 0.5, REFERENCE_M]), rate_hz)
    np.testing.assert_allclose(taps, np.eye(1, N_TAPS).repeat(3, axis=0), atol=1e-6)


@given(st.floats(0.0, 500.0), st.floats(0.0, 0.05))
def test_a_small_step_changes_the_filter_a_little(distance_m: float, step_m: float) -> None:
    one, other = air_taps(np.array([distance_m, distance_m + step_m]), 48_000)
    assert np.abs(one - other).sum() <= 0.06 * step_m + 1e-12


def test_further_is_duller() -> None:
    distances_m = np.geomspace(REFERENCE_M, FARTHEST_M, 100)
    gains = response(air_taps(distances_m, 48_000), np.array([2000.0, 4000.0, 8000.0]), 48_000)
    assert (np.diff(gains, axis=0) < 1e-9).all()


def test_what_is_beyond_the_farthest_is_as_dull_as_there() -> None:
    one, other = air_taps(np.array([FARTHEST_M, 1e6]), 48_000)
    np.testing.assert_array_equal(one, other)


def test_the_air_is_heard_from_where_it_takes_a_decibel_at_16_khz() -> None:
    per_m = float(absorption_db_per_m(np.array([16_000.0]))[0])
    edge_m = REFERENCE_M + HEARD_DB / per_m
    assert 2.0 < edge_m < 6.0
    assert not is_heard(np.array([0.5, edge_m - 0.01]))
    assert is_heard(np.array([0.5, edge_m + 0.01, 1.0]))
    assert not is_heard(np.zeros(0))
