"""Whether a sound is rough, and how bright it is."""

from __future__ import annotations

import math

import numpy as np
from scipy.fft import ifft, rfft

from soundscape.analysis.frames import HIGHEST_HZ, HOPS_PER_S, LOWEST_HZ, Floats, mel_of
from soundscape.analysis.windows import hann

LONGEST_S = 1.0
BANDS_HZ = ((60.0, 800.0), (500.0, 1500.0), (1200.0, 2800.0), (2400.0, 5200.0), (4500.0, 9500.0))
ROUGHEST_HZ = 70.0
LOWEST_BEAT_HZ, HIGHEST_BEAT_HZ = 15.0, 300.0
FULL = 0.7071
"""RMS of a sine that modulates wholly."""
BRIGHT_HZ = 1500.0


def roughness(samples: Floats, rate_hz: int, power: Floats) -> float:
    """How deeply the bands of a sound beat between 15 Hz and 300 Hz: 0 smooth .. 1 wholly, at 70 Hz.

    A simple form of Daniel and Weber's model (Acustica 83, 1997): in each of five bands the RMS of the envelope,
    weighted by how rough a beat of its frequency is (most at 70 Hz), against its mean; bands count by their power. Up
    to 1 s from where the sound is loud on is looked at. A beat of two equal tones has 0.6 to 0.7, noise about 0.4.
    """
    first = int(np.argmax(power > 0.1 * power.max())) * rate_hz // HOPS_PER_S
    x = samples[first : first + round(LONGEST_S * rate_hz)]
    if len(x) < rate_hz // 20:
        x = samples[: rate_hz // 20]
    spectrum = rfft(x - x.mean(), workers=1)
    bin_hz = rate_hz / len(x)
    rough = weight = 0.0
    for low_hz, high_hz in BANDS_HZ:
        band = spectrum[int(low_hz / bin_hz) : int(high_hz / bin_hz)]
        if len(band) * bin_hz < 2.0 * HIGHEST_BEAT_HZ:
            continue
        envelope = np.abs(ifft(band * np.sqrt(hann(len(band) + 2)[1:-1]), workers=1))
        mean = float(envelope.mean())
        if mean <= 0.0:
            continue
        lowest, highest = math.ceil(LOWEST_BEAT_HZ / bin_hz), math.floor(HIGHEST_BEAT_HZ / bin_hz)
        beats = np.abs(rfft(envelope)[lowest : highest + 1]) ** 2
        at_hz = np.arange(lowest, lowest + len(beats)) * bin_hz
        how = (at_hz / ROUGHEST_HZ * np.exp(1.0 - at_hz / ROUGHEST_HZ)) ** 2
        rms = float(np.sqrt(2.0 * (beats * how).sum())) / len(envelope)
        share = float(np.square(envelope).sum())
        rough += share * min(1.0, rms / mean / FULL)
        weight += share
    return rough / weight if weight > 0.0 else 0.0


def brightness(bands_db: Floats, rate_hz: int) -> float:
    """Share of the energy from 50 Hz to 16 kHz that is above 1.5 kHz, 0..1.

    The cut-off frequency is that of Juslin (J. Exp. Psychol. Human 26, 2000).
    """
    ends = mel_of(np.array([LOWEST_HZ, min(HIGHEST_HZ, 0.49 * rate_hz)]))
    centres = np.linspace(ends[0], ends[1], bands_db.shape[1] + 2)[1:-1]
    above = np.clip((centres - float(mel_of(np.array([BRIGHT_HZ]))[0])) / (centres[1] - centres[0]) + 0.5, 0.0, 1.0)
    energy = np.power(10.0, np.asarray(bands_db, np.float64) / 10.0).sum(axis=0)
    return float(energy @ above / energy.sum())
