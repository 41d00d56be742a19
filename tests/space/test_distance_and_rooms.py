from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from soundscape.errors import PieceError
from soundscape.space.distance import direct_gain, room_gain
from soundscape.space.room import ROOMS, Room, room_from_table, room_named


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
    at_1_khz_s = {name: room.rt60_s[4] for name, room in ROOMS.items()}
    assert at_1_khz_s["cave"] > at_1_khz_s["hall"] > at_1_khz_s["gallery"] > at_1_khz_s["courtyard"]
    assert ROOMS["courtyard"].level_db == min(room.level_db for room in ROOMS.values())
    assert [name for name, room in ROOMS.items() if room.walls[5] == 0.0] == ["courtyard"]
    assert all(room.rt60_s[7] <= room.rt60_s[4] for room in ROOMS.values()), "air and walls take the high end first"
    assert ROOMS["cave"].rt60_s[0] == max(ROOMS["cave"].rt60_s), "a cave keeps its low end"


def test_a_listener_sits_between_left_and_right_but_not_between_other_walls() -> None:
    for room in ROOMS.values():
        x_m, y_m, z_m = room.ears_m
        assert x_m == room.size_m[0] - x_m
        assert abs(room.size_m[1] - 2.0 * y_m) > 0.3
        assert abs(room.size_m[2] - 2.0 * z_m) > 0.1


def test_an_unknown_room_is_answered_with_the_known_ones() -> None:
    with pytest.raises(PieceError, match="'galery'; did you mean 'gallery'") as caught:
        room_named("galery")
    assert caught.value.hint == "rooms: none, gallery, hall, courtyard, corridor, cave"


@pytest.mark.parametrize("wrong", [
    {"rt60_s": (-1.0,) * 8}, {"rt60_s": (1.0, 1.0, 1.0)}, {"rt60_s": (float("nan"),) * 8}, {"predelay_s": 2.0},
    {"size_m": (0.0, 1.0, 1.0)}, {"diffusion": 1.5}, {"level_db": float("nan")}, {"walls": (0.9,) * 5},
    {"walls": (1.1,) * 6}, {"listener_m": (5.0, 11.0, 1.5)}, {"listener_m": (5.0, float("nan"), 1.5)},
])  # fmt: skip
def test_a_room_that_cannot_be_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        Room("wrong", **wrong)


def test_a_table_begins_with_a_room_and_changes_what_it_names() -> None:
    room = room_from_table({"base": "cave", "level_db": -9, "walls": 0.8, "size_m": [10, 12, 4]})
    assert room == replace(ROOMS["cave"], name="own cave", level_db=-9.0, walls=(0.8,) * 6, size_m=(10.0, 12.0, 4.0))
    assert room_from_table({"base": "gallery"}) == ROOMS["gallery"]
    assert room_from_table({"diffusion": 0.5}) == replace(ROOMS["hall"], name="own hall", diffusion=0.5)


def test_times_are_written_as_one_number_as_three_or_as_eight() -> None:
    assert room_from_table({"rt60_s": 2}).rt60_s == (2.0,) * 8
    assert room_from_table({"rt60_s": [4.0, 1.0, 0.25]}).rt60_s == (4.0, 4.0, 2.0, 1.0, 1.0, 1.0, 0.5, 0.25)
    eight = [2.0, 1.9, 1.8, 1.7, 1.6, 1.5, 1.2, 0.8]
    assert list(room_from_table({"rt60_s": eight}).rt60_s) == eight


@pytest.mark.parametrize(("table", "said"), [
    ({"rt60": 2.0}, "house: unknown key 'rt60'; did you mean 'rt60_s'"),
    ({"base": "hal"}, "house: base: there is no room 'hal'; did you mean 'hall'"),
    ({"base": 3}, "house: base must be the name of a room, got 3"),
    ({"rt60_s": "2"}, "house: rt60_s must be 1 or 3 or 8 numbers, got '2'"),
    ({"rt60_s": [1.0, 2.0]}, "house: rt60_s must be 1 or 3 or 8 numbers"),
    ({"rt60_s": [1.0, -2.0, 1.0]}, "house: rt60_s must be 0 or more"),
    ({"rt60_s": -1.0}, "house: rt60_s is eight times from 0 to 60"),
    ({"walls": [0.9, True, 0.9, 0.9, 0.9, 0.9]}, "house: walls must be a number, got True"),
    ({"walls": 1.5}, "house: walls is six factors from 0 to 1"),
    ({"size_m": 4.0}, "house: size_m must be 3 numbers, got 4.0"),
    ({"listener_m": [100, 1, 1]}, "house: listener_m is a place"),
    ({"level_db": float("inf")}, "house: level_db must be finite"),
])  # fmt: skip
def test_a_table_that_cannot_be_says_where_and_what(table: dict[str, Any], said: str) -> None:
    with pytest.raises(PieceError, match=re.escape(said)) as caught:
        room_from_table(table, where="house")
    assert caught.value.hint
