"""The way of a fader: from its place, 0 at the bottom to 1 at the top, to a level in dB and back.

As on digital mixing desks: fine where one mixes, coarse where one fades out, silence at the very bottom.
"""

from __future__ import annotations

SILENCE_DB = -120.0
TOP_DB = 10.0

_LINES = ((0.5, 40.0, -30.0), (0.25, 80.0, -50.0), (0.0625, 160.0, -70.0), (0.0, 480.0, -90.0))
"""From which place up, dB per whole way, dB at the place 0 of that line: they meet at -10, -30 and -60 dB."""


def level_of(place: float) -> float:
    """Level in dB at a place, -120 at 0.

    Examples
    --------
    >>> [level_of(place) for place in (1.0, 0.75, 0.5, 0.25, 0.0625, 0.0)]
    [10.0, 0.0, -10.0, -30.0, -60.0, -120.0]
    """
    if place <= 0.0:
        return SILENCE_DB
    for begins, slope_db, at_zero_db in _LINES:
        if place >= begins:
            return min(slope_db * place + at_zero_db, TOP_DB)
    return SILENCE_DB


def place_of(level_db: float) -> float:
    """Place of a level, 0 at -90 dB and below, 1 at +10 dB and above.

    Examples
    --------
    >>> [place_of(level_db) for level_db in (10.0, 0.0, -30.0, -120.0)]
    [1.0, 0.75, 0.25, 0.0]
    """
    for begins, slope_db, at_zero_db in _LINES:
        if level_db >= slope_db * begins + at_zero_db:
            return min((level_db - at_zero_db) / slope_db, 1.0)
    return 0.0
