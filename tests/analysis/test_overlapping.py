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


def creak_and_bell(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """A creak from 5 s to 10 s, and a bell from 8 s to 14 s, each in 20 s."""
    random = np.random.default_rng(seed)
    creak, bell = 0.002 * random.standard_normal(20 * RATE_HZ), np.zeros(20 * RATE_HZ)
    laid(creak, np.resize(MODELS["gate.creak"](random), 5 * RATE_HZ), 5.0)
    laid(bell, MODELS["bell"](random)[: 6 * RATE_HZ], 8.0)
    return creak, bell


def test_a_creak_in_which_a_bell_begins_is_one_event_that_ends_with_the_creak(tmp_path: Path) -> None:
    creak, bell = creak_and_bell(12)
    (alone,) = heard(tmp_path, creak)
    assert (alone.start_s, alone.end_s) == pytest.approx((5.0, 10.0), abs=0.1)
    whole, *_ = heard(tmp_path, creak + bell)
    assert (whole.start_s, whole.end_s) == pytest.approx((5.0, 10.0), abs=0.5)


@pytest.mark.long
def test_a_creak_that_goes_on_as_a_louder_bell_begins_is_not_cut_there(tmp_path: Path) -> None:
    """Some creaks pause at that moment, as they stick: those are none of the eight."""
    go_on, both = 0, 0
    for seed in range(1, 13):
        creak, bell = creak_and_bell(seed)
        if not any(goes_on(one) for one in heard(tmp_path, creak)):
            continue
        mixed = heard(tmp_path, creak + 2.0 * bell)
        assert any(goes_on(one) for one in mixed), seed
        go_on += 1
        both += any(goes_on(one) and {family_of(tag.name) for tag in one.tags} == {"gates", "instruments"}
                    for one in mixed)  # fmt: skip
    assert go_on == 8
    assert both >= 1  # it needs the bell to be heard to begin


def goes_on(segment: Segment) -> bool:
    """Whether it was there before 8 s and is after."""
    return segment.start_s < 7.9 and segment.end_s > 8.15
