"""The mix: voices of one arena of samples, each with a row of gains for every 512 frames, added to a bus."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from llvmlite import ir
from numba import carray, types
from numba.extending import intrinsic

from soundscape.compiled import kernel

START, STOP, SOURCE, MASK, ROWS, BENT, FADE_IN, FADE_OUT, RELEASE, RELEASE_N, BASE, IN_AIR = range(12)
ADDRESS, STRIDE, LENGTH, GROUP, N_COLUMNS = range(12, 17)
"""Columns of a voice: first frame, frame after the last, place in the arena, ring mask (-1: no ring), first row of
gains, whether it bends, lengths of its fades, frame of its release, length of its release, frame of the first sample
in the arena, whether the air takes of its highs. A voice that is read where its source is in memory has the address of
the first sample (else 0), samples from one frame to the next, frames of the source, and in BASE the frame of the axis
at which the source begins. GROUP: which of the levels it goes by; 0 is the one that never moves."""

TAPS = 32
PHASES = 4096
AIR_SIDE = 7
"""Frames before and after that the air's filter reads: it has 15 taps, the same to both sides."""

RUN = 8
"""Quanta of one voice that are mixed before the next voice: long enough that its source is read ahead by the processor,
and as long as a row of gains. The order of the voices in every quantum is the same."""

STAGE = 80
"""Room for the frames of one voice: a quantum, and eight to both sides for the air's filter."""

HALF_PI = math.pi / 2.0
INSTANT = 0.25
"""Frames that a fade of none takes: the first frame is whole, the one before it silent."""
QUIET, FULL = np.float32(0.0), np.float32(1.0)
U0, U1, U2, U3, U4, U8, U32, U64 = (np.uint64(n) for n in (0, 1, 2, 3, 4, 8, 32, 64))
U88, U168, U248, U320 = (np.uint64(n) for n in (88, 168, 248, 320))


