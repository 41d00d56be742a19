"""Struck skin and wood: the great drum, near and across a court, and wood blocks.

After Fletcher and Rossing, The Physics of Musical Instruments, chapters 2, 3 and 18: membranes, bars, drums.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.signal import fftconvolve
from scipy.special import jn_zeros, jv

from recordings.models.blocks import (
    Mallet,
    background,
    band,
    bent_modes,
    decay,
    frames,
    laid_out,
    levelled,
    modes,
    place,
    recorded,
    resonant,
)
from recordings.models.strings import hz_of
from recordings.take import Signal, Take

AIR_KG_PER_M3 = 1.2
STICK = Mallet(0.0026, 2.2)
"""A thick wooden stick on a skin, which gives way far more than the wood."""
BEATER = Mallet(0.00035, 1.5)
"""A hard stick on hard wood."""


@dataclass(frozen=True, slots=True)
class Skin:
    """A stretched skin over a barrel."""

    radius_m: float
    kg_per_m2: float
    n_per_m: float
    stretches: float
    """How much its tension grows at a stroke of 1 m/s."""

    def hz(self, diameters: int, circles: int) -> float:
        """Of the mode with so many nodal diameters and circles, the rim being one of these.

        A membrane's wave number is a zero of a Bessel function over its radius; on each side it drags along about as
        much air as lies within one over that number, which lowers low modes most.
        """
        per_m = float(jn_zeros(diameters, circles)[-1]) / self.radius_m
        dragged = 2.0 * AIR_KG_PER_M3 / per_m
        return float(per_m * np.sqrt(self.n_per_m / (self.kg_per_m2 + dragged)) / (2.0 * np.pi))


GREAT = Skin(radius_m=0.55, kg_per_m2=1.6, n_per_m=9_600.0, stretches=0.045)


def drum(rng: np.random.Generator, skin: Skin, *, speed_m_per_s: float, at_radius: float, seconds: float) -> Signal:
    """One stroke (n,) at a share of the radius: modes move as far as their shape does there.

    A hard stroke stretches the skin, and until it has calmed all modes are higher. Two skins share one barrel of air,
    so that the lowest mode is two; uneven tension makes two of each with a diameter.
    """
    hz, gain, t60_s = [], [], []
    for diameters in range(14):
        for circles in range(1, 8):
            zero = float(jn_zeros(diameters, circles)[-1])
            shape = float(jv(diameters, zero * at_radius)) / abs(float(jv(diameters + 1, zero)))
            own_hz = skin.hz(diameters, circles)
            lasting_s = 1.5 * (own_hz / 65.0) ** -0.55 * (0.75 if diameters == 0 else 1.0)
            pair = ((1.0, 0.75), (1.31, 0.25)) if (diameters, circles) == (0, 1) else ((0.996, 0.6), (1.004, 0.4))
            for apart, share in pair:
                hz.append(own_hz * apart)
                gain.append(share * shape * zero**-0.4)
                t60_s.append(lasting_s)
    n = frames(seconds)
    bend = np.sqrt(1.0 + skin.stretches * speed_m_per_s**2 * decay(n, 0.45))
    phase = rng.normal(0.0, 0.5, len(hz))
    rung = bent_modes(np.array(hz), np.array(t60_s), np.array(gain), phase, bend)
    push = STICK.force(speed_m_per_s)
    slap = band(rng.standard_normal(n), 700.0, 5_000.0, order=1) * decay(n, 0.05)
    heard = fftconvolve(rung, push)[:n] + 0.09 * speed_m_per_s**1.3 * slap
    heard += 0.5 * resonant(heard, 190.0, 40.0)  # the barrel
    return np.asarray(heard)


BAR = np.array([3.0112, 5.0, 7.0, 9.0, 11.0, 13.0]) ** 2 / 3.0112**2
"""Modes of a free bar that bends, over the lowest."""


@dataclass(frozen=True, slots=True)
class Block:
    """A hard wood block, hollowed out below: a bar on top, tuned to a MIDI pitch, and the air in it."""

    pitch: float
    thickness: float = 0.12
    """Over its length: a thick bar also shears and turns, which brings its higher modes down."""
    q: float = 42.0

    def modes_hz(self) -> Signal:
        """Of the bar."""
        along = np.array([3.0112, 5.0, 7.0, 9.0, 11.0, 13.0]) * np.pi / 2.0 * self.thickness
        thick = np.sqrt(1.0 + 0.35 * along**2)
        return np.asarray(hz_of(self.pitch) * BAR * thick[0] / thick)

    def struck(self, rng: np.random.Generator, speed_m_per_s: float) -> Signal:
        """Sound (n,) of one stroke; a wood mode dies within so many of its periods."""
        hz = self.modes_hz()
        gain = np.array([1.0, 0.4, 0.3, 0.2, 0.15, 0.1]) * rng.uniform(0.7, 1.3, len(hz))
        rung = modes(hz, 2.2 * self.q / hz, gain, rng.uniform(0.0, 2.0 * np.pi, len(hz)), 0.4)
        struck = fftconvolve(rung, BEATER.force(speed_m_per_s))[: len(rung)]
        return np.asarray(struck + 0.8 * resonant(struck, 0.93 * float(hz[0]), 0.06 * float(hz[0])))


def taken(rng: np.random.Generator, dry: Signal, *, distance_m: float, rt60_s: float, room_db: float, peak_db: float,
          quiet_db: float, size_m: float = 4.0) -> Signal:  # fmt: skip
    """What one microphone keeps (n, 1)."""
    room = place(rng, rt60_s, size_m=size_m, high_hz=3_000.0)
    heard = levelled(recorded(dry, room, distance_m=distance_m, room_db=room_db)[:, :1], peak_db)
    return heard + background(rng, len(dry), level_db=quiet_db)


def _strokes(rng: np.random.Generator, strokes: tuple[tuple[float, float], ...], every_s: float) -> Signal:
    """A stroke of the great drum (n,) for each (speed, share of the radius)."""
    sounds = [(0.8 + every_s * n, drum(rng, GREAT, speed_m_per_s=speed, at_radius=at, seconds=every_s))
              for n, (speed, at) in enumerate(strokes)]  # fmt: skip
    return laid_out(0.8 + every_s * len(strokes), sounds)


def _near(rng: np.random.Generator) -> Signal:
    dry = _strokes(rng, ((2.0, 0.3), (0.6, 0.3), (3.2, 0.25), (1.2, 0.4), (2.4, 0.6), (4.0, 0.28)), 3.4)
    return taken(rng, dry, distance_m=1.5, rt60_s=0.6, room_db=-20.0, peak_db=-4.0, quiet_db=-66.0)


def _far(rng: np.random.Generator) -> Signal:
    dry = _strokes(rng, ((3.5, 0.3), (2.5, 0.3), (4.0, 0.25), (1.8, 0.35)), 4.5)
    return taken(rng, dry, distance_m=28.0, rt60_s=1.9, room_db=-27.0, peak_db=-12.0, quiet_db=-64.0, size_m=14.0)


def _blocks(rng: np.random.Generator) -> Signal:
    sounds = []
    for n, pitch in enumerate((72.0, 76.0, 79.0, 84.0, 88.0)):
        sounds.append((0.6 + 1.2 * n, Block(pitch).struck(rng, float(rng.uniform(1.0, 2.0)))))
    at_s = 7.4
    for n in range(22):  # a roll that gathers speed, on the middle one
        sounds.append((at_s, Block(79.0).struck(rng, 0.5 + 0.06 * n)))
        at_s += max(0.34 * 0.88**n, 0.055)
    for n, pitch in enumerate((72.0, 72.0, 79.0, 72.0, 84.0, 79.0, 72.0)):
        sounds.append((at_s + 1.0 + 0.4 * n, Block(pitch).struck(rng, float(rng.uniform(1.2, 2.0)))))
    dry = laid_out(at_s + 5.0, sounds)
    return taken(rng, dry, distance_m=0.9, rt60_s=0.25, room_db=-22.0, peak_db=-6.0, quiet_db=-68.0)


TAKES: tuple[Take, ...] = (
    Take("drum_great", {"en": "Great drum", "zh": "大鼓"}, "PM-DRUM-01", "Drum tower", ("drum.great",), _near),
    Take("drum_great_far", {"en": "Great drum across the court", "zh": "隔院大鼓"}, "PM-DRUM-01", "Main court",
         ("drum.great",), _far),
    Take("wood_block", {"en": "Wood blocks, single strokes, a roll, a rhythm", "zh": "梆子"}, "PM-WOOD-01", "Side hall",
         ("wood_block",), _blocks),
)  # fmt: skip
