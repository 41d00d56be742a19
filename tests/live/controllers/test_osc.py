"""Open Sound Control: commands, patterns, and packets of random bytes; the sender is python-osc."""

from __future__ import annotations

import fnmatch
import socket
import sys
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from soundscape.errors import ControllerError
from soundscape.live.controllers import osc
from soundscape.live.controllers.osc import MOST_PER_PACKET, MOST_WAITING, OscReader, OscServer
from soundscape.live.controllers.osc_commands import COMMANDS
from soundscape.live.controllers.osc_patterns import fits
from soundscape.live.controls import (
    Control,
    FadeAll,
    Go,
    Level,
    Mute,
    Pad,
    Panic,
    Press,
    Release,
    Shape,
    Snapshot,
    Solo,
    Standby,
    Transport,
    Undo,
)
from tests.live.controllers.playing import ROLES

builder = pytest.importorskip("pythonosc.osc_message_builder", reason="python-osc is not installed")
bundles = pytest.importorskip("pythonosc.osc_bundle_builder")
udp = pytest.importorskip("pythonosc.udp_client")

Argument = str | int | float | bool | None


def message(address: str, *arguments: Argument) -> bytes:
    made = builder.OscMessageBuilder(address)
    for argument in arguments:
        made.add_arg(argument)
    return bytes(made.build().dgram)


def asked(address: str, *arguments: Argument) -> list[Control]:
    return OscReader(ROLES).read(message(address, *arguments), 0.0)


@pytest.mark.parametrize(
    ("address", "arguments", "control"),
    [
        ("/go", (), Go()), ("/go", (1.0,), Go()), ("/go", ("Dawn",), Go("Dawn")), ("/go/12.5", (), Go("12.5")),
        ("/go/Dawn", (1,), Go("Dawn")), ("/standby", (), Standby(by=1)), ("/standby", (-2,), Standby(by=-2)),
        ("/standby", ("Dusk",), Standby("Dusk")), ("/standby/Dusk", (True,), Standby("Dusk")),
        ("/back", (), Standby(by=-1)), ("/panic", (), Panic()), ("/panic", (True,), Panic()),
        ("/fadeall", (), FadeAll()), ("/fadeall", (8.5,), FadeAll(8.5)), ("/level", ("Gate", -6), Level(-6.0, "Gate")),
        ("/level/Great_bell", (-6.0, 2.0), Level(-6.0, "Great bell", 2.0)),
        ("/fader/Gate", (0.75,), Level(0.0, "Gate")),
        ("/level", ("Great_bell", 0), Level(0.0, "Great bell")), ("/master", (-3.0,), Level(-3.0)),
        ("/masterfader", (0.0,), Level(-120.0)), ("/mute", ("Gate", 1), Mute("Gate", on=True)),
        ("/mute/Gate", (0.0,), Mute("Gate", on=False)), ("/mute/Gate", (), Mute("Gate")),
        ("/solo", ("Wind", False), Solo("Wind", on=False)),
        ("/azimuth/Wind", (90,), Shape("azimuth", 90.0, role="Wind")),
        ("/expression", ("Wind", -6), Shape("level", -6.0, role="Wind")), ("/play", (), Transport("play")),
        ("/stop", (1,), Transport("stop")), ("/locate", (61.5,), Transport("locate", 61.5)), ("/undo", (), Undo()),
        ("/snapshot/quiet", (), Snapshot("quiet")),
        ("/recall", ("quiet", 3), Snapshot("quiet", recall=True, over_s=3.0)),
    ],
)  # fmt: skip
def test_every_command(address: str, arguments: tuple[Argument, ...], control: Control) -> None:
    assert asked(address, *arguments) == [control]


def test_the_table_for_people_has_every_command() -> None:
    assert osc.__doc__ is not None
    assert [name for name in COMMANDS if f"/{name}" not in osc.__doc__] == []


@pytest.mark.parametrize("name", ["go", "back", "panic", "fadeall", "play", "stop", "undo", "standby", "go/Dawn",
                                  "snapshot/quiet", "recall/quiet"])  # fmt: skip
@pytest.mark.parametrize("release", [0, 0.0, False])
def test_the_release_of_a_button_does_nothing(name: str, release: Argument) -> None:
    assert asked(f"/{name}", release) == []


