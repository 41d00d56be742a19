"""Tails: a bell is over when it has sunk into what was there before, not when it no longer stands out by itself.

The floor behind an event is sought in the time around it, so a long tail becomes part of its own floor. It is followed
here from where the event seemed to end, band by band, as long as it sinks evenly towards what it will be: the partials
of a bell do, on average over their beats, and wind does not.
"""

from __future__ import annotations

import numpy as np
from scipy.ndimage import maximum_filter1d, minimum_filter1d, uniform_filter1d

from soundscape.analysis.frames import HOPS_PER_S, Floats

LONG_S = 5.0
"""A shorter event has left its floor as it was."""
SLOW_FRAMES, BEAT_FRAMES = 30, 150
"""Levels are means over the first, and the highest of them within the second: partials beat while they sink."""
AHEAD_S, BEFORE_S = 10, 2
"""How far is looked ahead for what a tail will have sunk to, and back for what was there before the event."""
SUNK_DB, OVER_FIRST_DB, TO_FALL_FIRST_DB = 10.0, 8.0, 6.0
"""A band has a tail if it fell so far from its loudest, is so far above what was before, and has so far to fall."""
OVER_DB, TO_FALL_DB, RISES_DB = 4.0, 3.0, 3.0
"""It goes on until one of the last two is as little as this, or it rises by so much."""
CLOSE_FRAMES = 300
"""Just before the next event nobody can see what it would have fallen to."""
UNEVEN_DB, UNEVEN_CLOSE_DB = 1.0, 1.5
"""Standard deviation about a straight line above which it is no tail; of two or three beats the highest are stairs."""
N_BANDS = 3


def tail_stop(bands_db: Floats, start: int, stop: int, limit: int) -> int:
    """Frame at which the tail of an event is over, from `stop` to `limit`.

    Parameters
    ----------
    bands_db : (n_frames, n_bands) float32
    start, stop : int
        First frame of the event and one beyond its last, as far as it stands out by itself.
    limit : int
        Where the next event begins, or where nothing more is known.
    """
    if limit - stop < SLOW_FRAMES or stop - start < LONG_S * HOPS_PER_S:
        return stop
    course, ahead = _course(bands_db, stop, limit)
    before = bands_db[max(0, start - BEFORE_S * HOPS_PER_S) : max(0, start - SLOW_FRAMES // 2)]
    bottom = np.full(bands_db.shape[1], -np.inf)
    if len(before) > SLOW_FRAMES:
        bottom = np.percentile(uniform_filter1d(before, SLOW_FRAMES, axis=0), 90, axis=0)
    highest = uniform_filter1d(bands_db[start:stop], SLOW_FRAMES, axis=0).max(axis=0)
    to_fall = course[0] - ahead[0]
    may = (highest - course[0] > SUNK_DB) & (course[0] > bottom + OVER_FIRST_DB)
    may &= to_fall > (TO_FALL_FIRST_DB if limit - stop > CLOSE_FRAMES else 0.0)
    farthest = np.argsort(np.where(may, to_fall, 0.0))[-N_BANDS:]
    ends = [_end(course[:, band], ahead[:, band], bottom[band]) for band in farthest if may[band]]
    return stop + max(ends, default=0)


def _course(bands_db: Floats, stop: int, limit: int) -> tuple[Floats, Floats]:
    """Level of each band from `stop` to `limit` without its beats, and the lowest that it will come to."""
    size = AHEAD_S * HOPS_PER_S
    # what begins at the limit must not be heard before it
    slow = uniform_filter1d(bands_db[stop - SLOW_FRAMES : limit], SLOW_FRAMES, axis=0)[SLOW_FRAMES:]
    level = maximum_filter1d(slow, BEAT_FRAMES, axis=0, origin=-(BEAT_FRAMES // 2))
    later = uniform_filter1d(bands_db[limit : limit + size], SLOW_FRAMES, axis=0)
    lowest = minimum_filter1d(np.concatenate([level, later]), size, axis=0, origin=-(size // 2))
    return level, lowest[: len(level)]


def _end(level: Floats, ahead: Floats, bottom_db: float) -> int:
    """Frames for which a band sinks; 0 where it does so unevenly."""
    sinks = level - ahead > TO_FALL_DB
    sinks[-CLOSE_FRAMES:] = True
    sinks &= level > bottom_db + OVER_DB
    sinks &= level < np.minimum.accumulate(level) + RISES_DB
    end = len(sinks) if sinks.all() else int(np.argmin(sinks))
    if end < SLOW_FRAMES:
        return 0
    at = np.arange(max(SLOW_FRAMES, end - SLOW_FRAMES))  # at its end it may be cut off
    line = np.polynomial.Polynomial.fit(at, level[: len(at)], 1)
    uneven_db = UNEVEN_DB if end > CLOSE_FRAMES else UNEVEN_CLOSE_DB
    return end if float(np.std(level[: len(at)] - line(at))) < uneven_db else 0
