"""Segments as files: the take's own samples, named as asked, with what is known inside."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from soundscape.audio.files import audio_info, read_audio
from soundscape.audio.metadata import Metadata
from soundscape.audio.wavefile import WaveWriter
from soundscape.catalogue.segment import Recording, Segment, Tag
from soundscape.deliver.cutting import cut, named
from soundscape.errors import OutputError

RATE_HZ = 44_100
N_FRAMES = 2 * RATE_HZ


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


def test_a_file_has_the_takes_own_samples(take: Recording, tmp_path: Path) -> None:
    [done] = cut([(segment(0.5, 1.25), take)], tmp_path / "out")
    whole, _ = read_audio(take.path)
    part, rate_hz = read_audio(done.path)
    assert rate_hz == RATE_HZ
    assert np.array_equal(part, whole[RATE_HZ // 2 : round(1.25 * RATE_HZ)])


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
    wanted = [(segment(0.0, 0.5, "one"), take), (segment(0.5, 1.0, "two"), take)]
    paths = [done.path for done in cut(wanted, tmp_path / "out", "../../{title}/x")]
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
