"""Stretches of recordings: the same as of the whole, without a seam, kept, bounded, and made again when damaged."""

from __future__ import annotations

import errno
import os
import struct
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pytest
import soundfile
import soxr

from soundscape.audio.pool import ENDING, Pool
from soundscape.audio.resampling import resample
from soundscape.errors import AudioError, OutputError
from soundscape.units import Samples
from soundscape.whole import whole_file

SEMITONE = 2.0 ** (1.0 / 12.0)


@pytest.fixture
def take(tmp_path: Path) -> Path:
    samples = (np.random.default_rng(4).standard_normal((44_100 * 6, 2)) * 0.1).astype(np.float32)
    soundfile.write(tmp_path / "a.wav", samples, 44_100, subtype="FLOAT")
    return tmp_path / "a.wav"


@pytest.mark.parametrize(("speed", "null_db"), [(1.0, -100.0), (1.5, -100.0), (0.7371, -85.0)])
def test_a_stretch_equals_the_stretch_of_the_whole(speed: float, null_db: float, take: Path, tmp_path: Path) -> None:
    found = Pool(tmp_path / "pool").take(recording_id="r", path=take, start_s=2.3, end_s=4.1, speed=speed)
    ratio = Fraction(48_000, 44_100) / Fraction(speed).limit_denominator(2000)
    whole = resample(soundfile.read(take, dtype="float32")[0], ratio.denominator, ratio.numerator)
    first = round(Fraction(2.3) * 44_100 * ratio)
    assert found.shape == (round(1.8 / speed * 48_000), 2)
    apart = np.abs(found - whole[first : first + len(found)]).max() / np.abs(whole).max()
    assert apart < 10.0 ** (null_db / 20.0)


def test_a_stretch_is_mapped_and_silent_beyond_the_end(take: Path, tmp_path: Path) -> None:
    found = Pool(tmp_path / "pool").take(recording_id="r", path=take, start_s=5.5, end_s=6.5)
    assert isinstance(found, np.memmap)
    assert not found.flags.writeable
    assert found[:20_000].any()
    assert not found[25_000:].any()


def test_what_is_kept_is_not_decoded_again(take: Path, tmp_path: Path) -> None:
    pool = Pool(tmp_path / "pool")
    first = np.array(pool.take(recording_id="r", path=take, start_s=0.0, end_s=1.0))
    take.unlink()
    np.testing.assert_array_equal(pool.take(recording_id="r", path=take, start_s=0.0, end_s=1.0), first)


@pytest.mark.parametrize("damage", ["cut", "changed"])
def test_a_damaged_file_is_made_again(damage: str, take: Path, tmp_path: Path) -> None:
    first = np.array(Pool(tmp_path / "pool").take(recording_id="r", path=take, start_s=0.0, end_s=1.0))
    kept = next((tmp_path / "pool").glob(f"*{ENDING}"))
    raw = bytearray(kept.read_bytes())
    raw[5000] ^= 0xFF
    kept.write_bytes(raw[:4000] if damage == "cut" else raw)
    again = Pool(tmp_path / "pool").take(recording_id="r", path=take, start_s=0.0, end_s=1.0)
    np.testing.assert_array_equal(again, first)


def test_what_was_not_used_for_longest_goes_first(take: Path, tmp_path: Path) -> None:
    pool = Pool(tmp_path / "pool", max_bytes=2 * (64 + 48_000 * 2 * 4))
    for start_s in (0.0, 1.0, 0.0, 2.0):
        pool.take(recording_id="r", path=take, start_s=start_s, end_s=start_s + 1.0)
    take.unlink()
    assert len(list((tmp_path / "pool").glob(f"*{ENDING}"))) == 2
    assert pool.take(recording_id="r", path=take, start_s=0.0, end_s=1.0).any()


def level(pool: Path, take: Path) -> float:
    found = Pool(pool).take(recording_id="r", path=take, start_s=0.0, end_s=2.0)
    return float(np.abs(found).sum())


def test_two_processes_share_a_folder(take: Path, tmp_path: Path) -> None:
    with get_context("spawn").Pool(2) as workers:
        levels = workers.starmap(level, [(tmp_path / "pool", take)] * 4)
    assert len(set(levels)) == 1


def in_one_piece(path: Path, start_s: float, end_s: float, speed: float) -> Samples:
    """A stretch at 48 kHz, read and resampled at once, with 4096 frames of the slower rate around it."""
    sound, rate_hz = soundfile.read(path, dtype="float32", always_2d=True)
    ratio = Fraction(48_000, rate_hz) / Fraction(speed).limit_denominator(2000)
    first, n_frames = round(Fraction(start_s) * rate_hz * ratio), round((end_s - start_s) / speed * 48_000)
    around = max(4096, int(4096 / ratio))
    begin = max(0, int(first / ratio) - around) // ratio.denominator * ratio.denominator
    read = sound[begin : int((first + n_frames) / ratio) + around]
    made = read if ratio == 1 else soxr.resample(read, float(ratio.denominator), float(ratio.numerator), "VHQ")
    cut = made[first - int(begin * ratio) :][:n_frames]
    return np.pad(cut, ((0, n_frames - len(cut)), (0, 0)))


