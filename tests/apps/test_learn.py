"""`soundscape tag` teaches, and `soundscape learn` shows what was learned."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from soundscape.analysis.taggers.shipped import tags_of
from soundscape.apps.cli import run
from soundscape.catalogue.scores import Scores
from soundscape.catalogue.segment import Recording, Segment
from soundscape.catalogue.store import Store

NAMES = ("gate.knock", "gate.latch", "wind")
LINE = np.log([[0.7, 0.2, 0.1]]).astype(np.float32)


@pytest.fixture
def house(tmp_path: Path) -> Path:
    """Four takes of one sound that the model takes for a knock."""
    path = tmp_path / "house.catalogue"
    with Store(path, create=True) as store:
        for key in "abcd":
            segment = Segment(f"{key}1", key, 0.0, 1.0, tags=tags_of(LINE[0], NAMES))
            take = Recording(key, f"{key}.wav", 48_000, 1, 48_000)
            store.add_analysis(take, [segment], np.ones((1, 8)), analyser="1", scores=Scores(NAMES, LINE))
    return path


def tags(path: Path) -> dict[str, str]:
    with Store(path) as store:
        return {segment.id: segment.tag for segment in store.snapshot().segments}


def test_a_correction_teaches_and_says_what_it_changed(house: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["tag", "a1", "b1", "+gate.latch", "-gate.knock", "--catalogue", str(house)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[:2] == ["a1: gate.latch (by a person)", "b1: gate.latch (by a person)"]
    assert lines[2] == "learned from 4 corrections in 2 recordings: 2 segments changed: gate.knock -> gate.latch 2"
    assert lines[3] == "  of 2 corrected segments 0 were right before, 2 are by what the other recordings teach"
    assert tags(house) == dict.fromkeys(("a1", "b1", "c1", "d1"), "gate.latch")


def test_without_learning_only_the_correction_is_kept(house: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["tag", "a1", "+gate.latch", "--no-learn", "--catalogue", str(house)]) == 0
    assert capsys.readouterr().out == "a1: gate.latch (by a person), gate.knock (0.70)\n"
    assert tags(house) == {"a1": "gate.latch", "b1": "gate.knock", "c1": "gate.knock", "d1": "gate.knock"}


def test_what_is_taken_back_teaches_no_more(house: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(["tag", "a1", "b1", "+gate.latch", "-gate.knock", "--catalogue", str(house)])
    capsys.readouterr()
    assert run(["tag", "a1", "--reset", "--catalogue", str(house)]) == 0
    shown, learned, _ = capsys.readouterr().out.splitlines()
    assert shown.startswith("a1: gate.latch (0.")  # b1 teaches it still
    assert learned.startswith("learned from 2 corrections in 1 recording")
    assert run(["tag", "--query", "by = person", "--reset", "--catalogue", str(house)]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "b1: gate.knock (0.70)", "nothing learned: nobody corrected anything",
    ]  # fmt: skip
    assert tags(house) == dict.fromkeys(("a1", "b1", "c1", "d1"), "gate.knock")


def test_a_query_corrects_all_that_match(house: Path) -> None:
    query = ["--query", "gate.knock and (recording_id = a or recording_id = b)"]
    assert run(["tag", *query, "+wind", "--no-learn", "--catalogue", str(house)]) == 0
    assert tags(house) == {"a1": "wind", "b1": "wind", "c1": "gate.knock", "d1": "gate.knock"}


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["+bell"], "no segment is named"),
        (["--query", "gong", "+bell"], "nothing matches gong"),
        (["a1", "--query", "gate", "+bell"], "a query"),
        (["a1", "zz", "+bell"], "'zz' neither adds nor removes"),
    ],
)
def test_who_is_meant_must_be_clear(
    house: Path, words: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    before = tags(house)
    assert run(["tag", *words, "--catalogue", str(house)]) == 2
    assert message in capsys.readouterr().err
    assert tags(house) == before


def test_the_state_is_shown_in_words_numbers_and_a_picture(
    house: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(["tag", "a1", "b1", "+gate.latch", "--catalogue", str(house)])
    capsys.readouterr()
    picture = tmp_path / "learned.png"
    assert run(["learn", "--json", "--png", str(picture), "--catalogue", str(house)]) == 0
    assert json.loads(capsys.readouterr().out) == {
        "corrections": 2, "recordings": 2, "segments": 2, "right_before": 0, "right_after": 2, "trust": 1.0,
        "used": True,
        "changed": 2, "moves": [{"from": "gate.knock", "to": "gate.latch", "segments": 2}],
    }  # fmt: skip
    assert picture.read_bytes()[:4] == b"\x89PNG"


def test_corrected_segments_are_no_effect_of_learning(house: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(["tag", "a1", "b1", "c1", "d1", "+gate.latch", "-gate.knock", "--catalogue", str(house)])
    assert "no other segment changed" in capsys.readouterr().out
    assert run(["learn", "--catalogue", str(house)]) == 0
    assert "no other segment changed" in capsys.readouterr().out
    run(["tag", "c1", "--reset", "--no-learn", "--catalogue", str(house)])
    run(["tag", "c1", "-gate.latch", "--no-learn", "--catalogue", str(house)])
    capsys.readouterr()
    assert run(["learn", "--forget", "--catalogue", str(house)]) == 0
    assert capsys.readouterr().out == "forgotten: no other segment changed; corrections stay\n"


def test_a_corrected_segment_is_shown_as_it_is_after_learning(house: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(["tag", "a1", "b1", "c1", "+gate.latch", "-gate.knock", "--no-learn", "--catalogue", str(house)])
    capsys.readouterr()
    assert run(["tag", "d1", "-wind", "--catalogue", str(house)]) == 0
    shown = capsys.readouterr().out.splitlines()[0]
    assert run(["tag", "d1", "--catalogue", str(house)]) == 0
    assert capsys.readouterr().out.splitlines() == [shown]
    assert "gate.latch (0." in shown


def test_forgetting_says_what_went_back(house: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(["tag", "a1", "b1", "+gate.latch", "--catalogue", str(house)])
    capsys.readouterr()
    assert run(["learn", "--forget", "--catalogue", str(house)]) == 0
    assert capsys.readouterr().out == "forgotten: 2 segments changed: gate.latch -> gate.knock 2; corrections stay\n"
    assert tags(house) == {"a1": "gate.latch", "b1": "gate.latch", "c1": "gate.knock", "d1": "gate.knock"}


def test_nothing_to_learn_from_is_said(house: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["learn", "--catalogue", str(house)]) == 0
    assert capsys.readouterr().out == "nothing learned: nobody corrected anything\n"
    assert run(["learn", "--catalogue", str(house.parent / "none.catalogue")]) == 2
