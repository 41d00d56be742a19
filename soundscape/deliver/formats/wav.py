"""WAV as concert halls and broadcasters take it: 24 bit, channel mask, order of the layout, metadata inside."""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path

from soundscape.audio.wavefile import WaveWriter
from soundscape.deliver.formats.label import Label


def open_wav(path: Path, label: Label) -> AbstractContextManager[WaveWriter]:
    """Writer of a WAV file; it becomes RF64 by itself beyond 4 GiB, and its bext chunk carries the loudness."""
    writer = WaveWriter(
        path,
        rate_hz=label.rate_hz,
        n_channels=label.layout.n_channels,
        channel_mask=label.layout.channel_mask,
        channel_names=tuple(speaker.name for speaker in label.layout.speakers),
        metadata=label.metadata,
        loops=label.loops,
    )
    writer.loudness = label.loudness
    return writer
