"""How rough sounds are together, and the scale in which those of one timbre are least so."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.signal import find_peaks

from soundscape.arrangement.tuning import APART_CENTS, MOST_DEGREES, OCTAVE_CENTS, Degree, Partial, Tuning

MOST_PARTIALS = 24
"""More make the curve a rug of tiny dips."""
TONE_HARMONICS, TONE_HZ = 4, 400.0
CLEAR = 0.005
"""How deep a dip must be, against the highest of the curve."""


def dissonance(frequencies_hz: ArrayLike, amplitudes: ArrayLike) -> float:
    """Sensory dissonance of sinusoids that sound together; 0 is none.

    The sum over all pairs (Sethares, "Local consonance and the relationship between timbre and scale", JASA 94, 1993,
    equations 2 and 3, after Plomp and Levelt, JASA 38, 1965).

    Parameters
    ----------
    frequencies_hz, amplitudes : (n,) float
        Amplitudes are linear.

    Examples
    --------
    >>> octave, semitone = dissonance([440.0, 880.0], [1.0, 1.0]), dissonance([440.0, 466.2], [1.0, 1.0])
    >>> octave < 0.01 < semitone
    True
    """
    hz, weights = np.asarray(frequencies_hz, np.float64), np.asarray(amplitudes, np.float64)
    first, second = np.triu_indices(len(hz), 1)
    return float(_of_pairs(hz[first], hz[second], weights[first] * weights[second]).sum())


def _of_pairs(
    first_hz: NDArray[np.float64], second_hz: NDArray[np.float64], weights: NDArray[np.float64]
) -> NDArray[np.float64]:
    width = 0.24 / (0.021 * np.minimum(first_hz, second_hz) + 19.0)
    apart = width * np.abs(second_hz - first_hz)
    return np.asarray(weights * (np.exp(-3.5 * apart) - np.exp(-5.75 * apart)))


def dissonance_curve(partials: Sequence[Partial], cents: ArrayLike) -> NDArray[np.float64]:
    """Dissonance of a timbre with itself moved up, for each interval of (n,) cents."""
    hz = np.array([one.hz for one in partials])
    weights = np.array([one.weight for one in partials])
    ratios = 2.0 ** (np.asarray(cents, np.float64) / OCTAVE_CENTS)
    both = hz[None, None, :] * ratios[:, None, None]
    pairs = _of_pairs(np.broadcast_to(hz[None, :, None], (len(ratios), len(hz), len(hz))), both,
                      (weights[:, None] * weights)[None])  # fmt: skip
    return np.asarray(pairs.sum(axis=(1, 2)))


def tone_curve(partials: Sequence[Partial], reference_hz: float, cents: ArrayLike) -> NDArray[np.float64]:
    """Dissonance of a harmonic tone with a timbre, for each of (n,) places of the tone above a reference.

    The tone has `TONE_HARMONICS` harmonics, the n-th 1/n as strong, and is heard in all octaves, less the further it
    is from `TONE_HZ` (a bell over log frequency, an octave wide to each side); its roughness with itself is left out,
    as that of the timbre is.
    """
    octaves = np.asarray(cents, np.float64) / OCTAVE_CENTS + np.log2(reference_hz / TONE_HZ)
    octaves = octaves[:, None] - np.floor(octaves)[:, None] + np.arange(-5, 5)
    tones_hz = TONE_HZ * 2.0**octaves
    number = np.arange(1, TONE_HARMONICS + 1)
    harmonics_hz = tones_hz[:, :, None, None] * number
    hz = np.array([one.hz for one in partials])[:, None]
    weights = np.array([one.weight for one in partials])[:, None] / number
    pairs = _of_pairs(np.broadcast_to(hz, harmonics_hz.shape[:2] + weights.shape), harmonics_hz, weights)
    return np.asarray((pairs.sum(axis=(2, 3)) * np.exp(-0.5 * octaves**2)).sum(axis=1))


def consonant_tuning(partials: Iterable[Partial], *, name: str = "consonance") -> Tuning:
    """Scale of the intervals at which the timbre of all partials together is least dissonant with itself.

    Its degrees are the clearest dips of the dissonance curve over one octave, eleven at most, above the weightiest
    partial.

    Raises
    ------
    ValueError
        If there are no partials.
    """
    timbre = sorted(partials, key=lambda one: (-one.weight, one.hz, one.segment_id))[:MOST_PARTIALS]
    if not timbre:
        raise ValueError("there are no partials")
    curve = dissonance_curve(timbre, np.arange(0.0, OCTAVE_CENTS + 1.0))
    highest = float(curve.max()) or 1.0
    minima, about = find_peaks(-curve, distance=APART_CENTS, prominence=CLEAR * highest)
    is_inside = (minima > APART_CENTS) & (minima < OCTAVE_CENTS - APART_CENTS)
    minima, clear = minima[is_inside], about["prominences"][is_inside]
    deepest = np.sort(minima[np.argsort(-clear, kind="stable")][: MOST_DEGREES - 1])
    steps = [Degree(float(at), 1.0 - float(curve[at]) / highest) for at in deepest]
    return Tuning(name, timbre[0].hz, (Degree(0.0, 1.0, (timbre[0],)), *steps))
