"""How loud a source is by its distance: directly, and through the room.

Nothing here colours sound; the air and the walls' damping are elsewhere.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

SOUND_M_PER_S = 343.0
"""Speed of sound in air of 20 degrees."""

HEAD_M = 0.3
"""Nearer than this a source widens until, in the middle of the head, it is everywhere."""

REFERENCE_M = 1.0
"""A source at this distance has the level it was given; nearer it grows no louder."""


def direct_gain(distance_m: NDArray[np.float64]) -> NDArray[np.float64]:
    """Gain of the sound that comes straight from a source.

    Parameters
    ----------
    distance_m : (n,) float64 >= 0

    Returns
    -------
    (n,) float64 in (0, 1]
        1 up to `REFERENCE_M`, then 6 dB less for each doubling: pressure falls as 1/r.

    References
    ----------
    Kuttruff, Room Acoustics, section 1.2: the spherical wave.

    Examples
    --------
    >>> direct_gain(np.array([0.0, 1.0, 2.0, 10.0])).tolist()
    [1.0, 1.0, 0.5, 0.1]
    """
    return REFERENCE_M / np.maximum(np.asarray(distance_m, dtype=np.float64), REFERENCE_M)


def room_gain(distance_m: NDArray[np.float64]) -> NDArray[np.float64]:
    """Gain of what a source sends into the room.

    In a diffuse field the reverberant level would not depend on distance at all; in real halls it falls a
    little. Here it loses 3 dB for each doubling: half of what the direct sound loses, so that a far source
    sounds mostly through the room and still grows fainter.

    Parameters
    ----------
    distance_m : (n,) float64 >= 0

    Returns
    -------
    (n,) float64 in (0, 1]

    References
    ----------
    Chowning, "The simulation of moving sound sources", JAES 19(1), 1971: direct 1/r, global reverberation 1/sqrt(r).

    Examples
    --------
    >>> room_gain(np.array([0.0, 1.0, 4.0])).tolist()
    [1.0, 1.0, 0.5]
    """
    return np.sqrt(direct_gain(distance_m))
