"""Teaching segments again gives the same weights, and those say what they were taught."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
import soundfile

from recordings.scenes import Clip, clips_of
from recordings.teach_segments import example, taught
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
