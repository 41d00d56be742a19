"""Tapes: every frame of a show at its time, whatever the disk does, in a file that any program opens."""

from __future__ import annotations

import errno
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import soundfile

from soundscape.audio import wavefile
from soundscape.audio.files import audio_info, read_audio
from soundscape.audio.hashing import audio_id
from soundscape.audio.metadata import Metadata
from soundscape.audio.wavefile import WaveWriter, rounded24
from soundscape.errors import OutputError
from soundscape.live import tape as tapes
from soundscape.live.tape import Gap, Tape
from soundscape.space.layout import layout_named
from soundscape.units import Samples
from tests.live.disks import Disk, until

SOUND = np.random.default_rng(4).uniform(-1.2, 1.2, (9_001, 3)).astype(np.float32)


def taped(path: Path, sound: Samples = SOUND, step: int = 128, **more: object) -> Tape:
    tape = Tape(path, sound.shape[1], 48_000, **more)  # type: ignore[arg-type]
    for start in range(0, len(sound), step):
        tape.write(sound[start : start + step])
    tape.close()
    return tape


def test_the_tape_is_the_file_that_a_render_of_the_same_samples_writes(tmp_path: Path) -> None:
    about, layout = Metadata(titles={"en": "Gate", "zh": "门"}, licence="CC0-1.0"), layout_named("7.1.4")
    sound = np.tile(SOUND, (1, 4))
    tape = taped(tmp_path / "show.wav", sound, layout=layout, metadata=about)
    names = tuple(speaker.name for speaker in layout.speakers)
    with WaveWriter(tmp_path / "mix.wav", rate_hz=48_000, n_channels=12, channel_mask=layout.channel_mask,
                    channel_names=names, metadata=about) as writer:  # fmt: skip
        writer.write(rounded24(sound))
    assert tape.path == tmp_path / "show.wav"
    assert tape.path.read_bytes() == (tmp_path / "mix.wav").read_bytes()
    assert tape.audio_id == audio_id(tmp_path / "mix.wav")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["mix.wav", "show.wav"]


def test_blocks_of_any_length_give_the_same_file(tmp_path: Path) -> None:
    one, other = taped(tmp_path / "a.wav", step=9_001), taped(tmp_path / "b.wav", step=77)
    assert one.path.read_bytes() == other.path.read_bytes()
    assert one.path.stat().st_size % 2 == 0, "a chunk of an odd length is padded"
    assert one.n_frames == audio_info(one.path).n_frames == 9_001


def test_the_giver_may_use_its_block_again_at_once(tmp_path: Path) -> None:
    tape, block = Tape(tmp_path / "show.wav", 1, 48_000), np.empty((64, 1), np.float32)
    for number in range(100):
        block[:] = number / 128.0
        tape.write(block)
    tape.close()
    np.testing.assert_array_equal(read_audio(tape.path)[0][::64, 0], np.arange(100) / 128.0)


def test_beyond_the_limit_of_riff_it_is_rf64_at_every_moment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wavefile, "MAX_RIFF_BYTES", 20_000)
    monkeypatch.setattr(tapes, "KEEP_S", 0.02)
    monkeypatch.setattr("soundscape.live.scribe.TICK_S", 0.01)
    tape = Tape(tmp_path / "show.wav", 3, 48_000)
    kinds = []
    for n_frames in (1000, 9_001):
        tape.write(SOUND[tape.n_frames : n_frames])
        until(lambda n_frames=n_frames: soundfile.info(tape.path).frames == n_frames)  # type: ignore[misc]
        kinds.append(tape.path.read_bytes()[:4])
    tape.close()
    assert kinds == [b"RIFF", b"RF64"]
    assert tape.path.read_bytes()[:4] == b"RF64"
    np.testing.assert_array_equal(read_audio(tape.path)[0], rounded24(SOUND))


def test_a_header_tells_more_than_four_gigabytes() -> None:
    header = wavefile.WaveHeader(48_000, 64)
    n_frames = 2 * 3600 * 48_000
    chunks = header.chunks(n_frames)
    assert chunks[:4] == b"RF64"
    assert len(chunks) == len(header.chunks(0))
    assert int.from_bytes(chunks[28:36], "little") == n_frames * 64 * 3
    assert int.from_bytes(chunks[36:44], "little") == n_frames


