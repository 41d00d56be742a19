"""No command writes over what would be lost: the catalogue, a take, a file of another kind."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile

from soundscape.analysis.ingest import ingest
from soundscape.apps.cli import run
from soundscape.apps.outputs import CREDITS, DOCUMENT, LABELS, MIX, PNG, SCALE, WAVE, Output, out_file
from soundscape.arrangement.arrangement import Arrangement
from soundscape.arrangement.document import save_arrangement
from soundscape.errors import OutputError

RATE_HZ = 48_000
ROOT = Path(__file__).resolve().parents[2]
HANDLED = ROOT / "recordings" / "wind_handled.flac"


def sound(path: Path, format_name: str = "") -> Path:
    noise = np.random.default_rng(3).standard_normal(RATE_HZ) * 0.1
    soundfile.write(path, noise, RATE_HZ, format=format_name or path.suffix[1:].upper())
    return path


@pytest.fixture(scope="module")
def heard(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a catalogue of one take."""
    folder = tmp_path_factory.mktemp("heard")
    shutil.copy(ROOT / "recordings" / "gate_knocker.flac", folder / "knocks.flac")
    ingest([folder / "knocks.flac"], folder / "museum.catalogue", n_workers=1)
    return folder


@pytest.fixture
def house(heard: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to work in, with a catalogue of a take that lies elsewhere, and things that are not to be lost."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SOUNDSCAPE_CONFIG", str(tmp_path / "none.toml"))
    for name in ("museum.catalogue", "other.catalogue"):
        shutil.copy(heard / "museum.catalogue", tmp_path / name)
    sound(tmp_path / "w.ogg")
    sound(tmp_path / "take.wav")
    sound(tmp_path / "other_take.flac")
    (tmp_path / "link.wav").symlink_to(heard / "knocks.flac")
    (tmp_path / "database.png").write_bytes((tmp_path / "other.catalogue").read_bytes())
    (tmp_path / "database.wav").symlink_to(tmp_path / "museum.catalogue")
    (tmp_path / "sound.png").write_bytes((tmp_path / "take.wav").read_bytes())
    (tmp_path / "sound.txt").write_bytes((tmp_path / "other_take.flac").read_bytes())
    (tmp_path / "photograph.png").write_bytes(b"\x89PNG\r\n\x1a\n a day in the mountains")
    (tmp_path / "settings.json").write_text('{"other": "program"}')
    return tmp_path


CALLS: dict[str, tuple[list[str], str]] = {
    "labels over the catalogue": (["labels", "export", "{id}", "-o", "museum.catalogue", "--format", "audacity"],
                                  "museum.catalogue: it is read for this"),
    "labels over a take": (["labels", "export", "{id}", "-o", "take.wav", "--format", "audacity"], ".txt"),
    "labels over a sound": (["labels", "export", "{id}", "-o", "sound.txt"], "a sound file lies there"),
    "a preview over the catalogue": (["clean", "w.ogg", "-o", "museum.catalogue"], "it is read for this"),
    "a preview over the catalogue by a link": (["clean", "w.ogg", "-o", "database.wav"], "it is read for this"),
    "a cleaned take over the catalogue": (["clean", "w.ogg", "--keep", "museum.catalogue"], "no WAV has such a name"),
    "a cleaned take over it by a link": (["clean", "w.ogg", "--keep", "database.wav"], "it is read for this"),
    "a cleaned take over another": (["clean", "w.ogg", "--keep", "other_take.flac"], "no WAV has such a name"),
    "a cleaned take over a WAV": (["clean", "w.ogg", "--keep", "take.wav"], "it is there already"),
    "a cleaned take over one of the catalogue": (["clean", "w.ogg", "--keep", "link.wav", "--overwrite"],
                                                 "it is a take of museum.catalogue"),
    "a preview over a take of the catalogue": (["clean", "w.ogg", "-o", "link.wav"], "it is a take of"),
    "a picture beside a preview, unasked": (["clean", "w.ogg", "-o", "photograph.wav"], "photograph.png: it is there"),
    "a preview over a sound that is none": (["clean", "w.ogg", "-o", "take.wav"], "take.wav: it is there already"),
    "a preview that is no WAV": (["clean", "w.ogg", "-o", "new.flac"], "ends in .wav"),
    "a cleaned take in no folder": (["clean", "w.ogg", "--keep", "cleaned"], "cleaned: there is no such folder"),
    "a preview and a cleaned take of one name": (["clean", "w.ogg", "-o", "b.wav", "--keep", "./b.wav"],
                                                "b.wav: two outputs have that name"),
    "a mix and credits of one name": (["render", "s.mid", "-o", "m.wav", "--credits", "m.wav"], "two outputs"),
    "a picture over a take": (["show", "w.ogg", "--png", "take.wav"], "a picture ends in .png"),
    "a picture over another catalogue": (["show", "w.ogg", "--png", "other.catalogue"], "a picture ends in .png"),
    "a picture over a catalogue called a picture": (["show", "w.ogg", "--png", "database.png"], "a catalogue lies"),
    "a picture over a sound called a picture": (["show", "w.ogg", "--png", "sound.png"], "a sound file lies there"),
    "a picture of a lesson over a sound": (["learn", "--png", "sound.png"], "a sound file lies there"),
    "a picture of a rig over a sound": (["layouts", "5.1", "--png", "sound.png"], "a sound file lies there"),
    "a picture of a scale over a sound": (["tuning", "*", "--png", "sound.png"], "a sound file lies there"),
    "a mix over a take of the catalogue": (["render", "s.mid", "-o", "link.wav"], "it is a take of museum.catalogue"),
    "credits over a sound": (["render", "s.mid", "-o", "m.wav", "--credits", "sound.txt"], "a sound file lies there"),
    "an arrangement over other data": (["arrange", "s.mid", "-o", "settings.json"], "a text lies there"),
    "an arrangement called a piece": (["arrange", "s.mid", "-o", "piece.toml"], "an arrangement ends in .json"),
}  # fmt: skip
"""What is called with the catalogue museum.catalogue, and what is said."""
ALONE = ("layouts",)


