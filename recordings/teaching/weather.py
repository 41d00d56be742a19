"""Wind, rain, running water and fire.

A drop or a bubble rings at Minnaert's frequency, 3 m/s over its radius, falls off as its size has it, and rises in
pitch as it nears the surface (van den Doel, "Physically based models for liquid sounds", ACM Transactions on Applied
Perception 2(4), 2005). Fire is crackles, hiss and the lapping of flames (Farnell, Designing Sound, 2010, "Fire").
"""

from __future__ import annotations

import numpy as np
from scipy.signal import fftconvolve

from recordings.models.blocks import coloured, frames, resonant, wandering
from recordings.models.winds import gusting, rustle, shedding, turbulence
from recordings.take import RATE_HZ, Signal
from recordings.teaching.gestures import between, burst, finished, hiss, joined, one_of, ringing, spread, times

MINNAERT_HZ_M = 3.0
"""Frequency of a bubble in water, times its radius."""


def _length_s(rng: np.random.Generator) -> float:
    return between(rng, 1.5, 6.0)


def wind(rng: np.random.Generator) -> Signal:
    """Gusts, a storm, whistles in cracks and wires, leaves and dry grass."""
    seconds = _length_s(rng)
    speed = gusting(
        rng,
        seconds,
        mean_m_per_s=between(rng, 3.0, 16.0),
        intensity=rng.uniform(0.06, 0.35),
        gust_s=between(rng, 1.0, 7.0),
    )
    total = turbulence(rng, speed, size_m=between(rng, 0.006, 0.4), fall_db=rng.uniform(4.0, 12.0))
    if rng.uniform() < 0.35:
        for _ in range(int(rng.integers(1, 4))):
            total = total + between(rng, 0.1, 1.5) * shedding(
                rng, speed, thickness_m=between(rng, 0.0015, 0.012), sharpness=between(rng, 4.0, 40.0)
            )
    if rng.uniform() < 0.4:
        total = total + between(rng, 0.05, 0.8) * rustle(
            rng,
            speed,
            per_s=between(rng, 300.0, 12_000.0),
            low_hz=between(rng, 600.0, 2_500.0),
            high_hz=between(rng, 2_600.0, 9_000.0),
        )
    if rng.uniform() < 0.5:  # the hollow that it blows over
        for _ in range(2):
            hz = between(rng, 150.0, 1_200.0)
            total = total + between(rng, 0.3, 3.0) * resonant(total, hz, hz * rng.uniform(0.08, 0.4))
    return finished(total)


def drops(rng: np.random.Generator, per_s: float, seconds: float) -> tuple[Signal, Signal]:
    """Times in s and strengths (n,) of drops that fall so many times a second: few are large."""
    at = times(rng, per_s, seconds)
    return at, rng.pareto(2.2, len(at)) + 0.1


def rain(rng: np.random.Generator) -> Signal:
    """Drizzle to storm, on water, leaves, stone or a roof: drops one by one near by, noise from afar."""
    seconds = _length_s(rng)
    n = frames(seconds)
    per_s = between(rng, 15.0, 4_000.0)
    at, strength = drops(rng, per_s, seconds)
    on_water, roof = rng.uniform() < 0.4, rng.uniform() < 0.25
    low = between(rng, 400.0, 1_500.0) if roof else between(rng, 1_200.0, 4_000.0)
    hz = spread(rng, low, low * between(rng, 2.5, 7.0), len(at)) * (1.0 + strength) ** -0.2
    t60 = np.exp(rng.normal(np.log(between(rng, 0.004, 0.04)), 0.4, len(at))) * (1.5 if on_water else 1.0)
    near = ringing(
        seconds,
        at,
        hz,
        t60,
        strength,
        rise_hz_per_s=hz * (3.0 if on_water else 0.0),
        phase_rad=rng.uniform(0, 6.28, len(at)),
    )
    line = np.zeros(n)
    line[np.minimum((at * RATE_HZ).astype(int), n - 1)] = strength * rng.choice([-1.0, 1.0], len(at))
    tick = burst(
        rng,
        0.01,
        between(rng, 600.0, 2_500.0),
        between(rng, 6_000.0, 18_000.0),
        attack_s=0.0002,
        t60_s=between(rng, 0.002, 0.01),
    )
    near = near + between(rng, 0.2, 2.0) * fftconvolve(line, tick)[:n]
    far = coloured(
        rng,
        n,
        db_per_octave=rng.uniform(-4.5, 1.5),
        low_hz=between(rng, 60.0, 800.0),
        high_hz=between(rng, 5_000.0, 18_000.0),
    )
    far *= 0.85 + 0.3 * wandering(rng, n, times_per_s=0.5)
    near /= np.std(near) + 1e-9
    total = near * between(rng, 0.15, 1.5) + far
    if rng.uniform() < 0.3:  # a gutter or an eave that drips
        total = total + 2.0 * joined(
            seconds, [(float(t), between(rng, 0.3, 3.0) * _drip(rng)) for t in times(rng, 3.0, seconds)]
        )
    if rng.uniform() < 0.2:
        total = total + between(rng, 0.3, 1.5) * coloured(rng, n, db_per_octave=-8.0, high_hz=400.0) * wandering(
            rng, n, times_per_s=0.4
        )
    return finished(total)


