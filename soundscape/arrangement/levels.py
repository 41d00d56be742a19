"""How loud: from velocity, from controllers, and from how loud a sound was recorded.

Nothing here knows about distance or the room; the engine does those.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from soundscape.catalogue.segment import Segment
from soundscape.score.curve import Curve
from soundscape.score.score import Part
from soundscape.units import SILENCE_DB

REFERENCE_LUFS = -23.0
"""Every sound is brought to this loudness, so that a quiet take and a loud one play alike."""
HIGHEST_PEAK_DB = -3.0
"""A short hard sound is not raised further than this: its loudness says little, its peak says more."""
MOST_CORRECTION_DB = 24.0
SOFTEST_VELOCITY_DB = -32.0
VOLUME, PAN, EXPRESSION = 7, 10, 11
NORMAL_VOLUME = 100.0
"""General MIDI's volume at power-on; here it changes nothing."""


def velocity_db(velocity: int) -> float:
    """Level of a note's velocity: 40 dB per decade, as General MIDI recommends for volume.

    Examples
    --------
    >>> velocity_db(127), round(velocity_db(64), 1), velocity_db(1)
    (0.0, -11.9, -32.0)
    """
    return max(SOFTEST_VELOCITY_DB, 40.0 * math.log10(velocity / 127.0))


def correction_db(segment: Segment) -> float:
    """Gain that brings a sound to the reference, at most 24 dB either way, never with a peak near full scale.

    Examples
    --------
    >>> far = Segment("s", "r", 0.0, 1.0, features={"level_lufs": -40.0, "true_peak_db": -25.0})
    >>> correction_db(far)
    17.0
    """
    by_loudness = REFERENCE_LUFS - segment.features.get("level_lufs", REFERENCE_LUFS)
    by_peak = HIGHEST_PEAK_DB - segment.features.get("true_peak_db", SILENCE_DB)
    correction = min(by_loudness, by_peak)
    if not math.isfinite(correction):
        return 0.0
    return float(np.clip(correction, -MOST_CORRECTION_DB, MOST_CORRECTION_DB))


def controlled_level(part: Part, start_s: float, stop_s: float) -> Curve | None:
    """Level that a part's volume and expression controllers ask for in a stretch of time, None where it is 0 dB.

    Time counts from `start_s`.
    """
    asked = [(part.control(VOLUME), NORMAL_VOLUME), (part.control(EXPRESSION), 127.0)]
    curves = [(curve.between(start_s, stop_s), normal) for curve, normal in asked if curve is not None]
    if not curves:
        return None
    times = np.array(sorted({time for curve, _ in curves for time in curve.times_s}))
    level_db = sum((_in_db(curve.at(times), normal) for curve, normal in curves), np.zeros(len(times)))
    if not np.any(np.abs(level_db) > 1e-9):
        return None
    return Curve(tuple(times.tolist()), tuple(np.maximum(level_db, SILENCE_DB).tolist()))


def _in_db(values: NDArray[np.float64], normal: float) -> NDArray[np.float64]:
    """40 log10 of the ratio (General MIDI level 1, recommended practice for controllers 7 and 11)."""
    ratio = np.maximum(values, 1e-3) / normal
    level_db: NDArray[np.float64] = np.maximum(40.0 * np.log10(ratio), SILENCE_DB)
    return level_db
