"""Mixes on disk: as loud as they should be, under their ceiling, in the right channels, whole or not there."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

from soundscape.arrangement.arrangement import Arrangement
from soundscape.arrangement.event import Event
from soundscape.audio.ffmpeg import ffmpeg_path
from soundscape.audio.files import audio_info, read_audio
from soundscape.audio.loudness import loudness
from soundscape.audio.pool import Pool
from soundscape.catalogue.segment import Recording, Segment
from soundscape.deliver.check import check, difference
from soundscape.deliver.render import Mix, render
from soundscape.errors import AudioError, OutputError, PieceError
from soundscape.space.layout import layout_named
from soundscape.space.trajectory import Trajectory, point_at

RATE_HZ = 48_000


def take(folder: Path, name: str, samples: np.ndarray) -> Recording:
    path = folder / f"{name}.wav"
    soundfile.write(path, samples, RATE_HZ, subtype="FLOAT")
    return Recording(name.ljust(32, "0"), str(path), RATE_HZ, 1, len(samples))


def wash(seconds: float = 6.0) -> np.ndarray:
    return 0.1 * np.random.default_rng(5).standard_normal(round(seconds * RATE_HZ))


def knocks() -> np.ndarray:
    """One click a second over almost nothing: all peak, no loudness."""
    line = 1e-4 * wash(6.0)
    line[:: RATE_HZ // 2] = 0.9
    return line


def placed(recording: Recording, azimuth_deg: float = 0.0, *, target_lufs: float = -23.0) -> Arrangement:
    segment = Segment(f"{recording.id[:8]}", recording.id, 0.0, recording.duration_s)
    path = Trajectory.still(*point_at(azimuth_deg, 0.0, 2.0))
    event = Event(0.0, recording.duration_s, segment, "one", path=path, fade_in_s=0.0, fade_out_s=0.0)
    return Arrangement((event,), (recording,), title="One", loudness_lufs=target_lufs)


def mix_of(arrangement: Arrangement, tmp_path: Path, layout: str = "stereo", name: str = "mix.wav") -> Mix:
    return render(arrangement, tmp_path / name, layout=layout_named(layout), pool=Pool(tmp_path / "pool"))


def ffmpeg_hears(path: Path) -> tuple[float, float]:
    """Integrated loudness and true peak, by ffmpeg's meter."""
    command = [
        ffmpeg_path(),
        "-hide_banner",
        "-nostats",
        "-i",
        str(path),
        "-af",
        "ebur128=peak=true",
        "-f",
        "null",
        "-",
    ]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stderr.rsplit("Summary:", 1)[1]
    found = {name: float(re.findall(rf"{name}:\s+(-?[\d.]+)", told)[-1]) for name in ("I", "Peak")}
    return found["I"], found["Peak"]


@pytest.mark.parametrize("target_lufs", [-30.0, -23.0, -16.0])
def test_a_mix_is_as_loud_as_asked_by_another_meter(tmp_path: Path, target_lufs: float) -> None:
    mix = mix_of(placed(take(tmp_path, "wash", wash()), target_lufs=target_lufs), tmp_path)
    assert mix.is_on_target
    assert ffmpeg_hears(mix.path)[0] == pytest.approx(target_lufs, abs=0.11)


