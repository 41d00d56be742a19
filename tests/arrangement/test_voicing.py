"""When a sound goes round, and when it ends with its segment."""

from __future__ import annotations

import pytest

from soundscape.arrangement.voicing import Manner, timing_of
from soundscape.catalogue.segment import Kind, Segment, Tag
from soundscape.score.score import Note

POINTS = {"loop_start_s": 0.5, "loop_end_s": 3.5, "loop_fade_s": 0.4}


def flute(kind: Kind = "note", tag: str = "flute", **features: float) -> Segment:
    return Segment("s", "r", 0.0, 4.0, kind, (Tag(tag, 0.9),), features)


def lasts_s(segment: Segment, manner: Manner | None = None) -> float:
    note = Note(0.0, "melody", 60, 10.0, 80)
    return timing_of(note, segment, speed=1.0, manner=manner or Manner()).duration_s


def test_a_held_note_goes_on_where_it_can_go_round() -> None:
    assert lasts_s(flute(**POINTS)) > 10.0
    assert lasts_s(flute()) == pytest.approx(4.0)


def test_what_is_struck_rings_to_its_end_and_no_further() -> None:
    assert lasts_s(flute(tag="bell", **POINTS)) == pytest.approx(4.0)


def test_a_role_may_forbid_it() -> None:
    assert lasts_s(flute(**POINTS), Manner(loops=False)) == pytest.approx(4.0)
    assert lasts_s(flute("texture", "wind"), Manner(loops=False)) == pytest.approx(4.0)


def test_a_texture_goes_round_with_and_without_points() -> None:
    assert lasts_s(flute("texture", "wind")) > 10.0
    assert lasts_s(flute("texture", "wind", **POINTS)) > 10.0
