"""Events above what is steady: stretches in which something stands out, and what begins anew within them."""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import maximum_filter1d, uniform_filter1d

from soundscape.analysis.frames import HOPS_PER_S, Floats, Frames
from soundscape.analysis.segmenters.ends import ended
from soundscape.analysis.segmenters.pieces import LONGEST_S, pieces
from soundscape.analysis.segmenters.shares import shares_of
from soundscape.analysis.segmenters.standing import HOP_FRAMES, QUIETEST_DB, STEPS_PER_S
from soundscape.analysis.segmenters.tails import tail_stop

SILENT_DB = -75.0
SURE, STAYS, BEGINS, ENDS = 0.8, 0.6, 0.37, 0.3
"""Shares from which something is there, is still there, begins, ends."""
SURELY_BEGINS = 0.45
LOUDER_DB, LOUDER_BANDS, LOUDER_FRAMES, LOUDER_BEFORE_FRAMES = 3.0, 5, 20, 200
"""What does not begin for sure has so many bands that are louder by so much than in the two seconds before."""
SAME, SAME_RISE_DB, COLOUR_FRAMES, SAME_FRAMES, SAME_BEFORE_FRAMES = 0.95, 15.0, 10, 25, 300
"""What begins within a sound and is as loud in the same bands, none of which rises so far, is that sound again."""
SMOOTH_STEPS, SMOOTH_ENDS_STEPS = 9, 9
BEFORE_STEPS, AFTER_STEPS = 14, 16
"""An event begins where something does, so near to where it stands out."""
SHORT_TAKE_S, TAIL_DB = 6.0, 45.0
JOIN_S, JOIN_PART, JOIN_MOST_S = 0.6, 0.1, 2.0
"""What returns so soon goes on, or after such a part of its length: the hum of a bell beats while it sinks."""
APART_S, SHORTEST_S = 0.25, 0.05
BACK_FRAMES = 4
FAINT_DB = 35.0
YOUNG_S, BLOOM_S, YOUNG_RISE_DB, RISE_FRAMES = 1.2, 2.0, 6.0, 10
"""So soon after it began a gong still blooms: only a rise of the whole level is a stroke of its own."""


class Changes(NamedTuple):
    """Frames at which something begins, and at which something ends, each in order."""

    begins: list[int]
    ends: list[int]


NO_CHANGES = Changes([], [])


class Span(NamedTuple):
    """Frames of a segment: first, and one beyond the last."""

    start: int
    stop: int
    kind: Literal["event", "texture", "phrase"]


def events(frames: Frames, shares: Floats | None, first: int, until: int, *, goes_on: bool = False) -> list[Span]:
    """Events on top of what is steady, from frame `first` to `until`; in a short take, everything that is heard.

    A sound that begins while another goes on is an event above it: the one that was there is kept whole, unless it is
    longer than `pieces` are, until it is heard to end. `goes_on` says that one was cut at `first`.
    """
    levels_db = 10.0 * np.log10(frames.power + 1e-12)
    changes = NO_CHANGES
    if len(frames) < SHORT_TAKE_S * HOPS_PER_S:  # too short to know what is steady
        spans = _joined(runs(levels_db > max(SILENT_DB, float(levels_db.max()) - TAIL_DB)), [])
    else:
        spans, changes = _stretches(frames, levels_db, shares, until)
    spans = [(max(start, first), stop) for start, stop in spans if stop > first and (start >= first or goes_on)]
    kept = [span for span in spans if span[1] - span[0] >= SHORTEST_S * HOPS_PER_S] or spans[:1]
    return [Span(*begun, "event") for whole in kept for piece in pieces(*whole)
            for begun in _begun(*piece, changes, levels_db, frames.bands_db)]  # fmt: skip


def _stretches(
    frames: Frames, levels_db: Floats, shares: Floats | None, until: int
) -> tuple[list[tuple[int, int]], Changes]:
    """Stretches in which something stands out, and every frame at which something begins or ends."""
    on, begins, ends = (shares_of(frames.bands_db) if shares is None else shares).T
    on, begins = uniform_filter1d(on, SMOOTH_STEPS), uniform_filter1d(begins, 3)
    peaks = _peaks(begins, BEGINS)
    heard = levels_db[::HOP_FRAMES][: len(on)] > SILENT_DB
    found = [
        (a, b)
        for a, b in runs((on > STAYS) & heard)
        if on[a:b].max() > SURE or begins[max(0, a - BEFORE_STEPS) : b].max() > SURELY_BEGINS
    ]
    starts = []
    for start, stop in found:
        near = peaks[(peaks >= start - BEFORE_STEPS) & (peaks <= min(start + AFTER_STEPS, stop - 1))]
        starts.append(_back(levels_db, int(near[0] if len(near) else start) * HOP_FRAMES))
    backs = [(peak, _back(levels_db, int(peak) * HOP_FRAMES)) for peak in peaks]
    sure = [at for peak, at in backs if begins[peak] > SURELY_BEGINS]
    beginnings = [at for _, at in backs if at in sure or _is_heard_apart(frames.bands_db, levels_db, at, sure)]
    stops = [min(until, stop * HOP_FRAMES) for _, stop in found]
    spans = [(start, stop) for start, stop in zip(starts, stops, strict=True) if start < stop]
    endings = [int(peak) * HOP_FRAMES for peak in _peaks(uniform_filter1d(ends, SMOOTH_ENDS_STEPS), ENDS)]
    return _with_tails(frames.bands_db, _joined(spans, beginnings), until), Changes(beginnings, endings)


