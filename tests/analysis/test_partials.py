"""Partials: near the truth on bells whose partials are known, and none where nothing rings."""

from __future__ import annotations

import numpy as np
import pytest

from soundscape.analysis.features.partials import N_PARTIALS, partials_of
from soundscape.analysis.frames import Floats, frames_of

RATE_HZ = 44_100
RATIOS = (0.5, 1.0, 1.2, 1.5, 2.0, 2.66)
"""Hum, prime, minor tierce, quint, nominal, superquint of a church bell, against its prime."""
LEVELS_DB = (-6.0, -3.0, 0.0, -14.0, -2.0, -9.0)
DECAYS_S = (12.0, 8.0, 6.0, 5.0, 4.0, 3.0)


def bell(prime_hz: float, *, snr_db: float, seed: int, length_s: float = 2.0) -> Floats:
    rng = np.random.default_rng(seed)
    time_s = np.arange(round(length_s * RATE_HZ)) / RATE_HZ
    sound = sum(
        10.0 ** ((level_db - 60.0 * time_s / decay_s) / 20.0)
        * np.sin(2.0 * np.pi * ratio * prime_hz * time_s + rng.uniform(0.0, 6.28))
        for ratio, level_db, decay_s in zip(RATIOS, LEVELS_DB, DECAYS_S, strict=True)
    )
    noise = rng.standard_normal(len(time_s))
    noise *= np.sqrt(np.mean(np.square(sound)) / np.mean(np.square(noise))) * 10.0 ** (-snr_db / 20.0)
    return np.asarray(0.2 * (sound + noise), np.float32)


def heard(sound: Floats) -> list[tuple[float, float, float]]:
    found = partials_of(sound, RATE_HZ, frames_of(sound, RATE_HZ).power)
    return [(one.hz, one.level_db, one.decay_s) for one in found]


def cents_off(found_hz: float, prime_hz: float) -> float:
    return min(abs(1200.0 * np.log2(found_hz / (ratio * prime_hz))) for ratio in RATIOS)


@pytest.mark.parametrize(("snr_db", "within_cents", "least"), [(30.0, 3.0, 6), (10.0, 10.0, 5)])
@pytest.mark.parametrize("prime_hz", [220.0, 341.7, 523.0, 801.3])
def test_partials_of_a_bell_are_near_the_truth(prime_hz: float, snr_db: float, within_cents: float, least: int) -> None:
    for seed in range(5):
        found = heard(bell(prime_hz, snr_db=snr_db, seed=seed))
        assert len(found) >= least
        assert max(cents_off(hz, prime_hz) for hz, *_ in found) < within_cents


def test_levels_and_decays_are_those_of_the_bell() -> None:
    found = heard(bell(440.0, snr_db=50.0, seed=1))
    assert len(found) == len(RATIOS)
    assert [level for _, level, _ in found] == pytest.approx(LEVELS_DB, abs=1.5)
    assert [decay for *_, decay in found] == pytest.approx(DECAYS_S, rel=0.1)


def test_no_more_than_eight_and_the_strongest() -> None:
    time_s = np.arange(RATE_HZ) / RATE_HZ
    sound = sum(10.0 ** (-n / 20.0) * np.sin(2.0 * np.pi * (300.0 + 217.0 * n) * time_s) for n in range(12))
    found = heard(np.asarray(0.1 * sound, np.float32))
    assert len(found) == N_PARTIALS
    assert max(hz for hz, *_ in found) < 300.0 + 217.0 * (N_PARTIALS - 0.5)


def test_noise_has_no_partials() -> None:
    for seed in range(20):
        noise = np.random.default_rng(seed).standard_normal(2 * RATE_HZ).astype(np.float32)
        assert heard(noise) == []
        assert heard(np.cumsum(noise - noise.mean()).astype(np.float32)) == []  # wind: falls by 6 dB an octave


@pytest.mark.parametrize("width_semitones", [1.0, 5.0])
def test_a_tone_that_glides_has_no_partials(width_semitones: float) -> None:
    time_s = np.arange(2 * RATE_HZ) / RATE_HZ
    pitch_hz = 440.0 * 2.0 ** (width_semitones * time_s / 24.0)
    glide = np.sin(2.0 * np.pi * np.cumsum(pitch_hz) / RATE_HZ)
    assert heard(np.asarray(0.3 * glide, np.float32)) == []


@pytest.mark.parametrize("n", [1, 100, 10_000])
def test_what_is_too_short_has_none(n: int) -> None:
    assert heard(np.ones(n, np.float32)) == []
    assert heard(np.zeros(RATE_HZ, np.float32)) == []


RINGS_HZ = (326.0, 451.0, 683.0, 997.0)


def over_hum(mains_hz: float, *, hum: float = 0.01) -> tuple[Floats, Floats]:
    """A second of hum alone, and then a stroke over it; the first harmonics of the hum are up to 8."""
    time_s = np.arange(3 * RATE_HZ) / RATE_HZ
    lines = sum(hum * np.sin(2.0 * np.pi * mains_hz * k * time_s + k) for k in range(1, 9))
    stroke = sum(0.02 * np.sin(2.0 * np.pi * hz * time_s) * np.exp(-1.5 * time_s) for hz in RINGS_HZ)
    take = lines + 1e-4 * np.random.default_rng(3).standard_normal(len(time_s))
    take[RATE_HZ:] += stroke[:-RATE_HZ]
    return np.asarray(take[:RATE_HZ], np.float32), np.asarray(take[RATE_HZ:], np.float32)


@pytest.mark.parametrize("mains_hz", [50.0, 49.9, 60.0, 60.1])
def test_mains_hum_behind_a_stroke_is_no_partial(mains_hz: float) -> None:
    before, stroke = over_hum(mains_hz)
    power = frames_of(stroke, RATE_HZ).power
    with_hum = [one.hz for one in partials_of(stroke, RATE_HZ, power, np.zeros_like(before))]
    assert any(min(abs(hz - mains_hz * k) for k in range(1, 9)) < 1.0 for hz in with_hum)  # it is there to be heard
    found = [one.hz for one in partials_of(stroke, RATE_HZ, power, before)]
    assert found == pytest.approx(RINGS_HZ, abs=0.5)


def test_hum_that_stays_while_the_sound_dies_is_no_partial_with_nothing_before() -> None:
    _, stroke = over_hum(50.0, hum=0.002)
    found = [one.hz for one in partials_of(stroke, RATE_HZ, frames_of(stroke, RATE_HZ).power)]
    assert found == pytest.approx(RINGS_HZ, abs=0.5)


def test_a_bell_on_a_multiple_of_the_mains_keeps_its_partial() -> None:
    time_s = np.arange(2 * RATE_HZ) / RATE_HZ
    stroke = np.float32(0.3 * np.sin(2.0 * np.pi * 600.0 * time_s) * np.exp(-time_s))
    power = frames_of(stroke, RATE_HZ).power
    for before in (None, np.float32(1e-4) * np.ones(RATE_HZ, np.float32), 0.25 * stroke[:RATE_HZ]):
        assert [round(one.hz) for one in partials_of(stroke, RATE_HZ, power, before)] == [600]
