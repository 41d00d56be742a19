from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest
import soundfile

from soundscape.arrangement.arrangement import Arrangement
from soundscape.arrangement.event import Event
from soundscape.audio.files import audio_info, read_audio
from soundscape.audio.pool import Pool
from soundscape.audio.wavefile import WaveWriter
from soundscape.catalogue.segment import Recording, Segment
from soundscape.deliver.render import render
from soundscape.errors import PieceError
from soundscape.space.layout import load_layout
from soundscape.space.trajectory import Trajectory, point_at
from soundscape.units import Samples

RATE_HZ = 48_000
LOOP_S = 8.0


@pytest.fixture(scope="module")
def takes(tmp_path_factory: pytest.TempPathFactory) -> tuple[Recording, ...]:
    """A wind without an end, and a stroke that rings."""
    folder = tmp_path_factory.mktemp("takes")
    rng, times_s = np.random.default_rng(0), np.arange(6 * RATE_HZ) / RATE_HZ
    sounds = {"wind": 0.02 * rng.standard_normal(20 * RATE_HZ), "bell": 0.3 * np.sin(2764 * times_s) * np.exp(-times_s)}
    found = []
    for number, (name, samples) in enumerate(sounds.items()):
        with WaveWriter(folder / f"{name}.wav", rate_hz=RATE_HZ, n_channels=1, encoding="FLOAT") as writer:
            writer.write(samples.astype(np.float32)[:, None])
        found.append(Recording(str(number) * 32, str(folder / f"{name}.wav"), RATE_HZ, 1, len(samples)))
    return tuple(found)


def piece(takes: tuple[Recording, ...], *, room: str = "hall", times: int = 1) -> Arrangement:
    """Events of which some sound over the end of a loop; `times`: as often in a row."""
    wind, bell = (Segment(take.id[:4], take.id, 0.0, take.duration_s) for take in takes)
    events = []
    for turn in range(times):
        begin_s = turn * LOOP_S
        events += [Event(begin_s, LOOP_S + 2.0, wind, "wind", fade_in_s=2.0, fade_out_s=2.0, room_db=-120.0)]
        for at_s, azimuth_deg in ((1.0, 30.0), (6.5, -40.0), (7.99, 10.0)):
            path = Trajectory.still(*point_at(azimuth_deg, 0.0, 3.0))
            events.append(Event(begin_s + at_s, 6.0, bell, "bell", path=path))
    return Arrangement(tuple(events), takes, room=room, loudness_lufs=-23.0)


def rendered(arrangement: Arrangement, path: Path, pool: Pool, **options: float) -> Samples:
    render(arrangement, path, layout=load_layout("stereo"), pool=pool, **options)  # type: ignore[arg-type]
    return read_audio(path)[0]


def level_db(samples: Samples) -> float:
    return float(10.0 * np.log10(np.mean(samples.astype(np.float64) ** 2) + 1e-20))


def test_a_loop_twice_is_the_piece_played_twice(takes: tuple[Recording, ...], tmp_path: Path) -> None:
    pool = Pool(tmp_path / "cache", rate_hz=RATE_HZ)
    loop = rendered(piece(takes), tmp_path / "loop.wav", pool, loop_s=LOOP_S)
    assert len(loop) == LOOP_S * RATE_HZ
    # The second round of a piece that goes on: what rings from the first is in it, as in a loop.
    linear = rendered(piece(takes, times=3), tmp_path / "linear.wav", pool)
    second = linear[len(loop) : 2 * len(loop)]
    scale = float((second * loop).sum() / (loop**2).sum())  # loudness was found from other material
    assert level_db(second - scale * loop) < level_db(second) - 90.0


def test_the_seam_is_no_more_than_any_other_moment(takes: tuple[Recording, ...], tmp_path: Path) -> None:
    loop = rendered(piece(takes), tmp_path / "loop.wav", Pool(tmp_path / "cache", rate_hz=RATE_HZ), loop_s=LOOP_S)
    steps = np.abs(np.diff(np.concatenate([loop, loop[:1]]), axis=0)).max(axis=1)
    assert steps[-1] <= np.percentile(steps[:-1], 99.9)


