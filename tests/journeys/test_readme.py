"""The README's blocks run, in order, in one folder, as a reader would run them."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from soundscape.space.layout import LAYOUTS, load_layout

ROOT = Path(__file__).resolve().parents[2]
BLOCK = re.compile(r"(<!-- \w+ -->\n)?```(sh|python)\n(.*?)```", re.DOTALL)


def blocks() -> list[tuple[str, str]]:
    """(language, text) of every block but the two marked ones, which make environments of their own."""
    found = BLOCK.findall((ROOT / "README.md").read_text(encoding="utf-8"))
    return [(language, text) for mark, language, text in found if not mark]


@pytest.mark.long
def test_every_block_of_the_readme_runs(tmp_path: Path) -> None:
    for name in ("recordings", "scores", "examples"):
        (tmp_path / name).symlink_to(ROOT / name)
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    assert blocks()
    for language, text in blocks():
        if "museum.catalogue" in text and not (tmp_path / "museum.catalogue").exists():
            shutil.copy(tmp_path / "stage.catalogue", tmp_path / "museum.catalogue")  # the same recordings, heard once
        command = ["bash", "-euo", "pipefail", "-c", text] if language == "sh" else [sys.executable, "-c", text]
        run = subprocess.run(command, cwd=tmp_path, env={**os.environ, "PATH": path}, capture_output=True, text=True)
        assert run.returncode == 0, f"{text}\n{run.stdout}\n{run.stderr}"


def test_the_two_commands_are_one_line_each_and_make_their_own_environment() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    for mark, ends in (("run", "soundscape demo"), ("test", "pytest")):
        (block,) = re.findall(rf"<!-- {mark} -->\n```sh\n(.*?)```", text, re.DOTALL)
        (line,) = block.strip().splitlines()
        assert line.startswith("python3 -m venv .venv && ")
        assert ends in line


def test_the_table_of_layouts_is_what_there_is() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8").split("<!-- layouts -->\n")[1].split("\n\n")[0]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines()[2:]]
    shown = {row[0].split(" (")[0]: (row[1], row[2]) for row in rows}
    there = {
        name: (" ".join(speaker.name for speaker in layout.speakers),
               f"0x{layout.channel_mask:X}" if layout.channel_mask else "none")
        for name, layout in LAYOUTS.items() if layout.kind == "speakers"
    }  # fmt: skip
    assert shown == there


def test_the_rig_in_the_readme_is_one(tmp_path: Path) -> None:
    (block,) = re.findall(r"```toml\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    (tmp_path / "rig.toml").write_text(block, encoding="utf-8")
    rig = load_layout(tmp_path / "rig.toml")
    assert rig.zones == ("hall", "foyer")
    assert rig.alignment_delays_s[1] == 0.0 < rig.alignment_delays_s[0]
