"""A small house of sounds: what the tests of the catalogue look into."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from soundscape.catalogue.segment import Recording, Segment, Tag
from soundscape.catalogue.store import Store

GATE = Recording(
    "aaaa", "/takes/2024/tor_07.wav", 48_000, 2, 48_000 * 60,
    titles={"en": "Old gate of the east court", "zh": "东院老门"},
    recorded_at="2024-03-05", place="East court", recordist="M. Lin", object_id="1987.12", licence="CC0-1.0",
    description="Heavy leaf, dry pivot", faults=("hum",),
    features={"wind_noise": 0.3, "handling_noise": 0.0},
)  # fmt: skip
BELL = Recording(
    "bbbb", "bell.flac", 96_000, 1, 96_000 * 20, titles={"fr": "La cloche fêlée"}, place="Tour", recordist="Élise",
    licence="CC-BY-4.0",
)  # fmt: skip
SEGMENTS = {
    "aaaa": (
        Segment("creak1", "aaaa", 1.0, 5.0, "event", (Tag("gate.creak", 0.9), Tag("wind", 0.3)),
                {"level_db": -20.0, "centroid_hz": 900.0, "roughness": 0.7}),
        Segment("knock1", "aaaa", 8.0, 8.5, "event", (Tag("gate.knock", 0.7),), {"level_db": -12.0, "attack_s": 0.004}),
        Segment("wind01", "aaaa", 10.0, 40.0, "texture", (Tag("wind.eaves", 0.6),), {"level_db": -45.0}),
    ),
    "bbbb": (
        Segment("bell01", "bbbb", 0.5, 6.0, "note", (Tag("bell.bronze", 0.95),),
                {"level_db": -15.0, "pitch_hz": 220.0, "pitch_confidence": 0.9}),
        Segment("hush01", "bbbb", 7.0, 9.0, "texture", (), {"level_db": -70.0}),
    ),
}  # fmt: skip
RECORDINGS = {"aaaa": GATE, "bbbb": BELL}


def vectors_of(segments: tuple[Segment, ...]) -> np.ndarray:
    """A direction for each segment that depends on nothing but its id."""
    return np.stack([np.random.default_rng(list(segment.id.encode())).standard_normal(64) for segment in segments])


def fill(store: Store, *, analyser: str = "1", order: tuple[str, ...] = ("aaaa", "bbbb")) -> None:
    for key in order:
        store.add_analysis(RECORDINGS[key], SEGMENTS[key], vectors_of(SEGMENTS[key]), analyser=analyser)


@pytest.fixture
def house(tmp_path: Path) -> Path:
    path = tmp_path / "house.catalogue"
    with Store(path, create=True) as store:
        fill(store)
    return path


@pytest.fixture
def store(house: Path) -> Iterator[Store]:
    with Store(house) as opened:
        yield opened


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[Store]:
    with Store(tmp_path / "fresh.catalogue", create=True) as opened:
        yield opened
