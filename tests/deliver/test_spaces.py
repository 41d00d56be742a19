"""Mixes to ears, sound fields, rigs with zones and measured rooms: where each sound comes out, and how loud."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile
from wavinfo import WavInfoReader

from soundscape.arrangement.arrangement import Arrangement
from soundscape.arrangement.event import Event
from soundscape.audio.files import read_audio
from soundscape.audio.loudness import Loudness
from soundscape.audio.metadata import Metadata
from soundscape.audio.pool import Pool
from soundscape.catalogue.segment import Recording, Segment
from soundscape.deliver.check import check
from soundscape.deliver.formats.label import Label
from soundscape.deliver.formats.wav import open_wav
from soundscape.deliver.reach import out_of_reach
from soundscape.deliver.render import Mix, render
from soundscape.errors import AudioError, LayoutError
from soundscape.space.layout import Layout, Speaker, layout_named, load_layout
from soundscape.space.measured import MeasuredRoom
from soundscape.space.trajectory import Trajectory, point_at

RATE_HZ = 48_000
SILENT = Loudness(*[-math.inf] * 6)
ZONED = Layout(
    "two rooms",
    (
        Speaker("door", 30.0, zone="hall"),
        Speaker("beam", -30.0, zone="hall"),
        Speaker("left", 30.0, zone="foyer"),
        Speaker("right", -30.0, zone="foyer"),
    ),
)


def noise(n_channels: int = 1, seconds: float = 1.5) -> np.ndarray:
    return 0.1 * np.random.default_rng(8).standard_normal((round(seconds * RATE_HZ), n_channels))


def played(folder: Path, samples: np.ndarray, azimuth_deg: float = 0.0, *, ambisonic: str = "", **event: object
           ) -> Arrangement:  # fmt: skip
    """One take that sounds once, at `azimuth_deg`."""
    path = folder / "take.wav"
    soundfile.write(path, samples, RATE_HZ, subtype="FLOAT")
    take = Recording("t" * 32, str(path), RATE_HZ, samples.shape[1], len(samples), ambisonic=ambisonic)
    heard = Event(0.0, take.duration_s, Segment("all", take.id, 0.0, take.duration_s), "one",
                  path=Trajectory.still(*point_at(azimuth_deg, 0.0, 1.0)), **event)  # type: ignore[arg-type]  # fmt: skip
    return Arrangement((heard,), (take,), title="One", loudness_lufs=-26.0)


def mixed(arrangement: Arrangement, folder: Path, layout: str | Layout, name: str = "mix.wav") -> Mix:
    rig = layout_named(layout) if isinstance(layout, str) else layout
    return render(arrangement, folder / name, layout=rig, pool=Pool(folder / "pool"))


def shares(mix: Mix) -> np.ndarray:
    """Share of each channel in the power of a mix."""
    power = np.square(read_audio(mix.path)[0], dtype=np.float64).sum(axis=0)
    return np.asarray(power / power.sum())


def test_a_sound_at_the_left_is_louder_in_the_left_ear(tmp_path: Path) -> None:
    left, right = shares(mixed(played(tmp_path, noise(), 90.0), tmp_path, "headphones"))
    assert left > 4.0 * right


@pytest.mark.parametrize("layout", ["headphones", "ambix-1", "ambix-3"])
def test_ears_and_fields_are_as_loud_as_asked(layout: str, tmp_path: Path) -> None:
    mix = mixed(played(tmp_path, noise(seconds=3.0), 40.0), tmp_path, layout)
    assert mix.is_on_target
    samples, rate_hz = read_audio(mix.path)
    middle = tmp_path / "middle.wav"
    soundfile.write(middle, samples[:, :1] if layout != "headphones" else samples, rate_hz, subtype="FLOAT")
    assert check(middle).loudness.integrated_lufs == pytest.approx(-26.0, abs=0.1)


def test_a_field_on_disk_is_known_for_one_and_measured_as_one(tmp_path: Path) -> None:
    mix = mixed(played(tmp_path, noise(seconds=3.0), 40.0), tmp_path, "ambix-3")
    found = check(mix.path)
    assert found.layout == "ambix-3"
    assert found.loudness.integrated_lufs == pytest.approx(mix.loudness.integrated_lufs, abs=0.02)


def test_a_plane_wave_has_the_harmonics_of_its_direction(tmp_path: Path) -> None:
    samples, _ = read_audio(mixed(played(tmp_path, noise(), 90.0), tmp_path, "ambix-1").path)
    w, y, z, x = samples[RATE_HZ // 4 : RATE_HZ].astype(np.float64).T
    assert np.abs(y - w).max() < 1e-5
    assert max(np.abs(z).max(), np.abs(x).max()) < 1e-5


def fuma_from(azimuth_deg: float) -> np.ndarray:
    """Noise as a plane wave on W X Y Z (Malham 2003): W is 3 dB down."""
    azimuth = np.radians(azimuth_deg)
    return noise() * [np.sqrt(0.5), np.cos(azimuth), np.sin(azimuth), 0.0]


def ambix_from_left() -> np.ndarray:
    return noise() * [1.0, 1.0, 0.0, 0.0]


def test_a_fuma_bed_from_the_left_comes_from_the_left(tmp_path: Path) -> None:
    bed = played(tmp_path, fuma_from(90.0), sound_field="fuma")
    fl, fr, bl, br = shares(mixed(bed, tmp_path, "quad"))
    assert fl + bl > 0.8
    assert fl == pytest.approx(bl, rel=1e-3)
    assert fr == pytest.approx(br, rel=1e-3)


@pytest.mark.parametrize(("turn_deg", "loud"), [((0.0, 0.0, 0.0), {0, 2}), ((90.0, 0.0, 0.0), {2, 3}),
                                                ((-90.0, 0.0, 0.0), {0, 1}), ((180.0, 0.0, 0.0), {1, 3})])  # fmt: skip
def test_an_ambix_bed_turns_to_the_left(turn_deg: tuple[float, float, float], loud: set[int], tmp_path: Path) -> None:
    bed = played(tmp_path, ambix_from_left(), ambisonic="ambix", turn_deg=turn_deg)
    found = shares(mixed(bed, tmp_path, "quad"))
    assert set(np.argsort(found)[2:]) == loud
    assert found[list(loud)].sum() > 0.8


def test_fuma_and_ambix_of_one_wave_are_one_mix(tmp_path: Path) -> None:
    said = mixed(played(tmp_path, fuma_from(90.0), sound_field="fuma"), tmp_path, "ambix-1", "a.wav")
    samples, _ = read_audio(said.path)
    w, y, z, x = samples.astype(np.float64).T
    assert np.abs(y - w).max() < 1e-5
    assert max(np.abs(z).max(), np.abs(x).max()) < 1e-5


def test_a_role_on_the_lfe_sounds_only_there(tmp_path: Path) -> None:
    lows = played(tmp_path, noise(), 110.0, speaker="LFE")
    with_noise = replace(lows, events=(*lows.events, replace(lows.events[0], role="two", speaker="FC")))
    found = shares(mixed(with_noise, tmp_path, "5.1"))
    assert found[3] > 0.1
    assert found[2] > 0.1
    assert found[[0, 1, 4, 5]].max() == 0.0


def test_a_role_on_the_lfe_takes_its_path_where_there_is_none(tmp_path: Path) -> None:
    lows = played(tmp_path, noise(), 45.0, speaker="LFE")
    assert shares(mixed(lows, tmp_path, "quad"))[0] > 0.999
    (line,) = out_of_reach(lows, layout_named("quad"))
    assert "'one'" in line
    assert "'LFE'" in line
    assert not list(out_of_reach(lows, layout_named("5.1")))


def test_a_role_in_a_zone_sounds_only_there(tmp_path: Path) -> None:
    assert shares(mixed(played(tmp_path, noise(), zone="foyer"), tmp_path, ZONED))[:2].max() == 0.0
    both = shares(mixed(played(tmp_path, noise()), tmp_path, ZONED, "both.wav"))
    assert both == pytest.approx([0.25] * 4, abs=1e-3)


def test_a_zone_that_the_rig_lacks_is_refused_and_noted_where_there_are_none(tmp_path: Path) -> None:
    astray = played(tmp_path, noise(), zone="foyre")
    with pytest.raises(LayoutError, match=r"'foyre'.*did you mean 'foyer'"):
        mixed(astray, tmp_path, ZONED)
    assert any("'foyre'" in line for line in out_of_reach(astray, layout_named("stereo")))


def response(folder: Path, samples: np.ndarray, rate_hz: int = RATE_HZ) -> MeasuredRoom:
    path = folder / "room.wav"
    soundfile.write(path, samples, rate_hz, subtype="FLOAT")
    return MeasuredRoom(str(path), 0.0)


def test_a_measured_room_answers_when_its_response_does(tmp_path: Path) -> None:
    click = np.zeros((RATE_HZ, 1))
    click[4800] = 0.5
    late = np.zeros((RATE_HZ, 1))
    late[24_000] = 1.0
    dry = played(tmp_path, click, 45.0)
    wet = replace(dry, room=response(tmp_path, late), loudness_lufs=-60.0)
    samples, _ = read_audio(mixed(wet, tmp_path, "quad").path)
    power = np.square(samples, dtype=np.float64).sum(axis=1)
    direct, answer = power[4700:4900].sum(), power[28_700:28_900].sum()
    assert answer == pytest.approx(direct, rel=0.02)
    assert direct + answer == pytest.approx(power.sum(), rel=1e-3)


@pytest.mark.parametrize(
    ("samples", "said"),
    [(np.zeros((0, 1)), "0 frames"), (np.zeros((4800, 1)), "silent"), (noise(3, 0.1), "3 channels"),
     (np.full((4800, 1), np.nan), "not a number")],
)  # fmt: skip
def test_a_response_that_is_none_is_named(samples: np.ndarray, said: str, tmp_path: Path) -> None:
    astray = replace(played(tmp_path, noise()), room=response(tmp_path, samples))
    with pytest.raises(AudioError, match=said) as caught:
        mixed(astray, tmp_path, "stereo")
    assert "room.wav" in str(caught.value)
    assert caught.value.hint
    assert not (tmp_path / "mix.wav").exists()


def test_a_response_beyond_a_minute_is_refused(tmp_path: Path) -> None:
    astray = replace(played(tmp_path, noise()), room=response(tmp_path, np.full((61 * 8000, 1), 0.1), 8000))
    with pytest.raises(AudioError, match=r"room\.wav.*61\.0 s"):
        mixed(astray, tmp_path, "stereo")


@pytest.mark.parametrize("layout", ["headphones", "ambix-2"])
def test_mixes_with_a_measured_room_have_the_same_bits_twice(layout: str, tmp_path: Path) -> None:
    decay = noise(2, 0.3) * np.exp(-np.arange(14_400) / 3000)[:, None]
    piece = replace(played(tmp_path, noise(), 60.0, doppler=True), room=response(tmp_path, decay))
    assert mixed(piece, tmp_path, layout, "a.wav").audio_id == mixed(piece, tmp_path, layout, "b.wav").audio_id


def test_distances_become_delays_and_levels_on_disk(tmp_path: Path) -> None:
    click = np.zeros((RATE_HZ, 1))
    click[4800] = 0.5
    path = tmp_path / "rig.toml"
    path.write_text('name = "rig"\nspeakers = [ { name = "near", azimuth_deg = 30, distance_m = 2.0 },'
                    ' { name = "far", azimuth_deg = -30, distance_m = 5.43 } ]')  # fmt: skip
    quiet = replace(played(tmp_path, click), loudness_lufs=-60.0)
    samples, _ = read_audio(mixed(quiet, tmp_path, load_layout(path)).path)
    near, far = np.abs(samples).argmax(axis=0)
    assert near - far == 480  # 3.43 m at 343 m/s
    assert np.abs(samples).max(axis=0)[0] / np.abs(samples).max(axis=0)[1] == pytest.approx(2.0 / 5.43, rel=0.02)


def test_a_role_behind_a_rig_that_is_only_ahead_gets_a_note(tmp_path: Path) -> None:
    ahead = Layout("front", (Speaker("l", 30.0), Speaker("r", -30.0)))
    (line,) = out_of_reach(played(tmp_path, noise(), 180.0), ahead)
    assert "'one'" in line
    assert "150 degrees away" in line
    assert not list(out_of_reach(played(tmp_path, noise(), 10.0), ahead))
    for silent in ("stereo", "headphones", "ambix-1"):
        assert not list(out_of_reach(played(tmp_path, noise(), 180.0), layout_named(silent)))


def test_a_wav_without_a_mask_names_its_channels(tmp_path: Path) -> None:
    layout = layout_named("9.1.6")
    path = tmp_path / "named.wav"
    with open_wav(path, Label(layout, RATE_HZ, Metadata(description="test"), SILENT)) as writer:
        writer.write(np.zeros((64, layout.n_channels), np.float32))
    tracks = list(WavInfoReader(str(path)).ixml.track_list)
    assert [track.name for track in tracks] == [speaker.name for speaker in layout.speakers]
    assert [track.interleave_index for track in tracks] == [str(n + 1) for n in range(layout.n_channels)]
