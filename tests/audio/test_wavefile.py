"""WAV files as other programs read them."""

from __future__ import annotations

import errno
from pathlib import Path

import numpy as np
import pytest
import soundfile
from wavinfo import WavInfoReader

from soundscape.audio import wavefile
from soundscape.audio.files import audio_info
from soundscape.audio.loudness import Loudness
from soundscape.audio.metadata import Metadata
from soundscape.audio.wavefile import WaveWriter
from soundscape.errors import OutputError

SAMPLES = np.random.default_rng(6).uniform(-1.2, 1.2, (1001, 3)).astype(np.float32)


def written(path: Path, encoding: wavefile.Encoding = "PCM_24", step: int = 1001, **more: object) -> Path:
    with WaveWriter(path, rate_hz=48_000, n_channels=3, encoding=encoding, **more) as writer:  # type: ignore[arg-type]
        for start in range(0, len(SAMPLES), step):
            writer.write(SAMPLES[start : start + step])
    return path


@pytest.mark.parametrize(("encoding", "step"), [("PCM_24", 2.0**-23), ("PCM_16", 2.0**-15), ("FLOAT", 0.0)])
def test_samples_come_back_rounded_and_clipped(encoding: wavefile.Encoding, step: float, tmp_path: Path) -> None:
    read, rate_hz = soundfile.read(written(tmp_path / "a.wav", encoding))
    expected = SAMPLES if encoding == "FLOAT" else SAMPLES.clip(-1.0, 1.0 - step)
    assert rate_hz == 48_000
    np.testing.assert_allclose(read, expected, rtol=0.0, atol=step * (1.5 if encoding == "PCM_16" else 0.5))


@pytest.mark.parametrize("encoding", wavefile.N_BITS)
def test_blocks_of_any_length_give_the_same_file(encoding: wavefile.Encoding, tmp_path: Path) -> None:
    whole, pieces = written(tmp_path / "a.wav", encoding), written(tmp_path / "b.wav", encoding, 7)
    assert whole.read_bytes() == pieces.read_bytes()


@pytest.mark.parametrize("limit", [2**32 - 1, 1000])
def test_another_reader_finds_everything(limit: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wavefile, "MAX_RIFF_BYTES", limit)
    about = Metadata(titles={"en": "Gate"}, description="A creak", recordist="Lin", recorded_at="2024-03-20T05:10:00",
                     place="Court", licence="CC0-1.0")  # fmt: skip
    path = tmp_path / "a.wav"
    with WaveWriter(path, rate_hz=48_000, n_channels=3, channel_mask=7, metadata=about) as writer:
        writer.write(SAMPLES)
        writer.loudness = Loudness(-23.0, 5.5, -12.0, -18.0, -1.25, -1.5)
    assert path.read_bytes()[:4] == (b"RF64" if limit == 1000 else b"RIFF")
    found = WavInfoReader(str(path))
    assert (found.fmt.channel_count, found.fmt.bits_per_sample, found.data.frame_count) == (3, 24, 1001)
    assert (found.bext.description, found.bext.originator) == ("A creak", "Lin")
    assert found.bext.originator_date == "2024-03-20"
    assert (found.bext.loudness_value, found.bext.max_true_peak) == (-23.0, -1.25)
    assert found.info.title == "Gate"
    assert found.ixml is not None
    assert soundfile.info(path).frames == 1001
    assert audio_info(path).channel_mask == 7


def test_a_full_disk_leaves_what_was_there(tmp_path: Path) -> None:
    path = written(tmp_path / "a.wav")
    before = path.read_bytes()

    def overfill() -> None:
        with WaveWriter(path, rate_hz=48_000, n_channels=3) as writer:
            writer._stream = FullDisk()  # type: ignore[assignment]
            writer.write(SAMPLES)

    with pytest.raises(OutputError, match="disk is full"):
        overfill()
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


class FullDisk:
    def write(self, data: bytes) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")


def test_no_folder_is_an_output_error(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="folder does not exist"):
        written(tmp_path / "no" / "a.wav")
