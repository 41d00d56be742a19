"""How long a search takes among 100,000 segments: `python benchmarks/find.py [--json]`."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from statistics import median

import numpy as np
from table import Row, print_table

from soundscape.catalogue.segment import Recording, Segment, Tag
from soundscape.catalogue.store import Store
from soundscape.catalogue.vectors import vectors_path

N_RECORDINGS = 5_000
N_SEGMENTS_EACH = 20
N_COLUMNS = 64
RUNS = 7
GOAL_MS = 100.0
TAGS = (
    "gate.creak",
    "gate.knock",
    "gate.slam",
    "wind",
    "wind.gust",
    "bell.bronze",
    "gong",
    "rain",
    "bird",
    "voice",
    "flute",
    "drum.great",
    "ambience",
    "footsteps",
    "unknown",
)
QUERIES = (
    "gate.creak",
    "gate.creak and duration_s > 2 and not wind",
    "gate and level_db > -30 and not (wind or voice@0.5)",
    "instrument and pitch_hz > 200 and pitch_hz < 400 and pitch_confidence > 0.8",
    "not gate",
    "duration_s > 19.9",
    '"bronze court"',
    '"铜钟"',
    '"门"',
    'licence ~ "CC0" and kind = note',
    'family = gates and place = "hall 7"',
    "roughness > 0.99",
    "thunder",
)
SHARES = ("attack_s", "decay_s", "onset_s", "flatness", "inharmonicity", "pitch_confidence", "roughness")
USUAL = "gate.creak and duration_s > 2 and not wind"


def recordings() -> Iterator[tuple[Recording, list[Segment], np.ndarray]]:
    """Takes as a museum's archive might hold them: three tags out of fifteen, ten numbers, two languages."""
    rng = np.random.default_rng(2)
    words = ("bronze", "court", "old", "gate", "north", "hall", "night", "temple", "river", "leaf")
    for i in range(N_RECORDINGS):
        key = f"{i * 2654435761 % 2**32:08x}" * 4
        title = " ".join(rng.choice(words, 3))
        yield (
            Recording(key, f"/archive/{i // 100}/take_{i:05d}.wav", 48_000, 2, 48_000 * 600,
                      titles={"en": title, "zh": "东院铜钟" if i % 9 == 0 else "老门风声"}, place=f"hall {i % 40}",
                      licence=("CC0-1.0", "CC-BY-4.0")[i % 2], description=" ".join(rng.choice(words, 12))),
            [segment(rng, key, n) for n in range(N_SEGMENTS_EACH)],
            rng.standard_normal((N_SEGMENTS_EACH, N_COLUMNS)),
        )  # fmt: skip


def segment(rng: np.random.Generator, key: str, place: int) -> Segment:
    """One of the segments of a take."""
    confidences = np.sort(rng.uniform(size=3))[::-1]
    names = rng.choice(TAGS, 3, replace=False)
    tags = tuple(Tag(str(name), float(sure)) for name, sure in zip(names, confidences, strict=True))
    numbers = rng.uniform(size=9).tolist()
    features = dict(zip(SHARES, numbers, strict=False))
    features |= {"level_db": -60 * numbers[7], "level_lufs": -60 * numbers[7] - 1, "centroid_hz": 9000 * numbers[3]}
    if place % 2:
        features["pitch_hz"] = 80 + 1000 * numbers[8]
    start_s = 30.0 * place
    return Segment(
        f"{key[:8]}{place:04x}",
        key,
        start_s,
        start_s + 0.1 + 20 * float(rng.uniform()) ** 2,
        ("event", "texture", "note")[place % 3],
        tags,
        features,
    )


def typical_ms(run: Callable[[], object]) -> float:
    """Median of several runs."""
    times_ms = []
    for _ in range(RUNS):
        began_s = time.perf_counter()
        run()
        times_ms.append(1000 * (time.perf_counter() - began_s))
    return median(times_ms)


def fill(path: Path) -> Row:
    """Make the catalogue, one transaction for each take as ingest does; how quickly that went."""
    takes = list(recordings())
    began_s = time.perf_counter()
    with Store(path, create=True) as store:
        for recording, segments, vectors in takes:
            store.add_analysis(recording, segments, vectors, analyser="1")
    spent_s = time.perf_counter() - began_s
    return Row("recordings kept, 20 segments each", N_RECORDINGS / spent_s, "per s", 20.0)


def opened_ms(path: Path) -> float:
    """What a command waits for: open, search, close."""

    def run() -> None:
        with Store(path) as store:
            store.find(USUAL)

    return typical_ms(run)


def at_most(what: str, value: float, unit: str, goal: float) -> Row:
    """Row of a table whose goal is a limit."""
    return Row(what, value, unit, goal, more_is_better=False)


def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "big.catalogue")
        rows = [fill(path)]
        with Store(path) as store:
            like = store.find("bell.bronze", limit=1)[0].segment.id
            rows += [at_most(query, typical_ms(partial(store.find, query)), "ms", GOAL_MS) for query in QUERIES]
            last = partial(store.find, skip=N_RECORDINGS * N_SEGMENTS_EACH - 50)
            rows.append(at_most("*, the last page", typical_ms(last), "ms", GOAL_MS))
            store.find(like=like)
            rows += [
                at_most(f"{query}, like", typical_ms(partial(store.find, query, like)), "ms", GOAL_MS)
                for query in ("*", "gate.creak", USUAL)
            ]
        rows.append(at_most("open, find, close", opened_ms(path), "ms", GOAL_MS))
        vectors_path(path).unlink()
        with Store(path) as store:
            began_s = time.perf_counter()
            store.find(like=like)
            rows.append(at_most("the map of vectors made again", time.perf_counter() - began_s, "s", 5.0))
            began_s = time.perf_counter()
            snapshot = store.snapshot()
            rows.append(at_most("snapshot of everything", time.perf_counter() - began_s, "s", 10.0))
            rows.append(Row("segments", float(len(snapshot.segments)), "", 100_000.0))
    print_table(rows)


if __name__ == "__main__":
    main()
