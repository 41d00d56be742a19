"""The pitch of what is struck, where nothing surer is heard: the strongest partial, if it stands alone."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.fft import next_fast_len, rfft

from soundscape.analysis.features.pitch import Pitch, normalised_differences
from soundscape.analysis.frames import HOPS_PER_S, Floats
from soundscape.analysis.windows import hann

LOWEST_HZ, HIGHEST_HZ = 40.0, 4000.0
N_LOOKS = 8
DEEP = 0.15
"""The first dip below this is the period (de Cheveigné and Kawahara, JASA 111, 2002, section II E)."""
SURE_DIP = 0.35
NEARLY_SURE = 0.49
UNHEARD = 10.0 ** (-30.0 / 10.0)
"""Share of the strongest partial's power below which a fundamental is not there."""
SURELY_INHARMONIC, ALONE = 0.25, 0.5


def struck(samples: Floats, rate_hz: int, power: Floats) -> Pitch:
    """Pitch of a struck body, never more than nearly sure."""
    heard = strike_tone(samples, rate_hz, _median_period(samples, rate_hz, power))
    return Pitch(heard.hz, min(heard.confidence, NEARLY_SURE))


def _median_period(samples: Floats, rate_hz: int, power: Floats) -> Pitch:
    """Median pitch of up to eight looks at the loud part of a sound; sure where they are periodic and agree."""
    n_look = min(len(samples), round(0.1 * rate_hz))
    loud = np.flatnonzero(power > 0.02 * power.max())
    chosen = loud[np.linspace(0, len(loud) - 1, min(N_LOOKS, len(loud))).astype(int)]
    starts = sorted({min(int(i) * rate_hz // HOPS_PER_S, len(samples) - n_look) for i in chosen})
    looks = _periods(np.stack([samples[start : start + n_look] for start in starts]), rate_hz)
    heard = [(hz, dip) for hz, dip in looks if hz]
    if not heard:
        return Pitch(0.0, 0.0)
    pitches = np.array([hz for hz, _ in heard])
    middle = float(np.median(pitches))
    agree = np.abs(1200.0 * np.log2(pitches / middle)) < 50.0
    dips = np.array([dip for _, dip in heard])
    clear = float(np.clip(1.0 - dips[agree] / SURE_DIP, 0.0, 1.0).sum()) / len(looks) if agree.any() else 0.0
    return Pitch(middle, clear) if clear > 0.05 else Pitch(0.0, 0.0)


def _periods(looks: Floats, rate_hz: int) -> list[tuple[float, float]]:
    """Frequency and depth of the dip of each look, (n_looks, n_samples); (0, 1) where there is none."""
    longest = min(int(rate_hz / LOWEST_HZ), looks.shape[1] // 2)
    shortest = max(2, int(rate_hz / HIGHEST_HZ))
    if longest <= shortest + 2:
        return [(0.0, 1.0)] * len(looks)
    differences = normalised_differences(looks - looks.mean(axis=1, keepdims=True, dtype=np.float64), longest)
    return [_period(dips, shortest, rate_hz) if look.any() else (0.0, 1.0)
            for look, dips in zip(looks, differences, strict=True)]  # fmt: skip


def _period(dips: NDArray[np.float64], shortest: int, rate_hz: int) -> tuple[float, float]:
    longest = len(dips)
    part = dips[shortest:]
    deep = np.flatnonzero(part < max(DEEP, float(part.min()) + 0.02))
    at = shortest + int(deep[0])
    while at + 1 < longest - 1 and dips[at + 1] < dips[at]:
        at += 1
    if at >= longest - 2 or dips[at] > SURE_DIP or at <= shortest:
        return 0.0, 1.0
    before, here, after = dips[at - 1 : at + 2]
    bend = before - 2.0 * here + after
    return rate_hz / (at + (0.5 * (before - after) / bend if bend > 0.0 else 0.0)), float(here)


def strike_tone(samples: Floats, rate_hz: int, heard: Pitch) -> Pitch:
    """Pitch of a struck body: its strongest partial, where that stands alone and no harmonic series explains it.

    The partials of a bell are not harmonic, so that their common period is none that anybody hears: it may be far
    below all of them (Terhardt and Seewann, "Auditive und objektive Bestimmung der Schlagtonhöhe von historischen
    Kirchenglocken", Acustica 54, 1984, on strike notes).
    """
    spectrum, bin_hz = _spectrum(samples, rate_hz)
    power = spectrum**2
    power[: int(LOWEST_HZ / bin_hz)] = 0.0
    total = float(power.sum())
    if total <= 0.0:
        return heard
    strongest_hz = float(np.argmax(power)) * bin_hz
    share = _near(power, bin_hz, strongest_hz) / total
    if heard.hz:
        is_own = _near(power, bin_hz, heard.hz) > UNHEARD * _near(power, bin_hz, strongest_hz)
        if is_own and _inharmonicity(spectrum, bin_hz, heard.hz) < SURELY_INHARMONIC:
            return heard
    return Pitch(strongest_hz, max(heard.confidence, share)) if share > ALONE and strongest_hz < HIGHEST_HZ else heard


def _spectrum(samples: Floats, rate_hz: int) -> tuple[NDArray[np.float64], float]:
    """Magnitudes of the first two seconds, and how far apart they are in Hz."""
    x = np.asarray(samples[: 2 * rate_hz], np.float32)
    size = next_fast_len(max(2 * len(x), 4096), real=True)
    return np.asarray(np.abs(rfft(x * hann(len(x)), size)), np.float64), rate_hz / size


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
