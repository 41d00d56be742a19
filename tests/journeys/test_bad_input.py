"""What bad input gets: exit code 2, one line that says what is wrong, a hint, and nothing half-written."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import mido
import numpy as np
import pytest
import soundfile

from soundscape.apps.cli import run
from soundscape.catalogue.store import Store
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


def test_a_take_that_ends_in_the_middle_of_its_data_is_read_to_there(cli: Cli, tmp_path: Path) -> None:
    folder = tmp_path / "takes"
    folder.mkdir()
    data = sound(folder / "cut.wav", strokes(440.0)).read_bytes()
    write(folder / "cut.wav", data[: len(data) // 2])
    code, out, _ = cli("ingest", folder, "--catalogue", tmp_path / "c.catalogue", "--json")
    assert code == 0
    heard = json.loads(out)
    assert heard["failed"] == []
    assert 0 < heard["segments"] < 4
    assert heard["audio_s"] == pytest.approx(5.0, abs=0.01)
    assert heard["faults"] == {str(folder / "cut.wav"): ["truncated"]}
    code, out, _ = cli("find", "fault = truncated", "--catalogue", tmp_path / "c.catalogue", "--json")
    assert code == 0
    assert len(json.loads(out)["segments"]) == heard["segments"]
    assert "truncated    ends at 5.00 s" in cli("show", folder / "cut.wav")[1]


def test_where_no_file_can_be_read_no_catalogue_is_left(cli: Cli, tmp_path: Path) -> None:
    folder = tmp_path / "takes"
    folder.mkdir()
    for number, make in enumerate(TAKES.values()):
        make(folder / f"{number}.wav")
    code, out, err = cli("ingest", folder, "--catalogue", tmp_path / "c.catalogue")
    lines = [line for line in err.splitlines() if line.startswith(("soundscape:", "  "))]
    assert (code, out) == (2, "")
    assert lines[0] == f"soundscape: none of {len(TAKES)} files could be read"
    assert len(lines) == 2
    assert not list(tmp_path.glob("c.catalogue*"))
    code, out, _ = cli("ingest", folder, "--catalogue", tmp_path / "c.catalogue", "--json")
    assert code == 2
    assert len(json.loads(out)["failed"]) == len(TAKES)


def test_a_catalogue_that_was_there_stays_when_nothing_can_be_read(cli: Cli, tmp_path: Path, catalogue: Path) -> None:
    kept = Path(shutil.copy(catalogue, tmp_path / "c.catalogue"))
    assert cli("ingest", write(tmp_path / "bad.wav", "no sound"), "--catalogue", kept)[0] == 2
    assert cli("find", "*", "--catalogue", kept)[0] == 0


def test_a_name_that_is_no_text_fails_alone(tmp_path: Path) -> None:
    folder = tmp_path / "takes"
    folder.mkdir()
    good = sound(folder / "good.wav", strokes(440.0))
    try:
        Path(os.fsdecode(os.fsencode(folder) + b"/b\xffd.wav")).write_bytes(good.read_bytes())
    except OSError:
        pytest.skip("this file system takes no such names")
    program = [sys.executable, "-m", "soundscape"]
    done = subprocess.run([*program, "ingest", folder, "--catalogue", tmp_path / "c.catalogue", "--json"],
                          capture_output=True, text=True)  # fmt: skip
    assert done.returncode == 0, done.stderr
    heard = json.loads(done.stdout)
    assert heard["recordings"] == 1
    assert [failed["reason"] for failed in heard["failed"]] == ["its name is not UTF-8: give it another one"]
    shown = subprocess.run([*program, "check", heard["failed"][0]["path"]], capture_output=True, text=True)
    assert shown.returncode == 0, shown.stderr


@pytest.mark.parametrize(
    "name", ["with spaces.wav", "中文 名字.wav", "a'b\"c.wav", "-dash.wav", "line\nbreak.wav", "%s {0}.wav"]
)
def test_odd_names_are_heard_found_shown_and_played(
    name: str, cli: Cli, tmp_path: Path, score: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / f"in {name}"
    folder.mkdir()
    sound(folder / name, strokes(440.0))
    store = tmp_path / f"{name}.catalogue"
    monkeypatch.chdir(tmp_path)
    assert cli("ingest", folder, "--catalogue", store)[0] == 0
    assert cli("find", "*", "--catalogue", store)[0] == 0
    code, _, err = cli("show", folder / name)
    assert code == 0
    assert all(" s)" in line for line in err.splitlines())
    assert cli("render", score, "--catalogue", store, "-o", tmp_path / name, "--layout", "mono")[0] == 0
    assert cli("check", tmp_path / name)[0] == 0


def test_one_loudspeaker_hears_everything(cli: Cli, tmp_path: Path, catalogue: Path, score: Path) -> None:
    out = tmp_path / "m.wav"
    assert cli("render", score, "--catalogue", catalogue, "-o", out, "--layout", rig(tmp_path / "r.toml", A))[0] == 0
    samples, _ = soundfile.read(out, always_2d=True)
    assert samples.shape[1] == 1
    assert np.abs(samples).max() > 0.01


def empty(path: Path) -> Path:
    Store(path, create=True).close()
    return path


def damaged(path: Path, catalogue: Path) -> Path:
    """A catalogue with a page of rubbish in its middle."""
    data = bytearray(catalogue.read_bytes())
    for start in range(4096, len(data), 4096):
        data[start : start + 64] = b"\xa5" * 64
    return write(path, bytes(data))


def without_takes(folder: Path, catalogue: Path, score: Path) -> Path:
    """An arrangement whose takes are gone."""
    assert run(["arrange", str(score), "--catalogue", str(catalogue), "-o", str(folder / "gone.json")]) == 0
    text = (folder / "gone.json").read_text()
    return write(folder / "gone.json", text.replace("bar_", "gone_"))


def edited(folder: Path, catalogue: Path, score: Path, key: str, value: object, table: str = "events") -> Path:
    """An arrangement in which a person changed one value."""
    assert run(["arrange", str(score), "--catalogue", str(catalogue), "-o", str(folder / "e.json")]) == 0
    document = json.loads((folder / "e.json").read_text())
    (document if table == "" else document[table][0])[key] = value
    return write(folder / "e.json", json.dumps(document))


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
    "credits in the place of the mix": (
        lambda t, c, s: ["render", s, "--catalogue", c, "-o", t / "m.wav", "--credits", t / "m.wav"], "two outputs"),
    "credits into no folder": (
        lambda t, c, s: ["render", s, "--catalogue", c, "-o", t / "m.wav", "--credits", t / "no" / "c.csv"], "no"),
    "credits into a folder": (
        lambda t, c, s: ["render", s, "--catalogue", c, "-o", t / "m.wav", "--credits", t], "folder"),
    "credits into a device": (
        lambda t, c, s: ["render", s, "--catalogue", c, "-o", t / "m.wav", "--credits", "/dev/null"], "ordinary"),
    "an id that is no text": (lambda t, c, s: ["find", "--like", "\udcff", "--catalogue", c], "no segment"),
    "an arrangement over its score": (lambda t, c, s: ["arrange", s, "--catalogue", c, "-o", s], "lost"),
    "an arrangement over its catalogue": (lambda t, c, s: ["arrange", s, "--catalogue", c, "-o", c], "lost"),
    "a picture over its catalogue": (lambda t, c, s: ["show", "a", "--catalogue", c, "--png", c], "lost"),
    "a name that is too long": (
        lambda t, c, s: ["render", s, "--catalogue", c, "-o", t / f"{'m' * 300}.wav"], "too long"),
    "a catalogue without segments": (
        lambda t, c, s: ["render", s, "--catalogue", empty(t / "e.catalogue"), "-o", t / "m.wav"], "nothing"),
    "a damaged catalogue": (
        lambda t, c, s: ["find", "*", "--catalogue", damaged(t / "d.catalogue", c)], "d.catalogue"),
    "half a catalogue": (
        lambda t, c, s: ["find", "*", "--catalogue", write(t / "h.catalogue", c.read_bytes()[: 9 * 4096 + 99])],
        "h.catalogue"),
    "takes that are gone": (lambda t, c, s: ["render", without_takes(t, c, s), "-o", t / "m.wav",
                                             "--catalogue", empty(t / "e.catalogue")], "gone_"),
    "a piece with a list for a word": (
        lambda t, c, s: ["render", piece(t, s, 'choose = ["like"]'), "--catalogue", c, "-o", t / "m.wav"], "choose"),
    "a score that no file can be called": (
        lambda t, c, s: ["render", write(t / "p.toml", '[piece]\nscore = "a\\u0000b"\n[[role]]\nname = "r"'),
                         "--catalogue", c, "-o", t / "m.wav"], "score"),
    "a piece nested without end": (
        lambda t, c, s: ["render", write(t / "p.toml", "a = " + "[" * 5000), "--catalogue", c, "-o", t / "m.wav"],
        "TOML"),
    "a layout nested without end": (
        lambda t, c, s: ["layouts", write(t / "r.toml", "a = " + "[" * 5000)], "TOML"),
    "an event of ages": (
        lambda t, c, s: ["render", edited(t, c, s, "duration_s", 1e308), "--catalogue", c, "-o", t / "m.wav"],
        "duration_s"),
    "an event of days": (
        lambda t, c, s: ["render", edited(t, c, s, "start_s", 1e6), "--catalogue", c, "-o", t / "m.wav"], "278 h"),
    "a path to the stars": (
        lambda t, c, s: ["render", edited(t, c, s, "path", [[0, 1e308, 0, 0]]), "--catalogue", c, "-o", t / "m.wav"],
        "path"),
    "a segment longer than its take": (
        lambda t, c, s: ["render", edited(t, c, s, "end_s", 1e7, "segments"), "--catalogue", c, "-o", t / "m.wav"],
        "its take"),
    "half a letter in a title": (
        lambda t, c, s: ["render", edited(t, c, s, "title", "\ud800", ""), "--catalogue", c, "-o", t / "m.wav"],
        "title"),
    "a tuning that is unknown": (
        lambda t, c, s: ["render", tuned(t, s, "obects"), "--catalogue", c, "-o", t / "m.wav"],
        "[piece]: tune is 'obects'; did you mean 'objects'?"),
    "a tuning that is a number": (
        lambda t, c, s: ["arrange", tuned(t, s, "440"), "--catalogue", c, "-o", t / "a.json"], "tune is '440'"),
    "a scale that is not there": (
        lambda t, c, s: ["render", tuned(t, s, "no.scl"), "--catalogue", c, "-o", t / "m.wav"], "no.scl"),
    "a scale outside the piece's folder": (
        lambda t, c, s: ["render", tuned(t, s, "../no.scl"), "--catalogue", c, "-o", t / "m.wav"], "outside"),
    "a scale that is a folder": (
        lambda t, c, s: ["render", tuned(t, s, (t / "d.scl").mkdir() or "d.scl"), "--catalogue", c, "-o", t / "m.wav"],
        "d.scl"),
    "a scale of no notes": (
        lambda t, c, s: ["render", tuned(t, s, "s.scl", "none\n0\n"), "--catalogue", c, "-o", t / "m.wav"],
        "s.scl, line 2: the number of notes is '0'"),
    "a scale with a negative ratio": (
        lambda t, c, s: ["render", tuned(t, s, "s.scl", "! c\nx\n2\n-3/2\n2/1\n"), "--catalogue", c, "-o", t / "m.wav"],
        "s.scl, line 4: '-3/2' is no note"),
    "the scale of what is not there": (lambda t, c, s: ["tuning", "gong", "--catalogue", c], "gong"),
    "the scale of no piece": (lambda t, c, s: ["tuning", t / "no.toml", "--catalogue", c], "no.toml"),
    "a scale that is no Scala file": (
        lambda t, c, s: ["tuning", "*", "--catalogue", c, "-o", t / "bars.wav"], "bars.wav"),
    "a scale over its catalogue": (lambda t, c, s: ["tuning", "*", "--catalogue", c, "--png", c], "lost"),
    "an option without its value": (lambda t, c, s: ["render", s, "-o"], "-o"),
    "a turn by no number": (
        lambda t, c, s: ["render", s, "-o", t / "m.wav", "--catalogue", c, "--turn", "nan", 0, 0], "--turn"),
    "a corner of no number": (
        lambda t, c, s: ["clean", sound(t / "a.wav", strokes(300.0)), "--high-pass", "nan"], "nan Hz"),
    "a negative seed": (lambda t, c, s: ["arrange", s, "-o", t / "a.json", "--catalogue", c, "--seed", -1], "--seed"),
    "check of no file": (lambda t, c, s: ["check", t / "no.wav"], "no.wav"),
    "show of nothing known": (lambda t, c, s: ["show", "ffffffffffff", "--catalogue", c], "ffffffffffff"),
    "an unknown tag": (lambda t, c, s: ["tag", "ffffffffffff", "+bell", "--catalogue", c], "ffffffffffff"),
}  # fmt: skip
"""What is called, and a word the message must hold."""


def piece(folder: Path, score: Path, role: str) -> Path:
    text = f'[piece]\ntitle = "P"\nscore = "{score.name}"\n[[role]]\nname = "r"\npart = "Bars"\n{role}\n'
    return write(folder / "piece.toml", text)


def tuned(folder: Path, score: Path, tune: str, scale: str = "") -> Path:
    if scale:
        write(folder / tune, scale)
    path = piece(folder, score, "")
    return write(path, path.read_text().replace("[[role]]", f'tune = "{tune}"\n[[role]]'))


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
    assert {path for path in tmp_path.rglob("*") if not SIDE & {*path.parts, path.suffix}} == before


SIDE = {"cache", ".vectors", ".catalogue-wal", ".catalogue-shm"}
"""What may come beside: decoded takes, a catalogue's map, and SQLite's files by one too damaged to be closed."""


@pytest.mark.parametrize(
    ("query", "place", "right"),
    [("duration > 2", 1, "duration_s"), ("bell and level_lufs > -20 dB", 27, "units"), ("(bell or gate", 14, ")"),
     ("bell and (gate or wind))", 24, "bracket"), ("gate.creek", 1, "gate.creak"), ("bell@2", 6, "bell@0.8"),
     ('licence ~ "CC0', 11, "close"), ("bell gate", 6, "and"), ("1 < duration_s", 1, "duration_s > 1"),
     ("bell & gate", 6, "and")],
)  # fmt: skip
def test_a_wrong_query_says_where_and_what_would_be_right(
    query: str, place: int, right: str, cli: Cli, catalogue: Path
) -> None:
    code, out, err = cli("find", query, "--catalogue", catalogue)
    assert (code, out) == (2, "")
    message, hint = err.splitlines()
    assert f"at {place}" in message
    assert right in message + hint


def test_a_mix_over_one_of_its_takes_is_refused(cli: Cli, tmp_path: Path, score: Path) -> None:
    take = sound(tmp_path / "bar.wav", strokes(440.0))
    before = take.read_bytes()
    store = tmp_path / "c.catalogue"
    assert cli("ingest", take, "--catalogue", store)[0] == 0
    code, out, err = cli("render", score, "--catalogue", store, "-o", take)
    assert (code, out) == (2, "")
    assert "it is a take of" in err
    assert take.read_bytes() == before


def test_any_number_of_results_may_be_asked_for(cli: Cli, catalogue: Path) -> None:
    assert cli("find", "*", "--catalogue", catalogue, "--limit", 10**30)[0] == 0


def test_a_text_editor_of_windows_may_save_pieces_and_layouts(
    cli: Cli, tmp_path: Path, catalogue: Path, score: Path
) -> None:
    written = piece(tmp_path, score, 'wants = "*"')
    for path in (written, write(tmp_path / "rig.toml", GOOD_RIG)):
        path.write_text(path.read_text(), encoding="utf-8-sig")
    rendered = cli("render", written, "--catalogue", catalogue, "--layout", tmp_path / "rig.toml", "-o",
                   tmp_path / "m.wav")  # fmt: skip
    assert rendered[0] == 0, rendered[2]
