"""Partials of what rings: sinusoids that stay where they are, such as those of bells, stones, strings and hinges."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.fft import next_fast_len, rfft
from scipy.ndimage import median_filter

from soundscape.analysis.frames import HOPS_PER_S, Floats
from soundscape.analysis.windows import hann
from soundscape.catalogue.features import N_PARTIALS

LOWEST_HZ, HIGHEST_HZ = 60.0, 6000.0
LOOK_S, HOP_S, LONGEST_S = 0.25, 0.125, 1.5
SETTLES_S = 0.03
"""What follows the loudest moment of a blow is noise of the blow."""
N_STEADY = 3
"""Looks in a row that must agree: two overlap by half, so that together they are half a second."""
ABOVE_DB, WITHIN_DB = 14.0, 40.0
"""How far above the noise around it a partial stands, and how far below the strongest one it may be."""
APART_BINS, WANDER_CENTS, WANDER_BINS = 2.5, 6.0, 0.04
LONGEST_DECAY_S = 60.0
MAINS_HZ, MAINS_OFF = (50.0, 60.0), 0.005
"""Mains hum, and how far its lines may be off, as a share: a network wanders by 0.4 %."""
HUM_TO_HZ = 1500.0
HUM_RISE_DB = 6.0
"""What rises by less where the sound begins was there before it."""
HUM_LOOK_S, LEAST_BEFORE_S = 0.5, 0.2
ROW = 128
TINY = 1e-20

Doubles = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Partial:
    """One sinusoid: where it is, its level against the strongest of the sound, and the time to fall by 60 dB."""

    hz: float
    level_db: float
    decay_s: float


def partials_of(samples: Floats, rate_hz: int, power: Floats, before: Floats | None = None) -> tuple[Partial, ...]:
    """Up to eight strongest steady partials of (n_samples,) sound, in order of frequency; none where nothing rings.

    Mains hum is none: what lies on a multiple of 50 or 60 Hz and was as strong before the sound, or, where nothing is
    before it, stays while the strongest partial dies away.

    Peaks of short spectra that follow each other at the same frequency are one partial (McAulay and Quatieri, IEEE
    Transactions on Acoustics, Speech and Signal Processing 34, 1986; Serra and Smith, Computer Music Journal 14, 1990).
    The frequency of each peak is that of a sinusoid under a Hann window (Grandke, IEEE Transactions on Instrumentation
    and Measurement 32, 1983).

    Parameters
    ----------
    samples : (n_samples,)
    rate_hz : int
    power : (n_frames,) mean square, `HOPS_PER_S` a second; tells where the sound is loudest
    before : (n,), optional
        What is heard before it; its end is listened to.

    Examples
    --------
    >>> time_s = np.arange(48_000) / 48_000
    >>> tone = np.float32(np.sin(2 * np.pi * 443.0 * time_s))
    >>> [round(one.hz, 1) for one in partials_of(tone, 48_000, np.ones(100, np.float32))]
    [443.0]
    """
    looks = _looks(samples, rate_hz, power)
    if looks is None:
        return ()
    bin_hz = rate_hz / looks.shape[1]
    top = int(min(HIGHEST_HZ, 0.45 * rate_hz) / bin_hz)
    magnitudes = np.asarray(np.abs(rfft(looks, axis=1)[:, : top + 2]), np.float64)
    level_db = 20.0 * np.log10(magnitudes + TINY)
    mean_db = 20.0 * np.log10(magnitudes.mean(axis=0) + TINY)
    noise_db = median_filter(mean_db, size=round(200.0 / bin_hz) | 1, mode="nearest")
    found = [_partial(at, magnitudes, level_db, noise_db, bin_hz) for at in _peaks(mean_db, noise_db, bin_hz)]
    steady = sorted((one for one in found if one is not None), key=lambda one: -one.level_db)
    decays = bool(steady) and steady[0].decay_s < LONGEST_DECAY_S
    heard = [one for one in steady if not _is_hum(one, before, rate_hz, decays=decays)][:N_PARTIALS]
    return tuple(
        Partial(one.hz, one.level_db - heard[0].level_db, one.decay_s) for one in sorted(heard, key=lambda one: one.hz)
    )


def _looks(samples: Floats, rate_hz: int, power: Floats) -> Floats | None:
    """Windowed stretches from the loudest moment on, None where there is not enough of it."""
    n_look, hop = next_fast_len(round(LOOK_S * rate_hz), real=True), round(HOP_S * rate_hz)
    needed = n_look + (N_STEADY - 1) * hop
    if len(samples) < needed:
        return None
    loudest = int(np.argmax(power)) * rate_hz // HOPS_PER_S
    first = min(loudest + round(SETTLES_S * rate_hz), len(samples) - needed)
    part = samples[first : first + round(LONGEST_S * rate_hz)]
    window = (0.5 - 0.5 * np.cos(2.0 * np.pi * np.arange(n_look) / n_look)).astype(np.float32)
    views: Floats = np.lib.stride_tricks.sliding_window_view(part, n_look)[::hop] * window
    return views


def _peaks(mean_db: Doubles, noise_db: Doubles, bin_hz: float) -> list[int]:
    """Bins of peaks that stand out, the strongest first; none beside a stronger one."""
    middle = mean_db[1:-1]
    stands = (middle > mean_db[:-2]) & (middle >= mean_db[2:]) & (middle > noise_db[1:-1] + ABOVE_DB)
    places = 1 + np.flatnonzero(stands & (middle > mean_db.max() - WITHIN_DB - 10.0))
    places = places[places * bin_hz >= LOWEST_HZ]
    kept: list[int] = []
    for place in places[np.argsort(-mean_db[places], kind="stable")]:
        if all(abs(int(place) - other) > APART_BINS for other in kept):
            kept.append(int(place))
        if len(kept) == 3 * N_PARTIALS:
            break
    return kept


def _partial(at: int, magnitudes: Doubles, level_db: Doubles, noise_db: Doubles, bin_hz: float) -> Partial | None:
    """The partial near a bin, None where the peaks of successive looks do not agree."""
    near = magnitudes[:, at - 1 : at + 2]
    peak = at - 1 + np.argmax(near, axis=1)
    rows = np.arange(len(peak))
    left, here, right = (magnitudes[rows, peak + step] for step in (-1, 0, 1))
    ratio = np.maximum(left, right) / np.maximum(here, TINY)
    bins = peak + np.where(right > left, 1.0, -1.0) * (2.0 * ratio - 1.0) / (ratio + 1.0)
    clear = (level_db[rows, peak] > noise_db[at] + ABOVE_DB - 4.0) & (here >= left) & (here >= right)
    n_clear = len(clear) if clear.all() else int(np.argmin(clear))
    if n_clear < N_STEADY:
        return None
    weights = here[:n_clear] ** 2
    middle = float(np.average(bins[:n_clear], weights=weights))
    wander = float(np.sqrt(np.average((bins[:n_clear] - middle) ** 2, weights=weights)))
    if wander > max(WANDER_BINS, middle * (2.0 ** (WANDER_CENTS / 1200.0) - 1.0)):
        return None
    times_s = HOP_S * np.arange(n_clear)
    levels_db = level_db[rows, peak][:n_clear]
    away_s = times_s - times_s.mean()
    slope = float(away_s @ levels_db) / float(away_s @ away_s)
    at_blow_db = float(levels_db.mean()) - slope * (float(times_s.mean()) + LOOK_S / 2.0)
    decay_s = min(LONGEST_DECAY_S, -60.0 / slope) if slope < 0.0 else LONGEST_DECAY_S
    return Partial(middle * bin_hz, at_blow_db, decay_s)


def _is_hum(partial: Partial, before: Floats | None, rate_hz: int, *, decays: bool) -> bool:
    """Whether a partial, its level that in the spectrum of a look, is a line of mains hum, which was there before.

    `decays` says whether the sound dies away.
    """
    lines = [mains_hz * max(1, round(partial.hz / mains_hz)) for mains_hz in MAINS_HZ]
    if partial.hz > HUM_TO_HZ or all(abs(partial.hz - line) > MAINS_OFF * line for line in lines):
        return False
    if before is None or len(before) < LEAST_BEFORE_S * rate_hz:
        return decays and partial.decay_s >= LONGEST_DECAY_S
    heard = before[-round(HUM_LOOK_S * rate_hz) :]
    window = hann(len(heard))
    # a look's spectrum is the amplitude times half the sum of its window, which is half as long as the look
    as_a_look = _size_at(heard * window, partial.hz / rate_hz) / float(window.sum()) * rate_hz * LOOK_S / 2.0
    return bool(partial.level_db < 20.0 * np.log10(as_a_look + TINY) + HUM_RISE_DB)


def _size_at(samples: Floats, turns: float) -> float:
    """Size of one frequency of a spectrum, in turns a sample: of rows of samples, and then of the rows."""
    rows = np.pad(samples, (0, -len(samples) % ROW)).reshape(-1, ROW).astype(np.float64)
    within, between = (np.exp(-2j * np.pi * turns * step) for step in (np.arange(ROW), ROW * np.arange(len(rows))))
    return float(np.abs(between @ (rows @ within)))
