"""`soundscape show`: what a catalogue knows of a file is shown, and what it does not know is heard."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest

from soundscape.analysis.ingest import ingest
from soundscape.apps.cli import run
from soundscape.catalogue.store import Store

ROOT = Path(__file__).resolve().parents[2]
TAKE = ROOT / "recordings" / "gate_bolt.flac"
ANOTHER = ROOT / "recordings" / "gate_slam.flac"


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a take, and a catalogue in which a person corrected a tag of it."""
    shutil.copy(TAKE, tmp_path / "bolt.flac")
    ingest([tmp_path / "bolt.flac"], tmp_path / "soundscape.catalogue", n_workers=1)
    with Store(tmp_path / "soundscape.catalogue") as store:
        store.tag(store.find("*")[0].segment.id, add=["gate.chain"])
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SOUNDSCAPE_CONFIG", str(tmp_path / "none.toml"))
    return tmp_path


def show(capsys: pytest.CaptureFixture[str], *arguments: object) -> str:
    capsys.readouterr()
    assert run(["show", *map(str, arguments)]) == 0
    return capsys.readouterr().out


def test_a_file_of_the_catalogue_is_shown_as_persons_corrected_it(
    house: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (house / "link.flac").symlink_to(house / "bolt.flac")
    (house / "below").mkdir()
    for name in ("bolt.flac", "./below/../bolt.flac", house / "bolt.flac", "link.flac"):
        out = show(capsys, name)
        assert "gate.chain, by a person" in out
        assert "heard now" not in out


def test_a_file_that_was_restored_is_still_the_same_take(house: Path, capsys: pytest.CaptureFixture[str]) -> None:
    os.utime(house / "bolt.flac", (1e9, 1e9))
    assert "by a person" in show(capsys, "bolt.flac")


def test_a_copy_that_was_ingested_too_is_that_take(house: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shutil.copy(house / "bolt.flac", house / "copy.flac")
    ingest([house], house / "soundscape.catalogue", n_workers=1)
    for name in ("bolt.flac", "copy.flac"):
        assert "by a person" in show(capsys, name)


def test_a_copy_and_a_file_that_was_moved_are_that_take(house: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shutil.copy(house / "bolt.flac", house / "copy.flac")
    out = show(capsys, "copy.flac")
    assert "gate.chain, by a person" in out
    assert "heard now" not in out
    assert f"path         {house / 'bolt.flac'}\n" in out
    (house / "bolt.flac").unlink()
    out = show(capsys, "copy.flac", "--png", "copy.png")
    assert "gate.chain, by a person" in out
    assert f"path         {house / 'copy.flac'}\n" in out
    assert (house / "copy.png").is_file()


def test_a_take_is_shown_by_its_title_and_its_files_name(house: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with Store(house / "soundscape.catalogue") as store:
        take = store.recording("bolt")
    (house / "bolt.flac").unlink()
    for name in (take.title, "BOLT", "bolt.flac", take.id[:8]):
        assert f"id           {take.id}" in show(capsys, name)


def test_what_nothing_is_called_is_told_with_what_can_be_named(
    house: Path, capsys: pytest.CaptureFixture[str]
) -> None:  # fmt: skip
    assert run(["show", "nowhere"]) == 2
    message, hint = capsys.readouterr().err.splitlines()[-2:]
    assert "'nowhere'" in message
    assert "name one by its title, file, or a segment's id" in hint


def test_a_file_that_the_catalogue_does_not_know_is_heard_now(house: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shutil.copy(ANOTHER, house / "other.flac")
    out = show(capsys, "other.flac")
    assert "not in the catalogue: heard now" in out
    assert "by a person" not in out
    assert json.loads(show(capsys, "other.flac", "--json"))["heard_now"]
    assert not json.loads(show(capsys, "bolt.flac", "--json"))["heard_now"]


def test_without_a_catalogue_a_file_is_heard_now(house: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (house / "soundscape.catalogue").unlink()
    assert "not in the catalogue: heard now" in show(capsys, "bolt.flac")


def test_another_take_under_an_old_name_is_heard_now(house: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shutil.copy(ANOTHER, house / "bolt.flac")
    out = show(capsys, "bolt.flac")
    assert "another take than the catalogue has of that name: heard now" in out
    assert "by a person" not in out


def test_a_catalogue_that_is_named_and_missing_is_said(house: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["show", "bolt.flac", "--catalogue", "nowhere.catalogue"]) == 2
    assert "nowhere.catalogue" in capsys.readouterr().err


def test_every_recording_says_how_much_wind_and_handling_there_is(
    house: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = show(capsys, "bolt.flac")
    assert "  wind         0." in out
    assert "  handling     0." in out
