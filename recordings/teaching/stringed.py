"""Strings: plucked, bowed and struck by keys.

Partials of a stiff string lie at n f sqrt(1 + B n^2) (Fletcher, JASA 36, 1964); a pluck at a share b of its length
gives partial n the amplitude sin(n pi b) / n; a bow gives 1 / n through the body (Helmholtz; Cremer, The Physics of the
Violin, 1984); a piano's tone decays in two parts (Weinreich, JASA 62, 1977).
"""

from __future__ import annotations

import numpy as np

from recordings.models.blocks import decay, frames, wandering
from recordings.take import RATE_HZ, Signal
from recordings.teaching.gestures import (
    Playing,
    Resonances,
    audible,
    beats,
    between,
    body,
    burst,
    finished,
    harmonic,
    held,
    hiss,
    hz_of,
    joined,
    melody,
    numbers,
    one_of,
    ringing,
    stepped,
)


class Instrument:
    """What stays the same from note to note of one plucked instrument: its strings, its body and its player."""

    def __init__(self, rng: np.random.Generator) -> None:
        self.box = body(rng, 90.0, 4_000.0, int(rng.integers(4, 14)))
        self.at = rng.uniform(0.04, 0.5)
        self.stiffness = between(rng, 1e-6, 4e-4)
        self.t60_s = between(rng, 0.5, 9.0) if rng.uniform() < 0.7 else between(rng, 0.12, 0.8)
        self.dull_hz = between(rng, 700.0, 6_000.0)
        self.high = rng.uniform(0.3, 1.3)
        self.knock = between(rng, 0.01, 0.35)

    def plucked(self, rng: np.random.Generator, hz: float, seconds: float) -> Signal:
        """One note (n,): a partial decays the faster the higher it is."""
        n = np.arange(1.0, max(3.0, min(60.0, 17_000.0 / hz)) + 1.0)
        each = n * hz * np.sqrt(1.0 + self.stiffness * n**2)
        gain = (
            np.abs(np.sin(np.pi * n * self.at))
            / n**self.high
            * self.box.at(each)
            * (1.0 + (each / self.dull_hz) ** 2) ** -0.5
        )
        t60 = self.t60_s * (hz / 200.0) ** -0.4 / (1.0 + (each / self.dull_hz) ** 1.2) + 0.02
        both = np.concatenate([each, each * (1.0 + 4e-4 * rng.uniform(-1, 1, len(n)))])
        lasting = np.concatenate([t60, 0.5 * t60])
        tone = ringing(
            seconds,
            0.0,
            both,
            lasting,
            np.concatenate([gain, 0.6 * gain]),
            phase_rad=rng.choice([0.0, np.pi], len(both)),
        )
        tone /= np.max(np.abs(tone)) + 1e-9
        noise = burst(rng, 0.08, 150.0, between(rng, 1_500.0, 9_000.0), attack_s=0.001, t60_s=between(rng, 0.01, 0.08))
        return joined(seconds, [(0.0, tone), (0.0, self.knock * noise)])


def plucked_string(rng: np.random.Generator) -> Signal:
    """A guitar, harp, lute, banjo, zither or pizzicato: a note, a strum, a run or a phrase."""
    kind, player = rng.uniform(), Instrument(rng)
    if kind < 0.45:
        pitches, at = rng.uniform(36.0, 92.0, 1), np.array([0.003])
    elif kind < 0.65:
        root = rng.uniform(38.0, 64.0)
        pitches = np.sort(root + rng.choice([0, 4, 7, 12, 16, 19, 24, 3, 10], int(rng.integers(3, 7)), replace=False))
        at = beats(rng, len(pitches), between(rng, 0.006, 0.06), first_s=0.003)
    else:
        pitches = melody(rng, rng.uniform(38.0, 60.0), rng.uniform(64.0, 90.0), int(rng.integers(4, 14)))
        at = beats(rng, len(pitches), between(rng, 0.09, 0.5), first_s=0.003)
    at, pitches = at[at < 6.0], pitches[: int(np.sum(at < 6.0))]
    rings = float(np.clip(player.t60_s, 0.25, 4.0))
    parts = [
        (float(t), rng.uniform(0.5, 1.0) * player.plucked(rng, float(hz_of(p)), rings))
        for t, p in zip(at, pitches, strict=True)
    ]
    return finished(joined(float(at[-1]) + rings, parts))


