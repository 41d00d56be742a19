"""All ports together: who is heard how, what a flood costs, and what happens when a cable is pulled."""

from __future__ import annotations

import time
from pathlib import Path

import mido
import pytest
from hypothesis import given
from hypothesis import strategies as st

from soundscape.live.controllers import PROTOCOLS
from soundscape.live.controllers.learn import Wanted
from soundscape.live.controllers.mapping_file import load_surface
from soundscape.live.controllers.reader import MOST_NOTICES, Reader
from soundscape.live.controls import (
    Beat,
    Chase,
    Control,
    Feedback,
    Go,
    Level,
    Panic,
    Press,
    Release,
    Shape,
    Transport,
)
from soundscape.live.faders import place_of
from tests.live.controllers.playing import ROLES, bend, cc, off, on, press_of, surface

PADS = surface('name = "pads"\nports = ["LPD*"]\nhears = []\n[[pad]]\nnote = 36\nrole = "Gate"\n')
FULL_FRAME = bytes([0xF0, 0x7F, 0x7F, 1, 1, 0x20, 0, 1, 0, 0xF7])


def test_a_port_takes_the_mapping_of_its_name_and_others_the_usual_one() -> None:
    reader = Reader([PADS], ROLES)
    assert press_of(reader.read("lpd8", bytes(on(36)), 0.0)).pad.role == "Gate"
    assert reader.read("lpd8", bytes(on(37)), 0.0) == []
    assert press_of(reader.read("keys", bytes(on(37, channel=10)), 0.0)).pad.role == "Gate"
    assert reader.notices() == ["lpd8 is pads", "keys is any controller"]
    assert reader.notices() == []


def test_a_port_hears_only_what_its_mapping_says() -> None:
    reader = Reader([PADS], ROLES)
    assert reader.read("lpd8", FULL_FRAME + b"\xfa", 0.0) == []
    assert reader.read("other", FULL_FRAME + b"\xfa", 0.0) == [
        Chase(1.0, is_running=False),
        Transport("locate", to_beat=0),
    ]
    ticks = [control for n in range(97) for control in reader.read("other", b"\xf8", n / 48)]
    assert [type(one) for one in ticks] == [Transport, Beat, Beat, Beat, Beat]


def test_ports_do_not_disturb_each_other() -> None:
    reader = Reader([], ROLES)
    raw = bytes(on(50))
    assert reader.read("a", raw[:2], 0.0) + reader.read("b", raw[:1], 0.0) == []
    one = press_of(reader.read("a", raw[2:], 0.0)).finger
    two = press_of(reader.read("b", raw[1:], 0.0)).finger
    assert one != two
    assert reader.read("a", bytes(off(50)), 0.0) == [Release(one)]


def test_a_cable_that_is_pulled_in_the_middle_of_a_chord_leaves_nothing_hanging() -> None:
    reader = Reader([], ROLES)
    fingers = [press_of(reader.read("keys", bytes(on(note)), 0.0)).finger for note in (50, 54, 57)]
    reader.read("keys", bytes(cc(64, 127) + off(50)) + bytes([0x90, 60]), 0.0)
    assert set(reader.unplugged("keys")) == {Release(finger) for finger in fingers}
    assert reader.notices()[-1] == "keys is gone: 3 held there let go"
    assert reader.read("keys", bytes([100]), 0.0) == []  # the rest of a note that began before
    assert reader.unplugged("keys") == reader.unplugged("never seen") == []


def test_a_silent_timecode_stands() -> None:
    reader = Reader([], ROLES)
    quarters = [bytes([0xF1, piece << 4 | (2 if piece == 7 else 0)]) for piece in range(8)]
    said = [one for n, raw in enumerate(quarters) for one in reader.read("deck", raw, n * 0.01)]
    assert said == [Chase(pytest.approx(1.75 / 25))]  # type: ignore[arg-type]
    assert reader.wait(0.1) == []
    assert reader.wait(0.3) == [Chase(said[0].at_s, is_running=False)]  # type: ignore[union-attr]


def test_a_system_reset_lets_everything_go() -> None:
    reader = Reader([], ROLES)
    finger = press_of(reader.read("keys", bytes(on(50) + cc(64, 127) + off(50) + bend(0)), 0.0)).finger
    assert reader.read("keys", b"\xff", 0.0) == [Release(finger), Shape("bend", 0.0, role="Great bell")]


def test_learning_swallows_the_message_that_binds_and_says_what_it_was() -> None:
    reader = Reader([PADS], ROLES)
    reader.learn(Wanted("button", {"does": "go"}))
    assert reader.read("lpd8", bytes(off(36) + on(36)) + b"\xf8", 0.0) == []
    assert str(reader.learned) == "note 36 on channel 1: button, does go"
    assert reader.notices()[-1] == "learned note 36 on channel 1: button, does go"
    assert len(reader.read("lpd8", bytes(on(36)), 0.0)) == 1
    reader.learn(Wanted("button", {"does": "go"}))
    reader.learn(None)
    assert len(reader.read("lpd8", bytes(on(36)), 0.0)) == 2
    assert reader.learned is None


