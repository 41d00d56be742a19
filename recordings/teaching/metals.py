"""Struck metal: bells, gongs, small tuned bars and cymbals, of any size.

Partials of church bells: hum, prime, tierce, quint, nominal near 0.5, 1, 1.2, 1.5, 2 (Rossing, Science of Percussion
Instruments, 2000). A free bar has 1, 2.756, 5.404, 8.933 (Fletcher and Rossing, chapter 2). Energy of gongs and cymbals
goes up to higher modes after the stroke (Legge and Fletcher, JASA 86, 1989).
"""

from __future__ import annotations

import numpy as np

from recordings.models.blocks import decay, frames, wandering
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
    times,
)

CHURCH = np.array([0.5, 1.0, 1.2, 1.5, 2.0, 2.5, 2.67, 3.0, 4.0, 5.3, 6.6, 8.0])
BAR = np.array([1.0, 2.756, 5.404, 8.933, 13.34, 18.64])


def partials(rng: np.random.Generator, ratio: Signal, uneven: float) -> Signal:
    """The same ratios (n,), each a little elsewhere."""
    return np.asarray(ratio * np.exp(rng.normal(0.0, uneven, len(ratio))))


def _stroke(
    rng: np.random.Generator, hz: Signal, t60_s: Signal, gain: Signal, seconds: float, *, apart: float = 0.002
) -> Signal:
    """One stroke (n,): each mode is two, a little apart, so that it beats."""
    split = 1.0 + rng.exponential(apart, len(hz))
    both = np.concatenate([hz, hz * split])
    amounts = np.concatenate([gain, gain * rng.uniform(0.0, 0.8, len(hz))])
    fall = np.concatenate([t60_s, t60_s * rng.uniform(0.8, 1.1, len(hz))])
    return ringing(seconds, 0.0, both, fall, amounts, phase_rad=rng.uniform(0.0, 6.28, len(both)))


def _struck(rng: np.random.Generator, make_one: Signal, seconds: float, count: int, every_s: float) -> Signal:
    """The same body (n,) struck several times, more or less hard."""
    at = beats(rng, count, every_s, first_s=0.005)
    return finished(joined(max(seconds, 0.2), [(float(t), rng.uniform(0.4, 1.0) * make_one) for t in at]))


def bell(rng: np.random.Generator) -> Signal:
    """A church, temple, hand, cow or school bell, once or tolling."""
    hz = between(rng, 90.0, 3_200.0)
    church = rng.uniform() < 0.6
    steps = np.arange(2.0, 12.0)
    ratio = partials(rng, CHURCH, 0.02) if church else partials(rng, (steps / 2.0) ** rng.uniform(1.2, 1.9), 0.03)
    t60 = between(rng, 1.0, 14.0) * (hz / 400.0) ** -0.4
    if rng.uniform() < 0.12:  # a cow bell of sheet
        t60 = between(rng, 0.2, 0.9)
    fall = t60 * ratio ** -rng.uniform(0.5, 1.1) * rng.uniform(0.7, 1.3, len(ratio))
    gain = rng.uniform(0.3, 1.0, len(ratio)) * ratio ** -rng.uniform(0.0, 1.2)
    seconds = float(np.clip(t60, 0.4, between(rng, 1.5, 8.0)))
    one = _stroke(rng, hz * ratio, fall, gain, seconds, apart=between(rng, 0.0005, 0.004))
    click = burst(rng, 0.05, 0.8 * hz, 8.0 * hz + 2_000.0, attack_s=0.0003, t60_s=0.03)
    one = joined(seconds, [(0.0, one / np.max(np.abs(one))), (0.0, rng.uniform(0.0, 0.25) * click)])
    count = int(rng.choice([1, 1, 1, 2, 3, 5]))
    return _struck(rng, one, seconds if count == 1 else 7.0, count, between(rng, 0.3, 2.0))


def gong(rng: np.random.Generator) -> Signal:
    """A tam-tam that blooms, a tuned gong, or an opera gong whose pitch glides."""
    return one_of(rng, (_tamtam, _tuned_gong, _opera_gong), (3.0, 2.5, 1.5))


def _tamtam(rng: np.random.Generator) -> Signal:
    seconds = between(rng, 2.0, 8.0)
    count = int(rng.integers(150, 400))
    low = between(rng, 35.0, 160.0)
    hz = spread(rng, low, between(rng, 4_000.0, 11_000.0), count)
    t60 = between(rng, 3.0, 18.0) * (1.0 + (hz / 1_500.0) ** 1.1) ** -1.0 * rng.uniform(0.6, 1.4, count)
    gain = rng.rayleigh(0.7, count) * (hz / low) ** -rng.uniform(0.3, 1.0)
    late_s = between(rng, 0.01, 0.5) * np.clip(np.log2(hz / 400.0), 0.0, 4.0) / 3.0
    phase = rng.uniform(0.0, 6.28, count)
    slow = ringing(seconds, 0.0, hz, t60, gain, phase_rad=phase)
    grown = ringing(seconds, 0.0, hz, np.maximum(late_s, 0.003) * 4.0, gain, phase_rad=phase)
    part = slow - rng.uniform(0.5, 1.0) * grown  # a mode that comes late: two decays, one taken from the other
    return finished(part)


