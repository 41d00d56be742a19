"""Drums and struck or scraped wood.

An ideal skin has modes at 1, 1.594, 2.136, 2.296, 2.653, 2.918, 3.156, 3.501, 3.6 times its lowest; a hard stroke
stretches it, so that its pitch falls back; snares rattle at the far skin (Rossing, Bork, Zhao and Fystrom, JASA 92,
1992). Bars of xylophones are tuned 1 : 3 (or 4) : 9 (Bork, Applied Acoustics 46, 1995).
"""

from __future__ import annotations

import numpy as np

from recordings.models.blocks import decay, frames
from recordings.take import Signal
from recordings.teaching.gestures import (
    beats,
    between,
    burst,
    finished,
    hiss,
    hz_of,
    joined,
    melody,
    one_of,
    ringing,
    spread,
)

SKIN = np.array([1.0, 1.594, 2.136, 2.296, 2.653, 2.918, 3.156, 3.501, 3.6, 4.06, 4.15, 4.6, 4.83, 5.13])
KETTLE = np.array([1.0, 1.504, 1.742, 2.0, 2.245, 2.494, 2.8, 2.98, 3.4])
"""Of a kettledrum, whose air tunes its modes near 2 : 3 : 4 : 5 (Rossing, Science of Percussion Instruments, 2000)."""


def _skin(rng: np.random.Generator, hz: float, t60_s: float, ratio: Signal, *, glide: float, seconds: float) -> Signal:
    """One stroke (n,) whose modes begin `glide` higher, as a share, and fall back."""
    each = ratio * np.exp(rng.normal(0.0, 0.015, len(ratio)))
    fall = t60_s * each ** -rng.uniform(0.3, 1.2) * rng.uniform(0.6, 1.3, len(each))
    gain = rng.uniform(0.2, 1.0, len(each)) * each ** -rng.uniform(0.2, 1.5)
    lasts = np.minimum(0.15, 0.3 * fall)
    bent = ringing(
        seconds,
        0.0,
        hz * each * (1.0 + glide),
        fall,
        gain,
        rise_hz_per_s=-hz * each * glide / np.maximum(1.2 * fall, 3.0 * lasts),
    )
    return np.asarray(bent / (np.max(np.abs(bent)) + 1e-9))


def _one_drum(rng: np.random.Generator, kind: int) -> Signal:
    """A stroke (n,) on 0 a bass or great drum, 1 a tom or barrel, 2 a snare, 3 a hand drum, 4 a kettledrum."""
    hz = between(rng, *((30.0, 80.0), (65.0, 220.0), (140.0, 330.0), (75.0, 450.0), (65.0, 200.0))[kind])
    t60 = between(rng, *((0.3, 2.0), (0.25, 1.4), (0.08, 0.4), (0.12, 1.2), (0.6, 3.0))[kind])
    glide = rng.uniform(0.0, (0.35, 0.25, 0.1, 0.3, 0.04)[kind])
    seconds = min(3.0, 1.2 * t60) + 0.1
    one = _skin(rng, hz, t60, KETTLE if kind == 4 else SKIN, glide=glide, seconds=seconds)
    high = between(rng, 600.0, 8_000.0)
    slap = burst(
        rng, min(seconds, 0.15), 0.7 * hz, high, attack_s=between(rng, 0.0004, 0.004), t60_s=between(rng, 0.01, 0.1)
    )
    parts = [(0.0, one), (0.0, between(rng, 0.02, 0.5) * slap)]
    if kind == 2:
        wires = hiss(rng, frames(seconds), between(rng, 700.0, 2_500.0), between(rng, 7_000.0, 16_000.0)) * decay(
            frames(seconds), between(rng, 0.1, 0.5)
        )
        parts.append((0.002, between(rng, 0.15, 0.8) * wires))
    return joined(seconds, parts)


def _strokes(rng: np.random.Generator) -> Signal:
    kind = int(rng.integers(5))
    kinds = [_one_drum(rng, kind)]
    if kind == 3 or rng.uniform() < 0.2:
        kinds.append(_one_drum(rng, kind))
    count = int(rng.choice([1, 1, 1, 2, 4, 8, 12]))
    at = beats(rng, count, between(rng, 0.1, 0.7), first_s=0.003)
    at = at[at < 6.0]
    return finished(
        joined(
            float(at[-1]) + len(kinds[0]) / 48_000.0,
            [(float(t), rng.uniform(0.3, 1.0) * kinds[int(rng.integers(len(kinds)))]) for t in at],
        )
    )


