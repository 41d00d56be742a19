"""A synthetic catalogue and scores of a few notes."""

from __future__ import annotations

import numpy as np
import pytest

from soundscape.catalogue.catalogue import Catalogue
from soundscape.catalogue.segment import Kind, Recording, Segment, Tag
from soundscape.score.score import Note, Part, Score
from soundscape.units import hz_of


def segment(name: str, tag: str, *, pitch: float | None = None, length_s: float = 2.0, kind: Kind = "event",
            start_s: float = 0.0, **features: float) -> Segment:  # fmt: skip
    """A segment of the recording `take-<tag>`, with every feature that analysis promises."""
    measured = {
        "duration_s": length_s, "level_lufs": -23.0, "level_db": -24.0, "true_peak_db": -10.0, "attack_s": 0.01,
        "decay_s": length_s * 0.8, "onset_s": 0.02, "centroid_hz": 900.0, "flatness": 0.1, "inharmonicity": 0.2,
        "noise_floor_db": -70.0, "pitch_confidence": 0.0, **features,
    }  # fmt: skip
    if pitch is not None:
        measured |= {"pitch_hz": hz_of(pitch), "pitch_confidence": 0.9, "centroid_hz": 3.0 * hz_of(pitch), **features}
    return Segment(name, f"take-{tag}", start_s, start_s + length_s, kind, (Tag(tag, 0.9),), measured)


def catalogue_of(*segments: Segment) -> Catalogue:
    ids = {one.recording_id for one in segments}
    takes = {key: Recording(key, f"/takes/{key}.wav", 48_000, 1, 48_000 * 600, licence="CC0") for key in ids}
    rng = np.random.default_rng(5)
    return Catalogue(takes, segments, rng.standard_normal((len(segments), 8)))


BELLS = tuple(segment(f"bell{pitch}", "bell.bronze", pitch=pitch, length_s=4.0, start_s=10.0 * place)
              for place, pitch in enumerate((48, 55, 60, 67, 72)))  # fmt: skip
ORCHESTRA = (
    *BELLS,
    *(
        segment(f"flute{p}", "flute.endblown", pitch=p, length_s=3.0, kind="note", attack_s=0.08, start_s=p)
        for p in (60, 67, 74)
    ),
    *(segment(f"pluck{p}", "guqin", pitch=p, length_s=2.0, start_s=p) for p in (40, 47, 52, 57)),
    *(
        segment(f"string{p}", "cello", pitch=p, length_s=5.0, kind="note", attack_s=0.2, start_s=10.0 * p)
        for p in (43, 50, 57)
    ),
    *(segment(f"knock{n}", "gate.knock", length_s=0.4, centroid_hz=700.0 + 900 * n, start_s=n) for n in range(3)),
    *(segment(f"slam{n}", "gate.slam", length_s=1.5, centroid_hz=300.0, start_s=3.0 * n) for n in range(2)),
    *(segment(f"creak{n}", "gate.creak", length_s=3.0, attack_s=0.6, start_s=5.0 * n) for n in range(3)),
    *(segment(f"drum{n}", "drum.great", length_s=1.0, centroid_hz=180.0, start_s=2.0 * n) for n in range(2)),
    *(segment(f"cymbal{n}", "cymbal", length_s=2.5, centroid_hz=6000.0, start_s=3.0 * n) for n in range(2)),
    *(segment(f"wood{n}", "wood_block", length_s=0.2, centroid_hz=1500.0 + 500 * n, start_s=n) for n in range(2)),
    segment("wind0", "wind", length_s=20.0, kind="texture", attack_s=3.0, flatness=0.8),
)


@pytest.fixture(scope="session")
def orchestra() -> Catalogue:
    return catalogue_of(*ORCHESTRA)


def score_of(*notes: Note, parts: tuple[Part, ...] = (), title: str = "Four notes") -> Score:
    names = dict.fromkeys(note.part for note in notes)
    known = parts or tuple(Part(name, channel) for channel, name in enumerate(names))
    return Score(title, known, notes, max((note.start_s + note.duration_s for note in notes), default=0.0))


def notes_of(part: str, pitches: list[int], *, every_s: float = 1.0, length_s: float = 0.9, velocity: int = 90,
             first_s: float = 1.0) -> tuple[Note, ...]:  # fmt: skip
    return tuple(Note(first_s + n * every_s, part, pitch, length_s, velocity) for n, pitch in enumerate(pitches))
