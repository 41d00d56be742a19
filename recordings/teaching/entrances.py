"""Gates and doors of all sizes, of wood and iron: creaks, knocks, slams, latches.

A creak is a train of slips: its rate follows how fast the hinge turns and how hard it is pressed, and each slip sounds
the bodies it is fixed to (Rath and Rocchesso, IEEE MultiMedia 12(2), 2005; Farnell, Designing Sound, 2010, "Creaking").
"""

from __future__ import annotations

import numpy as np
from scipy.signal import fftconvolve

from recordings.models import gates
from recordings.models.blocks import frames, wandering
from recordings.models.contacts import Leaf, leaf_body
from recordings.take import RATE_HZ, Signal
from recordings.teaching.gestures import beats, between, burst, finished, hiss, joined, one_of, ringing, spread, times


def slips(rng: np.random.Generator, seconds: float, low_hz: float, high_hz: float) -> tuple[Signal, Signal]:
    """Times in s and strengths (n,) of slips whose rate glides between two limits, once or a few times."""
    n = 400
    curve = wandering(rng, frames(seconds), times_per_s=between(rng, 0.5, 2.5))[:: max(1, frames(seconds) // n)]
    curve = np.clip((curve - curve.min()) / max(float(np.ptp(curve)), 1e-6), 0.0, 1.0)
    rate = low_hz * (high_hz / low_hz) ** curve
    passed = np.concatenate([[0.0], np.cumsum(rate) * seconds / len(rate)])
    count = int(passed[-1])
    at = np.interp(
        np.arange(count) + rng.normal(0.0, rng.uniform(0.01, 0.12), count), passed, np.linspace(0, seconds, len(passed))
    )
    push = rng.lognormal(0.0, rng.uniform(0.1, 0.5), count)
    load = wandering(rng, frames(seconds), times_per_s=between(rng, 1.0, 6.0)) ** rng.uniform(0.3, 2.0)
    swell = np.sin(np.pi * np.clip(at / seconds, 0.0, 1.0)) ** rng.uniform(0.2, 1.0)
    return at, push * load[np.minimum((at * RATE_HZ).astype(int), len(load) - 1)] * swell


def _resonator(rng: np.random.Generator, *, iron: bool) -> Signal:
    """Answer (n,) of what a hinge is fixed to: a leaf of planks, or iron that rings longer and higher."""
    count = int(rng.integers(12, 60))
    low = between(rng, 250.0, 700.0) if iron else between(rng, 120.0, 400.0)
    hz = spread(rng, low, 9_000.0 if iron else 5_000.0, count)
    t60_s = rng.uniform(0.3, 1.2, count) * (between(rng, 0.05, 0.4) if iron else between(rng, 0.015, 0.12))
    gain = rng.uniform(0.2, 1.0, count) * (hz / 1_000.0) ** rng.uniform(-0.7, 0.5)
    return ringing(0.4, 0.0, hz, t60_s, gain, phase_rad=rng.uniform(0, 6.28, count))


def creak(rng: np.random.Generator) -> Signal:
    """Slips, slow and separate or so fast that they squeal, through wood or iron."""
    if rng.uniform() < 0.12:
        slow = rng.uniform() < 0.5
        seconds = rng.uniform(1.0, 2.5)
        made = (
            gates.creak(rng, seconds, speed_m_per_s=between(rng, 0.008, 0.05))
            if slow
            else gates.squeal(rng, seconds, speed_m_per_s=between(rng, 0.004, 0.02))
        )
        return finished(made)
    total_s = between(rng, 0.4, 6.0)
    sounds, at_s = [], 0.0
    iron = rng.uniform() < 0.5
    answer = _resonator(rng, iron=iron)
    middle = between(rng, 25.0, 900.0)
    while at_s < total_s - 0.15:
        lasts = min(total_s - at_s, between(rng, 0.2, 4.0))
        wide = between(rng, 1.15, 4.0)
        when, push = slips(rng, lasts, middle / wide, middle * wide)
        line = np.zeros(frames(lasts))
        np.add.at(line, np.minimum((when * RATE_HZ).astype(int), len(line) - 1), push)
        rub = hiss(rng, len(line), 400.0, 6_000.0) * between(rng, 0.0005, 0.02) * np.mean(push if len(push) else 1.0)
        sounds.append((at_s, fftconvolve(line + rub, answer)))
        at_s += lasts + rng.uniform(0.0, 0.5)
        middle *= between(rng, 0.6, 1.6)
    heard = joined(total_s + 0.2, sounds)
    if rng.uniform() < 0.3:  # it ends in its frame or its latch
        thud = one_of(rng, (_thud, lambda r: 0.5 * _clack(r, 0.2)))
        heard = joined(
            total_s + 0.8,
            [(0.0, heard / (np.max(np.abs(heard)) + 1e-9)), (total_s - 0.1, rng.uniform(0.2, 1.2) * thud)],
        )
    return finished(heard)


def _leaf(rng: np.random.Generator) -> Leaf:
    return Leaf(
        between(rng, 0.5, 2.2),
        between(rng, 1.0, 4.0),
        between(rng, 0.015, 0.1),
        between(rng, 2_500.0, 5_000.0),
        between(rng, 700.0, 2_500.0),
        between(rng, 400.0, 900.0),
        between(rng, 0.02, 0.12),
    )


def _panel(rng: np.random.Generator, seconds: float, softness_s: float, *, iron: bool) -> Signal:
    """One blow (n,) on a leaf of wood or a sheet of iron, by something that stays on it for `softness_s`."""
    if iron:
        count = int(rng.integers(40, 160))
        hz = spread(rng, between(rng, 50.0, 250.0), 9_000.0, count)
        t60_s = between(rng, 0.15, 1.6) * (hz / 300.0) ** -0.4 * rng.uniform(0.5, 1.5, count)
        gain = rng.standard_normal(count) * (hz / 300.0) ** -0.3
    else:
        leaf = leaf_body(rng, _leaf(rng), at=(rng.uniform(0.1, 0.9), rng.uniform(0.2, 0.8)))
        hz, t60_s, gain = leaf.hz, leaf.t60_s, leaf.heard * rng.uniform(0.5, 1.5, len(leaf.hz))
        if len(hz) > 300:
            kept = rng.permutation(len(hz))[:300]
            hz, t60_s, gain = hz[kept], t60_s[kept], gain[kept]
    soft = 1.0 / (1.0 + (hz * softness_s) ** 2)
    rung = ringing(seconds, 0.0, hz, t60_s, gain * soft, phase_rad=rng.uniform(0.0, 6.28, len(hz)))
    rung /= np.max(np.abs(rung)) + 1e-9
    click = burst(rng, min(seconds, 0.03), 300.0, 0.5 / softness_s + 600.0, attack_s=0.0003, t60_s=0.015)
    return joined(seconds, [(0.0, rung), (0.0, rng.uniform(0.02, 0.25) * click)])


def knock(rng: np.random.Generator) -> Signal:
    """Knuckles, a fist or a ring on a leaf, once or several times in a rhythm."""
    iron, ring = rng.uniform() < 0.2, rng.uniform() < 0.25
    count = int(rng.choice([1, 2, 2, 3, 3, 3, 4, 5, 6, 8]))
    at = beats(rng, count, between(rng, 0.1, 0.6))
    softness = between(rng, 0.00025, 0.003)
    state = rng.bit_generator.state
    seconds = float(at[-1]) + (1.4 if iron else 0.6)
    blow = _panel(rng, 1.2 if iron else 0.5, softness, iron=iron)
    sounds = []
    for when in at:
        hand = burst(rng, 0.05, 80.0, 900.0, attack_s=0.001, t60_s=0.06)
        metal = _clack(rng, 0.15) if ring else np.zeros(1)
        again = _tilted(blow, rng.uniform(-0.5, 0.5))
        sounds.append((float(when), rng.uniform(0.5, 1.0) * (again)))
        sounds.append((float(when), 0.1 * hand))
        sounds.append((float(when), 0.4 * metal))
    del state
    return finished(joined(seconds, sounds))


def _tilted(sound: Signal, amount: float) -> Signal:
    """The same (n,) a little brighter (above 0) or duller: no two blows are alike."""
    return np.asarray(sound - amount * np.concatenate([[0.0], sound[:-1]]))


def _thud(rng: np.random.Generator) -> Signal:
    blow = _panel(rng, 0.6, between(rng, 0.001, 0.006), iron=rng.uniform() < 0.2)
    air = burst(rng, 0.3, 25.0, between(rng, 80.0, 400.0), attack_s=0.004, t60_s=between(rng, 0.1, 0.5))
    return joined(0.6, [(0.0, blow), (0.0, rng.uniform(0.1, 0.5) * air)])


def slam(rng: np.random.Generator) -> Signal:
    """A leaf of wood or iron that falls shut: air before it, blows along its edge, and all that rattles on it."""
    if rng.uniform() < 0.1:
        return finished(gates.slam(rng, speed_m_per_s=between(rng, 0.6, 2.5)))
    iron = rng.uniform() < 0.3
    rattles = int(rng.poisson(4.0))
    sounds: list[tuple[float, Signal]] = []
    start = 0.02
    if rng.uniform() < 0.45:  # the swing, or the latch that meets its plate before the leaf does
        start = between(rng, 0.04, 0.5)
        sounds.append(
            (0.0, rng.uniform(0.005, 0.05) * hiss(rng, frames(start), 80.0, 1_500.0) * np.linspace(0, 1, frames(start)))
        )
        sounds.append((start - rng.uniform(0.02, 0.04), rng.uniform(0.05, 0.4) * _clack(rng, 0.15)))
    for number in range(int(rng.integers(1, 5))):
        blow = _panel(rng, 2.0 if iron else 0.9, between(rng, 0.0004, 0.005), iron=iron)
        sounds.append((start + (rng.exponential(0.015) if number else 0.0), rng.uniform(0.4, 1.0) * blow))
    low = burst(rng, 0.5, 25.0, between(rng, 70.0, 300.0), attack_s=0.003, t60_s=between(rng, 0.15, 0.7))
    crack = burst(rng, 0.3, 150.0, between(rng, 1_500.0, 9_000.0), attack_s=0.001, t60_s=between(rng, 0.05, 0.3))
    sounds += [(start, rng.uniform(0.1, 0.5) * low), (start, rng.uniform(0.05, 0.4) * crack)]
    sounds += [(start + rng.exponential(0.12), rng.uniform(0.02, 0.3) * _clack(rng, 0.2)) for _ in range(rattles)]
    return finished(joined(start + (2.2 if iron else between(rng, 0.5, 1.4)), sounds))


def _clack(rng: np.random.Generator, seconds: float, *, low_hz: float = 350.0, dry: float = 1.0) -> Signal:
    """One short contact (n,) of small metal parts fixed to something: a click, a few modes, sometimes a bounce."""
    count = int(rng.integers(5, 22))
    hz = spread(rng, low_hz, between(rng, 4_000.0, 14_000.0), count)
    t60_s = dry * between(rng, 0.012, 0.12) * rng.uniform(0.4, 1.6, count)
    rung = ringing(seconds, 0.0, hz, t60_s, rng.uniform(0.1, 1.0, count), phase_rad=rng.uniform(0, 6.28, count))
    rung /= np.max(np.abs(rung)) + 1e-9
    click = burst(
        rng,
        0.02,
        between(rng, 200.0, 1_500.0),
        between(rng, 5_000.0, 16_000.0),
        attack_s=0.0002,
        t60_s=between(rng, 0.004, 0.03),
    )
    parts = [(0.0, rung), (0.0, rng.uniform(0.1, 0.6) * click)]
    if rng.uniform() < 0.5:
        parts.append((rng.uniform(0.004, 0.03), rng.uniform(0.2, 0.7) * rung))
    return joined(seconds, parts)


def _lock(rng: np.random.Generator) -> Signal:
    """A handle, a key or a snap lock: two to eight clacks in groups, the last of them with the wood behind it."""
    count = int(rng.integers(1, 9))
    seconds = between(rng, 0.15, 2.5)
    at = np.sort(rng.uniform(0.0, seconds, count))
    at[0] = 0.01
    wood = _panel(rng, 0.3, between(rng, 0.0003, 0.002), iron=False)
    parts = [(float(when), rng.uniform(0.15, 1.0) * _clack(rng, 0.25)) for when in at]
    parts += [(float(when), rng.uniform(0.0, 0.7) * wood) for when in rng.choice(at, min(count, 2), replace=False)]
    if rng.uniform() < 0.5:
        parts.append((0.0, rng.uniform(0.01, 0.12) * _scrape(rng, seconds)))
    return finished(joined(seconds + 0.3, parts))


def _scrape(rng: np.random.Generator, seconds: float) -> Signal:
    n = frames(seconds)
    low = between(rng, 500.0, 2_500.0)
    return hiss(rng, n, low, low * between(rng, 2.0, 6.0)) * wandering(rng, n, times_per_s=between(rng, 3.0, 25.0)) ** 2


def _bolt(rng: np.random.Generator) -> Signal:
    """A bolt that is pushed: it scrapes, rattles, and strikes its stop."""
    slide_s = between(rng, 0.08, 1.2)
    parts = [(0.0, rng.uniform(0.05, 0.4) * _scrape(rng, slide_s)), (slide_s, _clack(rng, 0.4, dry=2.0))]
    parts += [(float(at), rng.uniform(0.05, 0.4) * _clack(rng, 0.15)) for at in times(rng, 12.0, slide_s)]
    parts.append((slide_s, rng.uniform(0.1, 0.9) * _panel(rng, 0.4, between(rng, 0.0004, 0.003), iron=False)))
    return finished(joined(slide_s + 0.5, parts))


def _keys(rng: np.random.Generator) -> Signal:
    """Keys or a chain: a few small parts that strike each other very often."""
    seconds = between(rng, 0.3, 3.0)
    kinds = [_clack(rng, 0.3, low_hz=between(rng, 900.0, 3_000.0), dry=between(rng, 0.7, 4.0)) for _ in range(6)]
    shaken = wandering(rng, frames(seconds), times_per_s=4.0)
    at = times(rng, between(rng, 12.0, 90.0), seconds)
    parts = [
        (float(t), rng.lognormal(-1.0, 0.7) * shaken[min(frames(t), len(shaken) - 1)] * kinds[int(rng.integers(6))])
        for t in at
    ]
    return finished(joined(seconds + 0.3, [*parts, (0.01, 0.5 * kinds[0])]))


def latch(rng: np.random.Generator) -> Signal:
    """A handle, lock, bolt, keys or a chain."""
    return one_of(rng, (_lock, _bolt, _keys), (6.0, 3.0, 1.5))
