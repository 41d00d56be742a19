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
from soundscape.catalogue.segment import Recording, Segment, Tag
from soundscape.catalogue.store import Store

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
