"""`soundscape perform`, from the piece to the journal and back; and the same from Python."""

from __future__ import annotations

import io
import json
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import soundscape as sc
from soundscape.apps.cli import run
from soundscape.errors import PieceError
from soundscape.live.controls import Go, Mute
from soundscape.live.journal import read_journal
from tests.apps.gates import gates_in

Engine = Callable[..., list[dict[str, Any]]]


@pytest.fixture(scope="module")
def gates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return gates_in(tmp_path_factory.mktemp("perform"))


@pytest.fixture
def here(gates: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SOUNDSCAPE_CONFIG", "none.toml")
    monkeypatch.setenv("SOUNDSCAPE_CACHE", str(gates / "cache"))
    return tmp_path


@pytest.fixture
def engine(
    gates: Path, here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Engine]:
    """The engine's process, in this one: what it says."""
    is_over = threading.Event()

    class Quiet(io.StringIO):
        """Somebody is there, and asks for nothing."""

        def __next__(self) -> str:
            is_over.wait(60.0)
            raise StopIteration

    monkeypatch.setattr("sys.stdin", Quiet())

    def played(*arguments: str) -> list[dict[str, Any]]:
        capsys.readouterr()
        command = ["perform", str(gates / "piece.toml"), "--catalogue", str(gates / "hall.catalogue"), "--as-engine",
                   "--device", "fast", "--journal", "show.journal", *arguments]  # fmt: skip
        assert run(command) == 0
        return [json.loads(line) for line in capsys.readouterr().out.splitlines()]

    yield played
    is_over.set()


def test_a_show_from_its_piece_to_its_journal_and_back(
    engine: Engine, here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = engine("--go", "--for", "3", "--record", "show.wav")
    words = [row["what"] for row in rows]
    assert list(dict.fromkeys(words)) == ["progress", "said", "ready", "status", "ended"]
    ready = next(row for row in rows if row["what"] == "ready")
    assert (ready["cues"], ready["roles"], ready["journal"]) == (["Dawn", "Storm"], ["Gate"], "show.journal")
    assert rows[-1]["reason"] == "it has lasted as long as it was asked to"
    assert {row["cue"] for row in rows if row["what"] == "status"} == {"Dawn"}
    journal = read_journal(here / "show.journal")
    assert journal.header.title == "Two gates"
    assert journal.arrangement().events, "something was heard"
    assert run(["render", "show.journal", "-o", "again.wav"]) == 0
    assert "the same bits as were recorded in the show" in capsys.readouterr().err
    assert run(["render", "show.journal", "--layout", "5.1", "-o", "large.wav"]) == 0
    assert "bits" not in capsys.readouterr().err, "another layout has others, and nobody wonders"


def test_an_engine_that_is_started_again_fires_no_cue_and_is_as_loud_as_before(engine: Engine) -> None:
    rows = engine("--go", "--locked", "--for", "0.5", "--resume=-3.5")
    assert next(row for row in rows if row["what"] == "ready")["gain_db"] == -3.5
    assert {(row["cue"], row["locked"]) for row in rows if row["what"] == "status"} == {("", False)}
    rows = engine("--locked", "--for", "0.5")
    assert {row["locked"] for row in rows if row["what"] == "status"} == {True}


def test_what_a_show_lacks_is_said_before_it_begins(gates: Path, here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO())
    common = ["perform", str(gates / "piece.toml"), "--catalogue", str(gates / "hall.catalogue"), "--as-engine"]
    assert run([*common, "--device", "organ"]) == 2
    assert run([*common, "--device", "fast", "--mapping", "organ"]) == 2
    assert run([*common, "--device", "fast", "--journal", "gone/show.journal"]) == 2
    assert list(here.iterdir()) == []


# From Python


def show_of(gates: Path, **more: Any) -> sc.Playing:
    show: sc.Playing = sc.perform(gates / "piece.toml", gates / "hall.catalogue", journal="show.journal", **more)
    return show


def test_a_show_by_code_goes_on_for_as_long_as_it_is_played(gates: Path, here: Path) -> None:
    with show_of(gates, record="show.wav") as show:
        show.play(0.1)
        assert 4_800 <= show.session.body.delivered < 4_800 + 256
        show.ask(Mute("Gate", on=True), Go("Storm"))
        show.play(0.1)
        assert [line for _, line in show.said][-1] == "cue Storm"
        assert show.session.status()["roles"][0]["muted"]
        finger = show.press("Gate", velocity=127, trigger="hold")
        show.play(0.1)
        assert show.session.status()["roles"][0]["sounding"] == 2
        show.release(finger)
        show.play(1.0)
        assert finger not in {held.finger for held in show.session.desk.held if held.is_down}
        with pytest.raises(PieceError, match="there is no role 'Gaet'; did you mean 'Gate'"):
            show.press("Gaet")
    journal = read_journal(show.journal)
    assert journal.end is not None
    assert journal.end.audio_id == sc.check(here / "show.wav").audio_id
    with show_of(gates) as other:
        other.play(0.01)
    assert other.journal != show.journal, "an earlier show is never written over"


def test_a_journal_says_where_its_bits_may_be_others(gates: Path, here: Path) -> None:
    with show_of(gates, record="show.wav") as show:
        show.go()
        show.play(1.5)
    whole = show.journal.read_text(encoding="utf-8").splitlines(keepends=True)
    Path("torn.journal").write_text("".join(whole[:-1]), encoding="utf-8")
    _, told = sc.render_journal(Path("torn.journal"), here / "torn.wav")
    assert told == ("the journal has no end: the show broke off, and is rendered as far as it was written down",)
    header = json.loads(whole[0])
    header["versions"]["numpy"] = "0.1"
    other = [json.dumps(header) + "\n", *(line.replace('"velocity"', '"velocity"') for line in whole[1:])]
    end = json.loads(other[-1])
    end["end"]["audio_id"] = "0" * 32
    Path("other.journal").write_text("".join([*other[:-1], json.dumps(end) + "\n"]), encoding="utf-8")
    _, told = sc.render_journal(Path("other.journal"), here / "other.wav")
    assert told == ("other bits than in the show: it was played with other versions, or on another machine",)
    Path("none.journal").write_text("".join(line for line in whole if '"play"' not in line), encoding="utf-8")
    with pytest.raises(PieceError, match="nothing was played in this show"):
        sc.render_journal(Path("none.journal"), here / "none.wav")


def test_a_journal_finds_recordings_where_a_catalogue_has_them_now(gates: Path, here: Path) -> None:
    with show_of(gates, record="show.wav") as show:
        show.go()
        show.play(1.5)
    text = show.journal.read_text(encoding="utf-8")
    Path("moved.journal").write_text(text.replace("gate_bolt.flac", "gone.flac"), encoding="utf-8")
    settings = sc.Settings(cache=str(here / "fresh"))
    with pytest.raises(sc.SoundscapeError, match=r"gone\.flac"):
        sc.render_journal(Path("moved.journal"), here / "again.wav", settings)
    _, told = sc.render_journal(Path("moved.journal"), here / "again.wav", settings, catalogue=gates / "hall.catalogue")
    assert told == ("the same bits as were recorded in the show",)