@pytest.mark.parametrize("rate_hz", [44_100, 48_000, 96_000])
@pytest.mark.parametrize("speed", [1.0, SEMITONE, 2.0, 0.5])
@pytest.mark.parametrize(("start_s", "end_s"), [(0.0, 0.01), (3.3, 4.1), (0.7, 19.9), (19.5, 21.0), (30.0, 31.0)])
def test_a_stretch_has_the_bits_of_one_made_in_one_piece(
    start_s: float, end_s: float, speed: float, rate_hz: int, tmp_path: Path
) -> None:
    sound = (np.random.default_rng(5).standard_normal((20 * rate_hz, 2)) * 0.1).astype(np.float32)
    soundfile.write(tmp_path / "b.wav", sound, rate_hz, subtype="FLOAT")
    found = Pool(tmp_path / "pool").take(recording_id="r", path=tmp_path / "b.wav", start_s=start_s, end_s=end_s,
                                         speed=speed)  # fmt: skip
    np.testing.assert_array_equal(found, in_one_piece(tmp_path / "b.wav", start_s, end_s, speed))


@pytest.mark.parametrize("rate_hz", [44_100, 48_000, 96_000])
@pytest.mark.parametrize("speed", [1.0, SEMITONE, 2.0, 0.5])
def test_a_long_tone_has_no_seam(speed: float, rate_hz: int, tmp_path: Path) -> None:
    """Each sample of a steady tone follows from the two before it: y[n] = 2 cos(w) y[n-1] - y[n-2]."""
    turn = 2.0 * np.pi / 16.0
    tone = 0.25 * np.sin(turn * np.arange(40 * rate_hz))[:, None]
    soundfile.write(tmp_path / "tone.wav", tone, rate_hz, subtype="FLOAT")
    found = Pool(tmp_path / "pool").take(recording_id="r", path=tmp_path / "tone.wav", start_s=1.0, end_s=39.0,
                                         speed=speed)[:, 0].astype(np.float64)  # fmt: skip
    made_turn = turn * float(Fraction(rate_hz, 48_000) * Fraction(speed).limit_denominator(2000))
    assert np.abs(found).max() == pytest.approx(0.25, rel=1e-3)
    assert np.abs(found[2:] - 2.0 * np.cos(made_turn) * found[1:-1] + found[:-2]).max() < 1e-6


@pytest.mark.parametrize(("speed", "most_frames"), [(1.0, 1e-6), (2.0, 1e-6), (SEMITONE, 1e-3)])
def test_a_long_tone_stays_in_step(speed: float, most_frames: float, tmp_path: Path) -> None:
    n_frames = 120 * 44_100
    soundfile.write(tmp_path / "tone.wav", np.sin(2 * np.pi / 20 * np.arange(n_frames)), 44_100, subtype="FLOAT")
    found = Pool(tmp_path / "pool").take(recording_id="r", path=tmp_path / "tone.wav", start_s=0.0, end_s=119.9,
                                         speed=speed)[-20_000:-1_000, 0]  # fmt: skip
    step = Fraction(44_100, 48_000) * Fraction(speed).limit_denominator(2000) / 20
    first = round(119.9 / speed * 48_000) - 20_000
    turns = np.array([float((first + n) * step % 1) for n in range(len(found))])
    waves = np.stack([np.sin(2 * np.pi * turns), np.cos(2 * np.pi * turns)], axis=-1)
    ahead, level = np.linalg.lstsq(waves, found)[0][::-1]
    assert level == pytest.approx(1.0, abs=1e-5)
    assert abs(np.arctan2(ahead, level)) / (2 * np.pi * float(step)) < most_frames


