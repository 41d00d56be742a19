"""A mix that goes round: what sounds over its end is heard at its beginning, and its level meets there too."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, repeat

import numpy as np

from soundscape.audio.loudness import Meter
from soundscape.deliver.seam import cut_of
from soundscape.deliver.spool import Spool
from soundscape.units import Samples

ASIDE_S = 10.0
"""So much of the end is heard before the beginning, and of the beginning after the end, while the level is found."""
_SILENCE_FRAMES = 65_536


@dataclass(frozen=True, slots=True)
class Round:
    """A mix that goes round, as it is written: its end is laid over its beginning."""

    around: Spool
    """With some of it once more on both sides; who asked for it closes it."""
    n_before: int
    """Frames of that before the beginning."""
    cut: int
    """Frame of the mix that it begins with."""


def go_round(spool: Spool, n_frames: int, meter: Meter, rate_hz: int, *, turns: bool) -> Round:
    """A mix with its end laid over its beginning.

    Parameters
    ----------
    spool
        As many frames as it has may be rendered beyond `n_frames`, or fewer than these.
    n_frames
        Of a round.
    meter
        New; has heard what is returned.
    turns
        Whether it is cut where that is heard least, and not at its beginning.
    """
    over = _over_the_end(spool, n_frames)

    def stretch(first: int, last: int) -> Samples:
        return np.concatenate(list(_stretch(spool, over, n_frames, first, last)))

    cut, n_aside = cut_of(stretch, n_frames, rate_hz) if turns else 0, min(int(ASIDE_S * rate_hz), n_frames)
    around = Spool(spool.folder, spool.n_channels).__enter__()
    for block in _turned(spool, over, n_frames, cut - n_aside, cut + n_frames + n_aside):
        around.append(block)
        meter.update(block)
    return Round(around, n_aside, cut)


def between(blocks: Iterator[Samples], first: int, n_frames: int) -> Iterator[Samples]:
    """Frames from one on, and as many; what comes after them is taken too, for a limiter is ahead of itself."""
    at = 0
    for block in blocks:
        kept = block[max(0, first - at) : max(0, first + n_frames - at)]
        at += len(block)
        if len(kept):
            yield kept


def _over_the_end(spool: Spool, n_frames: int) -> Samples:
    """What sounds after the end, laid round as often as it takes: (at most n_frames, n_channels)."""
    over = np.zeros((min(max(spool.n_frames - n_frames, 0), n_frames), spool.n_channels), np.float32)
    at = 0
    for block in spool.blocks():
        begin = max(0, n_frames - at)
        places = (np.arange(at + begin, at + len(block)) - n_frames) % n_frames
        for start in range(0, len(places), len(over) or 1):  # no place twice in one go
            stretch = slice(start, start + len(over))
            over[places[stretch]] += block[begin:][stretch]
        at += len(block)
    return over


def _turned(spool: Spool, over: Samples, n_frames: int, first: int, last: int) -> Iterator[Samples]:
    """Frames of one round after the other, `first` to before `last`; those before 0 are of the round before."""
    at = first
    while at < last:
        begin = at % n_frames
        end = min(n_frames, begin + last - at)
        yield from _stretch(spool, over, n_frames, begin, end)
        at += end - begin


def _stretch(spool: Spool, over: Samples, n_frames: int, first: int, last: int) -> Iterator[Samples]:
    """Frames of a round, `first` to before `last`, with what sounds over its end; silence where it is shorter."""
    at = first
    for block in chain(spool.blocks(first=first), repeat(np.zeros((_SILENCE_FRAMES, spool.n_channels), np.float32))):
        part = block[: last - at].copy()
        laid = over[at : at + len(part)]
        part[: len(laid)] += laid
        yield part
        at += len(part)
        if at >= last:
            return
