"""A person corrects some of the shared recordings; segments nobody touched get better, and what was right stays so."""

from __future__ import annotations

import csv
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from soundscape.analysis.ingest import ingest
from soundscape.analysis.learning import learn
from soundscape.catalogue.scores import Scores
from soundscape.catalogue.store import Store
from soundscape.catalogue.tags import is_a, tag_named

pytestmark = [pytest.mark.shared, pytest.mark.long]


Truth = dict[str, str]


@pytest.fixture(scope="module")
def heard(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Truth]:
    """A catalogue of the shared recordings, and the tag of each segment by the manifest."""
    with (shared / "recordings" / "MANIFEST.csv").open(encoding="utf-8", newline="") as stream:
        truth_of = {row["file"]: tag_named(row["tag"]).name for row in csv.DictReader(stream)}
    path = tmp_path_factory.mktemp("real") / "real.catalogue"
    ingest([shared / "recordings"], path)
    with Store(path) as store:
        all_of_it = store.snapshot()
    return path, {one.id: truth_of[Path(all_of_it.recording_of(one).path).name] for one in all_of_it.segments}


def corrected(store: Store, truth: Truth, seed: int = 4) -> tuple[Truth, Truth]:
    """Give half of the wrong segments their right tags and learn; tags of the untouched ones before and after."""
    before = {one.id: one.tag for one in store.snapshot().segments}
    wrong = sorted(key for key, tag in before.items() if not is_a(tag, truth[key]))
    chosen = np.random.default_rng(seed).choice(wrong, len(wrong) // 2, replace=False).tolist()
    for key in chosen:
        store.tag(key, add=[truth[key]])
    assert learn(store).lesson.is_used
    after = {one.id: one.tag for one in store.snapshot().segments}
    assert all(after[key] == truth[key] for key in chosen)
    rest = before.keys() - set(chosen)
    return {key: before[key] for key in rest}, {key: after[key] for key in rest}


def right(tags: Truth, truth: Truth) -> set[str]:
    return {key for key, tag in tags.items() if is_a(tag, truth[key])}


def test_what_was_right_stays_right_and_more_is(heard: tuple[Path, Truth], tmp_path: Path) -> None:
    path, truth = heard
    n_lost, n_won, n_right = [], [], []
    for seed in range(6):  # who corrects places that sound like wind, and no wind, loses some winds
        with Store(shutil.copy(path, tmp_path / f"{seed}.catalogue")) as store:
            before, after = (right(tags, truth) for tags in corrected(store, truth, seed))
        n_lost.append(len(before - after))
        n_won.append(len(after - before))
        n_right.append(len(before))
    assert sum(n_lost) <= 0.03 * sum(n_right)
    assert all(won > lost for won, lost in zip(n_won, n_lost, strict=True))


def test_untouched_segments_learn_what_no_model_knew(heard: tuple[Path, Truth], tmp_path: Path) -> None:
    path, truth = heard
    with Store(path) as known, Store(tmp_path / "blind.catalogue", create=True) as store:
        snapshot = known.snapshot()
        for key, recording in snapshot.recordings.items():
            places = [n for n, one in enumerate(snapshot.segments) if one.recording_id == key]
            blind = Scores(("gate", "wind"), np.full((len(places), 2), np.log(0.01), np.float32))
            store.add_analysis(recording, [replace(snapshot.segments[n], tags=()) for n in places],
                               snapshot.vectors[places], analyser="1", scores=blind)  # fmt: skip
        before, after = corrected(store, truth)
    assert not right(before, truth)
    named = {key for key, tag in after.items() if tag}
    assert len(named) > 0.1 * len(after)
    assert len(right(after, truth)) > 0.6 * len(named)
