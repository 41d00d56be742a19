"""Stretches of recordings: the same as of the whole, kept, bounded, and made again when damaged."""

from __future__ import annotations

from fractions import Fraction
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pytest
import soundfile

from soundscape.audio.pool import ENDING, Pool
from soundscape.audio.resampling import resample


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


def test_nothing_folds_back() -> None:
    """A tone at 30 kHz is gone at 48 kHz: what is left is below -100 dB."""
    tone = (0.5 * np.sin(2 * np.pi * 30_000 / 96_000 * np.arange(96_000))).astype(np.float32)[:, None]
    assert np.abs(resample(tone, 96_000, 48_000)[2000:-2000]).max() < 0.5e-5
