"""Long filters on many channels: convolution in blocks, by Fourier transforms.

Uniform partitions (Wefers, "Partitioned convolution algorithms for real-time auralization", 2015, section 5.2) with
overlap and save. Every transform runs over all channels at once, so that its inner loop is long enough to become
vector instructions from the first stage on (Stockham's order, radix 4).
"""

from __future__ import annotations

import numpy as np

from soundscape.compiled import kernel

U64 = np.uint64(64)


@kernel
def _transform(re, im, re_to, im_to, length, lanes, cos, sin):  # type: ignore[no-untyped-def]
    """Fourier transform of `length` points of each lane, points far apart and lanes together.

    `length` is a power of two; `cos` and `sin` hold one turn, in at least `length` steps. Gives True where the
    result is in `re_to` and `im_to`, else it is in `re` and `im`.
    """
    stride = lanes
    is_moved = False
    while length > 1:
        if length % 4 == 0:
            quarter = length // 4
            step = cos.size // length
            for p in range(quarter):
                c1, s1 = cos[p * step], sin[p * step]
                c2, s2 = cos[2 * p * step], sin[2 * p * step]
                c3, s3 = cos[3 * p * step], sin[3 * p * step]
                a_at, b_at = np.uint64(stride * p), np.uint64(stride * (p + quarter))
                c_at, d_at = np.uint64(stride * (p + 2 * quarter)), np.uint64(stride * (p + 3 * quarter))
                to, far = np.uint64(4 * stride * p), np.uint64(stride)
                for n in range(far):
                    sum_re, sum_im = re[a_at + n] + re[c_at + n], im[a_at + n] + im[c_at + n]
                    off_re, off_im = re[a_at + n] - re[c_at + n], im[a_at + n] - im[c_at + n]
                    also_re, also_im = re[b_at + n] + re[d_at + n], im[b_at + n] + im[d_at + n]
                    turned_re, turned_im = im[b_at + n] - im[d_at + n], re[d_at + n] - re[b_at + n]
                    re_to[to + n], im_to[to + n] = sum_re + also_re, sum_im + also_im
                    x, y = off_re + turned_re, off_im + turned_im
                    re_to[to + far + n], im_to[to + far + n] = x * c1 + y * s1, y * c1 - x * s1
                    x, y = sum_re - also_re, sum_im - also_im
                    re_to[to + far + far + n], im_to[to + far + far + n] = x * c2 + y * s2, y * c2 - x * s2
                    x, y = off_re - turned_re, off_im - turned_im
                    re_to[to + far + far + far + n], im_to[to + far + far + far + n] = x * c3 + y * s3, y * c3 - x * s3
            length, stride = quarter, stride * 4
        else:
            half = length // 2
            step = cos.size // length
            for p in range(half):
                c1, s1 = cos[p * step], sin[p * step]
                a_at, b_at = np.uint64(stride * p), np.uint64(stride * (p + half))
                to, far = np.uint64(2 * stride * p), np.uint64(stride)
                for n in range(far):
                    x, y = re[a_at + n] - re[b_at + n], im[a_at + n] - im[b_at + n]
                    re_to[to + n], im_to[to + n] = re[a_at + n] + re[b_at + n], im[a_at + n] + im[b_at + n]
                    re_to[to + far + n], im_to[to + far + n] = x * c1 + y * s1, y * c1 - x * s1
            length, stride = half, stride * 2
        re, re_to = re_to, re
        im, im_to = im_to, im
        is_moved = not is_moved
    return is_moved


@kernel
def spectra_of(signals, cos, sin, work, out):  # type: ignore[no-untyped-def]
    """Spectra of real signals, from 0 Hz to half the rate.

    signals    (lanes, n) float32, n a power of two
    cos, sin   (n,) float32: one turn
    work       (4, lanes * n / 2) float32
    out        (2, lanes, n / 2 + 1) float32: real and imaginary parts
    """
    lanes, half = signals.shape[0], signals.shape[1] // 2
    for lane in range(lanes):
        for n in range(half):
            at = np.uint64(n * lanes + lane)
            work[0, at], work[1, at] = signals[lane, np.uint64(2 * n)], signals[lane, np.uint64(2 * n + 1)]
    is_moved = _transform(work[0], work[1], work[2], work[3], half, lanes, cos, sin)
    re, im = (work[2], work[3]) if is_moved else (work[0], work[1])
    for k in range(half + 1):
        here, there = k % half * lanes, (half - k) % half * lanes
        c, s = np.float32(0.5) * cos[k], np.float32(0.5) * sin[k]
        for lane in range(lanes):
            a_re, a_im = re[np.uint64(here + lane)], im[np.uint64(here + lane)]
            b_re, b_im = re[np.uint64(there + lane)], -im[np.uint64(there + lane)]
            x, y = a_im - b_im, b_re - a_re
            at = np.uint64(k)
            out[0, np.uint64(lane), at] = np.float32(0.5) * (a_re + b_re) + (x * c + y * s)
            out[1, np.uint64(lane), at] = np.float32(0.5) * (a_im + b_im) + (y * c - x * s)


