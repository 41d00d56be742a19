"""What is an event, a phrase and a texture: sounds whose physics is known, and input that is none."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from soundscape.analysis.analyse import analyse
from soundscape.analysis.frames import HOPS_PER_S, N_BANDS, Frames
from soundscape.analysis.segmenters.events import events
from soundscape.analysis.segmenters.standing import HOP_FRAMES, floor_and_spread
from soundscape.catalogue.segment import Segment

RATE_HZ = 48_000


def heard(folder: Path, samples: np.ndarray) -> tuple[Segment, ...]:
    path = folder / "take.wav"
    soundfile.write(path, samples.astype(np.float32), RATE_HZ, subtype="FLOAT")
    return analyse(path).segments


def noise(duration_s: float, level: float, seed: int = 1) -> np.ndarray:
    return level * np.random.default_rng(seed).standard_normal(round(duration_s * RATE_HZ))


def wind(duration_s: float, level: float) -> np.ndarray:
    """Noise that falls by 6 dB an octave and comes and goes slowly."""
    n_samples = round(duration_s * RATE_HZ)
    spectrum = np.fft.rfft(noise(duration_s, 1.0)) / (np.fft.rfftfreq(n_samples, 1.0 / RATE_HZ) + 40.0)
    steady = np.fft.irfft(spectrum, n_samples)
    return level * steady / steady.std() * (1.0 + 0.4 * np.sin(2 * np.pi * 0.13 * np.arange(n_samples) / RATE_HZ))


def creak(duration_s: float) -> np.ndarray:
    """Stick and slip: a train of pulses, its rate gliding, through two resonances of the leaf."""
    at_s = np.arange(round(duration_s * RATE_HZ)) / RATE_HZ
    phase = np.cumsum(90.0 + 40.0 * np.sin(2 * np.pi * 0.4 * at_s)) / RATE_HZ
    pulses = np.diff(np.floor(phase), prepend=0.0)
    ring = sum(np.exp(-at_s[:2400] / 0.006) * np.sin(2 * np.pi * hz * at_s[:2400]) for hz in (740.0, 1900.0))
    return 0.2 * np.convolve(pulses, ring)[: len(at_s)]


def bell(duration_s: float) -> np.ndarray:
    at_s = np.arange(round(duration_s * RATE_HZ)) / RATE_HZ
    partials = ((440.0, 8.0), (880.0, 6.0), (1050.0, 4.0), (1760.0, 2.5))
    return 0.1 * sum(np.exp(-6.91 * at_s / t60_s) * np.sin(2 * np.pi * hz * at_s) for hz, t60_s in partials)


def added(background: np.ndarray, sound: np.ndarray, at_s: float) -> np.ndarray:
    start = round(at_s * RATE_HZ)
    background[start : start + len(sound)] += sound
    return background


def of_kind(segments: tuple[Segment, ...], *kinds: str) -> list[Segment]:
    return [segment for segment in segments if segment.kind in kinds]


def test_a_creak_of_four_seconds_is_one_event(tmp_path: Path) -> None:
    (event,) = of_kind(heard(tmp_path, added(wind(20.0, 0.01), creak(4.0), 8.0)), "event", "note", "phrase")
    assert event.start_s == pytest.approx(8.0, abs=0.1)
    assert event.end_s == pytest.approx(12.0, abs=0.3)


def test_a_bell_over_wind_is_kept_until_it_sinks_into_it(tmp_path: Path) -> None:
    (event,) = of_kind(heard(tmp_path, added(wind(24.0, 0.01), bell(9.0), 6.0)), "event", "note", "phrase")
    assert event.start_s == pytest.approx(6.0, abs=0.1)
    assert 3.0 < event.duration_s < 9.2


def test_steady_wind_is_one_texture(tmp_path: Path) -> None:
    (texture,) = heard(tmp_path, wind(30.0, 0.03))
    assert texture.kind == "texture"
    assert texture.duration_s == pytest.approx(30.0, abs=0.05)


def test_a_sound_that_goes_on_under_another_is_kept_whole(tmp_path: Path) -> None:
    take = added(added(wind(20.0, 0.003), creak(5.0), 7.0), bell(3.0), 9.0)
    longest = max(of_kind(heard(tmp_path, take), "event", "note"), key=lambda one: one.duration_s)
    assert longest.start_s == pytest.approx(7.0, abs=0.1)
    assert longest.end_s >= 11.7


@pytest.mark.parametrize("samples", [
    noise(20.0, 0.1), np.clip(noise(20.0, 20.0), -1.0, 1.0),
    0.1 * np.sin(2 * np.pi * 440.0 * np.arange(20 * RATE_HZ) / RATE_HZ),
], ids=["white noise", "clipped throughout", "constant tone"])  # fmt: skip
def test_what_never_changes_is_one_texture_as_long_as_the_take(tmp_path: Path, samples: np.ndarray) -> None:
    (texture,) = heard(tmp_path, samples)
    assert texture.kind == "texture"
    assert texture.duration_s == pytest.approx(20.0, abs=0.05)


def test_silence_has_no_segment(tmp_path: Path) -> None:
    assert heard(tmp_path, np.zeros(20 * RATE_HZ)) == ()


@pytest.mark.parametrize("duration_s", [0.01, 3.0, 20.0])
def test_an_offset_from_zero_is_silence(tmp_path: Path, duration_s: float) -> None:
    assert heard(tmp_path, np.full(round(duration_s * RATE_HZ), 0.2)) == ()


def test_an_offset_from_zero_hides_nothing(tmp_path: Path) -> None:
    take = added(wind(20.0, 0.003), 0.3 * creak(3.0), 8.0)
    plain, off_zero = heard(tmp_path, take), heard(tmp_path, take + 0.2)
    assert len(of_kind(plain, "event", "note", "phrase")) == 1
    for one, other in zip(plain, off_zero, strict=True):
        assert (one.kind, one.start_s, one.end_s) == (
            other.kind, pytest.approx(other.start_s, abs=0.01), pytest.approx(other.end_s, abs=0.01))  # fmt: skip


def test_a_knock_in_a_take_that_clips_throughout_is_no_event_and_the_take_says_so(tmp_path: Path) -> None:
    path = tmp_path / "take.wav"
    samples = np.clip(added(noise(20.0, 20.0), noise(0.2, 40.0), 9.0), -1.0, 1.0)
    soundfile.write(path, samples.astype(np.float32), RATE_HZ, subtype="FLOAT")
    take = analyse(path)
    assert [one.kind for one in take.segments] == ["texture"]
    assert "clipped" in take.recording.faults


@pytest.mark.parametrize("n_samples", [1, 7])
def test_some_samples_are_one_segment_at_most(tmp_path: Path, n_samples: int) -> None:
    segments = heard(tmp_path, np.full(n_samples, 0.5))
    assert len(segments) <= 1
    assert all(0.0 <= one.start_s < one.end_s <= n_samples / RATE_HZ for one in segments)


def test_ten_milliseconds_are_one_segment(tmp_path: Path) -> None:
    assert len(heard(tmp_path, noise(0.01, 0.1))) == 1


def test_the_spread_of_steady_noise_is_its_standard_deviation_whatever_stands_out_of_it() -> None:
    levels = np.random.default_rng(4).normal(-50.0, 4.0, (60 * HOPS_PER_S, N_BANDS)).astype(np.float32)
    slow_db = 4.0 / np.sqrt(10.0)  # of means of ten frames
    _, spread = floor_and_spread(levels, 30)
    assert np.median(spread) == pytest.approx(slow_db, rel=0.15)
    levels[1000:1800] += 40.0
    _, with_event = floor_and_spread(levels, 30)
    assert np.median(with_event) == pytest.approx(slow_db, rel=0.35)


@pytest.mark.parametrize(("share", "rise_db", "begins"), [
    (0.4, 0.0, [500]), (0.4, 20.0, [500, 900]), (0.7, 0.0, [500]), (0.7, 20.0, [500, 900]), (0.2, 20.0, [500]),
], ids=["a beat", "louder", "the same again", "for sure", "hardly"])  # fmt: skip
def test_what_may_begin_does_where_bands_come_to_be_louder(share: float, rise_db: float, begins: list[int]) -> None:
    """Something is on from 5 s to 15 s, by its shares, and something may begin at 9 s, as a tone sinks and beats."""
    at = np.arange(2000)
    bands = np.full((2000, N_BANDS), -70.0)
    bands[500:1500, 5:15] = (-20.0 - 0.01 * (at - 500) + 4.0 * np.cos(2.0 * np.pi * (at - 500) / 100.0))[500:1500, None]
    bands[900:1500, 20:28] += rise_db
    power = 10.0 ** (bands.max(axis=1) / 10.0)
    power[898] /= 10.0  # where the level is lowest
    columns = [np.float32(column) for column in (bands, power, power, power, power)]
    shares = np.zeros((2000 // HOP_FRAMES, 3), np.float32)
    shares[250:750, 0] = 1.0
    shares[250 - 1 : 250 + 2, 1], shares[450 - 1 : 450 + 2, 1] = 1.0, share
    found = events(Frames(RATE_HZ, np.zeros(20 * RATE_HZ, np.float32), *columns), shares, 0, 2000)
    assert [span.start for span in found] == pytest.approx(begins, abs=5)
