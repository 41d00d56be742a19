"""What the bands of a sound look like as a picture: a small convolutional network, run by numpy alone.

Five layers and a mean and a maximum over time, as in Kong and others, "PANNs: Large-Scale Pretrained Audio Neural
Networks for Audio Pattern Recognition", IEEE/ACM Transactions on Audio, Speech, and Language Processing 28, 2020, made
small. It sees the loudest stretch of a look alone: more of it told no more of sounds of unseen collections.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from soundscape.analysis.convolution import convolved
from soundscape.analysis.frames import Floats
from soundscape.analysis.taggers.columns import DEEPEST_DB

N_SEEN = 128
"""Frames of the loudest stretch."""
N_JOINED = 8
"""Frames that have become one in the last layer."""
AFTER = 16
"""Frames of silence after the end of a sound: so far the last of its groups sees."""


@dataclass(frozen=True, eq=False)
class Convolutional:
    """Weights, all float32; kernels are (height, width, n_in, n_out) over time and bands."""

    gain: Floats
    """(N_BANDS,) what levels in dB are multiplied by, before `offset` is added."""
    offset: Floats
    kernel_1: Floats
    """Goes over every second frame and band."""
    bias_1: Floats
    kernel_2: Floats
    """What comes of it, and of the next, is halved in time and bands: of each four the largest."""
    bias_2: Floats
    kernel_3: Floats
    bias_3: Floats
    kernel_4: Floats
    bias_4: Floats
    mixed: Floats
    """(bands that are left * n_out of the last kernel, n_mixed)"""
    mixed_bias: Floats
    out: Floats
    """(2 * n_mixed, n_names + 1), the means' rows first, then those of the maxima."""
    out_bias: Floats

    def log_shares(self, bands: NDArray[np.floating]) -> Floats:
        """Log-probabilities before any temperature, (n_frames, N_BANDS) in dB below the loudest -> (n_names + 1,)."""
        seen = loudest(bands)
        n_groups = -(-len(seen) // N_JOINED)
        filled = np.full((min(n_groups * N_JOINED + AFTER, N_SEEN), seen.shape[1]), -DEEPEST_DB, np.float32)
        filled[: len(seen)] = seen
        picture = (filled * self.gain + self.offset)[..., None]
        picture = convolved(picture, self.kernel_1, self.bias_1, (2, 2))
        picture = _halved(convolved(picture, self.kernel_2, self.bias_2))
        picture = _halved(convolved(picture, self.kernel_3, self.bias_3))
        picture = convolved(picture, self.kernel_4, self.bias_4)
        mixed = np.maximum(picture.reshape(len(picture), -1)[:n_groups] @ self.mixed + self.mixed_bias, 0.0)
        said = np.concatenate([mixed.mean(axis=0), mixed.max(axis=0)]) @ self.out + self.out_bias
        said = said - said.max()
        return np.asarray(said - np.log(np.exp(said).sum()), np.float32)


def loudest(bands: NDArray[np.floating]) -> Floats:
    """Loudest `N_SEEN` frames in a row, or fewer where there are no more, in dB below their loudest.

    Loudness is about the cube root of power (Stevens, Psychological Review 64, 1957).
    """
    bands = bands.astype(np.float32)
    if len(bands) > N_SEEN:
        sums = np.cumsum(loudness(bands))
        first = int(np.argmax(sums[N_SEEN - 1 :] - np.append(0.0, sums[:-N_SEEN])))
        bands = bands[first : first + N_SEEN]
    return np.asarray(np.maximum(bands - bands.max(), -DEEPEST_DB))


def loudness(bands: NDArray[np.floating]) -> NDArray[np.float64]:
    """Of each frame, by its loudest band; 1 at 0 dB."""
    return np.asarray(np.cbrt(10.0 ** (bands.max(axis=1).astype(np.float64) / 10.0)))


def _halved(picture: Floats) -> Floats:
    """Largest of each two times and two bands."""
    taller = np.maximum(picture[::2], picture[1::2])
    return np.asarray(np.maximum(taller[:, ::2], taller[:, 1::2]))
