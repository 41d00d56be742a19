"""A stretch of a take as a browser plays it."""

from __future__ import annotations

import numpy as np

from soundscape.audio.files import read_audio
from soundscape.audio.wavefile import WaveHeader, pcm24
from soundscape.catalogue.segment import Recording
from soundscape.units import Samples

MOST_SOUND_S = 120.0
MOST_SAMPLES = 1 << 25
"""Of all channels: a longer stretch is cut where it reaches either."""


def wave_of(recording: Recording, start_s: float, end_s: float) -> bytes:
    """A stretch of a take, or the beginning of a long one, as a WAV file of 24 bits with one or two channels.

    Raises
    ------
    AudioError
        If the take's file is gone or cannot be read.
    """
    most_s = min(MOST_SOUND_S, MOST_SAMPLES / (recording.rate_hz * recording.n_channels))
    samples, rate_hz = read_audio(recording.path, start_s=start_s, end_s=min(end_s, start_s + most_s))
    two = folded_to_two(samples, is_ambisonic=bool(recording.ambisonic))
    data = pcm24(np.ascontiguousarray(two).reshape(-1))
    return WaveHeader(rate_hz, two.shape[1]).chunks(len(two)) + data + b"\0" * (len(data) % 2)


def folded_to_two(samples: Samples, *, is_ambisonic: bool = False) -> Samples:
    """One or two channels as they are; of more the mean of the 1st, 3rd ... and that of the 2nd, 4th ....

    Of Ambisonics W alone, in which everything sounds.

    Examples
    --------
    >>> folded_to_two(np.float32([[1.0, 0.0, 0.0, 0.5]])).tolist()
    [[0.5, 0.25]]
    """
    if is_ambisonic:
        return samples[:, :1]
    if samples.shape[1] <= 2:
        return samples
    return np.stack([samples[:, side::2].mean(axis=1) for side in (0, 1)], axis=1).astype(np.float32)
