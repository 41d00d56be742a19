"""The meter against the EBU's cases, two other meters, and its own definition."""

from __future__ import annotations

import importlib.util
from dataclasses import astuple
from pathlib import Path

import numpy as np
import pytest

from soundscape.audio.loudness import Loudness, Meter, loudness
from tests.reference.loudness import integrated_by_definition

WEIGHTS = {"M+110": 1.41, "M-110": 1.41, "LFE1": 0.0}


def noise(n_s: int, n_channels: int, rate_hz: int = 48_000) -> np.ndarray:
    rng = np.random.default_rng(9)
    return (rng.standard_normal((n_s * rate_hz, n_channels)) * np.linspace(0.02, 0.3, n_s * rate_hz)[:, None]).astype(
        np.float32
    )


def test_the_minimum_requirements_of_the_ebu(shared: Path) -> None:
    spec = importlib.util.spec_from_file_location("ebu_signals", shared / "loudness" / "ebu_signals.py")
    assert spec is not None
    assert spec.loader is not None
    signals = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(signals)
    n_checked = 0
    for name, build, speakers, expected in signals.CASES:
        read = loudness(build().astype(np.float32), 48_000, [WEIGHTS.get(label, 1.0) for label in speakers])
        values = {"I": read.integrated_lufs, "Mmax": read.momentary_max_lufs, "Smax": read.short_term_max_lufs,
                  "LRA": read.range_lu, "TP": read.true_peak_dbtp}  # fmt: skip
        for quantity, (value, below, above) in expected.items():
            if quantity in values:
                assert value - below <= values[quantity] <= value + above, (name, quantity, values[quantity])
                n_checked += 1
    assert n_checked >= 60


def test_blocks_of_any_length_give_the_same_bits() -> None:
    samples = noise(5, 2)

    def read(step: int) -> Loudness:
        meter = Meter(48_000, [1.0, 1.41])
        for start in range(0, len(samples), step):
            meter.update(samples[start : start + step])
        return meter.result()

    assert read(997) == read(48_001) == read(len(samples))


@pytest.mark.parametrize("gain_db", [-12.0, 9.0])
def test_what_a_gain_would_make_of_a_reading_is_what_it_makes(gain_db: float) -> None:
    """A quiet part near the gate of -70 LUFS comes in or drops out as the gain says."""
    at_s = np.arange(20 * 48_000) / 48_000
    tone = np.sin(2 * np.pi * 997.0 * at_s)[:, None] * np.where(at_s < 10.0, 0.05, 0.0005)[:, None]
    meter = Meter(48_000, [1.0])
    meter.update(tone.astype(np.float32))
    raised = loudness((tone * 10.0 ** (gain_db / 20.0)).astype(np.float32), 48_000, [1.0])
    for one, other in zip(astuple(meter.result(gain_db=gain_db)), astuple(raised), strict=True):
        assert one == pytest.approx(other, abs=0.005)


def test_a_reading_in_between_changes_nothing() -> None:
    samples, meter = noise(4, 2), Meter(48_000, [1.0, 1.0])
    meter.update(samples[:70_001])
    meter.result()
    meter.update(samples[70_001:])
    assert meter.result() == loudness(samples, 48_000, [1.0, 1.0])


@pytest.mark.parametrize("rate_hz", [22_050, 44_100, 48_000, 96_000])
def test_the_meter_agrees_with_the_definition(rate_hz: int) -> None:
    samples = noise(4, 3, rate_hz)
    weights = [1.0, 1.41, 0.0]
    assert loudness(samples, rate_hz, weights).integrated_lufs == pytest.approx(
        integrated_by_definition(samples, rate_hz, weights), abs=0.005
    )


def test_libebur128_hears_the_same() -> None:
    pyebur128 = pytest.importorskip("pyebur128")
    samples = noise(12, 2)
    theirs = pyebur128.R128State(2, 48_000, pyebur128.MeasurementMode.MODE_I)
    theirs.add_frames(np.ascontiguousarray(samples, dtype=np.float64).ravel(), len(samples))
    assert loudness(samples, 48_000, [1.0, 1.0]).integrated_lufs == pytest.approx(
        pyebur128.get_loudness_global(theirs), abs=0.01
    )


def test_pyloudnorm_hears_the_same() -> None:
    pyloudnorm = pytest.importorskip("pyloudnorm")
    samples = noise(12, 2)
    theirs = pyloudnorm.Meter(48_000, filter_class="DeMan").integrated_loudness(samples.astype(float))
    assert loudness(samples, 48_000, [1.0, 1.0]).integrated_lufs == pytest.approx(theirs, abs=0.02)


def test_silence_is_no_loudness() -> None:
    read = loudness(np.zeros((48_000, 2), np.float32), 48_000, [1.0, 1.0])
    assert read.integrated_lufs == read.true_peak_dbtp == -np.inf
    assert read.range_lu == 0.0
