"""`soundscape find` as it is called."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from soundscape.apps.cli import run
from soundscape.catalogue.features import FEATURES
from soundscape.catalogue.segment import Recording, Segment, Tag
from soundscape.catalogue.store import Store
from soundscape.catalogue.tags import VOCABULARY
from soundscape.catalogue.terms import FIELDS

Cli = Callable[..., tuple[int, str, str]]


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "soundscape.catalogue"
    gate = Recording("a" * 32, "/takes/gate.wav", 48_000, 1, 48_000 * 60, titles={"en": "Old gate"}, licence="CC0")
    segments = [
        Segment("c0ffee01", gate.id, 1.0, 5.0, "event", (Tag("gate.creak", 0.9),), {"level_lufs": -20.4}),
        Segment("c0ffee02", gate.id, 8.0, 8.5, "event", (Tag("gate.knock", 0.7),), {"level_lufs": -12.0}),
        Segment("be110000", gate.id, 55.0, 59.0, "note", (Tag("bell", 0.8),),
                {"level_lufs": -15.0, "pitch_hz": 262.8, "pitch_confidence": 0.9}),
    ]  # fmt: skip
    with Store(path, create=True) as store:
        store.add_analysis(gate, segments, np.array([[1.0, 0.0], [0.6, 0.8], [0.0, 1.0]]), analyser="1")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SOUNDSCAPE_CONFIG", str(tmp_path / "none.toml"))
    return path


@pytest.fixture
def cli(house: Path, capsys: pytest.CaptureFixture[str]) -> Cli:
    def call(*arguments: object) -> tuple[int, str, str]:
        capsys.readouterr()
        code = run([str(argument) for argument in arguments])
        out, err = capsys.readouterr()
        return code, out, err

    return call


def test_the_table_is_aligned_and_says_what_a_person_asks(cli: Cli, house: Path) -> None:
    code, out, err = cli("find", "gate or bell", "--catalogue", house)
    assert (code, err) == (0, "")
    head, *rows = out.splitlines()
    assert head.split() == ["id", "take", "from", "to", "kind", "tags", "LUFS", "pitch"]
    assert [row.split()[0] for row in rows] == ["c0ffee01", "be1100", "c0ffee02"]
    assert rows[0].split()[1:] == ["Old", "gate", "0:01.0", "0:05.0", "event", "gate.creak", "90", "%", "-20"]
    assert rows[1].endswith("C4 +8")
    assert len({row.index("Old gate") for row in rows}) == 1


def test_json_is_one_object_of_the_agreed_form(cli: Cli, house: Path) -> None:
    code, out, _ = cli("find", "gate.creak", "--catalogue", house, "--json")
    assert code == 0
    assert json.loads(out) == {"segments": [{
        "id": "c0ffee01", "recording_id": "a" * 32, "path": "/takes/gate.wav", "start_s": 1.0, "end_s": 5.0,
        "kind": "event", "tags": [{"name": "gate.creak", "confidence": 0.9, "by": "machine"}], "family": "gates",
        "features": {"duration_s": 4.0, "level_lufs": -20.4},
    }]}  # fmt: skip


def test_the_catalogue_of_the_working_folder_is_used(cli: Cli) -> None:
    code, out, _ = cli("find", "bell")
    assert code == 0
    assert "bell 80 %" in out


def test_all_tags_are_listed_as_a_tree_with_how_many_segments_have_each(cli: Cli) -> None:
    code, out, err = cli("find", "--tags")
    assert (code, err) == (0, "")
    rows = out.splitlines()
    assert rows[0].split() == ["tag", "en", "zh", "fr", "segments"]
    assert [row.split() for row in rows if "creak" in row or row.startswith("gate")] == [
        ["gate", "gate", "门", "porte", "2"],
        ["gate.creak", "gate", "creak", "门吱呀声", "grincement", "de", "porte", "1"],
    ]
    assert any(row.startswith("  gate.creak ") for row in rows)
    assert len(rows) == 1 + len(VOCABULARY) + 1
    assert [row.split()[:3] for row in rows if row.startswith("unknown")] == [["unknown", "no", "tag"]]
    told = json.loads(cli("find", "kind = note", "--tags", "--json")[1])
    counts = {one["name"]: one["segments"] for one in told["tags"]}
    assert counts.keys() == VOCABULARY.keys()
    assert {name for name, n in counts.items() if n} == {"bell", "idiophone", "percussion", "instrument"}


def test_what_can_be_compared_is_listed(cli: Cli) -> None:
    code, out, err = cli("find", "--features")
    assert (code, err) == (0, "")
    named = [row.split()[0] for row in out.splitlines()]
    assert {*FEATURES, *FIELDS, "text"} <= set(named)
    told = json.loads(cli("find", "--features", "--json")[1])
    assert told["numbers"].keys() == FEATURES.keys()
    assert told["words"]["kind"] == list(FIELDS["kind"])


def test_a_file_is_found_by_its_path_and_by_words(cli: Cli) -> None:
    for query in ("path ~ gate.wav", "path ~ takes", '"gate.wav"'):
        assert len(json.loads(cli("find", query, "--json")[1])["segments"]) == 3


def test_likeness_ranks_and_leaves_the_asked_one_out(cli: Cli) -> None:
    code, out, _ = cli("find", "--like", "c0ffee01", "--json")
    assert code == 0
    found = [(one["id"], round(one["similarity"], 3)) for one in json.loads(out)["segments"]]
    assert found == [("c0ffee02", 0.6), ("be110000", 0.0)]
    assert "0.60" in cli("find", "*", "--like", "c0ffee01")[1]


def test_a_limit_says_how_many_more_there_are(cli: Cli) -> None:
    code, out, _ = cli("find", "gate", "--limit", 1)
    assert code == 0
    assert "1 of 2 that match" in out


@pytest.mark.parametrize(
    ("query", "hint"),
    [
        ("gate and thunder", "nothing at all is thunder"),
        ("bell and duration_s < 1", "bell: 1, duration_s < 1: 1"),
        ("thunder", "3 segments are in the catalogue"),
    ],
)
def test_nothing_found_says_which_part_leaves_nothing(cli: Cli, query: str, hint: str) -> None:
    code, out, err = cli("find", query)
    assert (code, out) == (2, "")
    assert f"nothing matches {query}" in err
    assert hint in err
    code, out, _ = cli("find", query, "--json")
    assert code == 2
    assert json.loads(out) == {"segments": []}


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("find", "gate.creek and bell"), ("unknown tag 'gate.creek' at 1", "did you mean gate.creak")),
        (("find", "qqqqzzzz"), ("unknown tag 'qqqqzzzz' at 1", 'words to look for stand in quotes: "old gate"')),
        (("find", "bell", "--catalogue", "none.catalogue"), ("no catalogue none.catalogue", "soundscape ingest")),
        (("find", "bell", "--like", "c0ffee"), ("several segments", "more of the id")),
        (("find", "bell", "--like", "zz"), ("no segment 'zz'", "soundscape find")),
        (("find", "bell", "--limit", "0"), ("--limit", "--help")),
        (("find", "quux > 1"), ("unknown feature 'quux'", "soundscape find --features")),
        (("find", "bell", "--tagger", "broken.toml"), ("--tagger without --words", '--words "TEXT"')),
        (("find", "--tags", "--like", "c0ffee01"), ("--tags and --like", "one of the two")),
        (("find", "gate", "--features"), ("--features and the query 'gate'", "leave it out")),
        (("find", "--features", "--limit", "2"), ("--features and --limit", "all are listed")),
        (("find", "--tags", "--limit", "2"), ("--tags and --limit", "all are listed")),
    ],
)
def test_what_is_wrong_is_two_lines_and_exit_2(cli: Cli, arguments: tuple[str, ...], says: tuple[str, str]) -> None:
    code, out, err = cli(*arguments)
    assert (code, out) == (2, "")
    message, hint = err.splitlines()
    assert says[0] in message
    assert says[1] in hint
