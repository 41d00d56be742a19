from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from soundscape.analysis.analyse import analyse
from soundscape.analysis.features import features_of
from soundscape.analysis.features.pitch import NONE
from soundscape.analysis.features.shape import decay_s
from soundscape.analysis.features.spectrum import spectrum_of
from soundscape.analysis.features.struck import strike_tone
from soundscape.analysis.frames import frames_of
from soundscape.apps.shipped import shipped
from soundscape.errors import AudioError

RATE_HZ = 48_000


def noise(duration_s: float, level: float = 0.1, seed: int = 1) -> np.ndarray:
    return (level * np.random.default_rng(seed).standard_normal(round(duration_s * RATE_HZ))).astype(np.float32)


def written(folder: Path, samples: np.ndarray, rate_hz: int = RATE_HZ) -> Path:
    path = folder / "take.wav"
    soundfile.write(path, samples, rate_hz, subtype="FLOAT")
    return path


def with_knocks(times_s: list[float], duration_s: float) -> np.ndarray:
    take = noise(duration_s, 0.002)
    burst = noise(0.2, 0.5, 2) * np.exp(-np.arange(round(0.2 * RATE_HZ)) / (0.03 * RATE_HZ)).astype(np.float32)
    for time_s in times_s:
        start = round(time_s * RATE_HZ)
        take[start : start + len(burst)] += burst
    return take


def test_four_knocks_in_noise_are_four_events(tmp_path: Path) -> None:
    times_s = [2.0, 2.5, 3.0, 7.0]
    heard = analyse(written(tmp_path, with_knocks(times_s, 12.0)))
    onsets = [segment.start_s + segment.features["onset_s"] for segment in heard.segments if segment.kind == "event"]
    assert onsets == pytest.approx(times_s, abs=0.05)
    (phrase,) = (segment for segment in heard.segments if segment.kind == "phrase")
    assert phrase.start_s == pytest.approx(2.0, abs=0.05)
    assert 3.0 < phrase.end_s < 4.0


def test_events_are_where_they_are_in_a_take_longer_than_a_chunk(tmp_path: Path) -> None:
    times_s = [10.0, 59.9, 64.95, 130.0]
    heard = analyse(written(tmp_path, with_knocks(times_s, 140.0)))
    onsets = [segment.start_s + segment.features["onset_s"] for segment in heard.segments if segment.kind != "texture"]
    assert onsets == pytest.approx(times_s, abs=0.05)


def test_steady_noise_is_a_texture(tmp_path: Path) -> None:
    (segment,) = analyse(written(tmp_path, noise(10.0))).segments
    assert segment.kind == "texture"
    assert segment.duration_s == pytest.approx(10.0, abs=0.05)
    assert segment.features["level_db"] == pytest.approx(-20.0, abs=0.1)


def test_silence_has_no_segment_and_says_so(tmp_path: Path) -> None:
    heard = analyse(written(tmp_path, np.zeros(RATE_HZ, np.float32)))
    assert heard.segments == ()
    assert heard.recording.faults == ("silent",)


@pytest.mark.parametrize("frequency_hz", [82.4, 220.0, 440.0, 1318.5])
def test_pitch_of_a_harmonic_tone_is_within_ten_cents(frequency_hz: float) -> None:
    at_s = np.arange(RATE_HZ) / RATE_HZ
    tone = sum(np.sin(2 * np.pi * k * frequency_hz * at_s) / k for k in range(1, 5)).astype(np.float32)
    frames = frames_of(tone, RATE_HZ)
    heard = features_of(frames, frames.power)
    assert abs(1200 * np.log2(heard["pitch_hz"] / frequency_hz)) < 10
    assert heard["pitch_confidence"] > 0.8


def test_noise_has_no_sure_pitch() -> None:
    frames = frames_of(noise(1.0), RATE_HZ)
    assert features_of(frames, frames.power)["pitch_confidence"] < 0.1


def test_decay_is_the_time_to_fall_sixty_db() -> None:
    power = np.float32(10.0) ** (-6.0 * np.arange(300, dtype=np.float32) / 100 / 1.5)
    assert decay_s(power) == pytest.approx(1.5, abs=0.05)


def test_what_goes_on_has_neither_attack_nor_decay(tmp_path: Path) -> None:
    (texture,) = analyse(written(tmp_path, noise(9.0))).segments
    assert texture.kind == "texture"
    assert not {"attack_s", "decay_s"} & set(texture.features)


