"""What touches: stick-slip between a pivot and its socket, hammers that strike, and the bodies that ring from it.

A pivot sticks in its socket until it is pulled too far, slips, and sticks again: Karnopp's friction (ASME Journal of
Dynamic Systems, Measurement, and Control 107, 1985) with the falling branch of Stribeck and a limit that ages as the
LuGre model's does (Canudas de Wit, Olsson, Åström and Lischinsky, IEEE Transactions on Automatic Control 40(3), 1995).
What strikes is an elastic sphere on a body of modes, with the losses of Hunt and Crossley (ASME Journal of Applied
Mechanics 42, 1975). A leaf is an orthotropic plate (Leissa, Vibration of Plates, NASA SP-160, 1969), a ring and a
bar bend as Fletcher and Rossing have it (The Physics of Musical Instruments, 2nd edition, Springer 1998).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.signal import fftconvolve, resample_poly

from recordings.models.blocks import (
    SOUND_M_PER_S,
    frames,
    modes,
    wandering,
)
from recordings.take import RATE_HZ, Signal
from soundscape.compiled import kernel

FINE = 2
"""Steps of a contact in one frame: it is over within few frames."""
STEP_S = 1.0 / (FINE * RATE_HZ)
IRON_M_PER_S = 5_100.0
GRAVITY_M_PER_S2 = 9.81
GRAIN_M = 4.0e-6
BROKEN = 1.15
"""Some friction is gone as soon as a contact breaks; else how long it takes to go hangs on the last bit of the pull."""


@dataclass(frozen=True, eq=False, slots=True)
class Body:
    """Modes of something, (n_modes,) each: frequency, time to -60 dB, mass as felt at the contact, share heard."""

    hz: Signal
    t60_s: Signal
    mass_kg: Signal
    heard: Signal


@dataclass(frozen=True, slots=True)
class Leaf:
    """A leaf of upright planks: its sizes, the speed of sound along and across the planks, and its loss factor."""

    width_m: float = 1.7
    height_m: float = 3.3
    thickness_m: float = 0.09
    along_m_per_s: float = 4_300.0
    across_m_per_s: float = 1_300.0
    kg_per_m3: float = 600.0
    loss: float = 0.045


HEAVY = Leaf()


def leaf_body(rng: np.random.Generator, leaf: Leaf, *, at: tuple[float, float], top_hz: float = 5_000.0) -> Body:
    """Modes of a leaf touched `at` a share of its width and height; joints between planks put them out of place.

    Below the critical frequency only its edges radiate (Cremer, Heckl and Petersson, Structure-Borne Sound).
    """
    across, along = (n.ravel() for n in np.meshgrid(np.arange(60.0), np.arange(60.0)))
    bend = np.pi * leaf.thickness_m / np.sqrt(48.0)
    hz = bend * (leaf.across_m_per_s * (across / leaf.width_m) ** 2 + leaf.along_m_per_s * (along / leaf.height_m) ** 2)
    kept = (hz > 40.0) & (hz < top_hz)
    across, along, hz = across[kept], along[kept], hz[kept]
    hz = hz * rng.uniform(0.95, 1.05, len(hz))
    shape = np.cos(np.pi * across * at[0]) * np.cos(np.pi * along * at[1])
    whole_kg = leaf.kg_per_m3 * leaf.width_m * leaf.height_m * leaf.thickness_m
    mass_kg = whole_kg / 4.0 / np.maximum(shape**2, 1e-4)
    speed = np.sqrt(leaf.across_m_per_s * leaf.along_m_per_s)
    critical_hz = SOUND_M_PER_S**2 / (1.8 * leaf.thickness_m * speed)
    radiated = 1.0 / np.sqrt(1.0 + (critical_hz / hz) ** 1.5)
    t60_s = np.minimum(2.2 / (leaf.loss * hz), 0.7) * rng.uniform(0.7, 1.3, len(hz))
    return Body(hz, t60_s, mass_kg, np.abs(shape) * radiated * _towards(rng, len(hz)))


def ring_body(rng: np.random.Generator, *, radius_m: float, bar_m: float, t60_s: float) -> Body:
    """Modes of an iron ring of a round bar, in its plane and out of it: f_n goes as n (n^2 - 1) / sqrt(n^2 + 1)."""
    n = np.repeat(np.arange(2.0, 8.0), 2)
    across = np.tile([1.0, 1.0 - 0.06], 6)
    hz = across * IRON_M_PER_S * bar_m / 4.0 / radius_m**2 * n * (n**2 - 1.0) / np.sqrt(n**2 + 1.0) / (2.0 * np.pi)
    hz = hz * rng.uniform(0.98, 1.02, len(hz))
    mass_kg = np.full(len(hz), 7_800.0 * np.pi * bar_m**2 / 4.0 * 2.0 * np.pi * radius_m / 2.0)
    kept = hz < 18_000.0
    t60_s_each = t60_s * (hz[0] / hz) ** 0.5 * rng.uniform(0.6, 1.4, len(hz))
    return Body(hz[kept], t60_s_each[kept], mass_kg[kept], (_compact(hz) * _towards(rng, len(hz)))[kept])


def bar_body(rng: np.random.Generator, *, length_m: float, bar_m: float, t60_s: float) -> Body:
    """Modes of a free iron bar: f_n goes as (2 n + 1)^2; the staples that hold it damp it."""
    n = np.arange(1.0, 9.0)
    hz = np.pi / 8.0 * IRON_M_PER_S * bar_m / 4.0 / length_m**2 * (2.0 * n + 1.0) ** 2 * rng.uniform(0.97, 1.03, len(n))
    mass_kg = np.full(len(n), 7_800.0 * np.pi * bar_m**2 / 4.0 * length_m / 4.0)
    kept = hz < 18_000.0
    t60_s_each = t60_s * (hz[0] / hz) ** 0.4 * rng.uniform(0.6, 1.4, len(n))
    return Body(hz[kept], t60_s_each[kept], mass_kg[kept], (_compact(hz) * _towards(rng, len(n)))[kept])


def _towards(rng: np.random.Generator, n_modes: int) -> Signal:
    """How much of each mode goes towards who listens (n_modes,)."""
    return np.asarray(rng.choice([-1.0, 1.0], n_modes) * rng.uniform(0.4, 1.0, n_modes))


def _compact(hz: Signal) -> Signal:
    """How much is heard of what is smaller than a wave: its acceleration, up to where it is a wave long."""
    return np.asarray(np.minimum(hz / 1_000.0, 1.5))


def answer(body: Body, seconds: float) -> Signal:
    """What is heard (n,) of a body after a blow of 1 Ns; a steady pull is not heard."""
    lag_rad = np.arctan(6.91 / body.t60_s / (2.0 * np.pi * body.hz))
    return modes(body.hz, body.t60_s, body.heard / body.mass_kg, np.pi / 2.0 + lag_rad, seconds)


def _turns(body: Body) -> Signal:
    """Cosine and sine (3, n_modes) of a step of each mode, and what of its sine is taken off, lest a pull creeps."""
    turn = np.exp((-6.91 / body.t60_s + 2j * np.pi * body.hz) * STEP_S)
    return np.stack([turn.real, turn.imag, 6.91 / body.t60_s / (2.0 * np.pi * body.hz)])


@dataclass(frozen=True, slots=True)
class Rub:
    """A contact that rubs: mass and stiffness of what slips, and its friction at rest and in motion.

    `rough` is how much friction differs from slip to slip and on the way of one, `ageing` how much it grows each time
    rest gets e times as long (Rabinowicz, Proc. Phys. Soc. 71, 1958), `stribeck_m_per_s` the speed at which it has
    fallen half way.
    """

    mass_kg: float
    stiffness_n_per_m: float
    damping: float
    static_n: float
    sliding_n: float
    stribeck_m_per_s: float
    rough: float
    ageing: float


PIVOT = Rub(0.04, 2.0e6, 0.12, 620.0, 400.0, 0.02, 0.1, 0.05)
HINGE = Rub(0.012, 8.0e6, 0.06, 150.0, 105.0, 0.008, 0.012, 0.02)
BOLT = Rub(0.03, 4.0e6, 0.15, 60.0, 36.0, 0.08, 0.5, 0.03)


@kernel
def _rub(motion: Signal, rub: Signal, limits: Signal, grains: Signal, turns: Signal, push: Signal,
         out: Signal) -> None:  # fmt: skip
    """Draw a contact: `motion` is its speed and its load, `out` its force and whether it slips.

    `turns` is what `_turns` gives of the modes of what it rubs on, `push` how fast 1 Ns makes each of them.
    """
    mass, stiffness, loss, sliding, stribeck, ageing = rub[0], rub[1], rub[2], rub[3], rub[4], rub[5]
    real = np.zeros(len(push))
    imaginary = np.zeros(len(push))
    stretch = 0.0
    speed = 0.0
    base = 0.0
    rested = 0.0
    number = 0
    limit = limits[0]
    travelled = 0.0
    direction = 1.0
    is_stuck = True
    for n in range(motion.shape[1]):
        drawn_at, load = motion[0, n], motion[1, n]
        pull = stiffness * stretch + loss * (drawn_at - speed)
        if is_stuck:
            speed = base
            held = pull
            rested += STEP_S
            limit = load * limits[number] * (1.0 + ageing * np.log(1.0 + rested / 0.01))
            if abs(pull) > limit:
                is_stuck = False
                direction = 1.0 if pull > 0.0 else -1.0
                travelled = 0.0
                number = (number + 1) % len(limits)
        if not is_stuck:
            moved = abs(speed - base)
            grain = grains[(number * 97 + int(travelled / GRAIN_M)) % len(grains)]
            held = direction * (load * sliding + (limit - load * sliding) / (BROKEN + moved / stribeck)) * grain
            speed += (pull - held) / mass * STEP_S
            travelled += moved * STEP_S
            out[1, n] = 1.0
            if (speed - base) * direction <= 0.0:
                is_stuck = True
                rested = 0.0
        stretch += (drawn_at - speed) * STEP_S
        base = 0.0
        for k in range(len(push)):
            moving = real[k] + push[k] * held * STEP_S
            real[k] = moving * turns[0, k] - imaginary[k] * turns[1, k]
            imaginary[k] = moving * turns[1, k] + imaginary[k] * turns[0, k]
            base += real[k] - turns[2, k] * imaginary[k]
        out[0, n] = held


def rubbed(rng: np.random.Generator, drive: Signal, load: Signal, rub: Rub, bearing: Body) -> tuple[Signal, Signal]:
    """Force in N and whether it slips, (n,) each, of a contact drawn at (n,) m/s over a bearing that gives way.

    `load` (n,) multiplies the friction: a worn pivot is not round, and the leaf leans on it now more, now less.

    The limit is drawn for each slip, not for each place: the surface is worn in, and what is left changes by the slip.
    """
    n_slips = 8_192
    slow = wandering(rng, n_slips * 48, times_per_s=50.0)[::48] - 0.5  # turns every 20 slips
    deep = np.where(rng.uniform(size=n_slips) < 0.08, rng.uniform(0.3, 1.2, n_slips), 0.0)
    limits = rub.static_n * (1.0 + rub.rough * (1.2 * slow + 0.35 * rng.standard_normal(n_slips) + 2.0 * deep))
    limits = np.maximum(limits, 1.05 * rub.sliding_n)
    grains = np.clip(1.0 + rub.rough * rng.standard_normal(8_192), 0.3, 1.7)
    loss = 2.0 * rub.damping * np.sqrt(rub.stiffness_n_per_m * rub.mass_kg)
    numbers = np.array([rub.mass_kg, rub.stiffness_n_per_m, loss, rub.sliding_n, rub.stribeck_m_per_s, rub.ageing])
    motion = np.repeat(np.stack([drive, load]), FINE, axis=1)
    out = np.zeros_like(motion)
    _rub(motion, numbers, limits, grains, _turns(bearing), 1.0 / bearing.mass_kg, out)
    force = resample_poly(out[0], 1, FINE)
    force[-frames(0.06) :] *= np.linspace(1.0, 0.0, frames(0.06)) ** 2  # who draws it lets go
    return force, out[1, ::FINE]


@kernel
def _strike(hammer: Signal, turns: Signal, push: Signal, force: Signal) -> None:
    """Force of a hammer (mass, m/s, stiffness in N/m^1.5, loss in s/m, weight in N) on modes that start at rest."""
    mass, speed, stiffness, loss, weight = hammer[0], hammer[1], hammer[2], hammer[3], hammer[4]
    real = np.zeros(len(push))
    imaginary = np.zeros(len(push))
    depth = 0.0
    base = 0.0
    for n in range(len(force)):
        closing = speed - base
        depth += closing * STEP_S
        pressed = 0.0
        if depth > 0.0:
            pressed = max(0.0, stiffness * depth * np.sqrt(depth) * (1.0 + loss * closing))
        speed += (weight - pressed) / mass * STEP_S
        base = 0.0
        for k in range(len(push)):
            moving = real[k] + push[k] * pressed * STEP_S
            real[k] = moving * turns[0, k] - imaginary[k] * turns[1, k]
            imaginary[k] = moving * turns[1, k] + imaginary[k] * turns[0, k]
            base += real[k] - turns[2, k] * imaginary[k]
        force[n] = pressed


@dataclass(frozen=True, slots=True)
class Hammer:
    """What strikes: its mass, the stiffness of the contact, its loss, and the weight that brings it back."""

    mass_kg: float
    stiffness_n_per_m15: float
    loss_s_per_m: float
    weight_n: float


RING = Hammer(1.4, 1.7e9, 0.7, 18.0)
STILE = Hammer(14.0, 1.2e9, 0.3, 60.0)
BOLT_HEAD = Hammer(1.8, 6.0e9, 0.4, 2.0)


def struck(hammer: Hammer, speed_m_per_s: float, body: Body, seconds: float) -> Signal:
    """Force (n,) in N of a hammer on a body, which it leaves and comes back to until its weight rests on it."""
    numbers = np.array(
        [hammer.mass_kg, speed_m_per_s, hammer.stiffness_n_per_m15, hammer.loss_s_per_m, hammer.weight_n]
    )
    force = np.zeros(FINE * frames(seconds))
    _strike(numbers, _turns(body), 1.0 / body.mass_kg, force)
    return np.asarray(resample_poly(force, 1, FINE))


def heard_of(force: Signal, *bodies: Body, seconds: float = 1.0) -> Signal:
    """Sound (n,) of a force on bodies, until the last of it has died away."""
    total = np.zeros(len(force) + frames(seconds) - 1)
    for body in bodies:
        total += fftconvolve(force, answer(body, seconds))
    return np.asarray(total / RATE_HZ)


def blows(rng: np.random.Generator, n_frames: int, at_s: Signal, impulse_ns: Signal, lasts_s: Signal) -> Signal:
    """Force (n,) of many small blows, too short for what is struck to move meanwhile."""
    total = np.zeros(n_frames)
    for at, impulse, lasts in zip(at_s, impulse_ns, lasts_s, strict=True):
        n = max(2, frames(1.5 * lasts))
        first = frames(at)
        pulse = np.hanning(n + 2)[1:-1]
        total[first : first + n] += (impulse * RATE_HZ * pulse / pulse.sum())[: max(0, n_frames - first)]
    return total


def bearing_of(rng: np.random.Generator, n_modes: int, *, low_hz: float, high_hz: float, t60_s: float,
               mass_kg: float) -> Body:  # fmt: skip
    """What a pivot or a pin sits in (socket, shoe, strap): modes as dense per octave, heard by their acceleration."""
    hz = np.sort(np.exp(rng.uniform(np.log(low_hz), np.log(high_hz), n_modes)))
    heard = _compact(hz) * _towards(rng, n_modes)
    return Body(hz, t60_s * rng.uniform(0.5, 1.5, n_modes), np.full(n_modes, mass_kg), heard)
