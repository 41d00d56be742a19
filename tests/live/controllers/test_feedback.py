"""What lights up, and when motors move."""

from __future__ import annotations

import pytest

from soundscape.live.controllers.feedback import Lights
from soundscape.live.controllers.turning import number_14, place_14
from soundscape.live.controls import Feedback
from soundscape.live.faders import place_of
from tests.live.controllers.playing import bend, off, on, surface

FADER = '[[feedback]]\nbend = 3\nwhat = "level"\nrole = "Gate"\ntouch = 104\n'
LAMP = '[[feedback]]\nnote = 16\nchannel = 2\nwhat = "playing"\nrole = "Gate"\non = 21\noff = 1\n'


def test_a_light_goes_on_and_off_and_says_so_once() -> None:
    lights = Lights(surface(LAMP))
    assert lights.wake() == [bytes([0x91, 16, 1])]
    assert lights.show(Feedback("playing", "Gate", 1.0)) == [bytes([0x91, 16, 21])]
    assert lights.show(Feedback("playing", "Gate", 0.9)) == []
    assert lights.show(Feedback("playing", "Gate", 0.0)) == [bytes([0x91, 16, 1])]
    assert lights.show(Feedback("playing", "Wind", 1.0)) + lights.show(Feedback("muted", "Gate", 1.0)) == []


def test_a_light_of_a_role_is_on_as_long_as_any_of_its_pitches_sounds() -> None:
    lights = Lights(surface(LAMP + LAMP.replace("16", "17") + "pitch = 62\n"))
    lights.wake()
    assert lights.show(Feedback("playing", "Gate/60")) == [bytes([0x91, 16, 21])]
    assert lights.show(Feedback("playing", "Gate/62")) == [bytes([0x91, 17, 21])]
    assert lights.show(Feedback("playing", "Gate/60", 0.0)) == []
    assert len(lights.show(Feedback("playing", "Gate/62", 0.0))) == 2


@pytest.mark.parametrize(("level_db", "raw"), [(10.0, 16383), (-120.0, 0), (0.0, 12288)])
def test_a_motor_goes_where_the_level_is(level_db: float, raw: int) -> None:
    lights = Lights(surface(FADER))
    assert lights.wake() == []  # nobody has said where it should stand
    sent = lights.show(Feedback("level", "Gate", place_of(level_db)))
    assert sent == [bytes(bend(raw, 3))]


def test_a_motor_does_not_pull_at_a_finger() -> None:
    lights = Lights(surface(FADER))
    lights.show(Feedback("level", "Gate", 0.5))
    assert lights.hear(bytes(on(104, 127))) == []
    assert lights.hear(bytes(bend(9000, 3))) == []
    assert lights.show(Feedback("level", "Gate", place_14(9000))) == []
    assert lights.hear(bytes(on(104, 0))) == []  # it stands where the finger has put it
    lights.hear(bytes(on(104, 127)))
    assert lights.show(Feedback("level", "Gate", 0.25)) == []  # a snapshot comes back under the finger
    assert lights.hear(bytes(off(104))) == [bytes(bend(4096, 3))]


def test_what_is_plugged_in_again_is_greeted_and_shows_everything() -> None:
    lights = Lights(surface('hello = ["F0 01 F7"]\n' + LAMP + FADER))
    assert lights.wake() == [bytes.fromhex("f001f7"), bytes([0x91, 16, 1])]
    lights.show(Feedback("playing", "Gate"))
    lights.show(Feedback("level", "Gate", 1.0))
    lights.hear(bytes(on(104)))  # and unplugged under the finger
    assert lights.wake() == [bytes.fromhex("f001f7"), bytes([0x91, 16, 21]), bytes(bend(16383, 3))]


def test_a_ring_shows_every_value_between() -> None:
    lights = Lights(surface('[[feedback]]\ncc = 48\nwhat = "master"\non = 11\noff = 1\n'))
    assert lights.show(Feedback("master", value=0.5)) == [bytes([0xB0, 48, 6])]
    assert lights.show(Feedback("master", value=7.0)) == [bytes([0xB0, 48, 11])]


def test_a_fader_is_sent_back_to_exactly_where_it_was_put() -> None:
    assert [number_14(place_14(number)) for number in range(16384)] == list(range(16384))
