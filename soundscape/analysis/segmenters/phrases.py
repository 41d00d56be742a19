"""Phrases: several events of like timbre that follow each other closely, such as four knocks."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from scipy.ndimage import uniform_filter1d

from soundscape.analysis.frames import HOPS_PER_S, Floats, Frames
from soundscape.analysis.segmenters.events import Span, colour_of
from soundscape.analysis.segmenters.pieces import LONGEST_S

DIP_DB = 16.0
"""A sound that falls by so much and rises again by so much within an event is another strike."""
FELL_DB = 8.0
"""What did not fall so far before another sound began goes on under it."""
APART_S = 0.12
FEWEST, CLOSE_S, ALIKE = 3, 1.2, 0.92
STRIKES_S, TWO_ALIKE = 2.5, 0.85
"""Strikes of one sound begin so soon after each other; two are alike by so much."""


def phrases(frames: Frames, found: list[Span]) -> list[Span]:
    """Spans with their strikes apart, and a phrase above those that are alike, of a minute at most."""
    levels_db = np.asarray(10.0 * np.log10(frames.power + 1e-12), np.float32)
    made: list[Span] = []
    group: list[Span] = []
    for span, within in _nested(found):
        strikes = _strikes(frames, levels_db, span, within)
        if strikes:  # such a span is a phrase by itself
            made += [*_grouped(group), span._replace(kind="phrase"), *strikes]
            group = []
            continue
        made += within
        follows = group and span.start - group[-1].start < CLOSE_S * HOPS_PER_S and span.start >= group[-1].stop
        follows = follows and span.start - group[0].start < LONGEST_S * HOPS_PER_S
        if not (follows and _are_alike(frames, [group[-1], span])):
            made += _grouped(group)
            group = []
        group.append(span)
    return made + _grouped(group)


def _nested(found: list[Span]) -> list[tuple[Span, list[Span]]]:
    """Each outermost span with those that begin within it."""
    nested: list[tuple[Span, list[Span]]] = []
    for span in sorted(found, key=lambda one: (one.start, -one.stop)):
        if nested and span.stop <= nested[-1][0].stop:
            nested[-1][1].append(span)
        else:
            nested.append((span, []))
    return nested


def _grouped(group: list[Span]) -> list[Span]:
    phrase = [Span(group[0].start, group[-1].stop, "phrase")] if len(group) >= FEWEST else []
    return phrase + group


def _strikes(frames: Frames, levels_db: Floats, span: Span, within: list[Span]) -> list[Span]:
    """Two or more that are alike, cut where it dips and where others begin; none where it is one sound, or several."""
    cuts = {start for start, _ in _split(levels_db, span.start, span.stop)}
    far = round(APART_S * HOPS_PER_S)
    cuts |= {
        one.start
        for one in within
        if all(abs(one.start - cut) > far for cut in cuts) and _fell_db(levels_db, span.start, one.start) > FELL_DB
    }
    edges = [*sorted(cuts), span.stop]
    strikes = [Span(start, stop, "event") for start, stop in pairwise(edges)]
    follow = all(two.start - one.start < STRIKES_S * HOPS_PER_S for one, two in pairwise(strikes))
    return strikes if len(strikes) > 1 and follow and _are_alike(frames, strikes) else []


def _fell_db(levels_db: Floats, start: int, at: int) -> float:
    """How far it fell from its loudest to just before a frame."""
    return float(levels_db[start:at].max() - levels_db[max(start, at - 10) : at + 1].min())


def _are_alike(frames: Frames, spans: list[Span]) -> bool:
    """Whether the loudest moments of all have like spectra: cosine of their bands' amplitudes.

    That of each with the middle one's; two have no middle, and are asked for each other's.
    """
    loudest = [span.start + int(np.argmax(frames.power[span.start : span.stop])) for span in spans]
    looks = np.stack([colour_of(frames.bands_db, at) for at in loudest])
    if len(looks) == 2:
        return float(looks[0] @ looks[1]) > TWO_ALIKE
    middle = np.median(looks, axis=0)
    return float((looks @ middle).min()) > ALIKE * float(np.linalg.norm(middle))


def _split(levels_db: Floats, start: int, stop: int) -> list[tuple[int, int]]:
    """Cut where the level fell by `DIP_DB` and rises again sharply, as between knocks."""
    smooth = uniform_filter1d(np.asarray(levels_db[start:stop], np.float64), 3)
    cuts, peak, low = [0], smooth[0], 0
    for i, level in enumerate(smooth):
        if level < smooth[low]:
            low = i
        if level > peak:
            peak, low = level, i
        rises = level - smooth[low] > DIP_DB and level - smooth[max(0, i - 6)] > 0.7 * DIP_DB
        if rises and peak - smooth[low] > DIP_DB and low - cuts[-1] > APART_S * HOPS_PER_S:
            cuts.append(low)
            peak, low = level, i
    return [(start + a, start + b) for a, b in zip(cuts, [*cuts[1:], stop - start], strict=True)]
