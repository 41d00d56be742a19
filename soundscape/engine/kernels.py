"""What runs for every sample: arrays and integers in, nothing out, no Python objects.

A voice is a row of integers (the columns below) over one arena of samples and one arena of gain rows.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numba import njit

START, STOP, SOURCE, MASK, ROWS, BENT, FADE_IN, FADE_OUT, RELEASE, RELEASE_N, N_COLUMNS = range(11)
"""Columns of a voice: first frame, frame after the last, place in the arena, ring mask (-1: no ring), first row of
gains, whether it bends, lengths of its fades, frame of its release, length of its release."""

TAPS = 32
PHASES = 4096
HALF_PI = math.pi / 2.0


def _compiled(function: Callable[..., None]) -> Any:
    """Compile without the GIL, kept on disk; where no folder can be written it is compiled anew in each process."""
    try:
        return njit(nogil=True, fastmath={"contract", "reassoc", "nsz"}, cache=True, error_model="numpy")(function)
    except RuntimeError:
        return njit(nogil=True, fastmath={"contract", "reassoc", "nsz"}, error_model="numpy")(function)


@_compiled
def _bend(arena, source, places, speeds, row, frame, table, scratch):  # type: ignore[no-untyped-def]
    first = frame // 512
    into = frame - first * 512
    place, speed = places[row], speeds[row]
    rise = (speeds[row + 1] - speed) / 1024.0
    for k in range(64):
        n = into + k
        at = place + speed * n + rise * n * n
        whole = math.floor(at)
        phase = int((at - whole) * 4096.0 + 0.5)
        taps = table[phase]
        first_tap = source + int(whole)
        seen = arena[first_tap : first_tap + 32]
        total = np.float32(0.0)
        if seen.size == 32:
            for tap in range(32):
                total += seen[tap] * taps[tap]
        scratch[k] = total


@_compiled
def _fade(voice, frame, scratch):  # type: ignore[no-untyped-def]
    for k in range(64):
        f = frame + k
        gain = 1.0
        since, left = f - voice[START], voice[STOP] - f
        if since < 0 or left <= 0:
            gain = 0.0
        else:
            if since < voice[FADE_IN]:
                gain *= math.sin(HALF_PI * (since + 0.5) / voice[FADE_IN])
            if left <= voice[FADE_OUT]:
                gain *= math.sin(HALF_PI * (left - 0.5) / voice[FADE_OUT])
        released = f - voice[RELEASE]
        if released >= 0:
            if released >= voice[RELEASE_N]:
                gain = 0.0
            else:
                gain *= math.cos(HALF_PI * (released + 0.5) / voice[RELEASE_N])
        scratch[k] *= np.float32(gain)


@_compiled
def mix(first, n_quanta, order, voices, arena, gains, places, speeds, table, ramp, bus):  # type: ignore[no-untyped-def]
    """Add voices to `bus` (n_quanta, n_bus, 64) from quantum `first` on, in the order of `order`."""
    scratch = np.zeros(64, np.float32)
    for q in range(n_quanta):
        frame = (first + q) * 64
        for n in range(order.size):
            voice = voices[order[n]]
            if voice[STOP] <= frame or voice[START] >= frame + 64:
                continue
            if voice[RELEASE] + voice[RELEASE_N] <= frame:
                continue
            cell = frame // 512 - voice[START] // 512
            row = voice[ROWS] + cell
            in_cell = np.float32((frame & 511) / 512.0)
            edge = (
                frame < voice[START] + voice[FADE_IN]
                or frame + 64 > voice[STOP] - voice[FADE_OUT]
                or frame + 64 > voice[RELEASE]
            )
            base = voice[START] & -64
            at = voice[SOURCE] + ((frame - base) & voice[MASK])
            source = arena[at : at + 64]
            if voice[BENT]:
                _bend(arena, voice[SOURCE], places, speeds, row, frame, table, scratch)
                source = scratch
            elif edge:
                scratch[:] = source
                source = scratch
            if edge:
                _fade(voice, frame, scratch)
            now, then = gains[row], gains[row + 1]
            for c in range(gains.shape[1]):
                a, b = now[c], then[c]
                if a == 0.0 and b == 0.0:
                    continue
                step = (b - a) * np.float32(1.0 / 512.0)
                base_gain = a + (b - a) * in_cell
                out = bus[q, c]
                for k in range(64):
                    out[k] += source[k] * (base_gain + step * ramp[k])


@_compiled
def answer(bus, n_channels, lines, lengths, filters, memory, outputs, early, taps, tap_gains, clock):  # type: ignore[no-untyped-def]
    """Add the room's answer to the first `n_channels` of `bus` (n_quanta, n_bus, 64).

    `lines` (16, n) and `early` (2, n) are rings, n a power of two; `filters` (16, 5): gain, share of the lows above it
    and their pole, share of the highs and their pole.
    """
    line_mask, early_mask = lines.shape[1] - 1, early.shape[1] - 1
    n_lines = lengths.size
    values = np.zeros(n_lines, np.float32)
    for q in range(bus.shape[0]):
        for k in range(64):
            now = clock[0]
            left, right = bus[q, n_channels, k], bus[q, n_channels + 1, k]
            early[0, now & early_mask] = left
            early[1, now & early_mask] = right
            late = (now - taps[0]) & early_mask
            left, right = early[0, late], early[1, late]
            for n in range(n_lines):
                x = lines[n, (now - lengths[n]) & line_mask] * filters[n, 0]
                memory[n, 0] += filters[n, 2] * (x - memory[n, 0])
                x += filters[n, 1] * memory[n, 0]
                memory[n, 1] += filters[n, 4] * (x - memory[n, 1])
                x = memory[n, 1] + filters[n, 3] * (x - memory[n, 1])
                values[n] = x
            for c in range(n_channels):
                total = np.float32(0.0)
                for n in range(n_lines):
                    total += outputs[c, n] * values[n]
                for t in range(1, taps.size):
                    at = (now - taps[t]) & early_mask
                    total += tap_gains[t, c] * (early[0, at] + early[1, at])
                bus[q, c, k] += total
            width = 1
            while width < n_lines:
                for n in range(n_lines):
                    if n & width == 0:
                        a, b = values[n], values[n + width]
                        values[n], values[n + width] = a + b, a - b
                width *= 2
            for n in range(n_lines):
                lines[n, now & line_mask] = values[n] * np.float32(0.25) + (left if n & 1 else right)
            clock[0] = now + 1


@_compiled
def limit(samples, out, past, table, wanted, held, state, clock, ceiling, release):  # type: ignore[no-untyped-def]
    """Hold `samples` (n, n_channels) under `ceiling`: `out` is the same, len(wanted) - 1 + taps / 2 frames later.

    `past` (n_channels, n) ring; `wanted`, `held` (window,) rings; `state`: envelope, sum of `held`, least of `wanted`.
    """
    window, size = wanted.size, past.shape[1]
    taps = table.shape[1]
    loudest_tap = np.float32(0.0)
    for p in range(table.shape[0]):
        total = np.float32(0.0)
        for t in range(taps):
            total += abs(table[p, t])
        loudest_tap = max(loudest_tap, total)
    seen = np.zeros(taps, np.float32)
    for i in range(samples.shape[0]):
        now = clock[0]
        peak = np.float32(0.0)
        for c in range(past.shape[0]):
            past[c, now % size] = samples[i, c]
            loudest = np.float32(0.0)
            for t in range(taps):
                seen[t] = past[c, (now - taps + 1 + t) % size]
                loudest = max(loudest, abs(seen[t]))
            if loudest * loudest_tap <= ceiling:
                continue
            for p in range(table.shape[0]):
                total = np.float32(0.0)
                for t in range(taps):
                    total += seen[t] * table[p, t]
                peak = max(peak, abs(total))
        slot = now % window
        gone = wanted[slot]
        wanted[slot] = ceiling / peak if peak > ceiling else 1.0
        if wanted[slot] <= state[2]:
            state[2] = wanted[slot]
        elif gone == state[2]:
            state[2] = 1.0
            for w in range(window):
                state[2] = min(state[2], wanted[w])
        if state[2] < state[0]:
            state[0] = state[2]
        else:
            state[0] += (state[2] - state[0]) * release
        state[1] += state[0] - held[slot]
        held[slot] = state[0]
        gain = np.float32(state[1] / window)
        then = (now - (window - 1) - taps // 2) % size
        for c in range(past.shape[0]):
            out[i, c] = past[c, then] * gain
        clock[0] = now + 1
