"""What the modulation wheel does: a sound that is held trembles in pitch."""

from __future__ import annotations

import numpy as np

from soundscape.score.curve import Curve

MODULATION = 1
DEPTH_SEMITONES = 0.5
"""At the top of the wheel, up and down (General MIDI level 2: 50 cents unless a file says otherwise)."""
RATE_HZ = 5.5
"""As most singers and players do it (Prame, JASA 96, 1994: 5 to 7 Hz)."""
STEP_S = 0.02


def with_vibrato(bend: Curve, wheel: Curve) -> Curve:
    """A bend in semitones with the vibrato that the wheel, 0..127, asks for while it is up.

    Examples
    --------
    >>> up = with_vibrato(Curve((0.0, 1.0), (2.0, 2.0)), Curve((0.0, 1.0), (127.0, 127.0)))
    >>> round(max(up.values), 1), round(min(up.values), 1), up.values[0]
    (2.5, 1.5, 2.0)
    """
    end_s = max(bend.times_s[-1], wheel.times_s[-1])
    asked_s = np.arange(0.0, end_s, STEP_S)
    up = wheel.at(asked_s) > 0.0
    times_s = np.unique(np.concatenate([bend.times_s, wheel.times_s, asked_s[up], asked_s[np.roll(up, -1)]]))
    depth = wheel.at(times_s) / 127.0 * DEPTH_SEMITONES
    values = bend.at(times_s) + depth * np.sin(2.0 * np.pi * RATE_HZ * times_s)
    return Curve(tuple(times_s.tolist()), tuple(values.tolist()))
