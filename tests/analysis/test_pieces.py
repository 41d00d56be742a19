"""A long take is heard in pieces; nobody can tell where they meet, and memory does not grow with it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

import soundscape.analysis.analyse as hearing
from soundscape.analysis.frames import HOPS_PER_S, frames_of
from soundscape.analysis.held import Held
from soundscape.analysis.segmenters.pieces import LONGEST_S
from soundscape.analysis.segmenters.shares import shares_of
from soundscape.catalogue.segment import Segment

RATE_HZ = 16_000


def noise(duration_s: float, level: float, seed: int = 1) -> np.ndarray:
    return level * np.random.default_rng(seed).standard_normal(round(duration_s * RATE_HZ))


def knock(seed: int) -> np.ndarray:
    n = round(0.3 * RATE_HZ)
    return noise(0.3, 0.4, seed) * np.exp(-np.arange(n) / (0.04 * RATE_HZ))


def creak(duration_s: float) -> np.ndarray:
    at_s = np.arange(round(duration_s * RATE_HZ)) / RATE_HZ
    pulses = np.diff(np.floor(np.cumsum(90.0 + 40.0 * np.sin(2 * np.pi * 0.4 * at_s)) / RATE_HZ), prepend=0.0)
    ring = sum(np.exp(-at_s[:800] / 0.006) * np.sin(2 * np.pi * hz * at_s[:800]) for hz in (740.0, 1900.0))
    return 0.2 * np.convolve(pulses, ring)[: len(at_s)]


def busy_take(duration_s: int, seed: int) -> np.ndarray:
    """Knocks, alone and in rows, and creaks, at random moments of a noise that comes and goes."""
    random = np.random.default_rng(seed)
    take = noise(duration_s, 0.003, seed)
    take *= 1.0 + 0.5 * np.sin(2 * np.pi * 0.05 * np.arange(len(take)) / RATE_HZ)
    at_s = 2.0
    while at_s < duration_s - 8.0:
        sounds = [creak(random.uniform(1.0, 6.0))] if random.random() < 0.4 else [knock(seed)] * random.integers(1, 6)
        for sound in sounds:
            start = round(at_s * RATE_HZ)
            take[start : start + len(sound)] += sound
            at_s += max(0.5, len(sound) / RATE_HZ)
        at_s += random.exponential(6.0)
    return take


def heard(folder: Path, samples: np.ndarray) -> tuple[Segment, ...]:
    path = folder / "take.wav"
    soundfile.write(path, samples.astype(np.float32), RATE_HZ, subtype="FLOAT")
    return hearing.analyse(path).segments


def places(segments: tuple[Segment, ...]) -> list[tuple[float, float, str]]:
    kinds = {"note": "event"}
    return [(round(one.start_s, 2), round(one.end_s, 2), kinds.get(one.kind, one.kind)) for one in segments]


@pytest.mark.parametrize("seed", [1, 2])
def test_it_does_not_matter_in_which_pieces_a_take_is_heard(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    take = busy_take(130, seed)
    found = {}
    for chunk_s in (11, 40, 1000):
        monkeypatch.setattr(hearing, "CHUNK_S", chunk_s)
        found[chunk_s] = heard(tmp_path, take)
    assert len(found[1000]) > 20
    for chunk_s in (11, 40):
        assert places(found[chunk_s]) == places(found[1000])
        for in_pieces, whole in zip(found[chunk_s], found[1000], strict=True):
            assert in_pieces.features == pytest.approx(whole.features, rel=1e-3)


def test_what_is_later_is_heard_later(tmp_path: Path) -> None:
    take = busy_take(90, 3)
    now = places(heard(tmp_path, take))
    later = places(heard(tmp_path, np.concatenate([take[-7 * RATE_HZ :], take])))
    after_s = 20.0  # so far the floor knows the beginning
    wanted = [(start + 7.0, end + 7.0, kind) for start, end, kind in now if start > after_s and kind != "texture"]
    got = [place for place in later if place[0] > after_s + 7.0 and place[2] != "texture"]
    assert len(wanted) > 8
    assert [place[2] for place in got] == [place[2] for place in wanted]
    assert np.array([p[:2] for p in got]) == pytest.approx(np.array([p[:2] for p in wanted]), abs=0.03)


@pytest.mark.parametrize("start_s", [36.0, 39.5, 59.0, 62.5, 79.0])
def test_a_creak_across_the_end_of_a_piece_is_one_event(tmp_path: Path, start_s: float) -> None:
    take = noise(110.0, 0.003)
    sound = creak(5.0)
    take[round(start_s * RATE_HZ) :][: len(sound)] += sound
    (event,) = (one for one in heard(tmp_path, take) if one.kind != "texture")
    assert event.start_s == pytest.approx(start_s, abs=0.1)
    assert event.end_s == pytest.approx(start_s + 5.0, abs=0.3)


def test_steady_noise_of_minutes_is_cut_into_textures_that_meet(tmp_path: Path) -> None:
    segments = heard(tmp_path, noise(150.0, 0.03))
    assert [(one.start_s, one.kind) for one in segments] == [
        (pytest.approx(k * LONGEST_S, abs=0.01), "texture") for k in range(3)]  # fmt: skip
    assert segments[-1].end_s == 150.0
    assert [one.end_s for one in segments[:-1]] == [one.start_s for one in segments[1:]]


def test_what_is_held_is_what_the_whole_take_would_give() -> None:
    take = np.float32(busy_take(100, 4))
    whole = frames_of(take, RATE_HZ)
    held, frames, shares = Held(RATE_HZ), [], []
    for second in range(100):
        held.add(take[second * RATE_HZ : (second + 1) * RATE_HZ])
        if second in (13, 25, 40, 71, 99):
            until = held.grow(is_last=second == 99)
            if second < 99:
                n_s = max(0, until // HOPS_PER_S - 20)
                frames.append(held.frames.bands_db[: n_s * HOPS_PER_S])
                shares.append(held.shares[: n_s * HOPS_PER_S // 2])
                held.drop(n_s)
    np.testing.assert_allclose(np.concatenate([*frames, held.frames.bands_db]), whole.bands_db, atol=1e-3)
    np.testing.assert_allclose(np.concatenate([*shares, held.shares]), shares_of(whole.bands_db), atol=2e-3)


IN_A_PROCESS = """
import sys
from soundscape.analysis.analyse import analyse
segments = analyse(sys.argv[1]).segments
peak_kb = next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM"))
print(int(peak_kb) // 1024, *(f"{one.start_s:.2f}" for one in segments))
"""


def sparse_day(path: Path, hours: float, rate_hz: int, at_s: list[float]) -> None:
    """Digital silence with a knock here and there; the file has holes, so that the disk holds the knocks alone."""
    n_samples = round(hours * 3600 * rate_hz)
    soundfile.write(path, np.zeros(0), rate_hz, subtype="PCM_16")
    sound = np.int16(32767 * np.clip(knock(1), -1.0, 1.0))
    with path.open("r+b") as file:
        file.seek(4)
        file.write((36 + 2 * n_samples).to_bytes(4, "little"))
        header = file.read(64)
        data_at = 8 + header.index(b"data") + 4
        file.seek(data_at)
        file.write((2 * n_samples).to_bytes(4, "little"))
        for one_s in at_s:
            file.seek(data_at + 4 + 2 * round(one_s * rate_hz))
            file.write(sound.tobytes())
        file.truncate(data_at + 4 + 2 * n_samples)


LONG_HOURS, MOST_MORE_MB = (24.0, 250.0) if os.environ.get("SOUNDSCAPE_WHOLE_DAY") else (0.4, 25.0)
"""A whole day takes ten minutes: it is heard where that is asked for. As float32, 0.4 hours are 46 MB."""


def peak_mb_of_a_day(path: Path, hours: float) -> float:
    """Memory of a process that hears all three knocks of it."""
    at_s = [hours * 3600.0 * share for share in (0.1, 0.5, 0.999)]
    sparse_day(path, hours, 8000, at_s)
    run = subprocess.run([sys.executable, "-c", IN_A_PROCESS, str(path)], check=True, capture_output=True, text=True)
    peak_mb, *starts_s = map(float, run.stdout.split())
    assert starts_s == pytest.approx(at_s, abs=0.1)
    return peak_mb


@pytest.mark.long
def test_a_day_that_is_silent_but_for_some_knocks_is_heard_in_little_memory(tmp_path: Path) -> None:
    short_mb = peak_mb_of_a_day(tmp_path / "day.wav", 0.02)
    assert short_mb < 400.0
    assert peak_mb_of_a_day(tmp_path / "day.wav", LONG_HOURS) < short_mb + MOST_MORE_MB