@kernel
def _signals_of(spectra, cos, sin, work, out):  # type: ignore[no-untyped-def]
    """Second half of the real signals of spectra: (2, lanes, n / 2 + 1) -> (lanes, n / 2)."""
    lanes, half = spectra.shape[1], spectra.shape[2] - 1
    for k in range(half):
        c, s = np.float32(0.5) * cos[k], np.float32(0.5) * sin[k]
        for lane in range(lanes):
            a_re, a_im = spectra[0, lane, k], spectra[1, lane, k]
            b_re, b_im = spectra[0, lane, half - k], -spectra[1, lane, half - k]
            x, y = a_re - b_re, a_im - b_im
            odd_re, odd_im = x * c - y * s, x * s + y * c
            at = np.uint64(k * lanes + lane)
            # Real and imaginary parts trade places: that turns the transform into its inverse.
            work[1, at] = np.float32(0.5) * (a_re + b_re) - odd_im
            work[0, at] = np.float32(0.5) * (a_im + b_im) + odd_re
    is_moved = _transform(work[0], work[1], work[2], work[3], half, lanes, cos, sin)
    re, im = (work[2], work[3]) if is_moved else (work[0], work[1])
    scale = np.float32(1.0 / half)
    for n in range(half // 2):
        for lane in range(lanes):
            at = np.uint64((half // 2 + n) * lanes + lane)
            out[lane, np.uint64(2 * n)], out[lane, np.uint64(2 * n + 1)] = im[at] * scale, re[at] * scale


@kernel
def _answered(filters, seen, newest, sums):  # type: ignore[no-untyped-def]
    """Sum over partitions and inputs of spectra times filters, into `sums` (2, n_out, n_bins)."""
    n_seen = seen.shape[0]
    for o in range(np.uint64(filters.shape[1])):
        sums[:, o, :] = 0.0
        for p in range(filters.shape[0]):
            part, slot = np.uint64(p), np.uint64((newest - p) % n_seen)
            for i in range(np.uint64(filters.shape[2])):
                for k in range(np.uint64(filters.shape[4])):
                    f_re, f_im = filters[part, o, i, 0, k], filters[part, o, i, 1, k]
                    x_re, x_im = seen[slot, 0, i, k], seen[slot, 1, i, k]
                    sums[0, o, k] += f_re * x_re - f_im * x_im
                    sums[1, o, k] += f_re * x_im + f_im * x_re


@kernel
def convolve(bus, first, is_ahead, filters, seen, past, ready, clock, cos, sin, work, work_out, sums, out):  # type: ignore[no-untyped-def]
    """Add channels `first` and following of a bus, filtered, to `out`.

    bus        (n_quanta, n_bus, 64) float32
    is_ahead   0: blocks of a quantum, which are answered at once; 1: what a block brings sounds from its end on
    filters    (n_parts, n_out, n_in, 2, n_bins) float32: spectra of the filters' stretches of one block each
    seen       (n_parts, 2, n_in, n_bins) float32: spectra of the last blocks
    past       (n_in, 2 * block) float32: the last block, and this one as far as it is there
    ready      (n_out, block) float32: what sounds now
    clock      (1,) int64: frames done
    cos, sin   (2 * block,) float32
    work, work_out, sums   (4, n_in * block), (4, n_out * block), (2, n_out, n_bins): room to work in
    out        (n_quanta, n_out, 64) float32
    """
    n_in, block = past.shape[0], past.shape[1] // 2
    for q in range(bus.shape[0]):
        at = clock[0] % block
        quantum = np.uint64(q)
        for i in range(n_in):
            for k in range(64):
                past[i, np.uint64(block + at + k)] = bus[quantum, first + i, np.uint64(k)]
        if is_ahead:
            for o in range(np.uint64(ready.shape[0])):
                for k in range(64):
                    out[quantum, o, k] += ready[o, np.uint64(at + k)]
        if at + 64 == block:
            newest = clock[0] // block % seen.shape[0]
            spectra_of(past, cos, sin, work, seen[newest])
            _answered(filters, seen, newest, sums)
            _signals_of(sums, cos, sin, work_out, ready)
            for i in range(np.uint64(n_in)):
                for k in range(block):
                    past[i, np.uint64(k)] = past[i, np.uint64(block + k)]
        if not is_ahead:
            for o in range(np.uint64(ready.shape[0])):
                for k in range(U64):
                    out[quantum, o, k] += ready[o, k]
        clock[0] += 64
