"""Cleaning: what is taken away, and that nothing else is."""

from __future__ import annotations

from functools import cache
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.signal import butter, sosfilt, sosfiltfilt

from soundscape.analysis.cleaning import Cleaner, Cleaning, cleaning_of, survey
from soundscape.analysis.lows import Moment
from soundscape.analysis.triage import Triage
from soundscape.audio.files import read_audio
from soundscape.audio.hashing import audio_id
from soundscape.errors import AudioError

RATE_HZ = 48_000
THUMPS_S = (3.3, 8.1, 9.4, 20.2)
ROOT = Path(__file__).resolve().parents[2]
SHIPPED = sorted((ROOT / "recordings").glob("*.flac"))
THIRDS_HZ = 1000.0 * 2.0 ** ((np.arange(-17, -1) - 0.5) / 3.0)
"""Edges of thirds of octaves, 18 to 560 Hz."""


def seconds(duration_s: float) -> np.ndarray:
    return np.arange(round(duration_s * RATE_HZ)) / RATE_HZ


def noise(duration_s: float, level: float = 0.003, seed: int = 1) -> np.ndarray:
    return level * np.random.default_rng(seed).standard_normal(round(duration_s * RATE_HZ))


def thumped(duration_s: float, level: float, times_s: tuple[float, ...] = THUMPS_S) -> np.ndarray:
    """A hand on the microphone: bursts below 90 Hz."""
    rng, out = np.random.default_rng(5), np.zeros(round(duration_s * RATE_HZ))
    n = RATE_HZ // 4
    for time_s in times_s:
        thud = sosfilt(butter(2, 90.0, fs=RATE_HZ, output="sos"), rng.standard_normal(n))
        thud *= np.exp(-np.arange(n) / (0.08 * RATE_HZ))
        out[round(time_s * RATE_HZ) :][:n] += level * thud / np.abs(thud).max()
    return out


def bells(duration_s: float, level: float = 0.2) -> np.ndarray:
    at_s, out = seconds(duration_s), np.zeros(round(duration_s * RATE_HZ))
    for start_s in (1.0, 12.0):
        since = np.maximum(at_s - start_s, 0.0)
        out += (at_s >= start_s) * level * np.sin(2 * np.pi * 830.0 * since) * np.exp(-since / 4.0)
    return out


def cleaned(samples: np.ndarray, cleaning: Cleaning, block: int = RATE_HZ) -> np.ndarray:
    take = np.asarray(samples.reshape(len(samples), -1), np.float32)
    cleaner = Cleaner(cleaning, RATE_HZ, take.shape[1])
    return np.concatenate(list(cleaner.cleaned(take[at : at + block] for at in range(0, len(take), block))))


def moments(take: np.ndarray, rate_hz: int = RATE_HZ) -> tuple[Moment, ...]:
    """As triage hears them."""
    block = np.asarray(take.reshape(len(take), -1), np.float32)
    triage = Triage(rate_hz)
    for at in range(0, len(block), rate_hz):
        triage.update(block[at : at + rate_hz].mean(axis=1), block[at : at + rate_hz])
    return triage.moments


def repaired(take: np.ndarray) -> np.ndarray:
    return cleaned(take, Cleaning(moments=moments(take)))


def wind(duration_s: float, level: float, seed: int = 2) -> np.ndarray:
    """Turbulence on a membrane, in gusts of 0.4 s."""
    rng = np.random.default_rng(seed)
    line = sosfilt(butter(2, 40.0, fs=RATE_HZ, output="sos"), rng.standard_normal(round(duration_s * RATE_HZ)))
    knots = np.arange(0.0, duration_s + 1.0, 0.4)
    gusts = 10.0 ** (np.interp(np.arange(len(line)) / RATE_HZ, knots, rng.normal(0.0, 7.0, len(knots))) / 20.0)
    return np.asarray(level * line / line.std() * gusts / np.sqrt(np.square(gusts).mean()))


@cache
def shipped(name: str) -> np.ndarray:
    """15 s of a clean recording."""
    samples, rate_hz = read_audio(ROOT / "recordings" / f"{name}.flac", end_s=15.0)
    assert rate_hz == RATE_HZ
    return samples.mean(axis=1, dtype=np.float64)


