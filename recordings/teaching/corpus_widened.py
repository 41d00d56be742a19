"""Real sounds heard otherwise: at another speed, in a room, through another recorder, before a background."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.fft import irfft, next_fast_len, rfft
from scipy.signal import butter, fftconvolve, sosfilt

from soundscape.analysis.frames import Floats

Signal = NDArray[np.float64]

FASTER_OCTAVES = 0.25
SNR_DB = (8.0, 40.0)


def widened(samples: Floats, rate_hz: int, rng: np.random.Generator) -> Floats:
    """One other take of the same sound, (n_samples,) float32, of another length; drawn by `rng` alone."""
    sound = np.asarray(samples, np.float64)
    if rng.random() < 0.6:
        sound = _faster(sound, 2.0 ** rng.uniform(-FASTER_OCTAVES, FASTER_OCTAVES))
    if rng.random() < 0.45:
        answer = room(rate_hz, rng)
        sound = fftconvolve(sound, answer)[: len(sound) + min(len(answer), rate_hz)]
    if rng.random() < 0.8:
        sound = through_a_recorder(sound, rate_hz, rng)
    if rng.random() < 0.6:
        sound = sound + background(len(sound), rate_hz, rng) * _loud(sound) * 10.0 ** (-rng.uniform(*SNR_DB) / 20.0)
    peak = float(np.abs(sound).max()) + 1e-12
    if rng.random() < 0.15:
        sound, peak = np.tanh(sound / peak * rng.uniform(1.0, 4.0)), 1.0
    return np.asarray(sound / peak * 10.0 ** (-rng.uniform(1.0, 25.0) / 20.0), np.float32)


def _faster(sound: Signal, factor: float) -> Signal:
    n = max(16, int(len(sound) / factor))
    return np.asarray(np.interp(np.arange(n) * factor, np.arange(len(sound)), sound))


def room(rate_hz: int, rng: np.random.Generator) -> Signal:
    """Direct sound, and noise that falls off as a diffuse field does (Polack, thesis, 1988)."""
    t60_s = np.exp(rng.uniform(np.log(0.15), np.log(2.5)))
    at_s = np.arange(int(min(t60_s, 2.0) * rate_hz)) / rate_hz
    tail = rng.standard_normal(len(at_s)) * np.exp(-6.9 * at_s / t60_s)
    dull = butter(1, min(rng.uniform(2000.0, 9000.0), 0.4 * rate_hz), fs=rate_hz, output="sos")
    tail = np.asarray(sosfilt(dull, tail))
    tail[: int(rng.uniform(0.001, 0.02) * rate_hz)] = 0.0
    tail *= 10.0 ** (-rng.uniform(-3.0, 15.0) / 20.0) / np.sqrt(np.sum(tail**2) + 1e-12)
    tail[0] += 1.0
    return tail


def through_a_recorder(sound: Signal, rate_hz: int, rng: np.random.Generator) -> Signal:
    """An uneven response, at times without highs (as small codecs have none) or without lows."""
    n_fft = next_fast_len(len(sound), real=True)
    at_hz = np.arange(n_fft // 2 + 1) * rate_hz / n_fft
    octaves = np.linspace(np.log2(40.0), np.log2(20_000.0), 8)
    response = rng.normal(0.0, 3.0, 8) + rng.normal(0.0, 2.5) * np.linspace(-1.0, 1.0, 8)
    gains = 10.0 ** (np.interp(np.log2(np.maximum(at_hz, 40.0)), octaves, response) / 20.0)
    if rng.random() < 0.3:
        gains /= np.sqrt(1.0 + (at_hz / min(rng.uniform(3500.0, 14_000.0), 0.45 * rate_hz)) ** 12)
    if rng.random() < 0.3:
        gains /= np.sqrt(1.0 + (rng.uniform(60.0, 350.0) / np.maximum(at_hz, 1.0)) ** 4)
    return np.asarray(irfft(rfft(sound, n_fft) * gains, n_fft)[: len(sound)])


def background(n: int, rate_hz: int, rng: np.random.Generator) -> Signal:
    """Noise of level 1 and some colour, steady or trembling."""
    n_fft = next_fast_len(n, real=True)
    at_hz = np.maximum(np.arange(n_fft // 2 + 1) * rate_hz / n_fft, 30.0)
    spectrum = rng.standard_normal(len(at_hz)) + 1j * rng.standard_normal(len(at_hz))
    noise = irfft(spectrum * at_hz ** (-rng.choice([0.0, 1.0, 1.5, 2.0]) / 2.0), n_fft)[:n]
    noise /= np.sqrt(np.mean(noise**2) + 1e-12)
    if rng.random() < 0.5:
        n_points = max(4, int(n / rate_hz * 3.0) + 2)
        course_db = np.interp(np.arange(n), np.linspace(0, n, n_points), rng.normal(0.0, 4.0, n_points))
        noise *= 10.0 ** (course_db / 20.0)
    return np.asarray(noise)


def _loud(sound: Signal) -> float:
    """Level of its loud moments: the 95th percentile of stretches of 10 ms."""
    step = 480
    energy = np.square(sound)
    if len(energy) >= 10 * step:
        energy = energy[: len(energy) // step * step].reshape(-1, step).mean(axis=1)
    return float(np.sqrt(np.percentile(energy, 95) + 1e-12))