def test_a_quiet_mix_is_as_loud_as_asked_though_the_gate_stays_where_it_is(tmp_path: Path) -> None:
    quiet = wash(6.0)
    quiet *= 10.0 ** ((-62.0 - loudness(quiet[:, None].astype(np.float32), 48_000, [1.0]).integrated_lufs) / 20.0)
    quiet[len(quiet) // 2 :] *= 10.0 ** (-9.0 / 20.0)  # below the gate of -70 LUFS until the mix is raised
    mix = mix_of(placed(take(tmp_path, "gallery", quiet), target_lufs=-36.0), tmp_path)
    assert ffmpeg_hears(mix.path)[0] == pytest.approx(-36.0, abs=0.11)
    assert mix.loudness.integrated_lufs == pytest.approx(check(mix.path).loudness.integrated_lufs, abs=0.02)
    assert mix.loudness.range_lu == pytest.approx(check(mix.path).loudness.range_lu, abs=0.05)


def test_a_ceiling_is_held_by_turning_down_not_by_clipping(tmp_path: Path) -> None:
    mix = mix_of(placed(take(tmp_path, "knocks", knocks()), target_lufs=-14.0), tmp_path)
    assert mix.is_limited
    assert ffmpeg_hears(mix.path)[1] <= -0.95
    assert check(mix.path).n_clipped == 0


def test_where_the_ceiling_stands_in_the_way_the_mix_says_so(tmp_path: Path) -> None:
    loud = mix_of(placed(take(tmp_path, "knocks", knocks()), target_lufs=-5.0), tmp_path)
    assert not loud.is_on_target
    assert loud.loudness.integrated_lufs < -5.0
    assert loud.loudness.true_peak_dbtp <= -1.0


@pytest.mark.parametrize(("azimuth_deg", "channel"), [(30.0, 0), (-30.0, 1), (0.0, 2), (135.0, 4), (-90.0, 7)])
def test_a_sound_at_a_speaker_comes_from_its_channel_on_disk(tmp_path: Path, azimuth_deg: float, channel: int) -> None:
    mix = mix_of(placed(take(tmp_path, "wash", wash(1.5)), azimuth_deg), tmp_path, "7.1.4")
    samples, _ = read_audio(mix.path)
    power = np.square(samples, dtype=np.float64).sum(axis=0)
    assert power[channel] > 0.999 * power.sum()
    assert audio_info(mix.path).channel_mask == layout_named("7.1.4").channel_mask != 0


def test_the_same_arrangement_gives_the_same_bits_and_the_file_has_them(tmp_path: Path) -> None:
    arrangement = placed(take(tmp_path, "wash", wash(2.0)), 20.0)
    first, second = (mix_of(arrangement, tmp_path, "5.1.4", name) for name in ("a.wav", "b.wav"))
    assert first.audio_id == second.audio_id == check(first.path).audio_id
    assert difference(first.path, second.path).is_same


def test_a_mix_says_its_title_in_both_languages(tmp_path: Path) -> None:
    arrangement = replace(placed(take(tmp_path, "wash", wash(1.5))), title_zh="一")
    assert audio_info(mix_of(arrangement, tmp_path).path).metadata.titles == {"en": "One", "zh": "一"}


def test_flac_and_wav_hold_the_same_samples(tmp_path: Path) -> None:
    arrangement = placed(take(tmp_path, "wash", wash(2.0)))
    wav, flac = (mix_of(arrangement, tmp_path, "5.1", name) for name in ("a.wav", "a.flac"))
    assert wav.audio_id == flac.audio_id == check(flac.path).audio_id


def test_the_loudness_of_each_second_is_told(tmp_path: Path) -> None:
    swelling = wash(9.0) * np.linspace(0.05, 1.0, 9 * RATE_HZ)
    mix = mix_of(placed(take(tmp_path, "swell", swelling)), tmp_path)
    times, levels = zip(*mix.short_term, strict=True)
    assert times == tuple(range(3, 10))
    assert list(levels) == sorted(levels)
    assert max(levels) == pytest.approx(mix.loudness.short_term_max_lufs, abs=0.3)


def nothing(folder: Path, known: Sequence[Path]) -> bool:
    return set(folder.iterdir()) == set(known)


def test_a_silent_mix_is_refused(tmp_path: Path) -> None:
    arrangement = placed(take(tmp_path, "silence", np.zeros(RATE_HZ)))
    before = list(tmp_path.iterdir())
    with pytest.raises(PieceError, match="silent"):
        mix_of(arrangement, tmp_path)
    assert nothing(tmp_path, [*before, tmp_path / "pool"])


def test_an_arrangement_without_events_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PieceError, match="no events"):
        mix_of(Arrangement((), (), title="Empty"), tmp_path)


def test_a_take_that_is_gone_is_named_and_nothing_is_left(tmp_path: Path) -> None:
    arrangement = placed(take(tmp_path, "gone", wash(1.0)))
    (tmp_path / "gone.wav").unlink()
    with pytest.raises(AudioError, match=r"gone\.wav"):
        mix_of(arrangement, tmp_path)
    assert nothing(tmp_path, [tmp_path / "pool"])


def test_a_take_that_was_recorded_over_is_not_played_under_its_name(tmp_path: Path) -> None:
    arrangement = placed(take(tmp_path, "one", wash(1.0)))
    take(tmp_path, "one", wash(2.0))
    with pytest.raises(AudioError, match=r"one\.wav holds another take.*2\.0 s; then 1, 1\.0 s"):
        mix_of(arrangement, tmp_path)
    assert not (tmp_path / "mix.wav").exists()


def test_an_older_mix_of_that_name_stays_when_the_new_one_fails(tmp_path: Path) -> None:
    (tmp_path / "mix.wav").write_bytes(b"the old one")
    arrangement = placed(take(tmp_path, "gone", wash(1.0)))
    (tmp_path / "gone.wav").unlink()
    with pytest.raises(AudioError):
        mix_of(arrangement, tmp_path)
    assert (tmp_path / "mix.wav").read_bytes() == b"the old one"


def test_a_format_that_is_not_known_is_refused_before_any_work(tmp_path: Path) -> None:
    arrangement = placed(take(tmp_path, "wash", wash(1.0)))
    with pytest.raises(OutputError, match=r"\.ogg"):
        mix_of(arrangement, tmp_path, name="mix.ogg")