def bowed_string(rng: np.random.Generator) -> Signal:
    """A violin, viola, cello, bass, fiddle or a section of them: a note or a phrase."""
    size = between(rng, 0.8, 5.0)
    low = 55.0 - 12.0 * np.log2(size)
    box = body(rng, 220.0 / size, 4_500.0 / size**0.5, int(rng.integers(8, 20)))
    playing = Playing(
        between(rng, 0.03, 0.4),
        between(rng, 0.05, 0.4),
        between(rng, 4.5, 7.0),
        between(rng, 3.0, 60.0),
        between(rng, 3.0, 12.0),
        rng.uniform(0.3, 0.95),
    )
    total = _bowed(rng, low, box, playing, size)
    if rng.uniform() < 0.2:
        state = rng.bit_generator.state
        for _ in range(3):
            other = _bowed(rng, low, box, playing, size)
            n = min(len(other), len(total))
            total[:n] += 0.6 * other[:n]
        del state
    return finished(total)


def _bowed(rng: np.random.Generator, low: float, box: Resonances, playing: Playing, size: float) -> Signal:
    hz, loud = held(rng, low, low + 34.0, playing, longest_s=5.0)
    k, each = numbers(hz, 60)
    bright = between(rng, 1_500.0, 7_000.0) / size**0.3
    fall = (1.0 + (each / (bright * (0.4 + 0.9 * stepped(loud)))) ** 2) ** -rng.uniform(0.6, 1.2)
    near = rng.uniform(0.06, 0.14)
    tone = (
        harmonic(
            hz, np.abs(np.sin(np.pi * k * near)) / k ** rng.uniform(0.3, 1.0) * box.at(each) * fall * audible(each)
        )
        * loud
    )
    tone /= np.max(np.abs(tone)) + 1e-9
    slips = 0.5 + 0.5 * np.sin(np.cumsum(2.0 * np.pi * hz / RATE_HZ))
    rosin = hiss(rng, len(hz), between(rng, 400.0, 2_000.0), between(rng, 4_000.0, 10_000.0)) * slips * np.sqrt(loud)
    return np.asarray(tone + between(rng, 0.003, 0.06) * rosin)


def _chords(rng: np.random.Generator) -> tuple[Signal, Signal]:
    """Times in s and MIDI pitches (n,) of a note, of chords, or of a line with a bass."""
    kind = rng.uniform()
    if kind < 0.35:
        return np.array([0.003]), rng.uniform(30.0, 96.0, 1)
    at, pitches = [], []
    when, every = 0.003, between(rng, 0.12, 0.8)
    low = rng.uniform(36.0, 60.0)
    for root in melody(rng, low, low + 24.0, int(rng.integers(2, 12))):
        chord = np.array((0.0, 4.0, 7.0, 12.0, 16.0))[: int(rng.integers(1, 5)) if kind > 0.65 else 1]
        at += [when + rng.uniform(0.0, 0.012) for _ in chord]
        pitches += list(root + chord)
        when += every * float(rng.choice([0.5, 1.0, 1.0, 2.0]))
        if when > 6.0:
            break
    return np.array(at), np.array(pitches)


