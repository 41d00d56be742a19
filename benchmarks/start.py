"""How long a user waits before anything happens: `python benchmarks/start.py [--json]`."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

from table import Row, print_table

RUNS = 9
GOAL_S = 0.3


def fastest_s(command: list[str]) -> float:
    """Shortest of several runs of a whole process: the one that the machine's other work disturbed least."""
    times_s = []
    for _ in range(RUNS):
        began_s = time.perf_counter()
        subprocess.run(command, check=True, capture_output=True)
        times_s.append(time.perf_counter() - began_s)
    return min(times_s)


def main() -> None:
    """Measure and print."""
    commands = {
        "soundscape --help": [str(Path(sys.executable).parent / "soundscape"), "--help"],
        "import soundscape": [sys.executable, "-c", "import soundscape"],
        "python alone, for comparison": [sys.executable, "-c", "pass"],
    }
    print_table([Row(what, fastest_s(run), "s", GOAL_S, more_is_better=False) for what, run in commands.items()])


if __name__ == "__main__":
    main()
