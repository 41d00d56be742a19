"""Teaching segments again gives the same weights, and those say what they were taught."""

from __future__ import annotations

import csv
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest
import soundfile

from recordings import teach_segments
from recordings.scenes import Clip, clips_of
from recordings.teach_segments import Truth, example, taught
from recordings.wide_scenes import wide_scene
from soundscape.analysis.frames import Floats
from soundscape.analysis.network import Network
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
    clips: list[Clip],
) -> None:
    made = [example([clips], n) for n in range(8)]
    first, second = taught(made)
    for network, again in zip((first, second), taught(made), strict=True):
        for part in fields(network):
            np.testing.assert_array_equal(getattr(network, part.name), getattr(again, part.name))
    for columns, truth in made:
        said = first.said(columns)
        assert np.mean((said[:, 0] > 0.0) == truth[:, 0]) > 0.9
        assert np.mean((second.said(shares.context_of(said))[:, 0] > 0.0) == truth[:, 0]) > 0.9


def test_a_scene_is_told_to_the_second_network_by_those_that_have_not_heard_it(
    clips: list[Clip], monkeypatch: pytest.MonkeyPatch
) -> None:
    taught_with: list[int] = []

    def counted(columns: Floats, truth: Truth, *_: object) -> Network:
        taught_with.append(len(truth))
        return real(columns, truth, range(1), 4, 1)

    real = teach_segments.networks
    monkeypatch.setattr(teach_segments, "networks", counted)
    made = [example([clips], n) for n in range(5)]
    sizes = [len(truth) for _, truth in made]
    told = teach_segments.unheard(made)
    assert taught_with == [sizes[0] + sizes[1] + sizes[4], sizes[2] + sizes[3]]
    assert [len(one) for one in told] == sizes
    # the first scene is as it is however loud it was taught to be on: its own half is not asked
    other = [(columns, ~truth if number in (0, 1, 4) else truth) for number, (columns, truth) in enumerate(made)]
    np.testing.assert_array_equal(teach_segments.unheard(other)[0], told[0])
    assert not np.array_equal(teach_segments.unheard(other)[2], told[2])
