"""People: steps, voices, choirs, and the places where they are heard from afar.

Speech is a source with harmonics through formants that move from vowel to vowel, with hissed and burst consonants
between (Klatt, JASA 67, 1980; vowel formants of men, women and children: Peterson and Barney, JASA 24, 1952). Steps
are a heel and a toe, and on loose ground many small grains (Cook, ICAD 2002; Turchet, Applied Acoustics 107, 2016).
"""

from __future__ import annotations

import numpy as np

from recordings.models.blocks import coloured, frames, hum, wandering
from recordings.take import RATE_HZ, Signal
from recordings.teaching.creatures import far_life
from recordings.teaching.gestures import (
    Playing,
    audible,
    beats,
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
    ringing,
    spread,
    stepped,
    times,
)

VOWELS_HZ = (
    (270, 2290, 3010),
    (390, 1990, 2550),
    (530, 1840, 2480),
    (660, 1720, 2410),
    (730, 1090, 2440),
    (570, 840, 2410),
    (440, 1020, 2240),
    (300, 870, 2240),
    (640, 1190, 2390),
    (490, 1350, 1690),
)
"""First three formants of men's vowels (Peterson and Barney 1952, table II)."""


def _mouth(hz: Signal, peaks: list[Signal], tilt: Signal | float, sing: float) -> Signal:
    """Levels of harmonics at (n_steps, n_harmonics) frequencies for moving formants; `sing` lifts the singer's one."""
    widths, gains = (90.0, 110.0, 170.0, 250.0, 300.0), (1.0, 0.55, 0.3, 0.16 + sing, 0.08)
    source = (hz / 200.0) ** -np.asarray(tilt)
    return np.asarray(formants(hz, peaks, widths, gains) * source * audible(hz))


def _syllables(rng: np.random.Generator, seconds: float) -> tuple[Signal, Signal, Signal]:
    """Starts, lengths and loudness of the vowels of a phrase (n,)."""
    every = between(rng, 0.13, 0.3)
    count = max(1, int(seconds / every))
    gaps = every * np.exp(rng.normal(0.0, 0.3, count))
    gaps *= seconds / gaps.sum()
    rests = rng.uniform(size=count) < 0.1
    return (
        np.cumsum(gaps) - gaps,
        gaps * rng.uniform(0.5, 0.85, count),
        np.where(rests, 0.02, rng.uniform(0.4, 1.0, count)),
    )


def _speech(rng: np.random.Generator, seconds: float, *, effort: float) -> Signal:
    """A talker (n,); effort 0 is a murmur and 1 a shout."""
    n = frames(seconds)
    starts, lengths, loud = _syllables(rng, seconds)
    size = between(rng, 0.95, 1.35)
    pitch = between(rng, 85.0, 260.0) * size**0.5 * (1.0 + 0.9 * effort)
    at_s = np.arange(n) / RATE_HZ
    vowels = [VOWELS_HZ[int(rng.integers(len(VOWELS_HZ)))] for _ in starts]
    middles = starts + 0.5 * lengths
    moving = [size * np.interp(at_s, middles, [float(v[i]) for v in vowels]) for i in range(3)]
    moving[0] = moving[0] * (1.0 + 0.25 * effort)
    peaks = [stepped(line) for line in moving] + [np.full((1, 1), 3_500.0 * size), np.full((1, 1), 4_500.0 * size)]
    accent = np.interp(at_s, middles, rng.normal(0.0, 2.5, len(middles)))
    fall = -rng.uniform(0.0, 5.0) * at_s / seconds
    hz = pitch * 2.0 ** ((accent + fall + 0.3 * (wandering(rng, n, times_per_s=12.0) - 0.5)) / 12.0)
    voiced = np.zeros(n)
    for start, length, level in zip(starts, lengths, loud, strict=True):
        first, count = frames(start), max(frames(length), 200)
        shape = np.sin(np.pi * np.linspace(0.0, 1.0, count) ** 0.7) ** 0.6
        voiced[first : first + count] = np.maximum(voiced[first : first + count], level * shape[: max(0, n - first)])
    _, each = numbers(hz, 70)
    tone = harmonic(hz, _mouth(each, peaks, rng.uniform(0.7, 1.4) - 0.6 * effort, 0.3 * effort)) * voiced
    tone = tone / (np.max(np.abs(tone)) + 1e-9)
    breath = between(rng, 0.002, 0.05) * hiss(rng, n, 1_000.0 * size, 5_000.0) * voiced
    return np.asarray(tone + breath + joined(seconds, _consonants(rng, starts, size)))


