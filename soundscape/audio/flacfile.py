"""Writing FLAC: 24 bit, up to eight channels, with metadata in its Vorbis comments."""

from __future__ import annotations

import os
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
import soundfile

from soundscape.audio.metadata import Metadata, comment_of
from soundscape.errors import OutputError
from soundscape.units import Samples
from soundscape.whole import whole_file

BLOCK_FRAMES = 65_536


class FlacWriter:
    """A FLAC file that takes its name when it is complete: TITLE, ARTIST, DATE, LICENSE, and everything in COMMENT.

    Raises
    ------
    OutputError
        If the file cannot be written.
    """

    def __init__(self, path: Path | str, *, rate_hz: int, n_channels: int, metadata: Metadata) -> None:
        self._path, self._rate_hz, self._n_channels, self._metadata = Path(path), rate_hz, n_channels, metadata
        self._closing = ExitStack()
        self._stream: soundfile.SoundFile | None = None

    def __enter__(self) -> Self:
        with ExitStack() as opening:
            temporary = opening.enter_context(whole_file(self._path))
            form = (self._rate_hz, self._n_channels, "PCM_24")
            try:
                stream = soundfile.SoundFile(os.fsencode(temporary), "w", *form, format="FLAC")
            except soundfile.LibsndfileError as error:
                raise self._refused(error) from error
            self._stream = opening.enter_context(stream)
            said = {"title": self._metadata.title, "artist": self._metadata.recordist,
                    "date": self._metadata.recorded_at, "license": self._metadata.licence,
                    "comment": comment_of(self._metadata)}  # fmt: skip
            for name, words in said.items():
                if words:  # libsndfile refuses an empty one
                    setattr(stream, name, words)
            self._closing = opening.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self._closing.__exit__(kind, error, where)

    def write(self, samples: Samples) -> None:
        """Add (n_frames, n_channels) frames, rounded to the nearest 24-bit step."""
        assert self._stream is not None, "write belongs into the with block"
        try:
            for start in range(0, len(samples), BLOCK_FRAMES):
                self._stream.write(_steps(samples[start : start + BLOCK_FRAMES]))
        except soundfile.LibsndfileError as error:
            raise self._refused(error) from error

    def _refused(self, error: soundfile.LibsndfileError) -> OutputError:
        return OutputError(f"cannot write {self._path}: {error.error_string.strip()}",
                           hint="FLAC holds up to 8 channels; is the disk full?")  # fmt: skip


def write_flac(path: Path | str, samples: Samples, rate_hz: int, metadata: Metadata) -> None:
    """Write a take, (n_frames, n_channels <= 8) float32; see `FlacWriter`.

    Raises
    ------
    OutputError
        If the file cannot be written.
    """
    with FlacWriter(path, rate_hz=rate_hz, n_channels=samples.shape[1], metadata=metadata) as writer:
        writer.write(samples)


def _steps(samples: Samples) -> np.ndarray[tuple[int, ...], np.dtype[np.int32]]:
    """24-bit steps in the upper bits of 32: libsndfile's own conversion cuts instead of rounding."""
    steps = np.rint(samples.astype(np.float64) * 2.0**23)
    return np.clip(steps, -(2**23), 2**23 - 1).astype(np.int32) << 8
