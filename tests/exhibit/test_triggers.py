"""Buttons, sensors and lighting desks: what starts a trigger, what does not, and how much of it is too much."""

from __future__ import annotations

import importlib.util
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from soundscape.errors import ExhibitError
from soundscape.exhibit.buttons import Button, button
from soundscape.exhibit.door import Ask
from soundscape.exhibit.exhibit import Trigger
from soundscape.exhibit.triggers import Buttons, Desk
from soundscape.live.controllers.osc import OscServer

DOOR = Trigger("someone at the door", "far gates", rest_s=20.0, midi=Button(note=60, channel=2))
CLASS = Trigger("school class", mood={"lively": -0.3}, rest_s=0.0, midi=Button(control=20))
TRIGGERS, PROFILES = (DOOR, CLASS), ("usual", "quiet")
THE_DOOR, THE_CLASS = Ask("trigger", DOOR.name), Ask("trigger", CLASS.name)

needs_osc = pytest.mark.skipif(importlib.util.find_spec("pythonosc") is None, reason="python-osc is not installed")


class Ports:
    """MIDI ports whose messages the test gives."""

    def __init__(self) -> None:
        self.waiting: list[bytes] = []

    def incoming(self) -> Iterator[tuple[str, float, bytes]]:
        waiting, self.waiting = self.waiting, []
        return (("keys", 0.0, raw) for raw in waiting)

    def changes(self) -> Iterator[tuple[str, bool]]:
        return iter(())

    def close(self) -> None:
        pass


class Hall:
    """Buttons of an exhibit, what they asked for, and a clock that the test moves."""

    def __init__(self, **settings: Any) -> None:
        self.now, self.asked, self.told, self.ports = 100.0, [], [], Ports()  # type: float, list[Ask], list[str], Ports
        self.desk = Desk(TRIGGERS, PROFILES, self.asked.append, self.told.append, clock=lambda: self.now)
        given: Any = {"ports": self.ports, **settings}
        self.buttons = Buttons(self.desk, TRIGGERS, PROFILES, tell=self.told.append, clock=lambda: self.now, **given)

    def midi(self, *messages: bytes) -> list[Ask]:
        self.ports.waiting += messages
        return self.turned()

    def turned(self) -> list[Ask]:
        self.asked.clear()
        self.buttons.turn()
        return list(self.asked)


@pytest.fixture
def hall() -> Hall:
    return Hall()


def test_a_note_and_a_controller_start_what_is_theirs(hall: Hall) -> None:
    assert hall.midi(bytes([0x91, 60, 100])) == [THE_DOOR]
    assert hall.midi(bytes([0xB7, 20, 127])) == [THE_CLASS]


@pytest.mark.parametrize("raw", [
    bytes([0x90, 60, 100]), bytes([0x91, 61, 100]), bytes([0x91, 60, 0]), bytes([0x81, 60, 64]), bytes([0xB1, 60, 127]),
    bytes([0xB0, 20, 63]), bytes([0xC1, 60]), b"", bytes([0xF0, 1, 2, 0xF7]),
])  # fmt: skip
def test_another_channel_number_release_or_message_starts_nothing(hall: Hall, raw: bytes) -> None:
    assert hall.midi(raw) == []


def test_a_trigger_rests_and_one_that_may_come_at_once_does(hall: Hall) -> None:
    strike = bytes([0x91, 60, 100])
    assert hall.midi(strike, strike) == [THE_DOOR]
    hall.now += 19.9
    assert hall.midi(strike) == []
    hall.now += 0.2
    assert hall.midi(strike) == [THE_DOOR]
    assert hall.midi(*[bytes([0xB0, 20, 127])] * 3) == [THE_CLASS] * 3


def test_a_desk_is_one_for_all_doors(hall: Hall) -> None:
    """What a sensor has started rests for the button on a page as well."""
    assert hall.midi(bytes([0x91, 60, 100])) == [THE_DOOR]
    assert not hall.desk.press(THE_DOOR)
    assert not hall.desk.press(Ask("trigger", "nothing of that name"))
    assert not hall.desk.press(Ask("profile", "closed")), "a profile that was not named"
    assert hall.desk.press(Ask("profile", "quiet"))


def test_a_flood_is_bounded_and_told_once(hall: Hall) -> None:
    """Ten thousand messages a second for five seconds, in ten turns a second."""
    done = 0
    for _ in range(50):
        done += len(hall.midi(*[bytes([0xB0, 20, 127])] * 1000))
        hall.now += 0.1
    assert 40 + 5 * 20 - 3 <= done <= 40 + 5 * 20
    assert hall.desk.n_dropped == 50_000 - done
    assert hall.told == ["more is asked by triggers than can be done: what is too much is passed over"]
    hall.now += 60.0
    hall.midi(*[bytes([0xB0, 20, 127])] * 1000)
    assert len(hall.told) == 2, "another flood, another day"


