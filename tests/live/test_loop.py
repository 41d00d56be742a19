"""The loop of a show: what comes by MIDI and a pipe is done, what lights up is sent, and it ends when it should."""

from __future__ import annotations

import io
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from soundscape.live import hall as halls
from soundscape.live.controllers.mapping import KeysRow, Light, PadRow, Source, Surface
from soundscape.live.controllers.reader import Reader
from soundscape.live.controls import Control, Go, Level, Lock, Mute, Pad, Press, Solo, Standby, Transport
from soundscape.live.hall import Hall, pads_and_keys
from soundscape.live.midiports import MidiPorts
from soundscape.live.restoring import restoring
from tests.live.room import Room
from tests.live.stage import BLOCK, GATE, GOES_ROUND, HELD, RATE_HZ, Stage, show_in

PADS = Surface("pads", pads=(PadRow(Source("note", 40, 10), HELD), PadRow(Source("note", 41, 10), GATE)),
               hello=(b"\xf0\x7e\x7f\xf7",), lights=(Light(Source("note", 41, 10), "muted", "Gate"),))  # fmt: skip


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Room]:
    with Stage(tmp_path, show_in(tmp_path / "show")) as stage, Room(stage, (PADS,)) as room:
        yield room


def sounding(status: dict[str, Any]) -> dict[str, int]:
    return {role["name"]: role["sounding"] for role in status["roles"] if role["sounding"]}


def test_what_was_held_at_a_controller_ends_when_its_cable_is_pulled(room: Room) -> None:
    room.midi(0x99, 40, 100)
    assert sounding(room.turn()) == {"Wind": 1}
    room.cables.turned.append(("a keyboard", False))
    room.turn()
    assert sounding(room.turn(RATE_HZ)) == {}
    assert any("1 held there let go" in line for line in room.stage.said)


def test_a_controller_is_greeted_and_its_lights_follow_the_show(room: Room) -> None:
    room.cables.turned.append(("a keyboard", True))
    room.turn()
    assert room.cables.sent[0] == ("a keyboard", b"\xf0\x7e\x7f\xf7")
    room.cables.sent.clear()
    room.line(Mute("Gate", on=True))
    room.turn()
    room.line(Mute("Gate", on=False))
    room.turn()
    assert room.cables.sent == [("a keyboard", bytes((0x99, 41, 127))), ("a keyboard", bytes((0x99, 41, 0)))]


