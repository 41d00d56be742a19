"""A cleaned take: a preview to hear, a new file to keep, and an original that nothing touches."""

from __future__ import annotations

import os
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
import soundfile
from matplotlib.image import imread
from scipy.signal import butter, sosfilt

from soundscape.analysis.cleaning import Cleaning
from soundscape.analysis.lows import Moment
from soundscape.audio.files import audio_info, read_audio
from soundscape.audio.hashing import audio_id
from soundscape.audio.metadata import Metadata
from soundscape.audio.wavefile import WaveWriter
from soundscape.deliver.cleaned import PAUSE_S, clean
from soundscape.errors import AudioError, OutputError

RATE_HZ = 48_000
THUMP = (Moment("handling", 15.5, 15.6, 1.0),)
REPAIR = Cleaning(moments=THUMP)


def take(folder: Path, *, n_channels: int = 1, duration_s: int = 25, thump_s: float = 15.5,
         description: str = "By the well.") -> Path:  # fmt: skip
    rng = np.random.default_rng(3)
    samples = 0.003 * rng.standard_normal((duration_s * RATE_HZ, n_channels))
    n = RATE_HZ // 4
    thud = sosfilt(butter(2, 90.0, fs=RATE_HZ, output="sos"), rng.standard_normal(n))
    thud *= 0.3 / np.abs(thud).max() * np.exp(-np.arange(n) / (0.06 * RATE_HZ))
    samples[round(thump_s * RATE_HZ) :][:n] += thud[:, None]
    known = Metadata({"en": "Gate", "zh": "门"}, description, "Ada", "2026-05-01", "North court", "PM-1", "CC0-1.0")
    path = folder / "gate.wav"
    with WaveWriter(path, rate_hz=RATE_HZ, n_channels=n_channels, metadata=known) as writer:
        writer.write(samples.astype(np.float32))
    return path


