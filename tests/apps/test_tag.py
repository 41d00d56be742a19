"""`soundscape tag` as it is called."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from soundscape.apps.cli import run
from soundscape.catalogue.segment import Recording, Segment, Tag
from soundscape.catalogue.store import Store


@pytest.fixture
def house(tmp_path: Path) -> Path:
    path = tmp_path / "house.catalogue"
    take = Recording("a" * 32, "gate.wav", 48_000, 1, 48_000 * 60)
    segment = Segment("c0ffee01", take.id, 1.0, 5.0, tags=(Tag("gate.creak", 0.9), Tag("wind", 0.4)))
    with Store(path, create=True) as store:
        store.add_analysis(take, [segment], np.ones((1, 4)), analyser="1")
    return path


def tags(path: Path) -> list[tuple[str, str]]:
    with Store(path) as store:
        return [(tag.name, tag.by) for tag in store.segment("c0ffee01").segment.tags]


def test_a_person_adds_and_removes(house: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["tag", "c0ff", "+bell", "-wind", "--catalogue", str(house)]) == 0
    shown, learned = capsys.readouterr().out.splitlines()
    assert shown == "c0ffee01: bell (by a person), gate.creak (0.90)"
    assert learned == "nothing learned: this catalogue was heard without scores; ingest its recordings again"
    assert tags(house) == [("bell", "person"), ("gate.creak", "machine")]


def test_a_tag_that_begins_like_an_option_is_a_tag(house: Path) -> None:
    assert run(["tag", "c0ff", "+horn", "--catalogue", str(house)]) == 0
    assert ("horn", "person") in tags(house)
    assert run(["tag", "c0ff", "-horn", "--catalogue", str(house)]) == 0
    assert ("horn", "person") not in tags(house)


def test_without_changes_it_shows(house: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["tag", "c0ff", "--catalogue", str(house)]) == 0
    assert capsys.readouterr().out == "c0ffee01: gate.creak (0.90), wind (0.40)\n"


def test_every_word_can_be_taken_back(house: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = tags(house)
    run(["tag", "c0ff", "+bell", "-gate", "--catalogue", str(house)])
    run(["tag", "c0ff", "-bell", "+gong", "--catalogue", str(house)])
    assert tags(house) == [("gong", "person"), ("wind", "machine")]
    capsys.readouterr()
    assert run(["tag", "c0ff", "--reset", "--no-learn", "--catalogue", str(house)]) == 0
    assert capsys.readouterr().out == "c0ffee01: gate.creak (0.90), wind (0.40)\n"
    assert tags(house) == before


@pytest.mark.parametrize(
    ("changes", "message", "hint"),
    [
        (["+gate.creek"], "no tag 'gate.creek'", "gate.creak"),
        (["+unknown"], "'unknown' means no tag", "-NAME removes one"),
        (["bell"], "'bell' neither adds nor removes", "+bell"),
        (["+"], "'+' neither", "write +"),
        (["+bell", "-bell"], "added and removed", "one of the two"),
        (["+bell", "--reset"], "+bell and --reset", "take back first"),
        (["--reset"], "nobody said anything of the tags of c0ffee01", "nothing to take back"),
    ],
)
def test_a_wrong_change_changes_nothing(
    house: Path, changes: list[str], message: str, hint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    before = tags(house)
    assert run(["tag", "c0ffee01", *changes, "--catalogue", str(house)]) == 2
    first, second = capsys.readouterr().err.splitlines()
    assert message in first
    assert hint in second
    assert tags(house) == before
