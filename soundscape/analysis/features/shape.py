"""How a sound rises, falls and trembles, from its power every 10 ms."""

from __future__ import annotations

import numpy as np

from soundscape.analysis.frames import HOPS_PER_S, Floats

FALL_DB = 20.0
LONGEST_DECAY_S = 60.0


def attack_s(power: Floats) -> float:
    """Time from 10 % to 90 % of the highest power, before the peak."""
    peak = int(np.argmax(power))
    rise = power[: peak + 1] / max(float(power[peak]), 1e-12)
    low = peak - int(np.argmax(rise[::-1] < 0.1)) if (rise < 0.1).any() else 0
    high = int(np.argmax(rise >= 0.9))
    return max(0.0, high - low) / HOPS_PER_S


def decay_s(power: Floats) -> float:
    """Time to fall by 60 dB after the peak, at most 60 s.

    Extrapolated as ISO 3382-1 does: three times the fall by 20 dB; where the sound does not fall that far, a straight
    line through the levels after the peak goes on at its slope.
    """
    levels = 10.0 * np.log10(np.maximum(power[int(np.argmax(power)) :], 1e-12))
    below = np.flatnonzero(levels < levels[0] - FALL_DB)
    if len(below):
        return min(LONGEST_DECAY_S, 3.0 * float(below[0]) / HOPS_PER_S)
    if len(levels) < 3:
        return 3.0 * len(levels) / HOPS_PER_S
    slope = float(np.polyfit(np.arange(len(levels)) / HOPS_PER_S, levels, 1)[0])
    return min(LONGEST_DECAY_S, 60.0 / -slope) if slope < -1.0 else LONGEST_DECAY_S


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
