from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy.signal import butter, sosfiltfilt
from scipy.special import jn_zeros

from recordings.make import path_of
from recordings.models import TAKES
from recordings.models.bells import (
    BEAM,
    GU_DEG,
    HAMMER,
    LARGE,
    SMALL,
    SUI_DEG,
    great_gong,
    ring_ratio,
    stone,
    stone_plate,
    temple_bell,
    two_tone_bell,
)
from recordings.models.blocks import Mallet
from recordings.models.drums import BAR, GREAT, Block, Skin, drum
from recordings.models.strings import hz_of
from recordings.take import RATE_HZ
from soundscape.analysis.analyse import analyse
from soundscape.catalogue.segment import Segment

Samples = np.ndarray


def rng() -> np.random.Generator:
    return np.random.default_rng(7)


def spectrum(samples: Samples) -> tuple[Samples, Samples]:
    size = 1 << 18
    return np.fft.rfftfreq(size, 1.0 / RATE_HZ), np.abs(np.fft.rfft(samples * np.hanning(len(samples)), size))


def peak_hz(samples: Samples, near_hz: float, reach: float = 0.04) -> float:
    hz, heard = spectrum(samples)
    near = np.abs(hz / near_hz - 1.0) < reach
    return float(hz[near][np.argmax(heard[near])])


def strongest_hz(samples: Samples) -> float:
    hz, heard = spectrum(samples)
    return float(hz[np.argmax(heard)])


def cents(hz: float, of_hz: float) -> float:
    return float(1200.0 * np.log2(hz / of_hz))


def centroid_hz(samples: Samples) -> float:
    """Of the whole, its attack included."""
    heard = np.abs(np.fft.rfft(samples)) ** 2
    return float(np.average(np.fft.rfftfreq(len(samples), 1.0 / RATE_HZ), weights=heard))


