"""Which events have a phrase above them: like sounds that follow each other closely."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from soundscape.analysis.frames import HOPS_PER_S, frames_of
from soundscape.analysis.segmenters.events import Span
from soundscape.analysis.segmenters.phrases import phrases

RATE_HZ = 48_000


def struck(at_s: list[float], colours_hz: list[tuple[float, float]]) -> list[Span]:
    """What becomes of one event of strokes of noise between two frequencies each, which fall by 60 dB in 0.4 s."""
    random = np.random.default_rng(3)
    n_samples = int((at_s[-1] + 1.0) * RATE_HZ)
    take = 1e-5 * random.standard_normal(n_samples)
    hz = np.fft.rfftfreq(RATE_HZ, 1.0 / RATE_HZ)
    for at, (low, high) in zip(at_s, colours_hz, strict=True):
        stroke = np.fft.irfft(np.fft.rfft(random.standard_normal(RATE_HZ)) * ((hz > low) & (hz < high)))
        stroke *= 10.0 ** (-3.0 * np.arange(RATE_HZ) / RATE_HZ / 0.4)
        take[int(at * RATE_HZ) :][:RATE_HZ] += stroke[: n_samples - int(at * RATE_HZ)]
    frames = frames_of(take.astype(np.float32), RATE_HZ)
    edges = [*(round(at * HOPS_PER_S) for at in at_s), len(frames)]
    whole = Span(edges[0], edges[-1], "event")
    return phrases(frames, [whole, *(Span(a, b, "event") for a, b in pairwise(edges[1:]))])


LOW, HIGH = (200.0, 900.0), (2_000.0, 9_000.0)


@pytest.mark.parametrize("n_strokes", [2, 3, 4])
def test_like_strokes_shortly_after_each_other_are_a_phrase_of_so_many(n_strokes: int) -> None:
    found = struck([0.2 + 0.45 * number for number in range(n_strokes)], [LOW] * n_strokes)
    assert sorted(one.kind for one in found) == ["event"] * n_strokes + ["phrase"]


@pytest.mark.parametrize("colours_hz", [[LOW, HIGH], [LOW, HIGH, LOW]])
def test_unlike_sounds_are_no_phrase(colours_hz: list[tuple[float, float]]) -> None:
    found = struck([0.2 + 0.45 * number for number in range(len(colours_hz))], colours_hz)
    assert {one.kind for one in found} == {"event"}


def test_like_sounds_long_after_each_other_are_no_phrase() -> None:
    assert {one.kind for one in struck([0.2, 4.2], [LOW, LOW])} == {"event"}
