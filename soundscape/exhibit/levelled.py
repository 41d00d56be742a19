"""The level of an exhibit: caps that nothing passes, profiles, and the fades of opening and closing.

All of it is found by looking ahead and behind in what was rendered, never by what a meter has seen since the morning:
so the same minute has the same level in every run. Looking reaches one window to both sides.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import minimum_filter1d

from soundscape.audio.loudness import HOPS_PER_S, MOMENTARY_HOPS, OFFSET_LU, Energies, gated_lufs
from soundscape.compiled import kernel
from soundscape.engine.voices import GRID
from soundscape.exhibit.exhibit import Caps
from soundscape.exhibit.plan import Plan
from soundscape.units import SILENCE_DB, Samples, frame_at

ASIDE_DB = 0.1
"""Caps are held with so much to spare: a meter's windows lie elsewhere than these."""
DIP_S = 1.0
"""The level goes down so long before a moment that is too loud, and comes back as long after it."""
OPENING_S = 5.0
LEVEL_FADE_S = 10.0
Floats = NDArray[np.float64]


@kernel
def bring(gains, ramp, flat):  # type: ignore[no-untyped-def]
    """Bring samples of frames to a level that goes straight from one row of the grid to the next.

    gains             (n_rows + 1,) float64
    ramp              (n * n_channels,) float32: how far each sample of a row has gone
    flat              (n_rows * n * n_channels,) float32: changed where they are
    """
    n = np.uint64(ramp.size)
    for row in range(np.uint64(gains.size - 1)):
        first, step = np.float32(gains[row]), np.float32(gains[row + np.uint64(1)] - gains[row])
        begin = row * n
        for k in range(n):
            flat[begin + k] *= first + step * ramp[k]


@dataclass(frozen=True, eq=False)
class Heard:
    """A window as it was mixed, and how loud it is."""

    samples: Samples
    hops: Floats
    """Weighted energy of each hundredth of a second."""
    integrated_lufs: float
    """Gated, its loudest moments turned down already."""


def hear(samples: Samples, caps: Caps, *, rate_hz: int, weights: tuple[float, ...]) -> Heard:
    """Measure a window by itself."""
    energies = Energies(rate_hz, weights)
    energies.update(samples)
    hops = energies.hops()
    dipped = hops * 10.0 ** (_dips_db(hops, caps, rate_hz) / 10.0)
    return Heard(samples, hops, gated_lufs(dipped, rate_hz))


def _dips_db(hops: Floats, caps: Caps, rate_hz: int) -> Floats:
    """What is taken off round moments that would be too loud, at each hop: <= 0.

    The lowest that any moment within reach asks for, made round by a window as long: so no moment is above its cap.
    """
    if len(hops) <= MOMENTARY_HOPS:
        return np.zeros(len(hops))
    sums = np.cumsum(np.concatenate([np.zeros(MOMENTARY_HOPS), hops]))
    powers = (sums[MOMENTARY_HOPS:] - sums[:-MOMENTARY_HOPS]) * HOPS_PER_S / (MOMENTARY_HOPS * rate_hz)
    loud_db = OFFSET_LU + 10.0 * np.log10(np.maximum(powers, 1e-30))
    over_db: Floats = np.minimum(0.0, caps.momentary_lufs - ASIDE_DB - loud_db)
    if not over_db.any():
        return over_db
    # A moment ends with its hop: the forty before it are it, and have to be turned down as well.
    reach = int(DIP_S * HOPS_PER_S)
    held = minimum_filter1d(over_db, 2 * (reach + MOMENTARY_HOPS) + 1, mode="nearest")
    round_off = np.hanning(2 * reach + 1)
    smooth: Floats = np.convolve(np.pad(held, reach, mode="edge"), round_off / round_off.sum(), mode="valid")
    return smooth


