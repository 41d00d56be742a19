"""What stands out of the background, frame by frame: a picture that knows neither the recorder nor the place.

The background of each band is a floor and a spread: a low percentile of the time around (after minimum statistics,
Martin, IEEE Transactions on Speech and Audio Processing 9, 2001), and how far the quieter moments lie below it, which
no event can reach. Wind that comes and goes has a wide spread in its low bands, so what is measured in spreads does not
rise with a gust.
"""

from __future__ import annotations

import numpy as np
from scipy.ndimage import uniform_filter1d

from soundscape.analysis.frames import HOPS_PER_S, Floats

HOP_FRAMES = 2
STEPS_PER_S = HOPS_PER_S // HOP_FRAMES
QUIETEST_DB = -90.0
FLOOR_S, NEAR_FLOOR_S = 30, 6
PERCENTILE = 25
GAUSSIAN_SPREAD = 6.7
"""Standard deviation of a Gaussian against its mean depth below its lower quartile."""
LEAST_SPREAD_DB = 1.0
SMOOTH_FRAMES = 5
UNIT_DB, UNIT_SPREADS, FARTHEST, N_VIEWS = 20.0, 4.0, 4.0, 3
"""What is 1 in the picture; nothing is farther from 0 than `FARTHEST`."""


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


def picture_of(bands_db: Floats) -> Floats:
    """Picture of (n_frames, N_BANDS) levels in dB that does not know the level of the take.

    Returns
    -------
    (n_steps, N_BANDS, N_VIEWS) float32
        A step each 20 ms: how far each band is above its background, the same in spreads, and how far it is above the
        background of a shorter time.
    """
    levels = np.maximum(bands_db, np.float32(QUIETEST_DB))
    steps = uniform_filter1d(levels, SMOOTH_FRAMES, axis=0)[::HOP_FRAMES]
    floor, spread = (each[::HOP_FRAMES] for each in floor_and_spread(levels, FLOOR_S))
    near_floor = _each_frame(_lows(levels, NEAR_FLOOR_S)[1], len(levels))[::HOP_FRAMES]
    excess = steps - floor
    views = (excess / UNIT_DB, excess / (UNIT_SPREADS * (spread + LEAST_SPREAD_DB)), (steps - near_floor) / UNIT_DB)
    return np.stack(views, axis=2).clip(-FARTHEST, FARTHEST)
