"""Where sounds begin and end: a table of ways to cut a stretch into segments."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from soundscape.analysis.frames import Frames
from soundscape.analysis.segmenters.events import Span, events
from soundscape.analysis.segmenters.textures import textures

SEGMENTERS: Mapping[str, Callable[[Frames, list[Span]], list[Span]]] = {"event": events, "texture": textures}
"""Each sees the spans found by those before it, and adds its own."""


def spans_of(frames: Frames) -> list[Span]:
    """Every stretch worth keeping, by where it begins."""
    found: list[Span] = []
    for segmenter in SEGMENTERS.values():
        found = found + segmenter(frames, found)
    return sorted(found)