def test_no_sound_of_an_earlier_show_is_touched(tmp_path: Path) -> None:
    (tmp_path / "show.part.wav").write_bytes(b"of a show that was killed")
    assert taped(tmp_path / "show.wav").path.name == "show-2.wav"
    second = Tape(tmp_path / "show.wav", 3, 48_000)
    assert second.path.name == "show-3.part.wav"
    (tmp_path / "show-3.wav").write_bytes(b"made meanwhile")
    second.close()
    assert second.path.name == "show-3-2.wav"
    assert (tmp_path / "show.part.wav").read_bytes() == b"of a show that was killed"
    assert (tmp_path / "show-3.wav").read_bytes() == b"made meanwhile"


def test_a_sample_that_is_no_number_is_silence_and_is_said(tmp_path: Path) -> None:
    sound, said = SOUND.copy(), list[str]()
    sound[700, 1], sound[701, 2] = np.nan, np.inf
    tape = taped(tmp_path / "show.wav", sound, tell=said.append)
    expected = SOUND.copy()
    expected[700:702] = 0.0
    np.testing.assert_array_equal(read_audio(tape.path)[0], rounded24(expected))
    assert tape.n_bad_frames == 2
    assert said == ["show.part.wav: a sample is not a number at frame 700: silence"]


def test_what_is_no_block_is_refused(tmp_path: Path) -> None:
    tape = Tape(tmp_path / "show.wav", 3, 48_000)
    with pytest.raises(ValueError, match="3 channels expected"):
        tape.write(np.zeros((64, 2), np.float32))
    tape.close()
    tape.close()
    with pytest.raises(ValueError, match="is closed"):
        tape.write(SOUND)


# A show that breaks off

