"""Flutes, reeds and brass.

A flute is few harmonics and breath; a clarinet's cylinder lets odd harmonics through below its cut-off, the cones of
oboe, bassoon and saxophone let all through, with formants; brass gets brighter with loudness (Fletcher and Rossing, The
Physics of Musical Instruments, chapters 14 to 16; Risset and Mathews, Physics Today 22(2), 1969; formants: Meyer,
Acoustics and the Performance of Music, 2009).
"""

from __future__ import annotations

import numpy as np

from recordings.models.blocks import frames, resonant, wandering
from recordings.take import RATE_HZ, Signal
from recordings.teaching.gestures import (
    Playing,
    audible,
    between,
    burst,
    finished,
    formants,
    harmonic,
    held,
    hiss,
    joined,
    numbers,
    one_of,
    stepped,
)


def _playing(rng: np.random.Generator, attack: tuple[float, float], vibrato: tuple[float, float]) -> Playing:
    return Playing(
        between(rng, *attack),
        between(rng, 0.04, 0.3),
        between(rng, 4.0, 6.5),
        between(rng, *vibrato),
        between(rng, 2.0, 10.0),
        rng.uniform(0.2, 0.95),
    )


def _with_breath(rng: np.random.Generator, tone: Signal, noise: Signal, amount: float) -> Signal:
    tone = tone / (np.max(np.abs(tone)) + 1e-9)
    return finished(tone + amount * noise)


def flute(rng: np.random.Generator) -> Signal:
    """A concert, alto, bass, wooden or end-blown flute, recorder, panpipe or whistle."""
    if rng.uniform() < 0.12:
        return _slide_whistle(rng)
    low = rng.uniform(48.0, 80.0)
    hz, loud = held(rng, low, low + 26.0, _playing(rng, (0.02, 0.3), (1.0, 30.0)))
    k, each = numbers(hz, 20)
    fall = between(rng, 0.35, 1.6) / (0.5 + stepped(loud))
    level = (
        np.exp(-fall * (k - 1.0))
        * (1.0 + rng.uniform(-0.6, 1.2) * (k == 2))
        * (1.0 - rng.uniform(0.0, 0.8) * (k % 2 == 0))
        * audible(each)
    )
    tremble = 1.0 + rng.uniform(0.0, 0.25) * np.sin(2 * np.pi * between(rng, 4.0, 6.0) * np.arange(len(hz)) / RATE_HZ)
    middle = float(np.median(hz))
    air = hiss(rng, len(hz), 0.8 * middle, min(6.0 * middle + 2_000.0, 14_000.0))
    air = (
        air
        + 2.0 * resonant(hiss(rng, len(hz), 200.0, 12_000.0), middle, 0.08 * middle)
        + between(rng, 0.2, 2.0) * resonant(air, min(2.0 * middle, 18_000.0), 0.1 * middle)
    )
    chiff = 1.0 + rng.uniform(0.0, 6.0) * np.exp(-np.arange(len(hz)) / frames(0.04))
    return _with_breath(rng, harmonic(hz, level) * loud * tremble, air * loud**0.7 * chiff, between(rng, 0.003, 0.09))


def _slide_whistle(rng: np.random.Generator) -> Signal:
    n = frames(between(rng, 0.4, 2.5))
    points = rng.uniform(0.0, 1.0, int(rng.integers(2, 5)))
    hz = between(rng, 400.0, 900.0) * 2.0 ** (
        rng.uniform(0.5, 2.0) * np.interp(np.linspace(0, 1, n), np.linspace(0, 1, len(points)), points)
    )
    k, each = numbers(hz, 12)
    level = np.exp(-between(rng, 0.7, 2.0) * (k - 1.0)) * (1.0 - 0.7 * (k % 2 == 0)) * audible(each)
    swell = np.sin(np.pi * np.linspace(0, 1, n)) ** 0.3
    return _with_breath(
        rng, harmonic(hz, level) * swell, hiss(rng, n, 700.0, 9_000.0) * swell, between(rng, 0.005, 0.06)
    )


def _clarinet(rng: np.random.Generator) -> Signal:
    hz, loud = held(rng, 48.0, 86.0, _playing(rng, (0.02, 0.15), (0.5, 8.0)))
    k, each = numbers(hz, 40)
    even = 1.0 / (1.0 + (between(rng, 900.0, 2_500.0) / each) ** 2)
    fall = (1.0 + (each / (between(rng, 900.0, 3_000.0) * (0.4 + stepped(loud)))) ** 2) ** -rng.uniform(0.8, 1.5)
    level = np.where(k % 2 == 1, 1.0, even) * k ** -rng.uniform(0.2, 0.9) * fall * audible(each)
    return _with_breath(
        rng, harmonic(hz, level) * loud, hiss(rng, len(hz), 800.0, 8_000.0) * loud, between(rng, 0.001, 0.015)
    )