@pytest.mark.parametrize(("t60_s", "is_told"), [(2.0, True), (200.0, False)])
def test_a_decay_is_told_where_a_fall_is_heard(tmp_path: Path, t60_s: float, *, is_told: bool) -> None:
    at_s = np.arange(3 * RATE_HZ) / RATE_HZ
    tone = 0.3 * np.sin(2 * np.pi * 500.0 * at_s) * 10.0 ** (-3.0 * at_s / t60_s)
    (segment,) = analyse(written(tmp_path, tone.astype(np.float32))).segments
    assert ("decay_s" in segment.features) == is_told
    if is_told:
        assert segment.features["decay_s"] == pytest.approx(t60_s, rel=0.05)


def test_the_glide_of_a_bell_is_that_of_the_pitch_that_is_told() -> None:
    """Its partials have a common period far below all of them."""
    bells = [one.features for one in analyse(shipped("recordings") / "bell_bronze_middle.flac").segments]
    for bell in bells:
        if bell["pitch_confidence"] >= 0.4 and bell["glide_confidence"] > 0.5:
            assert bell["pitch_start_hz"] == pytest.approx(bell["pitch_hz"], rel=0.04)
    assert sum(bell["glide_confidence"] > 0.5 for bell in bells) > 3


def test_likeness_does_not_hear_the_level(tmp_path: Path) -> None:
    loud = analyse(written(tmp_path, noise(4.0, 0.1))).vectors[0]
    soft = analyse(written(tmp_path, noise(4.0, 0.02))).vectors[0]
    assert float(loud @ soft) > 0.999


