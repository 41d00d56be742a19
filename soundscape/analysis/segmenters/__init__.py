"""Where sounds begin and end."""

from __future__ import annotations

from soundscape.analysis.frames import Frames
from soundscape.analysis.segmenters.events import Span, events
from soundscape.analysis.segmenters.phrases import phrases
from soundscape.analysis.segmenters.textures import textures


def spans_of(frames: Frames) -> list[Span]:
    """Every stretch worth keeping, by where it begins: events, the phrases above them, textures between."""
    found = phrases(frames, events(frames))
    return sorted(found + textures(frames, found), key=lambda span: (span.start, -span.stop))
