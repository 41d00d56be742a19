"""Textures: stretches between events that are heard and go on for long."""

from __future__ import annotations

import numpy as np

from soundscape.analysis.frames import HOPS_PER_S, Floats
from soundscape.analysis.segmenters.events import SILENT_DB, Span, runs
from soundscape.analysis.segmenters.pieces import pieces

SHORTEST_S = 3.0
BELOW_EVENTS_DB = 45.0
"""What is so far below the event before it, or the one that begins after it, is the quiet of the place: nobody would
play it."""
JUST_AFTER_S = 2.0
"""How much of the event after it counts: no more is waited for."""


def textures(
    levels_db: Floats, found: list[Span], first: int, until: int, *, loudest_db: float, is_last: bool
) -> list[Span]:
    """Free stretches between the spans found, from `first` to `until`; where there is no event, whatever is heard.

    `loudest_db` is the level of the event before `first`.
    """
    is_all = is_last and first == 0 and not found
    shortest = 1 if is_all else SHORTEST_S * HOPS_PER_S
    made = []
    for start, stop in _free(found, first, until):
        before = max((span for span in found if span.stop <= start), key=lambda span: span.stop, default=None)
        before_db = loudest_db if before is None else float(levels_db[before.start : before.stop].max())
        after_db = float(levels_db[stop : stop + round(JUST_AFTER_S * HOPS_PER_S)].max()) if stop < until else -np.inf
        for a, b in pieces(start, stop) if stop - start >= shortest else ():
            loud_db = max(before_db, after_db if b == stop else -np.inf)
            if np.median(levels_db[a:b]) > max(SILENT_DB, loud_db - BELOW_EVENTS_DB):
                made.append(Span(a, b, "texture"))
    return made


def open_texture(found: list[Span], first: int, at: int) -> int:
    """Where the piece of a free stretch begins that goes on until `at`; `at` itself where something sounds before."""
    last = [free for free in _free(found, first, at) if free[1] == at]
    return pieces(*last[0])[-1][0] if last else at


def _free(found: list[Span], first: int, until: int) -> list[tuple[int, int]]:
    is_free = np.ones(max(until, first), bool)
    is_free[:first] = False
    for span in found:
        is_free[span.start : span.stop] = False
    return runs(is_free)
