"""A person corrects some of the shared recordings; segments nobody touched get better, and what was right stays so."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from soundscape.analysis.ingest import ingest
from soundscape.analysis.learning import learn
from soundscape.catalogue.store import Store
from soundscape.catalogue.tags import is_a, tag_named

pytestmark = [pytest.mark.shared, pytest.mark.long]


def test_untouched_segments_get_better_and_right_ones_stay(shared: Path, tmp_path: Path) -> None:
    with (shared / "recordings" / "MANIFEST.csv").open(encoding="utf-8", newline="") as stream:
        truth_of = {row["file"]: tag_named(row["tag"]).name for row in csv.DictReader(stream)}
    path = tmp_path / "real.catalogue"
    ingest([shared / "recordings"], path)
    with Store(path) as store:
        before = store.snapshot()
        truth = {one.id: truth_of[Path(before.recordings[one.recording_id].path).name] for one in before.segments}
        wrong = [one for one in before.segments if not is_a(one.tag, truth[one.id])]
        random = np.random.default_rng(4)
        corrected = [wrong[n] for n in random.choice(len(wrong), len(wrong) // 2, replace=False)]
        for one in corrected:
            store.tag(one.id, add=[truth[one.id]])
        assert learn(store).lesson.is_used
        after = {one.id: one.tag for one in store.snapshot().segments}
    untouched = {one.id: one.tag for one in before.segments} | {}
    for one in corrected:
        assert after[one.id] == truth[one.id]
        del untouched[one.id]
    was_right = {key for key, tag in untouched.items() if is_a(tag, truth[key])}
    is_right = {key for key in untouched if is_a(after[key], truth[key])}
    assert len(is_right - was_right) > len(was_right - is_right)
    assert len(was_right - is_right) <= 0.05 * len(was_right)
