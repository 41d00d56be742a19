"""Where a mix that goes round is cut in two: at a soft moment that is the same before and after.

A round has no beginning of its own. So its file begins where a player that leaves a gap between two rounds is heard
least, and where the seam is least of a step in level, in spectrum, and from sample to sample.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from soundscape.units import Samples

HOP_S, BESIDE_HOPS = 0.1, 4
"""Levels are compared between the 400 ms before a moment and those after it."""
STEP_DB, SOFTER_DB = 0.25, 12.0
"""A step of level weighs as much as being so much louder than the softest moment."""
N_TRIED = 32
"""Moments whose spectra are compared."""
N_BANDS, LOWEST_HZ, HIGHEST_HZ = 32, 50.0, 16_000.0
NEAR_S = 0.01
"""Round the moment that is found, the least step from sample to sample is looked for."""
_READ_HOPS = 64
_FLOOR = 1e-12
Floats = NDArray[np.float64]
Stretch = Callable[[int, int], Samples]


def cut_of(stretch: Stretch, n_frames: int, rate_hz: int) -> int:
    """Frame of a round at which its file begins.

    Parameters
    ----------
    stretch
        Gives frames of a round, from the first to before the last: (n, n_channels).
    n_frames
        Of a round, a second or longer.

    Examples
    --------
    >>> softer = np.repeat([1.0, 0.1, 1.0], 48_000)[:, None].astype(np.float32)
    >>> 48_000 < cut_of(lambda first, last: softer[first:last], len(softer), 48_000) < 96_000
    True
    """
    hop = round(HOP_S * rate_hz)
    powers = _powers(stretch, n_frames // hop, hop)
    tried = _tried(powers)
    distances_db = [_distance_db(stretch((n - BESIDE_HOPS) * hop, (n + BESIDE_HOPS) * hop), rate_hz) for n in tried]
    middle = hop * int(tried[int(np.argmin(distances_db))])
    near = round(NEAR_S * rate_hz)
    around = stretch(middle - near - 1, middle + near)
    steps = np.abs(np.diff(around, axis=0)).max(axis=1)
    return int(middle - near + np.argmin(steps))


def _powers(stretch: Stretch, n_hops: int, hop: int) -> Floats:
    """Mean square of all channels in each hop."""
    powers = np.empty(n_hops)
    for first in range(0, n_hops, _READ_HOPS):
        last = min(first + _READ_HOPS, n_hops)
        samples = stretch(first * hop, last * hop)
        powers[first:last] = np.square(samples, dtype=np.float64).reshape(last - first, -1).mean(axis=1)
    return powers


def _tried(powers: Floats) -> NDArray[np.int64]:
    """Numbers of a few hops that begin where the level is steady and soft."""
    sums = np.concatenate([[0.0], np.cumsum(powers)])
    middles = np.arange(BESIDE_HOPS, len(powers) - BESIDE_HOPS + 1)
    before, after = sums[middles] - sums[middles - BESIDE_HOPS], sums[middles + BESIDE_HOPS] - sums[middles]
    before_db, after_db = (10.0 * np.log10(np.maximum(one, 0.0) / BESIDE_HOPS + _FLOOR) for one in (before, after))
    louder_db = np.maximum(before_db, after_db)
    cost = np.abs(before_db - after_db) / STEP_DB + (louder_db - louder_db.min()) / SOFTER_DB
    return np.asarray(middles[np.argsort(cost, kind="stable")[:N_TRIED]], np.int64)


def _distance_db(samples: Samples, rate_hz: int) -> float:
    """Distance of the spectra of two halves, root mean square over bands."""
    half = len(samples) // 2
    edges_hz = np.geomspace(LOWEST_HZ, min(HIGHEST_HZ, 0.45 * rate_hz), N_BANDS + 1)
    edges = np.maximum.accumulate(np.searchsorted(np.fft.rfftfreq(half, 1.0 / rate_hz), edges_hz))
    window = np.hanning(half)[:, None]
    halves = (samples[:half], samples[half : 2 * half])
    powers = (np.square(np.abs(np.fft.rfft(one * window, axis=0))).sum(axis=1) / half for one in halves)
    before_db, after_db = (10.0 * np.log10(np.add.reduceat(power, edges)[:-1] + _FLOOR) for power in powers)
    return float(np.sqrt(np.mean(np.square(before_db - after_db))))
