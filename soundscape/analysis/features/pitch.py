"""Pitch: candidates from periods (YIN) and from partials, each judged by what speaks for and against it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.fft import irfft, next_fast_len, rfft

from soundscape.analysis.features.spectrum import Spectrum
from soundscape.analysis.frames import HOPS_PER_S, Floats

LOWEST_HZ, HIGHEST_HZ = 27.0, 4500.0
N_LOOKS = 8
LOOK_S = 0.1
N_DIPS = 3
N_CANDIDATES = 14
DEEP = 0.15
"""The first dip below this is the period (de Cheveigné and Kawahara, JASA 111, 2002, section II E)."""
SAME_CENTS = 40.0
ATTACK_HOPS = 5
HEARD = 0.05
"""Confidence below which no pitch is given."""
JUDGE = Path(__file__).with_name("pitch.npz")

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Pitch:
    """A pitch, 0 Hz where none was heard, and how sure it is, 0..1: from 0.5 on it is said to be sure."""

    hz: float
    confidence: float


NONE = Pitch(0.0, 0.0)


@dataclass(frozen=True, eq=False)
class Looks:
    """Normalised differences of a few short stretches."""

    rate_hz: int
    differences: Array
    """(n_looks, n_lags), lag in samples."""
    at_s: Array
    """(n_looks,) middle of each."""


@dataclass(frozen=True, eq=False)
class Dips:
    """Dips of every look, the deepest first."""

    hz: Array
    """(n_looks, N_DIPS), 0 where there are fewer."""
    depth: Array
    first_hz: Array
    """(n_looks,) the period that YIN takes, 0 where there is none."""
    first_depth: Array


def looks_of(samples: Floats, rate_hz: int, power: Floats) -> Looks:
    """Look at up to eight stretches of 0.1 s where a sound is loud, its attack left out."""
    n_look = min(len(samples), round(LOOK_S * rate_hz))
    n_lags = min(int(rate_hz / LOWEST_HZ) + 3, n_look // 2)
    loud = np.flatnonzero(power > 0.02 * power.max())
    if not len(loud):
        return Looks(rate_hz, np.zeros((0, n_lags)), np.zeros(0))
    loud = loud[ATTACK_HOPS:] if len(loud) > 3 * ATTACK_HOPS else loud
    chosen = loud[np.linspace(0, len(loud) - 1, min(N_LOOKS, len(loud))).astype(int)]
    starts = sorted({min(int(i) * rate_hz // HOPS_PER_S, len(samples) - n_look) for i in chosen})
    looks = np.stack([samples[start : start + n_look] for start in starts]).astype(np.float64)
    looks -= looks.mean(axis=1, keepdims=True)
    live = np.square(looks).sum(axis=1) > 1e-12 * n_look
    at_s = (np.array(starts) + n_look / 2) / rate_hz
    return Looks(rate_hz, normalised_differences(looks[live], n_lags), at_s[live])


def normalised_differences(looks: Array, n_lags: int) -> Array:
    """Cumulative mean normalised difference (de Cheveigné and Kawahara, equation 8): (n, n_samples) -> (n, n_lags)."""
    n = looks.shape[1] - n_lags
    size = next_fast_len(looks.shape[1] + n, real=True)
    single = looks.astype(np.float32)  # a dip is never known to a millionth of the energy
    products = irfft(rfft(single, size) * np.conj(rfft(single[:, :n], size)), size)[:, :n_lags].astype(np.float64)
    energy = np.cumsum(np.pad(looks**2, ((0, 0), (1, 0))), axis=1)
    difference = energy[:, n : n + 1] + energy[:, n : n + n_lags] - energy[:, :n_lags] - 2.0 * products
    running = np.cumsum(difference[:, 1:], axis=1) / np.arange(1, n_lags)
    ones = np.ones((len(looks), 1))
    return np.concatenate([ones, difference[:, 1:] / np.maximum(running, 1e-12)], axis=1)


def dips_of(looks: Looks) -> Dips:
    """Dips of each look that are below one half, between lowest and highest pitch."""
    d, shape = looks.differences, (len(looks.differences), N_DIPS)
    hz, depth, first, first_depth = np.zeros(shape), np.ones(shape), np.zeros(len(d)), np.ones(len(d))
    shortest = max(2, int(looks.rate_hz / HIGHEST_HZ))
    for i, row in enumerate(d):
        inner = row[shortest:-1]
        at = shortest + np.flatnonzero(
            (inner < row[shortest - 1 : -2]) & (inner <= row[shortest + 1 :]) & (inner < 0.5)
        )
        if not len(at):
            continue
        bend = row[at - 1] - 2.0 * row[at] + row[at + 1]
        slope = row[at - 1] - row[at + 1]
        aside = np.where(bend > 0.0, 0.5 * slope / np.where(bend > 0.0, bend, 1.0), 0.0)
        periods_hz, low = looks.rate_hz / (at + aside), np.maximum(row[at] - 0.25 * slope * aside, 0.0)
        taken = int(np.argmax(low < max(DEEP, float(low.min()) + 0.02)))
        first[i], first_depth[i] = periods_hz[taken], low[taken]
        deepest = np.argsort(low)[:N_DIPS]
        hz[i, : len(deepest)], depth[i, : len(deepest)] = periods_hz[deepest], low[deepest]
    return Dips(hz, depth, first, first_depth)


def candidates_of(dips: Dips, partials: Spectrum) -> Array:
    """What the pitch may be, in Hz: periods most looks have, the strongest partials, and half and a third of them."""
    hz = np.concatenate([dips.hz[dips.hz > 0.0], dips.first_hz[dips.first_hz > 0.0]])
    weight = np.concatenate([1.0 - dips.depth[dips.hz > 0.0], np.ones(int((dips.first_hz > 0.0).sum()))])
    found: list[float] = []
    while len(hz) and len(found) < 7:
        near = np.abs(1200.0 * np.log2(hz[:, None] / hz)) < SAME_CENTS
        together = near @ weight
        best = near[int(np.argmax(together))]
        found.append(float(np.exp(np.average(np.log(hz[best]), weights=weight[best] + 1e-9))))
        hz, weight = hz[~best], weight[~best]
    strongest = partials.hz[np.argsort(partials.power)[::-1][:3]]
    for one in [*strongest, *(strongest[:2] / 2.0), *(strongest[:1] / 3.0), *partials.hz[:1]]:
        if all(abs(1200.0 * np.log2(one / other)) > SAME_CENTS for other in found):
            found.append(float(one))
    kept = np.array([one for one in found if LOWEST_HZ <= one <= HIGHEST_HZ][:N_CANDIDATES])
    return kept


def evidence(candidates: Array, looks: Looks, dips: Dips, partials: Spectrum) -> Array:
    """What speaks for and against each candidate: (n_candidates, n_columns), each about 0..1."""
    columns = [*_of_periods(candidates, looks, dips), *_of_partials(candidates, partials)]
    octaves = np.log2(candidates / 440.0) / 3.0
    columns += [octaves, octaves**2]
    return np.stack(columns, axis=1)


def _of_periods(candidates: Array, looks: Looks, dips: Dips) -> list[Array]:
    """How clear the period is, a half and twice of it, and in how many looks it is the first or the deepest dip."""
    n_looks = max(1, len(looks.differences))

    def clear(hz: Array) -> Array:
        lags = np.linspace(0.985, 1.015, 7)[:, None] * (looks.rate_hz / hz)
        inside = lags < looks.differences.shape[1] - 2
        at = np.where(inside, lags, 1.0)
        whole = at.astype(int)
        d = looks.differences
        low = d[:, whole] + (at - whole) * (d[:, whole + 1] - d[:, whole])
        low = np.where(inside, low, 1.0).min(axis=1)
        return np.asarray(np.clip(1.0 - low, 0.0, 1.0).sum(axis=0) / n_looks)

    def share(hz: Array) -> Array:
        away = np.abs(1200.0 * np.log2(np.maximum(hz, 1e-3)[:, None] / candidates))
        return np.asarray((away < 50.0).sum(axis=0) / n_looks)

    if not len(looks.differences):
        return [np.zeros(len(candidates))] * 5
    return [clear(candidates), clear(2.0 * candidates), clear(candidates / 2.0), share(dips.first_hz),
            share(dips.hz[:, 0])]  # fmt: skip


def _of_partials(candidates: Array, partials: Spectrum) -> list[Array]:
    """How much of the partials is harmonic, what is missing, and where the strongest one is.

    After Maher and Beauchamp (JASA 95, 1994), who count misses both ways.
    """
    n = len(candidates)
    if not len(partials.hz):
        return [np.zeros(n)] * 14
    power = partials.power / partials.power.sum()
    root = np.sqrt(power) / np.sqrt(power).sum()
    ratios = partials.hz / candidates[:, None]
    number = np.maximum(1.0, np.round(ratios))
    fit = np.clip(1.0 - np.abs(ratios - number) / np.clip(0.03 * number, 0.04, 0.2), 0.0, 1.0)
    strongest = partials.hz[int(np.argmax(power))] / candidates

    def at(k: Array | float) -> Array:
        return np.asarray((fit * power * (number == k)).sum(axis=1))

    def level(share: Array) -> Array:
        return np.asarray(np.clip(1.0 + np.log10(np.maximum(share, 1e-9) / power.max()) / 4.0, 0.0, 1.0))

    def near(ratio: float) -> Array:
        return np.asarray(((np.abs(ratios - ratio) < 0.03 * ratio) * power).sum(axis=1))

    harmonic = (fit * power).sum(axis=1)
    present = np.stack([level(at(float(k))) for k in range(1, 7)])
    return [
        harmonic, (fit * root).sum(axis=1), level(at(1.0)), present[1:].mean(axis=0),
        (fit * power * (number % 2 == 1)).sum(axis=1) / (harmonic + 1e-9),
        (fit * power * (number % 3 != 0)).sum(axis=1) / (harmonic + 1e-9),
        at(1.0), np.clip(1.0 - 6.0 * np.abs(np.log2(strongest)), 0.0, 1.0),
        level(near(0.5)), level(near(1.2)), level(near(1.5)), level(near(2.0)),
        (power * (ratios < 0.95)).sum(axis=1), np.full(n, partials.tonal),
    ]  # fmt: skip


@dataclass(frozen=True, eq=False)
class Judge:
    """A small network, one hidden layer: evidence -> probability that a candidate is the pitch."""

    means: Array
    spans: Array
    hidden: Array
    hidden_offset: Array
    out: Array
    out_offset: Array

    def probability(self, columns: Array) -> Array:
        """(n, n_columns) -> (n,)."""
        middle = np.tanh((columns - self.means) / self.spans @ self.hidden + self.hidden_offset)
        return np.asarray(1.0 / (1.0 + np.exp(-(middle @ self.out + self.out_offset))))


@lru_cache(maxsize=1)
def judge() -> Judge:
    """The one of the package, made again by `python -m recordings.teach_pitch`."""
    with np.load(JUDGE) as kept:
        return Judge(*(np.asarray(kept[name], np.float64) for name in Judge.__dataclass_fields__))


def pitch_of(looks: Looks, dips: Dips, partials: Spectrum) -> Pitch:
    """Likeliest candidate; its confidence is the probability that it is within 50 cents of what a person names."""
    candidates = candidates_of(dips, partials)
    if not len(candidates):
        return NONE
    chances = judge().probability(evidence(candidates, looks, dips, partials))
    best = int(np.argmax(chances))
    sure = float(chances[best] / max(1.0, float(chances.sum())))
    return Pitch(refined(float(candidates[best]), partials), sure) if sure > HEARD else NONE


def refined(hz: float, partials: Spectrum) -> float:
    """Pitch from the partials that are its first four harmonics; as it is where there are none."""
    if not len(partials.hz):
        return hz
    number = np.round(partials.hz / hz)
    own = (
        (number >= 1) & (number <= 4) & (np.abs(1200.0 * np.log2(partials.hz / (np.maximum(number, 1.0) * hz))) < 35.0)
    )
    if not own.any():
        return hz
    weights = partials.power[own]
    return float(np.exp(np.average(np.log(partials.hz[own] / number[own]), weights=weights)))


def inharmonicity(partials: Spectrum, pitch_hz: float) -> float:
    """How far the strongest partials are from multiples of the pitch: 0 on them .. 1 anywhere; 1 without a pitch."""
    if pitch_hz <= 0.0 or not len(partials.hz):
        return 1.0
    strongest = np.argsort(partials.power)[::-1][:12]
    strongest = strongest[partials.power[strongest] > 1e-3 * partials.power.max()]
    ratios = partials.hz[strongest] / pitch_hz
    away = np.abs(ratios - np.maximum(1.0, np.round(ratios)))
    return float(np.clip(4.0 * np.average(away, weights=np.sqrt(partials.power[strongest])), 0.0, 1.0))
