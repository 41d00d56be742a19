"""Wide scenes to teach from: other things, heard by other recorders in other places, than those at hand.

Sounds are real ones and those of the random models of `recordings.teaching`; their speed, their colour and their rooms
change, tails may be long, backgrounds swell and sink, some are silent, some scenes have no event.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from scipy.signal import fftconvolve, resample_poly

from recordings.scenes import BACKGROUNDS, LONGEST_S, RATE_HZ, Clip, Event, Mix, Sound, looped, sound_of, trimmed
from recordings.take import RATE_HZ as MODEL_HZ
from recordings.teaching import MODELS
from recordings.teaching.corpus_widened import room

BACKGROUND_S, LONGEST_TAIL_S = 30.0, 25.0
STREAM = 77
"""Beside the seed of a scene, so that it draws other numbers than `scene` does."""
Random = np.random.Generator


def widened(sound: Sound, random: Random) -> Sound:
    """The same at another speed and of another colour: as if another thing, heard by another recorder."""
    n_samples = max(2, round(len(sound) * 2.0 ** random.uniform(-0.4, 0.4)))
    moved = np.interp(np.linspace(0.0, len(sound) - 1.0, n_samples), np.arange(len(sound)), sound)
    spectrum = np.fft.rfft(moved)
    octaves = np.log2(np.fft.rfftfreq(n_samples, 1.0 / RATE_HZ) + 1.0)
    gains_db = np.interp(octaves, np.linspace(6.0, 14.0, 5), random.uniform(-9.0, 9.0, 5))
    return np.asarray(np.fft.irfft(spectrum * 10.0 ** (gains_db / 20.0), n_samples), np.float32)


def made_background(n_samples: int, random: Random) -> Sound:
    """Silence, or noise of a random slope, with or without hum."""
    if random.random() < 0.3:
        return np.zeros(n_samples, np.float32)
    hz = np.fft.rfftfreq(n_samples, 1.0 / RATE_HZ)
    noise = np.fft.rfft(random.standard_normal(n_samples)) * (hz + 20.0) ** -random.uniform(0.0, 1.0)
    sound = np.fft.irfft(noise, n_samples)
    if random.random() < 0.3:
        hum = np.sin(2.0 * np.pi * 50.0 * np.arange(1, 5)[:, None] * np.arange(n_samples) / RATE_HZ).sum(axis=0)
        sound += random.uniform(0.3, 3.0) * sound.std() * hum
    return np.asarray(sound, np.float32)


def wide_scene(clips: Sequence[Clip], seed: int, overlapping: float) -> tuple[Sound, list[Event]]:
    """A scene of 20 to 60 s and its truth; in such a share of them, sounds begin while others go on."""
    random = np.random.default_rng([seed, STREAM])
    before = [clip for clip in clips if clip.tag not in BACKGROUNDS]
    tags = sorted({clip.tag for clip in before} | (set(MODELS) - set(BACKGROUNDS)))
    mix = _behind(clips, round(random.uniform(20.0, 60.0) * RATE_HZ), random)
    at = round(random.uniform(0.5, 3.0) * RATE_HZ)
    overlaps, is_empty = random.random() < overlapping, random.random() < 0.05
    mean_pause_s = 1.2 * float(np.exp(random.normal(0.0, 0.6)))
    while at < mix.n_samples - RATE_HZ and not is_empty:
        tag = tags[random.integers(len(tags))]
        sound = _before(before, tag, random)[: mix.n_samples - at]
        if len(sound) < RATE_HZ // 100:
            continue
        n_clip = mix.add(sound, at, random.uniform(6.0, 24.0 if mix.level_db > -50.0 else 40.0), tag, tag)
        pause_s = random.exponential(mean_pause_s) + 0.4
        if overlaps and random.random() < 0.5:
            pause_s = -random.uniform(0.0, 0.8) * n_clip / RATE_HZ
        at += max(RATE_HZ // 5, n_clip + round(pause_s * RATE_HZ))
    return mix.sound(), mix.events


def _behind(clips: Sequence[Clip], n_samples: int, random: Random) -> Mix:
    """A background: of nothing real, of a model, or of a clip."""
    kind = random.random()
    if kind < 0.15:
        return Mix(made_background(n_samples, random), random.uniform(-75.0, -22.0))
    tag = BACKGROUNDS[random.integers(len(BACKGROUNDS))]
    has_clip = any(clip.tag == tag for clip in clips)
    is_model = kind < 0.35 or not has_clip
    sound = _modelled(tag, BACKGROUND_S, random) if is_model else sound_of(_drawn(clips, tag, random), BACKGROUND_S)
    sound = widened(sound, random) if random.random() < 0.6 else sound
    background = looped(sound, n_samples, random)
    if random.random() < 0.5:
        background = background * _swelling(len(background), random)
    return Mix(background, random.uniform(-50.0, -22.0))


def _before(clips: Sequence[Clip], tag: str, random: Random) -> Sound:
    longest_s = LONGEST_S if random.random() < 0.7 else random.uniform(LONGEST_S, LONGEST_TAIL_S)
    has_clip, is_model = any(clip.tag == tag for clip in clips), random.random() < 0.3
    if not has_clip or (tag in MODELS and is_model):
        sound = _modelled(tag, longest_s, random)
    else:
        sound = trimmed(sound_of(_drawn(clips, tag, random), LONGEST_TAIL_S), longest_s)
    if len(sound) > RATE_HZ // 100 and random.random() < 0.6:
        sound = widened(sound, random)
    if len(sound) and random.random() < 0.25:
        echoes = np.asarray(room(RATE_HZ, random), np.float32)
        sound = trimmed(np.asarray(fftconvolve(sound, echoes), np.float32), longest_s + 2.0)
    return sound


def _drawn(clips: Sequence[Clip], tag: str, random: Random) -> Path:
    """One file of a tag: collections by the root of how many they have."""
    same = [clip for clip in clips if clip.tag == tag]
    sizes = Counter(clip.collection for clip in same)
    weights = np.array([sizes[collection] ** 0.5 for collection in sorted(sizes)])
    collection = sorted(sizes)[random.choice(len(sizes), p=weights / weights.sum())]
    of_it = [clip for clip in same if clip.collection == collection]
    return of_it[random.integers(len(of_it))].path


def _modelled(tag: str, longest_s: float, random: Random) -> Sound:
    samples = MODELS[tag](np.random.default_rng(int(random.integers(1 << 31))))[: round(BACKGROUND_S * MODEL_HZ)]
    return trimmed(np.asarray(resample_poly(np.asarray(samples, np.float32), 147, 160), np.float32), longest_s)


def _swelling(n_samples: int, random: Random) -> Sound:
    """Gains of a background that comes and goes, (n_samples,)."""
    n_points = max(3, int(n_samples / RATE_HZ / random.uniform(1.5, 8.0)) + 2)
    heights_db = random.normal(0.0, random.uniform(0.5, 4.0), n_points)
    course_db = np.interp(np.arange(n_samples), np.linspace(0.0, n_samples, n_points), heights_db)
    return np.asarray(10.0 ** (course_db / 20.0), np.float32)
