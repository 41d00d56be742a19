"""What bad input gets: exit code 2, one line that says what is wrong, a hint, and nothing half-written."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path

import mido
import numpy as np
import pytest
import soundfile

from tests.journeys.conftest import Cli, strokes

GOOD_RIG = """name = "rig"
speakers = [
  { name = "A", azimuth_deg = 30 }, { name = "B", azimuth_deg = -30 },
]"""


def write(path: Path, data: bytes | str) -> Path:
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return path


def sound(path: Path, samples: np.ndarray, rate_hz: int = 48_000, subtype: str = "FLOAT") -> Path:
    soundfile.write(path, samples, rate_hz, subtype=subtype)
    return path


TAKES: Mapping[str, Callable[[Path], Path]] = {
    "empty": lambda p: write(p, b""),
    "zero-length": lambda p: sound(p, np.zeros((0, 1), np.float32)),
    "truncated header": lambda p: write(p, sound(p, strokes(300.0)).read_bytes()[:30]),
    "text named wav": lambda p: write(p, "these are not sounds\n" * 50),
    "NaN": lambda p: sound(p, np.full(48_000, np.nan, np.float32)),
    "1 Hz": lambda p: sound(p, np.zeros(100, np.float32), 1),
}
"""Files that cannot become recordings."""


@pytest.mark.parametrize("kind", TAKES)
def test_a_take_that_cannot_be_read_is_reported_and_the_rest_goes_on(kind: str, cli: Cli, tmp_path: Path) -> None:
    folder = tmp_path / "takes"
    folder.mkdir()
    TAKES[kind](folder / "bad.wav")
    sound(folder / "good.wav", strokes(440.0))
    code, out, err = cli("ingest", folder, "--catalogue", tmp_path / "c.catalogue")
    assert code == 0
    assert "bad.wav" in out + err
    code, out, _ = cli("find", "duration_s > 0", "--catalogue", tmp_path / "c.catalogue")
    assert code == 0
    assert "bad" not in out


@pytest.mark.parametrize(
    ("name", "samples", "rate_hz"),
    [("silent", np.zeros(96_000, np.float32), 48_000),
     ("384 kHz", np.repeat(strokes(440.0, 1), 8), 384_000),
     ("64 channels", np.repeat(strokes(440.0, 1)[:, None], 64, axis=1), 48_000)],
)  # fmt: skip
def test_unusual_takes_are_read(name: str, samples: np.ndarray, rate_hz: int, cli: Cli, tmp_path: Path) -> None:
    folder = tmp_path / "takes"
    folder.mkdir()
    sound(folder / "odd.wav", samples, rate_hz)
    code, out, _ = cli("ingest", folder, "--catalogue", tmp_path / "c.catalogue", "--json")
    assert code == 0
    assert '"failed": []' in out


def no_notes(path: Path) -> Path:
    mido.MidiFile(tracks=[mido.MidiTrack([mido.MetaMessage("track_name", name="Nothing")])]).save(path)
    return path


def rig(path: Path, *speakers: str) -> Path:
    return write(path, 'name = "rig"\nspeakers = [\n' + ",\n".join(speakers) + "\n]\n")


A, B = '{ name = "A", azimuth_deg = 30 }', '{ name = "B", azimuth_deg = 30 }'

Arguments = Callable[[Path, Path, Path], list[object]]
CALLS: Mapping[str, tuple[Arguments, str]] = {
    "no such folder": (lambda t, c, s: ["ingest", t / "nowhere", "--catalogue", t / "n.catalogue"], "nowhere"),
    "a folder without audio": (
        lambda t, c, s: ["ingest", (t / "x").mkdir() or t / "x", "--catalogue", t / "n.catalogue"], "x"),
    "no such catalogue": (lambda t, c, s: ["find", "bell", "--catalogue", t / "none.catalogue"], "none.catalogue"),
    "not a catalogue": (
        lambda t, c, s: ["find", "bell", "--catalogue", write(t / "text.catalogue", "x" * 5000)], "text.catalogue"),
    "a query that is wrong": (lambda t, c, s: ["find", "gate.creek and", "--catalogue", c], "gate.creek"),
    "a query that matches nothing": (lambda t, c, s: ["find", "duration_s > 9999", "--catalogue", c], "nothing"),
    "no such score": (lambda t, c, s: ["render", t / "no.mid", "--catalogue", c, "-o", t / "m.wav"], "no.mid"),
    "a score without notes": (
        lambda t, c, s: ["render", no_notes(t / "n.mid"), "--catalogue", c, "-o", t / "m.wav"], "note"),
    "a score that is text": (
        lambda t, c, s: ["render", write(t / "t.mid", "not music"), "--catalogue", c, "-o", t / "m.wav"], "t.mid"),
    "a piece that is not TOML": (
        lambda t, c, s: ["render", write(t / "p.toml", "[piece"), "--catalogue", c, "-o", t / "m.wav"], "p.toml"),
    "a role that nothing can fill": (
        lambda t, c, s: ["render", piece(t, s, 'wants = "thunder"'), "--catalogue", c, "-o", t / "m.wav"], "thunder"),
    "an unknown key in a role": (
        lambda t, c, s: ["render", piece(t, s, 'wnats = "bell"'), "--catalogue", c, "-o", t / "m.wav"], "wnats"),
    "no such layout": (
        lambda t, c, s: ["render", s, "--catalogue", c, "--layout", "7.1.5", "-o", t / "m.wav"], "7.1.5"),
    "two speakers on one spot": (
        lambda t, c, s: ["render", s, "--catalogue", c, "--layout", rig(t / "r.toml", A, B), "-o", t / "m.wav"], "B"),
    "a rig without speakers": (
        lambda t, c, s: ["render", s, "--catalogue", c, "--layout", rig(t / "r.toml"), "-o", t / "m.wav"], "speaker"),
    "an ending that is no format": (lambda t, c, s: ["render", s, "--catalogue", c, "-o", t / "m.xyz"], ".xyz"),
    "more channels than the format holds": (
        lambda t, c, s: ["render", s, "--catalogue", c, "--layout", "7.1.4", "-o", t / "m.flac"], "12"),
    "no such folder to write to": (lambda t, c, s: ["render", s, "--catalogue", c, "-o", t / "no" / "m.wav"], "no"),
    "a folder as output": (lambda t, c, s: ["render", s, "--catalogue", c, "-o", t], "folder"),
    "check of no file": (lambda t, c, s: ["check", t / "no.wav"], "no.wav"),
    "show of nothing known": (lambda t, c, s: ["show", "ffffffffffff", "--catalogue", c], "ffffffffffff"),
    "an unknown tag": (lambda t, c, s: ["tag", "ffffffffffff", "+bell", "--catalogue", c], "ffffffffffff"),
}  # fmt: skip
"""What is called, and a word the message must hold."""


def piece(folder: Path, score: Path, role: str) -> Path:
    text = f'[piece]\ntitle = "P"\nscore = "{score.name}"\n[[role]]\nname = "r"\npart = "Bars"\n{role}\n'
    return write(folder / "piece.toml", text)


@pytest.mark.parametrize("name", CALLS)
def test_bad_input_is_one_line_a_hint_and_exit_2(
    name: str, cli: Cli, tmp_path: Path, catalogue: Path, score: Path
) -> None:
    arguments, word = CALLS[name]
    command = arguments(tmp_path, catalogue, score)
    before = {path for path in tmp_path.rglob("*") if "cache" not in path.parts}
    code, out, err = cli(*command)
    said = [line for line in err.splitlines() if line.startswith(("soundscape:", "  "))]
    assert code == 2, err
    assert not out
    assert said[0].startswith("soundscape: ")
    assert word in said[0]
    assert len(said) == 2, f"one line and one hint: {said}"
    assert said[1].startswith("  ")
    assert {path for path in tmp_path.rglob("*") if "cache" not in path.parts} == before


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_read_only_folder_is_said_so(cli: Cli, tmp_path: Path, catalogue: Path, score: Path) -> None:
    folder = tmp_path / "locked"
    folder.mkdir(mode=0o555)
    code, _, err = cli("render", score, "--catalogue", catalogue, "-o", folder / "mix.wav")
    assert code == 2
    assert "no permission" in err
