"""Wind: gusts, under the eaves, through a crack, in trees.

A speed that gusts is drawn first; everything heard follows it. Broad noise is turbulence on things of some size: its
power goes as the sixth power of the speed (Curle, Proc. R. Soc. A 231, 1955) and its knee lies at speed over size. A
thin edge sheds vortices at f = St u / d with St near 0.2 (Strouhal 1878), a dipole as well.
"""

from __future__ import annotations

import numpy as np

from recordings.models.blocks import background, band, below, frames, handling, resonant, wandering
from recordings.take import RATE_HZ, Signal, Take

STROUHAL = 0.2
BANDS_PER_OCTAVE = 2
LOWEST_HZ, HIGHEST_HZ = 35.0, 18_000.0


def gusting(rng: np.random.Generator, seconds: float, *, mean_m_per_s: float, intensity: float,
            gust_s: float) -> Signal:  # fmt: skip
    """Speed (n,) in m/s: a gust about every `gust_s`, smaller ones in it; `intensity` is deviation over mean.

    At a point each octave of turbulence has 2^(-1/3) of the one below (Kolmogorov's f^(-5/3)); what is heard together
    comes from a larger place, in which small gusts cancel, so that 2^(-2/3) is left.
    """
    n = frames(seconds)
    swing = np.zeros(n)
    for octave in range(6):
        swing += 2.0 ** (-2.0 * octave / 3.0) * wandering(rng, n, times_per_s=2.0**octave / gust_s)
    swing = (swing - swing.mean()) / swing.std()
    return np.asarray(mean_m_per_s * np.maximum(1.0 + intensity * swing, 0.3))


def turbulence(rng: np.random.Generator, speed: Signal, *, size_m: float, fall_db: float) -> Signal:
    """Noise (n,) of wind that tumbles over things of a size; above its knee it falls by `fall_db` an octave.

    Drawn band by band, so that a gust is not only louder but also brighter; each band has its own small eddies.
    """
    n = len(speed)
    size = 1 << (n - 1).bit_length()
    spectrum = np.fft.rfft(rng.standard_normal(size))
    hz = np.maximum(np.fft.rfftfreq(size, 1.0 / RATE_HZ), 1.0)
    above = BANDS_PER_OCTAVE * np.log2(hz / LOWEST_HZ)
    knee_hz = speed / size_m
    total = np.zeros(n)
    for number in range(int(BANDS_PER_OCTAVE * np.log2(HIGHEST_HZ / LOWEST_HZ)) + 1):
        middle_hz = LOWEST_HZ * 2.0 ** (number / BANDS_PER_OCTAVE)
        line = np.fft.irfft(spectrum * (0.5 + 0.5 * np.cos(np.pi * np.clip(above - number, -1.0, 1.0))))[:n]
        eddies = 0.7 + 0.6 * wandering(rng, n, times_per_s=float(np.clip(middle_hz / 60.0, 0.7, 5.0)))
        level = speed**3 / np.sqrt(knee_hz) * (1.0 + (middle_hz / knee_hz) ** 2) ** (-fall_db / 12.04)
        total += eddies * level * line
    return np.asarray(total / np.sqrt(np.mean(total**2)))


def shedding(rng: np.random.Generator, speed: Signal, *, thickness_m: float, sharpness: float) -> Signal:
    """Aeolian tone (n,) of an edge: a narrow noise around f = St u / d and a weak octave; `sharpness` is f / width."""
    hz = STROUHAL * speed / thickness_m
    phase = 2.0 * np.pi * np.cumsum(hz) / RATE_HZ
    half_width_hz = float(hz.mean()) / sharpness / 2.0
    real, imaginary, octave = (below(rng.standard_normal(len(hz)), half_width_hz, order=2) for _ in range(3))
    tone = real * np.cos(phase) - imaginary * np.sin(phase) + 0.2 * octave * np.cos(2.0 * phase)
    return np.asarray((speed / speed.mean()) ** 3 * tone / np.sqrt(np.mean(tone**2)))


