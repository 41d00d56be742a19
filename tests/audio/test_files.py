"""What is read, in which order, and what bad files get."""

from __future__ import annotations

import csv
import struct
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from soundscape.audio.decoding import XIPH_TO_WAV
from soundscape.audio.ffmpeg import ffmpeg_path
from soundscape.audio.files import audio_blocks, audio_info, read_audio
from soundscape.audio.flacfile import write_flac
from soundscape.audio.hashing import audio_id
from soundscape.audio.metadata import Metadata
from soundscape.audio.pydub_bridge import from_pydub, to_pydub
from soundscape.audio.wavefile import WaveWriter
from soundscape.audio.wavemetadata import ixml
from soundscape.errors import AudioError

RATE_HZ = 48_000
LOSSLESS = [("wav", "WAV", "PCM_16"), ("wav", "WAV", "PCM_24"), ("wav", "WAV", "FLOAT"), ("wav", "WAVEX", "PCM_24"),
            ("wav", "RF64", "PCM_24"), ("w64", "W64", "PCM_24"), ("flac", "FLAC", "PCM_24"), ("aiff", "AIFF", "PCM_24"),
            ("caf", "CAF", "PCM_24"), ("caf", "CAF", "ALAC_16"), ("au", "AU", "PCM_24")]  # fmt: skip
TAKE = Metadata(titles={"en": "North gate", "zh": "北门"}, description="A creak & a slam", recordist="A. Lin",
                recorded_at="2024-03-20T05:10:00", place="North court", object_id="1925.7", licence="CC0-1.0",
                ambisonic="ambix")  # fmt: skip


def noise(n_frames: int, n_channels: int) -> np.ndarray:
    return (np.random.default_rng(5).uniform(-0.5, 0.5, (n_frames, n_channels))).astype(np.float32)


@pytest.mark.parametrize(("ending", "container", "encoding"), LOSSLESS)
def test_lossless_formats_come_back_within_half_a_step(
    ending: str, container: str, encoding: str, tmp_path: Path
) -> None:
    samples, path = noise(5000, 2), tmp_path / f"a.{ending}"
    soundfile.write(path, samples, RATE_HZ, subtype=encoding, format=container)
    info = audio_info(path)
    assert (info.container, info.rate_hz, info.n_channels, info.n_frames) == (container, RATE_HZ, 2, 5000)
    read = np.concatenate(list(audio_blocks(path, block_frames=777)))
    np.testing.assert_allclose(read, samples, atol=2.0**-15 if encoding.endswith("16") else 2.0**-23)
    np.testing.assert_array_equal(read_audio(path, start_s=0.05, end_s=0.06)[0], read[2400:2880])


@pytest.mark.parametrize("n_channels", XIPH_TO_WAV)
def test_vorbis_channels_come_in_the_order_of_wav(n_channels: int, tmp_path: Path) -> None:
    path = tmp_path / "a.ogg"
    levels = np.linspace(0.1, 0.45, n_channels)
    wav = np.sin(np.arange(24_000) * 0.05)[:, None] * levels
    xiph = np.empty_like(wav)
    xiph[:, XIPH_TO_WAV[n_channels]] = wav
    soundfile.write(path, xiph, RATE_HZ, format="OGG", subtype="VORBIS")
    found = read_audio(path)[0][4000:20_000].std(axis=0) * np.sqrt(2.0)
    full_band = [n for n in range(n_channels) if not (n_channels >= 6 and n == 3)]  # Vorbis low-passes an LFE
    np.testing.assert_allclose(found[full_band], levels[full_band], rtol=0.1)


def test_a_bw64_is_read_though_libsndfile_refuses_it(tmp_path: Path) -> None:
    path, samples = tmp_path / "a.wav", noise(3000, 3)
    with WaveWriter(path, rate_hz=RATE_HZ, n_channels=3) as writer:
        writer.write(samples)
    expected = read_audio(path)[0]
    path.write_bytes(b"BW64" + path.read_bytes()[4:])
    assert audio_info(path).container == "BW64"
    np.testing.assert_array_equal(np.concatenate(list(audio_blocks(path, block_frames=999))), expected)


BAD = {
    "empty": (b"", "empty"),
    "text": (b"these are not sounds\n" * 50, "not a sound file"),
    "header cut off": (b"RIFF\x24\x00\x00\x00WAVEfmt \x10\x00", "not a sound file"),
}


