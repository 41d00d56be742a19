"""What stands out of the background, frame by frame: columns that know neither the recorder nor the place.

The background of each band is a floor and a spread: a low percentile of the time around (after minimum statistics,
Martin, IEEE Transactions on Speech and Audio Processing 9, 2001), and how far the quieter moments lie below it, which
no event can reach. Wind that comes and goes has a wide spread in its low bands, so what is measured in spreads does not
rise with a gust.
"""

from __future__ import annotations

import numpy as np
from scipy.ndimage import maximum_filter1d, uniform_filter1d

from soundscape.analysis.frames import HOPS_PER_S, N_BANDS, Floats

HOP_FRAMES = 2
STEPS_PER_S = HOPS_PER_S // HOP_FRAMES
QUIETEST_DB = -90.0
FLOOR_S, NEAR_FLOOR_S = 30, 6
PERCENTILE = 25
GAUSSIAN_SPREAD = 6.7
"""Standard deviation of a Gaussian against its mean depth below its lower quartile."""
LEAST_SPREAD_DB = 1.0
RANKS = (0, 1, 3, 6, 11, 20, 30, N_BANDS)
"""Bands are averaged by rank, loudest first: which band it is does not matter."""
AROUND = (-100, -50, -25, -10, -4, 0, 4, 10, 25, 50, 100)
"""Steps at which the excess is seen, from 2 s before to 2 s after."""


def floor_and_spread(bands_db: Floats, floor_s: int) -> tuple[Floats, Floats]:
    """Background of each band and its spread in dB, (n_frames, N_BANDS) each.

    Found each second from the means of 100 ms, and linear between.
    """
    windows, low = _lows(bands_db, floor_s)
    spread = GAUSSIAN_SPREAD * np.maximum(low[:, :, None] - windows, 0.0).mean(axis=2)
    return _each_frame(low, len(bands_db)), _each_frame(spread, len(bands_db))


def _lows(bands_db: Floats, floor_s: int) -> tuple[Floats, Floats]:
    """Levels around each second, (n, N_BANDS, n_around), and the low percentile of them, (n, N_BANDS)."""
    n_frames, step = len(bands_db), HOPS_PER_S // 10
    n_slow = -(-n_frames // step)
    slow = np.pad(bands_db, ((0, n_slow * step - n_frames), (0, 0)), mode="edge").reshape(n_slow, step, -1).mean(axis=1)
    size = min(n_slow, floor_s * 10)
    starts = np.clip(np.arange(0, n_slow + 10, 10) - size // 2, 0, n_slow - size)
    windows = np.lib.stride_tricks.sliding_window_view(slow, size, axis=0)[starts]
    rank = size * PERCENTILE // 100
    return windows, np.partition(windows, rank, axis=2)[:, :, rank]


def _each_frame(each_s: Floats, n_frames: int) -> Floats:
    at_s = np.arange(n_frames, dtype=np.float32) / HOPS_PER_S
    before = at_s.astype(int)
    part = (at_s - before)[:, None]
    return np.asarray(each_s[before] * (1.0 - part) + each_s[before + 1] * part, np.float32)


def columns_of(bands_db: Floats) -> Floats:
    """Columns of (n_frames, N_BANDS) levels in dB, (n_steps, N_COLUMNS) with a step each 20 ms."""
    levels = np.maximum(bands_db, np.float32(QUIETEST_DB))
    steps = uniform_filter1d(levels, 5, axis=0)[::HOP_FRAMES]
    floor, spread = (each[::HOP_FRAMES] for each in floor_and_spread(levels, FLOOR_S))
    near_floor = _each_frame(_lows(levels, NEAR_FLOOR_S)[1], len(levels))
    excess = steps - floor
    spreads = excess / (spread + np.float32(LEAST_SPREAD_DB))
    near = _ranked(steps - near_floor[::HOP_FRAMES])
    both = np.concatenate([_ranked(excess), _ranked(spreads)], axis=1)
    groups = spreads.reshape(len(steps), 8, -1).mean(axis=2)
    columns = [moved(both, by) for by in AROUND] + [moved(near, by) for by in (-50, -10, 0, 10, 50)]
    columns += [*_changes(steps), groups, uniform_filter1d(groups, 25, axis=0), np.log(spread[:, ::8] + 0.1)]
    columns += [_likeness(np.maximum(excess, 0.0), length) for length in (9, 25, 75)]
    return np.concatenate(columns, axis=1)


def _ranked(levels: Floats) -> Floats:
    """Mean over the loudest band, the next two, and so on."""
    ordered = np.sort(levels, axis=1)[:, ::-1]
    counts = np.diff(RANKS).astype(np.float32)
    return np.asarray(np.add.reduceat(ordered, RANKS[:-1], axis=1) / counts, np.float32)


def moved(columns: Floats, by: int) -> Floats:
    """Row i is what row i + by was; beyond the ends it is as at the ends."""
    return columns[np.clip(np.arange(len(columns)) + by, 0, len(columns) - 1)]


def _changes(steps: Floats) -> list[Floats]:
    """How much comes and goes at each step, and how much is new against, or gone for, half a second or two."""
    short, long = uniform_filter1d(steps, 5, axis=0), uniform_filter1d(steps, 50, axis=0)
    rise, swell = moved(steps, 2) - moved(short, -4), moved(long, 26) - moved(long, -26)
    changes = [_ranked(rise), _ranked(-rise), _ranked(swell), _ranked(-swell)]
    for length in (25, 100):
        highest = maximum_filter1d(steps, length, axis=0)
        half = length // 2
        changes.append(_ranked(moved(short, 4) - moved(highest, -3 - half)))
        changes.append(_ranked(moved(short, -4) - moved(highest, 3 + half)))
    return changes


def _likeness(excess: Floats, length: int) -> Floats:
    """Cosine between what stands out before and after, (n_steps, 1)."""
    mean = uniform_filter1d(excess, length, axis=0)
    before, after = moved(mean, -(length // 2) - 3), moved(mean, length // 2 + 2)
    sizes = np.sqrt(np.square(before).sum(axis=1) * np.square(after).sum(axis=1))
    return np.asarray(((before * after).sum(axis=1) / (sizes + 10.0))[:, None], np.float32)
