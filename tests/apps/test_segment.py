"""`soundscape segment` as it is called."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from soundscape.analysis.ingest import ingest
from soundscape.apps.cli import run
from soundscape.catalogue.segment import Segment
from soundscape.catalogue.store import Store

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def heard(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("segment")
    for name in ("gate_knocker", "gate_bolt"):
        shutil.copy(ROOT / "recordings" / f"{name}.flac", folder)
    ingest([folder], folder / "house.catalogue", n_workers=1)
    return folder / "house.catalogue"


@pytest.fixture
def house(heard: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(heard, tmp_path / "house.catalogue"))


def segments(house: Path, name: str = "gate_knocker") -> list[Segment]:
    with Store(house) as store:
        snapshot = store.snapshot()
        return [one for one in snapshot.segments if Path(snapshot.recording_of(one).path).stem == name]


def digest(house: Path) -> str:
    with Store(house) as store:
        return store.snapshot().digest


def called(house: Path, *words: object) -> int:
    return run(["segment", *map(str, words), "--catalogue", str(house)])


def event(house: Path, place: int = 0) -> Segment:
    return [one for one in segments(house) if one.kind == "event"][place]


def test_every_verb_says_what_is_there_now_and_reset_gives_back_every_bit(
    house: Path, heard: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before, one, other = digest(house), event(house), event(house, 1)
    path = heard.parent / "gate_knocker.flac"
    start_s = round(one.start_s + 0.02, 3)
    for words, said in [
        ((one.id[:8],), f"{one.id}: {one.start_s:.3f} to {one.end_s:.3f} s, set by the machine"),
        ((one.id[:8], "--start", start_s), f"{one.id}: {start_s:.3f} to {one.end_s:.3f} s, set by a person"),
        ((one.id, "--split", start_s + 0.2), f": {start_s:.3f} to {start_s + 0.2:.3f} s, set by a person"),
        ((other.id, event(house, 2).id, "--join"), f": {other.start_s:.3f} to "),
        (("--add", path, 0.1, 0.5, "--tag", "gate.latch"), ": 0.100 to 0.500 s, set by a person, event: gate.latch"),
        ((event(house, 4).id, "--delete"), ": deleted"),
        (("--reset", path), f"{one.id}: {one.start_s:.3f} to {one.end_s:.3f} s, set by the machine"),
    ]:
        assert called(house, *words) == 0
        assert said in capsys.readouterr().out
    assert digest(house) == before


def test_a_program_gets_one_json_object(house: Path, capsys: pytest.CaptureFixture[str]) -> None:
    one = event(house)
    assert called(house, one.id, "--end", one.end_s - 0.1, "--json") == 0
    out = json.loads(capsys.readouterr().out)
    (row,) = out["segments"]
    assert (out["done"], out["gone"], row["id"], row["by"]) == ("moved", [], one.id, "person")
    assert row["features"]["duration_s"] == pytest.approx(row["end_s"] - row["start_s"])
    at_s = one.start_s + 0.2
    assert called(house, one.id, "--split", at_s, "--json") == 0
    out = json.loads(capsys.readouterr().out)
    assert out["gone"] == [one.id]
    assert [row["end_s"] for row in out["segments"]] == [at_s, pytest.approx(one.end_s - 0.1)]


def test_a_segment_between_two_that_are_joined_is_told_and_stays(
    house: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first, between, last = (event(house, place) for place in range(3))
    assert called(house, first.id, last.id, "--join") == 0
    joined, within, *_ = capsys.readouterr().out.splitlines()
    assert f": {first.start_s:.3f} to {last.end_s:.3f} s" in joined
    assert within == f"one segment lies within: {between.id} ({between.tag})"
    assert between in segments(house)
    assert called(house, joined.partition(":")[0], between.id, "--join", "--json") == 0
    assert json.loads(capsys.readouterr().out)["within"] == []


def test_what_was_learned_follows_a_moved_boundary(house: Path, capsys: pytest.CaptureFixture[str]) -> None:
    one = event(house)
    run(["tag", one.id, "+gate.latch", "--catalogue", str(house)])
    with Store(house) as store:
        was = store.lesson()
    capsys.readouterr()
    assert called(house, one.id, "--end", one.end_s - 0.3, "--no-learn") == 0
    assert "learned" not in capsys.readouterr().out
    assert called(house, one.id, "--end", one.end_s - 0.25) == 0
    assert "learned from 1 correction" in capsys.readouterr().out
    with Store(house) as store:
        now = store.lesson()
        assert ("gate.latch", "person") in [(tag.name, tag.by) for tag in store.segment(one.id).segment.tags]
    assert was is not None
    assert now is not None
    assert (was.examples[0].vector != now.examples[0].vector).any()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "no segment is named"),
        (("{id}", "--start", 1, "--delete"), "--start/--end and --delete"),
        (("{id}", "{next}", "--start", 1), "--start/--end of 2 segments"),
        (("{id}", "--add", "x.wav", 1, 2), "and --add"),
        (("--add", "x.wav", 1, 2), "no takes in"),
        (("{id}", "--tag", "bell"), "--tag and --kind are for --add"),
        (("--add", "gate_knocker", 0.1, 0.5, "--tag", "unknown"), "'unknown' means no tag"),
        (("{id}", "--join"), "cannot be joined"),
        (("{id}", "{far}", "--join"), "cannot be joined"),
        (("{id}", "--start", "x"), "not a valid float"),
        (("{id}", "--start", 3, "--end", 2), "ends before it begins"),
        (("{id}", "--end", 1e9), "is not within"),
        (("{id}", "--end", "inf"), "inf is no number"),
        (("{id}", "--start", "nan"), "nan is no number"),
        (("{id}", "--split", 0), "is not within segment"),
        (("feed", "--delete"), "no segment 'feed'"),
        (("--reset", "{id}"), "as the machine heard it"),
        (("--reset", "feed"), "no segments or takes"),
        (("--reset", ""), "no segments or takes"),
    ],
)
def test_what_cannot_be_is_one_line_and_a_hint_and_changes_nothing(
    house: Path, words: tuple[object, ...], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    before = digest(house)
    ids = {"id": event(house).id, "next": event(house, 1).id, "far": segments(house, "gate_bolt")[0].id}
    assert called(house, *(str(word).format(**ids) for word in words)) == 2
    message, hint = capsys.readouterr().err.splitlines()
    assert said in message
    assert hint.strip()
    assert digest(house) == before