def test_a_turned_round_is_the_round_from_a_soft_and_steady_moment_on(
    takes: tuple[Recording, ...], tmp_path: Path
) -> None:
    pool, layout = Pool(tmp_path / "cache", rate_hz=RATE_HZ), load_layout("stereo")
    plain = render(piece(takes), tmp_path / "plain.wav", layout=layout, pool=pool, loop_s=LOOP_S)
    mix = render(piece(takes), tmp_path / "turned.wav", layout=layout, pool=pool, loop_s=LOOP_S, turns=True)
    loop, turned = (read_audio(one.path)[0] for one in (plain, mix))
    assert plain.begins_s == 0.0 < mix.begins_s
    back = np.roll(turned, round(mix.begins_s * RATE_HZ), axis=0)
    scale = float((back * loop).sum() / (back**2).sum())  # loudness was found with other moments heard twice
    assert level_db(loop - scale * back) < level_db(loop) - 90.0
    steps = np.abs(np.diff(np.concatenate([turned, turned[:1]]), axis=0)).max(axis=1)
    assert steps[-1] <= np.percentile(steps[:-1], 50.0)
    window = int(0.4 * RATE_HZ)
    assert abs(level_db(turned[:window]) - level_db(turned[-window:])) < 0.5
    assert level_db(turned[:window]) < level_db(turned) - 3.0  # the bells have nearly rung out


def test_what_sounds_when_in_a_turned_round(takes: tuple[Recording, ...], tmp_path: Path) -> None:
    pool = Pool(tmp_path / "cache", rate_hz=RATE_HZ)
    mix = render(piece(takes), tmp_path / "loop.wav", layout=load_layout("stereo"), pool=pool, loop_s=LOOP_S,
                 turns=True)  # fmt: skip
    loop = read_audio(tmp_path / "loop.wav")[0]
    heard = piece(takes).turned(mix.begins_s, LOOP_S)
    strokes = [event.start_s for event in heard.events if event.role == "bell"]
    assert len(strokes) == 3
    assert all(0.0 <= at_s < LOOP_S for at_s in strokes)
    for at_s in strokes:
        frames = (int(at_s * RATE_HZ) + np.arange(-RATE_HZ // 20, RATE_HZ // 20)) % len(loop)
        assert level_db(loop[frames[RATE_HZ // 20 :]]) > level_db(loop[frames[: RATE_HZ // 20]]) + 3.0
    times_s, lufs = np.array(mix.short_term).T
    assert times_s.tolist() == list(range(int(LOOP_S) + 1))
    assert lufs[0] == pytest.approx(lufs[-1], abs=0.1)


def test_a_short_round_takes_its_tail_round_more_than_once(takes: tuple[Recording, ...], tmp_path: Path) -> None:
    bell = Segment("b", takes[1].id, 0.0, 6.0)
    ringing = Arrangement((Event(0.0, 6.0, bell, "bell"),), takes, room="none", loudness_lufs=-30.0)
    pool = Pool(tmp_path / "cache", rate_hz=RATE_HZ)
    loop = rendered(ringing, tmp_path / "loop.wav", pool, loop_s=1.0)
    whole = rendered(ringing, tmp_path / "whole.wav", pool)[: 6 * RATE_HZ].reshape(6, RATE_HZ, 2).sum(axis=0)
    scale = float((whole * loop).sum() / (whole**2).sum())
    assert level_db(loop - scale * whole) < level_db(loop) - 90.0


def test_the_file_says_that_it_goes_round(takes: tuple[Recording, ...], tmp_path: Path) -> None:
    path = tmp_path / "loop.wav"
    rendered(piece(takes), path, Pool(tmp_path / "cache", rate_hz=RATE_HZ), loop_s=LOOP_S)
    raw = path.read_bytes()
    at = raw.index(b"smpl")
    assert struct.unpack("<I", raw[at + 4 : at + 8]) == (60,)
    assert struct.unpack("<2I", raw[at + 8 + 36 + 8 : at + 8 + 36 + 16]) == (0, int(LOOP_S * RATE_HZ) - 1)
    assert soundfile.info(path).frames == LOOP_S * RATE_HZ
    assert audio_info(path).n_frames == LOOP_S * RATE_HZ


def test_a_loop_that_is_none_is_said(takes: tuple[Recording, ...], tmp_path: Path) -> None:
    with pytest.raises(PieceError, match=r"a loop of 0\.2 s"):
        rendered(piece(takes), tmp_path / "a.wav", Pool(tmp_path / "cache", rate_hz=RATE_HZ), loop_s=0.2)
    assert not (tmp_path / "a.wav").exists()
