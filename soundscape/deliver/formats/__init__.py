"""What a mix can be delivered as: one row per format, chosen by the ending of the file's name."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from soundscape.deliver.formats.flac import open_flac
from soundscape.deliver.formats.label import Label
from soundscape.deliver.formats.wav import open_wav
from soundscape.errors import OutputError
from soundscape.space.layout import Layout
from soundscape.units import Samples


class MixWriter(Protocol):
    """Takes a mix block by block; blocks are (n_frames, n_channels) float32, full scale 1.0."""

    def write(self, samples: Samples) -> None:
        """Add frames to the end."""
        ...


Opener = Callable[[Path, Label], AbstractContextManager[MixWriter]]


@dataclass(frozen=True, slots=True)
class Format:
    """One deliverable: `open(path, label)` gives a writer; the file appears on a clean exit."""

    ending: str
    description: str
    max_channels: int
    open: Opener


FORMATS: dict[str, Format] = {
    row.ending: row
    for row in (
        Format(".wav", "WAV, 24 bit, channel mask, bext and iXML; RF64 beyond 4 GiB", 1024, open_wav),
        Format(".flac", "FLAC, 24 bit", 8, open_flac),
    )
}


def format_of(path: Path, layout: Layout) -> Format:
    """Format that the ending of `path` asks for.

    Raises
    ------
    OutputError
        If there is no such format, or it cannot hold the layout's channels.
    """
    known = ", ".join(FORMATS)
    row = FORMATS.get(path.suffix.lower())
    if row is None:
        raise OutputError(f"{path}: no format ends in {path.suffix!r}", hint=f"known endings: {known}")
    if layout.n_channels > row.max_channels:
        raise OutputError(
            f"{path}: {row.ending} holds {row.max_channels} channels, {layout.name} has {layout.n_channels}",
            hint="name a .wav file",
        )
    return row
