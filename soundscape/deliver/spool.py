"""A mix on its way from the engine to the master: float32 frames in a nameless temporary file."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType

import numpy as np

from soundscape.units import Samples
from soundscape.whole import output_error


class Spool:
    """Takes blocks, gives them back as often as asked. The file has no name, so that even a killed program leaves none.

    Parameters
    ----------
    folder
        Where the mix will be delivered: if its disk is too small for the mix this is noticed while rendering.
    """

    def __init__(self, folder: Path, n_channels: int) -> None:
        self.n_channels = n_channels
        self.n_frames = 0
        self.folder = folder
        try:
            self._stream = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115  (closed by __exit__)
        except OSError as error:
            raise output_error(folder, error) from error

    def __enter__(self) -> Spool:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self._stream.close()

    def append(self, samples: Samples) -> None:
        """Add (n_frames, n_channels) float32."""
        try:
            self._stream.write(np.ascontiguousarray(samples, dtype=np.float32).data)
        except OSError as error:
            raise output_error(self.folder, error) from error
        self.n_frames += len(samples)

    def blocks(self, block_frames: int = 65_536, *, first: int = 0) -> Iterator[Samples]:
        """Everything appended so far, from the beginning, or from a frame on."""
        at = first
        while at < self.n_frames:
            n = min(block_frames, self.n_frames - at)
            self._stream.seek(at * self.n_channels * 4)
            values = np.frombuffer(self._stream.read(n * self.n_channels * 4), dtype=np.float32)
            at += n
            yield values.reshape(n, self.n_channels)
