"""Scenes beside a JACK server, each in a process of its own: `with-jack python -m tests.live.on_jack SCENE FOLDER`.

A scene prints one JSON object. The server plays synchronously: a client that is not ready holds it up. So the listener
of `show` waits for the show's loop in every block, and what is found is the show and not how busy the machine is;
`measured` waits for nobody.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import jack
import numpy as np

from soundscape.engine.body import Body
from soundscape.live.controls import Press
from soundscape.live.device import Asked, open_device
from soundscape.live.palette import Palette, Slot
from tests.live.stage import GATE, RATE_HZ, Stage, latencies, show_in

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


def loop(stage: Stage, until: Any, others: Others | None = None) -> None:
    """The show's loop, with notes from the MIDI ports pressing the gate."""
    begin_s = time.monotonic()
    while not until():
        if time.monotonic() - begin_s > 60.0:
            raise RuntimeError("it never came to be")
        stage.session.device.wait(0.2)
        for frame, port, raw in stage.body.incoming():
            if raw[0] & 0xF0 == 0x90:
                stage.session.ask(Press(GATE, raw[2], f"{port}/{raw[1]}"), frame)
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
