"""FLAC for archives and downloads: 24 bit, up to eight channels."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import soundfile

from soundscape.audio.metadata import Metadata
from soundscape.space.layout import Layout
from soundscape.units import Samples
from soundscape.whole import whole_file


class FlacWriter:
    """Rounds to 24 bit as every other format here does; libsndfile's own conversion would cut instead of round."""

    def __init__(self, stream: soundfile.SoundFile) -> None:
        self._stream = stream

    def write(self, samples: Samples) -> None:
        """Add frames to the end."""
        steps = np.rint(samples.astype(np.float64) * 2.0**23)
        whole = np.clip(steps, -(2**23), 2**23 - 1).astype(np.int32) << 8
        self._stream.write(whole)


@contextmanager
def open_flac(path: Path, layout: Layout, rate_hz: int, metadata: Metadata) -> Iterator[FlacWriter]:
    """Writer of a FLAC file."""
    with (
        whole_file(path) as temporary,
        soundfile.SoundFile(temporary, "w", rate_hz, layout.n_channels, "PCM_24", format="FLAC") as stream,
    ):
        stream.title = metadata.titles.get("en", "")
        stream.copyright = metadata.licence
        stream.comment = metadata.description
        yield FlacWriter(stream)
