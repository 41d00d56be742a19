"""The pitch of what is struck, where nothing surer is heard: the strongest partial, if it stands alone."""

from __future__ import annotations

import numpy as np

from soundscape.analysis.features.pitch import HEARD, NONE, Dips, Pitch, inharmonicity
from soundscape.analysis.features.spectrum import Spectrum

LOWEST_HZ, HIGHEST_HZ = 40.0, 4000.0
SURE_DIP = 0.35
NEARLY_SURE = 0.49
UNHEARD = 10.0 ** (-30.0 / 10.0)
"""Share of the strongest partial's power below which a fundamental is not there."""
SURELY_INHARMONIC, ALONE = 0.25, 0.4
BESIDE_HZ, BESIDE = 8.0, 0.02
"""What is so near the strongest partial beats with it, and is one with it."""


def struck(spectrum: Spectrum, dips: Dips) -> Pitch:
    """Pitch of a struck body, never more than nearly sure."""
    heard = strike_tone(spectrum, _median_period(dips))
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


def strike_tone(spectrum: Spectrum, heard: Pitch) -> Pitch:
    """Pitch of a struck body: its strongest partial, where that stands alone and no harmonic series explains it.

    The partials of a bell are not harmonic, so that their common period is none that anybody hears: it may be far
    below all of them (Terhardt and Seewann, "Auditive und objektive Bestimmung der Schlagtonhöhe von historischen
    Kirchenglocken", Acustica 54, 1984, on strike notes).
    """
    is_above = spectrum.hz >= LOWEST_HZ
    hz, power = spectrum.hz[is_above], spectrum.power[is_above]
    if not len(hz):
        return heard
    strongest_hz = float(hz[np.argmax(power)])
    beside = np.abs(hz - strongest_hz) < max(BESIDE_HZ, BESIDE * strongest_hz)
    share = float(power[beside].sum()) / max(1e-12, 1.0 - float(spectrum.power[~is_above].sum()))
    if heard.hz:
        is_own = spectrum.share_near(heard.hz) > UNHEARD * spectrum.share_near(strongest_hz)
        if is_own and inharmonicity(spectrum, heard.hz) < SURELY_INHARMONIC:
            return heard
    return Pitch(strongest_hz, max(heard.confidence, share)) if share > ALONE and strongest_hz < HIGHEST_HZ else heard