def test_another_mapping_lets_go_of_what_the_old_one_held() -> None:
    reader = Reader([PADS], ROLES)
    finger = press_of(reader.read("lpd8", bytes(on(36)), 0.0)).finger
    go = surface('ports = ["lpd8"]\n[[button]]\nnote = 36\ndoes = "go"\n')
    assert reader.remap([go]) == [Release(finger)]
    assert reader.read("lpd8", bytes(on(36)), 0.0) == [Go()]


def test_feedback_goes_to_whom_it_concerns_and_waits_for_fingers() -> None:
    reader = Reader([PADS, load_surface("mackie-control", ROLES)], ROLES)
    assert reader.plugged("lpd8") == []
    assert len(reader.plugged("X-Touch")) > 3
    told = reader.show(Feedback("level", "Gate", place_of(-10.0)), 0.0)
    assert told == [("X-Touch", bytes(bend(8192, 2)))]
    assert reader.read("X-Touch", bytes(on(105, 127)), 1.0) == []
    (level,) = reader.read("X-Touch", bytes(bend(16383, 2)), 1.0)
    assert level == Level(10.0, "Gate")
    assert reader.show(Feedback("level", "Gate", 0.25), 5.0) == reader.due() == []
    reader.read("X-Touch", bytes(on(105, 0)), 6.0)
    assert reader.due() == [("X-Touch", bytes(bend(4096, 2)))]
    assert reader.due() == []


@given(st.lists(st.tuples(st.sampled_from(["a", "lpd8", "X-Touch"]), st.binary(max_size=20)), max_size=40))
def test_no_bytes_stop_it(portions: list[tuple[str, bytes]]) -> None:
    reader = Reader([PADS, load_surface("mackie-control", ROLES)], ROLES)
    out: list[Control] = []
    for n, (port, raw) in enumerate(portions):
        out += reader.read(port, raw, n / 100) + reader.wait(n / 100)
    pressed = [one.finger for one in out if isinstance(one, Press)]
    let_go = [one.finger for one in out if isinstance(one, Release)]
    for port in ("a", "lpd8", "X-Touch"):
        let_go += [one.finger for one in reader.unplugged(port) if isinstance(one, Release)]
    assert sorted(pressed) == sorted(let_go)
    assert len(reader.notices()) <= MOST_NOTICES


@given(st.lists(st.binary(max_size=50), max_size=20))
def test_garbage_in_system_exclusive_messages_asks_for_nothing(bodies: list[bytes]) -> None:
    reader = Reader([], ROLES)
    for body in bodies:
        inside = bytes(byte & 127 for byte in body)
        if not inside.startswith(b"\x7f"):
            assert reader.read("a", b"\xf0" + inside + b"\xf7", 0.0) == []


def test_the_same_bytes_ask_for_the_same() -> None:
    raw = [bytes(on(40 + n % 20) + cc(7, n % 128) + bend(n * 50)) for n in range(200)]

    def asked() -> list[Control]:
        reader = Reader([], ROLES)
        return [control for n, portion in enumerate(raw) for control in reader.read("a", portion, n / 100)]

    assert asked() == asked()


def test_a_panic_is_read_in_the_middle_of_a_flood() -> None:
    flood = surface('ports = ["x"]\n[[button]]\nnote = 0\ndoes = "panic"\n[[knob]]\ncc = 1\nto = "master"\n')
    reader = Reader([flood])
    raw = b"".join(bytes(cc(1, n % 128)) for n in range(5000))
    out = reader.read("x", raw + bytes(on(0)) + raw, 0.0)
    assert out.count(Panic()) == 1


def test_a_flood_of_ten_thousand_messages_a_second_leaves_the_core_free() -> None:
    """Two seconds of it, in processor time; the bound allows for a machine that is busy with something else."""
    reader = Reader([], ROLES)
    kinds = (on, cc, lambda n, v: bend(n << 7 | v), lambda n, v: off(n))
    messages = [bytes(kinds[n % 4](n % 97, n % 128)) for n in range(20_000)]
    began = time.process_time()
    for n, raw in enumerate(messages):
        reader.read("a", raw, n / 10_000)
    assert time.process_time() - began < 0.4


@pytest.mark.shared
def test_a_score_that_is_played_in_presses_every_note_of_it(shared: Path) -> None:
    file = mido.MidiFile(shared / "scores" / "muspy_fur-elise.mid")
    reader = Reader([], [f"r{n}" for n in range(15)])
    notes = [one for one in mido.merge_tracks(file.tracks) if one.type in ("note_on", "note_off")]
    out = [control for one in notes for control in reader.read("a", bytes(one.bytes()), 0.0)]
    played = [(one.pad.pitch, one.velocity) for one in out if isinstance(one, Press)]
    assert played == [(one.note, one.velocity) for one in notes if one.type == "note_on" and one.velocity]
    assert len(played) > 100
    assert reader.unplugged("a") == []


def test_every_protocol_has_a_row_and_says_what_it_is_for() -> None:
    assert set(PROTOCOLS) == {"keys", "clock", "mtc", "ltc", "msc", "osc"}
    assert all(row.about for row in PROTOCOLS.values())
