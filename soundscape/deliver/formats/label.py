"""What a delivered file says of the mix inside it."""

from __future__ import annotations

from dataclasses import dataclass

from soundscape.audio.loudness import Loudness
from soundscape.audio.metadata import Metadata
from soundscape.space.layout import Layout


@dataclass(frozen=True, slots=True)
class Label:
    """Layout and rate of a mix, its words, and what it measures."""

    layout: Layout
    rate_hz: int
    metadata: Metadata
    loudness: Loudness
    loops: bool = False
    """Whether its end meets its beginning: formats that can say so do."""
