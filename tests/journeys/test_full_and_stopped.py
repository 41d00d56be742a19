"""A full disk, a place that cannot be written, a signal in the middle: one line, and nothing half-written."""

from __future__ import annotations

import ctypes
import os
import re
import resource
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
import soundfile

from soundscape.arrangement.arrangement import Arrangement
from soundscape.arrangement.document import load_arrangement, save_arrangement
from soundscape.catalogue.store import Store
from tests.journeys.conftest import Cli

Outcome = tuple[int, str, list[str]]


def soundscape(folder: Path, *arguments: object, before: Callable[[], None] | None = None) -> Outcome:
    """The program in a process of its own: (exit code, standard output, lines of the message and its hint)."""
    process = started(folder, *arguments, before=before)
    out, err = process.communicate()
    return process.returncode, out, said(err)


def started(folder: Path, *arguments: object, before: Callable[[], None] | None = None) -> subprocess.Popen[str]:
    cache = folder / "cache"
    cache.mkdir(mode=0o777, exist_ok=True)
    cache.chmod(0o777)
    return subprocess.Popen(
        [sys.executable, "-m", "soundscape", *map(str, arguments)], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        text=True, preexec_fn=before, start_new_session=True,
        env={**os.environ, "SOUNDSCAPE_CACHE": str(cache), "HOME": str(folder)},
    )  # fmt: skip


def said(err: str) -> list[str]:
    """What is no progress."""
    return [line for line in err.splitlines() if line.strip() and not re.search(r"\(\d+ s[,)]", line)]


def is_one_line_and_a_hint(lines: Sequence[str]) -> bool:
    return len(lines) == 2 and lines[0].startswith("soundscape: ") and lines[1].startswith("  ")


def small_files(n_bytes: int) -> Callable[[], None]:
    """No file may grow beyond: what a full disk does, for everybody and everywhere."""
    return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (n_bytes, n_bytes))


@pytest.fixture
def tiny(tmp_path: Path) -> Iterator[Path]:
    """A disk of 600 kB."""
    folder = tmp_path / "tiny"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=600k", "tmpfs", str(folder)]
    if os.geteuid() != 0 or not shutil.which("mount") or subprocess.run(command, capture_output=True).returncode:
        pytest.skip("a disk of its own needs root and the right to mount; files that may not grow are tested instead")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


@pytest.fixture
def arrangement(catalogue: Path, score: Path, tmp_path: Path, cli: Cli) -> Path:
    path = tmp_path / "four.json"
    assert cli("arrange", score, "--catalogue", catalogue, "-o", path)[0] == 0
    return path


def older_mix(path: Path) -> bytes:
    soundfile.write(path, np.zeros(4800), 48_000)
    return path.read_bytes()


def test_a_full_disk_while_rendering_leaves_the_older_mix(
    tiny: Path, tmp_path: Path, catalogue: Path, score: Path
) -> None:
    old = older_mix(tiny / "mix.wav")
    code, out, lines = soundscape(tmp_path, "render", score, "--catalogue", catalogue, "-o", tiny / "mix.wav")
    assert (code, out) == (2, "")
    assert is_one_line_and_a_hint(lines)
    assert "full" in lines[0]
    assert (tiny / "mix.wav").read_bytes() == old
    assert list(tiny.iterdir()) == [tiny / "mix.wav"]


@pytest.mark.parametrize("free_kb", [0, 10, 50])
def test_a_full_disk_while_ingesting_leaves_no_empty_catalogue(
    free_kb: int, tiny: Path, tmp_path: Path, takes: Path
) -> None:
    (tiny / "fill").write_bytes(bytes(1000 * (590 - free_kb)))
    code, out, lines = soundscape(tmp_path, "ingest", takes, "--catalogue", tiny / "c.catalogue")
    assert (code, out) == (2, "")
    assert is_one_line_and_a_hint(lines)
    assert "full" in lines[0]
    assert list(tiny.iterdir()) == [tiny / "fill"]


def test_a_full_disk_during_the_demo(tiny: Path, tmp_path: Path) -> None:
    code, out, lines = soundscape(tmp_path, "demo", "-o", tiny / "demo")
    assert (code, out) == (2, "")
    assert is_one_line_and_a_hint(lines)
    assert "full" in lines[0]
    assert all(path.name.startswith("soundscape.catalogue") for path in (tiny / "demo").iterdir())


def test_a_catalogue_on_a_disk_that_fills_up_keeps_what_it_has(tiny: Path, tmp_path: Path) -> None:
    code, _, _ = soundscape(tmp_path, "ingest", "recordings", "--catalogue", tiny / "c.catalogue")
    assert code == 2
    with Store(tiny / "c.catalogue") as store:
        assert store.snapshot().recordings


