"""What all teaching models are played with: random numbers, ringing parts, harmonic lines, noises and phrases.

A struck body is a sum of damped sines (Fletcher and Rossing, The Physics of Musical Instruments, 2nd edition, 1998); a
steady tone is a sum of harmonics whose levels follow formants and loudness (Fant, Acoustic Theory of Speech Production,
1960; Risset and Mathews, Physics Today 22(2), 1969).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.signal import butter, sosfilt

from recordings.models.blocks import frames, wandering
from recordings.take import RATE_HZ, Signal
from soundscape.compiled import kernel

Maker = Callable[[np.random.Generator], Signal]
"""Makes one sound (n,) of a kind at 48 kHz, of another instrument, size and player each time."""
HOP = 240
"""Frames between two settings of a harmonic line: 5 ms."""


def between(rng: np.random.Generator, low: float, high: float) -> float:
    """A number from low to high, as likely in each octave."""
    return float(np.exp(rng.uniform(np.log(low), np.log(high))))


def spread(rng: np.random.Generator, low: float, high: float, count: int) -> Signal:
    """Numbers (count,) from low to high, as likely in each octave."""
    return np.asarray(np.exp(rng.uniform(np.log(low), np.log(high), count)))


def one_of(rng: np.random.Generator, makers: Sequence[Maker], weights: Sequence[float] | None = None) -> Signal:
    """A sound (n,) of one of the makers."""
    share = None if weights is None else np.asarray(weights) / np.sum(weights)
    return makers[int(rng.choice(len(makers), p=share))](rng)


def finished(sound: Signal) -> Signal:
    """The same (n,) with its largest sample at 0.9, and without a click at either end."""
    end = min(len(sound) // 4, frames(0.02))
    sound = np.array(sound, dtype=np.float64)
    sound[len(sound) - end :] *= np.linspace(1.0, 0.0, end)
    return np.asarray(sound * (0.9 / max(float(np.max(np.abs(sound))), 1e-9)))


@kernel
def _ringing(
    first: Signal, hz: Signal, rise: Signal, t60_s: Signal, gain: Signal, phase: Signal, rate: float, out: Signal
) -> None:
    for k in range(len(first)):
        start = int(first[k])
        fade = np.exp(-6.91 / (t60_s[k] * rate))
        turn = 2.0 * np.pi * hz[k] / rate
        real, imaginary = gain[k] * np.cos(phase[k]), gain[k] * np.sin(phase[k])
        cos, sin = fade * np.cos(turn), fade * np.sin(turn)
        bend = 2.0 * np.pi * rise[k] / rate / rate
        bend_cos, bend_sin = np.cos(bend), np.sin(bend)
        for n in range(start, min(len(out), start + int(1.2 * t60_s[k] * rate) + 2)):
            out[n] += imaginary
            real, imaginary = cos * real - sin * imaginary, sin * real + cos * imaginary
            if bend != 0.0:
                cos, sin = bend_cos * cos - bend_sin * sin, bend_sin * cos + bend_cos * sin


def ringing(
    seconds: float,
    at_s: ArrayLike,
    hz: ArrayLike,
    t60_s: ArrayLike,
    gain: ArrayLike,
    *,
    rise_hz_per_s: ArrayLike = 0.0,
    phase_rad: ArrayLike = 0.0,
) -> Signal:
    """Damped sines (n,), each from its second on, down by 60 dB after `t60_s`, rising by so many Hz a second."""
    parts = np.broadcast_arrays(*(np.asarray(x, float) for x in (at_s, hz, rise_hz_per_s, t60_s, gain, phase_rad)))
    at, pitch, rise, fall, amount, phase = (np.ascontiguousarray(part.ravel()) for part in parts)
    kept = (pitch < 0.45 * RATE_HZ) & (at >= 0.0)
    out = np.zeros(frames(seconds))
    _ringing(
        np.round(at[kept] * RATE_HZ),
        pitch[kept],
        rise[kept],
        fall[kept],
        amount[kept],
        phase[kept],
        float(RATE_HZ),
        out,
    )
    return out


@kernel
def _harmonics(phase: Signal, level: Signal, hop: int, out: Signal) -> None:
    n_harmonics = level.shape[1]
    for n in range(len(phase)):
        step = n // hop
        share = (n - step * hop) / hop
        twice = 2.0 * np.cos(phase[n])
        before, now = 0.0, np.sin(phase[n])
        total = 0.0
        for k in range(n_harmonics):
            total += (level[step, k] * (1.0 - share) + level[step + 1, k] * share) * now
            before, now = now, twice * now - before
        out[n] = total


def harmonic(hz: Signal, level: Signal) -> Signal:
    """Harmonics of a line of frequencies (n,); `level` (n_steps, n_harmonics) every `HOP` frames."""
    steps = len(hz) // HOP + 2
    level = np.ascontiguousarray(level[np.minimum(np.arange(steps), len(level) - 1)])
    out = np.zeros(len(hz))
    _harmonics(np.cumsum(2.0 * np.pi * hz / RATE_HZ), level, HOP, out)
    return out


def numbers(hz: Signal, most: int = 60) -> tuple[Signal, Signal]:
    """Harmonic numbers (n_harmonics,) and their frequencies (n_steps, n_harmonics); no more than the band holds."""
    steps = hz[np.minimum(np.arange(len(hz) // HOP + 2) * HOP, len(hz) - 1)]
    k = np.arange(1.0, max(2.0, min(most, 19_000.0 / float(hz.min()))) + 1.0)
    return k, steps[:, None] * k


def stepped(line: Signal) -> Signal:
    """A line (n,) every `HOP` frames, as a column (n_steps, 1)."""
    return line[np.minimum(np.arange(len(line) // HOP + 2) * HOP, len(line) - 1), None]


def audible(hz: Signal) -> Signal:
    """1 for frequencies the rate holds, 0 above."""
    return np.asarray(hz < 0.44 * RATE_HZ, dtype=np.float64)


def formants(hz: Signal, peaks_hz: Sequence[ArrayLike], widths_hz: Sequence[float], gains: Sequence[float]) -> Signal:
    """Gain at each frequency of a sum of resonances; a peak may move from step to step (n_steps, 1)."""
    total = np.full(hz.shape, 0.004)
    for peak, width, gain in zip(peaks_hz, widths_hz, gains, strict=True):
        total = total + gain / np.sqrt(1.0 + ((hz - np.asarray(peak)) / (0.5 * width)) ** 2)
    return total


@dataclass(frozen=True, slots=True)
class Resonances:
    """Random resonances of a body: their frequencies, relative widths, and gains (n,)."""

    hz: Signal
    width: Signal
    gain: Signal

    def at(self, hz: Signal) -> Signal:
        """Gain at each frequency."""
        octaves = np.log2(np.maximum(hz[..., None], 1.0) / self.hz) / self.width
        return np.asarray(0.35 + np.sum(self.gain * np.exp(-(octaves**2)), axis=-1))


def body(rng: np.random.Generator, low_hz: float, high_hz: float, count: int) -> Resonances:
    """A body with so many resonances between two frequencies."""
    return Resonances(spread(rng, low_hz, high_hz, count), rng.uniform(0.05, 0.3, count), rng.uniform(0.2, 1.5, count))


def hiss(rng: np.random.Generator, n_frames: int, low_hz: float, high_hz: float, *, order: int = 1) -> Signal:
    """Noise (n,) of about unit power between two frequencies."""
    high_hz = min(high_hz, 0.45 * RATE_HZ)
    sos = butter(order, [min(low_hz, 0.8 * high_hz), high_hz], "bandpass", fs=RATE_HZ, output="sos")
    noise = sosfilt(sos, rng.standard_normal(n_frames))
    return np.asarray(noise / (np.sqrt(np.mean(noise**2)) + 1e-9))


def burst(
    rng: np.random.Generator, seconds: float, low_hz: float, high_hz: float, *, attack_s: float, t60_s: float
) -> Signal:
    """A noise (n,) that comes within `attack_s` and falls by 60 dB in `t60_s`."""
    n = max(frames(seconds), 64)
    at_s = np.arange(n) / RATE_HZ
    swell = np.minimum(1.0, at_s / max(attack_s, 1e-4)) * np.exp(-6.91 * np.maximum(at_s - attack_s, 0.0) / t60_s)
    return np.asarray(hiss(rng, n, low_hz, high_hz) * swell)


def times(rng: np.random.Generator, per_s: float, seconds: float) -> Signal:
    """Random times (n,) that come so many times a second (Poisson)."""
    return np.sort(rng.uniform(0.0, seconds, rng.poisson(per_s * seconds)))


def beats(
    rng: np.random.Generator, count: int, every_s: float, *, uneven: float = 0.06, first_s: float = 0.02
) -> Signal:
    """Times (count,) of somebody's strokes: a tempo that drifts, and an unsteady hand."""
    gaps = every_s * np.exp(rng.normal(0.0, uneven, count) + rng.uniform(-0.04, 0.04) * np.arange(count))
    return np.asarray(first_s + np.concatenate([[0.0], np.cumsum(gaps[:-1])]))


