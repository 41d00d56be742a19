"""A room's answer: first echoes, and sixteen delay lines that feed each other, a quantum at a time.

Rings hold a power of two frames and, behind them, the first 64 once more, so that 64 frames from anywhere are in one
piece. Loops over lines are over neighbours in memory: sixteen recursions run as one.
"""

from __future__ import annotations

import numpy as np

from soundscape.compiled import kernel

U0, U1, U2, U3, U4, U6, U16, U64, U128 = (np.uint64(n) for n in (0, 1, 2, 3, 4, 6, 16, 64, 128))
QUARTER, QUIET = np.float32(0.25), np.float32(0.0)
NOTHING = 1e-100


@kernel
def _listen(bus, q, n_bus, now, dulling, sends):  # type: ignore[no-untyped-def]
    """Write the sends of the quantum to their rings, and below each what one reflection more makes of it."""
    size = np.uint64(sends.shape[1]) - U64
    here, quantum, first = now & (size - U1), np.uint64(q), np.uint64(n_bus)
    before, earlier = (now - U1) & (size - U1), (now - U2) & (size - U1)
    beside, middle = np.float32(dulling), np.float32(1.0 - 2.0 * dulling)
    for row in range(np.uint64(sends.shape[0])):
        if row < U6:
            for k in range(U64):
                sends[row, here + k] = bus[quantum, first + row, k]
        else:
            above = row - U6
            for k in range(U64):
                sends[row, here + k] = middle * sends[above, before + k] + beside * (
                    sends[above, here + k] + sends[above, earlier + k]
                )
        if here == U0:
            for k in range(U64):
                sends[row, size + k] = sends[row, k]


@kernel
def _echo(sends, now, taps, tap_gains, sounds):  # type: ignore[no-untyped-def]
    """Add every early echo of the quantum to the direction it comes from."""
    mask = np.uint64(sends.shape[1]) - U64 - U1
    for t in range(np.uint64(tap_gains.size)):
        ring, row = np.uint64(taps[0, t]), np.uint64(taps[2, t])
        at, gain = (now - np.uint64(taps[1, t])) & mask, tap_gains[t]
        for k in range(U64):
            sounds[row, k] += gain * sends[ring, at + k]


@kernel
def _lose(lines, reads, now, gains, sections, state, passed, sounds):  # type: ignore[no-untyped-def]
    """What comes out of the lines, to the first 16 rows of `sounds`, with the losses of its way.

    Eight sections one after the other would wait for each other. Here each takes what the one before it made of the
    four frames before: all sections of all lines are 128 neighbours that do not depend on each other, and what comes
    out is 28 frames late, which `reads` makes up for. Four frames at a time, since each takes more from memory than it
    computes.
    """
    size = np.uint64(lines.shape[1])
    mask = size - U64 - U1
    flat = lines.ravel()
    for n in range(U16):
        at = n * size + ((now - np.uint64(reads[n])) & mask)
        gain = gains[n]
        for k in range(U64):
            sounds[n, k] = gain * flat[at + k]
    for k in range(U0, U64, U4):
        here, there = (k >> U2) & U1, ((k >> U2) + U1) & U1
        for i in range(U4):
            for n in range(U16):
                passed[here, i, n] = sounds[n, k + i]
        for j in range(U128):
            b1, b2, a1, a2 = sections[0, j], sections[1, j], sections[2, j], sections[3, j]
            p, q = state[0, j], state[1, j]
            x = passed[here, U0, j]
            y = x + p
            p, q = (b1 * x + q) - a1 * y, b2 * x - a2 * y
            passed[there, U0, j + U16] = y
            x = passed[here, U1, j]
            y = x + p
            p, q = (b1 * x + q) - a1 * y, b2 * x - a2 * y
            passed[there, U1, j + U16] = y
            x = passed[here, U2, j]
            y = x + p
            p, q = (b1 * x + q) - a1 * y, b2 * x - a2 * y
            passed[there, U2, j + U16] = y
            x = passed[here, U3, j]
            y = x + p
            state[0, j], state[1, j] = (b1 * x + q) - a1 * y, b2 * x - a2 * y
            passed[there, U3, j + U16] = y
        for i in range(U4):
            for n in range(U16):
                sounds[n, k + i] = passed[there, i, U128 + n]
    # Processors are slow at the tiniest numbers, in which a filter would stay for ever after its sound has gone.
    for j in range(U128):
        state[0, j] = state[0, j] if abs(state[0, j]) > NOTHING else 0.0
        state[1, j] = state[1, j] if abs(state[1, j]) > NOTHING else 0.0


