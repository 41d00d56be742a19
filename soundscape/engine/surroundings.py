"""What a mix sounds in: a room, then loudspeakers or ears; and how they are changed for new ones without a seam."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from soundscape.engine import kernels
from soundscape.engine.answer import answer_of
from soundscape.engine.finishing import Finish
from soundscape.engine.slots import BATCH
from soundscape.engine.voices import QUANTUM
from soundscape.space.measured import Response
from soundscape.space.renderer import Renderer
from soundscape.space.room import Room
from soundscape.units import Samples, frame_at

_TIMES_RINGING = 2.0
"""A computed room rings for ever: after twice its time it is 120 dB down, and what is left is let go."""


class Surroundings:
    """A room and what comes after it: from a mixed bus to frames.

    Parameters
    ----------
    rests
        Whether the room is not computed while it is silent: nothing was sent to it for as long as it rings.
    """

    def __init__(self, renderer: Renderer, rate_hz: int, room: Room | Response, n_quanta: int = BATCH, *,
                 rests: bool = False) -> None:  # fmt: skip
        self.answer = answer_of(room, renderer, rate_hz, n_quanta)
        self.finish = Finish(renderer, rate_hz, n_quanta)
        times = 1.0 if isinstance(room, Response) else _TIMES_RINGING
        self.n_ringing = frame_at(times * room.ringing_s, rate_hz) + renderer.n_late_frames(rate_hz)
        """Frames for which they are heard after the last that went in."""
        if self.finish.crossing is not None:
            self.n_ringing += rate_hz
        self._rests, self._first_send = rests, renderer.n_bus
        self._awake_for = self.n_ringing // QUANTUM + 1
        """Quanta for which the room is heard after something was sent."""
        self._since = np.array([self._awake_for])
        self._stretches = np.zeros((n_quanta // 2 + 1, 2), np.int64)
        self._n_stretches = np.zeros(1, np.int64)

    def frames(self, bus: Samples, out: Samples) -> None:
        """(n_quanta, n_bus + n_sends, 64) into (n_quanta * 64, n_channels); the bus is changed."""
        for first, last in self._awake(bus):
            self._answered(bus[first:last])
        self.finish.frames(bus, out)

    def _answered(self, bus: Samples) -> None:
        if self.answer is not None:
            self.answer.add(bus)

    def _awake(self, bus: Samples) -> Iterator[tuple[int, int]]:
        """Stretches of a bus in which the room is heard: from the first quantum to that after the last."""
        n_quanta = len(bus)
        if self.answer is None:
            return
        if not self._rests:
            yield 0, n_quanta
            return
        was_awake = self._since[0] < self._awake_for
        kernels.find_awake(bus, self._first_send, self._awake_for, self._since, self._stretches, self._n_stretches)
        for first, last in self._stretches[: self._n_stretches[0]].tolist():
            if first or not was_awake:
                self.answer.forget()
            yield first, last

    def forget(self) -> None:
        """Be as new."""
        if self.answer is not None:
            self.answer.forget()
        self._since[0] = self._awake_for
        self.finish.forget()


class Renewed:
    """Surroundings that can begin anew while the old ones ring out.

    What goes in after `renew` is heard in ones that have never heard anything: so a stretch of a long stream has the
    same bits, whatever came before the renewal before it.
    """

    def __init__(self, renderer: Renderer, rate_hz: int, room: Room | Response, n_quanta: int = BATCH, *,
                 rests: bool = False) -> None:  # fmt: skip
        self._of, self._rests = (renderer, rate_hz, room, n_quanta), rests
        self._now = Surroundings(*self._of, rests=rests)
        self._old: Surroundings | None = None
        self._left = 0
        self._turned: tuple[float, float, float] | None = None
        self._silence = np.zeros((0, 0, 0), np.float32)
        self._out = np.zeros((0, 0), np.float32)

    @property
    def turns(self) -> bool:
        """Whether what they hear is a sound field, which can be turned."""
        return self._now.finish.turns

    def turn(self, turn_deg: tuple[float, float, float]) -> None:
        """Turn the sound field, that of what rings too."""
        self._turned = turn_deg
        for one in (self._now, self._old):
            if one is not None:
                one.finish.turn(turn_deg)

    def frames(self, bus: Samples, out: Samples) -> None:
        """See `Surroundings`; what rings from before is added."""
        n_quanta = len(bus)
        if self._old is None or self._left <= 0:
            self._now.frames(bus, out)
            return
        silence, ringing = self._silence[:n_quanta], self._out[: n_quanta * QUANTUM]
        silence[:] = 0.0
        self._old.frames(silence, ringing)
        self._now.frames(bus, out)
        out += ringing
        self._left -= n_quanta * QUANTUM

    def renew(self) -> None:
        """Let those that hear now ring out, and others hear from here on."""
        renderer, _, room, n_quanta = self._of
        if self._old is None:
            self._old = Surroundings(*self._of, rests=self._rests)
            if self._turned is not None:
                self._old.finish.turn(self._turned, is_silent=True)
            self._silence = np.zeros((n_quanta, renderer.n_bus + room.n_sends, QUANTUM), np.float32)
            self._out = np.zeros((n_quanta * QUANTUM, renderer.layout.n_channels), np.float32)
        self._now, self._old = self._old, self._now
        self._now.forget()
        self._left = self._old.n_ringing