def test_the_preview_is_the_worst_stretch_then_a_pause_then_the_same_cleaned(tmp_path: Path) -> None:
    path = take(tmp_path)
    done = clean(path, REPAIR, recording_id="r", preview=tmp_path / "preview.wav")
    assert 6.0 <= done.worst_s <= 15.0
    heard, _ = read_audio(tmp_path / "preview.wav")
    n, pause = 10 * RATE_HZ, round(PAUSE_S * RATE_HZ)
    assert len(heard) == 2 * n + pause
    original, _ = read_audio(path, start_s=done.worst_s, end_s=done.worst_s + 10.0)
    assert np.array_equal(heard[:n], original)
    assert not heard[n : n + pause].any()
    at = round((15.5 - done.worst_s) * RATE_HZ)
    before, after = (float(np.square(part[at : at + RATE_HZ // 4]).mean()) for part in (heard, heard[n + pause :]))
    assert after < before / 30.0


def test_the_picture_shows_before_above_after(tmp_path: Path) -> None:
    done = clean(take(tmp_path), REPAIR, recording_id="r", preview=tmp_path / "preview.wav")
    assert done.picture is not None
    image = imread(done.picture)[..., :3].sum(axis=2)
    upper, lower = np.array_split(image, 2)
    assert upper[:, 100:].max(initial=0.0) > 0.0
    bright = [int(((half > 1.8) & (half < 2.9)).sum()) for half in (upper, lower)]
    assert bright[0] > 1.3 * bright[1]


@pytest.mark.parametrize("n_channels", [1, 2, 5])
def test_what_is_kept_is_as_long_and_the_same_but_for_the_thump(tmp_path: Path, n_channels: int) -> None:
    path = take(tmp_path, n_channels=n_channels)
    before = path.read_bytes()
    done = clean(path, REPAIR, recording_id=audio_id(path), keep=tmp_path / "kept.wav")
    assert done.kept == tmp_path / "kept.wav"
    assert path.read_bytes() == before
    original, kept = (read_audio(file)[0] for file in (path, tmp_path / "kept.wav"))
    assert kept.shape == original.shape
    away = np.ones(len(original), bool)
    away[15 * RATE_HZ : 17 * RATE_HZ] = False
    assert np.array_equal(original[away], kept[away])
    assert not np.array_equal(original, kept)


def test_what_is_kept_says_what_was_done_to_what(tmp_path: Path) -> None:
    path = take(tmp_path)
    identity = audio_id(path)
    clean(path, Cleaning(60.0, THUMP), recording_id=identity, keep=tmp_path)
    kept = audio_info(tmp_path / "gate_cleaned.wav")
    assert (kept.encoding, kept.rate_hz) == ("PCM_24", RATE_HZ)
    said = kept.metadata
    assert (said.titles["zh"], said.recordist, said.object_id, said.licence) == ("门", "Ada", "PM-1", "CC0-1.0")
    assert said.description.startswith("By the well. Cleaned: high-pass at 60 Hz")
    assert identity in said.description


@pytest.mark.parametrize(
    ("known", "begins"),
    [
        ("", "Cleaned: "),
        ("By the well", "By the well. Cleaned: "),
        ("By the well!", "By the well! Cleaned: "),
        ("在井边。", "在井边。 Cleaned: "),
    ],
)
def test_what_was_done_is_a_sentence_after_what_is_known(tmp_path: Path, known: str, begins: str) -> None:
    path = take(tmp_path, description=known)
    clean(path, REPAIR, recording_id="r", keep=tmp_path)
    said = audio_info(tmp_path / "gate_cleaned.wav").metadata.description
    assert said.startswith(begins)
    assert "cut short" not in said


def test_of_a_take_that_is_cut_short_it_says_so_and_what_is_kept_does_too(tmp_path: Path) -> None:
    path = take(tmp_path)
    assert clean(path, REPAIR, recording_id="r", keep=tmp_path / "whole.wav").cut_short_s is None
    os.truncate(path, path.stat().st_size - 4 * RATE_HZ * 3)  # 24 bit, mono
    done = clean(path, REPAIR, recording_id="r", keep=tmp_path / "kept.wav")
    assert done.cut_short_s == pytest.approx(21.0, abs=0.1)
    assert done.lines[-1].startswith("NO  cut short: the take ends at 2")
    assert "cut short: it ends before it should." in audio_info(tmp_path / "kept.wav").metadata.description


def test_a_float_take_stays_float(tmp_path: Path) -> None:
    samples, _ = read_audio(take(tmp_path))
    soundfile.write(tmp_path / "float.wav", 3.0 * samples, RATE_HZ, subtype="FLOAT")
    clean(tmp_path / "float.wav", Cleaning(40.0), recording_id="r", keep=tmp_path / "kept.wav")
    assert audio_info(tmp_path / "kept.wav").encoding == "FLOAT"


@pytest.mark.parametrize("how", ["itself", "link", "hard link", "folder"])
def test_the_original_is_never_written(tmp_path: Path, how: str) -> None:
    path = take(tmp_path)
    before = path.read_bytes()
    other = tmp_path / "other.wav"
    if how == "link":
        other.symlink_to(path)
    elif how == "hard link":
        os.link(path, other)
    elif how == "folder":
        (tmp_path / "way").symlink_to(tmp_path)
        other = tmp_path / "way" / "gate.wav"
    out = path if how == "itself" else other
    for asked in ({"keep": out}, {"preview": out}):
        with pytest.raises(OutputError, match="it is the take itself"):
            clean(path, REPAIR, recording_id="r", **asked)
    assert path.read_bytes() == before


def test_where_nothing_was_to_be_cleaned_nothing_is_written(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "calm.wav", 0.01 * np.random.default_rng(1).standard_normal(12 * RATE_HZ), RATE_HZ)
    with pytest.raises(AudioError, match="nothing to clean"):
        clean(tmp_path / "calm.wav", Cleaning(), recording_id="r", preview=tmp_path / "p.wav", keep=tmp_path / "k.wav")
    assert [file.name for file in tmp_path.iterdir()] == ["calm.wav"]


def test_a_long_take_needs_no_more_memory(tmp_path: Path) -> None:
    most = []
    for duration_s in (60, 240):
        path = take(tmp_path, duration_s=duration_s)
        tracemalloc.start()
        clean(path, Cleaning(60.0, THUMP), recording_id="r", keep=tmp_path / "kept.wav")
        most.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert most[1] < 1.2 * most[0]


def test_it_says_how_much_was_taken_from_where_in_how_many_moments_and_what_became_of_the_peak(tmp_path: Path) -> None:
    path = take(tmp_path)
    done = clean(path, REPAIR, recording_id="r")
    assert done.n_moments == 1
    assert 0.2 < done.treated_s < 1.0
    assert done.taken is not None
    assert done.taken.at_s == 15.0
    assert done.taken.low_hz <= 40.0
    assert 80.0 <= done.taken.high_hz <= 500.0
    assert 12.0 < done.taken.by_db < 18.5
    original, _ = read_audio(path)
    assert done.peak_before_db == pytest.approx(20.0 * np.log10(np.abs(original).max()), abs=0.01)
    assert done.peak_db < done.peak_before_db - 6.0
    assert done.lines == (
        f"1 thump below 500 Hz repaired ({done.treated_s:.1f} s in all)",
        f"most was taken at 15 s: {done.taken.by_db:.0f} dB between 20 and {done.taken.high_hz:g} Hz",
        f"peak {done.peak_db:.1f} dBFS, was {done.peak_before_db:.1f} dBFS",
    )


def test_what_is_taken_is_told_of_a_filter_too(tmp_path: Path) -> None:
    at_s = np.arange(5 * RATE_HZ) / RATE_HZ
    soundfile.write(tmp_path / "t.wav", sum(0.1 * np.sin(2 * np.pi * hz * at_s) for hz in (30.0, 180.0)), RATE_HZ)
    taken = clean(tmp_path / "t.wav", Cleaning(60.0), recording_id="r").taken
    assert taken is not None
    assert (taken.low_hz, taken.high_hz) == (25.0, 40.0) or (taken.low_hz, taken.high_hz) == (25.0, 31.5)
    assert taken.by_db == pytest.approx(24.0, abs=2.0)


def test_of_an_offset_only_the_offset_is_told(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "dc.wav", 0.05 + 0.1 * np.sin(np.arange(5 * RATE_HZ) / 20.0), RATE_HZ)
    done = clean(tmp_path / "dc.wav", Cleaning(offsets=(0.05,)), recording_id="r")
    assert done.lines == ("offset of 0.05 taken away", "peak -20.0 dBFS, was -16.5 dBFS")


@pytest.mark.parametrize("subtype", ["PCM_24", "FLOAT"])
def test_a_filter_that_lifts_the_peak_makes_no_clipped_samples(tmp_path: Path, subtype: str) -> None:
    # a square wave through a high-pass overshoots at its edges
    square = 0.98 * np.sign(np.sin(2 * np.pi * 55.0 * np.arange(6 * RATE_HZ) / RATE_HZ))
    soundfile.write(tmp_path / "square.wav", square, RATE_HZ, subtype=subtype)
    done = clean(tmp_path / "square.wav", Cleaning(40.0), recording_id="r", keep=tmp_path, preview=tmp_path / "p.wav")
    kept, preview = (read_audio(tmp_path / name)[0] for name in ("square_cleaned.wav", "p.wav"))
    for samples in (kept, preview):
        assert np.abs(samples).max() == pytest.approx(1.0, abs=1e-4)
        assert np.count_nonzero(np.abs(samples) >= 1.0) < 10
    assert done.down_db > 0.5
    assert done.peak_db == pytest.approx(0.0, abs=1e-6)
    assert done.lines[-1] == f"kept {done.down_db:.1f} dB quieter, or it would clip"
    assert f"{done.down_db:.1f} dB quieter" in audio_info(tmp_path / "square_cleaned.wav").metadata.description


def test_a_peak_that_was_above_full_scale_in_a_float_take_stays_there(tmp_path: Path) -> None:
    samples, _ = read_audio(take(tmp_path))
    soundfile.write(tmp_path / "hot.wav", 8.0 * samples, RATE_HZ, subtype="FLOAT")
    done = clean(tmp_path / "hot.wav", Cleaning(30.0), recording_id="r", keep=tmp_path / "kept.wav")
    assert done.peak_before_db > 0.0
    assert done.peak_db <= done.peak_before_db + 1e-6
