from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy.signal import butter, sosfiltfilt, welch

from recordings.make import path_of
from recordings.models import TAKES
from recordings.models.flutes import Breath, flute
from recordings.models.strings import Silk, glide, hz_of, string
from recordings.models.winds import gusting, shedding, turbulence
from recordings.take import RATE_HZ
from soundscape.analysis.analyse import analyse
from soundscape.audio.files import read_audio
from soundscape.catalogue.segment import Segment

Samples = np.ndarray


def rng() -> np.random.Generator:
    return np.random.default_rng(11)


def taken(name: str) -> Samples:
    samples, rate_hz = read_audio(path_of(TAKES[name]))
    assert (rate_hz, samples.shape[1]) == (RATE_HZ, 1)
    return np.asarray(samples[:, 0], np.float64)


def level_db(samples: Samples) -> float:
    return float(10.0 * np.log10(np.mean(samples**2)))


def between(samples: Samples, low_hz: float, high_hz: float) -> Samples:
    return sosfiltfilt(butter(2, [low_hz, high_hz], "bandpass", fs=RATE_HZ, output="sos"), samples)


def slope_db(samples: Samples, octaves_hz: tuple[int, ...] = (250, 500, 1_000, 2_000, 4_000)) -> float:
    hz, power = welch(samples, RATE_HZ, nperseg=8192)
    levels = [10.0 * np.log10(power[(hz >= f / 1.41) & (hz < f * 1.41)].mean()) for f in octaves_hz]
    return float(np.polyfit(range(len(levels)), levels, 1)[0])


def levels_db(samples: Samples, every_s: float) -> Samples:
    n = round(every_s * RATE_HZ)
    return 10.0 * np.log10(np.mean(samples[: len(samples) // n * n].reshape(-1, n) ** 2, axis=1) + 1e-15)


def peak_hz(samples: Samples, near_hz: float, reach: float = 0.04) -> float:
    size = 1 << 20
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples)), size))
    hz = np.fft.rfftfreq(size, 1.0 / RATE_HZ)
    near = np.abs(hz / near_hz - 1.0) < reach
    return float(hz[near][np.argmax(spectrum[near])])


def cents(hz: float, of_hz: float) -> float:
    return float(1200.0 * np.log2(hz / of_hz))


