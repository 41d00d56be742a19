"""The pitch of what is struck, where nothing surer is heard: the strongest partial, if it stands alone."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.fft import next_fast_len

from soundscape.analysis.features.pitch import HEARD, NONE, Dips, Pitch
from soundscape.analysis.frames import Floats
from soundscape.analysis.longlines import power_of
from soundscape.analysis.windows import hann

LOWEST_HZ, HIGHEST_HZ = 40.0, 4000.0
SURE_DIP = 0.35
NEARLY_SURE = 0.49
UNHEARD = 10.0 ** (-30.0 / 10.0)
"""Share of the strongest partial's power below which a fundamental is not there."""
SURELY_INHARMONIC, ALONE = 0.25, 0.5


def struck(samples: Floats, rate_hz: int, dips: Dips) -> Pitch:
    """Pitch of a struck body, never more than nearly sure."""
    heard = strike_tone(samples, rate_hz, _median_period(dips))
    return Pitch(heard.hz, min(heard.confidence, NEARLY_SURE))


def _median_period(dips: Dips) -> Pitch:
    """Median of the periods of a few looks at the loud part of a sound; sure where these are clear and agree."""
    is_heard = (dips.first_hz >= LOWEST_HZ) & (dips.first_hz <= HIGHEST_HZ) & (dips.first_depth <= SURE_DIP)
    if not is_heard.any():
        return NONE
    pitches, depths = dips.first_hz[is_heard], dips.first_depth[is_heard]
    middle = float(np.median(pitches))
    agree = np.abs(1200.0 * np.log2(pitches / middle)) < 50.0
    clear = float((1.0 - depths[agree] / SURE_DIP).sum()) / len(dips.hz)
    return Pitch(middle, clear) if clear > HEARD else NONE


def strike_tone(samples: Floats, rate_hz: int, heard: Pitch) -> Pitch:
    """Pitch of a struck body: its strongest partial, where that stands alone and no harmonic series explains it.

    The partials of a bell are not harmonic, so that their common period is none that anybody hears: it may be far
    below all of them (Terhardt and Seewann, "Auditive und objektive Bestimmung der Schlagtonhöhe von historischen
    Kirchenglocken", Acustica 54, 1984, on strike notes).
    """
    whole, bin_hz = _power(samples, rate_hz)
    power = np.where(np.arange(len(whole)) < int(LOWEST_HZ / bin_hz), 0.0, whole)
    total = float(power.sum())
    if total <= 0.0:
        return heard
    strongest_hz = float(np.argmax(power)) * bin_hz
    share = _near(power, bin_hz, strongest_hz) / total
    if heard.hz:
        is_own = _near(power, bin_hz, heard.hz) > UNHEARD * _near(power, bin_hz, strongest_hz)
        if is_own and _inharmonicity(np.sqrt(whole), bin_hz, heard.hz) < SURELY_INHARMONIC:
            return heard
    return Pitch(strongest_hz, max(heard.confidence, share)) if share > ALONE and strongest_hz < HIGHEST_HZ else heard


def _power(samples: Floats, rate_hz: int) -> tuple[NDArray[np.float64], float]:
    """Power of each bin of the first two seconds, and how far apart they are in Hz."""
    x = np.asarray(samples[: 2 * rate_hz], np.float32)
    size = next_fast_len(max(2 * len(x), 4096), real=True)
    return np.asarray(power_of(x * hann(len(x)), size), np.float64), rate_hz / size


def _near(power: NDArray[np.float64], bin_hz: float, hz: float) -> float:
    """Power within a third of a semitone, or 8 Hz, of a frequency."""
    aside = max(8.0, 0.02 * hz)
    return float(power[max(0, int((hz - aside) / bin_hz)) : int((hz + aside) / bin_hz) + 2].sum())


def _inharmonicity(spectrum: NDArray[np.float64], bin_hz: float, pitch_hz: float) -> float:
    """How far the strongest partials are from multiples of the pitch: 0 on them .. 1 anywhere."""
    middle = spectrum[1:-1]
    peaks = 1 + np.flatnonzero((middle > spectrum[:-2]) & (middle >= spectrum[2:]) & (middle > 0.03 * spectrum.max()))
    strongest = peaks[np.argsort(spectrum[peaks])[::-1][:12]]
    ratios = strongest * bin_hz / pitch_hz
    away = np.abs(ratios - np.maximum(1.0, np.round(ratios)))
    weights = spectrum[strongest] + 1e-12
    return float(np.clip(4.0 * np.average(away, weights=weights), 0.0, 1.0)) if len(strongest) else 1.0
