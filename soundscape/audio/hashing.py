"""Who a sound is: a hash of its samples, the same after a move, a new name or new metadata."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np

from soundscape.audio.files import audio_blocks, audio_info
from soundscape.units import Samples


class AudioHash:
    """A running hash of samples; blocks of any length give the same digits.

    Examples
    --------
    >>> one, two = AudioHash(48_000, 1), AudioHash(48_000, 1)
    >>> one.update(np.ones((4, 1), np.float32))
    >>> for _ in range(4): two.update(np.ones((1, 1), np.float32))
    >>> one.hexdigest() == two.hexdigest(), len(one.hexdigest())
    (True, 32)
    """

    def __init__(self, rate_hz: int, n_channels: int) -> None:
        self._hash = hashlib.blake2b(f"{rate_hz}/{n_channels}/".encode(), digest_size=16)

    def update(self, samples: Samples) -> None:
        """Add (n_frames, n_channels) frames."""
        self._hash.update(np.ascontiguousarray(samples, dtype="<f4").data)

    def hexdigest(self) -> str:
        """32 hexadecimal digits."""
        return self._hash.hexdigest()


def audio_id(path: Path | str) -> str:
    """Hash of a file's audio: blake2b of rate, channels and float32 samples, 32 hexadecimal digits.

    Raises
    ------
    AudioError
        If the file cannot be read.
    """
    info = audio_info(path)
    digest = AudioHash(info.rate_hz, info.n_channels)
    for block in audio_blocks(path):
        digest.update(block)
    return digest.hexdigest()
