"""`soundscape cut`: how many were written, and why not when none."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import soundfile

from soundscape.analysis.ingest import ingest
from soundscape.apps.cli import main
from soundscape.audio.files import read_audio
from soundscape.audio.wavefile import WaveWriter
from soundscape.catalogue.segment import Recording, Segment, Tag
from soundscape.catalogue.store import Store
from soundscape.errors import OutputError
from soundscape.units import Samples

RATE_HZ = 48_000
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("cut")
    shutil.copy(ROOT / "recordings" / "gate_bolt.flac", folder)
    ingest([folder / "gate_bolt.flac"], folder / "house.catalogue", n_workers=1)
    return folder / "house.catalogue"


@pytest.fixture
def knocks(tmp_path: Path) -> Path:
    """Three takes of two seconds, each with a knock and the phrase that it is in."""
    with Store(tmp_path / "knocks.catalogue", create=True) as store:
        for number, letter in enumerate("abc"):
            path = tmp_path / f"{letter}.wav"
            soundfile.write(path, np.random.default_rng(number).uniform(-0.5, 0.5, 2 * RATE_HZ), RATE_HZ)
            take = Recording(letter * 32, str(path), RATE_HZ, 1, 2 * RATE_HZ, titles={"en": "old_gate_take_01"})
            tags = (Tag("gate.knock", 0.9),)
            segments = [Segment(f"{letter}0", take.id, 0.2, 0.7, "event", tags),
                        Segment(f"{letter}1", take.id, 0.0, 1.9, "phrase", tags)]  # fmt: skip
            store.add_analysis(take, segments, np.ones((2, 4)), analyser="1")
    return tmp_path / "knocks.catalogue"


def run(*words: str | Path) -> int:
    with pytest.raises(SystemExit) as ended:
        main([str(word) for word in words])
    return int(ended.value.code or 0)


def test_it_says_what_was_written(house: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ("cut", "gate.latch", "-o", tmp_path / "bolts", "--name", "ucs", "--catalogue", house)
    assert run(*words, "--json") == 0
    written = [Path(one["path"]) for one in json.loads(capsys.readouterr().out)["written"]]
    assert sorted(written) == sorted((tmp_path / "bolts").iterdir())
    assert written
    assert run(*words) == 2
    assert "there already" in capsys.readouterr().err


def test_it_says_why_nothing_was_written(house: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("cut", "brass", "-o", tmp_path / "none", "--catalogue", house) == 2
    said = capsys.readouterr().err
    assert "no segment matches 'brass'" in said
    assert "gate.latch" in said
    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize(
    ("query", "n_files"),
    [("*", 3), ('"mankind" or gate', 3), ('not "mankind" and not kind = texture', 3), ("kind = phrase", 3),
     ("kind = phrase or kind = event", 6), ("not kind ~ phr", 3), ("kind != note", 3)],
)  # fmt: skip
def test_phrases_come_along_only_where_they_are_named(
    knocks: Path, tmp_path: Path, query: str, n_files: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("cut", query, "-o", tmp_path / "out", "--catalogue", knocks, "--json") == 0
    assert len(json.loads(capsys.readouterr().out)["written"]) == n_files


@pytest.mark.parametrize("bad", ["take", "template", "name"])
def test_what_is_wrong_is_said_before_the_first_file(
    knocks: Path, tmp_path: Path, bad: str, capsys: pytest.CaptureFixture[str]
) -> None:
    if bad == "take":
        (tmp_path / "c.wav").unlink()
    template = {"template": "{colour}", "name": "..{n:03}"}.get(bad, "plain")
    folder = tmp_path / "out"
    if bad == "name":
        folder.mkdir()
        (folder / "003.wav").touch()
    before = sorted(tmp_path.rglob("*"))
    assert run("cut", "*", "-o", folder, "--name", template, "--catalogue", knocks, "--json") == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert {"take": "c.wav does not exist", "template": "'{colour}'", "name": "there already"}[bad] in said.err
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize("as_json", [False, True])
def test_a_disk_that_fills_up_leaves_the_whole_files_and_says_how_many(
    knocks: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *, as_json: bool
) -> None:
    writes = WaveWriter.write

    def filling(writer: WaveWriter, samples: Samples) -> None:
        if len(list((tmp_path / "out").glob("[!.]*.wav"))) == 2:
            raise OutputError("cannot write it: the disk is full", hint="free some space, or choose another disk")
        writes(writer, samples)

    monkeypatch.setattr(WaveWriter, "write", filling)
    assert run("cut", "*", "-o", tmp_path / "out", "--catalogue", knocks, *["--json"] * as_json) == 2
    said = capsys.readouterr()
    assert "soundscape: 2 of 3 files are written, then: cannot write it: the disk is full\n" in said.err
    there = sorted(str(path) for path in (tmp_path / "out").iterdir())
    assert len(there) == 2
    assert [one["path"] for one in json.loads(said.out)["written"]] == there if as_json else not said.out


@pytest.mark.parametrize(("fade", "is_own"), [((), False), (("--fade", "0"), True), (("--fade", "0.2"), False)])
def test_a_file_fades_unless_it_shall_not(knocks: Path, tmp_path: Path, fade: tuple[str, ...], *, is_own: bool) -> None:
    assert run("cut", "kind = event", "-o", tmp_path / "out", "--catalogue", knocks, *fade) == 0
    part, _ = read_audio(min((tmp_path / "out").iterdir()))
    own, _ = read_audio(tmp_path / "a.wav", start_s=0.2, end_s=0.7)
    assert np.array_equal(part, own) == is_own
    n_fade = round(float(fade[1] if fade else 0.005) * RATE_HZ)
    assert np.array_equal(part[n_fade : len(part) - n_fade], own[n_fade : len(own) - n_fade])


def test_names_by_ucs_keep_their_fields_apart(knocks: Path, tmp_path: Path) -> None:
    assert run("cut", "kind = event", "-o", tmp_path / "out", "--name", "ucs", "--catalogue", knocks) == 0
    assert min((tmp_path / "out").iterdir()).stem.split("_")[1:] == ["old gate take 01 001", "Unknown", "soundscape"]
