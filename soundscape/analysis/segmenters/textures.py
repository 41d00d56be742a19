"""Textures: stretches between events that are heard and go on for long."""

from __future__ import annotations

import numpy as np

from soundscape.analysis.frames import HOPS_PER_S, Frames
from soundscape.analysis.segmenters.events import SILENT_DB, Span, runs

SHORTEST_S = 3.0
BELOW_EVENTS_DB = 45.0
"""What is so far below the loudest event is the quiet of the place: nobody would play it."""


def textures(frames: Frames, found: list[Span]) -> list[Span]:
    """Longest free stretches between the spans found; where there is no event, whatever is heard."""
    is_free = np.ones(len(frames), bool)
    for span in found:
        is_free[span.start : span.stop] = False
    free = runs(is_free)
    levels_db = 10.0 * np.log10(frames.power + 1e-12)
    shortest = SHORTEST_S * HOPS_PER_S if found else 1
    loudest_db = max((float(levels_db[span.start : span.stop].max()) for span in found), default=-np.inf)
    quiet_db = max(SILENT_DB, loudest_db - BELOW_EVENTS_DB)
    return [Span(a, b, "texture") for a, b in free if b - a >= shortest and np.median(levels_db[a:b]) > quiet_db]