def test_pads_are_pressed_and_let_go() -> None:
    reader = OscReader(ROLES)

    def played(address: str, *arguments: Argument) -> list[Control]:
        return reader.read(message(address, *arguments), 0.0)

    (one,) = played("/pad", "Gate", 48, 90, "hold")
    assert isinstance(one, Press)
    assert (one.pad, one.velocity) == (Pad("Gate", 48, "hold"), 90)
    (two,) = played("/pad/Great_bell", 0.5)
    assert isinstance(two, Press)
    assert (two.pad, two.velocity) == (Pad("Great bell"), 64)
    release, again = played("/pad", "Gate", 48, 1)
    assert release == Release(one.finger)
    assert isinstance(again, Press)
    assert (again.velocity, again.finger != one.finger) == (1, True)
    assert played("/pad/Great_bell", 0.0) == [Release(two.finger)]
    assert played("/release", "Gate", 48) == [Release(again.finger)]
    assert played("/release", "Gate", 48) == []


@pytest.mark.parametrize(
    ("address", "arguments", "says"),
    [
        ("/gone", (), "there is no '/gone'"), ("/level", ("Gait", 0), "there is no role 'Gait'"),
        ("/level", ("Gate",), "argument 2 must be a number"),
        ("/level", ("Gate", "loud"), "argument 2 must be a number"),
        ("/level", ("Gate", float("nan")), "argument 2 must be a number"),
        ("/level", ("Gate", 99), "99 is not between"),
        ("/mute", (), "the first argument must be a name"), ("/mute/Nobody", (1,), "there is no '/mute/Nobody'"),
        ("/pad", ("Gate", 200, 9), "200 is not between 0 and 127"), ("/pad", ("Gate", "lop"), "'lop' is not one of"),
        ("/panic", ("now",), "argument 1 must be 1 or 0"), ("/fadeall", (-1,), "-1 is not between"),
        ("/locate", (), "argument 1 must be a number"), ("/snapshot", (), "the first argument must be a name"),
    ],
)  # fmt: skip
def test_what_cannot_be_understood_is_told(address: str, arguments: tuple[Argument, ...], says: str) -> None:
    told: list[str] = []
    assert OscReader(ROLES, told.append).read(message(address, *arguments), 0.0) == []
    assert len(told) == 1
    assert says in told[0]


def test_patterns_reach_all_they_fit() -> None:
    assert asked("/mute/*", 1) == [Mute(role, on=True) for role in ROLES]
    assert asked("/mute/G*", 1) == [Mute("Great bell", on=True), Mute("Gate", on=True)]
    assert asked("/{mute,solo}/[!G]*", 1) == [Mute("Wind", on=True), Solo("Wind", on=True)]
    assert asked("/p??ic") == [Panic()]


@given(st.text("ab/", max_size=8), st.text("ab?*/", max_size=8))
def test_patterns_are_those_of_a_shell_between_slashes(address: str, pattern: str) -> None:
    parts, wild = address.split("/"), pattern.split("/")
    expected = len(parts) == len(wild) and all(
        fnmatch.fnmatchcase(part, one) for part, one in zip(parts, wild, strict=True)
    )
    assert fits(pattern, address) == expected


def test_letters_and_words_of_patterns() -> None:
    assert [fits("/[a-cx-]", f"/{letter}") for letter in "abcdx-"] == [True, True, True, False, True, True]
    assert [fits("/{a,ab,}b", text) for text in ("/ab", "/abb", "/b", "/bb")] == [True, True, True, False]
    assert not any(fits(pattern, "/a/b") for pattern in ("/a?b", "/*", "/a[!x]b"))
    assert not any(fits(bad, "/a") for bad in ("/[a", "/{a", "/[]", "a", "/a]"))


def test_a_pattern_that_was_made_to_be_slow_is_not() -> None:
    began = time.perf_counter()
    assert not fits("/" + "{,a,aa}" * 28, "/" + "a" * 60)
    assert not fits("/" + "*a" * 99, "/" + "a" * 98)
    assert time.perf_counter() - began < 1.0