def rustle(rng: np.random.Generator, speed: Signal, *, per_s: float, low_hz: float, high_hz: float) -> Signal:
    """Leaves (n,) that strike each other `per_s` times a second at the mean speed, more often and harder in a gust.

    What they radiate lies between two frequencies (Fégeant, Applied Acoustics 56, 1999, finds 2 to 8 kHz).
    """
    share = 1.0 + below(speed / speed.mean() - 1.0, 0.5)  # a branch takes its time to follow
    strikes = rng.uniform(size=len(speed)) < per_s / RATE_HZ * share**2
    hits = strikes * rng.standard_normal(len(speed)) * rng.lognormal(0.0, 0.6, len(speed)) * share**1.5
    heard = band(hits, low_hz, high_hz, order=1)
    return np.asarray(heard / np.sqrt(np.mean(heard**2)))


def later(speed: Signal, late_s: float) -> Signal:
    """The same wind where it arrives later (n,)."""
    n = frames(late_s)
    return np.concatenate([np.full(n, speed[0]), speed[: len(speed) - n]])


def taken(rng: np.random.Generator, wind: Signal, *, level_db: float, reach_hz: float, quiet_db: float) -> Signal:
    """What the recorder keeps (n, 1): the wind at a level in dB RMS, dulled by the air above `reach_hz`."""
    heard = below(wind, reach_hz, order=2)
    heard *= 10.0 ** (level_db / 20.0) / np.sqrt(np.mean(heard**2))
    return np.asarray(heard[:, None] + background(rng, len(heard), level_db=quiet_db))


def _gusts(rng: np.random.Generator) -> Signal:
    speed = gusting(rng, 23.0, mean_m_per_s=6.0, intensity=0.09, gust_s=6.0)
    wind = turbulence(rng, speed, size_m=0.15, fall_db=7.0)
    return taken(rng, wind, level_db=-33.5, reach_hz=6_000.0, quiet_db=-66.0)


def _gusts_strong(rng: np.random.Generator) -> Signal:
    speed = gusting(rng, 21.0, mean_m_per_s=13.0, intensity=0.11, gust_s=4.5)
    wind = turbulence(rng, speed, size_m=0.2, fall_db=6.5)
    wind += 0.12 * shedding(rng, speed, thickness_m=0.006, sharpness=6.0)
    return taken(rng, wind, level_db=-29.0, reach_hz=5_000.0, quiet_db=-64.0)


def _handled(rng: np.random.Generator) -> Signal:
    speed = gusting(rng, 20.0, mean_m_per_s=5.0, intensity=0.1, gust_s=5.0)
    wind = turbulence(rng, speed, size_m=0.12, fall_db=7.0)
    heard = taken(rng, wind, level_db=-34.0, reach_hz=5_000.0, quiet_db=-66.0)
    return heard + handling(rng, len(heard), (2.7, 3.4, 9.1, 14.6, 15.2), level_db=-12.0)


def _eaves(rng: np.random.Generator) -> Signal:
    speed = gusting(rng, 24.0, mean_m_per_s=8.0, intensity=0.11, gust_s=6.0)
    wind = turbulence(rng, speed, size_m=0.15, fall_db=7.5)
    for thickness_m, amount in ((0.011, 0.45), (0.0052, 0.5), (0.0034, 0.25)):  # tile, batten, gutter rim
        local = speed * (0.94 + 0.12 * wandering(rng, len(speed), times_per_s=0.8))
        wind += amount * shedding(rng, local, thickness_m=thickness_m, sharpness=9.0)
    wind += 0.6 * (resonant(wind, 215.0, 60.0) + resonant(wind, 440.0, 110.0))  # the hollow behind the eaves board
    return taken(rng, wind, level_db=-32.0, reach_hz=4_500.0, quiet_db=-66.0)


