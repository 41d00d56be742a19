"""What the models are built of: ringing modes, coloured noise, places and distances, and faults."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from scipy.signal import butter, fftconvolve, lfilter, sosfilt
from scipy.special import gamma

from recordings.take import RATE_HZ, Signal

SOUND_M_PER_S = 343.0
STRIDE = 512
"""Frames at which the sum over modes begins anew; any number gives the same sum, this one quickly."""


def frames(seconds: float) -> int:
    """Frames in so many seconds."""
    return round(seconds * RATE_HZ)


def modes(frequency_hz: Signal, t60_s: Signal, gain: Signal, phase_rad: Signal, seconds: float) -> Signal:
    """Sum of damped sines (n,), what a struck body does; one number a mode in each, `t60_s` until -60 dB.

    exp(z t) is exp(z of the stride's start) exp(z within it): so the sum over modes is one product of matrices.
    """
    n_frames = frames(seconds)
    heard = np.flatnonzero(np.asarray(frequency_hz) < 0.45 * RATE_HZ)
    hz, t60, amount, phase = (np.asarray(one)[heard] for one in (frequency_hz, t60_s, gain, phase_rad))
    per_s = -6.91 / t60 + 2j * np.pi * hz
    starts_s = np.arange(0, n_frames, STRIDE) / RATE_HZ
    first = np.exp(np.outer(starts_s, per_s)) * (amount * np.exp(1j * phase))
    within = np.exp(np.outer(per_s, np.arange(STRIDE) / RATE_HZ))
    return np.asarray((first.real @ within.imag + first.imag @ within.real).reshape(-1)[:n_frames])


def decay(n_frames: int, t60_s: float) -> Signal:
    """Exponential from 1 down by 60 dB in `t60_s`."""
    return np.asarray(np.exp(-6.91 * np.arange(n_frames) / (t60_s * RATE_HZ)))


def coloured(rng: np.random.Generator, n_frames: int, *, db_per_octave: float, low_hz: float = 20.0,
             high_hz: float = 20_000.0) -> Signal:  # fmt: skip
    """Noise (n,) of unit power whose spectrum falls or rises by so many dB an octave between two limits."""
    size = 1 << (n_frames - 1).bit_length()
    hz = np.fft.rfftfreq(size, 1.0 / RATE_HZ)
    shape = np.maximum(hz, low_hz) ** (db_per_octave / 6.0206)
    shape *= (
        (hz >= low_hz / 2)
        / (1.0 + (np.maximum(hz, 1e-9) / high_hz) ** 8)
        / (1.0 + (low_hz / np.maximum(hz, 1e-9)) ** 4)
    )
    noise = np.fft.irfft(np.fft.rfft(rng.standard_normal(size)) * shape)[:n_frames]
    return np.asarray(noise / np.sqrt(np.mean(noise**2)))


def wandering(rng: np.random.Generator, n_frames: int, *, times_per_s: float) -> Signal:
    """Smooth random curve (n,) from 0 to 1 that turns about so many times a second."""
    n_points = max(4, int(n_frames / RATE_HZ * times_per_s * 2) + 4)
    points = rng.uniform(0.0, 1.0, n_points)
    at = np.linspace(1.0, n_points - 2.001, n_frames)
    left = at.astype(np.int64)
    share = at - left
    share = share * share * (3.0 - 2.0 * share)
    return np.asarray(points[left] * (1.0 - share) + points[left + 1] * share)


def band(signal: Signal, low_hz: float, high_hz: float, *, order: int = 2) -> Signal:
    """Pass what lies between two frequencies, Butterworth."""
    sos = butter(order, [low_hz, high_hz], "bandpass", fs=RATE_HZ, output="sos")
    return np.asarray(sosfilt(sos, signal))


def below(signal: Signal, high_hz: float, *, order: int = 1) -> Signal:
    """Pass what lies below a frequency, Butterworth."""
    sos = butter(order, high_hz, "lowpass", fs=RATE_HZ, output="sos")
    return np.asarray(sosfilt(sos, signal))


def resonant(signal: Signal, hz: float, bandwidth_hz: float) -> Signal:
    """Two-pole resonance with unit gain at its frequency."""
    radius = np.exp(-np.pi * bandwidth_hz / RATE_HZ)
    angle = 2.0 * np.pi * hz / RATE_HZ
    top = (1.0 - radius) * np.sqrt(1.0 - 2.0 * radius * np.cos(2.0 * angle) + radius**2)
    return np.asarray(lfilter([top], [1.0, -2.0 * radius * np.cos(angle), radius**2], signal))


def laid_out(seconds: float, sounds: Iterable[tuple[float, Signal]]) -> Signal:
    """One line of time (n,) with each sound added from its second on; what reaches beyond the end fades out there."""
    total = np.zeros(frames(seconds))
    for at_s, sound in sounds:
        first = frames(at_s)
        heard = sound[: max(0, len(total) - first)]
        total[first : first + len(heard)] += heard
    end = min(len(total), frames(0.25))
    total[len(total) - end :] *= np.linspace(1.0, 0.0, end) ** 2
    return total


def place(rng: np.random.Generator, rt60_s: float, *, size_m: float, high_hz: float = 4_000.0) -> Signal:
    """Answer of a space (n, 2) of unit energy: it begins after the way to the first wall, thickens, and dies away."""
    n = frames(rt60_s * 1.1)
    bands = ((0.0, 400.0, 1.15), (400.0, high_hz, 1.0), (high_hz, 16_000.0, 0.45))
    answer = np.zeros((n, 2))
    for side in range(2):
        for low_hz, top_hz, share in bands:
            noise = rng.standard_normal(n)
            passed = below(noise, top_hz, order=2) if low_hz == 0.0 else band(noise, low_hz, top_hz)
            answer[:, side] += passed * decay(n, rt60_s * share)
    first = frames(size_m / SOUND_M_PER_S)
    density = np.clip(np.arange(n) / frames(4.0 * size_m / SOUND_M_PER_S), 0.0, 1.0)
    sparse = rng.uniform(size=n) < 0.02 + density**2
    answer *= sparse[:, None]
    answer = np.concatenate([np.zeros((first, 2)), answer])
    return np.asarray(answer / np.sqrt(np.sum(answer**2) / 2.0))


def recorded(dry: Signal, answer: Signal, *, distance_m: float, room_db: float, pan: float = 0.0) -> Signal:
    """What a pair of microphones hears (n, 2): the sound from `distance_m` away, and the place around it.

    The direct sound falls with distance and loses its heights to the air; the room's answer (n, 2) stays as loud as
    `room_db` says, relative to the direct sound at 1 m. `pan` goes from -1, right, to 1, left.
    """
    direct = below(dry, float(np.clip(60_000.0 / distance_m, 2_500.0, 18_000.0))) / max(distance_m, 0.5)
    angle = (1.0 - pan) * np.pi / 4.0
    sides = np.sqrt(2.0) * np.stack([direct * np.cos(angle), direct * np.sin(angle)], axis=-1)
    heard = fftconvolve(dry[:, None], answer, axes=0)[: len(dry)] * 10.0 ** (room_db / 20.0)
    return np.asarray(sides + heard)


def background(rng: np.random.Generator, n_frames: int, *, level_db: float, n_channels: int = 1) -> Signal:
    """The quiet of a place (n, n_channels): a dark noise that breathes slowly, in dB RMS full scale."""
    lines = [coloured(rng, n_frames, db_per_octave=-5.0, low_hz=40.0, high_hz=3_000.0) for _ in range(n_channels)]
    breath = 0.8 + 0.4 * wandering(rng, n_frames, times_per_s=0.3)
    return np.asarray(10.0 ** (level_db / 20.0) * breath[:, None] * np.stack(lines, axis=-1))


def levelled(signal: Signal, peak_db: float) -> Signal:
    """The same with its largest sample at `peak_db`."""
    return np.asarray(signal * (10.0 ** (peak_db / 20.0) / np.max(np.abs(signal))))


def hum(n_frames: int, *, hz: float, level_db: float) -> Signal:
    """Mains hum (n, 1) with its odd harmonics, as a ground loop gives it."""
    at_s = np.arange(n_frames) / RATE_HZ
    wave = sum(np.sin(2.0 * np.pi * hz * k * at_s + k) / k for k in (1, 3, 5, 7))
    return np.asarray(10.0 ** (level_db / 20.0) * wave)[:, None]


def handling(rng: np.random.Generator, n_frames: int, at_s: Iterable[float], *, level_db: float) -> Signal:
    """Somebody's grip on the microphone (n, 1): low thuds and a rustle after each."""
    total = np.zeros(n_frames)
    for start_s in at_s:
        n = frames(rng.uniform(0.15, 0.4))
        thud = below(rng.standard_normal(n), 90.0, order=2) * decay(n, 0.5)
        rustle = 0.06 * band(rng.standard_normal(n), 300.0, 2_500.0) * (rng.uniform(size=n) < 0.2) * decay(n, 0.8)
        sound = thud / np.max(np.abs(thud)) + rustle
        first = frames(start_s)
        total[first : first + n] += sound[: max(0, n_frames - first)]
    return np.asarray(10.0 ** (level_db / 20.0) * total)[:, None]


@dataclass(frozen=True, slots=True)
class Mallet:
    """What strikes: at 1 m/s it stays on a rigid thing for `contact_s`; the harder `exponent` bends, the softer it is.

    Force is K d^exponent (1 + loss d') at a dent d (Hunt and Crossley, Journal of Applied Mechanics 42, 1975); Hertz's
    exponent for a hard ball is 1.5, felt has 2 to 3.
    """

    contact_s: float
    exponent: float = 1.5
    loss_s_per_m: float = 0.3

    def force(self, speed_m_per_s: float) -> Signal:
        """Push (n,) in m/s a frame for each kg, until it lets go; a faster mallet stays for a shorter time."""
        power = self.exponent + 1.0
        quarter = np.sqrt(np.pi) * gamma(1.0 + 1.0 / power) / gamma(0.5 + 1.0 / power)
        stiffness = 0.5 * power * (self.contact_s / (2.0 * quarter)) ** -power
        fine = 16
        step_s = 1.0 / (fine * RATE_HZ)
        dent_m, speed = 0.0, speed_m_per_s
        pushes = []
        while dent_m >= 0.0:
            push = stiffness * dent_m**self.exponent * max(0.0, 1.0 + self.loss_s_per_m * speed)
            speed -= push * step_s
            dent_m += speed * step_s
            pushes.append(push * step_s)
        pushes += [0.0] * (-len(pushes) % fine)
        return np.asarray(np.reshape(pushes, (-1, fine)).sum(axis=1))


def bent_modes(frequency_hz: Signal, t60_s: Signal, gain: Signal, phase_rad: Signal, bend: Signal) -> Signal:
    """As `modes`, while all frequencies are (n,) `bend` times what they are at rest."""
    turned_s = np.cumsum(bend) / RATE_HZ
    at_s = np.arange(len(bend)) / RATE_HZ
    total = np.zeros(len(bend))
    for hz, t60, amount, phase in zip(frequency_hz, t60_s, gain, phase_rad, strict=True):
        if hz * np.max(bend) < 0.45 * RATE_HZ:
            n = min(len(bend), frames(1.5 * t60))
            total[:n] += amount * np.exp(-6.91 * at_s[:n] / t60) * np.sin(2.0 * np.pi * hz * turned_s[:n] + phase)
    return total
