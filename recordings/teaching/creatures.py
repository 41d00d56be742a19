"""Birds and insects.

A bird's syllable is a glide of a nearly pure tone, or a rattle of membranes with many harmonics (Marler and
Slabbekoorn, Nature's Music, 2004). A cricket's chirp is a train of 2 to 6 pulses, 15 to 60 a second, of a carrier
between 2 and 9 kHz, one for each closing of the wings (Bennet-Clark, Journal of Experimental Biology 202, 1999).
"""

from __future__ import annotations

import numpy as np

from recordings.models.blocks import coloured, frames, wandering
from recordings.take import RATE_HZ, Signal
from recordings.teaching.gestures import (
    HOP,
    audible,
    beats,
    between,
    finished,
    formants,
    harmonic,
    hiss,
    joined,
    numbers,
    one_of,
    times,
)


def syllable(rng: np.random.Generator, low_hz: float, high_hz: float, seconds: float) -> Signal:
    """One glide (n,) of a whistle between two frequencies, sometimes with a warble on it and a weak octave."""
    n = max(frames(seconds), 4 * HOP)
    share = np.linspace(0.0, 1.0, n)
    points = rng.uniform(0.0, 1.0, int(rng.integers(2, 5)))
    curve = np.interp(share, np.linspace(0.0, 1.0, len(points)), points)
    smooth = max(1, n // 6)
    curve = np.convolve(np.pad(curve, (smooth, smooth), "edge"), np.ones(smooth) / smooth, "same")[smooth:-smooth]
    hz = low_hz * (high_hz / low_hz) ** curve
    if rng.uniform() < 0.3:
        rate = between(rng, 20.0, 160.0)
        hz = hz * (1.0 + rng.uniform(0.01, 0.15) * np.sin(2 * np.pi * rate * share * seconds))
    swell = np.sin(np.pi * share ** rng.uniform(0.4, 1.6)) ** rng.uniform(0.5, 1.5)
    if rng.uniform() < 0.15:
        swell = swell * (0.55 + 0.45 * np.sin(2 * np.pi * between(rng, 30.0, 200.0) * share * seconds))
    phase = 2.0 * np.pi * np.cumsum(hz) / RATE_HZ
    octave = rng.uniform(0.0, 0.25) * (2.0 * high_hz < 20_000.0)
    return np.asarray(swell * (np.sin(phase) + octave * np.sin(2.0 * phase)))


def _song(rng: np.random.Generator, seconds: float) -> Signal:
    """Motifs (n,) of one bird, each of a few syllables, repeated or trilled, with rests."""
    low = between(rng, 900.0, 4_500.0)
    high = min(low * between(rng, 1.2, 3.0), 11_000.0)
    sounds: list[tuple[float, Signal]] = []
    at = 0.02
    while at < seconds:
        kinds = [syllable(rng, low, high, between(rng, 0.03, 0.35)) for _ in range(int(rng.integers(1, 4)))]
        rest = between(rng, 0.01, 0.15)
        for _ in range(int(rng.choice([1, 1, 2, 3, 6, 12]))):
            for kind in kinds:
                sounds.append((at, rng.uniform(0.6, 1.0) * kind))
                at += len(kind) / RATE_HZ + rest
        at += between(rng, 0.1, 1.5)
    return joined(seconds, sounds)


def _songbird(rng: np.random.Generator) -> Signal:
    return finished(_song(rng, between(rng, 0.4, 5.0)))


def _dawn(rng: np.random.Generator) -> Signal:
    seconds = between(rng, 3.0, 8.0)
    total = np.zeros(frames(seconds))
    for _ in range(int(rng.integers(3, 9))):
        total += between(rng, 0.05, 1.0) * _song(rng, seconds)
    return finished(total + between(rng, 0.005, 0.08) * coloured(rng, len(total), db_per_octave=-5.0))


def _hoot(rng: np.random.Generator) -> Signal:
    hz = between(rng, 280.0, 950.0)
    count = int(rng.choice([1, 2, 3, 4, 5]))
    at = beats(rng, count, between(rng, 0.3, 0.9), uneven=0.25)
    sounds = []
    for when in at:
        lasts = between(rng, 0.12, 0.9)
        n = frames(lasts)
        share = np.linspace(0.0, 1.0, n)
        tremble = 1.0 + rng.uniform(0.0, 0.3) * np.sin(2 * np.pi * between(rng, 8.0, 18.0) * share * lasts)
        line = hz * (1.0 + rng.uniform(-0.1, 0.1) * share + rng.uniform(0.0, 0.15) * np.sin(np.pi * share))
        k, _ = numbers(line, 5)
        level = (k ** -between(rng, 1.5, 4.0))[None, :] * np.ones((n // HOP + 2, 1))
        air = hiss(rng, n, 0.7 * hz, 3.0 * hz) * rng.uniform(0.0, 0.1)
        sounds.append(
            (float(when), (harmonic(line, level) + air) * np.sin(np.pi * share) ** between(rng, 0.4, 1.5) * tremble)
        )
    return finished(joined(float(at[-1]) + 1.0, sounds))


def _harsh(rng: np.random.Generator) -> Signal:
    """Crows, gulls, ducks, hens, parrots: many harmonics and a rough throat."""
    hz = between(rng, 180.0, 1_500.0)
    at = beats(rng, int(rng.choice([1, 1, 2, 3, 5])), between(rng, 0.2, 0.8), uneven=0.2)
    peaks, rough = (between(rng, 900.0, 2_000.0), between(rng, 2_000.0, 4_500.0)), rng.uniform(0.05, 0.7)
    sounds = []
    for when in at:
        lasts = between(rng, 0.08, 0.6)
        n = frames(lasts)
        share = np.linspace(0.0, 1.0, n)
        line = hz * (1.0 + rng.uniform(0.0, 0.5) * np.sin(np.pi * share) - rng.uniform(0.0, 0.2) * share)
        line = line * (1.0 + 0.08 * rough * (wandering(rng, n, times_per_s=60.0) - 0.5))
        _, each = numbers(line, 40)
        level = formants(each, peaks, (500.0, 900.0), (1.0, 0.7)) * audible(each)
        rattle = 1.0 - rough * (0.5 + 0.5 * np.sin(2 * np.pi * between(rng, 25.0, 110.0) * share * lasts))
        breath = hiss(rng, n, peaks[0], peaks[1] * 1.3) * rough * 0.6
        sounds.append((float(when), (harmonic(line, level) + breath) * rattle * np.sin(np.pi * share**0.6) ** 0.6))
    return finished(joined(float(at[-1]) + 0.7, sounds))


def bird(rng: np.random.Generator) -> Signal:
    """A song bird, many at dawn, an owl or dove, a crow or gull."""
    return one_of(rng, (_songbird, _dawn, _hoot, _harsh), (4.0, 2.0, 2.0, 2.0))


def chirps(
    rng: np.random.Generator, seconds: float, *, carrier_hz: float, pulses_per_s: float, pulses: int, every_s: float
) -> Signal:
    """One cricket (n,): chirps of so many pulses; a chirp longer than `every_s` never ends, and is a trill."""
    length = max(frames(0.75 / pulses_per_s), 64)
    share = np.linspace(0.0, 1.0, length)
    hz = carrier_hz * (1.0 - 0.03 * share)
    phase = 2.0 * np.pi * np.cumsum(hz) / RATE_HZ
    rasp = rng.uniform(0.0, 0.3)
    pulse = np.sin(np.pi * share**0.7) * (np.sin(phase) + rasp * np.sin(2.0 * phase))
    starts = np.concatenate([[0.0], np.cumsum(every_s * np.exp(rng.normal(0.0, 0.03, int(seconds / every_s))))])
    at = (starts[:, None] + np.arange(pulses)[None, :] / pulses_per_s + 0.005).ravel()
    strength = np.tile(np.linspace(0.5, 1.0, pulses), len(starts)) * rng.uniform(0.9, 1.1, len(at))
    return joined(seconds, [(float(t), g * pulse) for t, g in zip(at, strength, strict=True)])


def _cricket(rng: np.random.Generator, seconds: float) -> Signal:
    pulses_per_s = between(rng, 15.0, 65.0)
    pulses = int(rng.integers(2, 8))
    every = max(pulses / pulses_per_s * 1.05, between(rng, 0.2, 1.5) if rng.uniform() < 0.7 else 0.0)
    return chirps(
        rng, seconds, carrier_hz=between(rng, 2_200.0, 8_500.0), pulses_per_s=pulses_per_s, pulses=pulses, every_s=every
    )


def _crickets(rng: np.random.Generator) -> Signal:
    seconds = between(rng, 0.2, 6.0)
    total = _cricket(rng, seconds)
    for _ in range(int(rng.choice([0, 0, 1, 3, 8]))):
        total = total + between(rng, 0.1, 0.8) * np.roll(_cricket(rng, seconds), int(rng.integers(len(total))))
    return finished(total + between(rng, 0.001, 0.08) * coloured(rng, len(total), db_per_octave=-4.0))


def _cicada(rng: np.random.Generator) -> Signal:
    seconds = between(rng, 1.0, 7.0)
    n = frames(seconds)
    at_s = np.arange(n) / RATE_HZ
    total = np.zeros(n)
    for _ in range(int(rng.choice([1, 1, 2, 5]))):
        low = between(rng, 3_000.0, 7_000.0)
        rate = between(rng, 40.0, 320.0)
        clicks = (0.5 + 0.5 * np.sin(2 * np.pi * rate * at_s + rng.uniform(0, 6.28))) ** between(rng, 1.0, 8.0)
        slow = 0.5 + 0.5 * np.sin(2 * np.pi * between(rng, 0.3, 8.0) * at_s + rng.uniform(0, 6.28)) * rng.uniform(
            0.0, 1.0
        )
        total += between(rng, 0.2, 1.0) * hiss(rng, n, low, low * between(rng, 1.1, 2.0), order=2) * clicks * slow
    return finished(total)


def _night(rng: np.random.Generator) -> Signal:
    """A meadow: so many insects that only a band or two of noise is left of most of them."""
    seconds = between(rng, 2.0, 7.0)
    n = frames(seconds)
    total = np.zeros(n)
    for _ in range(int(rng.integers(1, 5))):
        hz = between(rng, 2_500.0, 9_000.0)
        rate = between(rng, 10.0, 60.0)
        flutter = 0.6 + 0.4 * np.sin(2 * np.pi * rate * np.arange(n) / RATE_HZ)
        total += between(rng, 0.2, 1.0) * hiss(rng, n, hz, hz * rng.uniform(1.03, 1.3), order=2) * flutter
    total = total + between(rng, 0.2, 2.0) * _cricket(rng, seconds)
    return finished(total + between(rng, 0.01, 0.3) * coloured(rng, n, db_per_octave=-5.0))


def _buzz(rng: np.random.Generator) -> Signal:
    """A bee, fly or mosquito that flies by."""
    seconds = between(rng, 0.6, 5.0)
    n = frames(seconds)
    hz = between(rng, 110.0, 650.0) * (
        1.0 + 0.12 * (wandering(rng, n, times_per_s=2.0) - 0.5) + 0.03 * wandering(rng, n, times_per_s=30.0)
    )
    k, each = numbers(hz, 45)
    level = (
        k ** -rng.uniform(0.5, 1.3)
        * formants(each, (between(rng, 400.0, 1_500.0),), (1_200.0,), (1.0,))
        * audible(each)
    )
    near = 0.1 + wandering(rng, n, times_per_s=between(rng, 0.3, 2.0)) ** 2
    return finished((harmonic(hz, level) + 0.02 * hiss(rng, n, 300.0, 5_000.0)) * near)


def _rasp(rng: np.random.Generator) -> Signal:
    """A bush cricket: pulses of broad high noise."""
    seconds = between(rng, 0.3, 5.0)
    low, lasts = between(rng, 4_000.0, 9_000.0), between(rng, 0.008, 0.12)
    every = lasts * between(rng, 1.1, 6.0)
    at = beats(rng, max(1, int(seconds / every)), every, uneven=0.03)
    n = frames(lasts)
    one = hiss(rng, n, low, 18_000.0) * np.sin(np.pi * np.linspace(0, 1, n)) ** 0.5
    return finished(joined(seconds + lasts, [(float(t), rng.uniform(0.7, 1.0) * one) for t in at if t < seconds]))


def insect(rng: np.random.Generator) -> Signal:
    """Crickets, cicadas, a summer night, a bee or fly, bush crickets."""
    return one_of(rng, (_crickets, _cicada, _night, _buzz, _rasp), (4.0, 1.5, 2.0, 1.5, 1.0))


def far_life(rng: np.random.Generator, seconds: float) -> Signal:
    """A bird or an insect (n,) heard now and then from afar, for quiet places."""
    line = np.zeros(frames(seconds))
    for at in times(rng, 0.3, seconds):
        sound = _songbird(rng) if rng.uniform() < 0.6 else _crickets(rng)
        line += joined(seconds, [(float(at), sound)])
    return line
