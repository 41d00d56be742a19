"""Two sounds at once are one segment with the tags of both."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
import soundfile

from recordings.teaching import MODELS
from soundscape.analysis.analyse import analyse
from soundscape.analysis.segmenters import begun_within
from soundscape.analysis.segmenters.events import Span
from soundscape.analysis.taggers import overlapping, shipped
from soundscape.catalogue.scores import LEAST
from soundscape.catalogue.segment import Segment
from soundscape.catalogue.tags import family_of

RATE_HZ = 48_000


def scores(shares: Mapping[str, float]) -> np.ndarray:
    return np.log(np.float32([max(shares.get(name, 0.0), LEAST) for name in shipped.NAMES]))


def names(row: np.ndarray) -> list[str]:
    return [tag.name for tag in shipped.tags_of(row)]


WHOLE = scores({"gate.creak": 0.2, "bell": 0.2})
CREAK, BELL = scores({"gate.creak": 0.8, "bell": 0.1}), scores({"bell": 0.45, "gong": 0.2, "gate.creak": 0.2})


def test_parts_that_are_sure_of_different_families_give_both_tags() -> None:
    told = overlapping.both(WHOLE, [CREAK, BELL])
    assert names(told) == ["gate.creak", "bell"]
    assert np.exp(told[shipped.NAMES.index("gate.creak")]) == pytest.approx(0.8)


@pytest.mark.parametrize("parts", [
    [CREAK, CREAK], [CREAK, scores({"bell": 0.4, "wind": 0.3})], [BELL, scores({"gong": 0.8})], [],
], ids=["the same", "one is not sure", "the same family", "no parts"])  # fmt: skip
def test_otherwise_the_tags_are_those_of_the_whole(parts: list[np.ndarray]) -> None:
    assert overlapping.both(WHOLE, parts) is WHOLE


def test_only_what_begins_within_an_event_cuts_it_into_parts() -> None:
    event = Span(100, 500, "event")
    inner, strike, after = Span(300, 500, "event"), Span(400, 500, "phrase"), Span(500, 600, "event")
    assert begun_within(event, [inner, strike, after]) == [200]
    assert begun_within(event._replace(kind="phrase"), [inner]) == []


def heard(folder: Path, take: np.ndarray) -> list[Segment]:
    path = folder / "take.wav"
    soundfile.write(path, (take / np.abs(take).max() * 0.8).astype(np.float32), RATE_HZ)
    return [one for one in analyse(path).segments if one.kind != "texture"]


def laid(take: np.ndarray, sound: np.ndarray, at_s: float) -> None:
    """At the level of its loudest quarter."""
    power = np.sort(np.square(sound))[-len(sound) // 4 :].mean()
    place = slice(round(at_s * RATE_HZ), round(at_s * RATE_HZ) + len(sound))
    take[place] += 0.1 * sound[: len(take[place])] / np.sqrt(power)


def test_a_creak_in_which_a_bell_begins_is_one_event_that_ends_with_the_creak(tmp_path: Path) -> None:
    random = np.random.default_rng(8)
    creak, bell = np.resize(MODELS["gate.creak"](random), 5 * RATE_HZ), MODELS["bell"](random)[: 6 * RATE_HZ]
    take = 0.002 * random.standard_normal(20 * RATE_HZ)
    laid(take, creak, 5.0)
    laid(take, bell, 8.0)
    whole = max(heard(tmp_path, take), key=lambda one: one.duration_s)
    assert whole.start_s == pytest.approx(5.0, abs=0.1)
    assert whole.end_s == pytest.approx(10.0, abs=0.5)


@pytest.mark.long
def test_of_creaks_in_which_a_louder_bell_begins_a_third_is_one_event_to_the_end_of_the_creak(tmp_path: Path) -> None:
    """Most of the others pause for half a second as they stick, or are heard to end as the bell begins."""
    whole, both = 0, 0
    for seed in range(1, 13):
        random = np.random.default_rng(seed)
        creak, bell = np.resize(MODELS["gate.creak"](random), 5 * RATE_HZ), np.zeros(20 * RATE_HZ)
        laid(bell, MODELS["bell"](random)[: 6 * RATE_HZ], 8.0)
        take = 0.002 * random.standard_normal(20 * RATE_HZ)
        laid(take, creak, 5.0)
        longest = max(heard(tmp_path, take + 2.0 * bell), key=lambda one: one.duration_s)
        whole += longest.start_s < 5.2 and longest.end_s > 9.0
        both += longest.start_s < 5.2 and {family_of(tag.name) for tag in longest.tags} == {"gates", "instruments"}
    assert whole >= 4
    assert both >= 1  # it needs the bell to be heard to begin
