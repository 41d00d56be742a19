from __future__ import annotations

import numpy as np
import pytest
from scipy.signal import butter, sosfilt

from soundscape.deliver.seam import cut_of
from soundscape.units import Samples

RATE_HZ = 48_000


def cut(samples: Samples) -> int:
    return cut_of(lambda first, last: samples[first:last], len(samples), RATE_HZ)


def noise(duration_s: float, *, seed: int = 0) -> Samples:
    return np.random.default_rng(seed).standard_normal((int(duration_s * RATE_HZ), 2)).astype(np.float32)


def level_db(samples: Samples) -> float:
    return float(10.0 * np.log10(np.mean(np.square(samples, dtype=np.float64))))


def test_between_gusts_it_is_steady_and_soft() -> None:
    times_s = np.arange(20 * RATE_HZ) / RATE_HZ
    gusts = (noise(20.0) * (0.02 + 0.2 * np.sin(np.pi * times_s / 5.0)[:, None] ** 4)).astype(np.float32)
    at = cut(gusts)
    assert min(abs(at / RATE_HZ - calm_s) for calm_s in (5.0, 10.0, 15.0)) < 0.7
    window = int(0.4 * RATE_HZ)
    assert abs(level_db(gusts[at - window : at]) - level_db(gusts[at : at + window])) < 0.5


def test_of_moments_as_loud_that_of_one_spectrum_is_taken() -> None:
    bands_hz = ((100.0, 400.0), (800.0, 2_000.0), (4_000.0, 10_000.0))
    parts = []
    for edges_hz in bands_hz:
        part = sosfilt(butter(4, edges_hz, "bandpass", fs=RATE_HZ, output="sos"), noise(4.0, seed=1), axis=0)[RATE_HZ:]
        parts.append((part / np.std(part)).astype(np.float32))
    changing = [parts[n % 3][:19_200] for n in range(15)]  # 0.4 s each
    steady = parts[0][: 2 * RATE_HZ]
    samples = np.concatenate([*changing, steady])
    assert len(samples) - len(steady) < cut(samples) < len(samples)


@pytest.mark.parametrize("frequency_hz", [40.0, 441.0])
def test_the_step_from_sample_to_sample_is_the_least_near_by(frequency_hz: float) -> None:
    tone = np.sin(2.0 * np.pi * frequency_hz * np.arange(2 * RATE_HZ) / RATE_HZ).astype(np.float32)[:, None]
    at = cut(tone)
    step = abs(float(tone[at, 0] - tone[at - 1, 0]))
    assert step < 0.02 * np.abs(np.diff(tone[:, 0])).max() + 1e-6


def test_silence_and_the_shortest_round_are_cut_somewhere() -> None:
    assert 0 < cut(np.zeros((RATE_HZ, 2), np.float32)) < RATE_HZ
    assert 0 < cut(noise(1.0)) < RATE_HZ