def _struck_key(
    rng: np.random.Generator, kind: int, numbers_of: tuple[float, float, float, float], hz: float, seconds: float
) -> Signal:
    """A note (n,) of 0 a piano, 1 a harpsichord, 2 an electric piano."""
    stiff, t60_s, soft_hz, at = numbers_of
    n = np.arange(1.0, max(2.0, min(50.0, 16_000.0 / hz)) + 1.0)
    each = n * hz * np.sqrt(1.0 + stiff * (hz / 200.0) ** 1.5 * n**2)
    lasts = t60_s * (hz / 200.0) ** -0.6 * n**-0.5
    if kind == 0:
        gain = np.abs(np.sin(np.pi * n / 8.0)) / n * np.exp(-each / soft_hz)
        hzs, t60, gains = (
            np.concatenate([each, each * 1.0005]),
            np.concatenate([0.35 * lasts, lasts]),
            np.concatenate([gain, 0.3 * gain]),
        )
    elif kind == 1:
        gain = np.abs(np.sin(np.pi * n * at)) / n**0.7 * (1.0 + (each / 6_000.0) ** 2) ** -0.5
        hzs, t60, gains = (
            np.concatenate([each, 1.0008 * each]),
            np.concatenate([0.8 * lasts, 0.6 * lasts]),
            np.concatenate([gain, 0.7 * gain]),
        )
    else:  # a reed or tine: few harmonics, and a high mode that dies at once
        hzs = np.concatenate([hz * n[:8], [hz * 6.27, hz * 17.5]])
        t60 = np.concatenate([lasts[:8], [0.15, 0.05]])[-len(hzs) :]
        gains = np.concatenate([np.exp(-n[:8] * at * 6.0), [0.2, 0.1]])
    tone = ringing(seconds, 0.0, hzs, t60, gains, phase_rad=rng.uniform(0, 6.28, len(hzs)))
    tone /= np.max(np.abs(tone)) + 1e-9
    low, high = ((60.0, 1_500.0), (1_500.0, 9_000.0), (300.0, 3_000.0))[kind]
    thump = burst(rng, 0.06, low, high, attack_s=0.001, t60_s=between(rng, 0.02, 0.08))
    return joined(
        seconds,
        [(0.0, tone * np.minimum(1.0, np.arange(len(tone)) / frames(0.002))), (0.0, between(rng, 0.01, 0.12) * thump)],
    )


def _keys(rng: np.random.Generator) -> Signal:
    kind = int(rng.integers(3))
    at, pitches = _chords(rng)
    how = (between(rng, 5e-5, 6e-4), between(rng, 1.0, 10.0), between(rng, 600.0, 4_000.0), rng.uniform(0.06, 0.3))
    last = float(at.max()) + between(rng, 0.4, 3.0)
    parts = []
    for t, p in zip(at, pitches, strict=True):
        note = _struck_key(rng, kind, how, float(hz_of(p)), min(last - t, 3.0))
        until = min(len(note), frames(between(rng, 0.2, 2.0)))
        note[until:] *= decay(len(note) - until, 0.25)  # the damper falls
        parts.append((float(t), rng.uniform(0.5, 1.0) * note))
    return finished(joined(last, parts))


def _organ(rng: np.random.Generator) -> Signal:
    at, pitches = _chords(rng)
    stops = rng.uniform(0.0, 1.0, 40) * np.isin(
        np.arange(1, 41), rng.choice([1, 2, 3, 4, 5, 6, 8, 10, 12, 16], int(rng.integers(1, 8)))
    )
    stops += rng.uniform(0.05, 0.4) * np.arange(1.0, 41.0) ** -rng.uniform(0.8, 2.0)
    shaken = rng.uniform(0.0, 0.15) * (rng.uniform() < 0.3)
    parts = []
    for t, p in zip(at, pitches, strict=True):
        n = frames(between(rng, 0.25, 1.5) if len(at) > 1 else between(rng, 0.5, 4.0))
        hz = np.full(n, float(hz_of(p))) * (1.0 + 0.002 * (wandering(rng, n, times_per_s=2.0) - 0.5))
        k, each = numbers(hz, 40)
        level = stops[: len(k)] * audible(each)
        at_s = np.arange(n) / RATE_HZ
        swell = np.minimum(1.0, at_s / between(rng, 0.01, 0.08)) * np.minimum(1.0, at_s[::-1] / 0.06)
        note = harmonic(hz, level) * swell * (1.0 + shaken * np.sin(2 * np.pi * 6.0 * at_s))
        note += between(rng, 0.002, 0.03) * hiss(rng, n, 500.0, 5_000.0) * swell
        parts.append((float(t), note))
    return finished(joined(min(8.0, float(at.max()) + 1.6), parts))


def keyboard(rng: np.random.Generator) -> Signal:
    """A piano, harpsichord, electric piano or organ: a note, chords or a phrase."""
    return one_of(rng, (_keys, _organ), (4.0, 1.0))
