"""FLAC for archives and downloads: 24 bit, up to eight channels."""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path

from soundscape.audio.flacfile import FlacWriter
from soundscape.deliver.formats.label import Label


def open_flac(path: Path, label: Label) -> AbstractContextManager[FlacWriter]:
    """Writer of a FLAC file."""
    return FlacWriter(path, rate_hz=label.rate_hz, n_channels=label.layout.n_channels, metadata=label.metadata)
