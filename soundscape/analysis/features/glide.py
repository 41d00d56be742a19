"""Where the pitch of a sound goes: the smoothest path through the periods of its looks."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from soundscape.analysis.features.pitch import Dips, Looks, Pitch

PER_OCTAVE = 0.35
"""What a step of an octave costs, in depth of a dip."""
SHORT_FIRST = 0.03
"""What a period twice as long costs: multiples of the period are as deep as itself."""
ON_LINE_CENTS = 60.0
LIKELY = 0.4
"""Confidence of a pitch whose octaves and twelfths the path is taken for."""
LEAST_LOOKS = 3


@dataclass(frozen=True, slots=True)
class Glide:
    """Pitch at the first and last look, slope of the straight line between all, and how sure that is, 0..1."""

    start_hz: float
    end_hz: float
    cents_per_s: float
    confidence: float


NO_GLIDE = Glide(float("nan"), float("nan"), float("nan"), 0.0)


def glide_of(looks: Looks, dips: Dips, pitch: Pitch) -> Glide:
    """Follow the pitch from look to look (Viterbi over dips) and lay a straight line through it (Theil and Sen).

    The confidence is how clear the looks on the line are, out of all looks. Where a likely pitch is a multiple of
    the path, or the path of it, the path is moved there.
    """
    heard = np.flatnonzero(dips.first_hz > 0.0)
    if len(heard) < LEAST_LOOKS:
        return NO_GLIDE
    chosen = _path(dips, heard)
    hz, depth = dips.hz[heard, chosen], dips.depth[heard, chosen]
    if pitch.confidence >= LIKELY:
        ratio = float(np.exp(np.median(np.log(hz)))) / pitch.hz
        whole = round(ratio) if ratio >= 1.0 else 1.0 / round(1.0 / ratio)
        hz = hz / whole if abs(1200.0 * np.log2(ratio / whole)) < ON_LINE_CENTS else hz
    cents, at_s = 1200.0 * np.log2(hz), looks.at_s[heard]
    first, second = np.triu_indices(len(heard), 1)
    slope = float(np.median((cents[second] - cents[first]) / (at_s[second] - at_s[first])))
    level = float(np.median(cents - slope * at_s))
    on_line = np.abs(cents - slope * at_s - level) < ON_LINE_CENTS
    sure = float((1.0 - depth)[on_line].sum()) / len(dips.first_hz)
    ends = 2.0 ** ((level + slope * at_s[[0, -1]]) / 1200.0)
    return Glide(float(ends[0]), float(ends[1]), slope, sure)


def _path(dips: Dips, heard: NDArray[np.intp]) -> NDArray[np.intp]:
    """Which dip of each look is on the cheapest path."""
    octaves = np.log2(np.maximum(dips.hz, 1e-3))
    cost = np.where(dips.hz > 0.0, dips.depth - SHORT_FIRST * octaves, np.inf)[heard]
    octaves = octaves[heard]
    total, came_from = cost[0], []
    for i in range(1, len(heard)):
        steps = total[:, None] + PER_OCTAVE * np.abs(octaves[i] - octaves[i - 1][:, None])
        came_from.append(np.argmin(steps, axis=0))
        total = steps.min(axis=0) + cost[i]
    path = [int(np.argmin(total))]
    for back in reversed(came_from):
        path.append(int(back[path[-1]]))
    return np.array(path[::-1])
