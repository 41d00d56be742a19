"""A mix that goes round: what sounds over its end is heard at its beginning, and its level meets there too."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from soundscape.audio.loudness import Meter
from soundscape.deliver.spool import Spool
from soundscape.units import Samples

ASIDE_S = 10.0
"""So much of the end is heard before the beginning, and of the beginning after the end, while the level is found."""


def go_round(spool: Spool, n_frames: int, meter: Meter, rate_hz: int) -> tuple[Spool, int]:
    """A mix with its end laid over its beginning, and some of it once more on both sides.

    Parameters
    ----------
    spool
        As many frames as it has may be rendered beyond `n_frames`, or fewer than these.
    n_frames
        Of a round.
    meter
        New; has heard what is returned.

    Returns
    -------
    Spool, int
        Who asked for it closes it; and how many of its frames come before the beginning.
    """
    n_aside = min(int(ASIDE_S * rate_hz), n_frames)
    over = _over_the_end(spool, n_frames)
    first = np.concatenate(list(_stretch(spool, over, n_frames, 0, n_aside)) or [over[:0]])
    last = np.concatenate(list(_stretch(spool, over, n_frames, n_frames - n_aside, n_frames)) or [over[:0]])
    around = Spool(spool.folder, spool.n_channels).__enter__()
    for block in (last, *_stretch(spool, over, n_frames, 0, n_frames), first):
        around.append(block)
        meter.update(block)
    return around, len(last)


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


def _stretch(spool: Spool, over: Samples, n_frames: int, first: int, last: int) -> Iterator[Samples]:
    """Frames of a round, `first` to before `last`, with what sounds over its end."""
    at = 0
    for block in _padded(spool, n_frames):
        begin, end = max(at, first), min(at + len(block), last)
        if begin < end:
            part = block[begin - at : end - at].copy()
            laid = over[begin:end]
            part[: len(laid)] += laid
            yield part
        at += len(block)


def _padded(spool: Spool, n_frames: int) -> Iterator[Samples]:
    """Exactly a round: the mix, and silence where it is shorter."""
    left = n_frames
    for block in spool.blocks():
        if left <= 0:
            return
        yield block[:left]
        left -= min(left, len(block))
    if left > 0:
        yield np.zeros((left, spool.n_channels), np.float32)
