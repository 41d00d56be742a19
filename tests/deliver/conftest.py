"""A small arrangement to draw, credit and render."""

from __future__ import annotations

import pytest

from soundscape.arrangement.arrangement import Arrangement
from soundscape.arrangement.event import Event
from soundscape.catalogue.segment import Recording, Segment, Tag
from soundscape.space.trajectory import Trajectory

GATE = Recording(id="a" * 32, path="gate.wav", rate_hz=48_000, n_channels=1, n_frames=480_000,
                 titles={"en": "West gate", "zh": "西门"}, object_id="SYN-1", licence="CC0-1.0")  # fmt: skip
BELL = Recording(id="b" * 32, path="bell.wav", rate_hz=48_000, n_channels=1, n_frames=960_000, titles={"en": "Bell"})


def segment(recording: Recording, start_s: float, end_s: float, tag: str) -> Segment:
    name = f"{recording.id[:4]}-{start_s:g}"
    return Segment(name, recording.id, start_s, end_s, tags=(Tag(tag, 0.9),))


def two_roles() -> Arrangement:
    creak = segment(GATE, 1.0, 4.0, "gate.creak")
    stroke = segment(BELL, 0.0, 8.0, "bell")
    moving = Trajectory((0.0, 3.0), ((-2.0, 1.0, 0.0), (2.0, 1.0, 1.0)))
    events = (
        Event(0.0, 3.0, creak, "gates", path=moving),
        Event(1.0, 1.5, creak, "gates", gain_db=-6.0, speed=2.0),
        Event(6.0, 8.0, stroke, "bells", path=Trajectory.still(0.0, 3.0, 2.0)),
    )
    return Arrangement(events, (BELL, GATE), title="Two roles", markers=((0.0, "opening"), (6.0, "bell")))


@pytest.fixture
def arrangement() -> Arrangement:
    return two_roles()