@kernel
def _sound(sounds, outputs, q, bus):  # type: ignore[no-untyped-def]
    """Add every row of `sounds` to every channel, four at a time; four that are silent in a channel are passed over."""
    quantum = np.uint64(q)
    for c in range(np.uint64(outputs.shape[0])):
        for n in range(U0, np.uint64(outputs.shape[1]), U4):
            gain_a, gain_b, gain_c, gain_d = outputs[c, n], outputs[c, n + U1], outputs[c, n + U2], outputs[c, n + U3]
            if gain_a == QUIET and gain_b == QUIET and gain_c == QUIET and gain_d == QUIET:
                continue
            for k in range(U64):
                bus[quantum, c, k] += (gain_a * sounds[n, k] + gain_b * sounds[n + U1, k]) + (
                    gain_c * sounds[n + U2, k] + gain_d * sounds[n + U3, k]
                )


@kernel
def _turn(sounds, first, step):  # type: ignore[no-untyped-def]
    """Hadamard's matrix of four on four rows of `sounds`."""
    a, b, c, d = first, first + step, first + U2 * step, first + U3 * step
    for k in range(U64):
        sum_ab, sum_cd = sounds[a, k] + sounds[b, k], sounds[c, k] + sounds[d, k]
        off_ab, off_cd = sounds[a, k] - sounds[b, k], sounds[c, k] - sounds[d, k]
        sounds[a, k], sounds[b, k] = sum_ab + sum_cd, off_ab + off_cd
        sounds[c, k], sounds[d, k] = sum_ab - sum_cd, off_ab - off_cd


@kernel
def _feed(sends, now, feeds, feed_gains, sounds, lines):  # type: ignore[no-untyped-def]
    """What was sent joins what came out of the lines; all are mixed by Hadamard's matrix of 16 and go in again."""
    mask = np.uint64(sends.shape[1]) - U64 - U1
    for n in range(U16):
        for send in range(U6):
            at, gain = (now - np.uint64(feeds[n, send])) & mask, feed_gains[n, send]
            for k in range(U64):
                sounds[n, k] += gain * sends[send, at + k]
    for n in range(U4):
        _turn(sounds, n, U4)
    for n in range(U4):
        _turn(sounds, U4 * n, U1)
    size = np.uint64(lines.shape[1]) - U64
    here = now & (size - U1)
    for n in range(U16):
        for k in range(U64):
            lines[n, here + k] = QUARTER * sounds[n, k]
        if here == U0:
            for k in range(U64):
                lines[n, size + k] = lines[n, k]


@kernel
def answer(lines, reads, gains, sections, state, passed, sends, feeds, feed_gains, dulling, taps, tap_gains, outputs,  # type: ignore[no-untyped-def]
           clock, sounds, bus):  # fmt: skip
    """Add the room's answer to the first channels of `bus` (n_quanta, n_bus + 6, 64); the last six are the sends.

    lines (16, n + 64), sends (30, n + 64)   rings; six sends, then they reflected once, twice, three and four times
    reads (16,)                frames from writing a line to reading it, >= 64
    gains (16,)                loss of each line that all octaves share
    sections (4, 128)          b1, b2, a1, a2 of the first section of the 16 lines, of the second, to the eighth
    state, passed (2, 128), (2, 4, 144)   float64, of the sections
    feeds, feed_gains (16, 6)  frames from each send to each line, and gains
    dulling                    share of each neighbour of a frame in what a wall gives back
    taps (3, n), tap_gains (n,)   ring, delay, and row of `sounds` of each early echo
    outputs (n_bus, n_rows)    how the lines and the directions of echoes sound; n_rows is divisible by 4
    clock (1,)                 frames done
    sounds (n_rows, 64)        room to work in
    """
    n_bus = outputs.shape[0]
    for q in range(bus.shape[0]):
        now = np.uint64(clock[0])
        _listen(bus, q, n_bus, now, dulling, sends)
        for n in range(U16, np.uint64(sounds.shape[0])):
            for k in range(U64):
                sounds[n, k] = QUIET
        _echo(sends, now, taps, tap_gains, sounds)
        _lose(lines, reads, now, gains, sections, state, passed, sounds)
        _sound(sounds, outputs, q, bus)
        _feed(sends, now, feeds, feed_gains, sounds, lines)
        clock[0] += 64
