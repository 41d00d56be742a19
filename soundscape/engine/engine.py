"""The engine: voices in, blocks out. It has no device, no file and no clock; hosts pull, it counts frames."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from soundscape.engine import kernels
from soundscape.engine.commands import Receipt, Start, Stop, Turn
from soundscape.engine.interpolation import sinc_table
from soundscape.engine.plan import Plan
from soundscape.engine.slots import BATCH, NEVER, Slots
from soundscape.engine.streaming import Streamer
from soundscape.engine.surroundings import Renewed
from soundscape.engine.voices import QUANTUM, SourceKey
from soundscape.progress import Progress, quiet
from soundscape.space.measured import Response
from soundscape.space.renderer import Renderer
from soundscape.space.room import ROOMS, Room
from soundscape.units import Samples

_PARTS = 8
"""Of a batch that several cores share: whoever is ready takes the next."""


@dataclass(frozen=True, slots=True)
class EngineSettings:
    """What an engine may hold. With `grows` (a file host) it makes room; without, it refuses what does not fit.

    `reads_in_place` (a file host): sources in memory, or mapped from a disk, are read where they are and may wait for
    the disk; without, all that sounds is first brought into the arena.
    `ring_frames`, a power of two: a voice that is longer is kept in the arena only so far ahead. `streams`: a thread
    reads sources ahead of the mix. `n_cores`: how many work on the mix; the bits are the same. `quanta`: how many are
    mixed at once, at most. `rests`: a room that nothing was sent to for twice its time is not computed until
    something is: what is left then, below -120 dB of what was sent, is not heard.
    """

    max_voices: int = 1024
    arena_frames: int = 1 << 22
    gain_rows: int = 1 << 15
    ring_frames: int = 1 << 17
    grows: bool = False
    reads_in_place: bool = False
    streams: bool = False
    n_cores: int = 1
    quanta: int = BATCH
    rests: bool = False

    def __post_init__(self) -> None:
        if self.ring_frames < 2 * BATCH * QUANTUM or self.ring_frames & (self.ring_frames - 1):
            raise ValueError(f"ring_frames must be a power of two from {2 * BATCH * QUANTUM}, got {self.ring_frames}")
        if not 1 <= self.quanta <= self.ring_frames // (2 * QUANTUM):
            raise ValueError(f"quanta go from 1 to {self.ring_frames // (2 * QUANTUM)}, got {self.quanta}")
        if self.n_cores < 1:
            raise ValueError(f"n_cores is 1 or more, got {self.n_cores}")

    @property
    def batch_quanta(self) -> int:
        """Quanta done at once, at most. Several cores have more to share then, and meet less often."""
        return self.quanta if self.n_cores == 1 else max(self.quanta, self.ring_frames // (4 * QUANTUM))


class Engine:
    """Mixes voices to the channels of a layout. The bits do not depend on the blocks a host asks for.

    A context manager: leaving it ends its threads, where it has any.

    Parameters
    ----------
    begins
        Frame of the axis at which it begins, a whole number of quanta.
    """

    def __init__(self, renderer: Renderer, *, rate_hz: int = 48_000, room: Room | Response | None = None,
                 settings: EngineSettings | None = None, begins: int = 0) -> None:  # fmt: skip
        if begins < 0 or begins % QUANTUM:
            raise ValueError(f"an engine begins at a whole quantum of {QUANTUM} frames, got {begins}")
        place = ROOMS["none"] if room is None else room
        given = settings or EngineSettings()
        self.renderer, self.rate_hz, self.settings = renderer, rate_hz, given
        n_bus = renderer.n_bus + place.n_sends
        n_quanta = given.batch_quanta
        self._slots = Slots(n_bus, batch_frames=n_quanta * QUANTUM, max_voices=given.max_voices,
                            arena_frames=given.arena_frames, gain_rows=given.gain_rows,
                            ring_frames=given.ring_frames, grows=given.grows,
                            reads_in_place=given.reads_in_place)  # fmt: skip
        self._slots.now = begins
        self._surroundings = Renewed(renderer, rate_hz, place, n_quanta, rests=given.rests)
        self._cores = ThreadPoolExecutor(given.n_cores - 1) if given.n_cores > 1 else None
        self._streamer = Streamer(self._slots) if given.streams else None
        self._buses = [np.zeros((n_quanta, n_bus, QUANTUM), np.float32) for _ in range(2 if self._cores else 1)]
        self._work = [_work() for _ in range(_PARTS if self._cores else 1)]
        self._table = sinc_table()
        self._levels = np.ones((1, n_quanta + 1), np.float32)
        self._is_dense = renderer.is_dense
        self._ready = np.zeros((0, renderer.layout.n_channels), np.float32)
        self._receipts: list[Receipt] = []

    def __enter__(self) -> Engine:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the engine's threads."""
        if self._streamer is not None:
            self._streamer.close()
        if self._cores is not None:
            self._cores.shutdown()

    @property
    def frame(self) -> int:
        """Frame that the next call of `render` begins with."""
        return self._slots.now - len(self._ready)

    @property
    def n_sounding(self) -> int:
        """Voices that hold a slot."""
        return len(self._slots)

    def receipts(self) -> tuple[Receipt, ...]:
        """What became of the commands since this was last asked."""
        given, self._receipts = tuple(self._receipts), []
        return given

    def submit(self, command: Start | Stop | Turn) -> None:
        """Take a command; what became of it is a receipt, never an error."""
        if isinstance(command, Start):
            self._receipts.append(self._slots.start(command))
        elif isinstance(command, Stop):
            self._receipts.append(self._slots.stop(command))
        else:
            can_turn = self._surroundings.turns and all(map(math.isfinite, command.turn_deg))
            if can_turn:
                self._surroundings.turn(command.turn_deg)
            self._receipts.append(Receipt(-1, "turn", self._slots.now, is_refused=not can_turn))

    def render(self, n_frames: int) -> Samples:
        """Next `n_frames` as (n_frames, n_channels) float32."""
        n_ready = len(self._ready)
        n_quanta = max(0, -(-(n_frames - n_ready) // QUANTUM))
        block = np.empty((n_ready + n_quanta * QUANTUM, self.renderer.layout.n_channels), np.float32)
        block[:n_ready] = self._ready
        self._ready = block[:0]
        self.render_into(block[n_ready:])
        self._ready = block[n_frames:]
        return block[:n_frames]

    def render_into(self, out: Samples) -> None:
        """Next frames to (n_quanta * 64, n_channels) float32, in one piece, with nothing left over from `render`.

        Raises
        ------
        ValueError
            If the mix is not at a whole quantum, or would not be after it.
        """
        if len(self._ready) or len(out) % QUANTUM:
            raise ValueError(f"whole quanta are rendered from a whole quantum on, not {len(out)} from {self.frame} on")
        if self._cores is None:
            self._alone(len(out) // QUANTUM, out)
        else:
            self._together(len(out) // QUANTUM, out, self._cores)

    def renew(self) -> None:
        """Let the room and the filters of loudspeakers ring out, and begin anew: between two calls of `render`.

        Raises
        ------
        ValueError
            If the mix is not at a whole quantum: part of it would be heard already.
        """
        if len(self._ready):
            raise ValueError(f"an engine is renewed at a whole quantum, not at frame {self.frame}")
        self._surroundings.renew()

    def _alone(self, n_quanta: int, out: Samples) -> None:
        """Batch after batch, on the core that asks."""
        most = self.settings.quanta
        for at in range(0, n_quanta, most):
            n = min(most, n_quanta - at)
            bus = self._buses[0][:n]
            self._bring(n)
            self._mix(self._slots.now // QUANTUM, bus, 0)
            self._slots.advance(n * QUANTUM)
            self._surroundings.frames(bus, out[at * QUANTUM : (at + n) * QUANTUM])

    def _together(self, n_quanta: int, out: Samples, cores: ThreadPoolExecutor) -> None:
        """Batch after batch: while one core finishes the last and reads for the next, the others mix, part by part."""
        finishing: Future[None] | None = None
        most = self.settings.batch_quanta
        for begin in range(0, n_quanta, most):
            n = min(most, n_quanta - begin)
            bus = self._buses[begin // most % 2][:n]
            self._bring(n)
            first = self._slots.now // QUANTUM
            part = -(-n // _PARTS)
            starts = list(range(0, n, part))
            reading = cores.submit(self._read_ahead, n)
            jobs = [cores.submit(self._mix, first + at, bus[at : at + part], at // part) for at in starts]
            for at, job in zip(reversed(starts), reversed(jobs), strict=True):
                if job.cancel():  # nobody has begun it: then it is done here
                    self._mix(first + at, bus[at : at + part], at // part)
            for job in (reading, *jobs):
                if not job.cancelled():
                    job.result()
            self._slots.advance(n * QUANTUM)
            if finishing is not None:
                finishing.result()
            finishing = cores.submit(self._surroundings.frames, bus, out[begin * QUANTUM : (begin + n) * QUANTUM])
        if finishing is not None:
            finishing.result()

    def _bring(self, n_quanta: int) -> None:
        until = self._slots.now + n_quanta * QUANTUM
        if until > self._slots.dry:
            self._slots.bring(until)
        if self._streamer is not None and self._slots.dry < NEVER:
            self._streamer.wake()

    def _read_ahead(self, n_quanta: int) -> None:
        """Read as much as the next quanta will use up, so that the work is the same in every batch."""
        left = len(self._slots) * n_quanta * QUANTUM
        while left > 0 and (n_frames := self._slots.read_ahead()):
            left -= n_frames

    def _mix(self, first: int, bus: Samples, core: int) -> None:
        slots = self._slots
        kernels.mix(first, len(bus), slots.order, slots.voices, slots.arena, slots.gains, slots.places, slots.speeds,
                    slots.airs, self._levels, self._table, _RAMP, self._is_dense, *self._work[core], bus)  # fmt: skip


def render_plan(plan: Plan, sources: Callable[[SourceKey], Samples], *, block_frames: int = 65_536,
                progress: Progress = quiet, settings: EngineSettings | None = None) -> Iterator[Samples]:  # fmt: skip
    """The whole plan, block after block.

    Parameters
    ----------
    sources
        Called with a key just before a voice needs it: (n_frames, n_channels) float32, at best memory-mapped.
    block_frames : >= 1
        Frames of each block but the last; the sound does not depend on it.
    settings
        None: what is needed, growing, with a thread that reads ahead.
    """
    given = settings or EngineSettings(
        max_voices=64, arena_frames=1 << 20, gain_rows=1 << 12, grows=True, reads_in_place=True, streams=True
    )
    coming = 0
    with Engine(plan.renderer, rate_hz=plan.rate_hz, room=plan.room, settings=given) as engine:
        while engine.frame < plan.n_frames:
            n = min(block_frames, plan.n_frames - engine.frame)
            # A quantum more than is asked for: the engine may render so far ahead.
            until = engine.frame + n + QUANTUM
            while coming < len(plan.voices) and plan.voices[coming].start < until:
                voice = plan.voices[coming]
                engine.submit(Start(voice, sources(voice.key)))
                coming += 1
            block = engine.render(n)
            progress("rendering", engine.frame, plan.n_frames)
            yield block


def _work() -> tuple[Samples, ...]:
    return (np.zeros((2, QUANTUM), np.int64), np.zeros((5, kernels.STAGE), np.float32),
            np.zeros(kernels.STAGE, np.float32), np.zeros(4, np.int64))  # fmt: skip


_RAMP = np.arange(QUANTUM, dtype=np.float32)
