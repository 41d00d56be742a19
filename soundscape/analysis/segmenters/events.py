"""Events above what is steady: a floor for each band follows the background; a sound that starts anew is cut."""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import maximum_filter1d, percentile_filter, uniform_filter1d

from soundscape.analysis.frames import HOPS_PER_S, Floats, Frames

SILENT_DB = -75.0
FLOOR_PERCENTILE = 25
FLOOR_S = 30.0
START_DB, STAY_DB = 10.0, 3.0
"""How far the bands that stand out must rise above their floor for an event to begin, and to go on."""
LOUD_BANDS = 8
SHORT_TAKE_S, TAIL_DB = 6.0, 45.0
JOIN_S = 0.25
SHORTEST_S = 0.05
DIP_DB = 16.0
"""A sound that falls by so much and rises again by so much within an event is another event."""
APART_S = 0.12
BEAT_S, TAIL_FALL_DB, TAIL_PERCENTILE, TAIL_OVER_DB = 1.2, 2.5, 5, 6.0
"""Highest levels in such a time, in which a bell has beaten once, must fall by so much for a tail to go on, down to so
far above the quietest moments."""


class Span(NamedTuple):
    """Frames of a segment: first, and one beyond the last."""

    start: int
    stop: int
    kind: Literal["event", "texture"]


def floor_db(bands_db: Floats) -> Floats:
    """Background of each band: a low percentile of the 30 s around, of levels every 100 ms.

    After minimum statistics (Martin, IEEE Transactions on Speech and Audio Processing 9, 2001), with a percentile for
    the minimum: dropouts do not count.
    """
    step = HOPS_PER_S // 10
    n_steps = -(-len(bands_db) // step)
    padded = np.pad(bands_db, ((0, n_steps * step - len(bands_db)), (0, 0)), mode="edge")
    slow = padded.reshape(n_steps, step, -1).mean(axis=1)
    size = min(n_steps, round(FLOOR_S * 10))
    low = percentile_filter(slow, FLOOR_PERCENTILE, size=(size, 1), mode="nearest")
    return np.asarray(np.repeat(low, step, axis=0)[: len(bands_db)], np.float32)


def excess_db(frames: Frames) -> NDArray[np.float64]:
    """How far the bands that stand out most are above their floor, (n_frames,)."""
    smooth = uniform_filter1d(frames.bands_db, 3, axis=0)
    above = np.maximum(smooth, SILENT_DB - 15.0) - np.maximum(floor_db(frames.bands_db), SILENT_DB - 15.0)
    return np.asarray(np.sort(above, axis=1)[:, -LOUD_BANDS:].mean(axis=1), np.float64)


def events(frames: Frames, _found: list[Span]) -> list[Span]:
    """Events on top of what is steady; in a short take, everything that is heard."""
    levels_db = 10.0 * np.log10(frames.power + 1e-12)
    excess = excess_db(frames)
    spread = float(np.median(np.abs(excess - np.median(excess))))
    raised = np.percentile(excess, 30) + START_DB + min(1.5 * spread, 3.0)
    heard = levels_db > SILENT_DB
    on = _hysteresis((excess > raised) & heard, (excess > raised - START_DB + STAY_DB) & heard)
    spans = _joined(_runs(on))
    if len(frames) < SHORT_TAKE_S * HOPS_PER_S:  # too short to know what is steady: everything that is heard
        spans = _joined(_runs(levels_db > max(SILENT_DB, float(levels_db.max()) - TAIL_DB)))
    cut = _with_tails([part for start, stop in spans for part in _split(levels_db, start, stop)], levels_db)
    kept = [Span(start, stop, "event") for start, stop in cut if stop - start >= SHORTEST_S * HOPS_PER_S]
    return kept or [Span(start, stop, "event") for start, stop in cut[:1]]


def _with_tails(spans: list[tuple[int, int]], levels_db: NDArray[np.floating]) -> list[tuple[int, int]]:
    """Long spans, which go on for as long as they keep falling: the hum of a bell fills one band, lasts, and beats."""
    step, beat = HOPS_PER_S // 10, round(BEAT_S * HOPS_PER_S)
    smooth = uniform_filter1d(np.asarray(levels_db, np.float64), 5)
    coming_db = maximum_filter1d(smooth, beat, origin=-(beat // 2))
    lowest_db = max(SILENT_DB, float(np.percentile(smooth, TAIL_PERCENTILE)) + TAIL_OVER_DB)
    longer = []
    for number, (start, stop) in enumerate(spans):
        limit = spans[number + 1][0] if number + 1 < len(spans) else len(levels_db)
        end = stop
        while stop - start > beat and end + step < limit and coming_db[end] > lowest_db:
            later = min(end + beat, limit - 1)
            if smooth[later : min(later + beat, limit)].max() > coming_db[end] - TAIL_FALL_DB * (later - end) / beat:
                break
            end += step
        longer.append((start, end))
    return longer


def _hysteresis(begins: NDArray[np.bool_], stays: NDArray[np.bool_]) -> NDArray[np.bool_]:
    on = np.zeros(len(begins), bool)
    for start, stop in _runs(stays):
        on[start:stop] = begins[start:stop].any()
    return on


def _runs(on: NDArray[np.bool_]) -> list[tuple[int, int]]:
    edges = np.flatnonzero(np.diff(np.concatenate([[0], on.astype(np.int8), [0]])))
    return [(int(a), int(b)) for a, b in edges.reshape(-1, 2)]


def _joined(runs: list[tuple[int, int]]) -> list[tuple[int, int]]:
    joined: list[tuple[int, int]] = []
    for start, stop in runs:
        if joined and start - joined[-1][1] < JOIN_S * HOPS_PER_S:
            joined[-1] = (joined[-1][0], stop)
        else:
            joined.append((start, stop))
    return joined


def _split(levels_db: NDArray[np.floating], start: int, stop: int) -> list[tuple[int, int]]:
    """Cut where the level fell by `DIP_DB` and rises again sharply, as between knocks."""
    smooth = uniform_filter1d(np.asarray(levels_db[start:stop], np.float64), 3)
    cuts, peak, low = [0], smooth[0], 0
    for i, level in enumerate(smooth):
        if level < smooth[low]:
            low = i
        if level > peak:
            peak, low = level, i
        rises = level - smooth[low] > DIP_DB and level - smooth[max(0, i - 6)] > 0.7 * DIP_DB
        if rises and peak - smooth[low] > DIP_DB and low - cuts[-1] > APART_S * HOPS_PER_S:
            cuts.append(low)
            peak, low = level, i
    return [(start + a, start + b) for a, b in zip(cuts, [*cuts[1:], stop - start], strict=True)]
