"""What every benchmark prints: the machine it ran on, and a row for each thing measured."""

from __future__ import annotations

import json
import os
import platform
import sys
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Row:
    """One thing measured. `goal` is met at or above it where `more_is_better`, at or below it otherwise."""

    what: str
    value: float
    unit: str
    goal: float
    more_is_better: bool = True

    @property
    def reached(self) -> bool:
        """Whether the goal is met."""
        return self.value >= self.goal if self.more_is_better else self.value <= self.goal


def machine() -> dict[str, str | int]:
    """Describe this machine, as far as it tells."""
    cpu = platform.processor()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        names = [line.split(":", 1)[1].strip() for line in cpuinfo.read_text().splitlines() if "model name" in line]
        cpu = names[0] if names else cpu
    return {
        "cpu": cpu,
        "cores": os.cpu_count() or 1,
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "numpy": version("numpy"),
        "numba": version("numba"),
    }


def print_table(rows: list[Row]) -> None:
    """Print rows as a table, or as one JSON object where `--json` was given."""
    if "--json" in sys.argv[1:]:
        names = ("what", "value", "unit", "goal", "reached")
        shown = [{name: getattr(row, name) for name in names} for row in rows]
        print(json.dumps({"machine": machine(), "rows": shown}, indent=2))
        return
    print(", ".join(f"{name} {value}" for name, value in machine().items()))
    for row in rows:
        sign = ">=" if row.more_is_better else "<="
        verdict = "yes" if row.reached else "NO"
        print(f"{row.what:64} {row.value:10.2f} {row.unit:12} goal {sign} {row.goal:<8g} {verdict}")