def _peaks(share: Floats, least: float) -> NDArray[np.intp]:
    """Steps at which a share is highest within `APART_S`, and high enough."""
    highest = maximum_filter1d(share, 2 * round(APART_S * STEPS_PER_S / 2) + 1)
    return np.flatnonzero((share == highest) & (share > least))


def _with_tails(bands_db: Floats, spans: list[tuple[int, int]], until: int) -> list[tuple[int, int]]:
    limits = [*(start for start, _ in spans[1:]), until][: len(spans)]
    return [(start, tail_stop(bands_db, start, stop, limit))
            for (start, stop), limit in zip(spans, limits, strict=True)]  # fmt: skip


def _back(levels_db: Floats, frame: int) -> int:
    """Quietest moment just before."""
    first = max(0, frame - BACK_FRAMES)
    return first + int(np.argmin(levels_db[first : frame + 1]))


def _is_heard_apart(bands_db: Floats, levels_db: Floats, at: int, sure: list[int]) -> bool:
    """Whether what may begin is louder than what was, and no bloom of what has surely begun shortly before."""
    is_bloom = any(0 <= at - one < BLOOM_S * HOPS_PER_S for one in sure)
    return _is_louder(bands_db, at) and (not is_bloom or _rise_db(levels_db, at) > YOUNG_RISE_DB)


def _is_louder(bands_db: Floats, at: int) -> bool:
    """Whether some bands come to be louder than they were just before: the beats of what sinks do not."""
    before, after = (uniform_filter1d(part, LOUDER_FRAMES // 4, axis=0).max(axis=0)
                     for part in (bands_db[max(0, at - LOUDER_BEFORE_FRAMES) : max(1, at)],
                                  bands_db[at : at + LOUDER_FRAMES]))  # fmt: skip
    rises = np.maximum(after, QUIETEST_DB) - np.maximum(before, QUIETEST_DB)
    return float(np.sort(rises)[-LOUDER_BANDS:].mean()) > LOUDER_DB


def _begun(start: int, stop: int, changes: Changes, levels_db: Floats, bands_db: Floats) -> list[tuple[int, int]]:
    """A span, and one for each further beginning in it, until the next or until it ends."""
    apart = round(APART_S * HOPS_PER_S)
    further = [at for at in changes.begins if start + apart < at < stop - SHORTEST_S * HOPS_PER_S]
    if further and levels_db[start : further[0]].max() < levels_db[further[0] : stop].max() - FAINT_DB:
        start, further = further[0], further[1:]  # what is so faint before is nothing of its own
    young = start + round(YOUNG_S * HOPS_PER_S)
    further = [at for at in further if at > young or _rise_db(levels_db, at) > YOUNG_RISE_DB]
    further = [at for at in further if not _is_same(bands_db, start, at)]
    is_cut = stop - start >= LONGEST_S * HOPS_PER_S  # what was cut by its length is whole: the next piece goes on
    return ended(bands_db, [start, *further], stop, [] if is_cut else changes.ends)


def _is_same(bands_db: Floats, start: int, at: int) -> bool:
    """Whether a sound has at its loudest, once something begins in it, the colour that it had before."""
    before, after = bands_db[max(start, at - SAME_BEFORE_FRAMES) : at], bands_db[at : at + SAME_FRAMES]
    rise_db = float((after.max(axis=0) - before.max(axis=0)).max())
    if rise_db >= SAME_RISE_DB:
        return False
    loudest = (int(np.argmax((10.0 ** (part / 10.0)).sum(axis=1))) for part in (before, after))
    one, other = (colour_of(part, frame) for part, frame in zip((before, after), loudest, strict=True))
    return float(one @ other) > SAME


def colour_of(bands_db: Floats, at: int) -> Floats:
    """Square roots of the amplitudes of bands shortly after a frame, (N_BANDS,), of length 1."""
    roots = 10.0 ** (bands_db[at : at + COLOUR_FRAMES].max(axis=0) / 40.0)
    return np.asarray(roots / np.linalg.norm(roots))


def _rise_db(levels_db: Floats, at: int) -> float:
    """How far the level rises from just before a frame to just after it."""
    before, after = levels_db[max(0, at - RISE_FRAMES) : at + 1], levels_db[at : at + RISE_FRAMES + 1]
    return float(after.max() - before.min())


def runs(on: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """First and one beyond the last of each stretch that is true."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], on.astype(np.int8), [0]])))
    return [(int(a), int(b)) for a, b in edges.reshape(-1, 2)]


def _joined(spans: list[tuple[int, int]], beginnings: list[int]) -> list[tuple[int, int]]:
    """Spans with little between them are one, unless something begins with the later."""
    joined: list[tuple[int, int]] = []
    for start, stop in spans:
        if joined and start - joined[-1][1] < _patience(*joined[-1]) and start not in beginnings:
            joined[-1] = (joined[-1][0], max(stop, joined[-1][1]))
        else:
            joined.append((start, stop))
    return joined


def _patience(start: int, stop: int) -> float:
    """Frames of quiet after which a span is over."""
    return max(JOIN_S * HOPS_PER_S, min(JOIN_PART * (stop - start), JOIN_MOST_S * HOPS_PER_S))
