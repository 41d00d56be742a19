"""Where sounds begin and end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from soundscape.analysis.frames import HOPS_PER_S, Floats, Frames
from soundscape.analysis.segmenters.events import JOIN_MOST_S, Span, events
from soundscape.analysis.segmenters.phrases import CLOSE_S, phrases
from soundscape.analysis.segmenters.pieces import LONGEST_S
from soundscape.analysis.segmenters.textures import JUST_AFTER_S, open_texture, textures

OPEN_S = JOIN_MOST_S + 0.5
"""What ended so little ago may go on."""
PATIENCE_S = 150
"""After so long what follows closely on something is cut from it."""


@dataclass(frozen=True, slots=True)
class Part:
    """Which frames of a stretch are to be cut into segments."""

    first: int
    """What is before is cut already."""
    until: int
    """What is from here on is not known yet."""
    is_last: bool = True
    goes_on: bool = False
    """Whether the event before the first frame was cut there because it is so long."""
    loudest_db: float = -np.inf
    """Level of the event before the first frame."""


@dataclass(frozen=True, slots=True)
class Cut:
    """Segments of a part, and the part that is left."""

    spans: list[Span]
    left: Part


def spans_of(frames: Frames) -> list[Span]:
    """Every stretch of a whole take worth keeping, by where it begins: events, the phrases above, textures between."""
    return cut_of(frames, None, Part(0, len(frames))).spans


def cut_of(frames: Frames, shares: Floats | None, part: Part) -> Cut:
    """Cut what is over of a part into segments; the rest is left.

    Parameters
    ----------
    frames : Frames
        Begins some seconds before the part, unless the take does not, and goes on beyond it.
    shares : (n_steps, 3) or None
        What `shares_of` says, up to the end of the part; None if it is to be worked out from the frames.
    part : Part
    """
    found = phrases(frames, events(frames, shares, part.first, part.until, goes_on=part.goes_on))
    levels_db = 10.0 * np.log10(frames.power + 1e-12)
    between = textures(levels_db, found, part.first, part.until, loudest_db=part.loudest_db, is_last=part.is_last)
    spans = sorted(found + between, key=lambda span: (span.start, -span.stop))
    if part.is_last:
        return Cut(spans, Part(part.until, part.until))
    done = _over(found, part)
    over = [span for span in spans if span.start < done]
    sounding = [span for span in over if span.kind != "texture"]
    loudest_db = part.loudest_db
    if sounding:
        last = max(sounding, key=lambda span: span.stop)
        loudest_db = float(levels_db[last.start : last.stop].max())
    goes_on = any(span.stop == done and span.stop - span.start >= LONGEST_S * HOPS_PER_S for span in sounding)
    return Cut(over, Part(done, done, is_last=False, goes_on=goes_on, loudest_db=loudest_db))


def _over(found: list[Span], part: Part) -> int:
    """First frame of what is not over, or of what may not be."""
    at = part.until
    for span in sorted(found, key=lambda span: (-span.start, span.stop)):
        follows = span.stop > at - CLOSE_S * HOPS_PER_S and at - span.start < LONGEST_S * HOPS_PER_S
        waits = part.until - span.start < PATIENCE_S * HOPS_PER_S
        if span.stop > part.until - OPEN_S * HOPS_PER_S or (follows and waits):
            at = min(at, span.start)
    if at > part.until - JUST_AFTER_S * HOPS_PER_S:
        at = open_texture(found, part.first, at)
    return at


def begun_within(span: Span, later: Sequence[Span]) -> list[int]:
    """Frames of an event at which other sounds begin, which go on to its end or to the next one.

    Strikes of a phrase are not others.
    """
    if span.kind != "event":
        return []
    return [other.start - span.start for other in later if other.kind == "event" and other.start < span.stop]