def _roll(rng: np.random.Generator) -> Signal:
    one = _one_drum(rng, int(rng.choice([0, 2, 2, 4, 4])))
    again = np.convolve(one, [1.0, -0.3])[: len(one)]
    at = beats(rng, int(rng.integers(15, 90)), between(rng, 0.035, 0.09), uneven=0.12, first_s=0.003)
    at = at[at < 6.5]
    swell = np.interp(np.linspace(0, 1, len(at)), np.linspace(0, 1, 4), rng.uniform(0.2, 1.0, 4))
    return finished(
        joined(
            float(at[-1]) + 1.0,
            [
                (float(t), g * rng.uniform(0.7, 1.0) * (one, again)[i % 2])
                for i, (t, g) in enumerate(zip(at, swell, strict=True))
            ],
        )
    )


def drum(rng: np.random.Generator) -> Signal:
    """A stroke, a rhythm or a roll on drums great and small."""
    return one_of(rng, (_strokes, _roll), (5.0, 1.5))


def _wood(rng: np.random.Generator, hz: float, ratio: Signal, t60_s: float) -> Signal:
    gain = rng.uniform(0.3, 1.0, len(ratio)) * ratio ** -rng.uniform(0.2, 1.2)
    one = ringing(
        0.7, 0.0, hz * ratio, t60_s * ratio ** -rng.uniform(0.3, 0.9), gain, phase_rad=rng.uniform(0, 6.28, len(ratio))
    )
    click = burst(rng, 0.02, 0.8 * hz, 6.0 * hz + 3_000.0, attack_s=0.0002, t60_s=between(rng, 0.004, 0.015))
    return joined(0.7, [(0.0, one / np.max(np.abs(one))), (0.0, between(rng, 0.05, 0.6) * click)])


def _blocks(rng: np.random.Generator) -> Signal:
    """Blocks, claves, castanets, temple blocks: hollow, short, one or two main modes."""
    hz, t60 = between(rng, 350.0, 3_200.0), between(rng, 0.02, 0.2)
    ratio = np.sort(np.concatenate([[1.0], rng.uniform(1.2, 9.0, int(rng.integers(2, 8)))]))
    kinds = [_wood(rng, hz, ratio, t60), _wood(rng, hz * rng.uniform(0.7, 1.5), ratio, t60)]
    count = int(rng.choice([1, 1, 2, 5, 10, 25]))
    at = beats(rng, count, between(rng, 0.05, 0.5), uneven=rng.choice([0.04, 0.3]), first_s=0.003)
    at = at[at < 5.0]
    return finished(
        joined(
            float(at[-1]) + between(rng, 0.15, 0.7),
            [(float(t), rng.uniform(0.3, 1.0) * kinds[int(rng.integers(2))]) for t in at],
        )
    )


def _xylophone(rng: np.random.Generator) -> Signal:
    count = int(rng.choice([1, 1, 1, 4, 8]))
    at = beats(rng, count, between(rng, 0.1, 0.4), first_s=0.003)
    bars, t60 = hz_of(melody(rng, 45.0, 100.0, count)), between(rng, 0.08, 0.7)
    ratio = np.array(
        [1.0, float(rng.choice([3.0, 4.0])), float(rng.uniform(6.0, 10.0)), float(rng.uniform(12.0, 17.0))]
    )
    return finished(
        joined(
            float(at[-1]) + between(rng, 0.25, 0.8),
            [
                (float(t), rng.uniform(0.5, 1.0) * _wood(rng, float(h), ratio, t60))
                for t, h in zip(at, bars, strict=True)
            ],
        )
    )


def _guiro(rng: np.random.Generator) -> Signal:
    """A scraped or shaken row of notches: ticks at a rate that glides."""
    hz = spread(rng, between(rng, 900.0, 2_500.0), 7_000.0, 4)
    tick = ringing(
        0.06, 0.0, hz, between(rng, 0.006, 0.03), rng.uniform(0.3, 1.0, 4), phase_rad=rng.uniform(0, 6.28, 4)
    )
    sounds: list[tuple[float, Signal]] = []
    start = 0.0
    for _ in range(int(rng.choice([1, 1, 2, 3]))):
        lasts = between(rng, 0.1, 0.9)
        rates = np.linspace(between(rng, 25.0, 130.0), between(rng, 25.0, 130.0), 50)
        at = np.interp(
            np.arange(int(rates.mean() * lasts)), np.cumsum(rates) * lasts / 50.0, np.linspace(0.0, lasts, 50)
        )
        sounds += [(start + float(t), rng.uniform(0.4, 1.0) * tick) for t in at]
        start += lasts + rng.uniform(0.03, 0.4)
    return finished(joined(start + 0.1, sounds))


def wood_percussion(rng: np.random.Generator) -> Signal:
    """Blocks, claves, castanets, xylophones and scrapers."""
    return one_of(rng, (_blocks, _xylophone, _guiro), (5.0, 3.0, 1.5))