@pytest.mark.parametrize(
    ("command", "n_bytes"),
    [(["render", "{score}", "--catalogue", "{catalogue}", "-o", "{out}/mix.wav"], 400_000),
     (["render", "{score}", "--catalogue", "{catalogue}", "-o", "{out}/mix.flac", "--layout", "stereo"], 100_000),
     (["arrange", "{score}", "--catalogue", "{catalogue}", "-o", "{out}/a.json"], 1_000),
     (["ingest", "{takes}", "--catalogue", "{out}/c.catalogue"], 20_000),
     (["show", "{take}", "--png", "{out}/a.png"], 5_000),
     (["layouts", "5.1", "--png", "{out}/a.png"], 5_000),
     (["demo", "-o", "{out}"], 50_000)],
    ids=lambda value: value[0] if isinstance(value, list) else "",
)  # fmt: skip
def test_a_file_that_may_not_grow_is_said_so_and_not_left(
    command: list[str], n_bytes: int, tmp_path: Path, catalogue: Path, score: Path, takes: Path
) -> None:
    out = tmp_path / "out"
    out.mkdir()
    places = {"score": score, "catalogue": catalogue, "out": out, "takes": takes, "take": takes / "bar_440.wav"}
    arguments = [part.format(**places) for part in command]
    code, text, lines = soundscape(tmp_path, *arguments, before=small_files(n_bytes))
    assert (code, text) == (2, "")
    assert is_one_line_and_a_hint(lines)
    assert list(out.iterdir()) == []


LIBC = ctypes.CDLL(None, use_errno=True)
PR_CAPBSET_DROP, CAP_DAC_OVERRIDE = 24, 1


def may_not_write_anywhere() -> None:
    """Root without the right to pass over permissions; others never had it."""
    if os.geteuid() == 0 and LIBC.prctl(PR_CAPBSET_DROP, CAP_DAC_OVERRIDE, 0, 0, 0):
        raise OSError(ctypes.get_errno(), "root's rights cannot be dropped here")


@pytest.mark.parametrize("command", ["render", "ingest", "arrange", "demo"])
def test_a_folder_that_may_only_be_read_is_said_so(
    command: str, tmp_path: Path, catalogue: Path, score: Path, takes: Path
) -> None:
    folder = tmp_path / "locked"
    folder.mkdir()
    shutil.copy(score, folder)
    shutil.copy(catalogue, folder / "bars.catalogue")
    folder.chmod(0o555)
    calls: dict[str, list[object]] = {
        "render": ["render", folder / score.name, "-o", folder / "mix.wav", "--catalogue", folder / "bars.catalogue"],
        "arrange": ["arrange", folder / score.name, "-o", folder / "a.json", "--catalogue", folder / "bars.catalogue"],
        "ingest": ["ingest", takes, "--catalogue", folder / "new.catalogue"],
        "demo": ["demo", "-o", folder / "demo"],
    }
    before = set(folder.iterdir())
    try:
        code, out, lines = soundscape(tmp_path, *calls[command], before=may_not_write_anywhere)
    except subprocess.SubprocessError:
        pytest.skip("root's rights cannot be dropped here; run the tests as another user")
    finally:
        folder.chmod(0o755)
    assert (code, out) == (2, "")
    assert is_one_line_and_a_hint(lines)
    assert "permission" in " ".join(lines)
    assert set(folder.iterdir()) == before


@pytest.mark.parametrize(
    ("command", "word"),
    [(["render", "{score}", "--catalogue", "{catalogue}", "-o", "{file}/mix.wav"], "folder"),
     (["ingest", "{takes}", "--catalogue", "{file}/c.catalogue"], "c.catalogue"),
     (["demo", "-o", "{file}"], "file"), (["demo", "-o", "{file}/demo"], "file")],
)  # fmt: skip
def test_a_file_where_a_folder_should_be(
    command: list[str], word: str, cli: Cli, tmp_path: Path, catalogue: Path, score: Path, takes: Path
) -> None:
    file = tmp_path / "file"
    file.write_text("not a folder")
    places = {"score": score, "catalogue": catalogue, "file": file, "takes": takes}
    code, out, err = cli(*(part.format(**places) for part in command))
    assert (code, out) == (2, "")
    assert is_one_line_and_a_hint(said(err))
    assert word in said(err)[0]
    assert file.read_text() == "not a folder"


def stopped(process: subprocess.Popen[str], number: signal.Signals) -> Outcome:
    """What a process says that is sent a signal once it has said that it works."""
    assert process.stderr is not None
    first = process.stderr.readline()
    while "hearing" not in first and "rendering" not in first:
        assert first, "it ended before it was stopped"
        first = process.stderr.readline()
    process.send_signal(number)
    out, err = process.communicate()
    return process.returncode, out, said(err)


SIGNALS = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP]


@pytest.mark.parametrize("number", SIGNALS)
def test_a_render_that_is_stopped_leaves_the_older_mix(
    number: signal.Signals, arrangement: Path, tmp_path: Path
) -> None:
    piece = load_arrangement(arrangement)
    hour = Arrangement(tuple(e for n in range(200) for e in piece.delayed(18.0 * n).events), piece.recordings)
    save_arrangement(hour, tmp_path / "hour.json")
    folder = tmp_path / "out"
    folder.mkdir()
    old = older_mix(folder / "mix.wav")
    process = started(tmp_path, "render", tmp_path / "hour.json", "-o", folder / "mix.wav", "--layout", "22.2")
    code, out, lines = stopped(process, number)
    assert (code, out) == (130, "")
    assert len(lines) == 1
    assert "stopped" in lines[0]
    assert (folder / "mix.wav").read_bytes() == old
    assert list(folder.iterdir()) == [folder / "mix.wav"]


@pytest.mark.parametrize("number", SIGNALS)
def test_an_ingest_that_is_stopped_at_once_leaves_no_catalogue(
    number: signal.Signals, tmp_path: Path, takes: Path
) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    process = started(tmp_path, "ingest", takes, "--catalogue", folder / "c.catalogue", "--workers", 1)
    code, out, lines = stopped(process, number)
    assert (code, out) == (130, "")
    assert len(lines) == 1
    assert list(folder.iterdir()) == []
