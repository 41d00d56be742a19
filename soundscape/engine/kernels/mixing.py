"""The mix: voices of one arena of samples, each with a row of gains for every 512 frames, added to a bus."""

from __future__ import annotations

import math

import numpy as np

from soundscape.compiled import kernel

START, STOP, SOURCE, MASK, ROWS, BENT, FADE_IN, FADE_OUT, RELEASE, RELEASE_N, N_COLUMNS = range(11)
"""Columns of a voice: first frame, frame after the last, place in the arena, ring mask (-1: no ring), first row of
gains, whether it bends, lengths of its fades, frame of its release, length of its release."""

TAPS = 32
PHASES = 4096
HALF_PI = math.pi / 2.0
U0, U1, U2, U3, U4, U32, U64 = (np.uint64(n) for n in (0, 1, 2, 3, 4, 32, 64))


@kernel
def _bend(arena, source, places, speeds, row, frame, table, reads, scratch):  # type: ignore[no-untyped-def]
    """Read 64 frames at a changing speed: 32 taps of a windowed sinc, from the nearest of 4096 phases.

    Four frames at a time: their sums are in flight together, which is more than twice as fast as one after the other.
    """
    into = frame - frame // 512 * 512
    place, speed = places[row], speeds[row]
    rise = (speeds[row + 1] - speed) / 1024.0
    last = arena.size - 32
    for k in range(64):
        n = into + k
        at = place + speed * n + rise * n * n
        whole = math.floor(at)
        first = source + np.int64(whole)
        is_there = 0 <= first <= last
        reads[0, k] = first if is_there else 0
        reads[1, k] = np.int64((at - whole) * 4096.0 + 0.5) if is_there else 4097  # a row of zeros
    for k in range(U0, U64, U4):
        place_a, place_b = np.uint64(reads[0, k]), np.uint64(reads[0, k + U1])
        place_c, place_d = np.uint64(reads[0, k + U2]), np.uint64(reads[0, k + U3])
        phase_a, phase_b = np.uint64(reads[1, k]), np.uint64(reads[1, k + U1])
        phase_c, phase_d = np.uint64(reads[1, k + U2]), np.uint64(reads[1, k + U3])
        a = b = c = d = np.float32(0.0)
        for tap in range(U32):
            a += arena[place_a + tap] * table[phase_a, tap]
            b += arena[place_b + tap] * table[phase_b, tap]
            c += arena[place_c + tap] * table[phase_c, tap]
            d += arena[place_d + tap] * table[phase_d, tap]
        scratch[k], scratch[k + U1], scratch[k + U2], scratch[k + U3] = a, b, c, d


@kernel
def _fade(voice, voices, frame, scratch):  # type: ignore[no-untyped-def]
    """Fades of a voice on 64 frames: quarter sines, so that two sounds that cross keep their power."""
    start, stop = voices[voice, START], voices[voice, STOP]
    fade_in, fade_out = voices[voice, FADE_IN], voices[voice, FADE_OUT]
    release, release_n = voices[voice, RELEASE], voices[voice, RELEASE_N]
    for k in range(64):
        f = frame + k
        gain = 1.0
        since, left = f - start, stop - f
        if since < 0 or left <= 0:
            gain = 0.0
        else:
            if since < fade_in:
                gain *= math.sin(HALF_PI * (since + 0.5) / fade_in)
            if left <= fade_out:
                gain *= math.sin(HALF_PI * (left - 0.5) / fade_out)
        released = f - release
        if released >= 0:
            if released >= release_n:
                gain = 0.0
            else:
                gain *= math.cos(HALF_PI * (released + 0.5) / release_n)
        scratch[k] *= np.float32(gain)


@kernel
def _spread(source, at, gains, row, in_cell, ramp, bus, q):  # type: ignore[no-untyped-def]
    """Add 64 frames of `source` from `at` on to every channel of the bus in which the voice sounds."""
    quantum, now, then = np.uint64(q), np.uint64(row), np.uint64(row) + U1
    for c in range(np.uint64(gains.shape[1])):
        a, b = gains[now, c], gains[then, c]
        if a == np.float32(0.0) and b == np.float32(0.0):
            continue
        step = (b - a) * np.float32(1.0 / 512.0)
        base = a + (b - a) * in_cell
        for k in range(U64):
            bus[quantum, c, k] += source[at + k] * (base + step * ramp[k])


@kernel
def mix(first, n_quanta, order, voices, arena, gains, places, speeds, table, ramp, reads, scratch, bus):  # type: ignore[no-untyped-def]
    """Add voices to `bus` (n_quanta, n_bus, 64) from quantum `first` on, in the order of `order`.

    voices            (n_slots, N_COLUMNS) int64
    arena             (n,) float32, all source material
    gains             (n_rows, n_bus) float32, one row for every 512 frames of a voice, on the absolute grid
    places, speeds    (n_rows,) float64: where in its source a bending voice is at each row, and how fast
    table             (PHASES + 2, TAPS) float32, the last row zeros
    ramp              (64,) float32: 0 to 63
    reads, scratch    (2, 64) int64, (64,) float32: room to work in
    """
    for q in range(n_quanta):
        frame = (first + q) * 64
        in_cell = np.float32((frame & 511) / 512.0)
        for n in range(order.size):
            voice = order[n]
            start, stop, release = voices[voice, START], voices[voice, STOP], voices[voice, RELEASE]
            if stop <= frame or start >= frame + 64 or release + voices[voice, RELEASE_N] <= frame:
                continue
            row = voices[voice, ROWS] + frame // 512 - start // 512
            edge = (
                frame < start + voices[voice, FADE_IN]
                or frame + 64 > stop - voices[voice, FADE_OUT]
                or frame + 64 > release
            )
            at = np.uint64(voices[voice, SOURCE] + ((frame - (start & -64)) & voices[voice, MASK]))
            if voices[voice, BENT]:
                _bend(arena, voices[voice, SOURCE], places, speeds, row, frame, table, reads, scratch)
            elif edge:
                for k in range(U64):
                    scratch[k] = arena[at + k]
            else:
                _spread(arena, at, gains, row, in_cell, ramp, bus, q)
                continue
            if edge:
                _fade(voice, voices, frame, scratch)
            _spread(scratch, U0, gains, row, in_cell, ramp, bus, q)
