"""What the tagger looks at: numbers of a segment that follow the sound more than the recorder.

Levels are relative to the loudest moment, so that gain does not count; bands stand on one scale of frequencies whatever
the rate of the file is.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.fft import dct, next_fast_len, rfft
from scipy.ndimage import uniform_filter1d

from soundscape.analysis.features import cut
from soundscape.analysis.frames import HIGHEST_HZ, HOPS_PER_S, LOWEST_HZ, N_BANDS, TINY, Floats, Frames, mel_of
from soundscape.analysis.taggers.looks import fine_structure
from soundscape.analysis.taggers.measured import measured_columns

Doubles = NDArray[np.float64]

DEEPEST_DB = 70.0
"""What is so far below the loudest moment of the loudest band does not count."""
QUIET_DB = 60.0
N_TIMBRE, N_GROUPS, N_WIDE = 20, 10, 8
MODULATION_HZ = (0.5, 1.0, 2.0, 4.0, 8.0, 12.0, 18.0, 28.0, 50.0)
AFTER_FRAMES = (3, 6, 12, 25, 50, 100)
BEFORE_FRAMES = (3, 6, 12, 25)
N_SHAPE = 12
FINE_S = 0.001
AFTER_FINE = (3, 6, 12, 25, 50, 100)
LONGEST_S = 6.0
LONGEST_LOOK, LOOK = 1000, 500
"""Frames: a longer segment is looked at in three places of so many."""


class Look(NamedTuple):
    """What is seen of a segment at once."""

    columns: Floats
    """(n_columns,); what was not measured is not a number."""
    bands: NDArray[np.float16]
    """(n_frames, N_BANDS) levels in dB below the loudest, to some hundredths."""


def looks_of(segment: Frames, features: Mapping[str, float]) -> list[Look]:
    """Look at a segment: once, or where it is long at its beginning, middle and end; not where there is no sound.

    What was measured of the whole of it, `features`, is told at every look.
    """
    n = len(segment)
    starts = (0,) if n <= LONGEST_LOOK else (0, (n - LOOK) // 2, n - LOOK)
    parts = [segment if len(starts) == 1 else cut(segment, start, start + LOOK) for start in starts]
    measured = measured_columns(features)
    return [_look(part, measured) for part in parts if len(part) and np.any(part.samples)]


def _look(frames: Frames, measured: Floats) -> Look:
    bands = bands_of(frames)
    return Look(np.concatenate([columns_of(frames, bands), measured]), bands.astype(np.float16))


def bands_of(frames: Frames) -> Floats:
    """Levels of bands from 50 Hz to 16 kHz whatever the rate is, (n_frames, N_BANDS) in dB below the loudest."""
    bands = frames.bands_db @ _same_bands(frames.rate_hz)[0] + _same_bands(frames.rate_hz)[1]
    return np.asarray(np.maximum(bands - bands.max(), -DEEPEST_DB), np.float32)


@lru_cache(maxsize=8)
def _same_bands(rate_hz: int) -> tuple[Floats, Floats]:
    """Matrix and offsets from the bands of a rate to those of a high rate; those above its own lie at the bottom."""
    low, high = mel_of(np.array([LOWEST_HZ, HIGHEST_HZ]))
    own_high = float(mel_of(np.array([min(HIGHEST_HZ, 0.49 * rate_hz)]))[0])
    wanted, own = np.linspace(low, high, N_BANDS + 2)[1:-1], np.linspace(low, own_high, N_BANDS + 2)[1:-1]
    rows = np.stack([np.interp(wanted, own, unit) for unit in np.eye(N_BANDS)])
    offsets = np.full(N_BANDS, 10.0 * np.log10((high - low) / (own_high - low)))
    beyond = wanted > own_high
    rows[:, beyond], offsets[beyond] = 0.0, -120.0
    return np.asarray(rows, np.float32), np.asarray(offsets, np.float32)


def columns_of(frames: Frames, of_bands: Floats) -> Floats:
    """Describe a segment by its frames, which must not be empty, and what `bands_of` them is: (n_columns,) float32."""
    bands = np.asarray(of_bands, np.float64)
    power = np.maximum(np.asarray(frames.power, np.float64), TINY)
    levels = np.maximum(10.0 * np.log10(power / power.max()), -QUIET_DB)
    weights = 10.0 ** (levels / 20.0)
    weights /= weights.sum()
    columns = (
        _timbre(bands, weights),
        _modulation(bands),
        _rise_and_fall(bands, levels),
        _shape(levels, frames),
        _fine_shape(frames),
        fine_structure(frames, levels),
    )
    return np.asarray(np.concatenate(columns), np.float32)


def _grouped(bands: Doubles, n_groups: int) -> Doubles:
    return np.asarray(bands.reshape(*bands.shape[:-1], n_groups, -1).mean(axis=-1))


def _timbre(bands: Doubles, weights: Doubles) -> Doubles:
    """Mean spectrum as cepstra, and how each band spreads, moves and peaks."""
    mean = weights @ bands
    spread = np.sqrt(weights @ (bands - mean) ** 2)
    change = np.diff(bands, axis=0, prepend=bands[:1])
    moved = np.sqrt(weights @ change**2)
    low, middle, high = np.percentile(bands, (10, 50, 90), axis=0)
    return np.concatenate([
        dct(mean, norm="ortho")[:N_TIMBRE], dct(high, norm="ortho")[:N_TIMBRE],
        _grouped(spread, N_GROUPS), _grouped(moved, N_GROUPS), _grouped(high - low, N_GROUPS),
        _grouped(high - middle, N_GROUPS), [np.abs(np.diff(mean)).mean(), np.abs(np.diff(bands, axis=1)).mean()],
        _percentiles(mean), [(weights @ np.maximum(change, 0.0)).mean(), (weights @ np.minimum(change, 0.0)).mean()],
    ])  # fmt: skip


def _percentiles(mean_db: Doubles) -> Doubles:
    """Bands below which 10, 25, 50, 75, 90 and 97 % of the power lie, the outer ones from the middle one."""
    share = np.cumsum(10.0 ** (mean_db / 10.0))
    at = np.interp(np.array([0.1, 0.25, 0.5, 0.75, 0.9, 0.97]) * share[-1], share, np.arange(len(share)))
    return np.concatenate([at[2:3], at[:2] - at[2], at[3:] - at[2]])


def _modulation(bands: Doubles) -> Doubles:
    """How strongly eight wide bands tremble at each speed, and how far they do so together."""
    wide = _grouped(bands, N_WIDE)
    away = wide - wide.mean(axis=0)
    n_fft = next_fast_len(max(256, len(wide)), real=True)
    spectrum = np.abs(rfft(away * np.hanning(len(wide) + 2)[1:-1, None], n_fft, axis=0)) ** 2
    sums = np.concatenate([np.zeros((1, N_WIDE)), np.cumsum(spectrum, axis=0)])
    at = np.round(np.array(MODULATION_HZ) / HOPS_PER_S * n_fft).astype(int).clip(0, len(spectrum))
    depth = np.log10(1.0 + (sums[at[1:]] - sums[at[:-1]]) / (len(wide) * n_fft))
    steps = np.diff(wide, axis=0)
    length = np.sqrt(np.square(steps).sum(axis=0)) + 1e-9
    together = (steps.T @ steps) / np.outer(length, length) if len(steps) else np.zeros((N_WIDE, N_WIDE))
    return np.concatenate([depth.ravel(), [together[np.triu_indices(N_WIDE, 1)].mean()], np.diag(together, 1)])


def _rise_and_fall(bands: Doubles, levels: Doubles) -> Doubles:
    """Levels of wide bands before and after the loudest moment, against those at it."""
    peak = int(np.argmax(levels))
    wide = _grouped(uniform_filter1d(bands, 3, axis=0), N_WIDE)
    after = wide[np.minimum(peak + np.array(AFTER_FRAMES), len(wide) - 1)] - wide[peak]
    before = _grouped(wide[np.maximum(peak - np.array(BEFORE_FRAMES), 0)] - wide[peak], 4)
    late = wide.argmax(axis=0) - peak
    return np.concatenate([after.ravel(), before.ravel(), np.sign(late) * np.log1p(np.abs(late))])


def _shape(levels: Doubles, frames: Frames) -> Doubles:
    """How the level goes, and brightness and noisiness with it."""
    n = len(levels)
    sorted_levels = np.interp(np.linspace(0, len(levels) - 1, N_SHAPE), np.arange(n), levels)
    at = np.arange(n) / HOPS_PER_S
    power = 10.0 ** (levels / 10.0)
    power /= power.sum()
    centre = float(power @ at)
    jumps = np.diff(uniform_filter1d(levels, 3), prepend=levels[0])
    bright = np.log2(np.maximum(frames.centroid_hz, 30.0).astype(np.float64))
    noisy = np.log2(np.maximum(frames.flatness, 1e-5).astype(np.float64))
    means = (float(power @ bright), float(power @ noisy))
    spreads = (np.sqrt(power @ (bright - means[0]) ** 2), np.sqrt(power @ (noisy - means[1]) ** 2))
    return np.concatenate([
        sorted_levels, np.percentile(levels, (5, 25, 50, 75)),
        [min(np.log2(n / HOPS_PER_S), np.log2(LONGEST_S)), centre / at[-1] if n > 1 else 0.5,
         np.log2(0.01 + np.sqrt(power @ (at - centre) ** 2)), np.log2(0.01 + np.argmax(levels) / HOPS_PER_S),
         float((levels > -10.0).mean()), float((levels > -25.0).mean()),
         np.log2(0.2 + np.count_nonzero((jumps[1:] > 3.0) & (jumps[:-1] <= 3.0)) / (0.3 + n / HOPS_PER_S)),
         np.abs(jumps).mean(), jumps.max(), *means, *spreads, _slope(bright, power), _slope(noisy, power)],
    ])  # fmt: skip


def _slope(values: Doubles, weights: Doubles) -> float:
    """Whether values rise with time: correlation, -1 to 1."""
    at = np.linspace(-1.0, 1.0, len(values))
    at, values = at - weights @ at, values - weights @ values
    return float(weights @ (at * values) / np.sqrt((weights @ at**2) * (weights @ values**2) + 1e-6))


def _fine_shape(frames: Frames) -> Doubles:
    """Rise and fall around the loudest moment, millisecond by millisecond; how peaked the samples are."""
    step = max(1, round(FINE_S * frames.rate_hz))
    peak = int(np.argmax(frames.power)) * frames.rate_hz // HOPS_PER_S
    near = np.asarray(frames.samples[max(0, peak - 200 * step) : peak + 300 * step], np.float64)
    squares = np.square(near[: len(near) // step * step])
    if not len(squares):
        return np.zeros(len(AFTER_FINE) * 2 + 3)
    env = uniform_filter1d(squares.reshape(-1, step).mean(axis=1), 3)
    db = np.maximum(10.0 * np.log10(env / (env.max() + 1e-15) + 1e-6), -60.0)
    top, at = int(np.argmax(db)), np.array(AFTER_FINE)
    steps = np.abs(np.diff(db, prepend=db[0]))
    peaked = np.log2(np.square(squares).mean() / (squares.mean() ** 2 + 1e-15) + 0.1)
    return np.concatenate([db[np.minimum(top + at, len(db) - 1)], db[np.maximum(top - at, 0)],
                           [steps.mean(), np.percentile(steps, 95), peaked]])  # fmt: skip
