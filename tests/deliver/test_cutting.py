"""Segments as files: the take's own samples, named as asked, with what is known inside."""

from __future__ import annotations

import struct
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import example, given
from hypothesis import strategies as st

from soundscape.audio.files import audio_info, read_audio
from soundscape.audio.metadata import Metadata
from soundscape.audio.wavefile import WaveWriter
from soundscape.catalogue.segment import Recording, Segment, Tag
from soundscape.deliver.cutting import cut, named
from soundscape.errors import AudioError, OutputError

RATE_HZ = 44_100
N_FRAMES = 2 * RATE_HZ
STEP_24 = 2.0**-23


@pytest.fixture(params=["PCM_24", "FLOAT"])
def take(request: pytest.FixtureRequest, tmp_path: Path) -> Recording:
    samples = np.random.default_rng(1).uniform(-0.9, 0.9, (N_FRAMES, 2)).astype(np.float32)
    path = tmp_path / "take.wav"
    about = Metadata(titles={"en": "Old gate"}, recordist="M. Sun", licence="CC0-1.0", object_id="1925.7")
    with WaveWriter(path, rate_hz=RATE_HZ, n_channels=2, encoding=request.param, metadata=about) as writer:
        writer.write(samples)
    return Recording("aa" * 16, str(path), RATE_HZ, 2, N_FRAMES, titles={"en": "Old gate"}, recordist="M. Sun",
                     licence="CC0-1.0", object_id="1925.7")  # fmt: skip


def segment(start_s: float, end_s: float, key: str = "s1") -> Segment:
    return Segment(key, "aa" * 16, start_s, end_s, tags=(Tag("gate.creak", 0.9),))