def bubbles(rng: np.random.Generator, at_s: Signal, radius_m: Signal, strength: Signal, seconds: float) -> Signal:
    """Bubbles (n,) of some radii from their times on: damping 0.13 / r + 0.0072 r^-1.5 a second (van den Doel 2005)."""
    hz = MINNAERT_HZ_M / radius_m
    per_s = 0.13 / radius_m + 0.0072 * radius_m**-1.5
    rise = hz * per_s * rng.uniform(0.0, 0.15, len(hz)) * (rng.uniform(size=len(hz)) < 0.6)
    return ringing(seconds, at_s, hz, 6.91 / per_s, strength, rise_hz_per_s=rise)


def _drip(rng: np.random.Generator) -> Signal:
    radius = spread(rng, 0.0012, 0.008, int(rng.integers(1, 4)))
    at = np.sort(rng.uniform(0.0, 0.06, len(radius)))
    plink = bubbles(rng, at, radius, rng.uniform(0.3, 1.0, len(radius)), 0.3)
    return joined(0.3, [(0.0, plink), (0.0, 0.1 * burst(rng, 0.02, 2_000.0, 12_000.0, attack_s=0.0003, t60_s=0.01))])


def _stream(rng: np.random.Generator) -> Signal:
    seconds = _length_s(rng)
    n = frames(seconds)
    at = times(rng, between(rng, 60.0, 2_500.0), seconds)
    low = between(rng, 0.0006, 0.002)
    radius = low * (1.0 - rng.uniform(size=len(at))) ** (-1.0 / rng.uniform(1.2, 3.0))
    radius = np.minimum(radius, between(rng, 0.004, 0.02))
    strength = rng.uniform(0.1, 1.0, len(at)) * (radius / low) ** rng.uniform(0.2, 1.3)
    strength *= wandering(rng, n, times_per_s=3.0)[np.minimum((at * RATE_HZ).astype(int), n - 1)] + 0.3
    total = bubbles(rng, at, radius, strength, seconds)
    rush = coloured(
        rng,
        n,
        db_per_octave=rng.uniform(-5.0, -1.0),
        low_hz=between(rng, 100.0, 700.0),
        high_hz=between(rng, 4_000.0, 15_000.0),
    )
    return finished(total / (np.std(total) + 1e-9) + between(rng, 0.05, 1.5) * rush)


def _waves(rng: np.random.Generator) -> Signal:
    seconds = between(rng, 3.0, 8.0)
    n = frames(seconds)
    at_s = np.arange(n) / RATE_HZ
    dark, bright, deep = (
        coloured(rng, n, db_per_octave=db, low_hz=low, high_hz=high)
        for db, low, high in ((-4.0, 80.0, 3_000.0), (-1.5, 700.0, 12_000.0), (-6.0, 30.0, 600.0))
    )
    total = between(rng, 0.1, 1.0) * dark + between(rng, 0.05, 0.6) * deep
    when = -rng.uniform(0.0, 4.0)
    while when < seconds:
        rise_s, fall_s = between(rng, 0.3, 2.5), between(rng, 0.8, 4.0)
        since = at_s - when - rise_s
        swell = np.where(since < 0.0, np.exp(-((since / rise_s) ** 2) * 2.5), np.exp(-np.maximum(since, 0.0) / fall_s))
        late = np.where(
            since < 0.3 * fall_s,
            np.exp(-(((since - 0.3 * fall_s) / rise_s) ** 2) * 2.5),
            np.exp(-np.maximum(since - 0.3 * fall_s, 0.0) / fall_s),
        )
        amount = between(rng, 0.4, 2.0)
        total = total + amount * (swell * dark + rng.uniform(0.2, 0.9) * late * bright)
        when += between(rng, 2.0, 8.0)
    at = times(rng, between(rng, 5.0, 150.0), seconds)
    lapping = bubbles(rng, at, spread(rng, 0.002, 0.012, len(at)), rng.uniform(0.2, 1.0, len(at)), seconds)
    return finished(total + rng.uniform(0.0, 0.4) * lapping / (np.std(lapping) + 1e-9))