CONES = (
    (58.0, 89.0, 1_100.0, 2_900.0),
    (34.0, 68.0, 470.0, 1_150.0),
    (46.0, 80.0, 900.0, 2_000.0),
    (52.0, 84.0, 900.0, 1_900.0),
    (55.0, 80.0, 1_300.0, 3_200.0),
)
"""Lowest and highest MIDI pitch and two formants of oboe, bassoon, tenor and soprano saxophones, and shawm."""


def _cone(rng: np.random.Generator) -> Signal:
    low, high, first, second = CONES[int(rng.integers(len(CONES)))]
    hz, loud = held(rng, low, high, _playing(rng, (0.015, 0.15), (1.0, 35.0)))
    _, each = numbers(hz, 50)
    near = between(rng, 0.85, 1.2)
    peaks = formants(
        each,
        (first * near, second * near, 4_000.0 * near),
        (0.5 * first, 0.5 * second, 1_500.0),
        (1.0, between(rng, 0.2, 0.8), 0.1),
    )
    fall = (1.0 + (each / (between(rng, 1_500.0, 5_000.0) * (0.4 + stepped(loud)))) ** 2) ** -1.0
    level = (0.05 + peaks) * fall * (each / 500.0) ** -rng.uniform(0.0, 0.6) * audible(each)
    return _with_breath(
        rng, harmonic(hz, level) * loud, hiss(rng, len(hz), 600.0, 7_000.0) * loud, between(rng, 0.001, 0.03)
    )


def _free_reed(rng: np.random.Generator) -> Signal:
    """An accordion, harmonium or mouth organ: two reeds a few cents apart."""
    hz, loud = held(rng, 43.0, 84.0, _playing(rng, (0.03, 0.2), (0.5, 4.0)), single=0.5)
    _, each = numbers(hz, 50)
    level = (
        (each / 300.0) ** -rng.uniform(0.4, 1.2)
        * (1.0 + (each / between(rng, 2_000.0, 6_000.0)) ** 2) ** -1.0
        * audible(each)
    )
    tone = harmonic(hz, level) + rng.uniform(0.0, 1.0) * harmonic(hz * (1.0 + between(rng, 0.0005, 0.008)), level)
    if rng.uniform() < 0.4:
        tone = tone + 0.7 * harmonic(
            hz * 2.0 ** (float(rng.choice([4.0, 7.0, 12.0])) / 12.0), level * audible(1.6 * each)
        )
    return _with_breath(rng, tone * loud, hiss(rng, len(hz), 500.0, 6_000.0) * loud, between(rng, 0.001, 0.01))


def reed(rng: np.random.Generator) -> Signal:
    """A clarinet, oboe, bassoon, saxophone, shawm or free reeds."""
    return one_of(rng, (_clarinet, _cone, _free_reed), (3.0, 5.0, 1.0))


def brass(rng: np.random.Generator) -> Signal:
    """A trumpet, bugle, horn, trombone or tuba, open or muted: the louder, the brighter."""
    low, high, cut = (
        (52.0, 84.0, 1_600.0),
        (50.0, 78.0, 1_300.0),
        (38.0, 77.0, 600.0),
        (38.0, 70.0, 900.0),
        (28.0, 60.0, 450.0),
    )[int(rng.integers(5))]
    hz, loud = held(rng, low, high, _playing(rng, (0.02, 0.12), (0.5, 25.0)), single=0.55)
    n = len(hz)
    onset = 1.0 + rng.uniform(-0.02, 0.02) * np.exp(-np.arange(n) / frames(0.03))
    hz = hz * onset
    _, each = numbers(hz, 60)
    played = between(rng, 0.5, 2.5)
    edge = cut * (0.3 + played * stepped(loud) ** 1.2)
    level = (
        (1.0 + (each / edge) ** 2) ** -rng.uniform(0.8, 1.8) * (each / cut) ** rng.uniform(-0.2, 0.4) * audible(each)
    )
    if rng.uniform() < 0.15:
        level = level * (0.1 + formants(each, (between(rng, 1_200.0, 2_500.0),), (900.0,), (1.0,)))
    rough = 1.0 + 0.06 * (wandering(rng, n, times_per_s=30.0) - 0.5)
    tone = harmonic(hz, level) * loud**0.8 * rough
    return _with_breath(
        rng,
        tone,
        hiss(rng, n, 300.0, 5_000.0) * loud
        + joined(n / RATE_HZ + 0.001, [(0.0, burst(rng, 0.05, 200.0, 3_000.0, attack_s=0.003, t60_s=0.05))])[:n],
        between(rng, 0.001, 0.02),
    )
