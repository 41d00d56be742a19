"""A show tried before the doors open: its busiest seconds on a device without a clock, and its disk.

What is found belongs to this machine as it is now. Nothing is written down.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from soundscape.arrangement.event import Event
from soundscape.engine.body import Body
from soundscape.engine.voices import QUANTUM
from soundscape.live.controls import Transport
from soundscape.live.device import Asked, open_device
from soundscape.live.palette import key_of
from soundscape.live.session import Session
from soundscape.live.show import Show
from soundscape.progress import Progress, quiet

TRIED_S, LEAD_S = 8.0, 4.0
"""So much is measured, after so much that is not: what sounds long has begun by then."""
USUALLY = 0.99
READ_BYTES = 64 << 20
CHUNK_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Tried:
    """What blocks cost, as shares of the time that they last."""

    at_s: float
    """Of the score: the busiest place."""
    n_blocks: int
    usual: float
    """99 of 100 cost less."""
    worst: float


def busiest_s(events: Iterable[Event]) -> float:
    """Where in the score most events sound at once: the beginning of the last of them.

    Examples
    --------
    >>> busiest_s(())
    0.0
    """
    spans = [(event.start_s, event.end_s) for event in events]
    starts, ends = np.sort([one for one, _ in spans]), np.sort([one for _, one in spans])
    if not spans:
        return 0.0
    at_once = np.arange(1, len(spans) + 1) - np.searchsorted(ends, starts, side="right")
    return float(starts[int(at_once.argmax())])


def tried(show: Show, body: Body, block_frames: int, *, progress: Progress = quiet) -> Tried:
    """Play the busiest seconds of a show as fast as the machine can, block after block.

    Parameters
    ----------
    body
        It has played nothing yet, and plays nothing afterwards.
    block_frames
        Of the device that the show will be played on.
    """
    at_s = busiest_s(show.events)
    first_s = max(0.0, at_s - LEAD_S)
    device = open_device(body, Asked("fast", block_frames))
    begin, spent_ns = body.delivered, []
    skipped, wanted = (int(span_s * body.rate_hz) for span_s in (at_s - first_s, TRIED_S))
    with Session(show, body, device) as session:
        session.ask(Transport("locate", first_s))
        session.ask(Transport("play"))
        while (done := body.delivered - begin) < skipped + wanted:
            session.player.read(body.clock + block_frames + QUANTUM)
            before_ns = body.load.spent_ns
            session.step()
            if done >= skipped:
                spent_ns.append(body.load.spent_ns - before_ns)
            progress("playing the busiest seconds", done, skipped + wanted)
    progress("playing the busiest seconds", 1, 1)
    shares = np.array(spent_ns) * body.rate_hz / (block_frames * 1e9)
    return Tried(at_s, len(shares), float(np.quantile(shares, USUALLY)), float(shares.max()))


def bytes_per_s(show: Show) -> float:
    """What the disk must give in the worst moment: all that the score streams at once, and one sound of each hand.

    Examples
    --------
    A show that has everything in memory needs nothing: see `Show.streamed`.
    """
    frame_bytes = {key: samples.shape[1] * samples.itemsize for key, samples in show.streamed.items()}
    turns: list[tuple[float, int]] = []
    for event in show.events:
        each = frame_bytes.get(key_of(event), 0)
        turns += [(event.start_s, each), (event.end_s, -each)]
    score = np.cumsum([each for _, each in sorted(turns)] or [0]).max()
    hands: dict[str, int] = {}
    for slot, events in show.palette.choices.items():
        most = max((frame_bytes.get(key_of(event), 0) for event in events), default=0)
        hands[slot.role] = max(hands.get(slot.role, 0), most)
    return float(score + sum(hands.values())) * show.pool.rate_hz


def disk_bytes_per_s(file: Path) -> float:
    """How fast the disk gives a file, out of memory as far as the system lets go of it; 0: it cannot be read."""
    try:
        descriptor = os.open(file, os.O_RDONLY)
    except OSError:
        return 0.0
    try:
        os.fsync(descriptor)  # what is not on the disk yet is not let go
        if hasattr(os, "posix_fadvise"):
            os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
        begin_s, n_bytes = time.perf_counter(), 0
        while n_bytes < READ_BYTES and (data := os.read(descriptor, CHUNK_BYTES)):
            n_bytes += len(data)
        return n_bytes / max(time.perf_counter() - begin_s, 1e-9)
    except OSError:
        return 0.0
    finally:
        os.close(descriptor)
