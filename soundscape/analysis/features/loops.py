"""Where a texture goes round: two points between which it can be repeated, and nobody hears where it begins again."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.fft import irfft, next_fast_len, rfft
from scipy.ndimage import maximum_filter1d, uniform_filter1d

from soundscape.analysis.frames import HOPS_PER_S, Floats, Frames, frames_of, level_db
from soundscape.catalogue.segment import Loop

LONGEST_FADE_S, FADE_SHARE = 2.0, 1.0 / 6.0
SHORTEST_S = 1.0
"""A loop that is shorter is heard as a rhythm."""
STEP = 5
"""Frames between the moments that are compared first; around the best of them every frame is tried."""
N_GROUPS, N_PARTS = 10, 6
"""Groups of bands, and parts of the crossfade, that are compared at first."""
MOST_STEP_DB = 0.5
"""Between the two sides of a crossfade."""
MOST_RANK = 0.9
"""A seam that stands out of more of the texture's own moments is none."""
GOOD_RANK = 0.5
"""Half of the texture's moments stand out more: nothing better needs to be looked for."""
N_TRIED = 6
UNHEARD_DB = (0.5, 1.0)
"""Changes of level and of spectrum that nobody hears, however steady the sound is: of noise 0.4 dB are the least that
is heard (Miller, Journal of the Acoustical Society of America 19, 1947)."""
SHORT_DB = 3.0
"""What a loop of half of the longest length must be better by, to be taken instead."""
MOMENT, ASIDE = 10, 30
REACH_S = 0.015
UNLIKE = 0.05
"""Correlation below which two sounds have little to do with each other: the level is right to 0.2 dB."""
QUIET_DB = 40.0

Matrix = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Seam:
    """A loop, and how far its seam stands out of the sound's own moments: the share of them that it exceeds."""

    loop: Loop
    rank: float


def best_loop(frames: Frames, *, is_note: bool = False) -> Seam | None:
    """The best loop of a texture or a note, None where every seam would be heard.

    Moments before the end and after the start are compared all through the crossfade, in level and bands, so that what
    is periodic goes round in step. The crossfade is of equal power, which is right for two sounds that have nothing to
    do with each other; where they have, as in a tone, the end is moved by up to 15 ms to where their correlation
    is zero: a tone then meets itself a quarter of a period later, and its level stays as it was (in step it would
    rise by 3 dB). At last the seam is made from the samples, and the largest change of level and of spectrum in it is
    compared with those of all other moments: of a note, with those from the middle of one crossfade to that of the
    next, since its attack and its end do not go round.

    Times count from the first of `frames.samples`.
    """
    bands = _audible(frames.bands_db)
    fade = min(round(LONGEST_FADE_S * HOPS_PER_S), round(len(bands) * FADE_SHARE))
    least = max(round(SHORTEST_S * HOPS_PER_S), 3 * fade)
    if fade < 2 * MOMENT or len(bands) < least + 2 * fade:
        return None
    levels = _moments(10.0 * np.log10(np.maximum(frames.power, 1e-12)), fade)
    own = _changes(frames.bands_db, frames.power)
    best: Seam | None = None
    for start, stop in _candidates(bands, levels, fade, least):
        seam = _seam(frames, own, start, stop, fade, is_note=is_note)
        if seam is not None and (best is None or seam.rank < best.rank):
            best = seam
        if best is not None and best.rank <= GOOD_RANK:
            break
    return best if best is not None and best.rank <= MOST_RANK else None


def _audible(bands_db: Floats) -> Matrix:
    return np.asarray(np.maximum(bands_db, bands_db.max() - 2.0 * QUIET_DB))


def _moments(levels_db: NDArray[np.floating], n: int) -> NDArray[np.float64]:
    """Level of the `n` frames that begin at each frame."""
    sums = np.concatenate([[0.0], np.cumsum(10.0 ** (levels_db.astype(np.float64) / 10.0))])
    return np.asarray(10.0 * np.log10((sums[n:] - sums[:-n]) / n + 1e-12))


def _candidates(bands: Matrix, levels: NDArray[np.float64], fade: int, least: int) -> list[tuple[int, int]]:
    """Starts, and ends of loops, in frames: those whose crossfades fit best, one for each of the best regions.

    The crossfade lies before the end, and its other side after the start.
    """
    first = _described(bands, fade)[::STEP]
    at = np.arange(len(first)) * STEP
    half = len(at) // 2
    squares = np.square(first).sum(axis=1)
    apart = squares[:half, None] + squares[None, half:] - 2.0 * first[:half] @ first[half:].T
    apart_db = np.sqrt(np.maximum(apart, 0.0) / first.shape[1])
    length = at[None, half:] + fade - at[:half, None]
    step_db = np.abs(levels[at[half:]][None, :] - levels[at[:half]][:, None])
    cost = apart_db + SHORT_DB * (1.0 - length / len(bands)) + 4.0 * np.maximum(step_db - 0.25 * MOST_STEP_DB, 0.0)
    cost[length < least] = np.inf
    found = []
    for _ in range(N_TRIED):
        row, column = np.unravel_index(int(np.argmin(cost)), cost.shape)
        if not np.isfinite(cost[row, column]):
            break
        exact = _refined(bands, levels, int(at[row]), int(at[half + column]), fade)
        if exact is not None:
            found.append((exact[0], exact[1] + fade))
        near = HOPS_PER_S // STEP // 2
        cost[max(0, row - near) : row + near, max(0, column - near) : column + near] = np.inf
    return found