def _tuned_gong(rng: np.random.Generator) -> Signal:
    hz = between(rng, 60.0, 700.0)
    ratio = np.concatenate(
        [[1.0], partials(rng, np.array([1.5, 2.0, 2.4, 2.9, 3.4, 4.0, 4.6, 5.3, 6.2, 7.3, 8.6]), 0.05)]
    )
    t60 = between(rng, 1.5, 9.0)
    gain = rng.uniform(0.2, 1.0, len(ratio)) * ratio ** -rng.uniform(0.6, 1.6)
    gain[0] = 1.0
    seconds = min(8.0, between(rng, 0.8, 1.3) * t60)
    one = _stroke(rng, hz * ratio, t60 * ratio ** -rng.uniform(0.3, 0.9), gain, seconds, apart=0.004)
    thump = burst(rng, 0.2, 40.0, 600.0, attack_s=0.003, t60_s=0.1)
    return _struck(
        rng,
        joined(seconds, [(0.0, one / np.max(np.abs(one))), (0.0, rng.uniform(0.0, 0.4) * thump)]),
        seconds,
        int(rng.choice([1, 1, 2, 4])),
        between(rng, 0.3, 1.5),
    )


def _opera_gong(rng: np.random.Generator) -> Signal:
    hz = between(rng, 200.0, 900.0)
    t60 = between(rng, 0.7, 4.0)
    ratio = np.concatenate([[1.0], partials(rng, np.linspace(1.4, 9.0, 16), 0.04)])
    gain = rng.uniform(0.3, 1.0, 17) * ratio ** -rng.uniform(0.2, 0.9)
    cents = rng.choice([-1.0, 1.0]) * between(rng, 80.0, 400.0)
    bend = hz * ratio * (1.0 - 2.0 ** (cents / 1200.0)) / (0.6 * t60)
    start = hz * ratio * 2.0 ** (cents / 1200.0)
    seconds = min(t60, 4.0)
    one = ringing(
        min(seconds, 0.6 * t60),
        0.0,
        start,
        t60 * ratio**-0.7,
        gain,
        rise_hz_per_s=bend,
        phase_rad=rng.uniform(0, 6.28, 17),
    )
    count = int(rng.choice([1, 1, 2, 4]))
    return _struck(rng, one, seconds + 0.4 * (count - 1), count, between(rng, 0.2, 0.8))


def chime(rng: np.random.Generator) -> Signal:
    """Wind chimes, a bell tree, a triangle, a glockenspiel or a metallophone."""
    return one_of(rng, (_wind_chimes, _bell_tree, _triangle, _glockenspiel), (3.0, 1.5, 2.0, 3.0))


def _tube(rng: np.random.Generator, hz: float, t60_s: float, seconds: float) -> Signal:
    ratio = partials(rng, BAR, 0.01)
    gain = np.array([1.0, 0.5, 0.25, 0.15, 0.08, 0.05]) * rng.uniform(0.3, 1.5, 6)
    return _stroke(rng, hz * ratio, t60_s * ratio ** -rng.uniform(0.4, 1.0), gain, seconds, apart=0.0008)


def _wind_chimes(rng: np.random.Generator) -> Signal:
    seconds = between(rng, 1.5, 8.0)
    t60 = between(rng, 0.3, 5.0)
    low = between(rng, 500.0, 4_000.0)
    tubes = [
        _tube(rng, low * float(r), t60, min(t60, 4.0)) for r in np.sort(rng.uniform(1.0, 2.5, int(rng.integers(4, 12))))
    ]
    blow = wandering(rng, frames(seconds), times_per_s=0.6)
    at = times(rng, between(rng, 1.5, 25.0), seconds)
    parts = [
        (float(t), blow[min(frames(t), len(blow) - 1)] * rng.uniform(0.2, 1.0) * tubes[int(rng.integers(len(tubes)))])
        for t in at
    ]
    return finished(joined(seconds, [*parts, (0.01, 0.6 * tubes[0])]))


def _bell_tree(rng: np.random.Generator) -> Signal:
    count = int(rng.integers(8, 35))
    low, every = between(rng, 900.0, 3_000.0), between(rng, 0.015, 0.12)
    pitches = low * 2.0 ** (np.linspace(0.0, rng.uniform(0.6, 2.0), count))
    if rng.uniform() < 0.5:
        pitches = pitches[::-1]
    at = beats(rng, count, every, uneven=0.2)
    t60 = between(rng, 0.5, 4.0)
    seconds = min(7.0, float(at[-1]) + t60)
    parts = [
        (float(t), rng.uniform(0.4, 1.0) * _tube(rng, float(hz), t60, min(t60, 3.0)))
        for t, hz in zip(at, pitches, strict=True)
    ]
    return finished(joined(seconds, parts))