@pytest.mark.parametrize(("fault", "made"), [
    ("clipped", lambda x: np.clip(20.0 * x, -1.0, 1.0)),
    ("dc", lambda x: x + 0.1),
    ("quiet", lambda x: 0.001 * x),
    ("dropouts", lambda x: np.where((np.arange(len(x)) // 2400) % 20 == 7, 0.0, x)),
    ("hum", lambda x: 0.1 * x
     + sum(0.05 * np.sin(2 * np.pi * f * np.arange(len(x)) / RATE_HZ) for f in (50, 100, 150))),
    ("rumble", lambda x: 0.1 * x + 0.3 * np.sin(2 * np.pi * 20 * np.arange(len(x)) / RATE_HZ)),
])  # fmt: skip
def test_triage_names_the_fault_alone(tmp_path: Path, fault: str, made) -> None:
    heard = analyse(written(tmp_path, made(noise(5.0)).astype(np.float32)))
    assert heard.recording.faults == (fault,)


def test_a_channel_that_is_off_zero_is_a_fault_whatever_the_others_are(tmp_path: Path) -> None:
    quiet = 0.1 * noise(2.0)
    assert analyse(written(tmp_path, np.stack([quiet + 0.05, quiet - 0.05], axis=1))).recording.faults == ("dc",)


@pytest.mark.parametrize("gains", [(1.0, -1.0), (0.9, -1.0), (0.0, 1.0, -1.0)])
def test_a_take_with_a_channel_the_wrong_way_round_is_heard(tmp_path: Path, gains: tuple[float, ...]) -> None:
    both = noise(2.0)[:, None] * np.float32(gains)
    (segment,) = analyse(written(tmp_path, both)).segments
    assert segment.features["level_db"] == pytest.approx(10.0 * np.log10(np.mean(noise(2.0) ** 2)), abs=0.1)


def test_a_sound_take_has_no_fault(tmp_path: Path) -> None:
    assert analyse(written(tmp_path, noise(5.0))).recording.faults == ()


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("duration_s", [0.01, 0.1, 0.28, 0.399])
def test_a_short_sound_is_as_loud_as_it_is(tmp_path: Path, duration_s: float, seed: int) -> None:
    burst = np.random.default_rng(seed).uniform(-0.7, 0.7, round(duration_s * RATE_HZ)).astype(np.float32)
    take = analyse(written(tmp_path, burst)).recording
    assert take.faults == ()
    assert take.features["level_lufs"] == pytest.approx(-4.5, abs=3.0)


@pytest.mark.parametrize(("fault", "made"), [("quiet", lambda x: 0.001 * x), ("dc", lambda x: 0.2 * x + 0.3)])
def test_a_short_sound_that_is_quiet_or_off_zero_says_so(tmp_path: Path, fault: str, made) -> None:
    assert analyse(written(tmp_path, made(noise(0.2)).astype(np.float32))).recording.faults == (fault,)


@pytest.mark.shared
def test_a_footstep_of_a_quarter_second_has_no_fault(shared: Path) -> None:
    assert analyse(shared / "recordings" / "footstep_hard.ogg").recording.faults == ()


def test_not_a_number_is_an_error_with_its_place(tmp_path: Path) -> None:
    samples = noise(1.0)
    samples[1000] = np.nan
    with pytest.raises(AudioError, match="1000"):
        analyse(written(tmp_path, samples))


@pytest.mark.parametrize(("rate_hz", "n_channels"), [(384_000, 1), (8_000, 2), (48_000, 64)])
def test_unusual_rates_and_many_channels_are_heard(tmp_path: Path, rate_hz: int, n_channels: int) -> None:
    samples = (0.1 * np.random.default_rng(3).standard_normal((rate_hz, n_channels))).astype(np.float32)
    heard = analyse(written(tmp_path, samples, rate_hz))
    assert len(heard.segments) == 1
    assert heard.recording.n_channels == n_channels


@pytest.mark.parametrize(("level", "n_textures"), [(0.03, 2), (0.0005, 0)])
def test_wind_around_a_knock_is_a_texture_and_the_quiet_of_a_room_is_none(
    tmp_path: Path, level: float, n_textures: int
) -> None:
    take = noise(12.0, level)
    take[6 * RATE_HZ : 6 * RATE_HZ + 4800] += 5.0 * noise(0.1, 0.1, 2)
    kinds = [segment.kind for segment in analyse(written(tmp_path, take)).segments]
    assert kinds.count("texture") == n_textures
    assert len(kinds) - n_textures == 1


def struck(partials: list[tuple[float, float, float]], beat_hz: float, duration_s: float) -> np.ndarray:
    """Partials as (frequency, level, time to -60 dB), each of two modes so far apart."""
    at_s = np.arange(round(duration_s * RATE_HZ)) / RATE_HZ
    sound = np.zeros(len(at_s))
    for hz, level, t60_s in partials:
        both = np.sin(2 * np.pi * (hz - beat_hz / 2) * at_s) + 0.6 * np.sin(2 * np.pi * (hz + beat_hz / 2) * at_s)
        sound += level * np.exp(-6.91 * at_s / t60_s) * both
    return sound.astype(np.float32)


def test_a_bell_that_hums_and_beats_is_one_event_to_its_end(tmp_path: Path) -> None:
    take = noise(30.0, 0.0003)
    bell = struck([(73.4 * r, 0.3 * 0.84**n, 15.0 * r**-0.7) for n, r in enumerate((1.0, 1.64, 2.09, 2.66, 3.44))],
                  0.9, 9.5)  # fmt: skip
    for first in (1, 11, 20):
        take[first * RATE_HZ :][: len(bell)] += bell
    events = [one for one in analyse(written(tmp_path, take)).segments if one.kind != "texture"]
    assert [event.start_s for event in events] == pytest.approx([1.0, 11.0, 20.0], abs=0.05)
    assert min(event.duration_s for event in events) > 6.0


def test_the_pitch_of_a_bell_is_its_strike_tone_not_a_period_below_all_partials(tmp_path: Path) -> None:
    take = noise(5.0, 0.0003)
    ratios = (1.0, 1.71, 2.34, 2.93, 3.66)
    bell = struck([(147.0 * r, 0.3 * 0.45**n, 2.6 * (r * 147 / 300) ** -0.75) for n, r in enumerate(ratios)], 0.0, 3.0)
    take[RATE_HZ : 4 * RATE_HZ] += bell
    (event,) = analyse(written(tmp_path, take)).segments
    assert event.features["pitch_hz"] == pytest.approx(147.0, rel=0.01)


def test_rumble_does_not_hide_a_strike_tone() -> None:
    at_s = np.arange(2 * RATE_HZ) / RATE_HZ
    bell = struck([(300.0, 0.3, 2.6), (713.0, 0.05, 2.0), (1211.0, 0.02, 1.5)], 0.0, 2.0)
    for rumble in (0.0, 0.5):
        take = np.float32(bell + rumble * np.sin(2 * np.pi * 31.0 * at_s))
        heard = strike_tone(spectrum_of(take, RATE_HZ, frames_of(take, RATE_HZ).power), NONE)
        assert heard.hz == pytest.approx(300.0, rel=0.005)
