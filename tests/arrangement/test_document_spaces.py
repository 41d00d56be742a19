"""Documents with rooms of their own, panners and sound fields: equal after loading, refused with their place."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from soundscape.arrangement.arrangement import Arrangement
from soundscape.arrangement.document import load_arrangement, save_arrangement
from soundscape.arrangement.event import Event
from soundscape.catalogue.segment import Recording, Segment
from soundscape.errors import PieceError
from soundscape.space.measured import MeasuredRoom
from soundscape.space.room import Room, room_from_table
from tests.arrangement.test_document import changed, saved

TAKE = Recording("b" * 32, "/takes/bed.wav", 48_000, 4, 96_000, ambisonic="ambix")
BED = Event(0.0, 1.0, Segment("bed", TAKE.id, 0.0, 2.0), "bed")
PLAIN = Arrangement((BED,), (TAKE,), title="Bed")

EVENTS = {
    "doppler": {"doppler": True},
    "a pair of nothing": {"pair_deg": 0.0},
    "a pair all round": {"pair_deg": 360.0},
    "a turn": {"turn_deg": (-0.1, 89.999999999, 36_000.0)},
    "a kind": {"sound_field": "a-format"},
    "a speaker": {"speaker": "扬声器 1 \"left\""},
    "a zone": {"zone": "hall/foyer"},
    "all of them": {"doppler": True, "pair_deg": 96.0, "turn_deg": (90.0, 0.0, 0.0), "sound_field": "fuma",
                    "speaker": "LFE", "zone": "hall"},
}  # fmt: skip


@pytest.mark.parametrize("what", EVENTS)
def test_every_key_of_an_event_is_kept(what: str, tmp_path: Path) -> None:
    made = replace(PLAIN, events=(replace(BED, **EVENTS[what]),))
    save_arrangement(made, tmp_path / "a.json")
    assert load_arrangement(tmp_path / "a.json") == made != PLAIN


ROOMS = {
    "a name": "cave",
    "walls and times": room_from_table({"base": "hall", "rt60_s": [3.0, 2.5, 1.2], "walls": 0.9}),
    "a place to hear from": Room("loft", (0.1,) * 8, 1.0, (0.5, 1000.0, 3.0), -120.0, 0.0, (0.0,) * 6, (0.2, 1.0, 1.0)),
    "a measured one": MeasuredRoom("/rooms/hall.wav"),
    "a measured field": MeasuredRoom("/rooms/hall.wav", -120.0, "fuma"),
}  # fmt: skip


@pytest.mark.parametrize("what", ROOMS)
def test_every_room_and_panner_is_kept(what: str, tmp_path: Path) -> None:
    made = replace(PLAIN, room=ROOMS[what], panner="ambisonics-3-epad-in-phase")
    save_arrangement(made, tmp_path / "a.json")
    assert load_arrangement(tmp_path / "a.json") == made


def test_a_measured_room_beside_the_document_moves_with_it(tmp_path: Path) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    here.mkdir()
    save_arrangement(replace(PLAIN, room=MeasuredRoom(str(here / "rooms" / "hall.wav"), -9.5)), here / "a.json")
    assert json.loads((here / "a.json").read_text())["room"]["impulse_response"] == "./rooms/hall.wav"
    here.rename(there)
    assert load_arrangement(there / "a.json").room == MeasuredRoom(str(there / "rooms" / "hall.wav"), -9.5)


def event_key(key: str) -> tuple[Any, ...]:
    return ("events", 0, key)


WRONG: dict[str, tuple[tuple[Any, ...], Any, str]] = {
    "doppler as a number": (event_key("doppler"), 1, "events[0]: doppler"),
    "a pair as text": (event_key("pair_deg"), "60", "events[0]: pair_deg"),
    "a pair beyond the circle": (event_key("pair_deg"), 400, "pair_deg is 400"),
    "a pair that is null": (event_key("pair_deg"), None, "events[0]: pair_deg"),
    "a turn of two": (event_key("turn_deg"), [1, 2], "turn_deg: [1, 2] must be 3 numbers"),
    "a turn with text": (event_key("turn_deg"), [1, 2, "3"], "events[0]: turn_deg"),
    "a turn without end": (event_key("turn_deg"), [1e308, 0, 0], "turn_deg is"),
    "a turn that is NaN": (event_key("turn_deg"), [float("nan"), 0, 0], "NaN"),
    "a kind that is a number": (event_key("sound_field"), 4, "events[0]: sound_field"),
    "a speaker that is a number": (event_key("speaker"), 3, "events[0]: speaker"),
    "a zone that is a list": (event_key("zone"), [], "events[0]: zone"),
    "half a letter in a zone": (event_key("zone"), "\ud800", "events[0]: zone"),
    "a path back in time": (event_key("path"), [[1, 0, 1, 0], [0, 0, 1, 0]], "path: times must rise"),
    "a panner that is a number": (("panner",), 3, "panner"),
    "a room that is a number": (("room",), 3, "room: 3"),
    "a room without a name": (("room",), {}, "room: name"),
    "a decay below zero": (("room",), {"name": "x", "rt60_s": -1}, "room: rt60_s"),
    "a size without end": (("room",), {"name": "x", "size_m": [1e308] * 3}, "room: size_m"),
    "five walls": (("room",), {"name": "x", "walls": [1] * 5}, "room: walls"),
    "ears in the street": (("room",), {"name": "x", "listener_m": [99, 1, 1]}, "room: listener_m"),
    "an unknown key of a room": (("room",), {"name": "x", "rt60": 1}, "did you mean 'rt60_s'"),
    "a response that is a number": (("room",), {"impulse_response": 3}, "measured room"),
    "a level beyond reason": (("room",), {"impulse_response": "a.wav", "level_db": 99}, "level_db goes from"),
    "a kind that is none": (("room",), {"impulse_response": "a.wav", "sound_field": "foa"}, "sound_field is one of"),
    "an unknown key of a measured room": (("room",), {"impulse_response": "a.wav", "base": "hall"}, "'base'"),
}


@pytest.mark.parametrize("what", WRONG)
def test_what_cannot_be_is_refused_with_its_place(what: str, tmp_path: Path) -> None:
    keys, value, said = WRONG[what]
    with pytest.raises(PieceError) as caught:
        load_arrangement(changed(saved(tmp_path), *keys, value=value))
    assert said in str(caught.value)
    assert "a.json" in str(caught.value)
    assert caught.value.hint
