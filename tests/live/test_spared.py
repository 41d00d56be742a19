"""A show on a real audio server whose engine dies or hangs: the spare plays on, with what was connected by hand."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.long
@pytest.mark.skipif(shutil.which("jackd") is None, reason="jackd is not installed")
@pytest.mark.parametrize("how", ["killed", "stopped"])
def test_the_spare_plays_on_where_the_show_is(tmp_path: Path, how: str) -> None:
    pytest.importorskip("jack", reason="JACK-Client is not installed")
    command = [str(ROOT / "tests" / "live" / "with-jack"), sys.executable, "-m", "tests.live.spared_on_jack",
               str(tmp_path), how]  # fmt: skip
    done = subprocess.run(command, cwd=ROOT, env={**os.environ, "SYNC": "-t 2000"}, capture_output=True, text=True,
                          timeout=180.0, check=False)  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    told = json.loads(done.stdout.splitlines()[-1])
    assert told["heard"] == [True, True], "who had joined the ports by hand hears the spare as well"
    assert any("the spare takes over" in line for line in told["said"])
    assert told["silence_s"] < 4.0
    assert told["journals"] == 2
