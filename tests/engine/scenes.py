"""Small scenes to plan and mix."""

from __future__ import annotations

import numpy as np

from soundscape.arrangement.arrangement import Arrangement
from soundscape.arrangement.event import Event
from soundscape.catalogue.segment import Recording, Segment
from soundscape.engine.voices import SourceKey
from soundscape.units import Samples

MONO, STEREO, QUAD = (letter * 32 for letter in "abc")
RECORDINGS = tuple(Recording(name, f"{name}.wav", 48_000, n, 96_000) for name, n in ((MONO, 1), (STEREO, 2), (QUAD, 4)))


def segment(recording_id: str = MONO, end_s: float = 1.0) -> Segment:
    return Segment(f"{recording_id}:{end_s}", recording_id, 0.0, end_s)


def arrangement(*events: Event, room: str = "none") -> Arrangement:
    return Arrangement(events, RECORDINGS, room=room)


def noise(key: SourceKey) -> Samples:
    n_channels = {MONO: 1, STEREO: 2, QUAD: 4}[key.recording_id]
    n_frames = round((key.end_s - key.start_s) / key.speed * 48_000)
    rng = np.random.default_rng(n_channels)
    return rng.uniform(-0.5, 0.5, (n_frames, n_channels)).astype(np.float32)


def ones(key: SourceKey) -> Samples:
    return np.ones_like(noise(key))
