"""Rooms and the limiter, measured from outside."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.signal import butter, resample_poly, sosfiltfilt

from soundscape.engine.engine import sinc_table
from soundscape.engine.finish import Limiter
from soundscape.engine.reverb import Reverb
from soundscape.space.layout import layout_named
from soundscape.space.room import ROOMS
from soundscape.units import Samples

RATE_HZ = 48_000


def answered(name: str, seconds: float) -> Samples:
    bus = np.zeros((int(seconds * RATE_HZ) // 64, 8, 64), np.float32)
    bus[0, -2:, 0] = np.sqrt(0.5)
    Reverb(ROOMS[name], layout_named("5.1"), RATE_HZ).add(bus)
    return bus[:, :6].transpose(0, 2, 1).reshape(-1, 6)


def schroeder_s(answer: Samples, low_hz: float, high_hz: float) -> float:
    """Reverberation time from -5 to -35 dB of the energy that is still to come (ISO 3382-1)."""
    band = sosfiltfilt(butter(3, [low_hz, high_hz], "bandpass", fs=RATE_HZ, output="sos"), answer, axis=0)
    left_db = 10 * np.log10(np.cumsum((band**2).sum(axis=1)[::-1])[::-1] + 1e-30)
    left_db -= left_db[0]
    first, last = np.flatnonzero(left_db < -5)[0], np.flatnonzero(left_db < -35)[0]
    return float((last - first) / RATE_HZ * 2.0)


@pytest.mark.parametrize("name", ["gallery", "hall", "cave"])
def test_a_room_rings_as_long_as_it_says(name: str) -> None:
    answer = answered(name, 1.5 * max(ROOMS[name].rt60_s))
    assert schroeder_s(answer, 700.0, 1400.0) == pytest.approx(ROOMS[name].rt60_s[1], rel=0.1)


def test_a_room_is_as_loud_as_it_says_and_leaves_the_lfe_alone() -> None:
    answer = answered("gallery", 3.0).astype(float)
    assert 10 * np.log10((answer**2).sum()) == pytest.approx(ROOMS["gallery"].level_db, abs=0.1)
    assert not answer[:, 3].any()


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
    table = sinc_table()[:-1].astype(float)
    for hz in (100.0, 1000.0, 8000.0, 15_000.0):
        phases = np.arange(len(table)) / (len(table) - 1)
        wave = np.exp(2j * np.pi * hz / RATE_HZ * (np.arange(32) - 15))
        error = table @ wave - np.exp(2j * np.pi * hz / RATE_HZ * phases)
        assert 20 * np.log10(np.abs(error).max()) < -75.0