def thirds_db(samples: np.ndarray) -> np.ndarray:
    power, hz = np.abs(np.fft.rfft(samples)) ** 2, np.fft.rfftfreq(len(samples), 1.0 / RATE_HZ)
    return np.array([10.0 * np.log10(power[(hz >= low) & (hz < high)].sum() + 1e-12)
                     for low, high in pairwise(THIRDS_HZ)])  # fmt: skip


def level_db(samples: np.ndarray, from_s: float = 0.0, to_s: float | None = None) -> float:
    part = samples[round(from_s * RATE_HZ) : None if to_s is None else round(to_s * RATE_HZ)]
    return float(10.0 * np.log10(np.square(part, dtype=np.float64).mean() + 1e-20))


def band(samples: np.ndarray, kind: str, corner_hz: float) -> np.ndarray:
    return np.asarray(sosfiltfilt(butter(4, corner_hz, kind, fs=RATE_HZ, output="sos"), samples))


def test_a_high_pass_takes_rumble_and_leaves_a_tone() -> None:
    rumble, tone = (np.sin(2 * np.pi * hz * seconds(3.0)) for hz in (30.0, 200.0))
    low, high = (cleaned(part, Cleaning(60.0))[:, 0] for part in (rumble, tone))
    assert level_db(low, 1.0) <= level_db(rumble, 1.0) - 24.0
    assert level_db(high, 1.0) == pytest.approx(level_db(tone, 1.0), abs=0.5)


def test_a_high_pass_does_not_click_at_the_start_of_an_offset() -> None:
    assert np.abs(cleaned(np.full(RATE_HZ, 0.4), Cleaning(60.0))).max() < 1e-6


