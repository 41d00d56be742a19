"""Decibels, frames, hertz and semitones: the only place where one unit becomes another.

Nothing here knows what the numbers mean; it is arithmetic with names.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.float32]
"""Audio above the engine: (n_frames, n_channels), full scale 1.0."""

SILENCE_DB = -120.0
"""The lowest level the program speaks of; everything quieter is called this."""

CONCERT_A_HZ = 440.0


def gain_of(level_db: float) -> float:
    """Amplitude ratio of a level in dB.

    Examples
    --------
    >>> gain_of(0.0), round(gain_of(-6.0), 3)
    (1.0, 0.501)
    """
    return float(10.0 ** (level_db / 20.0))


def level_of(gain: float) -> float:
    """Level in dB of an amplitude ratio, never below `SILENCE_DB`.

    Examples
    --------
    >>> level_of(0.5).__round__(2), level_of(0.0)
    (-6.02, -120.0)
    """
    return max(SILENCE_DB, 20.0 * math.log10(abs(gain))) if gain else SILENCE_DB


def frame_at(time_s: float, rate_hz: int) -> int:
    """Frame nearest to `time_s`. Nowhere else do seconds become frames.

    Examples
    --------
    >>> frame_at(0.5, 48_000)
    24000
    """
    return round(time_s * rate_hz)


def hz_of(pitch: float) -> float:
    """Frequency in hertz of a MIDI pitch number (69 is 440 Hz; fractions are cents / 100).

    Examples
    --------
    >>> hz_of(69), round(hz_of(60), 2)
    (440.0, 261.63)
    """
    return float(CONCERT_A_HZ * 2.0 ** ((pitch - 69.0) / 12.0))


def pitch_of(frequency_hz: float) -> float:
    """MIDI pitch number, with fraction, of a frequency above 0 Hz.

    Examples
    --------
    >>> pitch_of(880.0)
    81.0
    """
    return 69.0 + 12.0 * math.log2(frequency_hz / CONCERT_A_HZ)


def speed_of(semitones: float) -> float:
    """Playback speed that transposes by `semitones`.

    Examples
    --------
    >>> speed_of(12.0)
    2.0
    """
    return float(2.0 ** (semitones / 12.0))
