"""Plucked silk: a guqin's open and stopped notes, and its slides.

A string is a delay line that is fed back through what it loses (Karplus and Strong's string as extended by Jaffe and
Smith, Computer Music Journal 7(2), 1983): a low-pass for the losses, allpasses for stiffness, a fractional delay for
the pitch, a comb for the place of the pluck. The guqin's slides, friction noise and silk come from Penttinen,
Pakarinen, Välimäki, Laurson, Li and Leman, "Model-based sound synthesis of the guqin", JASA 120(6), 2006.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.signal import fftconvolve

from recordings.models.blocks import background, band, below, decay, frames, laid_out, levelled, modes, place, recorded
from recordings.take import RATE_HZ, Signal, Take
from soundscape.compiled import kernel

N_ALLPASSES = 4
PLUCKED_AT = 0.13
"""Share of the string between bridge and finger: 312.22 players pluck near the bridge."""


def hz_of(pitch: float) -> float:
    """Frequency of a MIDI pitch."""
    return float(440.0 * 2.0 ** ((pitch - 69.0) / 12.0))


@dataclass(frozen=True, slots=True)
class Silk:
    """What a string is like: `t60_s` of its fundamental and at 2 kHz, and B of f_n = n f_0 sqrt(1 + B n^2)."""

    t60_s: float
    t60_high_s: float
    stiffness: float


def _losses(hz: float, silk: Silk) -> tuple[float, float]:
    """Gain and pole of the one-pole low-pass that gives both decay times."""
    low, high = (10.0 ** (-3.0 / (hz * t60_s)) for t60_s in (silk.t60_s, min(silk.t60_s, silk.t60_high_s)))
    angle = 2.0 * np.pi * 2_000.0 / RATE_HZ
    ratio = (high / low) ** 2  # of the power passed at 2 kHz to that passed at 0 Hz
    middle = (1.0 - ratio * np.cos(angle)) / max(1.0 - ratio, 1e-9)
    pole = middle - np.sqrt(max(middle**2 - 1.0, 0.0))
    return low, float(np.clip(pole, 0.0, 0.9))


def _phase_delay(hz: Signal, pole: float, allpass: float) -> Signal:
    """Frames by which low-pass and allpasses hold back each frequency."""
    turn = np.exp(-2j * np.pi * hz / RATE_HZ)
    through = np.angle((1.0 - pole) / (1.0 - pole * turn))
    through = through + N_ALLPASSES * np.angle((allpass + turn) / (1.0 + allpass * turn))
    return np.asarray(-through * RATE_HZ / (2.0 * np.pi * hz))


def _loop(hz: float, silk: Silk) -> tuple[float, float, float, float]:
    """Delay in frames, gain, pole and allpass of the loop whose partials lie where stiffness puts them."""
    gain, pole = _losses(hz, silk)
    number = np.arange(1, max(3, min(14, int(3_000.0 / hz))) + 1)
    partials_hz = number * hz * np.sqrt((1.0 + silk.stiffness * number**2) / (1.0 + silk.stiffness))
    wanted = number * RATE_HZ / partials_hz

    def away(allpass: float) -> float:
        line = wanted - _phase_delay(partials_hz, pole, allpass)
        return float(np.sum((line[1:] - line[0]) ** 2))

    allpass = float(minimize_scalar(away, bounds=(-0.95, 0.0), method="bounded").x)
    delay = wanted[0] - _phase_delay(partials_hz[:1], pole, allpass)[0]
    return float(delay), gain, pole, allpass


@kernel
def _ring(fed: Signal, delay: Signal, gain: Signal, pole: float, allpass: float, out: Signal) -> None:
    """Feed the loop; `delay` in frames and `gain` may change from frame to frame."""
    size = 4096
    line = np.zeros(size)
    held = np.zeros(5)
    lost = 0.0
    for n in range(len(fed)):
        whole = int(delay[n]) - 1
        d = delay[n] - whole
        a = line[(n - whole) % size]
        b = line[(n - whole - 1) % size]
        c = line[(n - whole - 2) % size]
        e = line[(n - whole - 3) % size]
        x = (  # third-order Lagrange between four frames, d from 1 to 2
            -a * (d - 1.0) * (d - 2.0) * (d - 3.0) / 6.0
            + b * d * (d - 2.0) * (d - 3.0) / 2.0
            - c * d * (d - 1.0) * (d - 3.0) / 2.0
            + e * d * (d - 1.0) * (d - 2.0) / 6.0
        )
        lost = gain[n] * (1.0 - pole) * x + pole * lost
        y = lost
        for k in range(4):
            before = held[k]
            held[k] = y - allpass * before
            y = allpass * held[k] + before
        line[n % size] = fed[n] + y
        out[n] = line[n % size]


def string(rng: np.random.Generator, pitch: Signal, silk: Silk, *, force: float, let_go_s: float) -> Signal:
    """A plucked note (n,) whose MIDI pitch follows (n,) `pitch`; from `let_go_s` on a finger damps it."""
    n = len(pitch)
    hz = hz_of_all(pitch)
    delay, gain, pole, allpass = _loop(float(hz[0]), silk)
    delays = delay + RATE_HZ / hz - RATE_HZ / hz[0]
    gains = np.where(np.arange(n) < frames(let_go_s), gain, gain * 10.0 ** (-3.0 / (hz * 0.22)))
    moved = np.abs(np.gradient(pitch)) * RATE_HZ
    gains *= 10.0 ** (-3.0 * np.minimum(moved / 12.0, 1.0) * 0.25 / hz)  # a moving finger holds less firmly
    pluck = np.zeros(n)
    nail = frames(0.0014)
    pluck[:nail] = np.hanning(nail) * (1.0 + 0.35 * rng.standard_normal(nail))
    pluck = below(pluck, 1_200.0 + 2_500.0 * force)
    far = round(PLUCKED_AT * RATE_HZ / float(hz[0]))
    pluck[far:] -= 0.95 * pluck[:-far].copy()
    total = np.zeros(n)
    for detune, share, t60_share in ((1.0, 0.75, 1.0), (1.00035, 0.25, 1.6)):  # across the board, and along it
        out = np.zeros(n)
        _ring(pluck, delays / detune, gains ** (1.0 / t60_share), pole, allpass, out)
        total += share * out
    return np.asarray(total / np.max(np.abs(total)) * force + friction(rng, moved, hz))


def hz_of_all(pitch: Signal) -> Signal:
    """Frequencies of MIDI pitches."""
    return np.asarray(440.0 * 2.0 ** ((pitch - 69.0) / 12.0))


def friction(rng: np.random.Generator, moved: Signal, hz: Signal) -> Signal:
    """A finger that slides over wound silk (n,): noise that grows with its speed in semitones/s, and a squeak."""
    speed = below(moved, 20.0)
    turns = 2.0 * np.pi * np.cumsum(90.0 * speed) / RATE_HZ
    noise = band(rng.standard_normal(len(hz)), 700.0, 2_600.0, order=1)
    return np.asarray(0.012 * np.minimum(speed / 10.0, 1.0) ** 1.5 * noise * (1.0 + 0.7 * np.sin(turns)))


def board(rng: np.random.Generator) -> Signal:
    """Answer (n,) of a hollow board of tung wood: modes that lie closer the higher they are, each short."""
    n_modes = 40
    hz = 95.0 + 2_300.0 * np.linspace(0.0, 1.0, n_modes) ** 1.4 * rng.uniform(0.93, 1.07, n_modes)
    t60_s = 22.0 / hz + 0.03
    gain = rng.uniform(0.3, 1.0, n_modes) * (hz / 95.0) ** -0.3
    answer = 0.024 * modes(hz, t60_s, gain, rng.uniform(0.0, 2.0 * np.pi, n_modes), 0.25)
    answer[0] += 1.0
    return answer


def glide(pitches: tuple[tuple[float, float], ...], seconds: float) -> Signal:
    """MIDI pitch (n,) through points (second, pitch): it stays until a point is near, then slides within 0.3 s."""
    at_s = np.arange(frames(seconds)) / RATE_HZ
    curve = np.full(len(at_s), pitches[0][1])
    for (_, before), (when_s, after) in pairwise(pitches):
        share = np.clip((at_s - when_s) / (0.06 * abs(after - before) + 0.12), 0.0, 1.0)
        curve += (after - before) * share * share * (3.0 - 2.0 * share)
    return curve


def taken(rng: np.random.Generator, dry: Signal, *, distance_m: float, rt60_s: float, room_db: float, peak_db: float,
          quiet_db: float) -> Signal:  # fmt: skip
    """What one microphone in a room keeps (n, 1)."""
    room = place(rng, rt60_s, size_m=3.0, high_hz=2_500.0)
    heard = levelled(recorded(dry, room, distance_m=distance_m, room_db=room_db)[:, :1], peak_db)
    return heard + background(rng, len(dry), level_db=quiet_db)


Note = tuple[tuple[float, float], ...]
"""Points (second, MIDI pitch) of one note, the first at 0 s."""


def qin(rng: np.random.Generator, notes: tuple[Note, ...], silk: Silk, *, let_go_s: float, every_s: float) -> Signal:
    """Notes (n,) on one instrument, one every so many seconds, and a rest at the end."""
    body = board(np.random.default_rng(312_22))
    sounds = []
    for number, note in enumerate(notes):
        pitch = glide(note, every_s - 0.3)
        plucked = string(rng, pitch, silk, force=float(rng.uniform(0.6, 1.0)), let_go_s=let_go_s)
        end = decay(len(plucked), 1e9)
        end[-frames(0.05) :] = np.linspace(1.0, 0.0, frames(0.05))
        sounds.append((1.0 + number * every_s, fftconvolve(plucked * end, body)[: len(plucked)]))
    return laid_out(1.0 + len(notes) * every_s, sounds)


def _low(rng: np.random.Generator) -> Signal:
    notes = tuple(((0.0, pitch),) for pitch in (36.0, 38.0, 41.0, 43.0, 45.0, 48.0))
    dry = qin(rng, notes, Silk(5.0, 1.2, 1.2e-4), let_go_s=2.6, every_s=4.0)
    return taken(rng, dry, distance_m=0.8, rt60_s=0.4, room_db=-19.0, peak_db=-9.0, quiet_db=-66.0)


def _high(rng: np.random.Generator) -> Signal:
    notes = tuple(((0.0, pitch),) for pitch in (50.0, 53.0, 55.0, 57.0, 60.0, 65.0, 67.0, 69.0, 72.0))
    dry = qin(rng, notes, Silk(2.2, 0.7, 0.6e-4), let_go_s=1.5, every_s=2.6)
    return taken(rng, dry, distance_m=1.5, rt60_s=0.5, room_db=-20.0, peak_db=-11.0, quiet_db=-65.0)


def _slides(rng: np.random.Generator) -> Signal:
    notes: tuple[Note, ...] = (
        ((0.0, 48.0), (0.9, 50.0)),
        ((0.0, 53.0), (0.9, 50.0)),
        ((0.0, 50.0), (0.8, 55.0)),
        ((0.0, 57.0), (0.9, 60.0), (1.6, 57.0)),
        ((0.0, 55.0), (0.8, 48.0)),
        ((0.0, 45.0), (0.9, 48.0)),
    )
    dry = qin(rng, notes, Silk(4.5, 1.0, 0.8e-4), let_go_s=2.2, every_s=3.6)
    return taken(rng, dry, distance_m=0.6, rt60_s=0.4, room_db=-18.0, peak_db=-10.0, quiet_db=-67.0)


TAKES: tuple[Take, ...] = (
    Take("silk_qin_low", {"en": "Guqin, open low strings", "zh": "古琴散音（低）"}, "PM-SILK-01", "Hall of strings",
         ("plucked_string", "guqin"), _low),
    Take("silk_qin_high", {"en": "Guqin, stopped notes", "zh": "古琴按音（高）"}, "PM-SILK-01", "Hall of strings",
         ("plucked_string", "guqin"), _high),
    Take("silk_qin_slides", {"en": "Guqin, slides of the left hand", "zh": "古琴走手音"}, "PM-SILK-01",
         "Hall of strings", ("plucked_string", "guqin"), _slides),
)  # fmt: skip