def test_noise_on_a_midi_cable_is_nothing(hall: Hall) -> None:
    rng = np.random.default_rng(3)
    for _ in range(200):
        asked = hall.midi(rng.integers(0, 256, int(rng.integers(0, 8)), np.uint8).tobytes())
        assert set(asked) <= {THE_DOOR, THE_CLASS}
        hall.now += 1.0


@needs_osc
class TestOsc:
    """The same by Open Sound Control, through a real port."""

    @pytest.fixture
    def server(self) -> Iterator[OscServer]:
        with OscServer(port=0) as server:
            yield server

    @staticmethod
    def send(server: OscServer, hall: Hall, *packets: bytes) -> list[Ask]:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:
            for packet in packets:
                out.sendto(packet, ("127.0.0.1", server.port))
        until = time.monotonic() + 10.0
        while server._waiting.qsize() < min(len(packets), 100) and time.monotonic() < until:
            time.sleep(0.005)
        return hall.turned()

    @staticmethod
    def message(address: str, *arguments: Any) -> bytes:
        from pythonosc.osc_message_builder import OscMessageBuilder

        builder = OscMessageBuilder(address)
        for argument in arguments:
            builder.add_arg(argument)
        return builder.build().dgram

    def test_addresses_start_triggers_and_change_profiles(self, server: OscServer) -> None:
        hall = Hall(server=server)
        assert self.send(server, hall, self.message("/exhibit/trigger/someone at the door")) == [THE_DOOR]
        assert self.send(server, hall, self.message("/exhibit/trigger/school_class", 1)) == [THE_CLASS]
        assert self.send(server, hall, self.message("/exhibit/trigger/school_class", 0)) == [], "it is let go"
        assert self.send(server, hall, self.message("/exhibit/profile/quiet")) == [Ask("profile", "quiet")]
        assert self.send(server, hall, self.message("/exhibit/profile")) == [Ask("profile", "")]
        assert self.send(server, hall, self.message("/exhibit/trigger/*class")) == [THE_CLASS]
        assert hall.told == []

    def test_what_is_not_there_is_told_once(self, server: OscServer) -> None:
        hall = Hall(server=server)
        others = [self.message("/level", "Bells", 0.0), b"\0\1\2", b"#bundle\0"]
        assert self.send(server, hall, self.message("/exhibit/trigger/window"), *others) == []
        assert hall.told == ["osc: there is no '/exhibit/trigger/window'"]

    def test_from_elsewhere_the_token_comes_first(self, server: OscServer) -> None:
        hall = Hall(server=server, token="a-token-of-the-tests")
        address = "/exhibit/trigger/school_class"
        for arguments in ((), (1,), ("another-token-it-is",), ("",)):
            assert self.send(server, hall, self.message(address, *arguments)) == []
        assert self.send(server, hall, self.message(address, "a-token-of-the-tests")) == [THE_CLASS]
        assert self.send(server, hall, self.message(address, "a-token-of-the-tests", 0)) == []

    def test_a_flood_of_packets_is_bounded(self, server: OscServer) -> None:
        hall = Hall(server=server)
        packet = self.message("/exhibit/trigger/school_class", 1)
        done = sum(len(self.send(server, hall, *[packet] * 1000)) for _ in range(5))
        assert done == 40
        assert len(hall.told) == 1


def test_a_button_in_a_file_is_checked(tmp_path: Path) -> None:
    assert button({"note": 60, "channel": 1}, "x: midi") == Button(note=60, channel=1)
    assert button({"control": 20}, "x: midi") == Button(control=20)
    for wrong, said in (({}, "a note or a controller"), ({"note": 1, "control": 2}, "a note or a controller"),
                        ({"note": 128}, "0 to 127"), ({"note": 1, "channel": 17}, "1 to 16"),
                        ({"note": "C4"}, "note is 'C4'"), ({"key": 1}, "unknown key 'key'"), (60, "must be a table"),
                        ({"note": True}, "note is True"), ({"note": -3}, "note is -3")):  # fmt: skip
        with pytest.raises(ExhibitError, match=said) as caught:
            button(wrong, "x.toml: [[trigger]] 'door': midi")
        assert str(caught.value).startswith("x.toml: [[trigger]] 'door': midi")
