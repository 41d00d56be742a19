"""A file that ends before it should is told from one that is whole, by its header and its size."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest
import soundfile

from soundscape.audio.endings import is_cut_short

RATE_HZ = 48_000
FORMS = ("WAV PCM_16", "WAV PCM_24", "WAVEX FLOAT", "RF64 PCM_24", "W64 PCM_16", "AIFF PCM_24", "AU PCM_16",
         "OGG VORBIS", "OGG OPUS", "MP3 MPEG_LAYER_III")  # fmt: skip


def written(path: Path, form: str, duration_s: float = 4.0) -> bytes:
    container, encoding = form.split()
    noise = np.random.default_rng(1).standard_normal((round(duration_s * RATE_HZ), 1)) * 0.1
    soundfile.write(path, noise, RATE_HZ, format=container, subtype=encoding)
    return path.read_bytes()


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("share", [0.25, 0.5, 0.9])
def test_a_copy_that_was_interrupted_is_told(form: str, share: float, tmp_path: Path) -> None:
    data = written(tmp_path / "take", form)
    assert not is_cut_short(tmp_path / "take")
    (tmp_path / "take").write_bytes(data[: int(share * len(data))])
    assert is_cut_short(tmp_path / "take")


@pytest.mark.parametrize("form", ["WAV PCM_16", "RF64 PCM_24", "AIFF PCM_24", "MP3 MPEG_LAYER_III"])
def test_what_follows_the_sound_may_be_there_or_not(form: str, tmp_path: Path) -> None:
    data = written(tmp_path / "take", form)
    for other in (data + b"TAG" + bytes(125), data[:-1]):
        (tmp_path / "take").write_bytes(other)
        assert not is_cut_short(tmp_path / "take")


@pytest.mark.parametrize("size", [0, 0xFFFFFFFF, 0xFFFFFFFF - 36, 0x7FFFF000, 0x80000000])
def test_a_stream_whose_length_was_not_known_is_whole(size: int, tmp_path: Path) -> None:
    data = bytearray(written(tmp_path / "take", "WAV PCM_16"))
    struct.pack_into("<I", data, data.index(b"data") + 4, size)
    (tmp_path / "take").write_bytes(data)
    assert not is_cut_short(tmp_path / "take")


def test_a_wav_of_many_gigabytes_that_was_cut_off_is_told(tmp_path: Path) -> None:
    data = bytearray(written(tmp_path / "take", "RF64 PCM_24"))
    struct.pack_into("<QQQ", data, data.index(b"ds64") + 8, 9 << 30, 9 << 30, 3 << 30)
    (tmp_path / "take").write_bytes(data)
    assert is_cut_short(tmp_path / "take")


def test_tags_before_an_mp3_are_not_counted_as_its_sound(tmp_path: Path) -> None:
    data = written(tmp_path / "take", "MP3 MPEG_LAYER_III")
    tags = b"ID3\x04\0\0" + bytes([0, 0, 40_000 >> 7 & 0x7F, 40_000 & 0x7F])
    n_tags = ((40_000 >> 7 & 0x7F) << 7) + (40_000 & 0x7F)
    for n_kept, is_cut in ((len(data), False), (len(data) // 2, True)):
        (tmp_path / "take").write_bytes(tags + bytes(n_tags) + data[:n_kept])
        assert is_cut_short(tmp_path / "take") is is_cut


@pytest.mark.parametrize("data", [b"", b"RIFF", b"OggS", b"FORM\0\0\0\0AIFF", b".snd", b"ID3", b"riff", b"a text"])
def test_what_is_no_sound_is_not_cut_short(data: bytes, tmp_path: Path) -> None:
    (tmp_path / "odd").write_bytes(data)
    assert not is_cut_short(tmp_path / "odd")


@pytest.mark.shared
def test_no_real_recording_is_cut_short(shared: Path) -> None:
    takes = [path for path in (shared / "recordings").iterdir() if path.is_file()]
    assert len(takes) > 100
    assert [path.name for path in takes if is_cut_short(path)] == []
