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
from soundscape.audio.files import audio_info, read_audio
from soundscape.audio.hashing import audio_id
from soundscape.audio.metadata import Metadata
from soundscape.audio.wavefile import WaveWriter
from soundscape.deliver.cleaned import PAUSE_S, clean
from soundscape.errors import AudioError, OutputError

RATE_HZ = 48_000
REPAIR = Cleaning(repairs=True)


def take(folder: Path, *, n_channels: int = 1, duration_s: int = 25, thump_s: float = 15.5) -> Path:
    rng = np.random.default_rng(3)
    samples = 0.003 * rng.standard_normal((duration_s * RATE_HZ, n_channels))
    n = RATE_HZ // 4
    thud = sosfilt(butter(2, 90.0, fs=RATE_HZ, output="sos"), rng.standard_normal(n))
    thud *= 0.3 / np.abs(thud).max() * np.exp(-np.arange(n) / (0.06 * RATE_HZ))
    samples[round(thump_s * RATE_HZ) :][:n] += thud[:, None]
    known = Metadata({"en": "Gate", "zh": "门"}, "By the well.", "Ada", "2026-05-01", "North court", "PM-1", "CC0-1.0")
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
    clean(path, Cleaning(60.0, repairs=True), recording_id=identity, keep=tmp_path)
    kept = audio_info(tmp_path / "gate_cleaned.wav")
    assert (kept.encoding, kept.rate_hz) == ("PCM_24", RATE_HZ)
    said = kept.metadata
    assert (said.titles["zh"], said.recordist, said.object_id, said.licence) == ("门", "Ada", "PM-1", "CC0-1.0")
    assert said.description.startswith("By the well. Cleaned: high-pass at 60 Hz")
    assert identity in said.description


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
        clean(tmp_path / "calm.wav", REPAIR, recording_id="r", preview=tmp_path / "p.wav", keep=tmp_path / "k.wav")
    assert [file.name for file in tmp_path.iterdir()] == ["calm.wav"]


def test_a_long_take_needs_no_more_memory(tmp_path: Path) -> None:
    most = []
    for duration_s in (60, 240):
        path = take(tmp_path, duration_s=duration_s)
        tracemalloc.start()
        clean(path, Cleaning(60.0, repairs=True), recording_id="r", keep=tmp_path / "kept.wav")
        most.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert most[1] < 1.2 * most[0]