def _fall(rng: np.random.Generator) -> Signal:
    seconds = _length_s(rng)
    n = frames(seconds)
    total = coloured(
        rng,
        n,
        db_per_octave=rng.uniform(-5.0, -0.5),
        low_hz=between(rng, 40.0, 300.0),
        high_hz=between(rng, 3_000.0, 16_000.0),
    )
    total *= 0.9 + 0.2 * wandering(rng, n, times_per_s=5.0)
    at = times(rng, between(rng, 200.0, 2_500.0), seconds)
    foam = bubbles(rng, at, spread(rng, 0.001, 0.01, len(at)), rng.pareto(2.5, len(at)) + 0.1, seconds)
    return finished(total + between(rng, 0.1, 0.9) * foam / (np.std(foam) + 1e-9))


def _drips(rng: np.random.Generator) -> Signal:
    seconds = between(rng, 0.3, 6.0)
    at = np.append(times(rng, between(rng, 0.6, 6.0), seconds), 0.02)
    return finished(joined(seconds + 0.3, [(float(t), rng.uniform(0.3, 1.0) * _drip(rng)) for t in at]))


def _splash(rng: np.random.Generator) -> Signal:
    seconds = between(rng, 0.6, 2.5)
    at = np.minimum(rng.exponential(0.25 * seconds, int(rng.integers(40, 300))), seconds - 0.01)
    plunge = bubbles(
        rng, at, spread(rng, 0.0012, 0.012, len(at)), np.exp(-at / seconds) * rng.pareto(2.0, len(at)), seconds
    )
    spray = burst(rng, seconds, 500.0, 9_000.0, attack_s=between(rng, 0.005, 0.08), t60_s=seconds)
    return finished(plunge / (np.std(plunge) + 1e-9) + between(rng, 0.3, 3.0) * spray)


def water(rng: np.random.Generator) -> Signal:
    """A stream, a fall, waves, drips or a splash."""
    return one_of(rng, (_stream, _waves, _fall, _drips, _splash), (4.0, 3.0, 2.0, 1.5, 1.0))


def fire(rng: np.random.Generator) -> Signal:
    """Crackles of all strengths, a hiss, and flames that lap, from a hearth to a burning house."""
    seconds = _length_s(rng)
    n = frames(seconds)
    alive = wandering(rng, n, times_per_s=2.0)
    at = times(rng, between(rng, 4.0, 120.0), seconds)
    near = rng.uniform(size=len(at)) < 0.3  # one crack sets off others
    at = np.clip(
        np.concatenate([at, *(at[near] + rng.exponential(0.015, int(near.sum())) for _ in range(3))]),
        0.0,
        seconds - 0.02,
    )
    line = [np.zeros(n) for _ in range(4)]
    strength = (rng.pareto(between(rng, 1.1, 2.2), len(at)) + 0.1) * rng.choice([-1.0, 1.0], len(at))
    strength = np.clip(strength, -25.0, 25.0)
    for number, place in enumerate((at * RATE_HZ).astype(int)):
        line[number % 4][place] += strength[number]
    crackle = np.zeros(n)
    for kind in line:
        low = between(rng, 300.0, 3_500.0)
        snap = burst(rng, 0.06, low, low * between(rng, 2.0, 10.0), attack_s=0.0002, t60_s=between(rng, 0.003, 0.05))
        crackle += fftconvolve(kind, snap)[:n]
    crackle /= np.std(crackle) + 1e-9
    hissing = hiss(rng, n, between(rng, 1_000.0, 4_000.0), 14_000.0) * (0.4 + 0.6 * alive)
    lapping = wandering(rng, n, times_per_s=between(rng, 3.0, 9.0)) ** 2
    roar = coloured(
        rng,
        n,
        db_per_octave=rng.uniform(-9.0, -4.0),
        low_hz=between(rng, 25.0, 90.0),
        high_hz=between(rng, 300.0, 2_000.0),
    ) * (0.4 + lapping)
    return finished(crackle + between(rng, 0.02, 0.5) * hissing + between(rng, 0.03, 1.2) * roar)
