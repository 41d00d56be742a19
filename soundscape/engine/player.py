"""Voices for a body: their sources in memory before they start, their slots given back after they end.

One thread plays; others may read sources ahead. What sounds, and why, is decided elsewhere.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from soundscape.engine.body import Body, Told
from soundscape.engine.commands import Start
from soundscape.engine.kernels import body as of
from soundscape.engine.slots import Rows
from soundscape.engine.streaming import Streamer
from soundscape.engine.voices import QUANTUM, Voice
from soundscape.units import Samples

STOP_FADE_FRAMES = 480


@dataclass(frozen=True, slots=True)
class Refused:
    """A voice for which there was no room."""

    index: int
    frame: int


class Player:
    """Starts, stops and forgets the voices of a body. A context manager: leaving it ends its threads.

    What is asked for is done together, once it is sent.

    Parameters
    ----------
    body
        Only this player gives it commands.
    streams
        Whether threads read sources ahead; without, `read` must be called often enough.
    """

    def __init__(self, body: Body, *, streams: bool = True) -> None:
        self.body = body
        self._slots = body.slots
        # A disk that hangs keeps back what is on it, and nothing that is in memory.
        self._streamers = [Streamer(body.slots, resident=resident) for resident in (False, True)] if streams else []
        self._started: dict[int, int] = {}
        """Slot of each voice by its index."""
        self._asked: dict[int, int] = {}
        """Place in the ring of the command that started it."""
        self._expected: dict[int, int] = {}
        """Slot of each voice that does not sound yet, by its index."""

    def __enter__(self) -> Player:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the threads that read ahead."""
        for streamer in self._streamers:
            streamer.close()

    def start(self, voice: Voice, samples: Samples, *, group: int = 0) -> bool:
        """Let a voice sound as it says; False where there is no room for it, or it is over already."""
        slot = self._expected.pop(voice.index, -1)
        if slot >= 0:
            self._slots.put(slot, voice)
        elif (slot := self._seated(Start(voice, samples, group=group))) < 0:
            return False
        asked = self.body.n_asked
        if not self.body.command(of.TO_START, slot, voice.start, 0, voice.index):
            self._slots.give_back(slot)
            return False
        self._started[voice.index], self._asked[voice.index] = slot, asked
        return True

    def expect(self, voice: Voice, samples: Samples, *, group: int = 0) -> bool:
        """Have the source of a voice read ahead, and do not wait for it; False where there is no room.

        It sounds once it is started, and should be started only when it is ready.
        """
        slot = self._seated(Start(voice, samples, group=group, waits=True))
        if slot >= 0:
            self._expected[voice.index] = slot
            self._wake()
        return slot >= 0

    def is_ready(self, index: int) -> bool:
        """Whether the source of a voice that is expected is there, as far ahead as it can be."""
        return self._slots.is_ready(self._expected[index])

    def give_up(self, index: int) -> None:
        """Expect a voice no more."""
        if (slot := self._expected.pop(index, -1)) >= 0:
            self._slots.give_back(slot)

    @property
    def is_reading(self) -> bool:
        """Whether a disk is being waited for."""
        return self._slots.is_reading

    def _seated(self, command: Start) -> int:
        """Slot of a voice, -1 where there is no room, or it is over already."""
        self._slots.now = self.body.clock
        return -1 if self._slots.start(command).is_refused else self._slots.slot_of(command.voice.index)

    def stop(self, index: int, *, at_frame: int = 0, fade_frames: int = STOP_FADE_FRAMES) -> bool:
        """Fade a voice out from a frame on, or as soon as can be; False where it does not sound."""
        slot = self._started.get(index, -1)
        return slot >= 0 and self.body.command(of.TO_STOP, slot, at_frame, max(1, fade_frames), index)

    def level(self, group: int, gain: float, *, over_frames: int = QUANTUM) -> bool:
        """Let a group go to a gain, straight."""
        if not (math.isfinite(gain) and gain >= 0.0):
            raise ValueError(f"a gain is 0 or more, got {gain}")
        return self.body.command(of.TO_LEVEL, group, 0, max(1, over_frames), group, gain)

    def panic(self) -> bool:
        """Silence within a quantum; the voices that sounded are gone."""
        return self.body.command(of.TO_PANIC, 0, 0, 0, 0)

    def send(self) -> None:
        """Let all that was asked be done at the next call."""
        self.body.send()

    def sounds(self, index: int) -> bool:
        """Whether a voice holds a slot."""
        return index in self._started

    @property
    def n_sounding(self) -> int:
        """Voices that hold a slot."""
        return len(self._started)

    def tend(self) -> tuple[Told, ...]:
        """Give back what is over, have sources read on; what the body has told since the last time."""
        told = tuple(self.body.told())
        taken = int(self.body.state[of.COMMANDS_READ])
        for index, slot in list(self._started.items()):
            if self._asked[index] < taken and self.body.indices[slot] != index:
                self._slots.give_back(slot)
                del self._started[index], self._asked[index]
        self._slots.now = self.body.clock
        self._wake()
        return told

    def _wake(self) -> None:
        for streamer in self._streamers:
            streamer.wake()

    def read(self, until: int) -> None:
        """Bring all that sounds before a frame, here and now."""
        self._slots.now = self.body.clock
        self._slots.bring(until)

    def rows_of(self, index: int, from_frame: int) -> Rows | None:
        """What of a voice may still be changed: its rows from a frame on; None where it does not sound then."""
        slot = self._started.get(index, -1)
        return None if slot < 0 else self._slots.rows_from(slot, from_frame)

    def keep_places(self, index: int) -> None:
        """Let the mix have the places in its source that a bending voice was given in its rows."""
        if (slot := self._started.get(index, -1)) >= 0:
            self._slots.keep_places(slot)
