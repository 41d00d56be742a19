"""`soundscape arrange`: writes the arrangement, says what it is, and explains itself when asked."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from click.testing import CliRunner, Result

from soundscape.apps.cli.arrange import command
from soundscape.arrangement.arrange import arrange
from soundscape.arrangement.document import load_arrangement
from soundscape.arrangement.self_cast import cast_for
from soundscape.catalogue import store
from tests.arrangement.conftest import BELLS, catalogue_of, notes_of, score_of

CATALOGUE = catalogue_of(*BELLS)
SCORE = score_of(*notes_of("Bells", [48, 60, 72]), title="Three strokes")


class OpenStore:
    """A store that is only read."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __enter__(self) -> OpenStore:
        return self

    def __exit__(self, *_: object) -> None:
        return

    def snapshot(self) -> object:
        return CATALOGUE


@pytest.fixture
def call(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> object:
    """The command on a score in memory; files and catalogue are other rooms' business."""
    asked: list[int | None] = []

    def arranged_from(source: Path, catalogue: Path, *, seed: int | None = None) -> object:
        asked.append(seed)
        return arrange(SCORE, cast_for(SCORE, CATALOGUE), CATALOGUE, seed=seed or 0)

    doors = SimpleNamespace(arranged_from=arranged_from)
    monkeypatch.setitem(sys.modules, "soundscape.apps.pieces", doors)
    monkeypatch.setattr(store, "Store", OpenStore)

    def run(*options: str) -> Result:
        given = ["three.mid", "-o", str(tmp_path / "a.json"), "--catalogue", "c", *options]
        return CliRunner().invoke(command, given, catch_exceptions=False)

    return run


def test_it_writes_an_arrangement_and_says_what_it_is(call: object, tmp_path: Path) -> None:
    result = call("--seed", "5")  # type: ignore[operator]
    assert result.exit_code == 0
    assert "Three strokes" in result.stdout
    assert "3 events in 1 roles from 1 recordings" in result.stdout
    made = load_arrangement(tmp_path / "a.json")
    assert (len(made.events), made.seed) == (3, 5)


def test_explain_says_why_and_what_came_next(call: object) -> None:
    said = call("--explain").stdout  # type: ignore[operator]
    assert "Bells: 3 notes" in said
    assert "why: bell.bronze suits it with" in said
    assert said.count("semitones") == 3
    assert said.count("; then ") >= 3


def test_json_is_one_object(call: object) -> None:
    plain = json.loads(call("--json").stdout)  # type: ignore[operator]
    assert plain["events"] == 3
    assert "choices" not in plain
    full = json.loads(call("--json", "--explain").stdout)  # type: ignore[operator]
    assert len(full["choices"]) == 3
    assert full["choices"][0]["runners_up"]
    assert full["reasons"][0]["chosen"] == "bell.bronze"