def _described(bands: Matrix, fade: int) -> Matrix:
    """What sounds in the `fade` frames from each frame on: levels of groups of bands in its parts, in one row."""
    grouped = bands.reshape(len(bands), N_GROUPS, -1).mean(axis=2)
    part = max(1, fade // N_PARTS)
    sums = np.concatenate([np.zeros((1, N_GROUPS), np.float64), np.cumsum(grouped, axis=0, dtype=np.float64)])
    means = ((sums[part:] - sums[:-part]) / part).astype(np.float32)
    n = len(bands) - fade + 1
    return np.concatenate([means[i * part : i * part + n] for i in range(N_PARTS)], axis=1)


def _refined(bands: Matrix, levels: NDArray[np.float64], start: int, stop: int, fade: int) -> tuple[int, int] | None:
    """The start, and the end within `STEP` frames, between which the crossfades are most alike frame by frame."""
    wanted = bands[start : start + fade]
    tried = [at for at in range(stop - STEP, stop + STEP + 1)
             if 0 <= at <= len(bands) - fade and abs(levels[at] - levels[start]) <= 0.5 * MOST_STEP_DB]  # fmt: skip
    if not tried:
        return None
    apart = [float(np.square(bands[at : at + fade] - wanted).mean()) for at in tried]
    return start, tried[int(np.argmin(apart))]


def _seam(
    frames: Frames, own: tuple[Floats, Floats], start: int, stop: int, fade: int, *, is_note: bool
) -> Seam | None:  # fmt: skip
    """Compare a seam with the sound's own moments; None where the level would step."""
    rate_hz = frames.rate_hz
    first, planned, n = (round(at * rate_hz / HOPS_PER_S) for at in (start, stop, fade))
    last = min(_unlike(frames.samples, first, planned, n, rate_hz), len(frames.samples))
    ending, beginning = frames.samples[last - n : last], frames.samples[first : first + n]
    if abs(_level_db(ending) - _level_db(beginning)) > MOST_STEP_DB:
        return None
    made = _made(frames.samples, first, last, n, rate_hz)
    changes = _changes(made.bands_db[MOMENT:-MOMENT], made.power[MOMENT:-MOMENT])  # the ends are cut, and sound so
    between = slice(start + fade // 2, stop - fade // 2 - MOMENT)
    # few moments of a note are its own: what exceeds them by what nobody hears does not stand out
    ranks = [_rank(mine[between] + unheard if is_note else mine, column, unheard)
             for mine, column, unheard in zip(own, changes, UNHEARD_DB, strict=True)]  # fmt: skip
    return Seam(Loop(first / rate_hz, last / rate_hz, n / rate_hz), max(ranks))


def _rank(own: Floats, of_seam: Floats, unheard: float) -> float:
    """Share of the stretches as long as a seam that change less than it does at most."""
    most = float(of_seam.max())
    if most <= unheard:
        return 0.0
    span = min(len(of_seam), len(own))
    if not span:
        return 1.0
    wholly_within = slice(span // 2, len(own) - span + span // 2 + 1)
    return float(np.mean(maximum_filter1d(own, span)[wholly_within] < most))


def _made(samples: Floats, first: int, last: int, n: int, rate_hz: int) -> Frames:
    """The seam itself, with a little of what is before and after."""
    into = 0.5 * np.pi * (np.arange(n) + 0.5) / n
    crossed = np.asarray(np.cos(into) * samples[last - n : last] + np.sin(into) * samples[first : first + n])
    aside = ASIDE * rate_hz // HOPS_PER_S
    before, after = samples[max(0, last - n - aside) : last - n], samples[first + n : first + n + aside]
    return frames_of(np.concatenate([before, crossed, after], dtype=np.float32), rate_hz)


def _changes(bands_db: Floats, power: Floats) -> tuple[Floats, Floats]:
    """Change of level, and of the spectrum's shape, from the 100 ms before a frame to the 100 ms after, in dB."""
    bands = 10.0 * np.log10(uniform_filter1d(10.0 ** (bands_db / 10.0), MOMENT, axis=0))
    bands = np.maximum(bands, bands.max() - 2.0 * QUIET_DB)
    level = 10.0 * np.log10(uniform_filter1d(np.maximum(power, 1e-12), MOMENT))
    shape = bands - level[:, None]
    return (np.abs(level[MOMENT:] - level[:-MOMENT]),
            np.sqrt(np.square(shape[MOMENT:] - shape[:-MOMENT]).mean(axis=1)))  # fmt: skip


def _level_db(samples: Floats) -> float:
    return level_db(float(np.square(samples, dtype=np.float64).mean()))


def _unlike(samples: Floats, first: int, last: int, n: int, rate_hz: int) -> int:
    """End of the loop, moved to where its crossfade has nothing in common with that after the start."""
    reach = min(round(REACH_S * rate_hz), last - n, max(0, len(samples) - last))
    if reach < 1:
        return last
    # where both sound: in the middle of the crossfade
    weight = np.sin(np.pi * (np.arange(n) + 0.5) / n).astype(np.float32)
    beginning = (samples[first : first + n] - samples[first : first + n].mean()) * weight
    ending = samples[last - n - reach : last + reach]
    ending = ending - ending.mean()
    energy = float(np.sqrt(np.square(beginning).sum() * np.square(ending[reach:-reach] * weight).sum()))
    if abs(float(beginning @ (ending[reach:-reach] * weight))) <= UNLIKE * energy:
        return last
    size = next_fast_len(len(ending), real=True)
    # only products of stretches that lie within the ending: none goes round its end
    products = irfft(rfft(ending, size) * np.conj(rfft(beginning * weight, size)), size)[: 2 * reach + 1]
    likeness = np.abs(products) / max(energy, 1e-12)
    by_distance = np.argsort(np.abs(np.arange(-reach, reach + 1)), kind="stable")
    good = by_distance[likeness[by_distance] <= UNLIKE]
    return last - reach + int(good[0] if len(good) else np.argmin(likeness))