MEASURED = """
import sys
from pathlib import Path
from soundscape.audio.pool import Pool

def peak_bytes():
    return next(int(line.split()[1]) * 1024 for line in Path("/proc/self/status").open() if line.startswith("VmHWM"))

def take(end_s, speed):
    return Pool(sys.argv[1], rate_hz=6000).take(
        recording_id="r", path=sys.argv[2], start_s=0.0, end_s=end_s, speed=speed)

take(1.0, 1.0)
before = peak_bytes()
found = take(float(sys.argv[3]), float(sys.argv[4]))
made = peak_bytes()
take(float(sys.argv[3]), float(sys.argv[4]))
print(found.nbytes, made - before, peak_bytes() - before)
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads the peak of the memory from /proc")
@pytest.mark.parametrize(("end_s", "speed"), [(1200.0, 1.0), (1200.0, SEMITONE), (24.0, 0.02)])
def test_the_memory_is_that_of_a_chunk(end_s: float, speed: float, tmp_path: Path) -> None:
    """Twenty minutes of eight channels, 230 MB, are made in less than 40 MB, and checked in no more."""
    path = tmp_path / "long.wav"
    soundfile.write(path, np.zeros((10, 8)), 4_000, subtype="PCM_16")
    raw, n_bytes = bytearray(path.read_bytes()), int(end_s * 4_000) * 16
    at = raw.index(b"data")
    struct.pack_into("<I", raw, at + 4, n_bytes)
    struct.pack_into("<I", raw, 4, at + n_bytes)
    path.write_bytes(raw)
    os.truncate(path, at + 8 + n_bytes)
    command = [sys.executable, "-c", MEASURED, tmp_path / "pool", path, str(end_s), str(speed)]
    said = subprocess.run(command, capture_output=True, text=True, check=True, cwd=Path(__file__).parents[2])
    for kept in (tmp_path / "pool").iterdir():
        kept.unlink()
    n_bytes_made, for_making, for_checking = map(int, said.stdout.split())
    assert n_bytes_made == round(end_s / speed * 6_000) * 8 * 4
    assert for_making < 40e6
    assert for_checking < 40e6


def test_a_recording_that_ends_early_is_silent_from_there(take: Path, tmp_path: Path) -> None:
    os.truncate(take, take.stat().st_size - 44_100 * 3 * 2 * 4)
    found = Pool(tmp_path / "pool").take(recording_id="r", path=take, start_s=1.0, end_s=200.0)
    assert found.shape == (199 * 48_000, 2)
    assert found[: 48_000 * 2 - 500].any(axis=1).all()
    assert not found[48_000 * 2 + 500 :].any()


def test_a_recording_that_cannot_be_decoded_to_its_end_leaves_nothing(tmp_path: Path) -> None:
    sound = np.zeros((400_000, 2), np.float32)
    sound[390_000] = np.nan
    soundfile.write(tmp_path / "nan.wav", sound, 44_100, subtype="FLOAT")
    with pytest.raises(AudioError, match="frame 390000"):
        Pool(tmp_path / "pool").take(recording_id="r", path=tmp_path / "nan.wav", start_s=0.0, end_s=9.0)
    assert not list((tmp_path / "pool").iterdir())


def test_a_disk_that_fails_to_read_is_not_called_one_that_cannot_be_written(
    take: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(*_: object, **__: object) -> Iterator[Samples]:
        yield np.ones((100_000, 2), np.float32)
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr("soundscape.audio.pool.audio_blocks", failing)
    with pytest.raises(AudioError, match=r"cannot read .*a\.wav to its end: Input/output error") as caught:
        Pool(tmp_path / "pool").take(recording_id="r", path=take, start_s=0.0, end_s=6.0)
    assert caught.value.hint
    assert not list((tmp_path / "pool").iterdir())


@contextmanager
def files_of_at_most(n_bytes: int) -> Iterator[None]:
    """What a full disk does, for this process."""
    resource = pytest.importorskip("resource")  # not on Windows
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (n_bytes, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_full_disk_halfway_leaves_nothing_and_the_next_time_it_works(take: Path, tmp_path: Path) -> None:
    pool = Pool(tmp_path / "pool")
    with files_of_at_most(1_500_000), pytest.raises(OutputError, match="cannot write") as caught:
        pool.take(recording_id="r", path=take, start_s=0.0, end_s=6.0)
    assert caught.value.hint
    assert not list((tmp_path / "pool").iterdir())
    found = pool.take(recording_id="r", path=take, start_s=0.0, end_s=6.0)
    np.testing.assert_array_equal(found, in_one_piece(take, 0.0, 6.0, 1.0))


@pytest.mark.parametrize("n_times", [1, 9])
def test_a_file_that_another_process_trims_at_once_is_made_again(
    n_times: int, take: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trimmed: list[Path] = []

    @contextmanager
    def greedy(path: Path) -> Iterator[Path]:
        with whole_file(path) as temporary:
            yield temporary
        if len(trimmed) < n_times:
            path.unlink()
            trimmed.append(path)

    monkeypatch.setattr("soundscape.audio.pool.whole_file", greedy)
    if n_times == 1:
        assert Pool(tmp_path / "pool").take(recording_id="r", path=take, start_s=0.0, end_s=1.0).all()
    else:
        with pytest.raises(OutputError, match="as soon as it is written"):
            Pool(tmp_path / "pool").take(recording_id="r", path=take, start_s=0.0, end_s=1.0)


def test_what_another_process_is_writing_stays_and_what_it_left_behind_goes(take: Path, tmp_path: Path) -> None:
    pool = Pool(tmp_path / "pool", max_bytes=0)
    growing, abandoned = (tmp_path / "pool" / f".{name}{ENDING}" for name in ("growing", "abandoned"))
    for path in (growing, abandoned):
        path.write_bytes(bytes(1_000_000))
    os.utime(abandoned, (time.time() - 2 * 86_400,) * 2)
    pool.take(recording_id="r", path=take, start_s=0.0, end_s=1.0)
    assert growing.exists()
    assert not abandoned.exists()
