"""`soundscape ambient` as it is called: a track, what goes with it, a new exhibit, and what is wrong."""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest
import soundfile
from matplotlib.image import imread

from soundscape.analysis.ingest import ingest
from soundscape.apps.cli import run
from soundscape.audio.files import read_audio
from soundscape.exhibit.exhibitfile import load_exhibit

ROOT = Path(__file__).resolve().parents[2]
TAKES = ("wind_trees", "gate_bolt", "bell_bronze_high")
HALL = """
[exhibit]
title = "Hall"
seed = 3

[hours]
timezone = "Asia/Shanghai"
open = ["09:00-18:00"]

[[layer]]
name = "wind"
wants = "wind"
goes_on = true
length_s = [8, 12]
fade_s = 2

[[layer]]
name = "gates"
wants = "gates"
per_minute = 20

[[layer]]
name = "bells"
wants = "bell"
answers = "gates"
answer_after_s = [0.5, 1]
answer_chance = 1
"""
Cli = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="session")
def catalogue(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three of the shipped recordings, heard once."""
    folder = tmp_path_factory.mktemp("ambient")
    for name in TAKES:
        shutil.copy(ROOT / "recordings" / f"{name}.flac", folder)
    ingest([folder], folder / "hall.catalogue", n_workers=1)
    return folder / "hall.catalogue"


@pytest.fixture
def cli(catalogue: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Cli:
    """The command in a folder with an exhibit: (exit code, standard output, standard error)."""
    (tmp_path / "hall.toml").write_text(HALL)
    (tmp_path / "out").mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SOUNDSCAPE_CONFIG", str(tmp_path / "none.toml"))
    monkeypatch.setenv("SOUNDSCAPE_CACHE", str(tmp_path / "cache"))

    def call(*words: object) -> tuple[int, str, str]:
        capsys.readouterr()
        code = run(["ambient", "--catalogue", str(catalogue), *map(str, words)])
        out, err = capsys.readouterr()
        return code, out, err

    return call


def test_a_loop_and_what_goes_with_it(cli: Cli) -> None:
    code, out, _ = cli("hall.toml", "-o", "out/a.wav", "--minutes", 0.5, "--loop", "--season", "winter", "--clock",
                       "16:30", "--cues", "out/a.csv", "--credits", "out/credits.csv", "--poster", "out/a.png",
                       "--json")  # fmt: skip
    assert code == 0
    told = json.loads(out)
    assert {"path", "layout", "n_channels", "rate_hz", "duration_s", "events", "loudness_lufs", "range_lu",
            "true_peak_dbtp", "gain_db", "limited", "on_target", "audio_id", "wall_s", "loops", "season", "term",
            "at", "begins_s"} == set(told)  # fmt: skip
    assert (told["duration_s"], told["loops"], told["season"], told["term"]) == (30.0, True, "winter", "冬至")
    at = datetime.fromisoformat(told["at"])
    assert (at.hour, at.minute, at.utcoffset().total_seconds()) == (16, 30, 8 * 3600)  # type: ignore[union-attr]
    info = soundfile.info("out/a.wav")
    assert (info.frames, info.channels) == (30 * 48_000, 2)
    assert told["loudness_lufs"] <= -31.9
    with open("out/a.csv", newline="", encoding="utf-8") as table:
        cues = list(csv.DictReader(table))
    assert len(cues) == told["events"]
    assert {row["layer"] for row in cues} == {"wind", "gates", "bells"}
    with open("out/credits.csv", newline="", encoding="utf-8") as table:
        credited = {row["title"] for row in csv.DictReader(table)}
    assert credited == {row["title"] for row in cues}
    assert imread("out/a.png").shape[:2] == (round(11.7 * 130), round(16.5 * 130))
    assert sorted(path.name for path in Path("out").iterdir()) == ["a.csv", "a.png", "a.wav", "credits.csv"]


def test_mood_and_seed_make_another_track(cli: Cli) -> None:
    events = []
    for words in ((), ("--mood", "lively=0"), ("--seed", "4")):
        code, out, _ = cli("hall.toml", "-o", "out/a.wav", "--minutes", 0.5, "--term", "dahan", "--json", *words)
        assert code == 0
        assert json.loads(out)["term"] == "大寒"
        events.append((json.loads(out)["events"], read_audio(Path("out/a.wav"))[0].tobytes()))
    assert events[1][0] < events[0][0] - 3
    assert len({samples for _, samples in events}) == 3


def test_a_new_exhibit_is_read_and_heard(cli: Cli, tmp_path: Path) -> None:
    code, out, _ = cli("--new", "east_court", "--yes", "--json")
    assert code == 0
    told = json.loads(out)
    assert told == {"path": "east_court.exhibit.toml", "layers": ["wind", "far gates", "bells"]}
    hall = load_exhibit(tmp_path / told["path"])
    assert (hall.title, [layer.name for layer in hall.layers]) == ("east court", told["layers"])
    code, out, _ = cli(told["path"], "-o", "out/east.flac", "--minutes", 0.5, "--json")
    assert code == 0
    assert json.loads(out)["duration_s"] == pytest.approx(30.0, abs=3.0)  # what rings at the end may ring on
    text = (tmp_path / told["path"]).read_text()
    code, _, err = cli("--new", "east_court", "--yes")
    assert (code, err.count("\n")) == (2, 2)
    assert "is there already" in err
    assert (tmp_path / told["path"]).read_text() == text


WRONG = {
    "no exhibit": (("gone.toml", "-o", "out/a.wav"), "cannot read gone.toml"),
    "no file to write": (("hall.toml",), "name an exhibit and a file"),
    "unknown season": (("hall.toml", "-o", "out/a.wav", "--season", "wintr"), "did you mean 'winter'?"),
    "unknown term": (("hall.toml", "-o", "out/a.wav", "--term", "dahn"), "there is no term 'dahn'"),
    "season and term": (("hall.toml", "-o", "out/a.wav", "--season", "winter", "--term", "dahan"), "not both"),
    "no time": (("hall.toml", "-o", "out/a.wav", "--clock", "24:30"), "'24:30' is no time"),
    "no minutes": (("hall.toml", "-o", "out/a.wav", "--minutes", "0"), "a track of 0 minutes"),
    "days": (("hall.toml", "-o", "out/a.wav", "--minutes", "5000"), "a track of 5000 minutes"),
    "mood out of range": (("hall.toml", "-o", "out/a.wav", "--mood", "near=1.5"), "near is 1.5"),
    "mood of no number": (("hall.toml", "-o", "out/a.wav", "--mood", "near=nan"), "near is nan"),
    "minutes of no number": (("hall.toml", "-o", "out/a.wav", "--minutes", "nan"), "--minutes"),
    "mood of a word": (("hall.toml", "-o", "out/a.wav", "--mood", "near=yes"), "--mood 'near=yes'"),
    "unknown slider": (("hall.toml", "-o", "out/a.wav", "--mood", "loud=1"), "there is no slider 'loud'"),
    "a folder": (("hall.toml", "-o", "out"), "cannot write out: it is a folder"),
    "no such folder": (("hall.toml", "-o", "none/a.wav"), "there is no folder none"),
    "an ending": (("hall.toml", "-o", "out/a.xyz", "--minutes", "0.5"), "out/a.xyz"),
    "over the exhibit": (("hall.toml", "-o", "hall.toml"), "it is read for this"),
    "twice the same file": (("hall.toml", "-o", "out/a.wav", "--cues", "out/a.wav"), "cannot write out/a.wav"),
    "unknown layout": (("hall.toml", "-o", "out/a.wav", "--layout", "7.1.5"), "there is no layout '7.1.5'"),
    "no catalogue": (("hall.toml", "-o", "out/a.wav", "--catalogue", "gone.catalogue"), "gone.catalogue"),
    "a new one without a catalogue": (("--new", "x", "--yes", "--catalogue", "gone.catalogue"), "gone.catalogue"),
    "a new one for unknown loudspeakers": (("--new", "x", "--yes", "--layout", "7.1.5"), "no layout '7.1.5'"),
}


@pytest.mark.parametrize("answer", ["nan", "inf", "very"])
def test_an_answer_that_is_no_number_makes_no_exhibit(
    answer: str, cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("click.prompt", lambda question, default: answer if "lively" in question else default)
    code, _, err = cli("--new", "x")
    assert code == 2
    assert f"{answer!r} is no number" in err
    assert not list(tmp_path.glob("x*"))


@pytest.mark.parametrize("kind", WRONG)
def test_what_is_wrong_is_said_and_nothing_is_left(kind: str, cli: Cli, tmp_path: Path) -> None:
    words, said = WRONG[kind]
    code, out, err = cli(*words)
    lines = [line for line in err.splitlines() if "%" not in line]
    assert (code, out) == (2, "")
    assert len(lines) == 2, err
    assert said in lines[0]
    assert (tmp_path / "hall.toml").read_text() == HALL
    left = {path.name for path in (*tmp_path.iterdir(), *(tmp_path / "out").iterdir())}
    assert left <= {"hall.toml", "out", "cache"}
