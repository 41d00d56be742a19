"""The loop of a show: what comes in by a device's MIDI ports is answered before the next block is played."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import numpy as np
import pytest

from soundscape.engine.body import N_MIDI, N_MIDI_BYTES, Body
from soundscape.engine.kernels import body as of
from soundscape.live import hall
from soundscape.live.controllers.reader import Reader
from soundscape.live.controls import Pad
from soundscape.live.device import Device
from tests.live.stage import BLOCK, RATE_HZ, Stage, latencies, show_in

APART_BLOCKS = 250
NOTES = tuple((number * APART_BLOCKS + 3, number * 37 % BLOCK) for number in range(8))
"""Block in which each note comes in, and the frame in it."""


class Keyboard:
    """A device that plays as fast as it can, with a MIDI port that notes come in by as they do by JACK's."""

    midi_names = ("keys",)

    def __init__(self, device: Device, body: Body) -> None:
        self._device, self._body = device, body
        self.heard: list[np.ndarray] = []
        self.sent: list[int] = []

    def __getattr__(self, name: str) -> object:
        return getattr(self._device, name)

    def wait(self, timeout_s: float) -> None:
        """Play a block; a note that came in with it is in the ring then."""
        begin = self._body.delivered
        self._device.wait(timeout_s)
        self.heard.append(self._body.block[:BLOCK].copy())
        for block, into in NOTES:
            if block * BLOCK == begin:
                self.sent.append(begin + into)
                self._come_in(begin + into, bytes((0x99, 37, 127)))

    def _come_in(self, frame: int, raw: bytes) -> None:
        state = self._body.state
        first = int(state[of.MIDI_FILLED])
        self._body.midi_bytes[np.arange(first, first + len(raw)) % N_MIDI_BYTES] = np.frombuffer(raw, np.uint8)
        self._body.midi[int(state[of.MIDI_WRITTEN]) % N_MIDI] = frame, 0, first, len(raw)
        state[of.MIDI_FILLED] = first + len(raw)
        state[of.MIDI_WRITTEN] += 1


def test_a_note_is_heard_one_constant_latency_after_it_came(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hall, "_come_first", lambda: None)
    stage = Stage(tmp_path, show_in(tmp_path / "show", pads=(Pad("Gate"),)))
    keyboard = Keyboard(stage.session.device, stage.body)
    stage.session.device = cast(Device, keyboard)
    with stage:
        playing = hall.Hall(stage.session, Reader((), [role.name for role in stage.show.roles]), tell=lambda _: None)
        playing.run(until_s=len(NOTES) * APART_BLOCKS * BLOCK / RATE_HZ)
    heard = np.stack(keyboard.heard)
    late = latencies(np.arange(len(heard)) * BLOCK, heard, np.array(keyboard.sent))
    assert set(late) == {stage.latency_frames}
    assert stage.session.counts.late_starts == 0