def _consonants(rng: np.random.Generator, starts: Signal, size: float) -> list[tuple[float, Signal]]:
    """Hisses and bursts before some of the vowels that start at (n,) seconds."""
    sounds = []
    for start in starts:
        kind = rng.uniform()
        if kind < 0.3:
            lasts = between(rng, 0.04, 0.16)
            low = size * between(rng, 1_500.0, 5_000.0)
            noise = hiss(rng, frames(lasts), low, low * 2.0) * np.sin(np.pi * np.linspace(0, 1, frames(lasts)))
            sounds.append((float(start) - lasts, between(rng, 0.02, 0.2) * noise))
        elif kind < 0.55:
            low = size * between(rng, 400.0, 3_000.0)
            sounds.append(
                (
                    float(start) - 0.01,
                    between(rng, 0.03, 0.2) * burst(rng, 0.04, low, 2.5 * low, attack_s=0.001, t60_s=0.04),
                )
            )
    return sounds


def _talk(rng: np.random.Generator) -> Signal:
    return finished(_speech(rng, between(rng, 0.4, 6.0), effort=rng.uniform(0.0, 0.4)))


def _shout(rng: np.random.Generator) -> Signal:
    return finished(_speech(rng, between(rng, 0.25, 1.2), effort=rng.uniform(0.7, 1.0)))


def sung(
    rng: np.random.Generator, low: float, high: float, *, size: float, single: float, longest_s: float = 4.0
) -> Signal:
    """One singer (n,) between two MIDI pitches, on one vowel or several."""
    playing = Playing(
        between(rng, 0.04, 0.2),
        between(rng, 0.05, 0.3),
        between(rng, 4.5, 6.8),
        between(rng, 5.0, 90.0),
        between(rng, 4.0, 25.0),
        rng.uniform(0.3, 0.9),
    )
    hz, loud = held(rng, low, high, playing, longest_s=longest_s, single=single)
    n = len(hz)
    vowels = [VOWELS_HZ[int(rng.integers(len(VOWELS_HZ)))] for _ in range(int(rng.choice([1, 1, 2, 4])))]
    at = np.linspace(0.0, 1.0, len(vowels)) if len(vowels) > 1 else np.array([0.5])
    peaks = [stepped(size * np.interp(np.linspace(0.0, 1.0, n), at, [float(v[i]) for v in vowels])) for i in range(3)]
    peaks += [np.full((1, 1), 2_900.0 * size), np.full((1, 1), 3_600.0 * size)]
    _, each = numbers(hz, 50)
    tone = harmonic(hz, _mouth(each, peaks, rng.uniform(0.4, 1.2), between(rng, 0.05, 0.8)))
    tone = tone / (np.max(np.abs(tone)) + 1e-9) * loud
    return np.asarray(tone + between(rng, 0.001, 0.02) * hiss(rng, n, 1_000.0, 5_000.0) * loud)


def _sung(rng: np.random.Generator) -> Signal:
    size = between(rng, 0.95, 1.3)
    middle = 52.0 + 45.0 * (size - 0.95)
    return finished(sung(rng, middle - 8.0, middle + 12.0, size=size, single=0.7))


def voice(rng: np.random.Generator) -> Signal:
    """Somebody who talks, calls or sings."""
    return one_of(rng, (_talk, _shout, _sung), (5.0, 2.0, 2.0))


