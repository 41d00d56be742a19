"""Teaching segments again gives the same weights, and those say what they were taught."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from recordings.scenes import Clip, clips_of
from recordings.teach_segments import example, taught
from recordings.teaching.shares_network import MODEST, pupil, slopes
from recordings.wide_scenes import wide_scene
from soundscape.analysis.segmenters import shares

RATE_HZ = 44_100


@pytest.fixture
def clips(tmp_path: Path) -> list[Clip]:
    """A click, a tone and noise behind them."""
    random, at_s = np.random.default_rng(1), np.arange(RATE_HZ) / RATE_HZ
    sounds = {"gate/knock": random.standard_normal(RATE_HZ) * np.exp(-20.0 * at_s),
              "flute": np.sin(2 * np.pi * 600.0 * at_s), "wind": random.standard_normal(4 * RATE_HZ)}  # fmt: skip
    with (tmp_path / "MANIFEST.csv").open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(("file", "tag", "licence", "source_repo"))
        for number, (tag, sound) in enumerate(sounds.items()):
            soundfile.write(tmp_path / f"{number}.wav", 0.5 * sound / np.abs(sound).max(), RATE_HZ)
            rows.writerow((f"{number}.wav", tag, "CC0-1.0", "somebody/sounds"))
    return clips_of(tmp_path)


def test_tags_are_those_of_the_vocabulary(clips: list[Clip]) -> None:
    assert [clip.tag for clip in clips] == ["gate.knock", "flute", "wind"]


def test_a_seed_is_a_scene_whose_truth_lies_within_it(clips: list[Clip]) -> None:
    first, events = wide_scene(clips, 3)
    again, same_events = wide_scene(clips, 3)
    np.testing.assert_array_equal(first, again)
    assert events == same_events
    assert not np.array_equal(first, wide_scene(clips, 4)[0])
    assert events
    for event in events:
        assert 0.0 <= event.onset_s < event.offset_s <= len(first) / RATE_HZ
        assert all(event.onset_s - 0.02 <= a < b <= event.offset_s + 0.02 for a, b in event.audible_s)


def test_a_pupil_learns_what_only_both_columns_together_tell() -> None:
    random = np.random.default_rng(7)
    columns = random.standard_normal((82_000, 5), dtype=np.float32)
    truth = np.stack([columns[:, 0] * columns[:, 1] > 0.0, columns[:, 2] > 1.0], axis=1)
    inner, inner_offsets, outer, outer_offsets = pupil(columns[:80_000], truth[:80_000], 1)
    said = np.maximum(columns[80_000:] @ inner + inner_offsets, 0.0) @ outer + outer_offsets
    right = (said > 0.0) == truth[80_000:]
    assert right[:, 0].mean() > 0.8, "no straight line tells it: half would be right"
    assert right[:, 1].mean() > 0.95


def test_slopes_are_those_of_the_surprise() -> None:
    random = np.random.default_rng(3)
    weights = [random.normal(0.0, 0.5, shape) for shape in ((6, 4), 4, (4, 2), 2)]
    columns, truth = random.standard_normal((50, 6)), random.random((50, 2)) < 0.4

    def surprise(tables: list[NDArray[np.float64]]) -> float:
        inner, inner_offsets, outer, outer_offsets = tables
        said = np.maximum(columns @ inner + inner_offsets, 0.0) @ outer + outer_offsets
        wrong = np.logaddexp(0.0, np.where(truth, -said, said)).sum(axis=1).mean()
        return float(wrong + 0.5 * MODEST / len(columns) * (np.square(inner).sum() + np.square(outer).sum()))

    for place, slope in enumerate(slopes(weights, columns, truth)):
        for entry in np.ndindex(slope.shape):
            moved = []
            for by in (1e-5, -1e-5):
                tables = [table.copy() for table in weights]
                tables[place][entry] += by
                moved.append(surprise(tables))
            assert slope[entry] == pytest.approx((moved[0] - moved[1]) / 2e-5, abs=1e-4)


@pytest.mark.long
def test_the_same_scenes_give_the_same_weights_and_those_know_them(
    clips: list[Clip], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    columns, truth = (np.concatenate(parts) for parts in zip(*(example([clips], n) for n in range(6)), strict=True))
    weights = taught(columns, truth, range(2))
    again = taught(columns, truth, range(2))
    for name, values in weights.items():
        np.testing.assert_array_equal(values, again[name])
    near = np.clip((columns - weights["means"]) / weights["spreads"], -shares.FARTHEST, shares.FARTHEST)
    hidden = np.maximum(near @ weights["inner"] + weights["inner_offsets"], 0.0)
    said = hidden @ weights["outer"] + weights["outer_offsets"] > 0.0
    assert np.mean(said[:, 0] == truth[:, 0]) > 0.9
