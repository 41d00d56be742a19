"""A gallery on a real audio server: its player is killed, and nobody hears a silence of two seconds."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from soundscape.analysis.ingest import ingest

ROOT = Path(__file__).resolve().parents[2]
HALL = """
[exhibit]
title = "Hall"

[hours]
timezone = "UTC"
open = ["00:00-24:00"]

[[layer]]
name = "wind"
wants = "wind"
goes_on = true
length_s = [20, 40]
fade_s = 4
"""


@pytest.mark.long
@pytest.mark.skipif(shutil.which("jackd") is None, reason="jackd is not installed")
def test_a_killed_player_is_replaced_before_anybody_wonders(tmp_path: Path) -> None:
    pytest.importorskip("jack", reason="JACK-Client is not installed")
    shutil.copy(ROOT / "recordings" / "wind_trees.flac", tmp_path)
    ingest([tmp_path], tmp_path / "hall.catalogue", n_workers=1)
    (tmp_path / "hall.toml").write_text(HALL)
    command = [str(ROOT / "tests" / "live" / "with-jack"), sys.executable, "-m", "tests.exhibit.on_jack",
               str(tmp_path / "hall.toml"), str(tmp_path / "hall.catalogue"), "killed"]  # fmt: skip
    done = subprocess.run(command, cwd=ROOT, env={**os.environ, "SYNC": "-t 500"}, capture_output=True, text=True,
                          timeout=180.0, check=False)  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    told = json.loads(done.stdout.splitlines()[-1])
    assert told["died"] >= 1.0
    assert told["heard_after"]
    assert told["silence_s"] < 2.0
