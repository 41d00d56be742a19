"""What answers the sends of a mix: a room that is computed, or one that was measured."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from soundscape.engine import kernels
from soundscape.engine.convolution import FilterBank
from soundscape.engine.reverb import Reverb
from soundscape.engine.slots import BATCH
from soundscape.engine.surround import directions, mixtures
from soundscape.engine.voices import QUANTUM
from soundscape.space.measured import Response
from soundscape.space.renderer import Renderer
from soundscape.space.room import Room
from soundscape.units import gain_of


class Answer(Protocol):
    """Adds to a bus what comes back of its sends."""

    def add(self, bus: NDArray[np.float32]) -> None:
        """Add to the first channels of (n_quanta, n_bus + n_sends, 64) what comes back of the last ones."""
        ...


class MeasuredAnswer:
    """Convolves its one send with every channel of an impulse response, and brings those onto the bus."""

    def __init__(self, response: Response, renderer: Renderer) -> None:
        entering = response.entering(renderer).T
        powers = (response.samples**2).sum(axis=0)
        heard = float((entering**2).sum(axis=0) @ powers)
        scale = gain_of(response.room.level_db) / np.sqrt(heard)
        self._send = renderer.n_bus
        self._matrix = np.ascontiguousarray(entering * scale, np.float32)
        self._bank = FilterBank(response.samples.T[:, None, :])
        self._out = np.zeros((BATCH, self._bank.n_out, QUANTUM), np.float32)

    def add(self, bus: NDArray[np.float32]) -> None:
        """See `Answer`."""
        out = self._out[: len(bus)]
        out[:] = 0.0
        self._bank.add(bus, self._send, out)
        kernels.add_decoded(out, self._matrix, bus)


def answer_of(room: Room | Response, renderer: Renderer, rate_hz: int) -> Answer | None:
    """Answer of a room on the bus of a renderer; None where it answers nothing."""
    if room.is_silent:
        return None
    if isinstance(room, Response):
        return MeasuredAnswer(room, renderer)
    pan = renderer.panner.gains
    outputs = directions(pan) if renderer.is_dense else mixtures(renderer.layout)
    return Reverb(room, rate_hz, outputs, pan)
