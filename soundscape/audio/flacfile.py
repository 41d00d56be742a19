"""Writing FLAC takes: 24 bit, up to eight channels, with metadata in their Vorbis comments."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import soundfile

from soundscape.audio.metadata import Metadata, comment_of
from soundscape.errors import OutputError
from soundscape.units import Samples
from soundscape.whole import whole_file

BLOCK_FRAMES = 65_536


def write_flac(path: Path | str, samples: Samples, rate_hz: int, metadata: Metadata) -> None:
    """Write a take: 24 bit, rounded to the nearest step; TITLE, ARTIST, DATE, LICENSE, and everything in COMMENT.

    Parameters
    ----------
    samples : (n_frames, n_channels <= 8) float32

    Raises
    ------
    OutputError
        If the file cannot be written.
    """
    path = Path(path)
    with whole_file(path) as temporary:
        try:
            with soundfile.SoundFile(temporary, "w", rate_hz, samples.shape[1], "PCM_24", format="FLAC") as stream:
                stream.title, stream.artist = metadata.title, metadata.recordist
                stream.date, stream.license = metadata.recorded_at, metadata.licence
                stream.comment = comment_of(metadata)
                for start in range(0, len(samples), BLOCK_FRAMES):
                    stream.write(_steps(samples[start : start + BLOCK_FRAMES]))
        except soundfile.LibsndfileError as error:
            raise OutputError(f"cannot write {path}: {error.error_string.strip()}",
                              hint="FLAC holds up to 8 channels; is the disk full?") from error  # fmt: skip


def _steps(samples: Samples) -> np.ndarray[tuple[int, ...], np.dtype[np.int32]]:
    """24-bit steps in the upper bits of 32: libsndfile's own conversion cuts instead of rounding."""
    steps = np.rint(samples.astype(np.float64) * 2.0**23)
    return np.clip(steps, -(2**23), 2**23 - 1).astype(np.int32) << 8