@pytest.mark.parametrize("kind", BAD)
def test_what_is_no_sound_is_said_so(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    path.write_bytes(BAD[kind][0])
    with pytest.raises(AudioError, match=BAD[kind][1]) as caught:
        audio_info(path)
    assert caught.value.hint


@pytest.mark.parametrize(("samples", "rate_hz", "word"), [(noise(0, 1), 48_000, "0 frames"), (noise(9, 1), 1, "1 Hz")])
def test_headers_that_cannot_be_true_are_refused(samples: np.ndarray, rate_hz: int, word: str, tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", samples, rate_hz)
    with pytest.raises(AudioError, match=word):
        audio_info(tmp_path / "a.wav")


@pytest.mark.parametrize(("n_channels", "rate_hz"), [(64, 48_000), (1, 384_000)])
def test_unusual_but_true_headers_are_read(n_channels: int, rate_hz: int, tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", noise(100, n_channels), rate_hz)
    assert read_audio(tmp_path / "a.wav")[0].shape == (100, n_channels)


def test_a_missing_file_and_a_folder_are_named(tmp_path: Path) -> None:
    with pytest.raises(AudioError, match="does not exist"):
        audio_info(tmp_path / "no.wav")
    with pytest.raises(AudioError, match="is a folder"):
        audio_info(tmp_path)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_sample_that_is_no_number_is_named_by_its_frame(bad: float, tmp_path: Path) -> None:
    samples = noise(4000, 2)
    samples[1234, 1] = bad
    soundfile.write(tmp_path / "a.wav", samples, RATE_HZ, subtype="FLOAT")
    with pytest.raises(AudioError, match="frame 1234"):
        list(audio_blocks(tmp_path / "a.wav", block_frames=500))


def test_a_wav_that_ends_early_is_read_to_its_end(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    soundfile.write(path, noise(1000, 1), RATE_HZ, subtype="PCM_16")
    path.write_bytes(path.read_bytes()[:-1000])
    assert len(read_audio(path)[0]) == audio_info(path).n_frames == 500


def test_metadata_comes_back_from_flac_and_wav(tmp_path: Path) -> None:
    write_flac(tmp_path / "a.flac", noise(100, 4), RATE_HZ, TAKE)
    with WaveWriter(tmp_path / "a.wav", rate_hz=RATE_HZ, n_channels=4, metadata=TAKE) as writer:
        writer.write(noise(100, 4))
    assert audio_info(tmp_path / "a.flac").metadata == audio_info(tmp_path / "a.wav").metadata == TAKE
    with soundfile.SoundFile(tmp_path / "a.flac") as stream:
        assert (stream.title, stream.artist, stream.license) == ("North gate", "A. Lin", "CC0-1.0")
    assert audio_id(tmp_path / "a.flac") == audio_id(tmp_path / "a.wav")


def with_chunk(path: Path, name: bytes, body: bytes) -> Path:
    """A WAV file as a field recorder leaves it: the chunk stands behind the samples."""
    soundfile.write(path, noise(101, 1), RATE_HZ, subtype="PCM_24", format="WAV")
    raw = path.read_bytes()
    raw += bytes(len(raw) % 2) + struct.pack("<4sI", name, len(body)) + body + bytes(len(body) % 2)
    path.write_bytes(raw[:4] + struct.pack("<I", len(raw) - 8) + raw[8:])
    return path


@pytest.mark.parametrize(("date", "time", "when"), [
    (b"2024-03-20", b"05:10:00", "2024-03-20T05:10:00"), (b"2024:03:20", b"05-10-00", "2024-03-20T05:10:00"),
    (b"2024/03/20", b"", "2024-03-20"), (b"0000-00-00", b"00:00:00", ""), (b"", b"", ""),
])  # fmt: skip
def test_bext_alone_tells_who_recorded_what_and_when(date: bytes, time: bytes, when: str, tmp_path: Path) -> None:
    fields = ((b"North gate, first creak", 256), (b"Sound Devices 702", 32), (b"REF", 32), (date, 10), (time, 8))
    body = b"".join(text.ljust(length, b"\0") for text, length in fields) + bytes(602 - 338)
    found = audio_info(with_chunk(tmp_path / "a.wav", b"bext", body)).metadata
    assert found == Metadata(description="North gate, first creak", recordist="Sound Devices 702", recorded_at=when)


def test_ixml_alone_tells_place_and_note_and_a_scene_is_no_museum_object(tmp_path: Path) -> None:
    text = ("<BWFXML><PROJECT>Gates</PROJECT><SCENE>12A</SCENE><NOTE>leaf &amp; hinge</NOTE><CIRCLED>TRUE</CIRCLED>"
            "<LOCATION><LOCATION_NAME>北门</LOCATION_NAME></LOCATION></BWFXML>")  # fmt: skip
    found = audio_info(with_chunk(tmp_path / "a.wav", b"iXML", text.encode())).metadata
    assert found == Metadata(description="leaf & hinge", place="北门")


def test_ixml_alone_holds_everything_that_was_written(tmp_path: Path) -> None:
    assert audio_info(with_chunk(tmp_path / "a.wav", b"iXML", ixml(TAKE))).metadata == TAKE


def test_real_recordings_open_and_last_as_long_as_their_manifest_says(shared: Path) -> None:
    folder = shared / "recordings"
    rows = list(csv.DictReader((folder / "MANIFEST.csv").read_text().splitlines()))
    assert len(rows) == 149
    overstated = 0
    for row in rows:
        info = audio_info(folder / row["file"])
        n_frames = sum(len(block) for block in audio_blocks(folder / row["file"]))
        assert n_frames / info.rate_hz == pytest.approx(float(row["duration_s"]), abs=0.001), row["file"]
        assert (info.rate_hz, info.n_channels) == (int(row["sample_rate"]), int(row["channels"]))
        assert n_frames == info.n_frames or not info.is_length_exact
        overstated += n_frames != info.n_frames
    assert overstated == 13
    assert audio_info(folder / "ambience_theatre_foa_ambix.wav").metadata.ambisonic == "ambix"


def test_an_excerpt_of_ten_hours_costs_an_excerpt(tmp_path: Path) -> None:
    resource = pytest.importorskip("resource")  # not on Windows
    path, n_bytes = tmp_path / "long.wav", 36_000 * 96_000 * 3 * 1
    soundfile.write(path, noise(10, 1), 96_000, subtype="PCM_24", format="RF64")
    raw = bytearray(path.read_bytes())
    at = raw.index(b"ds64") + 8
    struct.pack_into("<QQQ", raw, at, n_bytes + 100, n_bytes, n_bytes // 3)
    path.write_bytes(raw)
    with path.open("rb+") as stream:
        stream.truncate(raw.index(b"data") + 8 + n_bytes)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert audio_info(path).duration_s == pytest.approx(36_000.0)
    stop = 35_990 * 96_000
    assert sum(len(b) for b in audio_blocks(path, start_frame=stop - 20 * 96_000, stop_frame=stop)) == 20 * 96_000
    scale = 1 if sys.platform == "darwin" else 1024
    assert (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * scale < 50e6


def test_without_ffmpeg_the_hint_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("soundscape.audio.ffmpeg.ffmpeg_path", lambda: "")
    (tmp_path / "a.m4a").write_bytes(b"0" * 100)
    with pytest.raises(AudioError, match="needs ffmpeg") as caught:
        audio_info(tmp_path / "a.m4a")
    assert "install ffmpeg" in caught.value.hint


def fake_ffmpeg(folder: Path, monkeypatch: pytest.MonkeyPatch, body: str) -> None:
    script = folder / "ffmpeg"
    script.write_text(f"#!{sys.executable}\nimport sys\n{body}\n")
    script.chmod(0o755)
    monkeypatch.setenv("IMAGEIO_FFMPEG_EXE", str(script))


def test_a_pipe_from_ffmpeg_is_read_as_it_comes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    samples = noise(7000, 2)
    soundfile.write(tmp_path / "a.wav", samples, RATE_HZ, subtype="FLOAT")
    fake_ffmpeg(tmp_path, monkeypatch, f"sys.stdout.buffer.write(open({str(tmp_path / 'a.wav')!r}, 'rb').read())")
    (tmp_path / "a.m4a").write_bytes(b"0" * 100)
    assert audio_info(tmp_path / "a.m4a").n_frames == 7000
    blocks = audio_blocks(tmp_path / "a.m4a", start_frame=100, stop_frame=6000, block_frames=999)
    np.testing.assert_array_equal(np.concatenate(list(blocks)), samples[100:6000])


@pytest.mark.parametrize("codec", ["aac", "alac", "alac_in_caf", "wmav2"])
def test_what_ffmpeg_writes_is_read(codec: str, tmp_path: Path) -> None:
    name, _, is_caf = codec.partition("_in_")
    source, path = tmp_path / "a.wav", tmp_path / ("a.caf" if is_caf else "a.wma" if codec == "wmav2" else "a.m4a")
    wave = np.sin(np.arange(48_000)[:, None] * (0.05, 0.09)) * (0.1, 0.4)
    soundfile.write(source, wave, RATE_HZ, subtype="PCM_16")
    subprocess.run([ffmpeg_path(), "-v", "error", "-i", source, "-c:a", name, path], check=True)
    info, (read, rate_hz) = audio_info(path), read_audio(path)
    assert (info.n_channels, info.rate_hz, rate_hz, info.n_frames) == (2, RATE_HZ, RATE_HZ, len(read))
    np.testing.assert_allclose(read[4000:40_000].std(axis=0) * np.sqrt(2.0), (0.1, 0.4), rtol=0.05)


def test_what_ffmpeg_says_is_passed_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake_ffmpeg(tmp_path, monkeypatch, "sys.exit('moov atom not found')")
    (tmp_path / "a.m4a").write_bytes(b"0" * 100)
    with pytest.raises(AudioError, match="moov atom not found"):
        audio_info(tmp_path / "a.m4a")


def test_pydub_gives_back_what_it_got() -> None:
    samples = noise(999, 5)
    back, rate_hz = from_pydub(to_pydub(samples, 44_100))
    assert rate_hz == 44_100
    np.testing.assert_allclose(back, samples, atol=2.0**-31)
