"""Struck bronze and stone: bells with two strike tones, stone chimes, gongs that bloom and gongs that glide.

A body is a sum of its modes; a mallet gives them the spectrum of its push, and each mode takes of it what its shape
has at the place struck (Fletcher and Rossing, The Physics of Musical Instruments, chapters 3, 20 and 21).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.polynomial import legendre
from scipy.linalg import eigh, solve_banded
from scipy.signal import fftconvolve

from recordings.models.blocks import (
    Mallet,
    background,
    bent_modes,
    frames,
    laid_out,
    levelled,
    modes,
    place,
    recorded,
)
from recordings.models.strings import hz_of
from recordings.take import RATE_HZ, Signal, Take
from soundscape.compiled import kernel

BEAM = Mallet(0.0032, 2.2)
"""A hung beam of soft wood, drawn back and let go against a temple bell."""
POLE = Mallet(0.0018, 1.9)
"""The end of a long pole, for large bells."""
HAMMER = Mallet(0.0008, 1.7)
"""A small wooden hammer, for small bells and stones."""
FELT = Mallet(0.011, 2.6)
"""A heavy wound head, for the great gong."""
PADDED = Mallet(0.0008, 2.2)
"""The cloth-wound stick of a large opera gong."""
SLAT = Mallet(0.0004, 1.6)
"""The edge of a thin board, for a small opera gong."""


@dataclass(frozen=True, slots=True)
class Modes:
    """What rings: one number a mode in each (n,)."""

    hz: Signal
    t60_s: Signal
    gain: Signal
    phase_rad: Signal

    def struck(self, mallet: Mallet, speed_m_per_s: float, seconds: float) -> Signal:
        """Sound (n,) of one stroke."""
        total = np.zeros(frames(seconds))
        for chosen in (self.t60_s > 0.4 * seconds, self.t60_s <= 0.4 * seconds):
            lasting_s = min(seconds, 1.3 * float(self.t60_s[chosen].max(initial=0.01)))
            part = modes(self.hz[chosen], self.t60_s[chosen], self.gain[chosen], self.phase_rad[chosen], lasting_s)
            total[: len(part)] += part
        heard: Signal = fftconvolve(total, mallet.force(speed_m_per_s))[: len(total)]
        end = min(len(heard), frames(0.1))
        heard[-end:] *= np.linspace(1.0, 0.0, end)
        return heard


def ring_ratio(waves: Signal, softness: float) -> Signal:
    """Frequencies of a ring that bends with so many waves round it, over that with two.

    m (m^2 - 1) / sqrt(m^2 + 1) for a thin one (Rayleigh, The Theory of Sound, section 233); a wall that also shears
    lowers the higher ones, by `softness`.
    """
    thin = waves * (waves**2 - 1.0) / np.sqrt(waves**2 + 1.0) / (6.0 / np.sqrt(5.0))
    return np.asarray(thin / np.sqrt(1.0 + softness * (waves**2 - 4.0)))


def temple_bell(rng: np.random.Generator, hz: float, *, beat_hz: float, t60_s: float) -> Modes:
    """A great round bell whose lowest mode lies at `hz` and beats at `beat_hz`.

    No cast wall is quite even, so that each mode is two, at right angles to each other, a little apart: the warble
    that casters of temple bells are proud of. The stroke lies between the nodes of both.
    """
    hzs, t60s, gains = [], [], []
    waves = np.arange(2.0, 13.0)
    for nodal, stiff, share in ((0, 0.0, 1.0), (1, 3.4, 0.35), (2, 7.5, 0.2)):
        ratio = np.sqrt(ring_ratio(waves, 0.045) ** 2 + stiff**2)
        for m, middle in zip(waves, ratio, strict=True):
            is_lowest = nodal == 0 and m == 2
            apart_hz = beat_hz if is_lowest else beat_hz * float(rng.uniform(0.7, 2.2)) * middle**0.5
            angle = np.radians(float(rng.uniform(25.0, 35.0)) if m < 4 else float(rng.uniform(15.0, 75.0)))
            for side, part in ((-0.5, np.cos(angle)), (0.5, np.sin(angle))):
                hzs.append(hz * middle + side * apart_hz)
                gains.append(share * part**2 * (1.0 if is_lowest else 0.65 * (m / 2.0) ** -0.3))
                t60s.append(t60_s * middle**-0.85 * float(rng.uniform(0.9, 1.1)) if not is_lowest else t60_s)
    return Modes(np.array(hzs), np.array(t60s), np.array(gains), rng.uniform(0.0, 2.0 * np.pi, len(hzs)))


SUI_DEG, GU_DEG = 0.0, 45.0
"""Places of a stroke on the lip, from the middle of the front: there, and half-way to the edge."""


def two_tone_bell(rng: np.random.Generator, sui: float, gu: float, *, at_deg: float) -> Modes:
    """An almond-shaped bell struck at a place on its lip; `sui` and `gu` are the MIDI pitches of its two tones.

    Its edges take from each mode of a round bell its freedom to turn, which leaves one that has an antinode in the
    middle of the front, and one that has a node there (Rossing, Hampton, Richardson, Sathoff and Lehr, JASA 83, 1988;
    Shen, Scientific American 256(4), 1987): the higher the mode, the closer the two. Modes above the lowest follow
    Chladni's law, (m + 2 n) to a power. Bosses and the open, flattened mouth make them all short.
    """
    apart = hz_of(gu) / hz_of(sui)
    lowest_hz = hz_of(sui)
    t60_s = 3.2 * (lowest_hz / 130.0) ** -0.5
    hzs, t60s, gains = [], [], []
    for nodal, share in ((0, 1.0), (1, 0.3)):
        for m in range(2, 9):
            order = (m + 2 * nodal) / 2.0
            hz = lowest_hz * order**1.3 * (1.0 if order == 1.0 else float(rng.uniform(0.985, 1.015)))
            around = np.radians(at_deg + float(rng.normal(0.0, 0.8))) * m
            for part, split in ((np.cos(around), 1.0), (np.sin(around), apart ** (order**-2.5))):
                hzs.append(hz * split)
                gains.append(share * part * order**-0.6)
                t60s.append(t60_s * (hz / lowest_hz) ** -0.8)
    return Modes(np.array(hzs), np.array(t60s), np.array(gains), rng.uniform(0.0, 2.0 * np.pi, len(hzs)))


@cache
def stone_plate(at: tuple[float, float] = (0.88, 0.6)) -> tuple[Signal, Signal]:
    """Modes of a bent stone: frequencies over the lowest, and how far each moves `at` shares of the long arm.

    Its measures are those the Kaogongji gives the makers of chimes: two arms at one right angle and a half, one 2 long
    and 1 broad, the one that is struck 3 long and two thirds broad. A thin free plate of that outline bends as the
    method of Ritz says, here with products of Legendre polynomials (its energy: Leissa, Vibration of Plates, 1969).
    """
    half = np.radians(67.5)
    grid = np.meshgrid(np.arange(-2.6, 3.2, 0.025), np.arange(-2.2, 0.2, 0.025))
    x, y = (line.ravel() for line in grid)
    inside = np.zeros(len(x), bool)
    for side, length, breadth in ((-1.0, 2.0, 1.0), (1.0, 3.0, 2.0 / 3.0)):
        along = side * np.sin(half) * x - np.cos(half) * y
        across = -side * np.cos(half) * x - np.sin(half) * y
        inside |= (along >= 0.0) & (along <= length) & (across >= 0.0) & (across <= breadth)
    along_m, across_m = 3.0 * at[0], 2.0 / 3.0 * at[1]
    x = np.append(x[inside], np.sin(half) * along_m - np.cos(half) * across_m)
    y = np.append(y[inside], -np.cos(half) * along_m - np.sin(half) * across_m)
    degree, poisson = 10, 0.25
    orders = [(i, j) for i in range(degree + 1) for j in range(degree + 1 - i)]

    def bent(line: Signal, times: int) -> Signal:
        reach = 0.5 * float(np.ptp(line))
        scaled = (line - line.min()) / reach - 1.0
        every = [legendre.legval(scaled, legendre.legder(row, times)) for row in np.eye(degree + 1)]
        return np.stack(every) / reach**times

    xs, ys = ([bent(line, times) for times in range(3)] for line in (x, y))
    flat, by_xx, by_yy, by_xy = (
        np.stack([xs[a][i] * ys[b][j] for i, j in orders]) for a, b in ((0, 0), (2, 0), (0, 2), (1, 1))
    )
    crossed = by_xx @ by_yy.T
    stiffness = by_xx @ by_xx.T + by_yy @ by_yy.T + poisson * (crossed + crossed.T)
    stiffness += 2.0 * (1.0 - poisson) * by_xy @ by_xy.T
    squared, shapes = eigh(stiffness, flat @ flat.T)
    rigid, kept = 3, 16
    hz = np.sqrt(squared[rigid : rigid + kept])
    moved = np.abs(flat[:, -1] @ shapes[:, rigid : rigid + kept])
    return np.round(hz / hz[0], 4), np.round(moved / moved[0], 3)


def stone(rng: np.random.Generator, pitch: float) -> Modes:
    """A stone chime struck near the end of its long arm; limestone loses about one part in 450 each radian."""
    ratio, moved = stone_plate()
    hz = hz_of(pitch) * ratio * np.where(ratio > 1.0, rng.uniform(0.985, 1.015, len(ratio)), 1.0)
    t60_s = 2.2 * 450.0 / hz * (1.0 + (hz / 5_000.0) ** 2) ** -0.5
    return Modes(hz, np.minimum(t60_s, 1.3), moved * ratio**-0.1, rng.uniform(0.0, 2.0 * np.pi, len(hz)))


BLOOM_CELL_HZ, BLOOM_STEP_S = 50.0, 0.01


def bloom(strokes: tuple[tuple[float, float], ...], seconds: float) -> Signal:
    """Energy density (n_steps, n_cells) over time and frequency of a plate struck at (second, speed in m/s).

    A stroke moves a thin plate so far that it stretches, and its modes hand energy on to higher ones, the faster the
    harder it was struck: diffusion over frequency, of strength f E^2, less the losses (Humbert, Josserand, Touzé and
    Cadot, Physica D 316, 2016; of gongs and cymbals, Chaigne, Touzé and Thomas, Acoustical Science and Technology 26,
    2005).
    """
    hz = BLOOM_CELL_HZ * (np.arange(220) + 0.5)
    edge_hz = BLOOM_CELL_HZ * np.arange(1, len(hz))
    loses = 13.8 / (26.0 / (1.0 + (hz / 2_200.0) ** 1.2))
    mallet = {speed: np.abs(np.fft.rfft(FELT.force(speed), 2 * round(0.5 * RATE_HZ / BLOOM_CELL_HZ))) ** 2
              for _, speed in strokes}  # fmt: skip
    energy = np.full(len(hz), 1e-9)
    kept = np.empty((round(seconds / BLOOM_STEP_S), len(hz)))
    waiting = {round(at_s / BLOOM_STEP_S): speed for at_s, speed in strokes}
    for step in range(len(kept)):
        if step in waiting:
            energy = energy + mallet[waiting[step]][: len(hz)] / (1.0 + (hz / 260.0) ** 4)
        hands_on = 3.0e6 * edge_hz / 1_000.0 * (0.5 * (energy[1:] + energy[:-1])) ** 2
        flow = BLOOM_STEP_S / BLOOM_CELL_HZ**2 * hands_on * 100.0
        bands = np.zeros((3, len(hz)))
        bands[0, 1:], bands[2, :-1] = -flow, -flow
        bands[1] = 1.0 + BLOOM_STEP_S * loses
        bands[1, :-1] += flow
        bands[1, 1:] += flow
        energy = solve_banded((1, 1), bands, energy)
        kept[step] = energy
    return kept


@kernel
def _sum_of_lines(turn: Signal, start: Signal, level: Signal, hop: int, out: Signal) -> None:
    """Sines that advance by `turn` radians a frame; `level` (n_steps, n_lines) holds their amplitudes every `hop`."""
    for line in range(len(turn)):
        real, imaginary = np.cos(start[line]), np.sin(start[line])
        cos, sin = np.cos(turn[line]), np.sin(turn[line])
        for step in range(level.shape[0] - 1):
            gain = level[step, line]
            slope = (level[step + 1, line] - gain) / hop
            for n in range(step * hop, step * hop + hop):
                out[n] += gain * imaginary
                gain += slope
                real, imaginary = cos * real - sin * imaginary, sin * real + cos * imaginary


def great_gong(rng: np.random.Generator, strokes: tuple[tuple[float, float], ...], seconds: float) -> Signal:
    """A gong as tall as a man (n,), struck at each (second, speed in m/s): modes a dozen hertz apart."""
    hz = 62.0 + np.cumsum(rng.uniform(3.0, 25.0, 620))
    hz = hz[hz < 8_500.0]
    energy = bloom(strokes, seconds)
    cells = np.minimum(hz / BLOOM_CELL_HZ - 0.5, energy.shape[1] - 2.0)
    cells = np.maximum(cells, 0.0)
    left = cells.astype(np.int64)
    share = cells - left
    density = energy[:, left] * (1.0 - share) + energy[:, left + 1] * share
    level = np.sqrt(density) * rng.rayleigh(0.8, len(hz)) * (1.0 + (90.0 / hz) ** 4) ** -0.5
    hop = round(BLOOM_STEP_S * RATE_HZ)
    out = np.zeros(len(level) * hop)
    _sum_of_lines(2.0 * np.pi * hz / RATE_HZ, rng.uniform(0.0, 2.0 * np.pi, len(hz)), np.ascontiguousarray(level), hop,
                  out)  # fmt: skip
    return out


@dataclass(frozen=True, slots=True)
class OperaGong:
    """A gong whose pitch at a full stroke begins `glide_cents` above where it comes to rest, or below.

    The flat face of the large one stiffens as it stretches, so that it falls; the small one's is a shallow dome, which
    is softer the farther it moves, so that it rises (Fletcher, JASA 78, 1985; Rossing and Fletcher, JASA 73, 1983).
    """

    hz: float
    glide_cents: float
    t60_s: float
    mallet: Mallet

    def struck(self, rng: np.random.Generator, force: float, seconds: float) -> Signal:
        """Sound (n,) of a stroke; force 1 is full, and the shift goes with the square of how far the face moves."""
        n = frames(seconds)
        moved = force * np.exp(-6.91 * np.arange(n) / (self.t60_s * RATE_HZ))
        bend = 1.0 + (2.0 ** (self.glide_cents / 1200.0) - 1.0) * moved**2
        ratio = np.array([1.0, 1.47, 1.68, 1.96, 2.44, 2.83, 3.31, 3.77, 4.35, 5.02, 5.8, 6.7, 7.9, 9.1])
        ratio[1:] *= rng.uniform(0.985, 1.015, len(ratio) - 1)
        gain = 0.6 * ratio**-0.8 * rng.uniform(0.5, 1.0, len(ratio))
        gain[0] = 1.0
        t60_s = self.t60_s * ratio**-0.9
        phase = rng.uniform(0.0, 2.0 * np.pi, len(ratio))
        rung = bent_modes(self.hz * ratio, t60_s, gain, phase, bend)
        return np.asarray(fftconvolve(rung, self.mallet.force(1.0 + 2.0 * force))[:n] * force)


def taken(rng: np.random.Generator, dry: Signal, *, distance_m: float, rt60_s: float, room_db: float, peak_db: float,
          quiet_db: float, size_m: float = 4.0) -> Signal:  # fmt: skip
    """What one microphone near the object keeps (n, 1)."""
    room = place(rng, rt60_s, size_m=size_m, high_hz=3_000.0)
    heard = levelled(recorded(dry, room, distance_m=distance_m, room_db=room_db)[:, :1], peak_db)
    return heard + background(rng, len(dry), level_db=quiet_db)


def _temple(rng: np.random.Generator) -> Signal:
    bell = temple_bell(rng, 110.0, beat_hz=1.1, t60_s=11.0)
    sounds = [(1.0 + 14.0 * n, bell.struck(BEAM, speed, 13.8)) for n, speed in enumerate((1.0, 0.45, 1.6, 0.7))]
    return taken(rng, laid_out(57.0, sounds), distance_m=3.0, rt60_s=1.2, room_db=-18.0, peak_db=-5.0, quiet_db=-66.0)


def _bronze(rng: np.random.Generator, bells: tuple[tuple[float, float], ...], mallet: Mallet, every_s: float,
            peak_db: float) -> Signal:  # fmt: skip
    """Each bell at the sui, then at the gu."""
    sounds: list[tuple[float, Signal]] = []
    for sui, gu in bells:
        bell = np.random.default_rng([312, round(sui)])  # the same bell for both strokes
        state = bell.bit_generator.state
        for at_deg in (SUI_DEG, GU_DEG):
            bell.bit_generator.state = state
            rung = two_tone_bell(bell, sui, gu, at_deg=at_deg)
            sounds.append((0.8 + every_s * len(sounds), rung.struck(mallet, float(rng.uniform(0.8, 1.5)), every_s)))
    dry = laid_out(0.8 + every_s * len(sounds), sounds)
    return taken(rng, dry, distance_m=1.2, rt60_s=0.5, room_db=-20.0, peak_db=peak_db, quiet_db=-68.0)


def _bronze_low(rng: np.random.Generator) -> Signal:
    return _bronze(rng, ((48.0, 51.0), (53.0, 57.0), (57.0, 60.0)), POLE, 4.2, -6.0)


def _bronze_middle(rng: np.random.Generator) -> Signal:
    return _bronze(rng, ((60.0, 64.0), (64.0, 67.0), (67.0, 71.0), (71.0, 74.0)), HAMMER, 3.2, -7.0)


def _bronze_high(rng: np.random.Generator) -> Signal:
    return _bronze(rng, ((72.0, 76.0), (76.0, 79.0), (79.0, 83.0), (81.0, 84.0)), HAMMER, 2.6, -8.0)


STONES = (67.0, 69.0, 72.0, 74.0, 79.0, 84.0, 88.0, 91.0)


def _stone(rng: np.random.Generator) -> Signal:
    sounds = [(0.8 + 2.2 * n, stone(rng, pitch).struck(HAMMER, float(rng.uniform(0.8, 1.4)), 2.1))
              for n, pitch in enumerate(STONES)]  # fmt: skip
    dry = laid_out(0.8 + 2.2 * len(STONES), sounds)
    return taken(rng, dry, distance_m=1.0, rt60_s=0.35, room_db=-22.0, peak_db=-7.0, quiet_db=-68.0)


def _great_gong(rng: np.random.Generator) -> Signal:
    dry = great_gong(rng, ((1.0, 1.0), (16.0, 1.9), (34.0, 0.6)), 50.0)
    fade = frames(0.3)
    dry[-fade:] *= np.linspace(1.0, 0.0, fade) ** 2
    return taken(rng, dry, distance_m=2.5, rt60_s=1.4, room_db=-20.0, peak_db=-5.0, quiet_db=-66.0, size_m=8.0)


LARGE = OperaGong(310.0, 330.0, 3.2, PADDED)
SMALL = OperaGong(640.0, -230.0, 1.7, SLAT)


def _opera(rng: np.random.Generator) -> Signal:
    strokes = ((LARGE, 0.9, 4.6), (LARGE, 0.6, 4.4), (LARGE, 1.0, 4.6), (SMALL, 1.0, 3.0), (SMALL, 0.6, 3.0),
               (SMALL, 0.85, 3.0))  # fmt: skip
    sounds, at_s = [], 0.8
    for gong, force, every_s in strokes:
        sounds.append((at_s, gong.struck(rng, force, every_s - 0.1)))
        at_s += every_s
    dry = laid_out(at_s, sounds)
    return taken(rng, dry, distance_m=1.5, rt60_s=0.5, room_db=-20.0, peak_db=-5.0, quiet_db=-67.0)


TAKES: tuple[Take, ...] = (
    Take("bell_temple", {"en": "Great temple bell", "zh": "古刹大钟"}, "PM-BELL-01", "Bell tower",
         ("bell.bronze",), _temple),
    Take("bell_bronze_low", {"en": "Bianzhong, large bells, sui and gu", "zh": "编钟（低）正鼓侧鼓"}, "PM-BELL-02",
         "Hall of bronzes", ("bell.bronze",), _bronze_low),
    Take("bell_bronze_middle", {"en": "Bianzhong, middle row, sui and gu", "zh": "编钟（中）正鼓侧鼓"}, "PM-BELL-02",
         "Hall of bronzes", ("bell.bronze",), _bronze_middle),
    Take("bell_bronze_high", {"en": "Bianzhong, small bells, sui and gu", "zh": "编钟（高）正鼓侧鼓"}, "PM-BELL-02",
         "Hall of bronzes", ("bell.bronze",), _bronze_high),
    Take("chime_stone", {"en": "Stone chimes", "zh": "编磬"}, "PM-CHIME-01", "Hall of bronzes",
         ("chime.stone",), _stone),
    Take("gong_great", {"en": "Great gong", "zh": "大抄锣"}, "PM-GONG-01", "Main hall", ("gong",), _great_gong),
    Take("gong_opera", {"en": "Opera gongs, large and small", "zh": "京剧大锣小锣"}, "PM-GONG-02", "Theatre stage",
         ("gong.opera",), _opera),
)  # fmt: skip
