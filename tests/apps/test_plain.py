"""Names and titles from elsewhere command nothing in a terminal, and break no table."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile

from soundscape.apps.cli import run
from soundscape.apps.cli.console import plain, plain_lines, print_json

RATE_HZ = 48_000
NAME = "r\x1b[31med\nroom\u202e.wav"
SHOWN = "r\\x1b[31med\\nroom\\u202e"


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with one take whose name would colour a terminal, and a file of such a name that is no sound."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SOUNDSCAPE_CONFIG", str(tmp_path / "none.toml"))
    noise = 0.05 * np.random.default_rng(4).standard_normal(3 * RATE_HZ)
    try:
        soundfile.write(tmp_path / NAME, noise, RATE_HZ)
    except (OSError, soundfile.LibsndfileError):
        pytest.skip("this file system takes no such names")
    (tmp_path / f"no {NAME}").write_text("no sound")
    return tmp_path


def test_what_is_heard_found_shown_and_written_is_shown_escaped(
    house: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def said(*arguments: str, code: int = 0) -> str:
        assert run(list(arguments)) == code
        out, err = capsys.readouterr()
        assert not {"\x1b", "\u202e"} & {*out, *err}
        return out if code == 0 else err

    assert f"failed: {house}/no {SHOWN}.wav" in said("ingest", ".")
    n_rows = len(json.loads(said("find", "*", "--json"))["segments"])
    table = said("find", "*")
    assert len(table.splitlines()) == 1 + n_rows
    assert SHOWN in table
    shown = said("show", NAME)
    assert shown.count(SHOWN) >= 2, "as title and as path"
    assert f"{SHOWN}.wav: WAV" in said("check", NAME)
    assert f"labels of {SHOWN}" in said("labels", "export", str(house / NAME), "-o", "red.txt")
    assert f"{SHOWN}.wav: wind" in said("clean", NAME, "--high-pass", "100", "-o", "p.wav")
    assert "no r\\x1b[31med room\\u202e.wav is not a sound" in said("check", f"no {NAME}", code=2)


def test_progress_shows_names_escaped(house: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["show", NAME]) == 0
    assert "looking at r\\x1b[31med room\\u202e.wav" in capsys.readouterr().err


def test_json_has_no_control_character_and_says_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    value = {"title": "a\x1bb\x9b31mc\x7f\u202e 清明", "rows": [1, 2]}
    print_json(value)
    text = capsys.readouterr().out
    assert json.loads(text) == value
    assert not {"\x1b", "\x9b", "\x7f", "\u202e"} & {*text}
    assert "清明" in text


def test_what_can_be_read_stays_as_it_is() -> None:
    for text in ("清明 hall, 3 °C", "a\\b", "naïve", "🔔"):
        assert plain(text) == text
    assert plain_lines("one\ntwo\x07") == "one\ntwo\\x07"