class Levelled:
    """Windows at the level at which visitors hear them.

    Parameters
    ----------
    weights : (n_channels,)
        BS.1770 weights of the layout's channels.
    n_frames
        Of a window.
    """

    def __init__(self, plan: Plan, caps: Caps, *, rate_hz: int, weights: tuple[float, ...], n_frames: int) -> None:
        self._plan, self._caps, self._rate_hz, self._weights, self._n_frames = plan, caps, rate_hz, weights, n_frames
        self._ramp = np.repeat((np.arange(GRID) / GRID).astype(np.float32), len(weights))

    def windows(self, raw: Iterator[Samples], first: int) -> Iterator[tuple[Samples, Floats]]:
        """Window `first` and those after it, and the weighted energy of each of their hundredths of a second.

        Parameters
        ----------
        raw
            Windows as they were mixed, from `max(0, first - 1)` on; they are changed where they are.
        """
        before = self._hear(next(raw)) if first else None
        here = self._hear(next(raw))
        window = first
        for samples in raw:
            after = self._hear(samples)
            gains = self._gains(before, here, after, window)
            bring(gains, self._ramp, here.samples.reshape(-1))
            # The level moves so slowly that what was weighted before it is as good as what is weighted after it.
            middles = (np.arange(len(here.hops)) + 0.5) * self._rate_hz / HOPS_PER_S
            yield here.samples, here.hops * np.square(np.interp(middles / GRID, np.arange(len(gains)), gains))
            before, here, window = here, after, window + 1

    def _hear(self, samples: Samples) -> Heard:
        return hear(samples, self._caps, rate_hz=self._rate_hz, weights=self._weights)

    def _gains(self, before: Heard | None, here: Heard, after: Heard, window: int) -> Floats:
        """Gain of a window at each row of the grid, its end included."""
        near = [one for one in (before, here, after) if one is not None]
        most_db, at = [self._most_db(one) for one in near], near.index(here)
        hops_s = np.arange(len(here.hops) + 1) / HOPS_PER_S
        rows = np.arange(self._n_frames // GRID + 1) * GRID
        slow_db = np.linspace(min(most_db[: at + 1]), min(most_db[at:]), len(rows))
        dips_db = np.interp(rows / self._rate_hz, hops_s, self._dips_db(near, at))
        frames = window * self._n_frames + rows
        gain_db = slow_db + dips_db + self._asked_db(frames / self._rate_hz)
        return np.where(gain_db > SILENCE_DB, 10.0 ** (gain_db / 20.0), 0.0) * self._doors(frames)

    def _most_db(self, heard: Heard) -> float:
        """Gain at which a window by itself is as loud as hours may be; never above 0."""
        return min(0.0, self._caps.hours_lufs - ASIDE_DB - heard.integrated_lufs)

    def _dips_db(self, near: list[Heard], at: int) -> Floats:
        """What is taken off at the edges of the hops of window `at`, seen from both sides."""
        dips_db = _dips_db(np.concatenate([one.hops for one in near]), self._caps, self._rate_hz)
        begin = sum(len(one.hops) for one in near[:at])
        return dips_db[begin : begin + len(near[at].hops) + 1]

    def _asked_db(self, times_s: Floats) -> Floats:
        """Level that profiles and rules ask for, going from one to the next in ten seconds."""
        levels = self._plan.levels_db
        if len(levels) == 1:
            return np.full(len(times_s), levels[0][1])
        knots_s, knots_db = [levels[0][0]], [levels[0][1]]
        for (_, before_db), (at_s, level_db) in pairwise(levels):
            # What a person asked for changes nothing before it.
            knots_s += [max(at_s, knots_s[-1]), max(at_s, knots_s[-1]) + LEVEL_FADE_S]
            knots_db += [before_db, level_db]
        return np.interp(times_s, knots_s, np.maximum(knots_db, SILENCE_DB))

    def _doors(self, frames: NDArray[np.int64]) -> Floats:
        """Soft in after the opening, soft out before the doors close, nothing after that."""
        n_fade = frame_at(OPENING_S, self._rate_hz)
        n_frames = frame_at(self._plan.duration_s, self._rate_hz)
        share = np.clip(np.minimum(frames, n_frames - frames) / n_fade, 0.0, 1.0)
        return np.asarray(0.5 - 0.5 * np.cos(np.pi * share))
