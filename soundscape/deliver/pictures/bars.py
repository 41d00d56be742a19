"""Segments as bars in lanes, and where the words of each stand: in its bar, beside it, or in a list under a number.

Everything here is in inches of the page; nothing is drawn.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from scipy.optimize import isotonic_regression

from soundscape.catalogue.segment import Segment

MOST_LANES = 24
PAD_IN = 0.045
"""On either side of words."""
APART_IN = 0.12
"""Between words beside a bar and what comes next: more than from their own bar, so that it is seen whose they are."""
TOUCH_S = 1e-3
"""Segments that overlap no longer meet, and share a lane."""
NARROWEST_IN = 0.02
"""So wide is a bar drawn at least: a click in an hour is still seen."""
Place = Literal["inside", "right", "left", "strip"]
Width = Callable[[str], float]
"""How many inches of a line words take."""


@dataclass(frozen=True, slots=True)
class Bar:
    """A segment as it is drawn."""

    segment: Segment
    left_in: float
    width_in: float
    words: str = ""
    """What stands at the bar: its tags or, where there is no room for any, its number."""
    place: Place = "inside"
    words_in: float = 0.0
    """The left end of the words, and in a strip their middle."""
    number: int = 0
    """In the list beneath, from 1; 0 where the words stand at the bar."""
    row: int = 0
    """Of the strip, from the bar down."""

    @property
    def right_in(self) -> float:
        """Where it ends."""
        return self.left_in + self.width_in


@dataclass(frozen=True, slots=True)
class Lane:
    """Bars of which none overlaps another, from left to right."""

    bars: tuple[Bar, ...]
    n_rows: int = 0
    """Of numbers below the bars, that have no room beside them."""

    @property
    def is_of_phrases(self) -> bool:
        """Whether these are phrases, and not what phrases are made of."""
        return self.bars[0].segment.kind == "phrase"


def lanes_of(segments: Sequence[Segment]) -> list[list[Segment]]:
    """Segments in lanes in which none overlaps, phrases above all others; what finds no lane is left out.

    Examples
    --------
    >>> knock, other, both = (Segment(str(n), "r", start_s, end_s, kind) for n, (start_s, end_s, kind) in
    ...                       enumerate(((0.0, 1.0, "event"), (0.8, 2.0, "event"), (0.0, 2.0, "phrase"))))
    >>> [[one.id for one in lane] for lane in lanes_of([knock, other, both])]
    [['2'], ['0'], ['1']]
    """
    found: list[list[Segment]] = []
    for kinds in (("phrase",), ("event", "note", "texture")):
        lanes: list[list[Segment]] = []
        for segment in sorted(segments, key=lambda one: (one.start_s, -one.end_s)):
            if segment.kind in kinds:
                free = next((lane for lane in lanes if lane[-1].end_s <= segment.start_s + TOUCH_S), None)
                if free is not None:
                    free.append(segment)
                elif len(found) + len(lanes) < MOST_LANES:
                    lanes.append([segment])
        found += lanes
    return found


def bars_of(segments: Sequence[Segment], *, shown_s: float, page_in: float, width_of: Width) -> list[Lane]:
    """Lay out segments over `shown_s` seconds that are `page_in` inches wide.

    Words stand in their bar where it is wide enough, else beside it where that is free. Where they fit nowhere there is
    a number, in the bar, beside it or below it; numbers rise with time.
    """
    widest = "8" * len(str(len(segments)))
    lanes = [_laid_out(lane, page_in / shown_s, page_in, widest, width_of) for lane in lanes_of(segments)]
    waiting = [bar.segment for lane in lanes for bar in lane if bar.number]
    numbers = {one: n for n, one in enumerate(sorted(waiting, key=lambda one: (one.start_s, one.end_s)), start=1)}
    numbered = [[replace(bar, number=numbers[bar.segment], words=str(numbers[bar.segment])) if bar.number else bar
                 for bar in lane] for lane in lanes]  # fmt: skip
    return [_with_strip(lane, page_in, width_of(widest) + PAD_IN) for lane in numbered]


def words_of(segment: Segment) -> list[str]:
    """What can be said of a segment, the longest first; a machine says how sure it is.

    Examples
    --------
    >>> from soundscape.catalogue.segment import Tag
    >>> words_of(Segment("a", "r", 0.0, 1.0, "phrase", (Tag("gate.knock", 0.9), Tag("drum", 0.4))))
    ['phrase: gate.knock 90%, drum 40%', 'phrase: gate.knock 90%', 'phrase: gate.knock']
    >>> words_of(Segment("a", "r", 0.0, 1.0))
    ['no tag']
    """
    heard = [f"{tag.name} {tag.confidence:.0%}" if tag.by == "machine" else tag.name for tag in segment.tags[:2]]
    heard = heard or ["no tag"]
    what = "phrase: " if segment.kind == "phrase" else ""
    found = (", ".join(heard), heard[0], segment.tag or "no tag")
    return [what + words for words in dict.fromkeys(found)]


def _laid_out(lane: Sequence[Segment], in_per_s: float, page_in: float, widest: str, width_of: Width) -> list[Bar]:
    """Bars of a lane; of those that have no room for words the number is 1, for now."""
    found: list[Bar] = []
    free_in = 0.0
    for index, segment in enumerate(lane):
        left_in = min(segment.start_s * in_per_s, page_in - NARROWEST_IN)
        bar = Bar(segment, left_in, max(NARROWEST_IN, min(segment.duration_s * in_per_s, page_in - left_in)))
        next_in = lane[index + 1].start_s * in_per_s if index + 1 < len(lane) else page_in
        rooms: tuple[tuple[Place, float, float], ...] = (
            ("inside", bar.left_in, bar.width_in),
            ("right", bar.right_in, next_in - bar.right_in - APART_IN),
            ("left", free_in + APART_IN, bar.left_in - free_in - APART_IN),
        )
        tries = [(words, 0, *room) for room in rooms for words in words_of(segment)]
        tries += [(widest, 1, *room) for room in rooms]
        words, number, place, from_in, room_in = next(
            ((words, number, place, from_in, room_in) for words, number, place, from_in, room_in in tries
             if width_of(words) + 2 * PAD_IN <= room_in), (widest, 1, "strip", bar.left_in, bar.width_in),
        )  # fmt: skip
        words_in = from_in + room_in - PAD_IN - width_of(words) if place == "left" else from_in + PAD_IN
        found.append(replace(bar, words=words, number=number, place=place, words_in=words_in))
        free_in = words_in + width_of(words) if place == "right" else bar.right_in
    return found


def _with_strip(bars: Sequence[Bar], page_in: float, each_in: float) -> Lane:
    """Numbers that fit nowhere else, in rows below their bars and pushed aside until none covers another."""
    waiting = [bar for bar in bars if bar.place == "strip"]
    n_rows = math.ceil(len(waiting) * each_in / page_in)
    placed: dict[Segment, Bar] = {}
    for row in range(n_rows):
        here = waiting[row::n_rows]
        steps_in = each_in * np.arange(len(here))
        wanted_in = np.array([bar.left_in + bar.width_in / 2 for bar in here])
        first_in = np.clip(isotonic_regression(wanted_in - steps_in).x, each_in / 2,
                           page_in - each_in / 2 - steps_in[-1])  # fmt: skip
        for bar, middle_in in zip(here, first_in + steps_in, strict=True):
            placed[bar.segment] = replace(bar, words_in=float(middle_in), row=row)
    return Lane(tuple(placed.get(bar.segment, bar) for bar in bars), n_rows)
