"""What a segment is in numbers: one small function for each feature, in one table."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from soundscape.analysis.features.glide import Glide, glide_of
from soundscape.analysis.features.level import gated_lufs, sample_level_db, true_peak_db
from soundscape.analysis.features.partials import Partial, partials_of
from soundscape.analysis.features.pitch import Pitch, dips_of, inharmonicity, looks_of, pitch_of
from soundscape.analysis.features.shape import attack_s, decay_s, modulation_hz, onset_s
from soundscape.analysis.features.spectrum import Spectrum, spectrum_of
from soundscape.analysis.features.struck import struck
from soundscape.analysis.features.texture import brightness, roughness
from soundscape.analysis.frames import HOPS_PER_S, Floats, Frames, level_db
from soundscape.catalogue.features import N_PARTIALS

NAN = float("nan")
SURE = 0.5
"""Confidence of a pitch from which it is said to be sure."""


@dataclass(frozen=True, eq=False)
class Heard:
    """A segment's frames, and what several features ask about."""

    frames: Frames
    floor_power: float
    """Power of what is behind it, 0 where it is silence."""
    spectrum: Spectrum
    pitch: Pitch
    glide: Glide
    partials: tuple[Partial, ...] = ()


def _partial_rows() -> dict[str, Callable[[Heard], float]]:
    """A row for each number of each partial."""

    def row(place: int, name: str) -> Callable[[Heard], float]:
        return lambda heard: getattr(heard.partials[place], name) if place < len(heard.partials) else NAN

    names = {"hz": "hz", "db": "level_db", "decay_s": "decay_s"}
    return {f"partial_{place + 1}_{unit}": row(place, name) for place in range(N_PARTIALS)
            for unit, name in names.items()}  # fmt: skip


FEATURES: Mapping[str, Callable[[Heard], float]] = {
    "duration_s": lambda heard: len(heard.frames.samples) / heard.frames.rate_hz,
    "level_lufs": lambda heard: gated_lufs(heard.frames.loud_power),
    "level_db": lambda heard: sample_level_db(heard.frames.samples),
    "true_peak_db": lambda heard: true_peak_db(heard.frames.samples, heard.frames.rate_hz),
    "attack_s": lambda heard: attack_s(heard.frames.power, heard.floor_power),
    "decay_s": lambda heard: decay_s(heard.frames.power, heard.floor_power),
    "onset_s": lambda heard: onset_s(heard.frames.power),
    "centroid_hz": lambda heard: float(np.average(heard.frames.centroid_hz, weights=heard.frames.power + 1e-12)),
    "brightness": lambda heard: brightness(heard.frames.bands_db, heard.frames.rate_hz),
    "flatness": lambda heard: float(np.average(heard.frames.flatness, weights=heard.frames.power + 1e-12)),
    "modulation_hz": lambda heard: modulation_hz(heard.frames.power),
    "roughness": lambda heard: roughness(heard.frames.samples, heard.frames.rate_hz, heard.frames.power),
    "inharmonicity": lambda heard: inharmonicity(heard.spectrum, heard.pitch.hz),
    "noise_floor_db": lambda heard: level_db(heard.floor_power),
    "pitch_confidence": lambda heard: heard.pitch.confidence,
    "pitch_hz": lambda heard: heard.pitch.hz if heard.pitch.hz else NAN,
    "pitch_start_hz": lambda heard: heard.glide.start_hz,
    "pitch_end_hz": lambda heard: heard.glide.end_hz,
    "glide_cents_per_s": lambda heard: heard.glide.cents_per_s,
    "glide_confidence": lambda heard: heard.glide.confidence,
    **_partial_rows(),
}
"""Every feature, by its name; one that is not a number was not heard and is left out."""


def cut(frames: Frames, start: int, stop: int) -> Frames:
    """Frames of a stretch alone."""
    edges = (round(start * frames.rate_hz / HOPS_PER_S), round(stop * frames.rate_hz / HOPS_PER_S))
    rows = slice(start, stop)
    return replace(frames, samples=frames.samples[slice(*edges)], bands_db=frames.bands_db[rows],
                   power=frames.power[rows], loud_power=frames.loud_power[rows],
                   centroid_hz=frames.centroid_hz[rows], flatness=frames.flatness[rows])  # fmt: skip


def features_of(segment: Frames, power_around: Floats, before: Floats | None = None) -> dict[str, float]:
    """Measure a segment.

    Parameters
    ----------
    segment : Frames
    power_around : (n_frames,) float32
        Power of the stretch of the take it is in.
    before : (n_samples,) float32
        What is heard just before it.
    """
    spectrum = spectrum_of(segment.samples, segment.rate_hz, segment.power)
    looks = looks_of(segment.samples, segment.rate_hz, segment.power)
    dips = dips_of(looks)
    pitch = pitch_of(looks, dips, spectrum)
    if pitch.confidence < SURE:
        pitch = struck(spectrum, dips)
    floor_power = float(np.percentile(power_around, 10))
    partials = partials_of(segment.samples, segment.rate_hz, segment.power, before)
    heard = Heard(segment, floor_power, spectrum, pitch, glide_of(looks, dips, pitch), partials)
    measured = {name: measure(heard) for name, measure in FEATURES.items()}
    return {name: float(value) for name, value in measured.items() if np.isfinite(value)}
