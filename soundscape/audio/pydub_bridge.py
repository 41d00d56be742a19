"""To pydub and back, for scripts that edit with it: exact through 32-bit integers.

pydub is for slicing, fading and previews; files, resampling and mixing have their own rooms. It is imported on first
use only: it warns on import (an ffmpeg that is missing, audioop that leaves the standard library, escapes in its
regular expressions), none of which a user of these two functions can do anything about, so those are kept away here.
"""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from soundscape.units import Samples

FULL_SCALE = 2.0**31


def to_pydub(samples: Samples, rate_hz: int) -> Any:
    """A `pydub.AudioSegment` of 32 bit; what exceeds full scale is clipped.

    Examples
    --------
    >>> segment = to_pydub(np.float32([[0.5, -0.25]] * 480), 48_000)
    >>> segment.channels, len(segment)      # pydub counts milliseconds
    (2, 10)
    >>> from_pydub(segment[2:5])[0][0].tolist()
    [0.5, -0.25]
    """
    steps = np.clip(np.rint(samples.astype(np.float64) * FULL_SCALE), -FULL_SCALE, FULL_SCALE - 1.0)
    segment = _audio_segment()
    return segment(data=steps.astype("<i4").tobytes(), sample_width=4, frame_rate=rate_hz, channels=samples.shape[1])


def from_pydub(segment: Any) -> tuple[Samples, int]:
    """Samples (n_frames, n_channels) float32 of a `pydub.AudioSegment`, and its rate in Hz."""
    values = np.array(segment.get_array_of_samples()).reshape(-1, segment.channels)
    return (values / float(1 << (8 * segment.sample_width - 1))).astype(np.float32), int(segment.frame_rate)


def _audio_segment() -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        warnings.simplefilter("ignore", SyntaxWarning)
        warnings.filterwarnings("ignore", "Couldn't find ff", RuntimeWarning)
        from pydub import AudioSegment  # slow, and only scripts that edit with it need it
    return AudioSegment
