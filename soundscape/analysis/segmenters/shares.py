"""How surely something stands out of the background, begins, and ends, at each step of 20 ms.

One hidden layer on the columns of `standing`, taught on random scenes by `python -m recordings.teach_segments`.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import numpy as np

from soundscape.analysis.frames import Floats
from soundscape.analysis.segmenters.standing import columns_of

WEIGHTS = Path(__file__).with_name("shares.npz")
FARTHEST = 6.0
"""Columns are kept within so many standard deviations of what was taught: a strange take cannot run away."""


@lru_cache(maxsize=1)
def _weights() -> tuple[Floats, ...]:
    with np.load(WEIGHTS) as stored:
        names = ("means", "spreads", "inner", "inner_offsets", "outer", "outer_offsets")
        return tuple(stored[name].astype(np.float32) for name in names)


def shares_of(bands_db: Floats) -> Floats:
    """Shares 0..1 of (n_frames, N_BANDS) levels in dB, (n_steps, 3): that something is on, begins, ends."""
    means, spreads, inner, inner_offsets, outer, outer_offsets = _weights()
    columns = np.clip((columns_of(bands_db) - means) / spreads, -FARTHEST, FARTHEST)
    hidden = np.maximum(columns @ inner + inner_offsets, 0.0)
    return np.asarray(1.0 / (1.0 + np.exp(-(hidden @ outer + outer_offsets))), np.float32)
