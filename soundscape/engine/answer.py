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
from soundscape.space.harmonics import degrees
from soundscape.space.measured import Response
from soundscape.space.panners.ambisonics import AmbisonicBus
from soundscape.space.renderer import Renderer
from soundscape.space.room import Room
from soundscape.units import gain_of

_QUIETEST = 1e-3
"""What cancels itself on a layout, such as a pair that is inverted on one loudspeaker, is raised by 30 dB at most."""


class Answer(Protocol):
    """Adds to a bus what comes back of its sends."""

    def add(self, bus: NDArray[np.float32]) -> None:
        """Add to the first channels of (n_quanta, n_bus + n_sends, 64) what comes back of the last ones."""
        ...

    def forget(self) -> None:
        """Be as new: nothing that was sent before comes back any more."""
        ...


class MeasuredAnswer:
    """Convolves its one send with every channel of an impulse response, and brings those onto the bus."""

    def __init__(self, response: Response, renderer: Renderer, n_quanta: int = BATCH) -> None:
        entering = response.entering(renderer).T
        heard = _played(renderer) @ entering
        power = float(np.sum(heard @ (response.samples.T @ response.samples) * heard))
        scale = gain_of(response.room.level_db) / np.sqrt(max(power / len(renderer.layout.zones), _QUIETEST))
        self.send = renderer.n_bus
        self.matrix = np.ascontiguousarray(entering * scale, np.float32)
        self.bank = FilterBank(response.samples.T[:, None, :])
        self.out = np.zeros((n_quanta, self.bank.n_out, QUANTUM), np.float32)

    def add(self, bus: NDArray[np.float32]) -> None:
        """See `Answer`."""
        out = self.out[: len(bus)]
        out[:] = 0.0
        self.bank.add(bus, self.send, out)
        kernels.add_decoded(out, self.matrix, bus)

    def forget(self) -> None:
        """See `Answer`."""
        self.bank.forget()


def _played(renderer: Renderer) -> NDArray[np.float64]:
    """What loudspeakers make of a bus, (n, n_bus): a source at the reference distance has a power of 1 in each zone.

    A sound field that nothing decodes is taken as a decoder with max-rE weights would play it.
    """
    panner = renderer.panner
    if isinstance(panner, AmbisonicBus):
        return np.diag(np.sqrt(panner.powers / panner.powers.sum())[degrees(panner.order)])
    return np.eye(renderer.n_bus) if panner.decoder is None else panner.decoder


def answer_of(room: Room | Response, renderer: Renderer, rate_hz: int, n_quanta: int = BATCH) -> Answer | None:
    """Answer of a room on the bus of a renderer; None where it answers nothing."""
    if room.is_silent:
        return None
    if isinstance(room, Response):
        return MeasuredAnswer(room, renderer, n_quanta)
    pan = renderer.panner.gains
    outputs = directions(pan) if renderer.is_dense else mixtures(renderer.layout)
    return Reverb(room, rate_hz, outputs, pan)
