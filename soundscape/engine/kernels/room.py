"""A room's answer: sixteen delay lines that feed each other, a quantum at a time."""

from __future__ import annotations

import numpy as np

from soundscape.compiled import kernel


@kernel
def _reflect(bus, q, n_channels, early, taps, tap_gains, now, heard):  # type: ignore[no-untyped-def]
    """First reflections of the quantum into its channels; leaves what is `heard` (2, 64) after the predelay."""
    mask = early.shape[1] - 1
    for side in range(2):
        for k in range(64):
            early[side, (now + k) & mask] = bus[q, n_channels + side, k]
            heard[side, k] = early[side, (now + k - taps[0]) & mask]
    for t in range(1, taps.size):
        for c in range(n_channels):
            gain = tap_gains[t, c]
            if gain == np.float32(0.0):
                continue
            for k in range(64):
                at = (now + k - taps[t]) & mask
                bus[q, c, k] += gain * (early[0, at] + early[1, at])


@kernel
def _filter(lines, lengths, filters, memory, now, values):  # type: ignore[no-untyped-def]
    """What comes out of the lines, (64, n_lines), with the losses of its way: three bands, two poles."""
    mask = lines.shape[1] - 1
    for n in range(lengths.size):
        for k in range(64):
            values[k, n] = lines[n, (now + k - lengths[n]) & mask]
    for k in range(64):
        for n in range(16):
            x = values[k, n] * filters[0, n]
            low = memory[0, n] + filters[2, n] * (x - memory[0, n])
            x += filters[1, n] * low
            high = memory[1, n] + filters[4, n] * (x - memory[1, n])
            memory[0, n], memory[1, n] = low, high
            values[k, n] = high + filters[3, n] * (x - high)


@kernel
def answer(n_channels, lines, lengths, filters, memory, mixing, outputs, early, taps, tap_gains, clock, values,  # type: ignore[no-untyped-def]
           turned, heard, bus):  # fmt: skip
    """Add the room's answer to the first `n_channels` of `bus` (n_quanta, n_bus, 64).

    lines (16, n), early (2, n)   rings, n a power of two; every line is longer than a quantum
    filters (5, 16)               gain, share of the lows above it and their pole, share of the highs and their pole
    mixing (16, 16)               orthogonal
    outputs (n_channels, 16)      how the lines sound
    taps (n,), tap_gains (n, n_channels)   predelay (row 0) and first reflections
    clock (1,)                    frames done
    values (64, 16), turned (16, 64), heard (2, 64)   room to work in
    """
    mask = lines.shape[1] - 1
    for q in range(bus.shape[0]):
        now = clock[0]
        _reflect(bus, q, n_channels, early, taps, tap_gains, now, heard)
        _filter(lines, lengths, filters, memory, now, values)
        for n in range(16):
            for k in range(64):
                turned[n, k] = values[k, n]
        for c in range(n_channels):
            for n in range(16):
                gain = outputs[c, n]
                for k in range(64):
                    bus[q, c, k] += gain * turned[n, k]
        for n in range(16):
            side = n & 1
            for k in range(64):
                values[k, n] = heard[side, k]
        for n in range(16):
            for k in range(64):
                x = turned[n, k]
                for m in range(16):
                    values[k, m] += x * mixing[n, m]
        for n in range(16):
            for k in range(64):
                lines[n, (now + k) & mask] = values[k, n]
        clock[0] = now + 64