def test_without_a_fade_a_file_has_the_takes_own_samples(take: Recording, tmp_path: Path) -> None:
    [done] = cut([(segment(0.5, 1.25), take)], tmp_path / "out", fade_s=0.0)
    whole, _ = read_audio(take.path)
    part, rate_hz = read_audio(done.path)
    assert rate_hz == RATE_HZ
    assert np.array_equal(part, whole[RATE_HZ // 2 : round(1.25 * RATE_HZ)])


@pytest.mark.parametrize(("start_s", "end_s", "pad_s"), [(0.5, 1.25, 0.0), (0.0, 2.0, 0.0), (0.1, 1.7, 0.2)])
def test_a_file_begins_and_ends_in_silence_and_is_the_take_between(
    take: Recording, tmp_path: Path, start_s: float, end_s: float, pad_s: float
) -> None:
    [done] = cut([(segment(start_s, end_s), take)], tmp_path / "out", pad_s=pad_s)
    whole, _ = read_audio(take.path)
    part, _ = read_audio(done.path)
    own = whole[round(max(0.0, start_s - pad_s) * RATE_HZ) : round((end_s + pad_s) * RATE_HZ)]
    n_fade = round(0.005 * RATE_HZ)
    assert not part[[0, -1]].any()
    assert np.array_equal(part[n_fade:-n_fade], own[n_fade:-n_fade])
    rise = np.sin(np.linspace(0.0, np.pi / 2, n_fade, endpoint=False)) ** 2
    np.testing.assert_allclose(part[:n_fade], rise[:, None] * own[:n_fade], atol=STEP_24)
    np.testing.assert_allclose(part[-n_fade:], rise[::-1, None] * own[-n_fade:], atol=STEP_24)


@pytest.mark.parametrize("n_frames", [1, 2, 3, 400, 401])
def test_a_fade_is_never_longer_than_half_a_file(take: Recording, tmp_path: Path, n_frames: int) -> None:
    [done] = cut([(segment(0.5, 0.5 + n_frames / RATE_HZ), take)], tmp_path / "out", fade_s=1.0)
    whole, _ = read_audio(take.path)
    part, _ = read_audio(done.path)
    own = whole[RATE_HZ // 2 :][:n_frames]
    assert len(part) == n_frames
    assert np.all(np.abs(part) <= np.abs(own) + STEP_24)
    middle = slice(n_frames // 2, n_frames - n_frames // 2)
    assert np.array_equal(part[middle], own[middle])


@pytest.mark.parametrize("fade_s", [-0.001, 1.001, np.nan])
def test_a_fade_that_cannot_be_is_refused(take: Recording, tmp_path: Path, fade_s: float) -> None:
    with pytest.raises(ValueError, match="0 to 1 s"):
        cut([(segment(0.5, 1.0), take)], tmp_path / "out", fade_s=fade_s)
    assert not (tmp_path / "out").exists()


def test_padding_ends_where_the_take_does(take: Recording, tmp_path: Path) -> None:
    [done] = cut([(segment(0.1, 1.9), take)], tmp_path / "out", pad_s=1.0)
    assert len(read_audio(done.path)[0]) == N_FRAMES


def test_what_is_known_goes_along(take: Recording, tmp_path: Path) -> None:
    [done] = cut([(segment(0.5, 1.0), take)], tmp_path / "out", "ucs")
    assert done.path.name == "DOORCreak_Old gate 001_M. Sun_1925.7.wav"
    inside = audio_info(done.path).metadata
    assert (inside.recordist, inside.licence, inside.object_id) == ("M. Sun", "CC0-1.0", "1925.7")
    assert "gate.creak; from take.wav at 0.500 s" in inside.description


@given(title=st.text(max_size=200), recordist=st.text(max_size=60), object_id=st.text(max_size=60),
       number=st.integers(1, 99_999))
@example(title="old_gate_take_01", recordist="M_Sun", object_id="1925_7", number=1)
@example(title="门" * 200, recordist="孙" * 60, object_id="_" * 60, number=1)
def test_ucs_parts_a_name_into_its_four_fields(title: str, recordist: str, object_id: str, number: int) -> None:
    about = Recording("aa" * 16, "take_01.wav", RATE_HZ, 2, N_FRAMES, titles={"en": title}, recordist=recordist,
                      object_id=object_id)  # fmt: skip
    name = named("ucs", number, segment(0.0, 1.0), about)
    category, effect, _, _ = name.split("_")
    assert category == "DOORCreak"
    assert effect.endswith(f"{number:03}")
    assert len(f"{name}.wav".encode()) <= 255
    assert len(name) <= 120


@pytest.mark.parametrize(
    ("title", "name"),
    [("Gate no. 5", "001 Gate no. 5 gate.creak"), ("take_1.WAV", "001 take_1 gate.creak"),
     ("Hall.", "001 Hall. gate.creak")],
)  # fmt: skip
def test_only_a_file_name_loses_its_ending(take: Recording, title: str, name: str) -> None:
    assert named("plain", 1, segment(0.0, 1.0), replace(take, titles={"en": title})) == name


def test_a_name_never_leaves_the_folder_and_is_never_given_twice(take: Recording, tmp_path: Path) -> None:
    climbing = replace(take, titles={"en": "../../etc/gate"})
    wanted = [(segment(0.0, 0.5, "one"), climbing), (segment(0.5, 1.0, "two"), climbing)]
    paths = [done.path for done in cut(wanted, tmp_path / "out", "{title} x")]
    assert {path.parent for path in paths} == {tmp_path / "out"}
    assert len(set(paths)) == 2


def test_a_file_that_is_there_stays(take: Recording, tmp_path: Path) -> None:
    wanted = [(segment(0.0, 0.5), take)]
    list(cut(wanted, tmp_path / "out"))
    with pytest.raises(OutputError, match="there already"):
        list(cut(wanted, tmp_path / "out"))
    assert len(list(cut(wanted, tmp_path / "out", overwrite=True))) == 1


@pytest.mark.parametrize("template", ["{nothing}", "{n", "{n.real.imag.x}", "{}", "{title[x]}"])
def test_a_template_that_is_none_is_named(take: Recording, template: str) -> None:
    with pytest.raises(OutputError, match="cannot name files by") as caught:
        named(template, 1, segment(0.0, 1.0), take)
    assert "CatID" in caught.value.hint


def damaged(take: Recording, way: str) -> Recording:
    """Another take of which the file is not what the catalogue knows."""
    path = Path(take.path).with_name("other.wav")
    other = replace(take, id="bb" * 16, path=str(path))
    if way == "gone":
        return other
    n_frames, rate_hz = (N_FRAMES // 2, RATE_HZ) if way == "shorter" else (N_FRAMES, 48_000)
    with WaveWriter(path, rate_hz=rate_hz, n_channels=2) as writer:
        writer.write(np.zeros((n_frames, 2), np.float32))
    return other


@pytest.mark.parametrize(
    ("way", "message"), [("gone", "does not exist"), ("shorter", "another take now"), ("rate", "another take now")]
)
def test_a_take_that_is_not_what_was_heard_is_found_before_anything_is_written(
    take: Recording, tmp_path: Path, way: str, message: str
) -> None:
    with pytest.raises(AudioError, match=message):
        cut([(segment(0.0, 0.5), take), (segment(0.5, 1.0), damaged(take, way))], tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_name_that_is_taken_is_found_before_anything_is_written(take: Recording, tmp_path: Path) -> None:
    wanted = [(segment(0.0, 0.5, "one"), take), (segment(0.5, 1.0, "two"), take)]
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "2.wav").touch()
    with pytest.raises(OutputError, match=r"2\.wav is there already"):
        cut(wanted, tmp_path / "out", "{n}")
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["2.wav"]


def test_a_take_is_never_written_over(take: Recording, tmp_path: Path) -> None:
    before = Path(take.path).read_bytes()
    with pytest.raises(OutputError, match="a take itself"):
        cut([(segment(0.0, 0.5), replace(take, titles={}))], tmp_path, "{title}", overwrite=True)
    assert Path(take.path).read_bytes() == before


def test_a_segment_that_is_wanted_three_times_is_written_three_times(take: Recording, tmp_path: Path) -> None:
    paths = [done.path for done in cut([(segment(0.0, 0.5), take)] * 3, tmp_path / "out", "{tag}")]
    assert len(set(paths)) == 3
    assert sorted(paths) == sorted((tmp_path / "out").iterdir())


def test_what_fails_halfway_says_how_many_are_written(take: Recording, tmp_path: Path) -> None:
    wanted = [(segment(0.1 * place, 0.1 * place + 0.5, f"s{place}"), take) for place in range(4)]
    files = cut(wanted, tmp_path / "out", "{n}")
    assert [next(files).path.name, next(files).path.name] == ["1.wav", "2.wav"]
    (tmp_path / "out" / "3.wav").mkdir()
    with pytest.raises(OutputError, match=r"^2 of 4 files are written, then: cannot write .*3\.wav: it is a folder$"):
        next(files)


@pytest.mark.parametrize(("template", "word"), [
    ("{title:>500000000}", "cannot be written"), ("{title.__class__}", "no field"), ("{n!r}", "cannot be written"),
    ("../{n}", "not folders"), ("{tag}\\{n}", "not folders"), ("{n", "expected"), ("{0}", "no field"),
])  # fmt: skip
def test_a_template_has_fields_and_widths_alone(template: str, word: str) -> None:
    with pytest.raises(OutputError, match=word):
        named(template, 1, Segment("s", "aa", 1.0, 2.0), Recording("aa", "gate.wav", 48_000, 1, 480_000))


@pytest.mark.parametrize(("template", "name"), [
    ("{title}.wav", "St. Mary"), ("CON", "_CON"), ("nul.{n}", "_nul.1"), ("-{n}", "1"),
    ("{n:03} {start_s:.1f}", "001 1.0"),
])  # fmt: skip
def test_a_name_is_one_everywhere(template: str, name: str) -> None:
    recording = Recording("aa", "gate.wav", 48_000, 1, 480_000, titles={"en": "St. Mary"})
    assert named(template, 1, Segment("s", "aa", 1.0, 2.0), recording) == name


def test_loop_points_are_those_of_samplers(take: Recording, tmp_path: Path) -> None:
    features = {"loop_start_s": 0.1, "loop_end_s": 1.1, "loop_fade_s": 0.2}
    going_round = replace(segment(0.5, 1.8), kind="texture", features=features)
    (done,) = cut([(going_round, take)], tmp_path / "out", pad_s=0.25)
    content = done.path.read_bytes()
    chunk = content[content.index(b"smpl") + 8 :]
    begins = round(0.25 * RATE_HZ)
    assert struct.unpack("<2I", chunk[44:52]) == (begins + round(0.3 * RATE_HZ), begins + round(1.1 * RATE_HZ) - 1)


def test_what_a_lossy_take_has_beyond_full_scale_is_kept(tmp_path: Path) -> None:
    loud = 1.2 * np.sin(np.arange(RATE_HZ) * 0.05)
    soundfile.write(tmp_path / "loud.ogg", loud, RATE_HZ, format="OGG", subtype="VORBIS")
    n_frames = audio_info(tmp_path / "loud.ogg").n_frames
    recording = Recording("bb" * 16, str(tmp_path / "loud.ogg"), RATE_HZ, 1, n_frames)
    (done,) = cut([(replace(segment(0.2, 0.8), recording_id=recording.id), recording)], tmp_path / "out")
    assert np.abs(read_audio(done.path)[0]).max() == pytest.approx(1.2, abs=0.05)