def choir(rng: np.random.Generator) -> Signal:
    """Many singers on a chord, each a little out of tune and time, on a vowel or a few."""
    seconds = between(rng, 1.0, 5.0)
    root = rng.uniform(40.0, 62.0)
    chord = root + np.array(
        ((0, 7, 12, 16), (0, 12, 19, 24), (0, 7, 15, 19), (0, 0, 12, 12), (0, 5, 9, 12))[int(rng.integers(5))]
    )
    state = rng.integers(2**32)  # all sing the same words
    chords = int(rng.choice([1, 1, 2, 3]))
    moves = np.cumsum(np.append(0.0, rng.choice([-2.0, 2.0, 5.0, -5.0, 3.0], chords - 1)))
    n = frames(seconds)
    total = np.zeros(n)
    at_s = np.arange(n) / RATE_HZ
    for number in range(int(rng.integers(6, 13))):
        words = np.random.default_rng(state)
        vowels = [VOWELS_HZ[int(words.choice([1, 2, 4, 5, 7, 8]))] for _ in range(chords)]
        pitch = float(chord[number % 4])
        size = 1.0 if pitch < 58.0 else 1.17
        at = (np.arange(chords) + 0.5) / chords * seconds + rng.normal(0.0, 0.03)
        peaks = [
            stepped(size * np.interp(at_s, at, [float(v[i]) for v in vowels])) * between(rng, 0.95, 1.06)
            for i in range(3)
        ]
        peaks += [np.full((1, 1), 2_900.0 * size), np.full((1, 1), 3_600.0 * size)]
        step = moves[np.minimum((at_s / seconds * chords + rng.normal(0.0, 0.02)).clip(0).astype(int), chords - 1)]
        sway = rng.uniform(0.05, 0.5) * np.sin(2 * np.pi * between(rng, 4.5, 6.5) * at_s + rng.uniform(0, 6.28))
        drift = rng.normal(0.0, 0.12) + 0.3 * (wandering(rng, n, times_per_s=2.0) - 0.5)
        hz = 440.0 * 2.0 ** ((pitch + step + sway + drift - 69.0) / 12.0)
        _, each = numbers(hz, 40)
        tone = harmonic(hz, _mouth(each, peaks, rng.uniform(0.5, 1.2), between(rng, 0.03, 0.3)))
        total += np.roll(tone / np.std(tone), int(rng.integers(2_000))) * (
            0.7 + 0.3 * wandering(rng, n, times_per_s=2.0)
        )
    total = total + between(rng, 0.01, 0.2) * hiss(rng, n, 800.0, 6_000.0)
    swell = np.minimum(1.0, at_s / between(rng, 0.05, 0.8)) * np.minimum(1.0, at_s[::-1] / between(rng, 0.1, 0.8))
    for turn in np.arange(1, chords) / chords * seconds:
        swell = swell * (1.0 - rng.uniform(0.2, 0.9) * np.exp(-(((at_s - turn) / 0.06) ** 2)))
    return finished(total * swell)


def _grains(rng: np.random.Generator, seconds: float, per_s: float, low_hz: float, high_hz: float) -> Signal:
    n = frames(seconds)
    share = np.linspace(0.0, 1.0, n)
    dense = rng.uniform(size=n) < per_s / RATE_HZ * np.sin(np.pi * share**0.6)
    hits = dense * rng.lognormal(0.0, 0.9, n) * rng.choice([-1.0, 1.0], n)
    grain = burst(rng, 0.01, low_hz, high_hz, attack_s=0.0002, t60_s=between(rng, 0.002, 0.012))
    return np.convolve(hits, grain)[:n]


def _shoe(rng: np.random.Generator) -> tuple[int, float, float]:
    return int(rng.integers(5)), between(rng, 0.5, 2.0), between(rng, 0.4, 1.6)


