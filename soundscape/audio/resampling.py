"""From one rate to another, and from one constant speed to another, with nothing folded back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
import soxr

from soundscape.units import Samples

QUALITY = "VHQ"
"""Very high quality of the SoX resampler: linear phase, images and aliases below -140 dB or so."""


def resample(samples: Samples, from_hz: float, to_hz: float) -> Samples:
    """Change the rate of a sound.

    Parameters
    ----------
    samples : (n_frames, n_channels) float32
    from_hz, to_hz : float > 0
        `resample(x, 48_000 * 2, 48_000)` plays at twice the speed.

    Returns
    -------
    (round(n_frames * to_hz / from_hz), n_channels) float32
        In step with the input: frame k sounds at k / to_hz.

    Examples
    --------
    >>> resample(np.ones((441, 2), np.float32), 44_100, 48_000).shape
    (480, 2)
    """
    if from_hz <= 0 or to_hz <= 0:
        raise ValueError(f"rates must be above 0, got {from_hz} and {to_hz}")
    if from_hz == to_hz or not len(samples):
        return samples
    n_frames = round(len(samples) * to_hz / from_hz)
    made = soxr.resample(np.ascontiguousarray(samples, dtype=np.float32), from_hz, to_hz, quality=QUALITY)
    return fitted(np.asarray(made, dtype=np.float32), n_frames)


def resampled(blocks: Iterable[Samples], from_hz: float, to_hz: float, *, n_channels: int) -> Iterator[Samples]:
    """The same for a stream of blocks of any length; the length of the blocks that come is the resampler's choice."""
    if from_hz == to_hz:
        yield from blocks
        return
    stream = soxr.ResampleStream(from_hz, to_hz, n_channels, dtype="float32", quality=QUALITY)
    n_in = n_out = 0
    for block in blocks:
        made = stream.resample_chunk(np.ascontiguousarray(block, dtype=np.float32))
        n_in, n_out = n_in + len(block), n_out + len(made)
        if len(made):
            yield made
    last = stream.resample_chunk(np.zeros((0, n_channels), np.float32), last=True)
    n_left = round(n_in * to_hz / from_hz) - n_out
    if n_left > 0:
        yield fitted(last, n_left)


def fitted(samples: Samples, n_frames: int) -> Samples:
    """Cut at the end, or lengthened with silence, to exactly `n_frames`."""
    if len(samples) >= n_frames:
        return samples[:n_frames]
    return np.pad(samples, ((0, n_frames - len(samples)), (0, 0)))