def envelope(samples: Samples, low_hz: float, high_hz: float, smooth_s: float) -> Samples:
    passed = sosfiltfilt(butter(2, [low_hz, high_hz], "bandpass", fs=RATE_HZ, output="sos"), samples)
    n = round(smooth_s * RATE_HZ)
    return np.asarray(np.mean(passed[: len(passed) // n * n].reshape(-1, n) ** 2, axis=1))


def test_a_harder_blow_is_shorter_by_the_power_that_hertz_gives() -> None:
    ball = Mallet(0.003, 1.5, loss_s_per_m=0.0)
    slow, fast = (np.count_nonzero(ball.force(speed)) for speed in (0.25, 4.0))
    assert slow / fast == pytest.approx(16.0**0.2, rel=0.06)
    assert ball.force(2.0).sum() == pytest.approx(4.0, rel=0.01)  # it bounces back as fast as it came
    assert Mallet(0.003, 1.5, loss_s_per_m=0.5).force(2.0).sum() < 3.7


@pytest.mark.parametrize(("sui", "gu"), [(48.0, 51.0), (60.0, 64.0), (81.0, 84.0)])
def test_one_bell_has_two_tones_by_where_it_is_struck(sui: float, gu: float) -> None:
    at_sui, at_gu = (
        two_tone_bell(rng(), sui, gu, at_deg=place).struck(HAMMER, 1.0, 1.2) for place in (SUI_DEG, GU_DEG)
    )
    first_hz, second_hz = strongest_hz(at_sui), strongest_hz(at_gu)
    assert first_hz == pytest.approx(hz_of(sui), rel=0.004)
    assert cents(second_hz, first_hz) == pytest.approx(100.0 * (gu - sui), abs=10.0)
    for sound, own_hz, other_hz in ((at_sui, first_hz, second_hz), (at_gu, second_hz, first_hz)):
        hz, heard = spectrum(sound)
        own, other = (heard[np.abs(hz / at - 1.0) < 0.015].max() for at in (own_hz, other_hz))
        assert own > 8.0 * other


def test_a_thin_ring_bends_as_rayleigh_says_and_a_bell_has_its_partials_there() -> None:
    assert ring_ratio(np.array([2.0, 3.0, 4.0]), 0.0) == pytest.approx([1.0, 2.828, 5.423], abs=0.002)
    bell = temple_bell(rng(), 110.0, beat_hz=1.1, t60_s=11.0).struck(BEAM, 1.0, 4.0)
    for ratio in ring_ratio(np.array([3.0, 4.0]), 0.045):
        assert cents(peak_hz(bell, 110.0 * ratio, 0.02), 110.0 * ratio) == pytest.approx(0.0, abs=20.0)


@pytest.mark.parametrize("beat_hz", [0.8, 1.6])
def test_a_temple_bell_warbles_as_fast_as_asked_and_lasts(beat_hz: float) -> None:
    bell = temple_bell(rng(), 110.0, beat_hz=beat_hz, t60_s=11.0).struck(BEAM, 1.0, 10.0)
    level_db = 10.0 * np.log10(envelope(bell, 90.0, 130.0, 0.02)[25:475])
    at_s = np.arange(len(level_db)) * 0.02
    fall = np.polyfit(at_s, level_db, 1)
    assert -60.0 / fall[0] == pytest.approx(11.0, rel=0.15)
    swing = level_db - np.polyval(fall, at_s)
    beats_hz = np.fft.rfftfreq(1 << 14, 0.02)
    found = np.abs(np.fft.rfft(swing * np.hanning(len(swing)), 1 << 14))
    assert beats_hz[np.argmax(found)] == pytest.approx(beat_hz, rel=0.06)
    assert np.ptp(swing) > 6.0


def test_a_bent_stone_has_its_partials_off_any_harmonic_series_and_dies_soon() -> None:
    ratio, moved = stone_plate()
    assert ratio[:4] == pytest.approx([1.0, 2.03, 2.82, 3.94], rel=0.01)
    assert stone_plate((0.97, 0.5))[1][1] != pytest.approx(moved[1], rel=0.05)
    note = stone(rng(), 79.0).struck(HAMMER, 1.0, 2.0)
    assert strongest_hz(note) == pytest.approx(hz_of(79.0), rel=0.003)
    level_db = 10.0 * np.log10(envelope(note, 600.0, 1_000.0, 0.02))
    assert level_db[3] - level_db[53] > 40.0


def test_a_great_gong_blooms_the_more_the_harder_it_is_struck() -> None:
    soft, hard = (great_gong(rng(), ((0.0, speed),), 4.0) for speed in (0.6, 1.9))
    low, high = envelope(hard, 60.0, 250.0, 0.1), envelope(hard, 2_000.0, 4_000.0, 0.1)
    assert low[:4].argmax() == low.argmax()
    assert 0.4 < 0.1 * high.argmax() < 3.0
    assert centroid_hz(hard[RATE_HZ : 2 * RATE_HZ]) > 1.5 * centroid_hz(soft[RATE_HZ : 2 * RATE_HZ])
    assert centroid_hz(hard[RATE_HZ : 2 * RATE_HZ]) > 1.5 * centroid_hz(hard[: RATE_HZ // 10])


@pytest.mark.parametrize("gong", [LARGE, SMALL])
def test_opera_gongs_glide_down_and_up_by_what_they_are_given_and_less_when_struck_softly(gong) -> None:  # type: ignore[no-untyped-def]
    shifts = []
    for force in (1.0, 0.5):
        sound = gong.struck(rng(), force, 2.0)
        turned = np.unwrap(np.angle(_analytic(sound, gong.hz)))
        pitch_hz = np.diff(turned[::240]) / (2.0 * np.pi) * RATE_HZ / 240
        shifts.append(cents(pitch_hz[8], gong.hz))
        later = round(0.9 * gong.t60_s * 200 / 2)
        assert abs(cents(pitch_hz[later], gong.hz)) < 25.0
    at_40_ms = gong.glide_cents * 10.0 ** (-6.0 * 0.042 / gong.t60_s)
    assert shifts[0] == pytest.approx(at_40_ms, rel=0.15)
    assert abs(shifts[1]) < 0.45 * abs(shifts[0])


def _analytic(samples: Samples, hz: float) -> Samples:
    low, high = hz * 2.0 ** (-4.0 / 12.0), hz * 2.0 ** (5.0 / 12.0)
    size = 1 << 17
    heard = np.fft.fft(samples, size)
    at_hz = np.fft.fftfreq(size, 1.0 / RATE_HZ)
    return np.fft.ifft(heard * ((at_hz > low) & (at_hz < high)))[: len(samples)]


def test_a_skin_in_thin_air_has_the_zeros_of_bessel_and_air_brings_low_modes_down_most() -> None:
    light = Skin(0.55, 1e3, 9_600.0, 0.0)
    zeros = [jn_zeros(m, n)[-1] for m, n in ((1, 1), (2, 1), (0, 2))]
    assert [light.hz(m, n) / light.hz(0, 1) for m, n in ((1, 1), (2, 1), (0, 2))] == pytest.approx(
        np.array(zeros) / jn_zeros(0, 1)[0], rel=1e-3)  # fmt: skip
    assert zeros[0] / jn_zeros(0, 1)[0] == pytest.approx(1.593, abs=0.001)
    assert GREAT.hz(1, 1) / GREAT.hz(0, 1) > 1.593
    sound = drum(rng(), Skin(0.55, 1.6, 9_600.0, 0.0), speed_m_per_s=1.0, at_radius=0.5, seconds=2.0)
    assert peak_hz(sound, GREAT.hz(1, 1), 0.06) == pytest.approx(GREAT.hz(1, 1), rel=0.01)


def test_a_hard_stroke_on_the_drum_starts_higher_and_is_brighter() -> None:
    starts = []
    for speed in (0.6, 4.0):
        sound = drum(rng(), GREAT, speed_m_per_s=speed, at_radius=0.3, seconds=2.0)
        turned = np.unwrap(np.angle(_analytic(sound, GREAT.hz(0, 1))))
        pitch_hz = np.diff(turned[::2400]) / (2.0 * np.pi) * RATE_HZ / 2400
        starts.append((cents(pitch_hz[1], pitch_hz[12]), centroid_hz(sound)))
    assert starts[1][0] > starts[0][0] + 60.0
    assert starts[1][1] > 1.1 * starts[0][1]


@pytest.mark.parametrize("pitch", [72.0, 79.0, 88.0])
def test_wood_is_dry_and_its_bar_is_that_of_a_thick_free_one(pitch: float) -> None:
    assert BAR[:3] == pytest.approx([1.0, 2.757, 5.404], abs=0.002)
    thin, thick = Block(pitch, thickness=0.001).modes_hz(), Block(pitch).modes_hz()
    assert thin / thin[0] == pytest.approx(BAR, rel=1e-3)
    assert np.all(thick[1:] / thick[0] < BAR[1:])
    block = Block(pitch)
    sound = block.struck(rng(), 1.5)
    level_db = 10.0 * np.log10(envelope(sound, 300.0, 8_000.0, 0.005))
    top = int(level_db.argmax())
    fallen_s = 0.005 * float(np.argmax(level_db[top:] < level_db[top] - 30.0))
    assert 0.02 < fallen_s < 0.1


@pytest.mark.parametrize("struck", [
    lambda speed: temple_bell(rng(), 110.0, beat_hz=1.0, t60_s=9.0).struck(BEAM, speed, 1.0),
    lambda speed: two_tone_bell(rng(), 60.0, 64.0, at_deg=SUI_DEG).struck(HAMMER, speed, 1.0),
    lambda speed: stone(rng(), 72.0).struck(HAMMER, speed, 1.0),
    lambda speed: Block(76.0).struck(rng(), speed),
])  # fmt: skip
def test_harder_strokes_are_louder_and_brighter(struck) -> None:  # type: ignore[no-untyped-def]
    soft, hard = struck(0.3), struck(3.0)
    assert np.abs(hard).max() > 5.0 * np.abs(soft).max()
    assert centroid_hz(hard) > 1.02 * centroid_hz(soft)


NOTES = {
    "bell_bronze_low": (48, 51, 53, 57, 57, 60),
    "bell_bronze_middle": (60, 64, 64, 67, 67, 71, 71, 74),
    "bell_bronze_high": (72, 76, 76, 79, 79, 83, 81, 84),
    "bell_temple": (45, 45, 45, 45),
    "chime_stone": (67, 69, 72, 74, 79, 84, 88, 91),
}  # fmt: skip
N_STROKES = {"gong_great": 3, "gong_opera": 6, "drum_great": 6, "drum_great_far": 4}


def heard(name: str) -> tuple[list[Segment], tuple[str, ...]]:
    analysis = analyse(Path(path_of(TAKES[name])))
    return [segment for segment in analysis.segments if segment.kind in ("event", "note")], analysis.recording.faults


@pytest.mark.parametrize("name", NOTES)
def test_notes_are_cut_as_played_and_their_pitches_found(name: str) -> None:
    notes, faults = heard(name)
    pitches = [69.0 + 12.0 * np.log2(note.features["pitch_hz"] / 440.0) for note in notes]
    assert pitches == pytest.approx(NOTES[name], abs=0.5)
    every_s = np.diff([note.start_s for note in notes])
    assert every_s == pytest.approx(every_s.mean(), abs=0.1)
    assert faults == TAKES[name].faults


@pytest.mark.parametrize("name", N_STROKES)
def test_gongs_and_drums_are_cut_stroke_by_stroke(name: str) -> None:
    strokes, faults = heard(name)
    assert len(strokes) == N_STROKES[name]
    assert faults == TAKES[name].faults


def test_wood_blocks_are_cut_as_played() -> None:
    strokes, faults = heard("wood_block")
    pitches = [69.0 + 12.0 * np.log2(stroke.features["pitch_hz"] / 440.0) for stroke in strokes]
    assert pitches[:5] == pytest.approx([72, 76, 79, 84, 88], abs=0.3)
    phrases = [one for one in analyse(Path(path_of(TAKES["wood_block"]))).segments if one.kind == "phrase"]
    assert len(phrases) == 1  # the even strokes that quicken; the last, too quick to be told apart, are one event
    inside = [one for one in strokes if phrases[0].start_s <= one.start_s and one.end_s <= phrases[0].end_s]
    assert np.diff([one.start_s for one in inside]).min() < 0.2 < np.diff([one.start_s for one in inside]).max()
    assert faults == ()
