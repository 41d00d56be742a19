"""The meter's loops: weighting and energy, the highest samples, what lies between them."""

from __future__ import annotations

import numpy as np

from soundscape.compiled import kernel


@kernel
def weigh(samples, sections, weights, edges, state, energy, at, hops):  # type: ignore[no-untyped-def]
    """K-weight frames and add up the energy of each hop; a hop ends where the next one begins.

    samples           (n_frames, n_channels) float32
    sections          (2, 6) float64: second-order sections
    weights           (n_channels,) float64
    edges             (n_hops + 1,) int64: where the hops of a second begin, and its length
    state             (4, n_channels) float64: delays of both sections
    energy            (n_channels,) float64 of the hop that has begun
    at                (3,) int64: frame in the second, hop in the second, hops written
    hops              float64, long enough: weighted energy of each hop that ended
    """
    b0, b1, b2, a1, a2 = sections[0, 0], sections[0, 1], sections[0, 2], sections[0, 4], sections[0, 5]
    d0, d1, d2, c1, c2 = sections[1, 0], sections[1, 1], sections[1, 2], sections[1, 4], sections[1, 5]
    n_channels = weights.size
    for frame in range(samples.shape[0]):
        for c in range(n_channels):
            x = float(samples[frame, c])
            y = b0 * x + state[0, c]
            state[0, c] = b1 * x - a1 * y + state[1, c]
            state[1, c] = b2 * x - a2 * y
            z = d0 * y + state[2, c]
            state[2, c] = d1 * y - c1 * z + state[3, c]
            state[3, c] = d2 * y - c2 * z
            energy[c] += z * z
        at[0] += 1
        if at[0] == edges[at[1] + 1]:
            total = 0.0
            for c in range(n_channels):
                total += weights[c] * energy[c]
                energy[c] = 0.0
            hops[at[2]] = total
            at[1] += 1
            at[2] += 1
            if at[1] == edges.size - 1:
                at[0] = 0
                at[1] = 0


@kernel
def highest(samples, stretch, levels):  # type: ignore[no-untyped-def]
    """Largest size of a sample in each whole stretch of each channel.

    samples           (n_stretches * stretch, n_channels) float32
    levels            (n_stretches, n_channels) float32
    """
    for n in range(levels.shape[0]):
        levels[n, :] = 0.0
        for frame in range(n * stretch, (n + 1) * stretch):
            for c in range(levels.shape[1]):
                levels[n, c] = max(levels[n, c], abs(samples[frame, c]))


@kernel
def between(samples, stretch, taps, reach, levels, order, line, made, peak):  # type: ignore[no-untyped-def]
    """Highest level between the samples, of stretches that could still reach above the one found so far.

    samples           (n_stretches * stretch + n_taps - 1, n_channels) float32
    taps              (phases, n_taps) float32: interpolation between samples
    reach             largest gain the interpolation could have
    levels            (n_stretches, n_channels) float32: highest sample a stretch and its interpolation use
    order             (n_stretches * n_channels,) int64: which of `levels` first
    line, made        (stretch + n_taps - 1,), (stretch,) float32: room to work in
    peak              (1,) float32: raised
    """
    n_channels = levels.shape[1]
    for k in range(order.size):
        n, c = order[k] // n_channels, order[k] % n_channels
        if levels[n, c] * reach <= peak[0]:
            continue
        for i in range(line.size):
            line[i] = samples[n * stretch + i, c]
        for p in range(taps.shape[0]):
            made[:] = 0.0
            for t in range(taps.shape[1]):
                gain = taps[p, t]
                for i in range(stretch):
                    made[i] += gain * line[i + t]
            for i in range(stretch):
                peak[0] = max(peak[0], abs(made[i]))


@kernel
def round24(flat, rounded):  # type: ignore[no-untyped-def]
    """Samples (n,) float32 to the nearest 24-bit step, ties to even, clipped at full scale."""
    for i in range(flat.size):
        step = min(max(round(flat[i] * np.float32(8388608.0)), np.float32(-8388608.0)), np.float32(8388607.0))
        rounded[i] = step * np.float32(1.0 / 8388608.0)


@kernel
def pack24(flat, packed):  # type: ignore[no-untyped-def]
    """Samples (n,) float32 as little-endian 24 bit (3 n,) uint8: nearest step, ties to even, clipped at full scale."""
    for i in range(flat.size):
        step = int(min(max(round(flat[i] * 8388608.0), -8388608.0), 8388607.0))
        packed[3 * i] = step & 0xFF
        packed[3 * i + 1] = (step >> 8) & 0xFF
        packed[3 * i + 2] = (step >> 16) & 0xFF