def rise_s(samples: Samples) -> float:
    """From 10 % of the level it stands at after half a second to 90 %."""
    envelope = np.sqrt(np.convolve(samples[: RATE_HZ // 2] ** 2, np.ones(240) / 240, "same"))
    top = np.median(envelope[-RATE_HZ // 8 :]) if envelope.argmax() > RATE_HZ // 8 else envelope.max()
    return float((np.argmax(envelope > 0.9 * top) - np.argmax(envelope > 0.1 * top)) / RATE_HZ)


def test_a_gust_is_as_strong_as_asked_and_never_stops() -> None:
    speed = gusting(rng(), 60.0, mean_m_per_s=8.0, intensity=0.1, gust_s=5.0)
    assert speed.mean() == pytest.approx(8.0, rel=0.01)
    assert speed.std() / speed.mean() == pytest.approx(0.1, rel=0.02)
    crossings = np.count_nonzero(np.diff(np.signbit(speed[::4800] - 8.0)) != 0) / 2
    assert 2.0 < 60.0 / crossings < 10.0


def test_turbulence_falls_by_the_octave_and_grows_with_the_power_of_the_speed_that_its_knee_gives() -> None:
    speed = np.repeat([5.0, 7.0], 5 * RATE_HZ)
    wind = turbulence(rng(), speed, size_m=0.2, fall_db=7.0)
    assert slope_db(wind) == pytest.approx(-7.0, abs=0.6)
    slow, fast = (level_db(part) for part in np.split(between(wind, 500.0, 2_000.0), 2))
    assert fast - slow == pytest.approx(20.0 * (3.0 - 0.5 + 7.0 / 6.02) * np.log10(7.0 / 5.0), abs=1.5)


def test_an_aeolian_tone_lies_at_st_u_over_d_and_grows_with_the_sixth_power() -> None:
    speed = np.repeat([6.0, 9.0], 6 * RATE_HZ)
    tone = shedding(rng(), speed, thickness_m=0.005, sharpness=9.0)
    slow, fast = np.split(tone, 2)
    for part, wanted_hz in ((slow, 0.2 * 6.0 / 0.005), (fast, 0.2 * 9.0 / 0.005)):
        hz, power = welch(part, RATE_HZ, nperseg=8192)
        low = hz < 1.5 * wanted_hz
        assert np.sum(hz[low] * power[low]) / power[low].sum() == pytest.approx(wanted_hz, rel=0.04)
    assert level_db(fast) - level_db(slow) == pytest.approx(60.0 * np.log10(1.5), abs=1.5)


@pytest.mark.parametrize(("name", "shallowest", "steepest"), [
    ("wind_gusts", -6.5, -8.0), ("wind_gusts_strong", -6.0, -7.5), ("wind_trees", -1.5, -5.0),
    ("wind_trees_far", -3.5, -6.0),
])  # fmt: skip
def test_winds_are_as_dark_and_gust_as_deep_as_real_ones(name: str, shallowest: float, steepest: float) -> None:
    wind = taken(name)
    assert steepest < slope_db(wind) < shallowest
    levels = np.convolve(levels_db(between(wind, 200.0, 3_000.0), 0.1), np.ones(5) / 5.0, "valid")
    assert 5.0 < np.percentile(levels, 90) - np.percentile(levels, 10) < 10.0


def test_the_whistle_of_the_crack_rises_with_the_wind() -> None:
    wind = taken("wind_crack")
    n = RATE_HZ // 5
    hz = np.fft.rfftfreq(n, 1.0 / RATE_HZ)
    spectra = np.abs(np.fft.rfft(wind[: len(wind) // n * n].reshape(-1, n) * np.hanning(n)))
    sung = (hz > 600.0) & (hz < 1_000.0)
    pitch_hz = hz[sung][spectra[:, sung].argmax(axis=1)]
    rumble_db = 20.0 * np.log10(np.sqrt((spectra[:, (hz > 150.0) & (hz < 500.0)] ** 2).sum(axis=1)))
    assert np.corrcoef(pitch_hz, np.convolve(rumble_db, np.ones(3) / 3.0, "same"))[0, 1] > 0.5


def test_partials_are_stretched_by_stiffness_and_die_sooner_the_higher_they_are() -> None:
    silk = Silk(5.0, 1.0, 3e-4)
    note = string(rng(), np.full(3 * RATE_HZ, 45.0), silk, force=0.8, let_go_s=9.0)
    numbers = np.array([1, 2, 3, 5, 6, 9, 10])
    wanted_hz = numbers * hz_of(45.0) * np.sqrt((1.0 + silk.stiffness * numbers**2) / (1.0 + silk.stiffness))
    for hz in wanted_hz:
        assert cents(peak_hz(note[: 2 * RATE_HZ], hz, 0.02), hz) == pytest.approx(0.0, abs=3.0)
    assert wanted_hz[-1] / (10 * wanted_hz[0]) > 1.014
    t60_s = []
    for hz in wanted_hz[[0, 3, 6]]:
        early, late = (level_db(between(part, hz - 25, hz + 25)) for part in np.split(note[: 2 * RATE_HZ], 2))
        t60_s.append(60.0 / (early - late))
    assert t60_s[0] == pytest.approx(silk.t60_s, rel=0.2)
    assert t60_s[0] > 1.2 * t60_s[1] > 1.4 * t60_s[2]


def test_a_slide_goes_as_far_as_written() -> None:
    pitch = glide(((0.0, 50.0), (1.0, 55.0)), 2.2)
    note = string(rng(), pitch, Silk(6.0, 1.5, 0.0), force=0.8, let_go_s=9.0)
    before = peak_hz(note[: round(0.9 * RATE_HZ)], hz_of(50.0), 0.1)
    after = peak_hz(note[round(1.6 * RATE_HZ) :], hz_of(55.0), 0.1)
    assert cents(after, before) == pytest.approx(500.0, abs=8.0)


@pytest.mark.parametrize("pitch", [57.0, 69.0, 86.0])
def test_a_flute_is_in_tune_harmonic_breathy_and_speaks_softly(pitch: float) -> None:
    note = flute(rng(), ((0.0, pitch),), 1.4, Breath(vibrato=0.0))
    steady = note[RATE_HZ // 2 : RATE_HZ]
    first_hz = peak_hz(steady, hz_of(pitch))
    assert cents(first_hz, hz_of(pitch)) == pytest.approx(0.0, abs=8.0)
    for number in (2, 3):
        assert cents(peak_hz(steady, number * first_hz, 0.02), number * first_hz) == pytest.approx(0.0, abs=5.0)
    spectrum = np.abs(np.fft.rfft(steady * np.hanning(len(steady)))) ** 2
    hz = np.fft.rfftfreq(len(steady), 1.0 / RATE_HZ)
    between_partials = (hz > 300.0) & (hz < 8_000.0) & (np.abs(hz / first_hz % 1.0 - 0.5) < 0.2)
    breath = spectrum[between_partials].mean() * np.count_nonzero((hz > 300.0) & (hz < 8_000.0))
    assert -36.0 < 10.0 * np.log10(breath / spectrum.sum()) < -22.0
    plucked = string(rng(), np.full(RATE_HZ, pitch), Silk(3.0, 0.6, 1e-4), force=0.8, let_go_s=9.0)
    assert rise_s(note) > 0.03 > 2.0 * rise_s(plucked)


NOTES = {
    "silk_qin_low": (36, 38, 41, 43, 45, 48),
    "silk_qin_high": (50, 53, 55, 57, 60, 65, 67, 69, 72),
    "silk_qin_slides": (48, 53, 50, 57, 55, 45),
    "flute_xiao_low": (57, 60, 62, 64, 67, 69),
    "flute_xiao_high": (72, 76, 79, 81, 84, 86),
    "flute_xiao_quiet": (62, 67, 69, 74),
}  # fmt: skip


def heard(name: str) -> tuple[list[Segment], tuple[str, ...]]:
    analysis = analyse(Path(path_of(TAKES[name])))
    return [segment for segment in analysis.segments if segment.kind in ("event", "note")], analysis.recording.faults


@pytest.mark.parametrize("name", NOTES)
def test_notes_are_cut_as_played_and_their_pitches_found(name: str) -> None:
    notes, faults = heard(name)
    pitches = [69.0 + 12.0 * np.log2(note.features["pitch_hz"] / 440.0) for note in notes]
    assert pitches == pytest.approx(NOTES[name], abs=0.3)
    every_s = np.diff([note.start_s for note in notes])
    assert every_s == pytest.approx(every_s.mean(), abs=0.15)
    assert faults == TAKES[name].faults


def test_a_hand_on_the_microphone_thuds_over_the_wind() -> None:
    levels = levels_db(between(taken("wind_handled"), 30.0, 90.0), 0.1)
    assert np.count_nonzero(levels > np.median(levels) + 12.0) >= 4
    calm = levels_db(between(taken("wind_gusts"), 30.0, 90.0), 0.1)
    assert not np.any(calm > np.median(calm) + 12.0)