def joined(seconds: float, sounds: Sequence[tuple[float, Signal]]) -> Signal:
    """One line (n,) with each sound from its second on."""
    total = np.zeros(frames(seconds))
    for at_s, sound in sounds:
        first = min(frames(max(at_s, 0.0)), len(total))
        heard = sound[: len(total) - first]
        total[first : first + len(heard)] += heard
    return total


SCALES = ((0, 2, 4, 5, 7, 9, 11), (0, 2, 3, 5, 7, 8, 10), (0, 2, 4, 7, 9), (0, 1, 3, 5, 7, 8, 10), tuple(range(12)))


def melody(rng: np.random.Generator, low: float, high: float, count: int) -> Signal:
    """MIDI pitches (count,) that walk about a scale between two limits."""
    root, scale = float(rng.uniform(0.0, 12.0)), SCALES[int(rng.integers(len(SCALES)))]
    allowed = np.array([root + 12 * octave + step for octave in range(-1, 11) for step in scale])
    allowed = allowed[(allowed >= low) & (allowed <= high)]
    if len(allowed) < 2:
        return rng.uniform(low, high, count)
    at = np.cumsum(np.append(rng.integers(len(allowed)), rng.choice([-3, -2, -1, -1, 1, 1, 2, 3, 0, 4], count - 1)))
    turned = np.abs(np.mod(at, 2 * len(allowed) - 2))
    return np.asarray(allowed[np.minimum(turned, 2 * len(allowed) - 2 - turned)])


