"""The end-blown flute: a jet that drives an open pipe.

The pipe is a delay line that gives back what reaches its far end, less its losses. The jet is bent at the mouth by the
air that moves in and out there, carries slow bends better than fast ones across to the edge, and there blows by turns
into the pipe and past it: tanh of the bend over the jet's half-width (Verge, Caussé, Fabre, Hirschberg, Wijnands and
van Steenbergen, JASA 95, 1994; Fabre and Hirschberg, Acustica 86, 2000; as a delay line, Cook, "A meta-wind-instrument
physical model", ICMC 1992). Steady blowing makes the jet late by half a period; soft blowing makes it later and the
tone lower.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from recordings.models.blocks import background, band, below, frames, laid_out, levelled, place, recorded, wandering
from recordings.models.strings import hz_of
from recordings.take import RATE_HZ, Signal, Take
from soundscape.compiled import kernel

KEPT = 0.93
"""Share of a wave that a round trip through the pipe leaves, at low frequency."""


@dataclass(frozen=True, slots=True)
class Breath:
    """How a note is blown; times in seconds, vibrato in semitones (of air: it moves loudness and timbre too)."""

    attack_s: float = 0.14
    release_s: float = 0.16
    vibrato: float = 0.5
    vibrato_hz: float = 4.8
    noise: float = 0.05
    off_edge: float = 1.1
    """How far the jet at rest points beside the edge, in half-widths: 0 leaves only odd harmonics."""


@kernel
def _blow(
    jet: Signal, late: Signal, pipe: Signal, pole: float, follows: float, off_edge: Signal, hiss: Signal, out: Signal
) -> None:
    """Jet strength, jet delay and pipe delay (frames) may change from frame to frame."""
    size = 4096
    line = np.zeros(size)
    lost = 0.0
    steady = 0.0
    bend = 0.0
    for n in range(len(jet)):
        whole = int(pipe[n]) - 1
        d = pipe[n] - whole
        a = line[(n - whole) % size]
        b = line[(n - whole - 1) % size]
        c = line[(n - whole - 2) % size]
        e = line[(n - whole - 3) % size]
        x = (
            -a * (d - 1.0) * (d - 2.0) * (d - 3.0) / 6.0
            + b * d * (d - 2.0) * (d - 3.0) / 2.0
            - c * d * (d - 1.0) * (d - 3.0) / 2.0
            + e * d * (d - 1.0) * (d - 2.0) / 6.0
        )
        lost = (1.0 - pole) * x + pole * lost
        at = int(late[n])
        share = late[n] - at
        moved = (1.0 - share) * line[(n - at) % size] + share * line[(n - at - 1) % size]
        bend += follows * (moved - bend)
        push = -jet[n] * np.tanh(2.4 * bend + off_edge[n] + hiss[n])
        steady += 0.002 * (push - steady)
        line[n % size] = KEPT * lost + push - steady
        out[n] = line[n % size]


def _pole(hz: float) -> float:
    """Of the low-pass that stands for walls and open end: higher notes on the same pipe lose more."""
    return float(np.clip(0.62 - 0.0002 * hz, 0.3, 0.7))


def _held_back(hz: Signal, pole: float) -> Signal:
    """Frames by which the low-pass holds back each frequency."""
    turn = np.exp(-2j * np.pi * hz / RATE_HZ)
    return np.asarray(-np.angle((1.0 - pole) / (1.0 - pole * turn)) * RATE_HZ / (2.0 * np.pi * hz))


def _sound(rng: np.random.Generator, hz: Signal, air: Signal, breath: Breath, tuning: Signal | float) -> Signal:
    """Pressure at the mouth (n,) for frequencies and blowing strengths (n,), 1 as written."""
    pole = _pole(float(hz.max()))
    pipe = RATE_HZ / (hz * tuning) - _held_back(hz, pole)
    late = 0.42 * RATE_HZ / hz / np.maximum(air, 0.2) ** 0.25
    hiss = breath.noise * band(rng.standard_normal(len(hz)), 200.0, 4_000.0)
    speaks = np.clip(np.arange(len(hz)) / frames(0.3) - 0.7, 0.0, 1.0)  # a jet on the edge starts the tone by itself
    out = np.zeros(len(hz))
    follows = 1.0 - np.exp(-2.0 * np.pi * 1.5 * float(hz.mean()) / RATE_HZ)
    _blow(0.12 * air, late, pipe, pole, follows, breath.off_edge * speaks, hiss, out)
    return out


def tuning_of(hz: float, breath: Breath) -> float:
    """What the player corrects by ear: how much shorter the pipe must be for a steady tone to be in tune."""
    tuning, n = 1.0, frames(0.6)
    for _ in range(3):
        still = replace(breath, noise=0.002)
        tone = _sound(np.random.default_rng(1), np.full(n, hz), np.ones(n), still, tuning)[n // 2 :]
        tuning *= hz / _heard_hz(tone, hz)
    return tuning


def _heard_hz(tone: Signal, near_hz: float) -> float:
    """Frequency of the strongest partial within a third of an octave of a frequency, by phase."""
    half = len(tone) // 2
    turn = np.exp(-2j * np.pi * near_hz * np.arange(len(tone)) / RATE_HZ) * tone
    window = np.hanning(half)
    first, second = np.sum(turn[:half] * window), np.sum(turn[half : 2 * half] * window)
    slip = np.angle(second * np.conj(first)) / (2.0 * np.pi)
    return float(near_hz + slip * RATE_HZ / half)


def flute(rng: np.random.Generator, pitches: tuple[tuple[float, float], ...], seconds: float, breath: Breath) -> Signal:
    """A breath (n,): MIDI pitches (second, pitch), fingers moving within 30 ms, blown for so many seconds."""
    n = frames(seconds + breath.release_s)
    at_s = np.arange(n) / RATE_HZ
    hz = np.full(n, hz_of(pitches[0][1]))
    tuning = np.full(n, tuning_of(hz_of(pitches[0][1]), breath))
    for when_s, pitch in pitches[1:]:
        moved = np.clip((at_s - when_s) / 0.03, 0.0, 1.0)
        hz += (hz_of(pitch) - hz) * moved
        tuning += (tuning_of(hz_of(pitch), breath) - tuning) * moved
    attack = np.clip(at_s / breath.attack_s, 0.0, 1.0)
    release = np.clip((n / RATE_HZ - at_s) / breath.release_s, 0.0, 1.0)
    envelope = np.sin(0.5 * np.pi * attack) ** 2 * np.sin(0.5 * np.pi * release) ** 1.5
    sways = np.clip((at_s - 0.45) / 0.6, 0.0, 1.0) * breath.vibrato
    rate_hz = breath.vibrato_hz * (0.94 + 0.12 * wandering(rng, n, times_per_s=1.0))
    sway = sways * np.sin(2.0 * np.pi * np.cumsum(rate_hz) / RATE_HZ)
    air = envelope * (1.0 + 0.12 * sway + 0.06 * (wandering(rng, n, times_per_s=4.0) - 0.5))
    tone = _sound(rng, hz * 2.0 ** (0.25 * sway / 12.0), air, breath, tuning)
    passing = band(rng.standard_normal(n), 700.0, 4_000.0) * air**2
    heard = tone - below(tone, 1_200.0)  # an open end radiates high partials better
    return np.asarray(heard / np.max(np.abs(heard)) + 0.8 * breath.noise * passing)


def taken(rng: np.random.Generator, dry: Signal, *, distance_m: float, rt60_s: float, room_db: float, peak_db: float,
          quiet_db: float) -> Signal:  # fmt: skip
    """What one microphone in a room keeps (n, 1)."""
    room = place(rng, rt60_s, size_m=4.0, high_hz=3_000.0)
    heard = levelled(recorded(dry, room, distance_m=distance_m, room_db=room_db)[:, :1], peak_db)
    return heard + background(rng, len(dry), level_db=quiet_db)


def scale(rng: np.random.Generator, pitches: tuple[float, ...], breath: Breath, *, held_s: float,
          rest_s: float) -> Signal:  # fmt: skip
    """Single notes (n,), each held and followed by a rest."""
    every_s = held_s + rest_s
    notes = [(1.0 + i * every_s, flute(rng, ((0.0, pitch),), held_s, breath)) for i, pitch in enumerate(pitches)]
    return laid_out(1.0 + len(pitches) * every_s, notes)


def _low(rng: np.random.Generator) -> Signal:
    dry = scale(rng, (57.0, 60.0, 62.0, 64.0, 67.0, 69.0), Breath(attack_s=0.18), held_s=1.8, rest_s=1.2)
    return taken(rng, dry, distance_m=1.0, rt60_s=0.5, room_db=-14.0, peak_db=-14.0, quiet_db=-66.0)


def _high(rng: np.random.Generator) -> Signal:
    breath = Breath(attack_s=0.1, vibrato=0.4, vibrato_hz=5.2, noise=0.05, off_edge=1.2)
    dry = scale(rng, (72.0, 76.0, 79.0, 81.0, 84.0, 86.0), breath, held_s=1.4, rest_s=1.2)
    return taken(rng, dry, distance_m=2.0, rt60_s=0.6, room_db=-18.0, peak_db=-18.0, quiet_db=-66.0)


def _phrase(rng: np.random.Generator) -> Signal:
    phrases = (
        (((0.0, 67.0), (0.35, 69.0)), 2.2),
        (((0.0, 72.0), (0.25, 74.0), (0.5, 72.0)), 2.4),
        (((0.0, 69.0), (0.4, 67.0), (0.7, 64.0)), 2.6),
        (((0.0, 62.0), (0.3, 64.0), (0.6, 62.0)), 3.0),
    )
    starts_s = (1.0, 4.6, 8.4, 12.4)
    sounds = [(at, flute(rng, notes, held, Breath())) for at, (notes, held) in zip(starts_s, phrases, strict=True)]
    return taken(rng, laid_out(16.4, sounds), distance_m=1.5, rt60_s=0.6, room_db=-17.0, peak_db=-16.0, quiet_db=-66.0)


def _quiet(rng: np.random.Generator) -> Signal:
    dry = scale(rng, (62.0, 67.0, 69.0, 74.0), Breath(attack_s=0.16), held_s=1.8, rest_s=1.2)
    heard = taken(rng, dry, distance_m=1.5, rt60_s=0.5, room_db=-14.0, peak_db=-12.0, quiet_db=-66.0)
    return np.asarray(heard * 10.0 ** (-30.0 / 20.0))


TAKES: tuple[Take, ...] = (
    Take("flute_xiao_low", {"en": "Xiao, low notes", "zh": "洞箫低音"}, "PM-FLUTE-01", "Hall of strings",
         ("flute", "flute.endblown"), _low),
    Take("flute_xiao_high", {"en": "Xiao, high notes", "zh": "洞箫高音"}, "PM-FLUTE-01", "Hall of strings",
         ("flute", "flute.endblown"), _high),
    Take("flute_xiao_phrase", {"en": "Xiao, four phrases", "zh": "洞箫四句"}, "PM-FLUTE-01", "Water pavilion",
         ("flute", "flute.endblown"), _phrase),
    Take("flute_xiao_quiet", {"en": "Xiao, recorded far too low", "zh": "洞箫（录音电平过低）"}, "PM-FLUTE-01",
         "Water pavilion", ("flute", "flute.endblown"), _quiet, faults=("quiet",)),
)  # fmt: skip