def _step(rng: np.random.Generator, ground: int, hard: float, high: float) -> Signal:
    """Heel and toe (n,) of one step on 0 stone, 1 wood, 2 gravel or sand, 3 snow, 4 grass and leaves."""
    seconds = between(rng, 0.16, 0.4)
    parts: list[tuple[float, Signal]] = []
    for at, strength in ((0.0, 1.0), (between(rng, 0.04, 0.13), rng.uniform(0.1, 0.8))):
        thud = burst(rng, 0.15, 40.0, between(rng, 120.0, 500.0), attack_s=0.002, t60_s=between(rng, 0.05, 0.18))
        if ground == 0:
            tap = burst(
                rng, 0.08, 500.0 * high, 4_500.0 * high * hard, attack_s=0.0004, t60_s=between(rng, 0.015, 0.07)
            )
            parts += [(at, strength * 0.4 * thud), (at, strength * tap)]
        elif ground == 1:
            hz = spread(rng, 90.0, 1_500.0, 14)
            boards = ringing(
                0.25,
                0.0,
                hz,
                between(rng, 0.04, 0.18) * (hz / 200.0) ** -0.3,
                rng.standard_normal(14) * (hz / 200.0) ** -0.6,
            )
            parts += [
                (at, strength * boards),
                (at, 0.5 * strength * thud),
                (at, 0.2 * strength * burst(rng, 0.04, 800.0, 5_000.0 * high, attack_s=0.0005, t60_s=0.03)),
            ]
        elif ground == 2:
            crunch = _grains(rng, between(rng, 0.08, 0.25), between(rng, 400.0, 5_000.0), 900.0 * high, 7_000.0 * high)
            parts += [(at, strength * crunch / (np.std(crunch) + 1e-9)), (at, rng.uniform(0.0, 1.0) * strength * thud)]
        elif ground == 3:
            crunch = _grains(
                rng, between(rng, 0.12, 0.35), between(rng, 1_500.0, 12_000.0), 300.0 * high, 4_000.0 * high
            )
            parts += [(at, strength * crunch / (np.std(crunch) + 1e-9)), (at, rng.uniform(0.0, 1.0) * strength * thud)]
        else:
            n = frames(between(rng, 0.1, 0.3))
            swish = (
                hiss(rng, n, 400.0 * high, 5_000.0 * high)
                * np.sin(np.pi * np.linspace(0, 1, n))
                * (0.3 + wandering(rng, n, times_per_s=40.0))
            )
            parts += [(at, strength * 0.5 * swish), (at, strength * rng.uniform(0.2, 1.5) * thud)]
    scuff = burst(rng, 0.12, 1_000.0, 6_000.0, attack_s=0.03, t60_s=0.12)
    parts.append((rng.uniform(0.0, 0.1), rng.uniform(0.0, 0.12) * scuff))
    return joined(seconds, parts)


def footsteps(rng: np.random.Generator) -> Signal:
    """One step or a walk or run, on stone, wood, gravel, snow or grass."""
    count = int(rng.choice([1, 1, 1, 2, 4, 6, 9]))
    ground, hard, high = _shoe(rng)
    at = beats(rng, count, between(rng, 0.28, 0.75), uneven=0.04, first_s=0.005)
    parts = [(float(t), rng.uniform(0.5, 1.0) * _step(rng, ground, hard * rng.uniform(0.8, 1.2), high)) for t in at]
    return finished(joined(min(8.0, float(at[-1]) + 0.45), parts))


def _room_tone(rng: np.random.Generator) -> Signal:
    n = frames(between(rng, 2.0, 7.0))
    total = coloured(
        rng,
        n,
        db_per_octave=rng.uniform(-9.0, -3.0),
        low_hz=between(rng, 20.0, 80.0),
        high_hz=between(rng, 800.0, 15_000.0),
    )
    for _ in range(int(rng.integers(0, 4))):
        centre = between(rng, 80.0, 1_500.0)
        total = total + between(rng, 0.05, 0.6) * hiss(rng, n, centre, centre * 1.06, order=2)
    if rng.uniform() < 0.4:
        total = total + between(rng, 0.02, 1.0) * hum(n, hz=float(rng.choice([50.0, 60.0, 100.0])), level_db=0.0)[:, 0]
    for at in times(rng, 0.4, n / RATE_HZ):
        total += joined(
            n / RATE_HZ + 1e-6,
            [(float(at), between(rng, 0.2, 2.0) * burst(rng, 0.3, 60.0, 1_500.0, attack_s=0.005, t60_s=0.3))],
        )[:n]
    return finished(total)


