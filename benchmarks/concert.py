"""The main job, whole: `python benchmarks/concert.py [--json]`.

The overture is rendered to 7.1.4 with everything a mix needs: mixing, room, loudness, limiter, 24-bit file. The
demonstration is run twice as a process of its own: with empty caches, as on its first day, and once more.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from table import Row, print_table

from soundscape.apps.pieces import arranged_from
from soundscape.apps.shipped import shipped
from soundscape.audio.pool import Pool
from soundscape.deliver.render import render
from soundscape.space.layout import layout_named

RUNS = 3


def demo(folder: Path, environment: dict[str, str]) -> tuple[float, float]:
    """Seconds that `soundscape demo` takes, and the longest time it says nothing."""
    command = [str(Path(sys.executable).parent / "soundscape"), "demo", "-o", str(folder)]
    began_s = last_s = time.perf_counter()
    longest_s = 0.0
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, bufsize=0)
    assert process.stderr is not None
    while process.stderr.read(1):
        now_s = time.perf_counter()
        longest_s, last_s = max(longest_s, now_s - last_s), now_s
    if process.wait():
        raise SystemExit("the demonstration failed")
    ended_s = time.perf_counter()
    return ended_s - began_s, max(longest_s, ended_s - last_s)


def overture(catalogue: Path, work: Path) -> float:
    """How many times faster than real time the overture is rendered to 7.1.4; best of several runs."""
    arrangement = arranged_from(shipped("scores") / "overture.toml", catalogue).arrangement
    pool = Pool(work / "pool", rate_hz=48_000)
    mixes = [render(arrangement, work / "mix.wav", layout=layout_named("7.1.4"), pool=pool) for _ in range(RUNS)]
    return max(mix.duration_s / mix.wall_s for mix in mixes)


def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        environment = {**os.environ, "XDG_CACHE_HOME": str(work / "cache"), "NUMBA_CACHE_DIR": str(work / "numba")}
        first_s, first_silent_s = demo(work / "first", environment)
        second_s, second_silent_s = demo(work / "second", environment)
        speed = overture(work / "second" / "soundscape.catalogue", work)
    silent_s = max(first_silent_s, second_silent_s)
    print_table([
        Row("overture to 7.1.4, whole render", speed, "x real time", 50),
        Row("soundscape demo, first run ever", first_s, "s", 90, more_is_better=False),
        Row("soundscape demo, warm", second_s, "s", 30, more_is_better=False),
        Row("soundscape demo, longest time without a word", silent_s, "s", 3, more_is_better=False),
    ])  # fmt: skip


if __name__ == "__main__":
    main()