@pytest.mark.parametrize("name", CALLS)
def test_what_would_lose_something_is_refused_in_one_line_and_touches_nothing(
    name: str, house: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments, said = CALLS[name]
    assert run(["find", "*", "--limit", "1", "--json", "--catalogue", "museum.catalogue"]) == 0
    recording_id = json.loads(capsys.readouterr().out)["segments"][0]["recording_id"]
    before = {path.name: path.read_bytes() for path in house.iterdir()}
    catalogue = [] if arguments[0] in ALONE else ["--catalogue", "museum.catalogue"]
    code = run([word.format(id=recording_id) for word in arguments] + catalogue)
    out, err = capsys.readouterr()
    lines = [line for line in err.splitlines() if line.startswith(("soundscape:", "  "))]
    assert (code, out) == (2, "")
    assert len(lines) == 2, err
    assert said in lines[0]
    assert {path.name: path.read_bytes() for path in house.iterdir()} == before


def test_what_was_made_is_made_again(house: Path, heard: Path) -> None:
    take = str(heard / "knocks.flac")
    for _ in range(2):
        assert run(["labels", "export", take, "-o", "knocks.txt", "--catalogue", "museum.catalogue",
                    "--overwrite"]) == 0  # fmt: skip
        assert run(["show", "w.ogg", "--png", "w.png", "--catalogue", "museum.catalogue"]) == 0
        assert run(["clean", str(HANDLED), "-o", "p.wav"]) == 0


def test_a_kept_take_is_replaced_only_when_that_is_asked_for(house: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (house / "cleaned").mkdir()
    keep = ["clean", str(HANDLED), "--high-pass", "60", "--keep", "cleaned"]
    assert run(keep) == 0
    kept = house / "cleaned" / "wind_handled_cleaned.wav"
    first = kept.stat().st_mtime_ns
    assert run(keep) == 2
    assert "--overwrite, or another name" in capsys.readouterr().err
    assert kept.stat().st_mtime_ns == first
    assert run([*keep, "--overwrite"]) == 0
    assert kept.stat().st_mtime_ns > first


KINDS: dict[str, Callable[[Path], object]] = {
    "WAV": lambda path: sound(path, "WAV"),
    "RF64": lambda path: sound(path, "RF64"),
    "AIFF": lambda path: sound(path, "AIFF"),
    "FLAC": lambda path: sound(path, "FLAC"),
    "Ogg": lambda path: sound(path, "OGG"),
    "CAF": lambda path: sound(path, "CAF"),
    "W64": lambda path: sound(path, "W64"),
    "AU": lambda path: sound(path, "AU"),
    "MP3": lambda path: sound(path, "MP3"),
    "PNG": lambda path: path.write_bytes(b"\x89PNG\r\n\x1a\n"),
    "JPEG": lambda path: path.write_bytes(b"\xff\xd8\xff\xe0\0\x10JFIF"),
    "MIDI": lambda path: path.write_bytes(b"MThd\0\0\0\x06"),
    "database": lambda path: path.write_bytes(b"SQLite format 3\0"),
    "text": lambda path: path.write_text("清明\n" * 3000, encoding="utf-8"),
    "arrangement": lambda path: path.write_text('{\n  "schema": "soundscape arrangement", "version": 1}'),
    "rubbish": lambda path: path.write_bytes(bytes(range(256))),
}
SOUNDS = {"WAV", "RF64", "AIFF", "FLAC", "Ogg", "CAF", "W64", "AU", "MP3"}


@pytest.mark.parametrize("there", KINDS)
@pytest.mark.parametrize(
    ("output", "may_replace"),
    [(MIX, SOUNDS), (WAVE, SOUNDS), (PNG, {"PNG", "JPEG"}), (CREDITS, {"text"}), (LABELS, {"text"}),
     (SCALE, {"text"}), (DOCUMENT, {"arrangement"})],
    ids=lambda value: value.what if isinstance(value, Output) else "",
)  # fmt: skip
def test_a_file_is_replaced_by_its_own_kind_alone(
    there: str, output: Output, may_replace: set[str], tmp_path: Path
) -> None:
    path = tmp_path / f"out{output.endings[0]}"
    KINDS[there](path)
    if there in may_replace:
        assert out_file(path, output) == path
    else:
        with pytest.raises(OutputError, match="lies there"):
            out_file(path, output)


def test_an_arrangement_that_was_saved_is_known_by_its_beginning(tmp_path: Path) -> None:
    save_arrangement(Arrangement(title="清明 " * 100), tmp_path / "a.json")
    assert out_file(tmp_path / "a.json", DOCUMENT) == tmp_path / "a.json"


def test_an_empty_file_holds_nothing_to_lose(tmp_path: Path) -> None:
    (tmp_path / "new.png").touch()
    assert out_file(tmp_path / "new.png", PNG) == tmp_path / "new.png"


@pytest.mark.parametrize("link", [os.link, os.symlink])
def test_a_link_to_what_is_read_is_what_is_read(link: Callable[[Path, Path], None], tmp_path: Path) -> None:
    take = sound(tmp_path / "take.wav")
    link(take, tmp_path / "mix.wav")
    with pytest.raises(OutputError, match="it is read for this"):
        out_file(tmp_path / "mix.wav", MIX, take)
