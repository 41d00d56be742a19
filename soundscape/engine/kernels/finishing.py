"""From the bus to the loudspeakers: the matrix of a decoder, and the alignment of a rig."""

from __future__ import annotations

import numpy as np

from soundscape.compiled import kernel

U0, U1, U64 = (np.uint64(n) for n in (0, 1, 64))


@kernel
def add_decoded(signals, matrix, bus):  # type: ignore[no-untyped-def]
    """Add (n_quanta, n, 64) signals to the first channels of a bus: matrix (n_bus, n) float32."""
    for q in range(np.uint64(bus.shape[0])):
        for c in range(np.uint64(matrix.shape[0])):
            for b in range(np.uint64(matrix.shape[1])):
                gain = matrix[c, b]
                if gain == np.float32(0.0):
                    continue
                for k in range(U64):
                    bus[q, c, k] += gain * signals[q, b, k]


@kernel
def find_awake(bus, first, awake_for, since, stretches, n_stretches):  # type: ignore[no-untyped-def]
    """Stretches of a bus (n_quanta, n, 64) in which something sent to channel `first`, or one after it, is heard.

    awake_for      quanta for which what was sent is heard after it
    since          (1,) int64: quanta since something was sent, `awake_for` where it is no longer heard
    stretches      (n_quanta // 2 + 1, 2) int64: first quantum of each, and the first after it
    n_stretches    (1,) int64: how many there are
    """
    n, was_awake = 0, False
    for q in range(np.uint64(bus.shape[0])):
        n_sent = 0
        for c in range(np.uint64(first), np.uint64(bus.shape[1])):
            for k in range(U64):
                n_sent += bus[q, c, k] != np.float32(0.0)
        since[0] = 0 if n_sent > 0 else min(since[0] + 1, awake_for)
        is_awake = since[0] < awake_for
        if is_awake and not was_awake:
            stretches[n, 0] = q
        elif was_awake and not is_awake:
            stretches[n, 1] = q
            n += 1
        was_awake = is_awake
    if was_awake:
        stretches[n, 1] = bus.shape[0]
        n += 1
    n_stretches[0] = n


@kernel
def interleave(channels, frames):  # type: ignore[no-untyped-def]
    """(n_quanta, n_channels or more, 64) as (n_quanta * 64, n_channels) frames."""
    flat, n_channels = frames.reshape(frames.size), np.uint64(frames.shape[1])
    for q in range(np.uint64(channels.shape[0])):
        first = q * U64 * n_channels
        for c in range(n_channels):
            for k in range(U64):
                flat[first + k * n_channels + c] = channels[q, c, k]


@kernel
def turn_field(now, then, ramp, turned, bus):  # type: ignore[no-untyped-def]
    """Turn the sound field on the first channels of a bus, in place.

    now, then   (n, n) float32: blocks of 1, 3, 5 ... harmonics on the diagonal; over the first quantum the one becomes
                the other, after it the second holds
    ramp        (64,) float32: 0 to 63
    turned      (n, 64) float32: room to work in
    bus         (n_quanta, n or more, 64) float32
    """
    n = now.shape[0]
    for q in range(bus.shape[0]):
        quantum, degree, first = np.uint64(q), 0, 0
        while first < n:
            last = first + 2 * degree + 1
            for c in range(np.uint64(first), np.uint64(last)):
                turned[c, :] = 0.0
                for b in range(np.uint64(first), np.uint64(last)):
                    base = now[c, b] if q == 0 else then[c, b]
                    step = (then[c, b] - base) * np.float32(1.0 / 64.0)
                    for k in range(U64):
                        turned[c, k] += (base + step * ramp[k]) * bus[quantum, b, k]
            first, degree = last, degree + 1
        for c in range(np.uint64(n)):
            for k in range(U64):
                bus[quantum, c, k] = turned[c, k]


@kernel
def cross_over(subs, zones, coefficients, state, sums, out):  # type: ignore[no-untyped-def]
    """Give the lows of each zone to its subwoofers, and take them from its other loudspeakers.

    Fourth order after Linkwitz and Riley: each half is a Butterworth filter of second order, twice; the halves add up
    to an all-pass.

    subs           (n_channels,) float32: a subwoofer's share of the lows, 0 for others, -1 for what is left alone
    zones          (n_channels,) int64: which zone each channel is in
    coefficients   (n_zones, 2, 5) float64: low-pass and high-pass, b0 b1 b2 a1 a2; b0 is 0 where there is no subwoofer
    state          (n_channels + n_zones, 2, 2) float64: of each channel's high-pass and each zone's low-pass, twice
    sums           (n_zones, 64) float64: room to work in
    out            (n_quanta, n_channels, 64) float32, in place
    """
    n_channels = subs.size
    for q in range(out.shape[0]):
        sums[:] = 0.0
        for c in range(n_channels):
            zone = zones[c]
            if subs[c] != 0.0 or coefficients[zone, 0, 0] == 0.0:
                continue
            b0, b1, b2 = coefficients[zone, 1, 0], coefficients[zone, 1, 1], coefficients[zone, 1, 2]
            a1, a2 = coefficients[zone, 1, 3], coefficients[zone, 1, 4]
            for k in range(64):
                x = np.float64(out[q, c, k])
                sums[zone, k] += x
                for n in range(2):
                    y = b0 * x + state[c, n, 0]
                    state[c, n, 0] = b1 * x - a1 * y + state[c, n, 1]
                    state[c, n, 1] = b2 * x - a2 * y
                    x = y
                out[q, c, k] = x
        for zone in range(coefficients.shape[0]):
            b0, b1, b2 = coefficients[zone, 0, 0], coefficients[zone, 0, 1], coefficients[zone, 0, 2]
            a1, a2 = coefficients[zone, 0, 3], coefficients[zone, 0, 4]
            if b0 == 0.0:
                continue
            for k in range(64):
                x = sums[zone, k]
                for n in range(2):
                    y = b0 * x + state[n_channels + zone, n, 0]
                    state[n_channels + zone, n, 0] = b1 * x - a1 * y + state[n_channels + zone, n, 1]
                    state[n_channels + zone, n, 1] = b2 * x - a2 * y
                    x = y
                sums[zone, k] = x
        for c in range(n_channels):
            if subs[c] > 0.0 and coefficients[zones[c], 0, 0] != 0.0:
                for k in range(64):
                    out[q, c, k] += subs[c] * sums[zones[c], k]


@kernel
def align(delays, gains, lines, clock, out):  # type: ignore[no-untyped-def]
    """Let every channel come later and softer by its own measure.

    delays   (n_channels,) int64 frames >= 0
    gains    (n_channels,) float32
    lines    (n_channels, n) float32 rings, n a power of two above the longest delay + 64
    clock    (1,) int64: frames done
    out      (n_quanta, n_channels, 64) float32, in place
    """
    mask = lines.shape[1] - 1
    for q in range(out.shape[0]):
        now = clock[0]
        for c in range(delays.size):
            gain, delay = gains[c], delays[c]
            for k in range(64):
                lines[c, np.uint64((now + k) & mask)] = out[q, c, k]
            for k in range(64):
                out[q, c, k] = gain * lines[c, np.uint64((now + k - delay) & mask)]
        clock[0] = now + 64
