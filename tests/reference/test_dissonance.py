"""Dissonance curves against the sum over pairs, written as it stands in the paper."""

from __future__ import annotations

import math

import numpy as np
import pytest

from soundscape.arrangement.dissonance import dissonance, dissonance_curve, tone_curve
from soundscape.arrangement.tuning import Partial


def of_pair(first_hz: float, second_hz: float, first: float, second: float) -> float:
    """Sethares, JASA 94, 1993: d(x) = exp(-b1 s x) - exp(-b2 s x), s = 0.24 / (0.021 f + 19)."""
    lower = min(first_hz, second_hz)
    scaled = 0.24 / (0.021 * lower + 19.0) * abs(second_hz - first_hz)
    return first * second * (math.exp(-3.5 * scaled) - math.exp(-5.75 * scaled))


def test_the_curve_is_the_sum_over_all_pairs_of_the_two_timbres() -> None:
    rng = np.random.default_rng(4)
    partials = [Partial("b", "", 0.0, n, float(hz), float(weight)) for n, (hz, weight) in
                enumerate(zip(rng.uniform(100.0, 3000.0, 7), rng.uniform(0.1, 1.0, 7), strict=True), 1)]  # fmt: skip
    cents = [0.0, 33.0, 100.0, 701.955, 1200.0]
    by_definition = []
    for step in cents:
        ratio = 2.0 ** (step / 1200.0)
        by_definition.append(sum(of_pair(low.hz, ratio * high.hz, low.weight, high.weight)
                                 for low in partials for high in partials))  # fmt: skip
    np.testing.assert_allclose(dissonance_curve(partials, cents), by_definition, rtol=1e-12)


def test_the_curve_of_a_tone_is_the_sum_over_its_harmonics_in_all_octaves() -> None:
    partials = [Partial("b", "", 0.0, n, hz, weight) for n, (hz, weight) in
                enumerate(((323.0, 1.0), (479.0, 0.4), (1129.4, 0.2)), 1)]  # fmt: skip
    found = tone_curve(partials, 323.0, [0.0, 250.0, 1200.0])
    for place, cents in enumerate((0.0, 250.0, 0.0)):  # an octave higher it is the same again
        by_definition = 0.0
        for octave in range(-8, 9):
            tone_hz = 323.0 * 2.0 ** (cents / 1200.0 + octave)
            loud = math.exp(-0.5 * math.log2(tone_hz / 400.0) ** 2)
            by_definition += sum(loud * of_pair(one.hz, tone_hz * n, one.weight, 1.0 / n)
                                 for one in partials for n in (1, 2, 3, 4))  # fmt: skip
        assert found[place] == pytest.approx(by_definition, rel=1e-4)


def test_dissonance_is_the_sum_over_pairs() -> None:
    hz, weights = [220.0, 233.1, 440.0, 622.3], [1.0, 0.5, 0.7, 0.2]
    pairs = [(i, j) for i in range(4) for j in range(i)]
    by_definition = sum(of_pair(hz[i], hz[j], weights[i], weights[j]) for i, j in pairs)
    assert dissonance(hz, weights) == pytest.approx(by_definition, rel=1e-12)


@pytest.mark.parametrize("hz", [100.0, 250.0, 500.0, 1000.0])
def test_two_sines_are_roughest_at_a_quarter_of_a_critical_bandwidth(hz: float) -> None:
    apart = np.linspace(0.1, 300.0, 3000)
    roughest = apart[np.argmax([dissonance([hz, hz + step], [1.0, 1.0]) for step in apart])]
    width = 24.7 * (4.37 * hz / 1000.0 + 1.0)  # equivalent rectangular band, Glasberg and Moore 1990
    assert 0.2 < roughest / width < 1.0