def hz_of(pitch: ArrayLike) -> Signal:
    """Frequencies of MIDI pitches."""
    return np.asarray(440.0 * 2.0 ** ((np.asarray(pitch, float) - 69.0) / 12.0))


@dataclass(frozen=True, slots=True)
class Playing:
    """How a line is held: times in s, vibrato in Hz and cents, unsteadiness in cents."""

    attack_s: float
    release_s: float
    vibrato_hz: float = 5.5
    vibrato_cents: float = 0.0
    unsteady_cents: float = 4.0
    slur: float = 0.5
    """How much of the loudness stays between two notes of a phrase, 0 to 1."""


def held(
    rng: np.random.Generator, low: float, high: float, playing: Playing, *, longest_s: float = 5.0, single: float = 0.6
) -> tuple[Signal, Signal]:
    """Frequencies and loudness 0..1 (n,) of a note (`single` of the time) or a phrase, between two MIDI pitches."""
    if rng.uniform() < single:
        pitches, lasts = rng.uniform(low, high, 1), spread(rng, 0.35, longest_s, 1)
    else:
        pitches = melody(rng, low, high, int(rng.integers(3, 10)))
        lasts = between(rng, 0.12, 0.6) * rng.choice([1.0, 1.0, 1.0, 2.0, 0.5, 3.0], len(pitches))
        lasts *= min(1.0, 7.0 / float(lasts.sum()))
    counts = np.maximum((lasts * RATE_HZ).astype(np.int64), 600)
    n = int(counts.sum())
    line = np.repeat(pitches, counts)
    loud = np.ones(n)
    start = 0
    for number, count in enumerate(counts):
        at_s = np.arange(count) / RATE_HZ
        rest = playing.slur if number else 0.0
        last = number == len(counts) - 1
        grows = np.minimum(1.0, at_s / min(playing.attack_s, 0.6 * count / RATE_HZ))
        ends = np.minimum(1.0, at_s[::-1] / min(playing.release_s if last else 0.03, 0.4 * count / RATE_HZ))
        down = 0.0 if last else playing.slur
        loud[start : start + count] = (rest + (1.0 - rest) * np.sin(0.5 * np.pi * grows) ** 1.5) * (
            down + (1.0 - down) * ends
        )
        start += count
    n_slide = max(1, frames(rng.uniform(0.004, 0.04)))
    line = np.convolve(np.pad(line, (n_slide, n_slide), "edge"), np.ones(n_slide) / n_slide, "same")[n_slide:-n_slide]
    at_s = np.arange(n) / RATE_HZ
    depth = playing.vibrato_cents * np.clip(at_s / 0.5 - 0.3, 0.0, 1.0)
    sway = depth * np.sin(
        2.0 * np.pi * np.cumsum(playing.vibrato_hz * (0.93 + 0.14 * wandering(rng, n, times_per_s=1.5))) / RATE_HZ
    )
    sway = sway + playing.unsteady_cents * (wandering(rng, n, times_per_s=6.0) - 0.5) * 2.0
    shape = rng.uniform(-1.0, 1.0) * np.sin(np.pi * np.linspace(0.0, 1.0, n))
    loud = loud * 10.0 ** (0.3 * shape) * (0.9 + 0.2 * wandering(rng, n, times_per_s=4.0))
    return hz_of(line + sway / 100.0), np.clip(loud, 0.0, 1.6) / 1.6