def _triangle(rng: np.random.Generator) -> Signal:
    count = int(rng.integers(12, 30))
    hz = spread(rng, between(rng, 700.0, 3_500.0), 16_000.0, count)
    t60 = between(rng, 0.4, 6.0)
    one = _stroke(
        rng,
        hz,
        t60 * (hz / hz.min()) ** -0.4 * rng.uniform(0.4, 1.2, count),
        rng.uniform(0.1, 1.0, count),
        min(t60, 5.0),
        apart=0.001,
    )
    strokes = int(rng.choice([1, 1, 2, 4, 10]))
    return _struck(rng, one, min(t60, 5.0) + 0.2 * strokes, strokes, between(rng, 0.06, 0.5))


def _glockenspiel(rng: np.random.Generator) -> Signal:
    t60 = between(rng, 0.4, 5.0)
    count = int(rng.choice([1, 1, 1, 3, 5, 8]))
    at = beats(rng, count, between(rng, 0.12, 0.6))
    pitches = hz_of(melody(rng, 70.0, 108.0, count))
    tuned = rng.uniform() < 0.4  # vibraphones have their second partial two octaves up
    parts = []
    for t, hz in zip(at, pitches, strict=True):
        bar = _tube(rng, float(hz), t60, min(t60, 4.0))
        if tuned:
            bar = ringing(
                min(t60, 4.0),
                0.0,
                hz * np.array([1.0, 4.0, 9.8]),
                t60 * np.array([1.0, 0.3, 0.1]),
                np.array([1.0, 0.3, 0.1]),
            )
        knock = burst(rng, 0.02, 1_500.0, 12_000.0, attack_s=0.0003, t60_s=0.01)
        parts += [(float(t), rng.uniform(0.5, 1.0) * bar), (float(t), rng.uniform(0.02, 0.2) * knock)]
    return finished(joined(min(8.0, float(at[-1]) + t60), parts))


def cymbal(rng: np.random.Generator) -> Signal:
    """A crash, ride, splash, closed or open hi-hat, roll or pair, of dense modes and noise."""
    kind = int(rng.integers(5))
    t60 = (
        between(rng, 1.0, 7.0),
        between(rng, 1.5, 6.0),
        between(rng, 0.05, 0.35),
        between(rng, 0.4, 1.8),
        between(rng, 1.0, 4.0),
    )[kind]
    seconds = float(np.clip(t60, 0.2, 5.0))
    one = _plate(rng, t60, seconds, stick=kind in (1, 2))
    if kind == 4:  # rolled with soft heads
        at = np.arange(0.0, between(rng, 0.8, 3.0), 0.06)
        swell = np.linspace(0.1, 1.0, len(at)) ** rng.uniform(0.5, 2.5)
        return finished(
            joined(
                float(at[-1]) + seconds, [(float(t), g * _softened(one, 0.01)) for t, g in zip(at, swell, strict=True)]
            )
        )
    count = int(rng.choice([1, 1, 1, 2, 4, 8])) if kind in (1, 2, 3) else int(rng.choice([1, 1, 1, 2]))
    every = between(rng, 0.12, 0.6)
    return _struck(rng, one, seconds + (count - 1) * every, count, every)


def _softened(sound: Signal, attack_s: float) -> Signal:
    return np.asarray(sound * np.minimum(1.0, np.arange(len(sound)) / frames(attack_s)))


def _plate(rng: np.random.Generator, t60_s: float, seconds: float, *, stick: bool) -> Signal:
    n = frames(seconds)
    low = between(rng, 180.0, 1_200.0)
    count = int(rng.integers(80, 260))
    hz = spread(rng, low, 16_000.0, count)
    rung = ringing(
        seconds,
        0.0,
        hz,
        t60_s * (hz / 1_500.0) ** -rng.uniform(0.0, 0.5) * rng.uniform(0.5, 1.2, count),
        rng.rayleigh(0.6, count) * (hz / 3_000.0) ** rng.uniform(-0.3, 0.6),
        phase_rad=rng.uniform(0, 6.28, count),
    )
    bright = hiss(rng, n, between(rng, 1_500.0, 6_000.0), 19_000.0) * decay(n, 0.6 * t60_s)
    middle = hiss(rng, n, low, 4_000.0) * decay(n, 0.4 * t60_s)
    total = (
        rung / np.std(rung)
        + rng.uniform(0.4, 3.0) * bright / np.std(bright)
        + rng.uniform(0.0, 0.7) * middle / np.std(middle)
    )
    if stick:
        total[: frames(0.01)] += (
            3.0 * np.std(total) * hiss(rng, frames(0.01), 2_000.0, 14_000.0) * decay(frames(0.01), 0.01)
        )
    return _softened(total, between(rng, 0.0005, 0.02))
