"""The way out of the engine: level, limiter, gate and meters, for 64 frames of all channels at a time."""

from __future__ import annotations

import numpy as np

from soundscape.compiled import kernel
from soundscape.engine.kernels.body import (
    BETWEEN,
    CEILING,
    CHANNELS,
    CLOSING,
    FULL,
    GAIN,
    GATE,
    HELD,
    HIGHEST,
    LEVELS,
    LIMITER,
    LINE,
    MAKE_UP,
    MASTER,
    METERS,
    OPENING,
    PAST,
    PEAK_TABLE,
    PEAKS,
    QUIET,
    REACH,
    RECENT,
    RELEASE_SHARE,
    SCALARS,
    U64,
    WANTED,
)
from soundscape.engine.kernels.limiting import envelope, wanted_gains
from soundscape.engine.kernels.memory import box32, line32, line64, sheet32, sheet64


@kernel
def _limit(table, heard, out):  # type: ignore[no-untyped-def]
    """Hold 64 frames under the ceiling: `heard` (past + 64, n_channels), whose first frames leave."""
    scalars, peak_table, gain = line64(table, SCALARS), sheet32(table, PEAK_TABLE), line64(table, GAIN)
    n_past = heard.shape[0] - 64
    wanted = line64(table, WANTED)
    wanted_gains(heard[n_past - peak_table.shape[1] + 1 :], peak_table, scalars[REACH], scalars[CEILING],
                 line32(table, LINE), line32(table, BETWEEN), line32(table, PEAKS), wanted)  # fmt: skip
    envelope(wanted, scalars[RELEASE_SHARE], line64(table, RECENT), line64(table, HELD), line64(table, LIMITER), gain)
    if gain.min() == 1.0:
        out[:] = heard[:64]
        return
    for k in range(64):
        held = np.float32(gain[k])
        for c in range(heard.shape[1]):
            out[k, c] = heard[k, c] * held


@kernel
def _move_up(heard):  # type: ignore[no-untyped-def]
    """Forget the first 64 frames: a loop, for a slice laid onto itself is copied through memory asked for then."""
    flat, gone = heard.reshape(heard.size), np.uint64(64 * heard.shape[1])
    for i in range(np.uint64(heard.size) - gone):
        flat[i] = flat[i + gone]


@kernel
def _through_gate(out, opened, opens, highest):  # type: ignore[no-untyped-def]
    """Let frames (64, n) through a gate that is open so far, and so far after them; none is higher than `highest`.

    Whether one of them was no number: it is silence then.
    """
    if opened != FULL or opens != FULL:
        by = (opens - opened) * np.float32(1.0 / 64.0)
        for k in range(64):
            for c in range(out.shape[1]):
                out[k, c] *= opened + by * np.float32(k)
    flat, n_wrong = out.reshape(out.size), 0
    for i in range(np.uint64(flat.size)):
        n_wrong += not abs(flat[i]) <= highest
    if n_wrong == 0:
        return False
    is_poisoned = False
    for i in range(np.uint64(flat.size)):
        x = flat[i]
        if not abs(x) <= highest:
            is_poisoned = is_poisoned or not np.isfinite(x)
            flat[i] = QUIET if not np.isfinite(x) else (highest if x > QUIET else -highest)
    return is_poisoned


@kernel
def _leave(table, channels, q, level, then, opened, opens, out):  # type: ignore[no-untyped-def]
    """A quantum of all channels, with the master's level, under the ceiling, through the gate, to `out` (64, n)."""
    heard, meters = sheet32(table, PAST), sheet64(table, METERS)
    n_past, n_channels = heard.shape[0] - 64, heard.shape[1]
    made_up = np.float32(line64(table, SCALARS)[MAKE_UP])
    level, then = level * made_up, then * made_up
    step = (then - level) * np.float32(1.0 / 64.0)
    for c in range(np.uint64(n_channels)):
        for k in range(U64):
            heard[np.uint64(n_past) + k, c] = channels[q, c, k] * (level + step * np.float32(k))
    _limit(table, heard, out)
    _move_up(heard)
    is_poisoned = _through_gate(out, opened, opens, np.float32(line64(table, SCALARS)[HIGHEST]))
    for c in range(np.uint64(n_channels)):
        peak, power = np.float32(0.0), np.float32(0.0)
        for k in range(U64):
            peak = max(peak, abs(out[k, c]))
            power += out[k, c] * out[k, c]
        meters[c, 0] = max(meters[c, 0], peak)
        meters[c, 1] += power
        meters[c, 2] += 64
    return is_poisoned


@kernel
def leave(table, state, n_quanta, out):  # type: ignore[no-untyped-def]
    """What is on the channels, quantum by quantum, to `out`; whether something in it was no number."""
    channels, levels = box32(table, CHANNELS), sheet32(table, LEVELS)
    opened = QUIET if state[GATE] == OPENING else FULL
    opens = QUIET if state[GATE] == CLOSING else FULL
    is_poisoned = False
    for q in range(n_quanta):
        part = out[64 * q : 64 * q + 64]
        was = _leave(table, channels, q, levels[MASTER, q], levels[MASTER, q + 1], opened, opens, part)
        is_poisoned = is_poisoned or was
    return is_poisoned