def test_nothing_sounds_before_a_blow() -> None:
    blow = np.zeros(RATE_HZ)
    blow[RATE_HZ // 2] = 1.0
    assert not cleaned(blow, Cleaning(100.0))[: RATE_HZ // 2].any()


def test_thumps_fall_and_the_bell_above_stays() -> None:
    duration_s = 24.0
    take = noise(duration_s, 0.001) + bells(duration_s, 0.05) + thumped(duration_s, 0.3)
    out = repaired(take)[:, 0]
    for start_s in THUMPS_S:
        before, after = (level_db(band(part, "low", 250.0), start_s, start_s + 0.3) for part in (take, out))
        assert after <= before - 15.0
        bell, bell_after = (level_db(band(part, "high", 600.0), start_s, start_s + 0.3) for part in (take, out))
        assert bell_after == pytest.approx(bell, abs=0.5)


def test_all_but_the_thumps_is_bit_for_bit_what_it_was() -> None:
    take = np.asarray(noise(24.0) + bells(24.0) + thumped(24.0, 0.3), np.float32)
    out = repaired(take)[:, 0]
    away = np.ones(len(take), bool)
    for start_s in THUMPS_S:
        away[round((start_s - 0.4) * RATE_HZ) : round((start_s + 0.9) * RATE_HZ)] = False
    assert np.array_equal(out[away], take[away])


@pytest.mark.parametrize("what", ["noise", "bells", "gate"])
def test_a_clean_take_comes_out_as_it_went_in(what: str) -> None:
    knock = np.zeros(20 * RATE_HZ)
    for start_s in (4.0, 4.6, 11.0):
        burst = noise(0.5, 0.4, 3) * np.exp(-seconds(0.5) / 0.06)
        knock[round(start_s * RATE_HZ) :][: len(burst)] += burst
    take = noise(20.0) + {"noise": 0.0, "bells": bells(20.0), "gate": knock}[what]
    assert np.array_equal(repaired(take)[:, 0], take.astype(np.float32))


def test_a_take_in_blocks_of_any_length_is_cleaned_alike() -> None:
    take = noise(40.0) + thumped(40.0, 0.3, (3.0, 17.9, 31.0))
    take[20 * RATE_HZ :] += wind(20.0, 0.1)
    cleaning = Cleaning(50.0, moments(take))
    assert {one.what for one in cleaning.moments} == {"wind", "handling"}
    whole, parts = (cleaned(take, cleaning, block) for block in (len(take), 4_801))
    assert np.array_equal(whole, parts)


@settings(max_examples=12)
@given(st.integers(1, 3 * RATE_HZ), st.integers(1, 5), st.integers(64, 50_000))
def test_it_is_as_long_as_it_was(n_frames: int, n_channels: int, block: int) -> None:
    take = np.random.default_rng(n_frames).standard_normal((n_frames, n_channels)).astype(np.float32)
    everywhere = (Moment("wind", 0.0, 3.0, 1.0), Moment("handling", 0.0, 0.1, 1.0), Moment("handling", 2.0, 2.9, 1.0))
    out = cleaned(take, Cleaning(80.0, everywhere, offsets=(0.1,) * n_channels), block)
    assert out.shape == take.shape
    assert np.isfinite(out).all()


@pytest.mark.parametrize("level", [0.03, 0.1, 0.3])
@pytest.mark.parametrize("name", ["silk_qin_low", "gong_great", "flute_xiao_phrase", "drum_great", "gate_knocker"])
def test_wind_over_a_sound_comes_down_and_the_sound_stays(name: str, level: float) -> None:
    clean = shipped(name)
    gusts = wind(15.0, level)[: len(clean)]
    out = repaired(clean + gusts)[:, 0]
    heard = moments(clean + gusts)
    assert heard
    before, after = (level_db(part - clean) for part in (clean + gusts, out))
    assert after < before
    if sum(one.stop_s - one.start_s for one in heard if one.what == "wind") > 10.0:
        assert after < before - 5.0
    is_outside = thirds_db(gusts) < thirds_db(clean) - 10.0
    assert np.abs(thirds_db(out) - thirds_db(clean))[is_outside].max(initial=0.0) < 1.5


def test_a_broad_sound_that_comes_and_goes_above_the_wind_stays() -> None:
    on = (np.sin(2 * np.pi * 0.7 * seconds(15.0)) > 0.0) * 1.0
    stream = sosfilt(butter(4, (230.0, 420.0), "bandpass", fs=RATE_HZ, output="sos"), noise(15.0, 0.1, 8)) * on
    gusts = wind(15.0, 0.1)
    out = repaired(stream + noise(15.0, 1e-4) + gusts)[:, 0]
    is_of_it = (THIRDS_HZ[:-1] > 220.0) & (THIRDS_HZ[1:] < 450.0)
    assert level_db(out - stream) < level_db(gusts) - 5.0
    assert np.abs(thirds_db(out) - thirds_db(stream))[is_of_it].max() < 1.5


@pytest.mark.parametrize("level", [0.1, 0.3])
@pytest.mark.parametrize("name", ["silk_qin_low", "gong_great", "bell_bronze_low", "drum_great", "gate_knocker"])
def test_thumps_over_a_sound_come_down_where_they_are_heard_and_the_sound_stays(name: str, level: float) -> None:
    clean = shipped(name) + noise(15.0, 0.001)[: len(shipped(name))]
    thumps = thumped(15.0, level, (3.3, 7.1, 9.6))[: len(clean)]
    out, heard = repaired(clean + thumps)[:, 0], moments(clean + thumps)
    assert len(heard) >= 2
    for one in heard:
        here = round((one.start_s - 0.1) * RATE_HZ), round((one.start_s + 0.4) * RATE_HZ)
        before, after = (level_db((part - clean)[slice(*here)]) for part in (clean + thumps, out))
        assert after < before - 8.0
    is_outside = thirds_db(thumps) < thirds_db(clean) - 10.0
    assert np.abs(thirds_db(out) - thirds_db(clean))[is_outside].max(initial=0.0) < 1.5


def test_no_more_is_taken_than_a_bounded_depth() -> None:
    take = noise(24.0, 1e-4) + thumped(24.0, 0.5)
    gusty = noise(24.0, 1e-4) + wind(24.0, 0.5)
    everywhere = tuple(Moment("handling", at_s, at_s + 0.1, 1.0) for at_s in THUMPS_S)
    thump, gust = cleaned(take, Cleaning(moments=everywhere)), cleaned(gusty, Cleaning(moments=moments(gusty)))
    at_s = THUMPS_S[0]
    assert 15.0 < level_db(take, at_s, at_s + 0.2) - level_db(thump[:, 0], at_s, at_s + 0.2) < 18.5
    assert 6.0 < level_db(gusty, 2.0) - level_db(gust[:, 0], 2.0) < 12.5


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_a_shipped_recording_without_wind_and_hands_is_not_repaired(path: Path) -> None:
    found = survey(path)
    if not found.wind_noise and not found.handling_noise:
        assert found.moments == ()
        assert found.corner_hz is None
    else:
        assert path.stem in {"wind_handled", "wind_trees", "wind_gusts"}


def untouched(path: Path) -> bool:
    """Whether a take that triage hears nothing in is refused, or comes out as it went in but for an offset or a hum."""
    found = survey(path)
    if found.wind_noise or found.handling_noise or "rumble" in found.faults:
        return True
    if "dc" not in found.faults and "hum" not in found.faults:
        with pytest.raises(AudioError, match="nothing to"):
            cleaning_of(found)
        return True
    cleaning = cleaning_of(found)
    return cleaning.high_pass_hz is None and not cleaning.moments


@pytest.mark.shared
def test_no_real_sound_is_taken_for_noise(shared: Path) -> None:
    takes = [path for path in sorted((shared / "recordings").iterdir())
             if path.suffix in {".flac", ".ogg", ".mp3", ".wav"}]  # fmt: skip
    assert len(takes) > 100
    assert [path.name for path in takes if not untouched(path)] == []


@pytest.mark.shared
@pytest.mark.parametrize(
    "name", ["bowed_bass.flac", "gate_knock_bang2.ogg", "gate_knock_bang3.ogg", "gate_knock_bang5.ogg"]
)
def test_a_bass_note_and_a_bang_on_a_door_are_no_thumps(shared: Path, name: str) -> None:
    samples, rate_hz = read_audio(shared / "recordings" / name)
    assert moments(samples, rate_hz) == ()


def test_channels_are_repaired_each_by_itself() -> None:
    quiet = noise(12.0)
    take = np.stack([noise(12.0, seed=2) + thumped(12.0, 0.4, (5.0,)), quiet], axis=1)
    out = cleaned(take, Cleaning(moments=(Moment("handling", 5.0, 5.1, 1.0),)))
    assert level_db(band(out[:, 0], "low", 200.0), 5.0, 5.3) < level_db(band(take[:, 0], "low", 200.0), 5.0, 5.3) - 15.0
    assert level_db(out[:, 1]) == pytest.approx(level_db(quiet), abs=0.1)


def test_hum_is_notched_and_its_neighbours_stay() -> None:
    hum = sum(0.05 * np.sin(2 * np.pi * 50.0 * k * seconds(20.0)) / k for k in (1, 2, 3))
    tone = 0.05 * np.sin(2 * np.pi * 60.0 * seconds(20.0))
    cleaning = Cleaning(hum_hz=(50, 100, 150))
    assert level_db(cleaned(hum, cleaning), 5.0) < level_db(hum) - 40.0
    assert level_db(cleaned(tone, cleaning), 5.0) == pytest.approx(level_db(tone), abs=0.5)


def written(folder, samples: np.ndarray):  # type: ignore[no-untyped-def]
    soundfile.write(folder / "take.wav", samples, RATE_HZ, subtype="FLOAT")
    return folder / "take.wav"


def test_what_is_found_becomes_the_choice(tmp_path) -> None:  # type: ignore[no-untyped-def]
    hum = sum(0.05 * np.sin(2 * np.pi * 50.0 * k * seconds(12.0)) / k for k in (1, 3, 2))
    path = written(tmp_path, hum + noise(12.0) + 0.05)
    found = survey(path)
    assert found.recording_id == audio_id(path)
    assert {"hum", "dc"} <= set(found.faults)
    cleaning = cleaning_of(found, high_pass_hz=None)
    assert cleaning.hum_hz == (50, 100, 150)
    assert cleaning.offsets == pytest.approx((0.05,), abs=1e-3)
    assert cleaning_of(found, high_pass_hz=70.0, repairs=False) == Cleaning(70.0)


@pytest.mark.parametrize("colour", ["white", "brown", "white above rumble without a gap"])
def test_steady_sound_as_broad_as_it_is_is_content(tmp_path, colour: str) -> None:  # type: ignore[no-untyped-def]
    white = noise(20.0, 0.05)
    brown = sosfilt(butter(1, 60.0, fs=RATE_HZ, output="sos"), noise(20.0, 1.0))
    take = {"white": white, "brown": brown, "white above rumble without a gap": white + 0.1 * brown}[colour]
    assert survey(written(tmp_path, take)).corner_hz is None


@pytest.mark.shared
@pytest.mark.parametrize("name", ["fire_burning.mp3", "fire_crackle1.ogg", "fire_crackle3.ogg", "fire_place.ogg"])
def test_a_fire_keeps_its_roar(shared: Path, name: str) -> None:
    assert survey(shared / "recordings" / name).corner_hz is None


def test_wind_in_trees_that_rumbles_is_one_sound_down_to_its_lowest(tmp_path) -> None:  # type: ignore[no-untyped-def]
    falling = sosfilt(butter(2, 25.0, fs=RATE_HZ, output="sos"), noise(30.0, 8.0, 9))
    found = survey(written(tmp_path, falling + noise(30.0, 1e-5)))
    assert "rumble" in found.faults
    assert found.corner_hz is None


def test_rumble_that_triage_calls_a_fault_has_a_corner_though_no_gap_parts_it(tmp_path) -> None:  # type: ignore[no-untyped-def]
    rumble = sosfilt(butter(2, 25.0, fs=RATE_HZ, output="sos"), noise(30.0, 8.0, 9))
    found = survey(written(tmp_path, rumble + noise(30.0, 0.02)))
    assert "rumble" in found.faults
    assert found.corner_hz is not None
    assert 40.0 < found.corner_hz <= 100.0


def test_the_corner_goes_as_high_as_no_content_is_touched(tmp_path) -> None:  # type: ignore[no-untyped-def]
    rumble = band(noise(30.0, 0.1, 9), "low", 70.0)
    beat = (np.sin(2 * np.pi * 0.5 * seconds(30.0)) > 0.0) * 1.0
    content = band(noise(30.0, 0.05, 4), "high", 130.0) * (0.02 + beat)
    assert survey(written(tmp_path, rumble + content)).corner_hz == pytest.approx(96.0, abs=5.0)
    deep = content + 0.05 * np.sin(2 * np.pi * 55.0 * seconds(30.0))
    corner_hz = survey(written(tmp_path, 0.3 * rumble + deep)).corner_hz
    assert corner_hz is not None
    assert corner_hz < 55.0 / 1.25
    tone = cleaned(0.05 * np.sin(2 * np.pi * 55.0 * seconds(5.0)), Cleaning(corner_hz))
    assert level_db(tone, 1.0) == pytest.approx(level_db(0.05 * np.sin(2 * np.pi * 55.0 * seconds(5.0))), abs=0.6)


def test_a_take_with_nothing_below_its_content_has_no_corner(tmp_path) -> None:  # type: ignore[no-untyped-def]
    assert survey(written(tmp_path, bells(12.0))).corner_hz is None


@pytest.mark.parametrize("corner_hz", [501.0, 5.0, float("nan")])
def test_a_corner_out_of_range_is_refused(corner_hz: float) -> None:
    with pytest.raises(AudioError, match="goes from 10 to 500 Hz"):
        Cleaning(corner_hz)


def test_where_nothing_is_heard_there_is_nothing_to_repair(tmp_path) -> None:  # type: ignore[no-untyped-def]
    found = survey(written(tmp_path, noise(12.0) + bells(12.0)))
    with pytest.raises(AudioError, match="nothing to repair: no wind on the microphone, no hand"):
        cleaning_of(found)
    assert cleaning_of(found, high_pass_hz=60.0).words == "high-pass at 60 Hz (24 dB an octave)"


def test_of_a_take_with_an_offset_the_offset_is_all_that_goes(tmp_path) -> None:  # type: ignore[no-untyped-def]
    take = noise(12.0) + bells(12.0) + 0.05
    cleaning = cleaning_of(survey(written(tmp_path, take)))
    assert cleaning.words == "offset of 0.05 taken away"
    assert np.allclose(cleaned(take, cleaning)[:, 0], take - cleaning.offsets[0], atol=1e-6)


def test_silence_has_nothing_to_clean(tmp_path) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(AudioError, match="nothing to clean"):
        cleaning_of(survey(written(tmp_path, np.zeros(RATE_HZ))))
