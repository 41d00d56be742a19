"""How loud."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from soundscape.analysis.frames import HOPS_PER_S, Floats, level_db
from soundscape.audio.loudness import integrated_lufs, lufs
from soundscape.audio.truepeak import TruePeak
from soundscape.units import SILENCE_DB, level_of

BLOCK = 40 * HOPS_PER_S // 100
PART_FRAMES = 1 << 17


def gated_lufs(loud_power: Floats) -> float:
    """Gated loudness (ITU-R BS.1770-5); of less than 400 ms, the loudness of it all."""
    power = np.asarray(loud_power, np.float64)
    if len(power) < BLOCK:
        return max(SILENCE_DB, lufs(float(power.mean())))
    sums = np.concatenate([[0.0], np.cumsum(power)])
    gated = integrated_lufs((sums[BLOCK:] - sums[:-BLOCK])[::10] / BLOCK)
    return gated if np.isfinite(gated) else max(SILENCE_DB, lufs(float(power.mean())))


def _parts(samples: Floats) -> Iterator[Floats]:
    """The same a little at a time: a texture may last a minute."""
    for first in range(0, len(samples), PART_FRAMES):
        yield samples[first : first + PART_FRAMES]


def sample_level_db(samples: Floats) -> float:
    """Level (RMS); full scale is 0 dB."""
    energy = sum(float(np.square(part, dtype=np.float64).sum()) for part in _parts(samples))
    return level_db(energy / len(samples))


def true_peak_db(samples: Floats, rate_hz: int) -> float:
    """Highest level between the samples (ITU-R BS.1770-5, annex 2)."""
    meter = TruePeak(rate_hz, 1)
    for part in _parts(samples):
        meter.update(part[:, None])
    return level_of(meter.to_the_end())
