"""Wind on the microphone and hands on it: the numbers rise with what is there, and the wind of the place is neither."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from scipy.signal import butter, sosfilt

from soundscape.analysis.analyse import analyse
from soundscape.analysis.lows import Moment
from soundscape.analysis.triage import Triage
from soundscape.audio.files import read_audio
from soundscape.units import Samples

RATE_HZ = 48_000
ROOT = Path(__file__).resolve().parents[2]


def noise(duration_s: float, level: float = 0.01, seed: int = 1) -> np.ndarray:
    return level * np.random.default_rng(seed).standard_normal(round(duration_s * RATE_HZ))


def wind(duration_s: float, level: float, seed: int = 2) -> np.ndarray:
    """Turbulence on a membrane: two poles at 40 Hz, so that it falls by 12 dB an octave, in gusts."""
    rng = np.random.default_rng(seed)
    line = sosfilt(butter(2, 40.0, fs=RATE_HZ, output="sos"), rng.standard_normal(round(duration_s * RATE_HZ)))
    knots = np.arange(0.0, duration_s + 1.0, 0.4)
    gusts = 10.0 ** (np.interp(np.arange(len(line)) / RATE_HZ, knots, rng.normal(0.0, 7.0, len(knots))) / 20.0)
    return level * line / line.std() * gusts / np.sqrt(np.square(gusts).mean())


def thumps(duration_s: float, level: float, times_s: tuple[float, ...]) -> np.ndarray:
    rng, out = np.random.default_rng(5), np.zeros(round(duration_s * RATE_HZ))
    n = RATE_HZ // 4
    for time_s in times_s:
        thud = sosfilt(butter(2, 90.0, fs=RATE_HZ, output="sos"), rng.standard_normal(n))
        thud *= np.exp(-np.arange(n) / (0.08 * RATE_HZ))
        out[round(time_s * RATE_HZ) :][:n] += level * thud / np.abs(thud).max()
    return out


def heard(take: np.ndarray, rate_hz: int = RATE_HZ) -> Triage:
    block: Samples = np.asarray(take.reshape(len(take), -1), np.float32)
    triage = Triage(rate_hz)
    for at in range(0, len(block), rate_hz):
        triage.update(block[at : at + rate_hz].mean(axis=1), block[at : at + rate_hz])
    return triage


def heard_moments(take: np.ndarray) -> tuple[Moment, ...]:
    return heard(take).moments


def test_wind_noise_rises_with_the_wind() -> None:
    shares = [heard(noise(30.0) + wind(30.0, level)).features["wind_noise"] for level in (0.0, 0.01, 0.03, 0.1, 0.3)]
    assert shares[0] == 0.0
    assert all(0.0 <= one <= other <= 1.0 for one, other in pairwise(shares))
    assert shares[-1] > 0.4


def test_a_gust_is_found_where_it_begins() -> None:
    take = noise(40.0)
    take[20 * RATE_HZ :] += wind(20.0, 0.2)
    triage = heard(take)
    assert triage.features["wind_s"] == pytest.approx(20.0, abs=2.0)
    assert "wind" in triage.faults(-30.0)


def test_what_both_microphones_hear_alike_is_no_wind_on_them() -> None:
    far, apart = wind(30.0, 0.2), np.stack([wind(30.0, 0.2, 3), wind(30.0, 0.2, 4)], axis=1)
    pair = np.stack([far + noise(30.0, seed=5), 0.9 * far + noise(30.0, seed=6)], axis=1)
    assert heard(apart + noise(30.0)[:, None]).features["wind_noise"] > 0.3
    assert heard(pair).features["wind_noise"] < 0.02


@pytest.mark.parametrize("what", ["steady rumble", "tone"])
def test_what_does_not_swell_is_no_wind(what: str) -> None:
    low = sosfilt(butter(2, 40.0, fs=RATE_HZ, output="sos"), noise(30.0, 5.0, 7))
    tone = 0.2 * np.sin(2 * np.pi * 60.0 * np.arange(30 * RATE_HZ) / RATE_HZ)
    assert heard(noise(30.0) + {"steady rumble": low, "tone": tone}[what]).features["wind_noise"] < 0.05


def test_handling_noise_rises_with_level_and_number() -> None:
    at = (2.5, 8.1, 13.4)
    by_level = [heard(noise(20.0, 0.003) + thumps(20.0, level, at)).features["handling_noise"]
                for level in (0.0, 0.01, 0.03, 0.1, 0.3)]  # fmt: skip
    by_number = [heard(noise(20.0, 0.003) + thumps(20.0, 0.3, at[:n])).features["handling_noise"] for n in range(4)]
    for shares in (by_level, by_number):
        assert shares[0] == 0.0
        assert all(0.0 <= one <= other <= 1.0 for one, other in pairwise(shares))
        assert shares[-1] > 0.1


def test_the_first_thump_is_found() -> None:
    triage = heard(noise(20.0, 0.003) + thumps(20.0, 0.3, (7.25, 12.0)))
    assert triage.features["handling_s"] == pytest.approx(7.25, abs=0.1)
    assert "handling" in triage.faults(-30.0)


def test_every_thump_is_told_with_its_place() -> None:
    at_s = (2.5, 7.25, 12.0)
    heard = heard_moments(noise(20.0, 0.003) + thumps(20.0, 0.3, at_s))
    assert [one.what for one in heard] == ["handling"] * 3
    assert [one.start_s for one in heard] == pytest.approx(at_s, abs=0.1)
    assert all(0.0 < one.stop_s - one.start_s < 0.3 and 0.0 < one.share <= 1.0 for one in heard)


def test_a_strong_thump_in_a_quiet_take_is_told_and_a_drum_in_it_is_not() -> None:
    quiet = noise(20.0, 1e-4)
    assert len(heard_moments(quiet + thumps(20.0, 0.3, (2.5, 7.25, 12.0)))) == 3
    drum, _ = read_audio(ROOT / "recordings" / "drum_great.flac")
    assert heard_moments(drum[:, 0] + noise(len(drum) / RATE_HZ, 1e-4)) == ()


def test_every_gust_is_told_with_its_seconds() -> None:
    take = noise(40.0)
    for start_s in (6, 25):
        take[start_s * RATE_HZ :][: 8 * RATE_HZ] += wind(8.0, 0.2)
    gusts = [one for one in heard_moments(take) if one.what == "wind"]
    windy = np.zeros(40, bool)
    for one in gusts:
        assert one.start_s == int(one.start_s)
        windy[int(one.start_s) : int(one.stop_s)] = True
    truly = np.zeros(40, bool)
    truly[6:14] = truly[25:33] = True
    assert not windy[~truly].any()
    assert windy[truly].mean() > 0.6


def test_where_a_share_is_told_there_is_a_moment() -> None:
    for path in sorted((ROOT / "recordings").glob("wind_*.flac")):
        samples, rate_hz = read_audio(path)
        triage = heard(samples, rate_hz)
        told = {one.what for one in triage.moments}
        assert (triage.features["wind_noise"] > 0.0) == ("wind" in told)
        assert (triage.features["handling_noise"] > 0.0) == ("handling" in told)


def test_a_knock_is_no_hand() -> None:
    knock = noise(0.3, 0.5, 3) * np.exp(-np.arange(round(0.3 * RATE_HZ)) / (0.05 * RATE_HZ))
    take = noise(20.0, 0.003)
    for start_s in (4.0, 9.0, 9.6):
        take[round(start_s * RATE_HZ) :][: len(knock)] += knock
    assert heard(take).features["handling_noise"] == 0.0


@pytest.mark.parametrize("name", ["gusts", "gusts_strong", "eaves", "crack", "trees", "trees_far"])
def test_the_wind_of_the_place_is_not_called_a_fault(name: str) -> None:
    recording = analyse(ROOT / "recordings" / f"wind_{name}.flac").recording
    assert not {"wind", "handling"} & set(recording.faults)


def test_a_hand_on_the_microphone_is_heard_in_wind() -> None:
    recording = analyse(ROOT / "recordings" / "wind_handled.flac").recording
    assert "handling" in recording.faults
    assert recording.features["handling_s"] == pytest.approx(2.7, abs=0.2)


@pytest.mark.shared
@pytest.mark.parametrize("name", ["wind_field.ogg", "wind_storm.ogg", "wind_trees_drygrass.ogg", "rain_steady.flac"])
def test_real_wind_heard_alike_by_both_channels_is_no_wind_on_the_microphone(shared: Path, name: str) -> None:
    samples, rate_hz = read_audio(shared / "recordings" / name)
    assert "wind" not in heard(samples, rate_hz).faults(-30.0)
