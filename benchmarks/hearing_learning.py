"""How much corrections teach: `python benchmarks/hearing_learning.py FOLDER [--json]`, real sounds with `MANIFEST.csv`.

A person is acted: of one collection (`source_repo`) some segments at random that are tagged wrongly get the right tag.
What counts is what becomes of the segments nobody touched: those of that collection, and those of all others. The
model that ships has heard these sounds; one that has heard all collections but the person's stands in for it.
"""

from __future__ import annotations

import csv
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from table import Row, print_table

from soundscape.analysis.ingest import ingest
from soundscape.analysis.learning import learn, lesson_from, tags_by
from soundscape.analysis.taggers.shipped import NAMES, tags_of
from soundscape.catalogue.lessons import Ground, Lesson
from soundscape.catalogue.scores import Scores
from soundscape.catalogue.segment import Recording, Segment, Tag
from soundscape.catalogue.store import Store
from soundscape.catalogue.tags import is_a, tag_named

N_CORRECTED = (3, 8, 20)
N_PERSONS = 5
FEWEST_RECORDINGS = 8
SHRINKAGE, TEMPERATURE = 0.3, 2.5
N_KINDS, N_TAKES, N_SEGMENTS = 60, 1000, 100


def heard(folder: Path) -> tuple[Ground, list[str], list[str], list[str]]:
    """All segments of a folder, and for each its recording, its collection and its tag by the manifest."""
    with (folder / "MANIFEST.csv").open(encoding="utf-8", newline="") as stream:
        rows = {row["file"]: row for row in csv.DictReader(stream)}
    grounds: list[Ground] = []

    def look(ground: Ground) -> tuple[Lesson | None, Mapping[int, Sequence[Tag]]]:
        grounds.append(ground)
        return None, {}

    with tempfile.TemporaryDirectory() as place:
        path = Path(place, "real.catalogue")
        ingest([folder / name for name in rows], path)
        with Store(path) as store:
            store.teach(look)
            segments = sorted(store.snapshot().segments, key=lambda segment: segment.id)
            names = {key: Path(one.path).name for key, one in store.snapshot().recordings.items()}
    files = [rows[names[segment.recording_id]] for segment in segments]
    return (grounds[0], [segment.recording_id for segment in segments], [row["source_repo"] for row in files],
            [tag_named(row["tag"]).name for row in files])  # fmt: skip


def without(ground: Ground, truth: Sequence[str], others: NDArray[np.bool_]) -> Ground:
    """The same segments as a model scores them that was fitted to `others` alone."""
    model = LinearDiscriminantAnalysis(solver="lsqr", shrinkage=SHRINKAGE)
    names, counts = np.unique(np.array(truth)[others], return_counts=True)
    fitted = others & np.isin(truth, names[counts > 1])
    model.fit(10.0 * ground.vectors[fitted], np.array(truth)[fitted])
    logits = model.decision_function(10.0 * ground.vectors) / TEMPERATURE
    scores = logits - np.logaddexp.reduce(logits, axis=1, keepdims=True)
    return replace(ground, scores=np.asarray(scores, np.float32), names=tuple(str(name) for name in model.classes_))


def right(ground: Ground, truth: Sequence[str], learned: Mapping[int, Sequence[Tag]]) -> NDArray[np.bool_]:
    """Which segments have the right tag first, (n_segments,)."""
    tags = [learned.get(n) or tags_of(row, ground.names) for n, row in enumerate(ground.scores)]
    return np.array([bool(row) and is_a(row[0].name, name) for row, name in zip(tags, truth, strict=True)])


def learning_s() -> float:
    """How long it takes to learn from 200 corrections in a catalogue of 100,000 segments, and to tag all again."""
    random = np.random.default_rng(0)
    centres = random.standard_normal((N_KINDS, 64))
    with tempfile.TemporaryDirectory() as place, Store(Path(place, "large.catalogue"), create=True) as store:
        for take in range(N_TAKES):
            kinds = random.integers(N_KINDS, size=N_SEGMENTS)
            vectors = centres[kinds] + 0.7 * random.standard_normal((N_SEGMENTS, 64))
            shares = np.clip(random.dirichlet(np.full(len(NAMES), 0.15), N_SEGMENTS), 1e-9, 1.0)
            scores = np.log(shares).astype(np.float32)
            recording = Recording(f"{take:032x}", f"{take}.wav", 48_000, 1, 48_000 * 600)
            segments = [Segment(f"{take:06x}{n:04x}", recording.id, 5.0 * n, 5.0 * n + 4.0, tags=tags_of(scores[n]))
                        for n in range(N_SEGMENTS)]  # fmt: skip
            store.add_analysis(recording, segments, vectors, analyser="1", scores=Scores(NAMES, scores))
        for number in range(200):
            key = f"{random.integers(N_TAKES):06x}{random.integers(N_SEGMENTS):04x}"
            store.tag(key, add=[("gate.latch", "bell", "wind", "fire", "rain")[number % 5]])
        began_s = time.perf_counter()
        learn(store)
        return time.perf_counter() - began_s


def main() -> None:
    """Measure and print."""
    known, recordings, sources, truth = heard(Path(sys.argv[1]))
    of = np.array(sources)
    rows = []
    for n_corrected in N_CORRECTED:
        same, unseen, lost, others = [], [], [], []
        for source in sorted(set(sources)):
            inside = np.flatnonzero(of == source)
            ground = without(known, truth, of != source)
            before = right(ground, truth, {})
            wrong = inside[~before[inside]]
            if len({recordings[n] for n in inside}) < FEWEST_RECORDINGS or len(wrong) < 2:
                continue
            for person in range(N_PERSONS):
                random = np.random.default_rng(person)
                corrected = random.choice(wrong, min(n_corrected, len(wrong) // 2), replace=False).tolist()
                said = {n: (recordings[n], {truth[n]: True}) for n in sorted(corrected, key=lambda n: recordings[n])}
                lesson = lesson_from(replace(ground, said=said))
                after = right(ground, truth, tags_by(lesson, ground.vectors, ground.scores, ground.names, recordings))
                touched = {recordings[n] for n in corrected}
                rest = np.setdiff1d(inside, corrected)
                fresh = np.array([n for n in rest if recordings[n] not in touched], int)
                same.append(after[rest].mean() - before[rest].mean())
                unseen += [after[fresh].mean() - before[fresh].mean()] if len(fresh) else []
                lost.append((before & ~after)[rest].sum() / max(1, before[rest].sum()))
                others.append(after[of != source].mean() - before[of != source].mean())
        rows += [
            Row(
                f"{n_corrected} corrections: other segments of the collection, right",
                100 * float(np.mean(same)),
                "%",
                0.0,
            ),
            Row(
                f"{n_corrected} corrections: its recordings nobody touched, right",
                100 * float(np.mean(unseen)),
                "%",
                0.0,
            ),
            Row(
                f"{n_corrected} corrections: right before, wrong after",
                100 * float(np.mean(lost)),
                "%",
                5.0,
                more_is_better=False,
            ),
            Row(f"{n_corrected} corrections: all other collections, right", 100 * float(np.mean(others)), "%", -1.0),
        ]
    rows.append(Row("200 corrections, 100,000 segments: to learn", learning_s(), "s", 5.0, more_is_better=False))
    print_table(rows)


if __name__ == "__main__":
    main()
