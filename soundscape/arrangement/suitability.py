"""How well sounds suit a part, as named terms from 0 to 1: each says one thing a musician would say."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from soundscape.arrangement.demands import Demand
from soundscape.arrangement.ensembles import Ensemble
from soundscape.arrangement.general_midi import Key
from soundscape.catalogue.segment import Recording, Segment
from soundscape.catalogue.tags import family_of, is_a
from soundscape.units import hz_of

WEIGHTS: Mapping[str, float] = {
    "pitch": 3.0, "likeness": 2.0, "attack": 1.0, "length": 1.5, "brightness": 0.5, "sure": 0.5, "choice": 0.3,
}  # fmt: skip
"""What each term counts for."""
KEY_WEIGHTS: Mapping[str, float] = {
    "likeness": 2.5, "attack": 1.0, "length": 0.7, "brightness": 1.0, "sure": 0.5, "clean": 0.5,
}  # fmt: skip
HARDLY_PITCHED = ("membranophone", "cymbal", "shaker", "wood_block", "clapper", "gate", "wind", "impact", "footsteps")
"""A pitch heard in these is seldom one that a melody can stand on."""
FAMILY_LIKENESS: Mapping[str, float] = {"gates": 0.2, "instruments": 0.25, "wind": 0.15, "rest": 0.0}
"""Likeness of what no hope names: this is an orchestra of gates, and birds wait until they are asked."""


def total_of(terms: Mapping[str, float], weights: Mapping[str, float]) -> float:
    """Weighted mean of terms, 0..1."""
    return sum(weights[name] * value for name, value in terms.items()) / sum(weights.values())


def suitability(demand: Demand, ensemble: Ensemble) -> dict[str, float]:
    """Terms for a part and the sounds of a tag."""
    return {
        "pitch": _pitch_fit(demand, ensemble),
        "likeness": likeness(demand.hopes, ensemble.tag),
        "attack": _attack_fit(demand.length_s, ensemble.attack_s, is_struck=demand.is_struck),
        "length": _length_fit(demand, ensemble),
        "brightness": _near(ensemble.centroid_hz, 3.0 * hz_of(demand.median_pitch), octaves=2.5),
        "sure": ensemble.confidence,
        "choice": min(1.0, len(ensemble.segments) / 4.0),
    }


def key_suitability(demand: Demand, segment: Segment, take: Recording) -> dict[str, float]:
    """Terms for a percussion key and one sound of a take."""
    key = demand.key or Key(demand.hopes, 1000.0, demand.length_s)
    features = segment.features
    return {
        "likeness": likeness(key.hopes, segment.tag),
        "attack": _attack_fit(0.1, features.get("attack_s", 0.05), is_struck=True),
        "length": _near(segment.duration_s - features.get("onset_s", 0.0), key.length_s, octaves=2.0),
        "brightness": _near(features.get("centroid_hz", 1000.0), key.brightness_hz, octaves=2.0),
        "sure": segment.tags[0].confidence if segment.tags else 0.0,
        "clean": 0.0 if take.faults else 1.0,
    }


def likeness(hopes: tuple[str, ...], tag: str) -> float:
    """How near a tag is to what was hoped for: 1 for the first hope, less for each later one.

    Examples
    --------
    >>> likeness(("bell", "gong"), "bell.bronze"), likeness(("bell", "gong"), "gong")
    (1.0, 0.85)
    """
    for place, hope in enumerate(hopes):
        if is_a(tag, hope):
            return 1.0 - 0.15 * place
    return FAMILY_LIKENESS[family_of(tag)]


def _pitch_fit(demand: Demand, ensemble: Ensemble) -> float:
    """1 where every note has its own sound; half as much for about seven semitones of transposition."""
    if not len(ensemble.pitches):
        return 0.05
    pitches, counts = np.array(demand.pitches, np.float64).T
    away = np.abs(pitches[:, None] - ensemble.pitches[None, :]).min(axis=1)
    trusted = 0.5 if any(is_a(ensemble.tag, name) for name in HARDLY_PITCHED) else 1.0
    return trusted * float(np.average(0.5 ** (away / 7.0), weights=counts))


def _attack_fit(length_s: float, attack_s: float, *, is_struck: bool) -> float:
    """A struck note must speak at once; any other may take a third of its length."""
    allowed_s = 0.05 if is_struck else max(0.05, length_s / 3.0)
    return 1.0 if attack_s <= allowed_s else max(0.0, 1.0 - np.log2(attack_s / allowed_s) / 4.0)


def _length_fit(demand: Demand, ensemble: Ensemble) -> float:
    """Held notes need sounds that hold; fast ones need sounds that are over soon."""
    holds = 1.0 if ensemble.is_sustaining else min(1.0, ensemble.length_s / max(demand.length_s, 0.1))
    holds = min(holds, ensemble.length_s / max(demand.length_s, 0.1), 1.0)
    rings_into = 0.0 if ensemble.is_sustaining else max(0.0, np.log2(ensemble.length_s / (8.0 * demand.interval_s)))
    suits = 1.0 if ensemble.is_sustaining is not demand.is_struck else 0.6
    return float(suits * holds * 0.7**rings_into)


def _near(value: float, wanted: float, *, octaves: float) -> float:
    """1 where they are the same, falling as a bell curve that is `octaves` wide."""
    return float(np.exp(-0.5 * (np.log2(max(value, 1e-3) / max(wanted, 1e-3)) / octaves) ** 2))