def test_a_note_that_waited_for_the_loop_came_as_much_sooner(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    room.turn(RATE_HZ // 10)
    monkeypatch.setattr(halls.time, "monotonic", lambda: 1000.0)
    room.cables.bring += [("a keyboard", 999.998, b"\x99\x29\x7f"), ("a keyboard", 0.0, b"\x99\x29\x7f")]
    frames = [frame for _, frame, _ in room.hall._incoming()]
    assert frames == [pytest.approx(room.stage.frame - 0.002 * RATE_HZ, abs=1), 0]


def test_timecode_that_falls_silent_stops_the_score(tmp_path: Path) -> None:
    with Stage(tmp_path, show_in(tmp_path / "show")) as stage:
        waits: list[float] = []

        class Silent(Reader):
            def wait(self, time_s: float) -> list[Control]:
                waits.append(time_s)
                return [Transport("play")] if len(waits) == 1 else []

        told: list[Any] = []
        Hall(stage.session, Silent(), tell=told.append).run(until_s=0.5)
        assert waits == sorted(waits)
        assert stage.session.status()["is_playing"], "what the silence asks for is done"


def test_it_ends_after_so_long_or_when_told_or_when_nobody_is_there(room: Room) -> None:
    hall = room.hall
    assert hall.run(until_s=0.25) == "it has lasted as long as it was asked to"
    assert 0.25 <= room.stage.frame / RATE_HZ < 0.5
    hall._obey('{"do": "quit"}')
    assert hall.run(until_s=60.0) == "quit"
    hall._is_over = False
    hall._obey(None)
    assert hall.run(until_s=60.0) == "quit"


def test_it_ends_when_its_device_is_lost(room: Room) -> None:
    room.stage.session.device.lost = "the card is gone"  # type: ignore[misc]
    assert room.hall.run(until_s=60.0) == "lost: the card is gone"


def test_lines_are_done_in_order_and_garbage_is_told(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    more = threading.Event()

    class Pipe(io.StringIO):
        def __iter__(self) -> Iterator[str]:  # type: ignore[override]
            yield from ('{"do": "mute", "role": "Bell"}\n', "no json\n", '{"do": "go"}\n', '{"do": "quit"}\n')
            more.wait(10.0)

    hall = Hall(room.stage.session, Reader(), lines=Pipe(), tell=room.told.append)
    assert hall.run(until_s=60.0) == "quit"
    more.set()
    room.stage.play(BLOCK)
    status = room.stage.session.status()
    assert (status["cue"], status["roles"][0]["muted"]) == ("Beginning", True)
    assert any("is no JSON" in line for line in room.stage.said)
    assert [row["what"] for row in room.told[1:]] == ["status"] * (len(room.told) - 1)
    assert halls.QUIT == "quit"


def test_keys_of_a_keyboard_are_ready_where_they_lie_and_not_all_of_128() -> None:
    rows = (
        KeysRow(Pad("Bell"), 60, 62, transpose=-12),
        KeysRow(Pad("Gate")),
        KeysRow(Pad("Wind"), 120, 127, transpose=9),
    )
    pads, keys = pads_and_keys((PADS, Surface("keys", keys=rows)))
    assert pads == [HELD, GATE]
    pitches = {role: [pad.pitch for pad in keys if pad.role == role] for role in ("Bell", "Gate", "Wind")}
    assert pitches == {"Bell": [48, 49, 50], "Gate": list(range(48, 73)), "Wind": [127] * 8}


def test_blocks_that_were_missed_are_told_once(room: Room) -> None:
    session = room.stage.session
    session.device.n_xruns = 3  # type: ignore[misc]
    room.turn()
    room.turn()
    assert [line for line in room.stage.said if "missed" in line] == [f"3 blocks were missed by {session.device.about}"]


def test_what_the_loop_was_too_late_to_record_is_silence_of_the_same_length(room: Room) -> None:
    body = room.stage.body
    kept = len(body.tape)
    while body.delivered < kept + RATE_HZ:
        body.pull(8192)
    room.turn()
    assert room.stage.tape.n_frames == body.delivered, "what comes after it stands at its time"
    assert any("were not recorded: the loop was late" in line for line in room.stage.said)


# Coming back


def test_an_engine_that_was_started_again_stands_where_the_old_one_stood(tmp_path: Path) -> None:
    with Stage(tmp_path, show_in(tmp_path / "show")) as stage:
        stage.ask(Level(-6.0), Level(-3.0, "Gate"), Mute("Bell"), Solo("Wind"), Standby(by=1),
                  Press(GOES_ROUND, 100, "k/1"), Transport("play"))  # fmt: skip
        stage.play(RATE_HZ)
        before = stage.session.status()
    (tmp_path / "again").mkdir()
    with Stage(tmp_path / "again", show_in(tmp_path / "show")) as stage:
        stage.ask(*restoring(before, 2.0))
        stage.play(4 * BLOCK)
        after = stage.session.status()
    keys = ("master_db", "standby", "next_cue", "is_playing", "going_round")
    assert {key: after[key] for key in keys} == {key: before[key] for key in keys}
    assert after["going_round"] == [("Wind", 64, "loop")]
    for role, then in zip(after["roles"], before["roles"], strict=True):
        assert {**role, "sounding": 0} == {**then, "sounding": 0}
    assert after["score_s"] == pytest.approx(before["score_s"] + 2.0, abs=0.05), "where it would be by now"


def test_a_score_that_stood_stands_where_it_was() -> None:
    controls = list(restoring({"score_s": 5.0, "is_playing": False}, 2.0))
    assert controls == [Standby(by=0), Transport("locate", 5.0)]
    assert not {Go(), Lock()} & set(controls), "no cue goes by itself"


# Ports of the system


class Library:
    """What mido gives: names, ports that bring something, and trouble."""

    def __init__(self) -> None:
        self.names = ["LPD8 MIDI 1", "X-Touch One"]
        self.heard: dict[str, Any] = {}
        self.sent: list[bytes] = []
        self.is_broken = False

    class Message:
        @staticmethod
        def from_bytes(raw: list[int]) -> bytes:
            return bytes(raw)

    def get_input_names(self) -> list[str]:
        if self.is_broken:
            raise OSError("no sequencer")
        return self.names

    def get_output_names(self) -> list[str]:
        return self.names[:1]

    def open_input(self, name: str, callback: Any) -> Any:
        if "X-Touch" in name:
            raise OSError("busy")
        self.heard[name] = callback
        return self

    def open_output(self, name: str) -> Any:
        return self

    def send(self, message: bytes) -> None:
        self.sent.append(message)

    def close(self) -> None:
        """Nothing is open in truth."""

    def bytes(self) -> list[int]:
        return [0x90, 60, 100]


def test_ports_come_and_go_and_one_that_is_busy_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    library, said = Library(), []
    monkeypatch.setattr("soundscape.live.midiports._library", lambda tell: library)
    ports = MidiPorts((), said.append)
    assert list(ports.changes()) == [("LPD8 MIDI 1", True)]
    assert said == ["the MIDI port X-Touch One cannot be opened: busy"]
    library.heard["LPD8 MIDI 1"](library)
    assert [(name, raw) for name, _, raw in ports.incoming()] == [("LPD8 MIDI 1", bytes((0x90, 60, 100)))]
    ports.send("LPD8 MIDI 1", b"\x90\x3c\x7f")
    ports.send("nobody", b"\x90\x3c\x7f")
    assert library.sent == [b"\x90\x3c\x7f"]
    library.names = []
    assert list(ports.changes()) == [("LPD8 MIDI 1", False)]
    library.is_broken = True
    assert list(ports.changes()) == []
    assert said[-1] == "MIDI ports cannot be listed: no sequencer"


def test_only_ports_that_are_wanted_are_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    library = Library()
    monkeypatch.setattr("soundscape.live.midiports._library", lambda tell: library)
    assert list(MidiPorts(("nanokontrol",), [].append).changes()) == []
    assert list(MidiPorts(("lpd8",), [].append).changes()) == [("LPD8 MIDI 1", True)]
