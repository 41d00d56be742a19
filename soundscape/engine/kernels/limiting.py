"""The limiter: which gain each frame may have at most, and the smooth gain below it."""

from __future__ import annotations

import numpy as np

from soundscape.compiled import kernel

BLOCK = 64


@kernel
def _goes_above(samples, limit):  # type: ignore[no-untyped-def]
    """Whether any sample of any channel is larger than a limit, or no number."""
    flat = samples.reshape(samples.size)
    loudest = np.float32(0.0)
    for i in range(flat.size):
        loudest = max(loudest, abs(flat[i]))
    return not loudest <= limit


@kernel
def wanted_gains(samples, table, reach, ceiling, line, between, peaks, wanted):  # type: ignore[no-untyped-def]
    """Largest gain that keeps every channel under `ceiling` at a frame and between it and the next one.

    samples           (n_blocks * 64 + taps - 1, n_channels) float32
    table             (phases, taps) float32: interpolation between frames
    reach             largest gain the interpolation could have: what is lower than `ceiling / reach` is passed over
    line, between, peaks   (64 + taps - 1,), (64,), (64,) float32: room to work in
    wanted            (n_blocks * 64,) float64, of frame `taps // 2 - 1` of `samples` and those after it
    """
    taps, n_channels = table.shape[1], samples.shape[1]
    limit = np.float32(ceiling / reach)
    for block in range(wanted.size // 64):
        first = block * 64
        if not _goes_above(samples[first : first + line.size], limit):
            wanted[first : first + 64] = 1.0
            continue
        peaks[:] = 0.0
        for c in range(n_channels):
            loudest = np.float32(0.0)
            for i in range(line.size):
                line[i] = samples[first + i, c]
                loudest = max(loudest, abs(line[i]))
            if loudest <= limit:
                continue
            for p in range(table.shape[0]):
                between[:] = 0.0
                for t in range(taps):
                    gain = table[p, t]
                    for k in range(64):
                        between[k] += gain * line[k + t]
                for k in range(64):
                    peaks[k] = max(peaks[k], abs(between[k]))
        for k in range(64):
            wanted[first + k] = ceiling / peaks[k] if peaks[k] > ceiling else 1.0


@kernel
def envelope(wanted, release, recent, held, state, gain):  # type: ignore[no-untyped-def]
    """Smooth gain that has fallen to each wanted one when its frame comes out, len(recent) - 1 frames later.

    wanted, gain      (n,) float64
    recent, held      (window,) float64 rings: gains wanted of late, and the falling envelope, whose mean is the gain
    state             envelope, sum of `held`, least of `recent`, frames done
    """
    window = recent.size
    if state[0] == 1.0 and state[1] == window:
        quiet = True
        for i in range(wanted.size):
            quiet = quiet and wanted[i] == 1.0
        if quiet and state[2] == 1.0:
            gain[:] = 1.0
            state[3] += wanted.size
            return
    for i in range(wanted.size):
        slot = np.int64(state[3]) % window
        gone = recent[slot]
        recent[slot] = wanted[i]
        if wanted[i] <= state[2]:
            state[2] = wanted[i]
        elif gone == state[2]:
            least = 1.0
            for w in range(window):
                least = min(least, recent[w])
            state[2] = least
        if state[2] < state[0]:
            state[0] = state[2]
        else:
            state[0] += (state[2] - state[0]) * release
            if state[0] > 0.99999:
                state[0] = state[2]
        state[1] += state[0] - held[slot]
        held[slot] = state[0]
        if state[0] == 1.0 and state[2] == 1.0 and abs(state[1] - window) < 1e-9:
            state[1] = window
        gain[i] = state[1] / window
        state[3] += 1.0
