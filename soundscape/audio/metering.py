"""The meter's loops: weighting and energy, the highest samples, what lies between them."""

from __future__ import annotations

import numpy as np

from soundscape.compiled import kernel, kernel_in_order


@kernel_in_order
def _weigh_two(samples, c, d, kept, sections, state, energy):  # type: ignore[no-untyped-def]
    """K-weight two channels, or one twice: each step waits for the one before it, so two of them cost what one does.

    What is known before a step comes first in its sums, so that the next waits for as little as can be. Energies are
    added one after the other, so that their sums do not depend on where a block ends; that of the second goes to place
    `kept`.
    """
    left, right = np.uint64(c), np.uint64(d)
    b0, b1, b2, a1, a2 = sections[0, 0], sections[0, 1], sections[0, 2], sections[0, 4], sections[0, 5]
    d0, d1, d2, c1, c2 = sections[1, 0], sections[1, 1], sections[1, 2], sections[1, 4], sections[1, 5]
    p0, p1, p2, p3 = state[0, c], state[1, c], state[2, c], state[3, c]
    q0, q1, q2, q3 = state[0, d], state[1, d], state[2, d], state[3, d]
    here, there = energy[c], energy[kept]
    for frame in range(np.uint64(samples.shape[0])):
        x, u = float(samples[frame, left]), float(samples[frame, right])
        y, v = b0 * x + p0, b0 * u + q0
        p0, q0 = (b1 * x + p1) - a1 * y, (b1 * u + q1) - a1 * v
        p1, q1 = b2 * x - a2 * y, b2 * u - a2 * v
        z, w = d0 * y + p2, d0 * v + q2
        p2, q2 = (d1 * y + p3) - c1 * z, (d1 * v + q3) - c1 * w
        p3, q3 = d2 * y - c2 * z, d2 * v - c2 * w
        here += z * z
        there += w * w
    energy[c], energy[kept] = here, there
    state[0, c], state[1, c], state[2, c], state[3, c] = p0, p1, p2, p3
    state[0, d], state[1, d], state[2, d], state[3, d] = q0, q1, q2, q3


@kernel_in_order
def weigh(samples, sections, weights, edges, state, energy, at, hops):  # type: ignore[no-untyped-def]
    """K-weight frames and add up the energy of each hop; a hop ends where the next one begins.

    samples           (n_frames, n_channels) float32
    sections          (2, 6) float64: second-order sections
    weights           (n_channels,) float64
    edges             (n_hops + 1,) int64: where the hops of a second begin, and its length
    state             (4, n_channels) float64: delays of both sections
    energy            (n_channels + 1,) float64 of the hop that has begun; the last is room to work in
    at                (3,) int64: frame in the second, hop in the second, hops written
    hops              float64, long enough: weighted energy of each hop that ended
    """
    n_channels, frame = weights.size, 0
    while frame < samples.shape[0]:
        n_frames = min(samples.shape[0] - frame, edges[at[1] + 1] - at[0])
        for c in range(0, n_channels, 2):
            d = min(c + 1, n_channels - 1)
            _weigh_two(samples[frame : frame + n_frames], c, d, c + 1, sections, state, energy)
        frame += n_frames
        at[0] += n_frames
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
