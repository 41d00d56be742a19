"""Every example runs, alone, in an empty folder."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import soundscape as sc

EXAMPLES = sorted((Path(__file__).resolve().parents[1] / "examples").glob("[0-9]*.py"))


@pytest.fixture(scope="session")
def heard(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a catalogue of the recordings that ship, as every example makes one."""
    folder = tmp_path_factory.mktemp("heard")
    sc.ingest([sc.shipped("recordings")], folder / "heard.catalogue")
    return folder


def hear_before(example: Path, heard: Path, folder: Path) -> None:
    """Put the catalogue of an example where it wants it: its ingest finds that nothing is new."""
    (name,) = re.findall(r'"(\w+\.catalogue)"\)', example.read_text(encoding="utf-8"))[:1]
    for path in heard.iterdir():
        shutil.copy(path, folder / path.name.replace("heard.catalogue", name))


@pytest.mark.long
@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_runs(example: Path, heard: Path, tmp_path: Path) -> None:
    if example != EXAMPLES[0]:  # the first hears for itself
        hear_before(example, heard, tmp_path)
    run = subprocess.run([sys.executable, str(example)], cwd=tmp_path, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    assert run.stdout.strip()


def test_there_are_examples() -> None:
    assert len(EXAMPLES) >= 3