def _crack(rng: np.random.Generator) -> Signal:
    speed = gusting(rng, 24.0, mean_m_per_s=9.0, intensity=0.1, gust_s=5.0)
    sings = 1.0 / (1.0 + np.exp(-(speed - 8.2) / 0.5))  # below a speed the jet does not lock
    held = np.sqrt(speed * speed.mean())  # the air in the crack holds the pitch half back
    whistle = sings * shedding(rng, held, thickness_m=0.0023, sharpness=60.0)
    whistle += 0.2 * sings * shedding(rng, 1.03 * held, thickness_m=0.0016, sharpness=50.0)
    whistle += 0.8 * (resonant(whistle, 760.0, 120.0) + resonant(whistle, 1_180.0, 160.0))  # the room behind the door
    wind = turbulence(rng, speed, size_m=0.15, fall_db=8.0) + 0.12 * turbulence(rng, speed, size_m=0.006, fall_db=9.0)
    return taken(rng, wind + 0.7 * whistle, level_db=-34.0, reach_hz=4_000.0, quiet_db=-68.0)


def _trees(rng: np.random.Generator) -> Signal:
    speed = gusting(rng, 20.0, mean_m_per_s=6.0, intensity=0.13, gust_s=5.0)
    wind = turbulence(rng, speed, size_m=0.2, fall_db=7.0)
    for late_s, amount in ((0.0, 0.3), (0.9, 0.2), (1.7, 0.15)):  # a gust goes from tree to tree
        wind += amount * rustle(rng, later(speed, late_s), per_s=2_500.0, low_hz=1_800.0, high_hz=5_500.0)
    return taken(rng, wind, level_db=-38.0, reach_hz=6_500.0, quiet_db=-68.0)


def _trees_far(rng: np.random.Generator) -> Signal:
    speed = gusting(rng, 22.0, mean_m_per_s=5.0, intensity=0.13, gust_s=7.0)
    wind = turbulence(rng, speed, size_m=0.1, fall_db=6.0)
    for late_s, amount in ((0.0, 0.3), (1.4, 0.3), (2.6, 0.3), (4.1, 0.3)):
        wind += amount * rustle(rng, later(speed, late_s), per_s=9_000.0, low_hz=900.0, high_hz=2_600.0)
    return taken(rng, wind, level_db=-39.0, reach_hz=2_600.0, quiet_db=-64.0)


TAKES: tuple[Take, ...] = (
    Take("wind_gusts", {"en": "Wind over the open court", "zh": "空院阵风"}, "PM-WIND-01", "North court",
         ("wind", "wind.gust"), _gusts),
    Take("wind_gusts_strong", {"en": "Storm wind on the wall", "zh": "城墙狂风"}, "PM-WIND-02", "City wall",
         ("wind", "wind.gust", "wind.storm"), _gusts_strong),
    Take("wind_eaves", {"en": "Wind under the eaves", "zh": "檐下风"}, "PM-WIND-03", "Main hall, south eaves",
         ("wind", "wind.eaves"), _eaves),
    Take("wind_crack", {"en": "Wind through the crack of a door", "zh": "门缝风"}, "PM-WIND-04", "Gatehouse, inside",
         ("wind", "wind.crack"), _crack),
    Take("wind_trees", {"en": "Wind in the courtyard trees", "zh": "庭树风声"}, "PM-WIND-05", "Cypress court",
         ("wind", "wind.trees"), _trees),
    Take("wind_trees_far", {"en": "Wind in a wood across the moat", "zh": "隔河林风"}, "PM-WIND-06", "Moat, outer bank",
         ("wind", "wind.trees"), _trees_far),
    Take("wind_handled", {"en": "Wind, with a hand on the microphone", "zh": "手持话筒的风声"}, "PM-WIND-07",
         "North court", ("wind", "wind.gust", "wind.handling"), _handled, faults=("handling",)),
)  # fmt: skip
