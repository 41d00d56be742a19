"""Labels go out to an editor of sound, and come back as a person's word."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from soundscape.analysis.ingest import ingest
from soundscape.apps.cli import main
from soundscape.catalogue.labels import Label, Take, read_labels, write_labels
from soundscape.catalogue.store import Store

ROOT = Path(__file__).resolve().parents[2]
ENDINGS = ("knocks.txt", "knocks.selections.txt", "knocks.TextGrid", "knocks.jams")


@pytest.fixture(scope="module")
def heard(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("labels")
    shutil.copy(ROOT / "recordings" / "gate_knocker.flac", folder / "knocks.flac")
    ingest([folder / "knocks.flac"], folder / "house.catalogue", n_workers=1)
    return folder / "house.catalogue"


@pytest.fixture
def house(heard: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(heard, tmp_path / "house.catalogue"))


def run(*words: str | Path) -> int:
    with pytest.raises(SystemExit) as ended:
        main([str(word) for word in words])
    return int(ended.value.code or 0)


@pytest.mark.parametrize("name", ENDINGS)
def test_every_segment_goes_out_as_a_label(house: Path, tmp_path: Path, name: str) -> None:
    with Store(house) as store:
        snapshot = store.snapshot()
    take = next(iter(snapshot.recordings.values()))
    assert run("labels", "export", take.id[:8], "-o", tmp_path / name, "--catalogue", house) == 0
    written = [(one.start_s, one.end_s, one.text) for one in read_labels(tmp_path / name).labels]
    known = sorted((one.start_s, one.end_s, one.tag or "unknown") for one in snapshot.segments)
    assert len(written) == len(known)
    assert sorted(text for *_, text in written) == sorted(text for *_, text in known)
    assert max(abs(a - b) for (a, *_), (b, *_) in zip(sorted(written), known, strict=True)) < 2e-6


def test_a_label_that_comes_back_is_a_persons_word(house: Path, tmp_path: Path) -> None:
    with Store(house) as store:
        segment = next(one for one in store.snapshot().segments if one.kind == "event")
    labels = [Label(segment.start_s + 0.01, segment.end_s, "gate.latch")]
    write_labels(tmp_path / "knocks.txt", labels, Take())
    assert run("labels", "import", tmp_path / "knocks.txt", "--catalogue", house) == 0
    with Store(house) as store:
        tags = store.segment(segment.id).segment.tags
    assert ("gate.latch", "person") in [(tag.name, tag.by) for tag in tags]


def test_a_label_where_nothing_was_heard_is_said(
    house: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_labels(tmp_path / "knocks.txt", [Label(0.0, 0.1, "bell")], Take())
    assert run("labels", "import", tmp_path / "knocks.txt", "--catalogue", house) == 0
    assert "no segment there: 0.00 s (bell)" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [("knocks.txt", "bell\nquux", "line 2"), ("other.txt", "bell", "cannot tell which take")],
)
def test_what_cannot_be_taken_is_named(
    house: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, text: str, said: str
) -> None:
    labels = [Label(float(i), i + 1.0, word) for i, word in enumerate(text.split("\n"))]
    write_labels(tmp_path / name, labels, Take())
    assert run("labels", "import", tmp_path / name, "--catalogue", house) == 2
    assert said in capsys.readouterr().err