KILLED = """
import sys, time
from pathlib import Path
import numpy as np
from soundscape.live.tape import Tape
tape = Tape(Path(sys.argv[1]), 2, 8000)
block = np.empty((80, 2), np.float32)
for number in range(100_000):
    block[:] = (number % 1000) / 1024
    tape.write(block)
    print(number, time.monotonic(), flush=True)
    time.sleep(0.01)
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no kill -9 on this system")
def test_a_killed_show_opens_up_to_the_last_seconds(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", KILLED, str(tmp_path / "show.wav")], stdout=subprocess.PIPE, text=True
    ) as show:
        assert show.stdout is not None
        said = [show.stdout.readline() for _ in range(450)]
        show.send_signal(signal.SIGKILL)
        said += show.stdout.readlines()
    done = [(int(number), float(at_s)) for number, at_s in (line.split() for line in said if line.endswith("\n"))]
    due = sum(at_s < done[-1][1] - tapes.KEEP_S - 1.0 for _, at_s in done)
    samples, rate_hz = soundfile.read(tmp_path / "show.part.wav")
    assert rate_hz == 8000
    assert 0 < 80 * due < len(samples)
    numbers = np.repeat(np.arange(len(done) + 2) % 1000 / 1024, 80)[: len(samples)]
    np.testing.assert_array_equal(samples, np.stack([numbers, numbers], axis=1))


# A disk that fails


def test_a_full_disk_loses_nothing_that_fits_in_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    disk, said = Disk(monkeypatch), list[str]()
    tape = Tape(tmp_path / "show.wav", 3, 48_000, tell=said.append)
    for start in range(0, 9_001, 128):
        disk.error = errno.ENOSPC if 3000 < start < 6000 else 0
        tape.write(SOUND[start : start + 128])
        time.sleep(0.003)
    part = tape.path
    tape.close()
    np.testing.assert_array_equal(read_audio(tape.path)[0], rounded24(SOUND))
    assert said == [f"cannot write {part}: the disk is full", f"{part} is written again"]
    assert tape.gaps == ()


def test_what_found_no_place_is_silence_of_the_same_length(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    disk, said = Disk(monkeypatch), list[str]()
    monkeypatch.setattr(tapes, "MOST_WAITING_BYTES", 1000 * 12)
    monkeypatch.setattr(tapes, "SILENCE_FRAMES", 300)
    tape = Tape(tmp_path / "show.wav", 3, 48_000, tell=said.append)
    disk.error = errno.ENOSPC
    tape.write(SOUND[:100])
    until(lambda: tape.trouble)
    for start in range(100, 6_100, 100):
        tape.write(SOUND[start : start + 100])
    disk.error = 0
    until(lambda: not tape.trouble)
    for start in range(6_100, 9_001, 500):
        tape.write(SOUND[start : start + 500])
        until(lambda: not tape._waiting._things)
    tape.close()
    assert tape.gaps == (Gap(1_100, 5_000),)
    assert tape.n_frames == 9_001
    expected = SOUND.copy()
    expected[1_100:6_100] = 0.0
    np.testing.assert_array_equal(read_audio(tape.path)[0], rounded24(expected))
    assert "show.part.wav: 0.104 s found no place at 0.023 s: silence" in said


def test_a_disk_that_fails_within_the_silence_leaves_its_length(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk = Disk(monkeypatch)
    monkeypatch.setattr(tapes, "MOST_WAITING_BYTES", 128 * 12)
    monkeypatch.setattr(tapes, "SILENCE_FRAMES", 10)
    tape = Tape(tmp_path / "show.wav", 3, 48_000)
    disk.error = errno.ENOSPC
    tape.write(SOUND[:10])
    until(lambda: tape.trouble)
    tape.write(SOUND[10:9_000])
    disk.every = 7
    until(lambda: disk.n_failed > 20)
    disk.error = 0
    until(lambda: not tape.trouble)
    tape.write(SOUND[9_000:])
    tape.close()
    expected = SOUND.copy()
    expected[10:9_000] = 0.0
    np.testing.assert_array_equal(read_audio(tape.path)[0], rounded24(expected))
    assert tape.gaps == (Gap(10, 8_990),)


def test_a_drive_that_is_pulled_out_and_put_back_has_every_frame(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk = Disk(monkeypatch)
    (tmp_path / "drive").mkdir()
    tape = Tape(tmp_path / "drive" / "show.wav", 3, 48_000)
    tape.write(SOUND[:5000])
    disk.error = errno.EIO
    (tmp_path / "drive").rename(tmp_path / "pocket")
    tape.write(SOUND[5000:])
    until(lambda: tape.trouble)
    disk.error = 0
    until(lambda: "folder does not exist" in tape.trouble)
    (tmp_path / "pocket").rename(tmp_path / "drive")
    until(lambda: not tape.trouble)
    tape.close()
    np.testing.assert_array_equal(read_audio(tape.path)[0], rounded24(SOUND))


def test_a_disk_that_hangs_holds_nobody_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    disk = Disk(monkeypatch)
    tape = Tape(tmp_path / "show.wav", 3, 48_000)
    disk.is_held.clear()
    begin_s = time.monotonic()
    for start in range(0, 9_001, 64):
        tape.write(SOUND[start : start + 64])
    assert time.monotonic() - begin_s < 1.0
    disk.is_held.set()
    tape.close()
    np.testing.assert_array_equal(read_audio(tape.path)[0], rounded24(SOUND))


def test_a_disk_that_stays_full_is_said_at_the_end_and_keeps_what_it_had(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tapes, "KEEP_S", 0.02)
    disk = Disk(monkeypatch)
    tape = Tape(tmp_path / "show.wav", 3, 48_000)
    tape.write(SOUND[:5000])
    until(lambda: soundfile.info(tape.path).frames == 5000)
    disk.error = errno.ENOSPC
    tape.write(SOUND[5000:])
    with pytest.raises(OutputError, match="the disk is full"):
        tape.close()
    assert tape.path.name == "show.part.wav"
    np.testing.assert_array_equal(read_audio(tape.path)[0], rounded24(SOUND[:5000]))


def test_no_place_to_write_is_said_before_the_show(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="folder does not exist"):
        Tape(tmp_path / "no" / "show.wav", 3, 48_000)
