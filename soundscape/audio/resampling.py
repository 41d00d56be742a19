"""From one rate to another, and from one constant speed to another, with nothing folded back."""

from __future__ import annotations

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


def fitted(samples: Samples, n_frames: int) -> Samples:
    """Cut at the end, or lengthened with silence, to exactly `n_frames`."""
    if len(samples) >= n_frames:
        return samples[:n_frames]
    return np.pad(samples, ((0, n_frames - len(samples)), (0, 0)))
