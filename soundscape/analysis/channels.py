"""From the channels of a take to the one sound that is heard."""

from __future__ import annotations

import numpy as np

from soundscape.analysis.frames import Floats
from soundscape.units import Samples

MEAN = -1
CANCELS = 0.1
"""Power of the mean of channels against that of as many that have nothing to do with each other."""


def channel_to_hear(block: Samples, ambisonic: str) -> int:
    """Channel to hear with: `MEAN` of all, W of Ambisonics, the loudest where the channels cancel in their mean.

    They do where one of two microphones is wired the wrong way round.

    Examples
    --------
    >>> left = np.float32([[0.1], [-0.2], [0.3]])
    >>> channel_to_hear(left * [1, 1], ""), channel_to_hear(left * [1, -1.01], "")
    (-1, 1)
    """
    if ambisonic or block.shape[1] == 1:
        return 0
    powers = np.square(block).mean(axis=0)
    mean = float(np.square(block.mean(axis=1)).mean()) * block.shape[1]
    return int(np.argmax(powers)) if mean < CANCELS * float(powers.mean()) else MEAN


class Mono:
    """One channel of a take as it streams by, in blocks of a second: once channels cancelled, it is one for good."""

    def __init__(self, ambisonic: str) -> None:
        self._ambisonic = ambisonic
        self._channel = MEAN

    def of(self, block: Samples) -> Floats:
        """(n_frames, n_channels) -> (n_frames,)."""
        if self._channel == MEAN:
            self._channel = channel_to_hear(block, self._ambisonic)
        if self._channel == MEAN:
            return np.asarray(block.mean(axis=1), np.float32)
        return np.ascontiguousarray(block[:, self._channel])
