"""WAV as concert halls and broadcasters take it: 24 bit, channel mask, order of the layout, metadata inside."""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path

from soundscape.audio.metadata import Metadata
from soundscape.audio.wavefile import WaveWriter
from soundscape.space.layout import Layout


def open_wav(path: Path, layout: Layout, rate_hz: int, metadata: Metadata) -> AbstractContextManager[WaveWriter]:
    """Writer of a WAV file; it becomes RF64 by itself beyond 4 GiB."""
    return WaveWriter(
        path,
        rate_hz=rate_hz,
        n_channels=layout.n_channels,
        encoding="PCM_24",
        channel_mask=layout.channel_mask,
        metadata=metadata,
    )
