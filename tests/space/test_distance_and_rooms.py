from __future__ import annotations

import numpy as np
import pytest

from soundscape.errors import PieceError
from soundscape.space.distance import direct_gain, room_gain
from soundscape.space.room import ROOMS, Room, room_named


def test_direct_sound_loses_six_decibels_for_each_doubling() -> None:
    gains = direct_gain(np.array([1.0, 2.0, 4.0, 64.0]))
    np.testing.assert_allclose(np.diff(20 * np.log10(gains)), [-6.0206, -6.0206, -4 * 6.0206], atol=1e-4)


def test_the_room_falls_half_as_fast_as_the_direct_sound() -> None:
    distances_m = np.geomspace(1.0, 500.0, 50)
    np.testing.assert_allclose(room_gain(distances_m), direct_gain(distances_m) ** 0.5)


def test_nothing_grows_without_end_at_the_head() -> None:
    near = np.linspace(0.0, 1.0, 11)
    assert (direct_gain(near) == 1.0).all()
    assert (room_gain(near) == 1.0).all()


def test_gains_never_rise_with_distance() -> None:
    distances_m = np.linspace(0.0, 200.0, 2001)
    assert (np.diff(direct_gain(distances_m)) <= 0.0).all()
    assert (np.diff(room_gain(distances_m)) <= 0.0).all()


def test_the_rooms_are_those_a_piece_may_name() -> None:
    assert list(ROOMS) == ["none", "gallery", "hall", "courtyard", "corridor", "cave"]
    assert room_named("none").is_silent
    assert not any(room.is_silent for name, room in ROOMS.items() if name != "none")


def test_rooms_differ_as_places_do() -> None:
    assert ROOMS["cave"].rt60_s[1] > ROOMS["hall"].rt60_s[1] > ROOMS["gallery"].rt60_s[1] > ROOMS["courtyard"].rt60_s[1]
    assert ROOMS["courtyard"].level_db == min(room.level_db for room in ROOMS.values())
    assert all(room.rt60_s[2] <= room.rt60_s[1] for room in ROOMS.values()), "air and walls take the high end first"


def test_an_unknown_room_is_answered_with_the_known_ones() -> None:
    with pytest.raises(PieceError, match="'galery'; did you mean 'gallery'") as caught:
        room_named("galery")
    assert caught.value.hint == "rooms: none, gallery, hall, courtyard, corridor, cave"


@pytest.mark.parametrize("wrong", [
    {"rt60_s": (-1.0, 1.0, 1.0)}, {"predelay_s": 2.0}, {"size_m": (0.0, 1.0, 1.0)}, {"diffusion": 1.5},
    {"level_db": float("nan")}, {"rt60_s": (float("nan"), 1.0, 1.0)},
])  # fmt: skip
def test_a_room_that_cannot_be_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        Room("wrong", **wrong)
