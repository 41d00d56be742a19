"""Loops: what goes round, rendered by the engine's own plan, stands out of its own moments nowhere."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from soundscape.analysis.analyse import analyse
from soundscape.analysis.features.loops import MOST_RANK, best_loop
from soundscape.analysis.frames import frames_of
from soundscape.apps.shipped import shipped
from soundscape.arrangement.event import Event
from soundscape.audio.files import audio_info, read_audio
from soundscape.catalogue.segment import Loop, Segment
from soundscape.engine.plan import plan
from soundscape.space.layout import layout_named
from tests.engine.scenes import MONO, arrangement

RATE_HZ = 48_000
HOP = 100
CALM = ("rain_drizzle.ogg", "rain_heavy.ogg", "rain_light.ogg", "rain_night.ogg", "rain_steady.flac", "rain_storm.ogg",
        "wind_field.ogg", "wind_flurries.ogg", "wind_snowstorm.ogg", "wind_storm.ogg", "wind_trees_drygrass.ogg",
        "wind_winter_gusts.ogg")  # fmt: skip


def noise(duration_s: float, seed: int = 1) -> np.ndarray:
    return (0.1 * np.random.default_rng(seed).standard_normal(round(duration_s * RATE_HZ))).astype(np.float32)


def loop_of(samples: np.ndarray, rate_hz: int = RATE_HZ) -> Loop:
    seam = best_loop(frames_of(samples.astype(np.float32), rate_hz))
    assert seam is not None
    assert 0.0 <= seam.rank <= MOST_RANK
    assert 0.0 <= seam.loop.start_s < seam.loop.end_s <= len(samples) / rate_hz
    return seam.loop


def gone_round(samples: np.ndarray, loop: Loop, duration_s: float, rate_hz: int = RATE_HZ) -> np.ndarray:
    """What an event that loops sounds like, by the voices of its plan: an oracle for the mix, without panning."""
    features = {"loop_start_s": loop.start_s, "loop_end_s": loop.end_s, "loop_fade_s": loop.fade_s}
    segment = Segment("t", MONO, 0.0, len(samples) / rate_hz, "texture", features=features)
    event = Event(0.0, duration_s, segment, "air", fade_in_s=0.0, fade_out_s=0.0, loops=True)
    out = np.zeros(round(duration_s * rate_hz))
    for voice in plan(arrangement(event), layout_named("mono"), rate_hz=rate_hz).voices:
        played = samples[voice.source_start : voice.source_start + voice.n_frames].astype(np.float64)
        into = np.arange(len(played))
        if voice.fade_in:
            played *= np.sin(0.5 * np.pi * np.minimum((into + 0.5) / voice.fade_in, 1.0))
        if voice.fade_out:
            played *= np.sin(0.5 * np.pi * np.minimum((voice.n_frames - into - 0.5) / voice.fade_out, 1.0))
        out[voice.start : voice.start + len(played)] += played
    return out


def levels_db(samples: np.ndarray, moment_s: float, rate_hz: int = RATE_HZ) -> np.ndarray:
    n = round(moment_s * rate_hz)
    return 10.0 * np.log10(np.square(samples[: len(samples) // n * n].reshape(-1, n)).mean(axis=1) + 1e-12)


def changes_db(samples: np.ndarray, rate_hz: int) -> np.ndarray:
    """Change of level from 100 ms to the next, every `HOP` samples."""
    n = rate_hz // 10 // HOP
    power = np.square(samples[: len(samples) // HOP * HOP].reshape(-1, HOP)).mean(axis=1)
    moments = 10.0 * np.log10(np.convolve(power, np.full(n, 1.0 / n), "valid") + 1e-12)
    return np.abs(moments[n:] - moments[:-n])


def test_noise_goes_round_a_hundred_times_at_one_level() -> None:
    samples = noise(4.0)
    loop = loop_of(samples)
    assert loop.end_s - loop.start_s > 2.0
    out = gone_round(samples, loop, 100 * loop.period_s)
    steps = np.abs(np.diff(levels_db(out, 0.2)))
    assert steps.max() < 0.5


def test_a_crossfade_of_what_has_nothing_in_common_keeps_its_power() -> None:
    samples = np.concatenate([noise(20.0, 1), noise(20.0, 2)])
    out = gone_round(samples, Loop(0.0, 40.0, 2.0), 60.0)
    inside = out[38 * RATE_HZ : 40 * RATE_HZ]
    assert levels_db(inside, 0.25) == pytest.approx(np.full(8, -20.0), abs=0.25)


def test_a_slow_drift_goes_round_where_its_level_is_the_same() -> None:
    at_s = np.arange(24 * RATE_HZ) / RATE_HZ
    samples = noise(24.0) * 10.0 ** (6.0 * np.sin(2 * np.pi * at_s / 17.0) / 20.0)
    loop = loop_of(samples)
    fade = round(loop.fade_s * RATE_HZ)
    start, end = round(loop.start_s * RATE_HZ), round(loop.end_s * RATE_HZ)
    into_end, into_start = (levels_db(part, loop.fade_s)[0] for part in
                            (samples[end - fade : end], samples[start : start + fade]))  # fmt: skip
    assert abs(into_end - into_start) < 0.5


def test_what_only_becomes_louder_does_not_go_round() -> None:
    samples = noise(20.0) * 10.0 ** (np.arange(20 * RATE_HZ) / RATE_HZ / 20.0)
    assert best_loop(frames_of(samples.astype(np.float32), RATE_HZ)) is None


@pytest.mark.parametrize("period_s", [0.41, 0.73])
def test_crickets_go_round_in_step(period_s: float) -> None:
    phase_s = (np.arange(15 * RATE_HZ) / RATE_HZ) % period_s
    chirp = np.where(phase_s < 0.2, 0.2 * np.sin(np.pi * phase_s / 0.2) ** 2, 0.0)
    carrier = np.sin(2 * np.pi * 4500.0 * np.arange(len(chirp)) / RATE_HZ)
    loop = loop_of(chirp * carrier + 0.01 * noise(15.0))
    assert (loop.period_s / period_s + 0.5) % 1.0 - 0.5 == pytest.approx(0.0, abs=0.015 / period_s)


@pytest.mark.parametrize("at_s", [0.5, 10.0, 19.0])
def test_a_loud_event_is_not_in_the_seam(at_s: float) -> None:
    samples = noise(20.0)
    samples[round(at_s * RATE_HZ) :][: RATE_HZ // 4] *= 20.0
    loop = loop_of(samples)
    for start_s, stop_s in ((loop.start_s, loop.start_s + loop.fade_s), (loop.end_s - loop.fade_s, loop.end_s)):
        assert stop_s <= at_s or start_s >= at_s + 0.25


@pytest.mark.parametrize("frequency_hz", [220.0, 440.3, 987.7])
def test_a_tone_meets_itself_a_quarter_later_and_keeps_its_level(frequency_hz: float) -> None:
    at_s = np.arange(12 * RATE_HZ) / RATE_HZ
    samples = (0.2 * np.sin(2 * np.pi * frequency_hz * at_s)).astype(np.float32)
    loop = loop_of(samples)
    out = gone_round(samples, loop, 3 * loop.period_s)
    assert np.ptp(levels_db(out, 0.1)) < 0.3
    in_step = Loop(loop.start_s, loop.start_s + round(8.0 * frequency_hz) / frequency_hz, loop.fade_s)
    beside = gone_round(samples, in_step, 2 * in_step.period_s)
    assert np.ptp(levels_db(beside, 0.1)) > 2.5, "equal power is wrong where the phases meet"


def test_what_fades_away_does_not_go_round() -> None:
    samples = noise(10.0) * np.exp(-np.arange(10 * RATE_HZ) / (2.0 * RATE_HZ))
    assert best_loop(frames_of(samples.astype(np.float32), RATE_HZ)) is None


def test_what_is_short_has_no_loop() -> None:
    assert best_loop(frames_of(noise(0.3), RATE_HZ)) is None


def test_the_catalogue_counts_from_the_segment(tmp_path: Path) -> None:
    samples = noise(27.0)
    samples[7 * RATE_HZ : 7 * RATE_HZ + RATE_HZ // 4] *= 30.0
    soundfile.write(tmp_path / "rain.wav", samples, RATE_HZ, subtype="FLOAT")
    longest = max(analyse(tmp_path / "rain.wav").segments, key=lambda one: one.duration_s)
    assert longest.start_s > 6.9
    assert longest.features["loop_end_s"] <= longest.duration_s
    assert longest.loop is not None


@pytest.mark.parametrize("seed", range(6))
def test_a_steady_noise_always_goes_round_within_its_segment(tmp_path: Path, seed: int) -> None:
    soundfile.write(tmp_path / "rain.wav", noise(9.0, seed), RATE_HZ, subtype="FLOAT")
    (segment,) = analyse(tmp_path / "rain.wav").segments
    assert segment.loop is not None
    assert 0.0 <= segment.loop.start_s < segment.loop.end_s <= segment.duration_s


def note(*, is_steady: bool) -> np.ndarray:
    """A note of 4 s that begins suddenly, and trembles or dies away."""
    at_s = np.arange(4 * RATE_HZ) / RATE_HZ
    course_db = 0.3 * np.sin(2 * np.pi * 5.0 * at_s) if is_steady else -4.0 * at_s
    tone = np.sin(2 * np.pi * 330.0 * at_s)
    edges = np.minimum(np.minimum(at_s / 0.02, (4.0 - at_s) / 0.2), 1.0)
    return np.asarray(0.1 * tone * edges * 10.0 ** (course_db / 20.0) + 1e-4 * noise(4.0), np.float32)


def test_a_steady_note_goes_round_and_one_that_dies_away_does_not() -> None:
    steady = note(is_steady=True)
    seam = best_loop(frames_of(steady, RATE_HZ), is_note=True)
    assert seam is not None
    out = gone_round(steady, seam.loop, 4 * seam.loop.period_s)
    whole_rounds = levels_db(out[RATE_HZ // 5 :], 0.1)
    assert np.abs(np.diff(whole_rounds)).max() < 1.0
    assert best_loop(frames_of(note(is_steady=False), RATE_HZ), is_note=True) is None


@pytest.mark.parametrize("name", ["flute_xiao_low", "flute_xiao_phrase", "flute_xiao_high"])
def test_notes_of_a_flute_go_round_as_evenly_as_they_sound(name: str) -> None:
    path = shipped("recordings") / f"{name}.flac"
    samples = read_audio(path)[0].mean(axis=1)
    for segment in analyse(path).segments:
        if segment.kind != "note" or segment.loop is None:
            continue
        loop, sound = segment.loop, samples[round(segment.start_s * RATE_HZ) : round(segment.end_s * RATE_HZ)]
        out = gone_round(sound, loop, 4 * loop.period_s)
        times_s = (loop.start_s, loop.fade_s, loop.end_s - loop.fade_s)
        first, fade, seam = (round(time_s * RATE_HZ) for time_s in times_s)
        inside = changes_db(out[first + fade // 2 : seam + fade // 2], RATE_HZ).max()
        assert changes_db(out[seam - fade // 2 : seam + 3 * fade // 2], RATE_HZ).max() < inside + 1.0


@pytest.mark.shared
@pytest.mark.parametrize("name", CALM)
def test_wind_and_rain_go_round_unheard(shared: Path, name: str) -> None:
    path = shared / "recordings" / name
    samples, rate_hz = read_audio(path)
    mono = samples.mean(axis=1)
    assert audio_info(path).duration_s > 10.0
    loop = loop_of(mono, rate_hz)
    out = gone_round(mono, loop, 4 * loop.period_s, rate_hz)
    fade, seam = round(loop.fade_s * rate_hz), round((loop.end_s - loop.fade_s) * rate_hz)
    ending, beginning = mono[seam : seam + fade], mono[round(loop.start_s * rate_hz) :][:fade]
    before, inside, after = (levels_db(part, loop.fade_s, rate_hz)[0] for part in
                             (ending, out[seam : seam + fade], beginning))  # fmt: skip
    assert abs(before - after) < 0.5
    into = np.sin(0.5 * np.pi * (np.arange(fade) + 0.5) / fade) ** 2
    both = (1.0 - into) * np.square(ending) + into * np.square(beginning)
    assert inside == pytest.approx(10.0 * np.log10(both.mean()), abs=0.4), "powers add"
    span = 2 * fade
    own = changes_db(mono, rate_hz)
    most = [own[at : at + span // HOP].max() for at in range(0, len(own) - span // HOP, 10)]
    made = changes_db(out[seam - fade // 2 : seam + span - fade // 2], rate_hz)
    assert made.max() <= np.percentile(most, 90)
