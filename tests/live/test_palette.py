"""What pads play: sounds in turn, from their onset on, as loud as asked, and the nearest where there is no other."""

from __future__ import annotations

import numpy as np
import pytest

from soundscape.arrangement.cast import Role
from soundscape.catalogue.catalogue import Catalogue
from soundscape.catalogue.segment import Kind, Recording, Segment
from soundscape.live.controls import Pad
from soundscape.live.palette import LONGEST_HOLD_S, N_CHOICES, Palette, palette_for

TAKE = Recording("0" * 32, "gates.wav", 48_000, 1, 60 * 48_000)
GATE, HELD = Pad("Gate"), Pad("Gate", trigger="hold")


def found(pads: tuple[Pad, ...], n_segments: int = 6, *, keys: tuple[Pad, ...] = (), onset_s: float = 0.25,
          kind: Kind = "event") -> Palette:  # fmt: skip
    measured = {"duration_s": 2.0, "level_lufs": -23.0, "onset_s": onset_s}
    segments = tuple(
        Segment(f"gate {n}", TAKE.id, 5.0 * n, 5.0 * n + 2.0, kind=kind, features=measured) for n in range(n_segments)
    )
    catalogue = Catalogue({TAKE.id: TAKE}, segments, np.eye(n_segments, 4, dtype=np.float32))
    roles = (Role("Gate", choose="round robin", pitch="as it is"),)
    return palette_for(pads, roles, catalogue, keys=keys)


def test_pads_take_turns_and_come_round() -> None:
    palette = found((GATE,))
    heard = [palette.event(GATE, 100, 1.0) for _ in range(2 * N_CHOICES)]
    names = [event.segment.id for event in heard if event is not None]
    assert len(set(names)) == N_CHOICES
    assert names[:N_CHOICES] == names[N_CHOICES:]
    few = found((GATE,), 2)
    assert len({event.segment.id for _ in range(8) if (event := few.event(GATE, 100, 0.0)) is not None}) == 2


def test_a_sound_begins_when_its_pad_goes_down() -> None:
    early, late = (found((GATE,), 1, onset_s=onset_s).event(GATE, 100, 3.0) for onset_s in (0.0, 0.25))
    assert early is not None
    assert late is not None
    assert (early.start_s, late.start_s) == (3.0, 3.0)
    assert late.offset_s - early.offset_s == pytest.approx(0.25, abs=1e-6)
    assert late.duration_s <= early.duration_s


def test_velocity_and_gain_of_a_pad_are_its_loudness() -> None:
    palette = found((GATE,), 1)

    def level_db(pad: Pad, velocity: int) -> float:
        event = palette.event(pad, velocity, 0.0)
        assert event is not None
        return event.gain_db

    full_db = level_db(GATE, 127)
    assert level_db(GATE, 40) < level_db(GATE, 80) < full_db
    assert level_db(Pad("Gate", gain_db=-6.0), 127) == pytest.approx(full_db - 6.0)
    assert level_db(Pad("Gate", fixed_velocity=127), 1) == pytest.approx(full_db)
    assert level_db(GATE, 0) == level_db(GATE, 1), "a press is never below the softest"


def test_what_is_held_goes_round_for_an_hour_at_most_and_a_tap_does_not() -> None:
    palette = found((GATE, HELD), 1, kind="texture")
    tap, held = palette.event(GATE, 100, 0.0), palette.event(HELD, 100, 0.0)
    assert tap is not None
    assert held is not None
    assert tap.duration_s <= 2.0
    assert LONGEST_HOLD_S - 10.0 < held.duration_s < LONGEST_HOLD_S + 10.0


def test_a_key_that_nobody_thought_of_plays_the_nearest_of_its_role_in_the_same_way() -> None:
    palette = found((Pad("Gate", 40), Pad("Gate", 70), Pad("Gate", 55, "hold")), 3)
    chosen = palette._nearest
    slots = {slot.pitch: slot for slot in palette.choices}
    assert chosen(type(slots[40]).of(Pad("Gate", 50))) == slots[40], "the held one is nearer, and goes round"
    assert chosen(type(slots[40]).of(Pad("Gate", 60))) == slots[70]
    assert chosen(type(slots[40]).of(Pad("Gate", 0, "loop"))) == slots[55]
    assert palette.event(Pad("Drum"), 100, 0.0) is None


def test_a_key_has_one_sound_and_a_pad_several_and_the_seed_says_which() -> None:
    palette = found((GATE,), keys=(Pad("Gate", 61),))
    assert sorted(len(events) for events in palette.choices.values()) == [1, N_CHOICES]
    assert palette.stretches() == found((GATE,), keys=(Pad("Gate", 61),)).stretches()
    assert all(key.recording_id == TAKE.id for key in palette.stretches())


def test_only_what_may_be_bent_carries_a_bend() -> None:
    palette = found((GATE,), 1)
    still, bent = palette.event(GATE, 100, 0.0), palette.event(GATE, 100, 0.0, bends=True)
    assert still is not None
    assert bent is not None
    assert still.bend is None
    assert bent.bend is not None