def _city(rng: np.random.Generator) -> Signal:
    seconds = between(rng, 3.0, 8.0)
    n = frames(seconds)
    at_s = np.arange(n) / RATE_HZ
    total = coloured(rng, n, db_per_octave=rng.uniform(-7.0, -4.0), low_hz=30.0, high_hz=between(rng, 1_500.0, 8_000.0))
    for _ in range(int(rng.integers(0, 4))):
        nearness = 1.0 / (1.0 + ((at_s - rng.uniform(0.0, seconds)) / between(rng, 0.3, 2.0)) ** 2)
        tyres = coloured(
            rng, n, db_per_octave=-3.0, low_hz=between(rng, 150.0, 600.0), high_hz=between(rng, 1_500.0, 7_000.0)
        )
        engine_hz = between(rng, 35.0, 120.0) * (1.0 + 0.05 * (nearness - 0.5))
        _, each = numbers(engine_hz, 20)
        engine = harmonic(engine_hz, (each / 50.0) ** -1.2)
        total = total + between(rng, 0.5, 3.0) * nearness * (tyres + rng.uniform(0.0, 1.0) * engine / np.std(engine))
    if rng.uniform() < 0.4:
        total = total + between(rng, 0.1, 0.5) * _babble(rng, seconds)
    return finished(total)


def _babble(rng: np.random.Generator, seconds: float) -> Signal:
    n = frames(seconds)
    total = np.zeros(n)
    for _ in range(int(rng.integers(4, 11))):
        talker = _speech(rng, seconds, effort=rng.uniform(0.0, 0.5))
        total += between(rng, 0.2, 1.0) * np.roll(talker, int(rng.integers(n)))
    return total / (np.std(total) + 1e-9)


def _crowd(rng: np.random.Generator) -> Signal:
    """A hall, a café or a foyer: murmur, its blur, and now and then a cup or a chair."""
    seconds = between(rng, 2.5, 6.0)
    n = frames(seconds)
    tail = rng.standard_normal(frames(0.6)) * np.exp(-6.91 * np.arange(frames(0.6)) / frames(between(rng, 0.3, 1.2)))
    near = _babble(rng, seconds)
    far = np.fft.irfft(np.fft.rfft(near, 2 * n) * np.fft.rfft(tail, 2 * n))[:n]
    total = rng.uniform(0.0, 0.6) * near + far / np.std(far)
    total = total + between(rng, 0.1, 0.8) * coloured(rng, n, db_per_octave=-5.0, high_hz=5_000.0)
    for at in times(rng, rng.uniform(0.0, 2.0), seconds):
        hz = spread(rng, 1_200.0, 9_000.0, 8)
        clink = ringing(0.4, 0.0, hz, between(rng, 0.03, 0.4), rng.uniform(0.1, 1.0, 8))
        total += joined(seconds, [(float(at), between(rng, 0.3, 2.0) * clink)])[:n]
    return finished(total)


def _outdoors(rng: np.random.Generator) -> Signal:
    seconds = between(rng, 2.5, 7.0)
    n = frames(seconds)
    quiet = coloured(
        rng,
        n,
        db_per_octave=rng.uniform(-6.0, -2.0),
        low_hz=between(rng, 30.0, 200.0),
        high_hz=between(rng, 1_500.0, 15_000.0),
    )
    return finished(
        quiet * (0.8 + 0.4 * wandering(rng, n, times_per_s=0.4)) + between(rng, 0.02, 0.5) * far_life(rng, seconds)
    )


def ambience(rng: np.random.Generator) -> Signal:
    """A room, a street, a crowd indoors, or a quiet place outdoors."""
    return one_of(rng, (_room_tone, _city, _crowd, _outdoors), (2.5, 2.0, 2.5, 1.5))
