"""How a sound rises, falls and trembles, from its power every 10 ms."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import uniform_filter1d

from soundscape.analysis.frames import HOPS_PER_S, TINY, Floats

LONGEST_DECAY_S = 60.0
LEAST_FALL_DB = 10.0
"""What falls by less tells nothing of how it would fall by 60 dB: ISO 3382-1 asks for 20 dB, a gallery gives less."""
FALL_DB, OVER_FLOOR_DB = 35.0, 6.0
SMOOTH_HOPS = 5


def _over(power: Floats, floor_power: float) -> NDArray[np.float64]:
    """Power less that of what is behind it."""
    return np.maximum(np.asarray(power, np.float64) - floor_power, 0.0)


def attack_s(power: Floats, floor_power: float = 0.0) -> float:
    """Time from 10 % to 90 % of the highest power over the floor, where it last rose to it (s).

    Points between frames are those of straight lines, so that short attacks are told apart (thresholds after Peeters,
    "A large set of audio features", Ircam 2004, section 4.2).
    """
    rise = _over(power, floor_power)
    highest = float(rise.max())
    if highest <= 0.0:
        return 0.0
    rise = rise / highest
    high = int(np.argmax(rise >= 0.9))
    under = np.flatnonzero(rise[:high] < 0.1)
    if not len(under):
        return high / HOPS_PER_S
    low = int(under[-1])

    def crossed(i: int, level: float) -> float:
        return float(i - 1 + (level - rise[i - 1]) / (rise[i] - rise[i - 1]))

    return float(crossed(high, 0.9) - crossed(low + 1, 0.1)) / HOPS_PER_S


def decay_s(power: Floats, floor_power: float = 0.0) -> float:
    """Time to fall by 60 dB after the peak, at most 60 s.

    A straight line through the levels after the peak goes on to 60 dB, as ISO 3382-1 extrapolates; the line ends where
    the sound has fallen by 35 dB or comes within 6 dB of the floor, whose power is taken away first.
    """
    over = _over(power, floor_power)[int(np.argmax(power)) :]
    if len(over) < 3 or over[0] <= 0.0:
        return 3.0 * len(over) / HOPS_PER_S
    width = min(SMOOTH_HOPS, len(over) // 4 * 2 + 1)
    smooth = np.convolve(over, np.full(width, 1.0 / width), "valid")
    levels = 10.0 * np.log10(np.maximum(smooth, 1e-14))
    lowest = max(levels[0] - FALL_DB, 10.0 * np.log10(floor_power + 1e-14) + OVER_FLOOR_DB)
    below = np.flatnonzero(levels < lowest)
    line = levels[: int(below[0])] if len(below) else levels
    if len(line) < 3:
        # it is gone within three frames: by how much in how long is all there is
        fall_db = max(1.0, float(levels[0] - levels[min(2, len(levels) - 1)]))
        return min(LONGEST_DECAY_S, 60.0 / fall_db * 2.0 / HOPS_PER_S)
    slope = float(np.polyfit(np.arange(len(line)) / HOPS_PER_S, line, 1)[0])
    return min(LONGEST_DECAY_S, 60.0 / -slope) if slope < -1.0 else LONGEST_DECAY_S


def is_fall_heard(power: Floats, floor_power: float = 0.0) -> bool:
    """Whether a sound falls far enough after its peak, over what is behind it, for its decay to mean something.

    So must the line of `decay_s` in that time: a creak that stops at once has not decayed.

    Examples
    --------
    >>> steady, bell = np.ones(200, np.float32), np.float32(10.0) ** (-np.arange(200, dtype=np.float32) / 50)
    >>> is_fall_heard(steady), is_fall_heard(bell), is_fall_heard(bell, floor_power=0.2)
    (False, True, False)
    """
    after = np.asarray(power[int(np.argmax(power)) :], np.float64)
    smooth = uniform_filter1d(after, SMOOTH_HOPS)
    lowest = max(float(smooth.min()), floor_power, TINY)
    fell_db = 10.0 * np.log10(max(float(smooth[0]), TINY) / lowest)
    by_line_db = len(after) / HOPS_PER_S * 60.0 / decay_s(power, floor_power)
    return bool(min(fell_db, by_line_db) >= LEAST_FALL_DB)


def onset_s(power: Floats) -> float:
    """Time until the power is first within 20 dB of its peak."""
    return float(np.argmax(power >= 0.01 * power.max())) / HOPS_PER_S


def modulation_hz(power: Floats) -> float:
    """Centre of the spectrum of the envelope in dB, 1 Hz to 50 Hz: how quickly it trembles; 0 if too short."""
    if len(power) < 32:
        return 0.0
    levels = 10.0 * np.log10(np.maximum(power, 1e-12))
    spectrum = np.abs(np.fft.rfft((levels - levels.mean()) * np.hanning(len(levels)))) ** 2
    at_hz = np.fft.rfftfreq(len(levels), 1.0 / HOPS_PER_S)
    wanted = at_hz >= 1.0
    return float(np.average(at_hz[wanted], weights=spectrum[wanted] + 1e-12))
