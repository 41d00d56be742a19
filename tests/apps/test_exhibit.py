"""`soundscape exhibit` as it is called: what is checked, a minute of a day, and real processes that are killed."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from soundscape.analysis.ingest import ingest
from soundscape.apps.cli import run
from soundscape.audio.files import read_audio

ROOT = Path(__file__).resolve().parents[2]
HALL = """
[exhibit]
title = "Hall"
seed = 3

[hours]
timezone = "Asia/Shanghai"
open = ["00:00-24:00"]
sunday = ["09:00-18:00"]

[[layer]]
name = "wind"
wants = "wind"
goes_on = true
length_s = [20, 40]
fade_s = 4

[[layer]]
name = "gates"
wants = "gates"
per_minute = 6

[[trigger]]
name = "door"
layer = "gates"
rest_s = 1
"""
Cli = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="module")
def catalogue(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("exhibit")
    for name in ("wind_trees", "gate_bolt"):
        shutil.copy(ROOT / "recordings" / f"{name}.flac", folder)
    ingest([folder], folder / "hall.catalogue", n_workers=1)
    return folder / "hall.catalogue"


@pytest.fixture
def hall(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "hall.toml").write_text(HALL)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SOUNDSCAPE_CONFIG", str(tmp_path / "none.toml"))
    return tmp_path / "hall.toml"


@pytest.fixture
def cli(catalogue: Path, hall: Path, capsys: pytest.CaptureFixture[str]) -> Cli:
    def called(*arguments: str) -> tuple[int, str, str]:
        capsys.readouterr()
        code = run(["exhibit", str(hall), "--catalogue", str(catalogue), *arguments])
        out, err = capsys.readouterr()
        return code, out, err

    return called


def test_a_check_says_what_a_museum_signs(cli: Cli) -> None:
    code, out, _ = cli("--check")
    assert code == 0
    assert "layer wind: " in out
    assert re.search(r"Sun \d\d \w\w\w: 09:00-18:00", out)
    assert "a recording is heard again" in out
    assert "combination" in out


def test_what_is_wrong_is_said_before_the_doors_open(cli: Cli, hall: Path) -> None:
    hall.write_text(HALL.replace('wants = "wind"', 'wants = "choir"'))
    code, _, err = cli("--check")
    assert code == 2
    assert "[[layer]] 'wind': wants: nothing in the catalogue is 'choir'" in err
    assert cli()[0] == 2
    hall.write_text(HALL)
    assert cli("--health-host", "0.0.0.0", "--for", "1")[0] == 2
    assert cli("--day", "2026-11-29", "--from", "20:00", "-o", "a.wav")[0] == 2  # a Sunday evening
    assert cli("--day", "2026-11-28", "--from", "25:00", "-o", "a.wav")[0] == 2
    assert not Path("a.wav").exists()


def test_a_part_of_a_day_has_the_bits_that_a_longer_part_has(cli: Cli) -> None:
    assert cli("--day", "2026-11-28", "--from", "14:00", "--for", "150", "-o", "long.wav")[0] == 0
    code, out, _ = cli("--day", "2026-11-28", "--from", "14:02", "--for", "20", "-o", "short.wav", "--json")
    assert code == 0
    assert json.loads(out)["integrated_lufs"] < -32.0
    long, short = (read_audio(Path(name))[0] for name in ("long.wav", "short.wav"))
    assert short.any()
    assert np.array_equal(short, long[120 * 48_000 : 140 * 48_000])


def test_a_unit_names_the_exhibit_and_where_it_writes(cli: Cli, hall: Path) -> None:
    code, out, _ = cli("--unit", "--device", "null")
    assert code == 0
    assert f'"exhibit" "{hall}"' in out
    assert '"--device" "null"' in out
    assert "WatchdogSec=" in out


def test_a_unit_is_reached_from_outside_as_was_asked_and_finds_its_files_from_anywhere(
    cli: Cli, hall: Path, catalogue: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(hall.parent)
    code, out, _ = cli("--unit", "--catalogue", os.path.relpath(catalogue), "--state", "kept", "--token-file", "token",
                       "--health-host", "0.0.0.0", "--health-port", "8080", "--health-name", "hall.museum", "--osc",
                       "9000", "--midi-in", "desk", "--midi-in", "sensor")  # fmt: skip
    assert code == 0
    (command,) = (line for line in out.splitlines() if line.startswith("ExecStart="))
    for words in (
        f'"--catalogue" "{catalogue}"', f'"--state" "{hall.parent / "kept"}"', '"--health-host" "0.0.0.0"',
        f'"--token-file" "{hall.parent / "token"}"', '"--health-port" "8080"', '"--health-name" "hall.museum"',
        '"--osc" "9000"', '"--midi-in" "desk" "--midi-in" "sensor"',
    ):  # fmt: skip
        assert words in command


@pytest.fixture
def kept(catalogue: Path, hall: Path) -> Iterator[str]:
    """An exhibit that runs, with its page's address."""
    command = [sys.executable, "-m", "soundscape", "exhibit", str(hall), "--catalogue", str(catalogue), "--device",
               "null", "--health-port", "0"]  # fmt: skip
    environment = {**os.environ, "SOUNDSCAPE_EXHIBIT_TOKEN": "a token of some length"}
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)
    assert process.stdout is not None
    first = process.stdout.readline()
    yield first.split("how it is: ")[1].split("/health")[0]
    process.send_signal(signal.SIGINT)
    assert process.wait(30.0) == 0
    process.stdout.close()


def health(address: str) -> dict[str, Any]:
    with urllib.request.urlopen(f"{address}/health", timeout=5.0) as answer:
        found: dict[str, Any] = json.load(answer)
        return found


def press(address: str, path: str) -> None:
    asked = urllib.request.Request(f"{address}{path}", method="POST")
    asked.add_header("Authorization", "Bearer a token of some length")
    with urllib.request.urlopen(asked, timeout=5.0) as answer:
        assert answer.status == 202


def until(what: Callable[[], bool], within_s: float) -> float:
    """Seconds until something is so."""
    began_s = time.monotonic()
    while not _so(what):
        assert time.monotonic() - began_s < within_s
        time.sleep(0.05)
    return time.monotonic() - began_s


def _so(what: Callable[[], bool]) -> bool:
    try:
        return what()
    except OSError:  # it says with its status that nothing sounds
        return False


def players() -> list[int]:
    """Processes that play, or are ready to; children of ours."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            line = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()
        except OSError:
            continue
        if "--as-player" in line and str(Path.cwd()) in line:
            found.append(int(folder.name))
    return found


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="looks for processes in /proc")
def test_real_processes_are_killed_and_the_day_goes_on(kept: str) -> None:
    until(lambda: health(kept)["playing"].startswith("plan "), 90.0)
    before = health(kept)
    for pid in players()[:1]:
        os.kill(pid, signal.SIGKILL)
    silent_s = until(lambda: len(players()) >= 2 and health(kept)["playing"].startswith("plan "), 20.0)
    assert silent_s < 15.0
    after = health(kept)
    assert after["playing"] == before["playing"]
    press(kept, "/trigger/door")
    until(lambda: health(kept)["faults"].get("trigger", 0) == 1, 5.0)
    press(kept, "/mood/lively?value=0.7")
    until(lambda: health(kept)["staff"]["sliders"]["lively"] == [0.0, 1.0, 0.7], 5.0)
    until(lambda: "wind" in health(kept)["staff"]["sounds"], 20.0)
    assert health(kept)["answers"][-1][1] == "lively: set"
