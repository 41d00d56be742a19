"""Linear timecode from its definition, for tests: no line of the decoder is used."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from soundscape.live.controllers.timecode import FRAMES_PER_S, Timecode


def bits_of(code: Timecode) -> list[int]:
    bits = [0] * 80
    numbers = (code.frames, code.seconds, code.minutes, code.hours)
    tens = (2, 3, 3, 2)
    fields = [(16 * k, number % 10, 4) for k, number in enumerate(numbers)]
    fields += [(16 * k + 8, number // 10, tens[k]) for k, number in enumerate(numbers)]
    for at, value, n in fields:
        bits[at : at + n] = [value >> k & 1 for k in range(n)]
    bits[10] = int(code.rate == "29.97df")
    bits[64:] = [0, 0] + [1] * 12 + [0, 1]
    correction = 59 if code.rate == "25" else 27
    bits[correction] = sum(bits) % 2  # an even number of ones: each frame begins on the same side
    return bits


def sound_of(
    codes: list[Timecode], rate_hz: int = 48000, *, speed: float = 1.0, backwards: bool = False
) -> NDArray[np.float64]:
    """Sides +1 and -1, at the exact times of the edges (to the nearest frame)."""
    bits = [bit for code in codes for bit in bits_of(code)]
    bit_s = 1.0 / (float(FRAMES_PER_S[codes[0].rate]) * 80 * speed)
    edges: list[float] = []
    for n, bit in enumerate(bits):
        edges += [n * bit_s] + ([(n + 0.5) * bit_s] if bit else [])
    frames = np.arange(round(len(bits) * bit_s * rate_hz))
    side = np.searchsorted(np.array(edges), (frames + 0.5) / rate_hz) % 2
    sound = side * 2.0 - 1.0
    return sound[::-1].copy() if backwards else sound


def run_of(first: Timecode, n: int) -> list[Timecode]:
    return [Timecode.of_frame(first.n_frames + k, first.rate) for k in range(n)]
