"""Scenes beside a JACK server, each in a process of its own: `with-jack python -m tests.live.on_jack SCENE FOLDER`.

A scene prints one JSON object. The server plays synchronously: a client that is not ready holds it up. So the listener
of `show` waits for the show's loop in every block, and what is found is the show and not how busy the machine is;
`measured` waits for nobody.
"""

from __future__ import annotations

import hashlib
import json
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import jack
import numpy as np
import soundfile

from soundscape.arrangement.arrangement import Arrangement
from soundscape.arrangement.event import Event
from soundscape.catalogue.segment import Recording, Segment
from soundscape.engine.body import Body
from soundscape.live.controllers.mapping import PadRow, Source, Surface
from soundscape.live.controllers.reader import Reader
from soundscape.live.controls import Press, Transport
from soundscape.live.device import Asked, open_device
from soundscape.live.hall import Hall
from soundscape.live.palette import Palette, Slot
from soundscape.units import frame_at
from tests.live.stage import GATE, HELD, LEFT, RATE_HZ, RIGHT, Stage, event, latencies, show_in, takes

N_NOTES = 16
APART_FRAMES = 12_000
SHORT_S = 0.1
PATIENCE_S = 1.5


class Others:
    """Two other clients: one plays a MIDI keyboard, one listens to everything."""

    def __init__(self, body: Body, *, waits: bool) -> None:
        self.body, self.waits, self.turned = body, waits, threading.Event()
        self.is_connected = False
        self.sent: list[int] = []
        self.heard: list[tuple[int, int, np.ndarray]] = []
        self.keyboard, self.ears = (jack.Client(name, no_start_server=True) for name in ("keyboard", "ears"))
        self.keys = self.keyboard.midi_outports.register("keys")
        for n in range(body.n_channels):
            self.ears.inports.register(f"in_{n + 1}")
        self.keyboard.set_process_callback(self._press)
        self.ears.set_process_callback(self._listen)

    def start(self) -> None:
        for client in (self.keyboard, self.ears):
            client.activate()
        self.keyboard.connect(self.keys, "soundscape:midi_in_1")
        outs = self.ears.get_ports("soundscape:out_.*")
        for out, port in zip(outs, self.ears.inports, strict=True):
            self.ears.connect(out, port)
        time.sleep(0.2)  # from then on the server lets them play after the show, in every block
        self.is_connected = True

    def close(self) -> None:
        for client in (self.keyboard, self.ears):
            client.deactivate()
            client.close()

    def _press(self, n_frames: int) -> None:
        self.keys.clear_buffer()
        number = len(self.sent)
        due = self.body.delivered // APART_FRAMES - 1
        if self.heard and number < min(due, N_NOTES):
            into = (number * 101 + number // 2 * 7) % n_frames  # everywhere in the block, its first frame too
            self.keys.write_midi_event(into, (0x90, 61, 127))
            self.sent.append(self.keyboard.last_frame_time + into)

    def _listen(self, n_frames: int) -> None:
        if not self.is_connected:
            return
        blocks = [port.get_array().copy() for port in self.ears.inports]
        # The show has played this block already, for it is listened to.
        self.heard.append((self.ears.last_frame_time, self.body.delivered - n_frames, np.stack(blocks, axis=1)))
        if self.waits:
            self.turned.wait(PATIENCE_S)
            self.turned.clear()


def loop(stage: Stage, until: Any, others: Others | None = None, *, within_s: float = 60.0,
         reads: bool = True) -> None:  # fmt: skip
    """The show's loop, with notes from the MIDI ports pressing the gate. `reads`: in time, however busy the machine."""
    begin_s = time.monotonic()
    while not until():
        if time.monotonic() - begin_s > within_s:
            raise RuntimeError("it never came to be")
        stage.session.device.wait(0.2)
        for frame, port, raw in stage.body.incoming():
            if raw[0] & 0xF0 == 0x90:
                stage.session.ask(Press(GATE, raw[2], f"{port}/{raw[1]}"), frame)
        if reads:
            stage.session.player.read(stage.body.clock + 2 * RATE_HZ)
        stage.session.turn()
        if others is not None:
            others.turned.set()


def measured(folder: Path) -> dict[str, Any]:
    """Frames from each note to its first sample, on this machine as it is."""
    show(folder, waits=False)
    with np.load(folder / "heard.npz") as arrays:
        return {"frames": latencies(arrays["times"], arrays["heard"], arrays["sent"]).tolist()}


def show(folder: Path, *, waits: bool = True) -> dict[str, Any]:
    """Notes through a MIDI port; what a client of the server hears of them."""
    prepared = show_in(folder / "show")
    choices = dict(prepared.palette.choices)
    choices[Slot.of(GATE)] = (replace(choices[Slot.of(GATE)][0], duration_s=SHORT_S),)
    prepared.palette = Palette(choices, prepared.palette.recordings)
    stage = Stage(folder, prepared, device="jack")
    with stage:
        others = Others(stage.body, waits=waits)
        others.start()
        device = stage.session.device
        last = (N_NOTES + 2) * APART_FRAMES
        loop(stage, lambda: stage.body.delivered > last and len(others.sent) == N_NOTES, others)
        told = {"connections": {name: list(names) for name, names in device.connections.items()},
                "about": device.about, "n_late_starts": stage.session.counts.late_starts}  # fmt: skip
        others.turned.set()
        others.close()
    times, places, blocks = zip(*others.heard, strict=True)
    np.savez(folder / "heard.npz", times=times, places=places, heard=np.stack(blocks), sent=others.sent,
             again=stage.again())  # fmt: skip
    return told


class Scores:
    """A client that plays notes and listens, while the server keeps time and while it runs free: nothing is kept whole.

    The notes come from all over the block; `sent` counts frames as the show does.
    """

    def __init__(self, body: Body, every_frames: int) -> None:
        self._body, self._every = body, every_frames
        self.origin = 0
        self.sent: list[int] = []
        self.heard: list[np.ndarray] = []
        self.begin, self.end, self.n_gaps = -1, -1, 0
        self.hash = hashlib.blake2b()
        self.is_connected = False
        self.player, self.ears = (jack.Client(name, no_start_server=True) for name in ("keyboard", "ears"))
        self.keys = self.player.midi_outports.register("keys")
        for n in range(body.n_channels):
            self.ears.inports.register(f"in_{n + 1}")
        self.player.set_process_callback(self._press)
        self.ears.set_process_callback(self._listen)

    def start(self) -> None:
        for client in (self.player, self.ears):
            client.activate()
        self.player.connect(self.keys, "soundscape:midi_in_1")
        for out, port in zip(self.ears.get_ports("soundscape:out_.*"), self.ears.inports, strict=True):
            self.ears.connect(out, port)
        time.sleep(0.2)
        self.is_connected = True

    def close(self) -> None:
        for client in (self.player, self.ears):
            client.deactivate()
            client.close()

    def _press(self, n_frames: int) -> None:
        self.keys.clear_buffer()
        begin = self._body.delivered  # the show plays this block after it
        number = len(self.sent)
        since = begin - self.origin
        if self._body.is_free and since // self._every > number:
            into = (number * 101 + 7) % n_frames
            self.keys.write_midi_event(into, (0x90, 61, 127))
            self.sent.append(begin + into)

    def _listen(self, n_frames: int) -> None:
        if not self.is_connected:
            return
        begin = self._body.delivered - n_frames
        block = np.stack([port.get_array() for port in self.ears.inports], axis=1)
        self.n_gaps += self.end not in (-1, begin)
        self.begin = begin if self.begin < 0 else self.begin
        self.end = begin + n_frames
        self.hash.update(block.tobytes())
        self.heard.append(begin + np.flatnonzero(block[:, 0]))  # to the left are clicks and notes only


def free(folder: Path) -> dict[str, Any]:
    """The server runs free of the clock for most of a score of clicks, with notes; then it keeps time again."""
    seconds = int(os.environ["SECONDS_FREE"])
    arrangement, times_s = clicks(folder, seconds + 8)
    prepared = show_in(folder / "show", arrangement=arrangement)
    choices = dict(prepared.palette.choices)
    choices[Slot.of(GATE)] = (replace(choices[Slot.of(GATE)][0], duration_s=SHORT_S, path=LEFT),)
    prepared.palette = Palette(choices, prepared.palette.recordings)
    stage = Stage(folder, prepared, device="jack")
    told: dict[str, Any] = {}
    with stage:
        session, body = stage.session, stage.body
        other = Scores(body, 7 * RATE_HZ)
        other.start()
        session.ask(Transport("play"))
        loop(stage, lambda: body.delivered > RATE_HZ, reads=False)
        begin, begin_s, n_late_starts = body.delivered, time.monotonic(), session.counts.late_starts
        n_late_blocks = body.load.n_late
        other.origin = session.desk.transport.begin_frame
        switch = threading.Thread(target=other.ears.set_freewheel, args=(True,))
        switch.start()
        loop(stage, lambda: body.delivered > begin + seconds * RATE_HZ, within_s=600.0, reads=False)
        told |= {"free_s": time.monotonic() - begin_s, "n_free_frames": body.delivered - begin,
                 "was_free": body.is_free, "n_late_starts": session.counts.late_starts - n_late_starts,
                 "n_late_blocks": body.load.n_late - n_late_blocks}  # fmt: skip
        switch.join()
        switch = threading.Thread(target=other.ears.set_freewheel, args=(False,))
        switch.start()
        loop(stage, lambda: not body.is_free, reads=False)
        again, again_s = body.delivered, time.monotonic()
        loop(stage, lambda: body.delivered > again + 2 * RATE_HZ, reads=False)
        told |= {"timed_s": time.monotonic() - again_s}
        switch.join()
        other.close()
        origin = session.desk.transport.begin_frame + body.latency_frames
        told |= {"n_dry": session.counts.dry, "tended": list(session.device.tend())}
    due = [origin + frame_at(float(at_s), RATE_HZ) for at_s in times_s]
    due += [at + stage.latency_frames for at in other.sent]
    due = sorted(at for at in due if other.begin <= at < other.end)
    heard = np.concatenate(other.heard)
    begun = heard[np.diff(heard, prepend=-RATE_HZ) > RATE_HZ // 20]
    again_hash, at = hashlib.blake2b(), 0
    for block in stage.replay():
        again_hash.update(block[max(0, other.begin - at) : max(0, other.end - at)].tobytes())
        at += len(block)
    is_same = again_hash.digest() == other.hash.digest()
    return told | {"due": due, "heard": begun.tolist(), "n_notes": len(other.sent), "n_gaps": other.n_gaps,
                   "is_same": is_same, "n_heard": other.end - other.begin}  # fmt: skip


def clicks(folder: Path, seconds: int) -> tuple[Arrangement, np.ndarray]:
    """A score of clicks to the left, one in each second, and of wind to the right that lasts."""
    soundfile.write(folder / "click.wav", np.concatenate([[0.5], np.zeros(479)]), RATE_HZ, subtype="FLOAT")
    click = Recording("c" * 32, str(folder / "click.wav"), RATE_HZ, 1, 480)
    times_s = np.arange(seconds) + np.random.default_rng(2).uniform(0.5, 0.7, seconds)  # notes have the first half
    segment = Segment("click", click.id, 0.0, 0.01)
    (folder / "show").mkdir(exist_ok=True)
    sounds = takes(folder / "show")
    wind = event(sounds, "wind", 0.0, RIGHT, duration_s=float(seconds), loops=True)
    struck = (Event(float(at_s), 0.01, segment, "Bell", LEFT, fade_in_s=0.0, fade_out_s=0.0) for at_s in times_s)
    return Arrangement((wind, *struck), (*sounds.values(), click)), times_s


def lost(folder: Path) -> dict[str, Any]:
    """The server is killed in the middle of a show."""
    stage = Stage(folder, show_in(folder / "show"), device="jack")
    session = stage.session
    session.__enter__()
    loop(stage, lambda: stage.body.delivered > RATE_HZ // 4)
    before = {name: names for name, names in session.device.connections.items() if names}
    os.kill(int(os.environ["SOUNDSCAPE_JACKD_PID"]), signal.SIGKILL)
    begin_s = time.monotonic()
    loop(stage, lambda: session.device.lost)
    noticed_s = time.monotonic() - begin_s
    after = {name: names for name, names in session.device.connections.items() if names}
    session.close()
    return {"lost": session.device.lost, "noticed_s": noticed_s, "remembers": before == after,
            "n_frames": stage.journal().n_frames, "delivered": stage.body.delivered}  # fmt: skip


def late_port(folder: Path) -> dict[str, Any]:
    """A port that was wanted comes after the show has begun."""
    stage = Stage(folder, show_in(folder / "show"))
    wanted = {"out_01_FL": ("late:in",), "midi_in_2": ("late:keys",)}
    device = open_device(stage.body, Asked("jack", connections=wanted))
    device.start()
    before = [list(names) for names in map(device.connections.get, wanted)]
    late = jack.Client("late", no_start_server=True)
    late.inports.register("in")
    late.midi_outports.register("keys")
    late.activate()
    begin_s = time.monotonic()
    while not device.has_changed and time.monotonic() - begin_s < 10.0:
        time.sleep(0.01)
    told = device.tend()
    found = [[port.name for port in late.get_all_connections(port)] for port in (*late.inports, *late.midi_outports)]
    names = list(device.midi_names)
    late.deactivate()
    late.close()
    device.close()
    stage.session.close()
    return {"before": before, "told": list(told), "found": found, "midi_names": names}


def listener(name: str) -> Any:
    """A client with one audio input."""
    client = jack.Client(name, no_start_server=True)
    client.inports.register("in")
    client.activate()
    return client


def by_hand(folder: Path) -> dict[str, Any]:
    """Somebody joins two ports and parts one; the other comes anew unseen, and goes: what is wanted after each."""
    stage = Stage(folder, show_in(folder / "show"))
    device = open_device(stage.body, Asked("jack", connections={}))
    device.start()
    card, other = listener("card"), listener("other")
    ours, wanted = "soundscape:out_01_FL", []

    def look() -> None:
        device.tend()
        wanted.append(device.wanted["out_01_FL"])

    def go(client: Any) -> None:
        client.deactivate()
        client.close()
        time.sleep(0.3)  # the server tells us of it

    card.connect(ours, "card:in")
    other.connect(ours, "other:in")
    look()
    card.disconnect(ours, "card:in")
    look()
    go(other)
    other = listener("other")
    look()
    go(other)
    look()
    device.close()
    go(card)
    stage.session.close()
    return {"wanted": wanted}


HELLO = bytes.fromhex("f0002029020d0e01f7")
SURFACES = (Surface("one", ("*one*",), hello=(HELLO,)),
            Surface("two", ("*two*",), hello=(b"\xc0\x05",), pads=(PadRow(Source("note", 40, 10), HELD),)))  # fmt: skip


class Controllers:
    """Two controllers, each with a port to play by and one for its lights; and a stranger."""

    def __init__(self) -> None:
        self.client = jack.Client("pads", no_start_server=True)
        ins, outs = self.client.midi_inports, self.client.midi_outports
        self.plays = [outs.register(f"{name} (capture)", is_physical=True) for name in ("one", "two")]
        self.lights = [ins.register(f"{name} (playback)", is_physical=True) for name in ("one", "two", "stranger")]
        self.heard: list[list[str]] = [[] for _ in self.lights]
        self.waiting: list[bytes] = []
        self.client.set_process_callback(self._process)
        self.client.activate()

    def close(self) -> None:
        self.client.deactivate()
        self.client.close()

    def _process(self, _n_frames: int) -> None:
        for port in self.plays:
            port.clear_buffer()
        if self.waiting:
            self.plays[1].write_midi_event(0, self.waiting.pop())
        for port, kept in zip(self.lights, self.heard, strict=True):
            kept += [bytes(raw).hex() for _, raw in port.incoming_midi_events()]


def controllers(folder: Path) -> dict[str, Any]:
    """Controllers are there when the doors open; one of them holds a pad, and its cable is pulled."""
    pads = Controllers()
    stage = Stage(folder, show_in(folder / "show"), device="jack")
    with stage:
        hall = Hall(stage.session, Reader(SURFACES, [role.name for role in stage.show.roles]), tell=lambda _: None)

        def turn_until(until: Callable[[], object]) -> bool:
            ends_s = time.monotonic() + 10.0
            while not until() and time.monotonic() < ends_s:
                hall._tend()
                stage.session.device.wait(0.05)
                hall._hear()
                stage.session.turn()
            return bool(until())

        def n_sounding() -> int:
            return sum(role["sounding"] for role in stage.session.status()["roles"])

        turn_until(lambda: all(pads.heard[:2]))
        heard = [list(one) for one in pads.heard]
        pads.waiting.append(bytes((0x99, 40, 100)))
        holds = turn_until(lambda: n_sounding() == 1)
        pads.close()
        lets_go = turn_until(lambda: n_sounding() == 0)
        late = jack.Client("late", no_start_server=True)
        late.midi_outports.register("three (capture)", is_physical=True)
        late.activate()
        turn_until(lambda: "late:three (capture)" in stage.session.device.midi_there)
        names = list(stage.session.device.midi_names[:3])
    return {"heard": heard, "holds": holds, "lets_go": lets_go, "midi_names": names}


def refused(folder: Path) -> dict[str, Any]:
    """The server has another rate than the piece."""
    stage = Stage(folder, show_in(folder / "show"))
    try:
        open_device(stage.body, Asked("jack"))
    except Exception as error:
        return {"error": str(error), "kind": type(error).__name__, "hint": getattr(error, "hint", "")}
    finally:
        stage.session.close()
    return {"error": ""}


if __name__ == "__main__":
    print(json.dumps(globals()[sys.argv[1]](Path(sys.argv[2]))))  # noqa: T201
