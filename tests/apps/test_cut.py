"""`soundscape cut`: how many were written, and why not when none."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from soundscape.analysis.ingest import ingest
from soundscape.apps.cli import main

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("cut")
    shutil.copy(ROOT / "recordings" / "gate_bolt.flac", folder)
    ingest([folder / "gate_bolt.flac"], folder / "house.catalogue", n_workers=1)
    return folder / "house.catalogue"


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