def test_bundles_act_in_order_and_have_an_end() -> None:
    made = bundles.OscBundleBuilder(bundles.IMMEDIATELY)
    inner = bundles.OscBundleBuilder(2e9)
    inner.add_content(builder.OscMessageBuilder("/stop").build())
    made.add_content(builder.OscMessageBuilder("/go").build())
    made.add_content(inner.build())
    assert OscReader(ROLES).read(made.build().dgram, 0.0) == [Go(), Transport("stop")]
    go = message("/go")
    many = b"#bundle\0" + bytes(8) + (len(go).to_bytes(4, "big") + go) * (MOST_PER_PACKET + 9)
    told: list[str] = []
    assert len(OscReader(ROLES, told.append).read(many, 0.0)) == MOST_PER_PACKET
    assert len(told) == 1
    deep = go
    for _ in range(500):
        deep = b"#bundle\0" + bytes(8) + len(deep).to_bytes(4, "big") + deep
    assert OscReader(ROLES).read(deep, 0.0) == []


addresses = st.sampled_from([b"/go\0", b"/mute\0\0\0", b"/*\0\0", b"#bundle\0", b"/pad/Gate\0\0\0", b""])


@given(addresses, st.sampled_from([b",i\0\0", b",sf\0", b",[T]\0\0\0\0", b",IQ\0", b""]), st.binary(max_size=60))
def test_no_bytes_stop_it_or_write_to_the_terminal(address: bytes, types: bytes, rest: bytes) -> None:
    caught: list[str] = []
    reader = OscReader(ROLES, caught.append)
    out = reader.read(address + types + rest, 0.0) + reader.read(rest, 0.0)
    assert all(isinstance(control, Control) for control in out)


def test_bytes_that_are_no_message_ask_for_nothing_and_say_so(caplog: pytest.LogCaptureFixture) -> None:
    told: list[str] = []
    reader = OscReader(ROLES, told.append)
    packets = [
        b"",
        b"\xff" * 40,
        b"/go\0,Q\0\0",
        b"/go",
        b"#bundle\0" + bytes(8) + b"\xff\xff\xff\xff",
        b"/g\xff\0,\0\0\0",
    ]
    assert [reader.read(packet, 0.0) for packet in packets] == [[]] * len(packets)
    assert len(told) == len(packets)
    assert not caplog.records


def wait_for(server: OscServer, n: int) -> list[tuple[float, bytes]]:
    found: list[tuple[float, bytes]] = []
    until = time.monotonic() + 10.0
    while len(found) < n and time.monotonic() < until:
        found += server.packets()
        time.sleep(0.01)
    return found


def test_a_server_hears_what_is_sent_to_it_and_garbage_does_not_stop_it() -> None:
    reader = OscReader(ROLES)
    with OscServer(port=0) as server:
        client = udp.SimpleUDPClient("127.0.0.1", server.port)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as raw:
            raw.sendto(b"\xff" * 3000, ("127.0.0.1", server.port))
            raw.sendto(b"", ("127.0.0.1", server.port))
        client.send_message("/go", [])
        client.send_message("/level", ["Gate", -6.0])
        client._sock.close()
        packets = wait_for(server, 4)
    controls = [control for at_s, packet in packets for control in reader.read(packet, at_s)]
    assert controls == [Go(), Level(-6.0, "Gate")]
    assert [at_s for at_s, _ in packets] == sorted(at_s for at_s, _ in packets)


def test_a_flood_is_bounded_and_told_once() -> None:
    told: list[str] = []
    with OscServer(port=0, tell=told.append) as server, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as raw:
        until = time.monotonic() + 10.0
        while not told and time.monotonic() < until:
            raw.sendto(b"/go\0", ("127.0.0.1", server.port))
        assert len(list(server.packets())) <= MOST_WAITING
        raw.sendto(b"/undo\0\0\0", ("127.0.0.1", server.port))
        assert wait_for(server, 1)
    assert len(told) == 1
    assert "dropped" in told[0]


def test_a_port_that_is_taken_and_a_host_that_is_not_ours() -> None:
    with (
        OscServer(port=0) as server,
        pytest.raises(ControllerError, match=rf"cannot listen for OSC at .*{server.port}"),
    ):
        OscServer(port=server.port)
    with pytest.raises(ControllerError, match=r"cannot listen for OSC at 192\.0\.2\.1"):
        OscServer("192.0.2.1", 0)
    with pytest.raises(ControllerError, match="99999"):
        OscServer(port=99999)


def test_only_this_machine_is_heard_unless_asked_otherwise() -> None:
    with OscServer(port=0) as server:
        assert server._socket.getsockname()[0] == "127.0.0.1"


def test_without_the_library_it_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pythonosc.osc_message", None)
    with pytest.raises(ControllerError, match="OSC needs python-osc") as caught:
        OscReader(ROLES)
    assert caught.value.hint == "pip install soundscape[live]"
