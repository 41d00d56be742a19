"""Convolution of pictures by numpy alone: what hears events and what names them look at bands as at a picture."""

from __future__ import annotations

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from soundscape.analysis.frames import Floats


def convolved(picture: Floats, kernel: Floats, bias: Floats, steps: tuple[int, int] = (1, 1)) -> Floats:
    """Convolve with zeros around, and cut what is below 0.

    Parameters
    ----------
    picture : (n_times, n_bands, n_in) float32
    kernel : (height, width, n_in, n_out) float32
        Height and width are odd.
    bias : (n_out,) float32
    steps : (times, bands)
        How far the kernel moves from one place to the next.

    Returns
    -------
    (ceil(n_times / steps[0]), ceil(n_bands / steps[1]), n_out) float32
    """
    height, width, n_in, n_out = kernel.shape
    n_times, n_bands = picture.shape[:2]
    each, every = steps
    padded = np.zeros((n_times + height - 1, n_bands + width - 1, n_in), np.float32)
    padded[height // 2 :, width // 2 :][:n_times, :n_bands] = picture
    under = np.empty((-(-n_times // each), -(-n_bands // every), height, width * n_in), np.float32)
    # what lies side by side under the kernel lies side by side in memory, too: copied in one go
    windows = sliding_window_view(padded.reshape(len(padded), -1), width * n_in, axis=1)[:, :: every * n_in]
    for row in range(height):
        under[:, :, row] = windows[row : row + n_times : each]
    made = under.reshape(-1, height * width * n_in) @ kernel.reshape(-1, n_out)
    made += bias
    return np.asarray(np.maximum(made, 0.0, out=made).reshape(*under.shape[:2], n_out))
