"""What is played on pads, keys and pedals."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from soundscape.live.controllers.keys import Keys
from soundscape.live.controllers.mapping import surface_for_roles
from soundscape.live.controllers.messages import Stream
from soundscape.live.controllers.turning import Known
from soundscape.live.controls import Control, Go, Level, Mute, Pad, Panic, Press, Release, Shape, Snapshot, Standby
from tests.live.controllers.playing import ROLES, Hands, bend, cc, off, on, press_of, released, shapes, surface

KEYS = '[[keys]]\nrole = "Gate"\nchannel = 1\n'
MPE = '[[keys]]\nrole = "Wind"\nmpe = true\n'


def test_a_pad_plays_its_role_as_hard_as_it_is_hit() -> None:
    hands = Hands('[[pad]]\nnote = 36\nchannel = 10\nrole = "Gate"\npitch = 48\ntrigger = "loop"\nchoke = "a"\n')
    press = press_of(hands(on(36, 77, channel=10)))
    assert press.pad == Pad("Gate", 48, "loop", "a")
    assert press.velocity == 77
    assert hands(off(36, channel=10)) == [Release(press.finger)]
    assert hands(on(36, channel=9), on(37, channel=10)) == []


def test_keys_play_their_own_pitch() -> None:
    hands = Hands('[[keys]]\nrole = "Gate"\nlow = 40\nhigh = 50\ntranspose = 12\n')
    assert [press_of(hands(on(note, channel=7))).pad.pitch for note in (40, 50)] == [52, 62]
    assert hands(on(39), on(51)) == []


def test_velocity_nothing_is_a_release_and_a_lost_release_is_made_up_for() -> None:
    hands = Hands(KEYS)
    first = press_of(hands(on(60))).finger
    second = hands(on(60))
    assert second[0] == Release(first)
    assert press_of(second).finger != first
    assert released(hands(on(60, 0))) == [press_of(second).finger]
    assert hands(off(60)) == []


def test_the_pedal_holds_what_is_let_go() -> None:
    hands = Hands(KEYS)
    low, high = (press_of(hands(on(note))).finger for note in (50, 60))
    assert hands(cc(64, 127), off(50)) == []
    again = hands(on(50))
    assert again[0] == Release(low)
    assert released(hands(off(50), cc(64, 0))) == [press_of(again).finger]
    assert released(hands(off(60))) == [high]


@given(st.lists(st.tuples(st.sampled_from([on, off, cc]), st.integers(36, 39), st.integers(0, 127)), max_size=60))
def test_every_finger_is_released_once(played: list[tuple[object, int, int]]) -> None:
    """Of one key only one sounds at a time: whatever is hammered with the pedal down stays bounded."""
    hands, down = Hands(KEYS), set[str]()
    controls: list[Control] = []
    for what, note, value in played:
        controls += hands(off(note) if what is off else cc(64, value) if what is cc else on(note, value))
    hands.keys.let_go(controls)
    for control in controls:
        if isinstance(control, Press):
            assert control.finger not in down
            down.add(control.finger)
            assert len(down) <= 4
        elif isinstance(control, Release):
            down.remove(control.finger)
    assert not down


def test_all_notes_off_honours_the_pedal_and_all_sound_off_does_not() -> None:
    hands = Hands(KEYS)
    finger = press_of(hands(on(60))).finger
    assert hands(cc(64, 127), cc(123, 0)) == []
    assert hands(cc(120, 0)) == [Release(finger)]
    other = press_of(hands(on(61))).finger
    assert hands(cc(120, 0, channel=2)) == []
    assert hands(cc(64, 0), cc(123, 0)) == [Release(other)]


def test_a_reset_lets_the_pedal_go_and_the_bend_spring_back() -> None:
    hands = Hands(KEYS)
    finger = press_of(hands(on(60), cc(64, 127), off(60), bend(16383))).finger
    assert hands(cc(121, 0)) == [Release(finger), Shape("bend", 0.0, role="Gate")]
    assert hands(cc(121, 0)) == []


def test_a_bend_is_in_semitones_of_the_range_that_was_set() -> None:
    hands = Hands(KEYS)
    assert shapes(hands(bend(0), bend(8192), bend(16383))) == [
        ("bend", -2.0, "", "Gate"), ("bend", 0.0, "", "Gate"), ("bend", 2.0, "", "Gate"),
    ]  # fmt: skip
    assert shapes(hands(cc(101, 0), cc(100, 0), cc(6, 12), cc(38, 50)))[-1] == ("bend", 12.5, "", "Gate")
    hands(cc(101, 127), cc(100, 127), cc(6, 3))
    hands(cc(99, 0), cc(98, 0), cc(6, 3))  # not a registered one: somebody else's
    assert shapes(hands(bend(0))) == [("bend", -12.5, "", "Gate")]


def test_pressure_is_level_of_the_role_or_of_the_finger() -> None:
    hands = Hands(KEYS + "pressure_db = [-6, 6]\n")
    finger = press_of(hands(on(60))).finger
    assert shapes(hands((0xD0, 127))) == [("level", 6.0, "", "Gate")]
    assert shapes(hands((0xA0, 60, 0), (0xA0, 61, 9))) == [("level", -6.0, finger, "")]


def test_each_finger_of_mpe_has_its_own_path() -> None:
    hands = Hands(MPE + 'slide = "azimuth"\nslide_range = [90, -90]\npressure_db = [-12, 0]\n')
    early = hands(bend(8192 + 4096, 2), cc(74, 0, 2), on(60, channel=2))
    one = press_of(early).finger
    assert [type(control) for control in early] == [Press, Shape, Shape]
    assert shapes(early) == [("bend", 24.003, one, ""), ("azimuth", 90.0, one, "")]
    two = press_of(hands(on(60, channel=3))).finger
    assert one != two
    assert shapes(hands(bend(0, 3), (0xD2, 127), cc(74, 127, 3))) == [
        ("bend", -48.0, two, ""), ("level", 0.0, two, ""), ("azimuth", -90.0, two, ""),
    ]  # fmt: skip
    assert shapes(hands(bend(16383, 1))) == [("bend", 26.003, one, ""), ("bend", -46.0, two, "")]
    assert released(hands(cc(64, 127, 1), off(60, 2), cc(64, 0, 1))) == [one]


def test_a_controller_says_how_many_fingers_it_tells_apart() -> None:
    zones = '[[keys]]\nrole = "Gate"\nzone = "upper"\nmpe = true\nmembers = 3\n'
    hands = Hands(MPE + zones + '[[keys]]\nrole = "Great bell"\nchannel = 9\n')

    def role_at(channel: int) -> str:
        return press_of(hands(on(60, channel=channel))).pad.role

    assert [role_at(channel) for channel in (1, 8, 9, 13, 16)] == ["Wind", "Wind", "Great bell", "Gate", "Gate"]
    assert len(released(hands(cc(101, 0, 16), cc(100, 6, 16), cc(6, 8, 16)))) == 5
    assert [role_at(channel) for channel in (2, 7, 8, 15)] == ["Wind", "Wind", "Gate", "Gate"]
    hands(cc(101, 0, 1), cc(100, 6, 1), cc(6, 13, 1))
    assert [role_at(channel) for channel in (14, 15)] == ["Wind", "Gate"]
    hands(cc(101, 0, 16), cc(100, 6, 16), cc(6, 8, 16))
    hands(cc(101, 0, 1), cc(100, 6, 1), cc(6, 0, 1))
    assert hands(on(60, channel=2)) == []
    hands(cc(101, 0, 15), cc(100, 0, 15), cc(6, 24, 15))
    assert hands(bend(16383, 15)) == []
    finger = press_of(hands(on(70, channel=14))).finger
    assert shapes(hands(bend(0, 14))) == [("bend", -24.0, finger, "")]


def test_buttons_do_things_once_for_each_press() -> None:
    hands = Hands(
        '[[button]]\nnote = 60\ndoes = "go"\n[[button]]\ncc = 64\ndoes = "panic"\n'
        '[[button]]\nprogramme = 5\nchannel = 2\ndoes = "recall"\nname = "quiet"\n'
        '[[button]]\nnotes = [0, 2]\nroles_from = 2\ndoes = "mute"\n[[button]]\nnote = 9\ndoes = "back"\n' + KEYS
    )
    assert hands(on(60, 1), off(60), on(60, 0)) == [Go()]
    assert hands(cc(64, 127), cc(64, 0), cc(64, 63)) == [Panic()]
    assert hands(*(cc(64, value) for value in range(60, 128))) == [Panic()]
    assert hands(cc(64, 127), cc(64, 127)) == [Panic(), Panic()]
    assert hands((0xC0, 5), (0xC1, 5)) == [Snapshot("quiet", recall=True)]
    assert hands(on(0), on(1), on(9)) == [Mute("Gate"), Mute("Wind"), Standby(by=-1)]
    assert press_of(hands(on(2))).pad.role == "Gate"  # there is no fourth role to mute: the keys have the note


def test_without_a_file_every_role_is_a_pad_and_a_keyboard() -> None:
    hands = Hands(surface_for_roles([f"r{n}" for n in range(12)]))
    assert press_of(hands(on(36 + 11, channel=10))).pad == Pad("r11")
    assert [press_of(hands(on(50, channel=channel))).pad for channel in (9, 11)] == [
        Pad("r8", 50, "hold"), Pad("r9", 50, "hold"),
    ]  # fmt: skip
    assert hands(cc(7, 0)) == [Level(-120.0, "r0")]
    assert shapes(hands(cc(10, 64, channel=2))) == [("azimuth", 0.0, "", "r1")]
    assert hands(on(48, channel=10)) == []


@pytest.mark.parametrize("rows", ["", KEYS, MPE, KEYS + '[[knob]]\ncc14 = 1\nto = "master"\n'])
@given(raw=st.lists(st.binary(max_size=30), max_size=30))
def test_no_bytes_stop_the_keys(rows: str, raw: list[bytes]) -> None:
    keys, stream, out = Keys("x", surface(rows), Known()), Stream(), list[Control]()
    for portion in raw:
        for message in stream.feed(portion):
            if message[0] < 0xF0:
                keys.read(message, 0.0, out)
    assert all(control.finger or control.role in ROLES for control in out if isinstance(control, Shape))
    assert all(0 <= control.velocity <= 127 for control in out if isinstance(control, Press))
