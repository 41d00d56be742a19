"""A gallery, rehearsed: `python benchmarks/exhibit.py [--days N] [--faults N] [--keep FOLDER] [--json]`.

The shipped exhibit on the shipped recordings, 9 to 18, through planner, renderer, deck, body and keeper, on a
fast clock; then the same with things going wrong. A minute of a day is rendered alone and held against the day. Days of
the calendar are held against another source. Without options: one day, and as many faults as a month's thousand have a
day. With `--keep` all that a rehearsal found is written there as soon as it is over.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from datetime import date
from pathlib import Path

import numpy as np
from table import Row, print_table

from soundscape.analysis.ingest import ingest
from soundscape.apps.exhibits import generator_for, place_of, rehearse
from soundscape.apps.settings import Settings
from soundscape.apps.shipped import shipped
from soundscape.exhibit.repetition import repetition_of
from soundscape.exhibit.soak import Soaked
from soundscape.exhibit.terms import FIRST_YEAR, LAST_YEAR, TERMS, term_days

FIRST_DAY = date(2026, 11, 3)
A_MONTHS_FAULTS, A_MONTHS_DAYS = 1000, 30


def option(name: str, usual: int) -> int:
    """Number that stands after an option."""
    words = sys.argv[1:]
    return int(words[words.index(name) + 1]) if name in words else usual


def soaked(folder: Path, catalogue: Path, days: int, n_faults: int) -> Soaked:
    """Rehearse the shipped exhibit."""
    place = place_of(shipped("scores") / "gate_hall.exhibit.toml", catalogue, folder / f"state-{n_faults}")
    found = rehearse(place, Settings(cache=str(folder / "cache")), days=days, n_faults=n_faults, first=FIRST_DAY)
    words = sys.argv[1:]
    if "--keep" in words:
        kept = Path(words[words.index("--keep") + 1]) / f"rehearsal-{days}-{n_faults}.json"
        kept.parent.mkdir(parents=True, exist_ok=True)
        kept.write_text(json.dumps(found.as_row(), indent=1), encoding="utf-8")
    return found


def cpu_s() -> float:
    """CPU time that this process and those that it has ended have taken."""
    return sum(os.times()[:4])


def calendar() -> float:
    """Days of solar terms that another source has otherwise."""
    from lunar_python import Solar

    wrong = 0
    for year in range(FIRST_YEAR, LAST_YEAR + 1):
        table = Solar.fromYmd(year, 6, 1).getLunar().getJieQiTable()
        theirs = [table["DONG_ZHI" if term.name_zh == "冬至" else term.name_zh].toYmd() for term in TERMS]
        wrong += sum(day.isoformat() != told for day, told in zip(term_days(year), theirs, strict=True))
    return float(wrong)


def alone(folder: Path, catalogue: Path) -> tuple[float, float]:
    """Samples of a minute that are not those of the day; hours until a combination comes again on that day."""
    place = place_of(shipped("scores") / "gate_hall.exhibit.toml", catalogue, folder / "alone")
    generator = generator_for(place, Settings(cache=str(folder / "cache")))
    generator.plan_for(generator.exhibit.hours.spans(FIRST_DAY)[0])
    day = [generator.window(number) for number in range(12)]
    minute = generator.window(7)
    assert generator.plan is not None
    again_s = repetition_of(generator.plan).combination.after_s
    return float(np.count_nonzero(minute != day[7])), min(again_s / 3600.0, 24.0)


def main() -> None:
    """Rehearse, and print what it took and what was found."""
    days = option("--days", 1)
    n_faults = option("--faults", max(1, A_MONTHS_FAULTS * days // A_MONTHS_DAYS))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        catalogue = folder / "shipped.catalogue"
        ingest([shipped("recordings")], catalogue)
        generator_for(place_of(shipped("scores") / "gate_hall.exhibit.toml", catalogue, folder / "warm"),
                      Settings(cache=str(folder / "cache"))).bed()  # fmt: skip
        began_s = cpu_s()
        calm = soaked(folder, catalogue, days, 0)
        took_s = cpu_s() - began_s
        rough = soaked(folder, catalogue, days, n_faults)
        differing, again_h = alone(folder, catalogue)
    hours = calm.open_s / 3600.0
    memory = calm.memory_mb_by_day
    third = memory[min(2, len(memory) - 1)]
    wrong = [row for row in rough.faults if row["state"] != "right"]
    print_table([
        Row("an hour of exhibit on a fast clock, wall time", calm.wall_s / hours, "s", 7.0, more_is_better=False),
        Row("the same, CPU time", took_s / hours, "s", 14.0, more_is_better=False),
        Row("silences of more than 2 s", float(len(calm.gaps)), "", 0.0, more_is_better=False),
        Row("schedule errors", float(len(calm.schedule_errors)), "", 0.0, more_is_better=False),
        Row("memory, last day to the third", 100.0 * (memory[-1] / third - 1.0), "%", 2.0, more_is_better=False),
        Row(f"{len(rough.faults)} faults: silences of more than 2 s", float(len(rough.gaps)), "", 0.0,
            more_is_better=False),
        Row("faults: longest silence", rough.longest_silence_s, "s", 2.0, more_is_better=False),
        Row("faults: the state not right after", float(len(wrong)), "", 0.0, more_is_better=False),
        Row("faults: errors of the keeper", float(rough.keeper_errors), "", 0.0, more_is_better=False),
        Row("hours until a combination comes again", again_h, "h", 4.0),
        Row("samples of a minute alone that differ from the day's", differing, "", 0.0, more_is_better=False),
        Row("days of solar terms, 1900 to 2100, that another source has otherwise", calendar(), "", 0.0,
            more_is_better=False),
    ])  # fmt: skip


if __name__ == "__main__":
    main()
