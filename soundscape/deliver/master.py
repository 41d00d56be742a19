"""From a mix to a programme: brought to its loudness, held under its ceiling, never clipped.

One gain for the whole mix brings it to its loudness (ITU-R BS.1770, gated); a linked look-ahead limiter holds every
true peak under the ceiling. Where the limiter takes away loudness the gain is raised and both are measured again.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from soundscape.audio.loudness import Loudness, Meter
from soundscape.deliver.ahead import ahead
from soundscape.deliver.spool import Spool
from soundscape.engine.finish import Limiter
from soundscape.errors import PieceError
from soundscape.progress import Progress, quiet
from soundscape.units import Samples, gain_of

TOLERANCE_LU = 0.1
MAX_ROUNDS = 8
MOST_LIMITING_DB = 12.0
"""No peak is turned down further: a mix that would need more stays softer than its target, and says so."""
ASIDE_DB = 0.01
QUIETEST_LUFS = -70.0
"""The absolute gate of BS.1770: a mix below it has no loudness to bring anywhere."""


@dataclass(frozen=True, slots=True)
class Mastering:
    """What was done to a mix, and what it measures now."""

    gain_db: float
    limit_dbtp: float
    """Where the limiter stands: at the ceiling, or a little below it where another meter would read more."""
    loudness: Loudness
    short_term: tuple[tuple[float, float], ...]
    """(time_s, LUFS) of the 3 s before, each second from 3 s on."""
    is_limited: bool = False


def master(spool: Spool, meter: Meter, *, rate_hz: int, weights: tuple[float, ...], target_lufs: float,
           ceiling_dbtp: float, progress: Progress = quiet) -> Mastering:  # fmt: skip
    """Find the gain that brings a mix to `target_lufs` with every true peak under `ceiling_dbtp`.

    Parameters
    ----------
    meter
        Has heard the mix as it is in the spool.
    weights : (n_channels,)
        BS.1770 weights of the layout's channels.

    Raises
    ------
    PieceError
        If the mix is silent.
    """
    measured = meter.result()
    if not measured.integrated_lufs > QUIETEST_LUFS:
        raise PieceError("the mix is silent: nothing in it is louder than -70 LUFS",
                         hint="raise gain_db of the roles, or look at `soundscape arrange --explain`")  # fmt: skip
    gain_db, measured = gain_to(meter, target_lufs)
    most_db = ceiling_dbtp - (measured.true_peak_dbtp - gain_db) + MOST_LIMITING_DB
    if measured.true_peak_dbtp <= ceiling_dbtp:
        return Mastering(gain_db, ceiling_dbtp, measured, _curve(meter, gain_db))
    limit_dbtp = ceiling_dbtp
    for turn in range(MAX_ROUNDS):
        progress("limiting", turn, MAX_ROUNDS)
        gain_db = min(gain_db, most_db)
        meter = Meter(rate_hz, weights)
        for block in ahead(mastered(spool, gain_db, rate_hz=rate_hz, limit_dbtp=limit_dbtp)):
            meter.update(block)
        reached = meter.result()
        missing_lu = target_lufs - reached.integrated_lufs
        above_db = reached.true_peak_dbtp - ceiling_dbtp
        is_loud = abs(missing_lu) <= TOLERANCE_LU or (missing_lu > 0.0 and gain_db >= most_db)
        if is_loud and above_db <= 0.0:
            break
        gain_db += 0.0 if is_loud else missing_lu
        limit_dbtp -= above_db + ASIDE_DB if above_db > 0.0 else 0.0
    progress("limiting", MAX_ROUNDS, MAX_ROUNDS)
    return Mastering(gain_db, limit_dbtp, reached, _curve(meter, 0.0), is_limited=True)


def gain_to(meter: Meter, target_lufs: float) -> tuple[float, Loudness]:
    """Gain that brings what a meter has heard to a loudness, and what it reads then.

    More than one step, since the gate of -70 LUFS stays where it is while the programme moves.
    """
    gain_db, measured = 0.0, meter.result()
    for _ in range(MAX_ROUNDS):
        if abs(target_lufs - measured.integrated_lufs) < ASIDE_DB:
            break
        gain_db += target_lufs - measured.integrated_lufs
        measured = meter.result(gain_db=gain_db)
    return gain_db, measured


def _curve(meter: Meter, gain_db: float) -> tuple[tuple[float, float], ...]:
    levels = meter.short_term_lufs()[::10] + gain_db
    return tuple((3.0 + second, float(level)) for second, level in enumerate(levels))


def mastered(spool: Spool, gain_db: float, *, rate_hz: int, limit_dbtp: float) -> Iterator[Samples]:
    """The mix with its gain, under its ceiling, in step with the spool: as many frames, none later."""
    limiter = Limiter(spool.n_channels, rate_hz, ceiling_db=limit_dbtp)
    gain = np.float32(gain_of(gain_db))
    for block in spool.blocks():
        yield limiter.process(block * gain)
    yield limiter.flush()


def is_reached(loudness: Loudness, target_lufs: float) -> bool:
    """Whether a programme is as loud as it should be.

    A ceiling can stand in the way: a single knock cannot be as loud as a steady bell.
    """
    return math.isfinite(loudness.integrated_lufs) and abs(loudness.integrated_lufs - target_lufs) <= TOLERANCE_LU