@intrinsic  # type: ignore[untyped-decorator]
def _samples_at(typing_context: Any, address: Any) -> Any:
    """Pointer to the float32 at an address."""

    def generated(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.inttoptr(arguments[0], context.get_value_type(signature.return_type))

    return types.CPointer(types.float32)(types.int64), generated


@intrinsic  # type: ignore[untyped-decorator]
def _fetch(typing_context: Any, address: Any) -> Any:
    """Ask the processor for the cache line at an address that is read soon; one that is none does no harm."""

    def generated(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        flag = ir.IntType(32)
        pointer = builder.inttoptr(arguments[0], ir.IntType(8).as_pointer())
        kind = ir.FunctionType(ir.VoidType(), [pointer.type, flag, flag, flag])
        prefetch = builder.module.declare_intrinsic("llvm.prefetch", [pointer.type], kind)
        builder.call(prefetch, [pointer, *(flag(n) for n in (0, 2, 1))])  # to read, for the second cache, data
        return context.get_dummy_value()

    return types.void(types.int64), generated


@kernel
def _from_memory(address, stride, length, begin, out):  # type: ignore[no-untyped-def]
    """Frames from `begin` on of a source in memory; silence before it and after it."""
    samples = carray(_samples_at(address), (length * stride,), np.float32)
    if begin >= 0 and begin + out.size <= length:
        first, step = np.uint64(begin * stride), np.uint64(stride)
        for k in range(np.uint64(out.size)):
            out[k] = samples[first + k * step]
        return
    for k in range(out.size):
        at = begin + k
        out[k] = samples[np.uint64(at * stride)] if 0 <= at < length else np.float32(0.0)


@kernel
def _bend(arena, source, base, mask, places, speeds, row, into, table, reads, out):  # type: ignore[no-untyped-def]
    """Read 64 frames at a changing speed: 32 taps of a windowed sinc, from the nearest of 4096 phases.

    They begin `into` frames after a row of the grid, or before it. Four frames at a time: their sums are in flight
    together, which is more than twice as fast as one after the other.
    """
    place, speed = places[row], speeds[row]
    rise = (speeds[row + 1] - speed) / 1024.0
    last = arena.size - 32
    for k in range(64):
        n = into + k
        at = place + speed * n + rise * n * n
        whole = math.floor(at)
        reads[0, k] = min(max(source + ((np.int64(whole) - base) & mask), 0), last)
        reads[1, k] = np.int64((at - whole) * 4096.0 + 0.5)
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
        out[k], out[k + U1], out[k + U2], out[k + U3] = a, b, c, d


@kernel
def _through_air(around, airs, row, in_cell, ramp, out):  # type: ignore[no-untyped-def]
    """Take from the highs what the air takes on the way: a filter of 15 taps, symmetric, that follows the distance.

    `around` (80,) holds the quantum from place 8 on; `airs` (n_rows, 8) the middle tap and the seven at its side.
    """
    now, then = np.uint64(row), np.uint64(row) + U1
    step = (airs[then, 0] - airs[now, 0]) * np.float32(1.0 / 512.0)
    base = airs[now, 0] + (airs[then, 0] - airs[now, 0]) * in_cell
    for k in range(U64):
        out[k] = around[k + U8] * (base + step * ramp[k])
    for tap in range(U1, U8):
        step = (airs[then, tap] - airs[now, tap]) * np.float32(1.0 / 512.0)
        base = airs[now, tap] + (airs[then, tap] - airs[now, tap]) * in_cell
        for k in range(U64):
            out[k] += (around[k + U8 - tap] + around[k + U8 + tap]) * (base + step * ramp[k])


@kernel
def _quarter_sines(first, by, scratch):  # type: ignore[no-untyped-def]
    """Fade 64 frames along a quarter of a sine: `first` of it has gone at the first of them, and `by` more at each.

    Before its beginning it is silent, after its end it is over. Taylor's series to the 17th power is the sine within
    1e-12 there, and many of them are computed at once.
    """
    for k in range(64):
        x = HALF_PI * min(max(first + by * k, 0.0), 1.0)
        z = x * x
        sine = 1.0 - z * (1.0 / 272.0)
        sine = 1.0 - z * (1.0 / 210.0) * sine
        sine = 1.0 - z * (1.0 / 156.0) * sine
        sine = 1.0 - z * (1.0 / 110.0) * sine
        sine = 1.0 - z * (1.0 / 72.0) * sine
        sine = 1.0 - z * (1.0 / 42.0) * sine
        sine = 1.0 - z * (1.0 / 20.0) * sine
        sine = 1.0 - z * (1.0 / 6.0) * sine
        scratch[k] *= np.float32(x * sine)


@kernel
def _fade(voice, voices, frame, scratch):  # type: ignore[no-untyped-def]
    """Fades of a voice on 64 frames: quarter sines, so that two sounds that cross keep their power."""
    start, stop = voices[voice, START], voices[voice, STOP]
    fade_in, fade_out = voices[voice, FADE_IN], voices[voice, FADE_OUT]
    release, release_n = voices[voice, RELEASE], voices[voice, RELEASE_N]
    if frame < start + fade_in:
        _quarter_sines((frame - start + 0.5) / max(fade_in, INSTANT), 1.0 / max(fade_in, INSTANT), scratch)
    if frame + 64 > stop - fade_out:
        _quarter_sines((stop - frame - 0.5) / max(fade_out, INSTANT), -1.0 / max(fade_out, INSTANT), scratch)
    if frame + 64 > release:
        _quarter_sines(1.0 - (frame - release + 0.5) / release_n, -1.0 / release_n, scratch)


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
def _spread_four(staged, gains, rows, in_cell, flat, first):  # type: ignore[no-untyped-def]
    """Add four voices to every channel of a quantum, two channels at a time.

    This is the way where every voice sounds in every channel, as on a bus of spherical harmonics: each sample is read
    once for two channels, each channel once for four voices. `staged` is one row after the other, of 80 frames, the
    voices from the eighth on and then the ramp; `flat` is the bus, whose quantum begins at `first`. With one array
    read and one written, at steps that are known, the compiler can tell that they do not overlap.
    """
    a, b, c, d = np.uint64(rows[0]), np.uint64(rows[1]), np.uint64(rows[2]), np.uint64(rows[3])
    per_frame = np.float32(1.0 / 512.0)
    n_bus = np.uint64(gains.shape[1])
    for x in range(U0, n_bus // U2 * U2, U2):
        y = x + U1
        ax, bx, cx, dx = gains[a, x], gains[b, x], gains[c, x], gains[d, x]
        ay, by, cy, dy = gains[a, y], gains[b, y], gains[c, y], gains[d, y]
        ax_by, bx_by = gains[a + U1, x] - ax, gains[b + U1, x] - bx
        cx_by, dx_by = gains[c + U1, x] - cx, gains[d + U1, x] - dx
        ay_by, by_by = gains[a + U1, y] - ay, gains[b + U1, y] - by
        cy_by, dy_by = gains[c + U1, y] - cy, gains[d + U1, y] - dy
        ax, bx, cx, dx = ax + ax_by * in_cell, bx + bx_by * in_cell, cx + cx_by * in_cell, dx + dx_by * in_cell
        ay, by, cy, dy = ay + ay_by * in_cell, by + by_by * in_cell, cy + cy_by * in_cell, dy + dy_by * in_cell
        ax_by, bx_by, cx_by, dx_by = ax_by * per_frame, bx_by * per_frame, cx_by * per_frame, dx_by * per_frame
        ay_by, by_by, cy_by, dy_by = ay_by * per_frame, by_by * per_frame, cy_by * per_frame, dy_by * per_frame
        at = first + x * U64
        for k in range(U64):
            r = staged[k + U320]
            s, t, u, v = staged[k + U8], staged[k + U88], staged[k + U168], staged[k + U248]
            flat[at + k] += (s * (ax + ax_by * r) + t * (bx + bx_by * r)) + (
                u * (cx + cx_by * r) + v * (dx + dx_by * r)
            )
            flat[at + U64 + k] += (s * (ay + ay_by * r) + t * (by + by_by * r)) + (
                u * (cy + cy_by * r) + v * (dy + dy_by * r)
            )
    for x in range(n_bus // U2 * U2, n_bus):
        ax, bx, cx, dx = gains[a, x], gains[b, x], gains[c, x], gains[d, x]
        ax_by, bx_by = gains[a + U1, x] - ax, gains[b + U1, x] - bx
        cx_by, dx_by = gains[c + U1, x] - cx, gains[d + U1, x] - dx
        ax, bx, cx, dx = ax + ax_by * in_cell, bx + bx_by * in_cell, cx + cx_by * in_cell, dx + dx_by * in_cell
        ax_by, bx_by, cx_by, dx_by = ax_by * per_frame, bx_by * per_frame, cx_by * per_frame, dx_by * per_frame
        at = first + x * U64
        for k in range(U64):
            r = staged[k + U320]
            s, t, u, v = staged[k + U8], staged[k + U88], staged[k + U168], staged[k + U248]
            flat[at + k] += (s * (ax + ax_by * r) + t * (bx + bx_by * r)) + (
                u * (cx + cx_by * r) + v * (dx + dx_by * r)
            )


@kernel
def mix(first, n_quanta, order, voices, arena, gains, places, speeds, airs, levels, table, ramp, is_dense, reads,  # type: ignore[no-untyped-def]
        stage, around, rows, bus):  # fmt: skip
    """Voices, in the order of `order`, to `bus` (n_quanta, n_bus, 64), from quantum `first` on.

    voices            (n_slots, N_COLUMNS) int64
    arena             (n,) float32, all source material
    gains             (n_rows, n_bus) float32, one row for every 512 frames of a voice, on the absolute grid
    places, speeds    (n_rows,) float64: where in its source a bending voice is at each row, and how fast
    airs              (n_rows, 8) float32: the air's filter at each row, for voices it colours
    levels            (n_groups, n_quanta + 1) float32: gain of each group of voices where a quantum begins and ends
    table             (PHASES + 1, TAPS) float32
    ramp              (64,) float32: 0 to 63
    is_dense          whether most voices sound in most channels
    reads, stage, around, rows   (2, 64) int64, (5, 80), (80,) float32, (4,) int64: room to work in
    """
    flat, staged = bus.reshape(bus.size), stage.reshape(stage.size)
    for k in range(U64):
        stage[4, k] = ramp[k]
    run = 1 if is_dense else RUN
    for begin in range(0, n_quanta, run):
        n_staged = 0
        bus[begin : begin + run] = QUIET
        for n in range(order.size):
            voice = order[n]
            for q in range(begin, min(begin + run, n_quanta)):
                frame = (first + q) * 64
                in_cell = np.float32((frame & 511) / 512.0)
                start, stop, release = voices[voice, START], voices[voice, STOP], voices[voice, RELEASE]
                if stop <= frame or start >= frame + 64 or release + voices[voice, RELEASE_N] <= frame:
                    continue
                level, then = levels[voices[voice, GROUP], q], levels[voices[voice, GROUP], q + 1]
                if level == QUIET and then == QUIET:
                    continue
                row = voices[voice, ROWS] + frame // 512 - start // 512
                fades = (
                    frame < start + voices[voice, FADE_IN]
                    or frame + 64 > stop - voices[voice, FADE_OUT]
                    or frame + 64 > release
                )
                is_levelled = level != FULL or then != FULL
                edge = fades or is_levelled
                source, mask, since = voices[voice, SOURCE], voices[voice, MASK], frame - voices[voice, BASE]
                in_air = voices[voice, IN_AIR] != 0
                address, stride, length = voices[voice, ADDRESS], voices[voice, STRIDE], voices[voice, LENGTH]
                if address != 0 and not (edge or in_air or is_dense) and stride == 1 and 0 <= since <= length - 64:
                    if q + 1 == n_quanta:
                        for line in range(4):
                            _fetch(address + 4 * since + 256 + 64 * line)
                    here = carray(_samples_at(address + 4 * since), (64,), np.float32)
                    _spread(here, U0, gains, row, in_cell, ramp, bus, q)
                    continue
                if address == 0 and not (edge or in_air or is_dense or voices[voice, BENT]):
                    _spread(arena, np.uint64(source + (since & mask)), gains, row, in_cell, ramp, bus, q)
                    continue
                played = stage[n_staged, 8:72]
                if address != 0 and in_air:
                    _from_memory(address, stride, length, since - 8, around)
                elif address != 0:
                    _from_memory(address, stride, length, since, played)
                elif voices[voice, BENT]:
                    base, into = voices[voice, BASE], frame - frame // 512 * 512
                    if in_air:
                        _bend(arena, source, base, mask, places, speeds, row, into - 8, table, reads, around[:64])
                        _bend(arena, source, base, mask, places, speeds, row, into + 8, table, reads, around[16:])
                    else:
                        _bend(arena, source, base, mask, places, speeds, row, into, table, reads, played)
                elif in_air:
                    for k in range(80):
                        around[k] = arena[np.uint64(source + ((since + k - 8) & mask))]
                else:
                    at = np.uint64(source + (since & mask))
                    for k in range(U64):
                        played[k] = arena[at + k]
                if in_air:
                    _through_air(around, airs, row, in_cell, ramp, played)
                if fades:
                    _fade(voice, voices, frame, played)
                if is_levelled:
                    step = (then - level) * np.float32(1.0 / 64.0)
                    for k in range(U64):
                        played[k] *= level + step * ramp[k]
                if not is_dense:
                    _spread(played, U0, gains, row, in_cell, ramp, bus, q)
                    continue
                rows[n_staged] = row
                n_staged += 1
                if n_staged == 4:
                    _spread_four(staged, gains, rows, in_cell, flat, np.uint64(q * bus.shape[1] * 64))
                    n_staged = 0
        for n in range(n_staged):
            in_cell = np.float32((((first + begin) * 64) & 511) / 512.0)
            _spread(stage[n, 8:72], U0, gains, rows[n], in_cell, ramp, bus, begin)
