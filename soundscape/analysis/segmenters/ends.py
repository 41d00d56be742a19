"""Which of several sounds at once it is that ends: the one whose bands fall as they rose when it began."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from soundscape.analysis.frames import HOPS_PER_S, Floats
from soundscape.analysis.segmenters.standing import QUIETEST_DB

LEAST_FRAMES = 15
"""A sound lasts so long; and where one begins so near to where another ends, that one ends as it begins."""
FOLLOWS_S = 1.0
"""Something is on still where an ending is seen: the only sound goes on, unless another follows within this."""
LOOK_FRAMES, ASIDE_FRAMES = 25, 2
"""Levels are compared so far before and after a change, and what is nearer to it is neither."""


def ended(bands_db: Floats, begins: Sequence[int], stop: int, endings: Sequence[int]) -> list[tuple[int, int]]:
    """First frame of each sound, and one beyond its last.

    Parameters
    ----------
    bands_db : (n_frames, n_bands) float32
    begins : frames
        Where each sound begins, in order; from the first on, something is on until `stop`.
    stop : int
    endings : frames
        At which something seems to end, in order.

    Returns
    -------
    Of the sounds for which there is no ending the last goes on until `stop`, and so does the first of all; others until
    the next begins.
    """
    stops: dict[int, int] = {}
    for at in endings:
        sounding = [begin for begin in begins if begin + LEAST_FRAMES < at and begin not in stops]
        if not sounding or at > stop - LEAST_FRAMES:
            continue
        near = [begin for begin in begins[1:] if abs(begin - at) < LEAST_FRAMES]
        follows = [begin for begin in begins[1:] if at < begin < at + FOLLOWS_S * HOPS_PER_S]
        if len(sounding) > 1 or near or follows:
            fallen = _new(bands_db[::-1], len(bands_db) - at)
            alike = [_likeness(_new(bands_db, begin), fallen) for begin in sounding]
            stops[sounding[int(np.argmax(alike))]] = near[0] if near else at
    until = dict(zip(begins, [*begins[1:], stop], strict=True))
    still = [begin for begin in begins if begin not in stops]
    return [(begin, stops.get(begin, stop if begin in (begins[0], still[-1]) else until[begin])) for begin in begins]


def _new(bands_db: Floats, at: int) -> Floats:
    """How much louder each band is after a frame than before it, in dB, 0 where it is not."""
    before = bands_db[max(0, at - LOOK_FRAMES) : max(1, at - ASIDE_FRAMES)]
    after = bands_db[at + ASIDE_FRAMES : at + LOOK_FRAMES]
    levels = [np.maximum(part, QUIETEST_DB).mean(axis=0) for part in (before, after) if len(part)]
    return np.asarray(np.maximum(levels[-1] - levels[0], 0.0), np.float32)


def _likeness(rise: Floats, fall: Floats) -> float:
    """Cosine between what came and what went."""
    return float(rise @ fall / (np.linalg.norm(rise) * np.linalg.norm(fall) + 1e-3))
