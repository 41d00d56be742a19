"""Which way a source sends into the room: six sends round the listener, between which it moves as it moves.

Nothing here knows how a room answers; the engine gives every send echoes of its own.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from soundscape.space.distance import HEAD_M
from soundscape.space.trajectory import Points

SENDS: Points = np.array(
    [[0.0, 1.0, 0.0], [-1.0, 0.0, 0.0], [0.0, -1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0], [0.0, 0.0, -1.0]]
)
"""Directions of the sends, unit vectors: ahead, left, behind, right, above, below."""

N_SENDS = len(SENDS)


def send_gains(points_m: Points) -> NDArray[np.float64]:
    """Share of each send in what a source sends into the room.

    The squares of the three cosines between a direction and the axes add up to 1: each cosine is the gain of the send
    at its end of the axis. So at most three sends sound, none jumps, and the power is the same everywhere. Nearer than
    `HEAD_M` a source sends more and more alike in all directions, as panners pan it.

    Parameters
    ----------
    points_m : (n, 3) metres

    Returns
    -------
    (n, 6) float64 in [0, 1]
        In the order of `SENDS`; the squares of a row add up to 1.

    Examples
    --------
    >>> send_gains(np.array([[-3.0, 4.0, 0.0]])).tolist()
    [[0.8, 0.6, 0.0, 0.0, 0.0, 0.0]]
    """
    points = np.asarray(points_m, dtype=np.float64)
    distances_m = np.linalg.norm(points, axis=1, keepdims=True)
    powers = np.maximum(points @ SENDS.T / np.maximum(distances_m, 1e-9), 0.0) ** 2
    known = np.minimum(distances_m / HEAD_M, 1.0)
    return np.asarray(np.sqrt(known * powers + (1.0 - known) / N_SENDS))
