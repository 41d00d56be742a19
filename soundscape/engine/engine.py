"""The engine: voices in, blocks out. It has no device, no file and no clock; hosts pull, it counts frames."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
from numpy.typing import NDArray

from soundscape.engine import kernels
from soundscape.engine.arena import Shelf
from soundscape.engine.commands import Receipt, Start, Stop
from soundscape.engine.plan import Plan, n_sends
from soundscape.engine.reverb import Reverb
from soundscape.engine.surround import mixtures
from soundscape.engine.voices import GRID, QUANTUM, SourceKey, Voice
from soundscape.progress import Progress, quiet
from soundscape.space.layout import Layout
from soundscape.space.panners import panner_for
from soundscape.space.room import ROOMS, Room
from soundscape.units import Samples

BATCH = 64
"""Quanta for each call of the compiled body, at most."""

LATE_FADE = 64
_NEVER = 1 << 62


@dataclass(frozen=True, slots=True)
class EngineSettings:
    """What an engine may hold. With `grows` (a file host) it makes room; without, it refuses what does not fit.

    `ring_frames`, a power of two: a voice that is longer is kept in the arena only so far ahead.
    """

    max_voices: int = 1024
    arena_frames: int = 1 << 22
    gain_rows: int = 1 << 15
    ring_frames: int = 1 << 17
    grows: bool = False

    def __post_init__(self) -> None:
        if self.ring_frames < 2 * BATCH * QUANTUM or self.ring_frames & (self.ring_frames - 1):
            raise ValueError(f"ring_frames must be a power of two from {2 * BATCH * QUANTUM}, got {self.ring_frames}")


@dataclass(slots=True)
class _Sounding:
    """A voice in its slot, and what of the arena it holds."""

    voice: Voice
    samples: Samples
    place: int
    length: int
    row: int
    base: int
    filled: int


class Engine:
    """Mixes voices to the channels of a layout. The bits do not depend on the blocks a host asks for."""

    def __init__(self, layout: Layout, *, rate_hz: int = 48_000, room: Room | None = None,
                 settings: EngineSettings | None = None) -> None:  # fmt: skip
        place = ROOMS["none"] if room is None else room
        self.layout, self.rate_hz = layout, rate_hz
        self.settings = settings or EngineSettings()
        n_bus, n_slots, n_rows = layout.n_channels + n_sends(place), self.settings.max_voices, self.settings.gain_rows
        self._reverb = None
        if not place.is_silent:
            self._reverb = Reverb(place, rate_hz, mixtures(layout), panner_for(layout).gains)
        self._voices = np.zeros((n_slots, kernels.N_COLUMNS), np.int64)
        self._slots: dict[int, _Sounding] = {}
        self._order = np.zeros(0, np.int64)
        self._arena = np.zeros(self.settings.arena_frames, np.float32)
        self._gains = np.zeros((n_rows, n_bus), np.float32)
        self._places, self._speeds = np.zeros(n_rows), np.zeros(n_rows)
        self._arena_shelf, self._row_shelf = Shelf(self.settings.arena_frames), Shelf(n_rows)
        self._bus = np.zeros((BATCH, n_bus, QUANTUM), np.float32)
        self._scratch = np.zeros(QUANTUM, np.float32)
        self._reads = np.zeros((2, QUANTUM), np.int64)
        self._ready = np.zeros((0, layout.n_channels), np.float32)
        self._receipts: list[Receipt] = []
        self._next = 0
        self._filled = self._first_end = _NEVER

    @property
    def frame(self) -> int:
        """Frame that the next call of `render` begins with."""
        return self._next - len(self._ready)

    @property
    def n_sounding(self) -> int:
        """Voices that hold a slot."""
        return len(self._slots)

    def receipts(self) -> tuple[Receipt, ...]:
        """What became of the commands since this was last asked."""
        given, self._receipts = tuple(self._receipts), []
        return given

    def submit(self, command: Start | Stop) -> None:
        """Take a command; what became of it is a receipt, never an error."""
        if isinstance(command, Start):
            self._receipts.append(self._start(command))
        else:
            self._receipts.append(self._stop(command))

    def render(self, n_frames: int) -> Samples:
        """Next `n_frames` as (n_frames, n_channels) float32."""
        parts, missing = [self._ready], n_frames - len(self._ready)
        while missing > 0:
            parts.append(self._batch(min(BATCH, -(-missing // QUANTUM))))
            missing -= len(parts[-1])
        block = np.concatenate(parts) if len(parts) > 1 else parts[0]
        self._ready = block[n_frames:]
        return block[:n_frames]

    def _batch(self, n_quanta: int) -> Samples:
        if self._filled < self._next + n_quanta * QUANTUM:
            self._fill(self._next + n_quanta * QUANTUM)
        bus = self._bus[:n_quanta]
        bus[:] = 0.0
        kernels.mix(self._next // QUANTUM, n_quanta, self._order, self._voices, self._arena, self._gains,
                    self._places, self._speeds, sinc_table(), _RAMP, self._reads, self._scratch, bus)  # fmt: skip
        if self._reverb is not None:
            self._reverb.add(bus)
        self._next += n_quanta * QUANTUM
        if self._first_end <= self._next:
            self._leave()
        n_channels = self.layout.n_channels
        return np.ascontiguousarray(bus[:, :n_channels].transpose(0, 2, 1)).reshape(-1, n_channels)

    def _start(self, command: Start) -> Receipt:
        voice = command.voice if command.at_frame is None else _moved(command.voice, command.at_frame)
        late = max(0, self._next - voice.start)
        receipt = Receipt(voice.index, "start", max(voice.start, self._next), late)
        if voice.stop <= self._next:
            return receipt
        if late:
            voice = _begun(voice, self._next)
        first, last = _needed(voice)
        mask = -1
        if not voice.is_bent and last - first > self.settings.ring_frames:
            mask = self.settings.ring_frames - 1
        length = last - first if mask < 0 else mask + 1
        slot = next((n for n in range(len(self._voices)) if n not in self._slots), -1)
        row, place = self._row_shelf.take(len(voice.gains)), self._arena_shelf.take(length)
        if self.settings.grows:
            slot, row, place = self._made_room(slot, row, place, len(voice.gains), length)
        if min(slot, row, place) < 0:
            self._give_back(row, len(voice.gains), place, length)
            return replace(receipt, is_refused=True)
        rows = slice(row, row + len(voice.gains))
        self._gains[rows] = voice.gains
        if voice.is_bent:
            self._places[rows], self._speeds[rows] = voice.positions, voice.speeds
        base = first if voice.is_bent else voice.start & -QUANTUM
        sounding = _Sounding(voice, command.samples, place, length, row, base, base)
        source = place - first - (kernels.TAPS // 2 - 1) if voice.is_bent else place
        self._voices[slot] = (voice.start, voice.stop, source, mask, row, voice.is_bent, voice.fade_in, voice.fade_out,
                              _NEVER, 1)  # fmt: skip
        self._slots[slot] = sounding
        if voice.is_bent:
            self._arena[place : place + length] = _taken(command.samples, voice.channel, first, last)
        else:
            self._refill(sounding)
            self._filled = min(self._filled, sounding.filled)
        self._reorder()
        return receipt

    def _stop(self, command: Stop) -> Receipt:
        frame = self._next if command.at_frame is None else max(command.at_frame, self._next)
        late = 0 if command.at_frame is None else frame - command.at_frame
        for slot, sounding in self._slots.items():
            if sounding.voice.index == command.index:
                self._voices[slot, kernels.RELEASE : kernels.RELEASE_N + 1] = frame, max(1, command.fade_frames)
                self._first_end = min(self._first_end, frame + max(1, command.fade_frames))
        return Receipt(command.index, "stop", frame, late)

    def _fill(self, ahead: int) -> None:
        """Bring every voice that would run dry as far ahead as the arena holds; remember when one will next."""
        whole = [sounding for sounding in self._slots.values() if not sounding.voice.is_bent]
        for sounding in whole:
            if sounding.filled < ahead:
                self._refill(sounding)
        self._filled = min((s.filled for s in whole if s.filled < s.voice.stop), default=_NEVER)

    def _refill(self, sounding: _Sounding) -> None:
        """Bring the arena as far ahead of the kernel as it can hold."""
        voice = sounding.voice
        end = min(-(-voice.stop // QUANTUM) * QUANTUM, max(self._next, sounding.base) + sounding.length)
        while sounding.filled < end:
            at = (sounding.filled - sounding.base) % sounding.length
            n = min(end - sounding.filled, sounding.length - at)
            first = voice.source_start + sounding.filled - voice.start
            taken = _taken(sounding.samples, voice.channel, first, first + n)
            self._arena[sounding.place + at : sounding.place + at + n] = taken
            sounding.filled += n

    def _leave(self) -> None:
        """Give back what silent voices held."""
        for slot in self._order[self._ends() <= self._next].tolist():
            gone = self._slots.pop(slot)
            self._give_back(gone.row, len(gone.voice.gains), gone.place, gone.length)
        self._reorder()

    def _ends(self) -> NDArray[np.int64]:
        """First frame at which each voice in order is silent again."""
        rows = self._voices[self._order]
        releases = rows[:, kernels.RELEASE] + rows[:, kernels.RELEASE_N]
        return np.asarray(np.minimum(rows[:, kernels.STOP], releases), np.int64)

    def _give_back(self, row: int, n_rows: int, place: int, length: int) -> None:
        if row >= 0:
            self._row_shelf.give(row, n_rows)
        if place >= 0:
            self._arena_shelf.give(place, length)

    def _made_room(self, slot: int, row: int, place: int, n_rows: int, length: int) -> tuple[int, int, int]:
        """Slot, row and place, with everything larger where one of them was missing."""
        if slot < 0:
            slot = len(self._voices)
            self._voices = np.concatenate([self._voices, np.zeros_like(self._voices)])
        if row < 0:
            more = max(n_rows, len(self._gains))
            self._row_shelf.grow(more)
            self._gains = np.concatenate([self._gains, np.zeros((more, self._gains.shape[1]), np.float32)])
            self._places, self._speeds = (np.concatenate([a, np.zeros(more)]) for a in (self._places, self._speeds))
            row = self._row_shelf.take(n_rows)
        if place < 0:
            more = max(length, len(self._arena) // 2)
            self._arena_shelf.grow(more)
            self._arena = np.concatenate([self._arena, np.zeros(more, np.float32)])
            place = self._arena_shelf.take(length)
        return slot, row, place

    def _reorder(self) -> None:
        order = sorted(self._slots, key=lambda slot: (self._slots[slot].voice.start, self._slots[slot].voice.index))
        self._order = np.array(order, np.int64)
        self._first_end = int(self._ends().min(initial=_NEVER))


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
        None: what is needed, growing.
    """
    given = settings or EngineSettings(max_voices=64, arena_frames=1 << 20, gain_rows=1 << 12, grows=True)
    engine = Engine(plan.layout, rate_hz=plan.rate_hz, room=plan.room, settings=given)
    coming = 0
    while engine.frame < plan.n_frames:
        n = min(block_frames, plan.n_frames - engine.frame)
        parts: list[Samples] = []
        while n > 0:
            step = min(n, BATCH * QUANTUM)
            # A quantum more than is asked for: the engine may render so far ahead.
            until = engine.frame + step + QUANTUM
            while coming < len(plan.voices) and plan.voices[coming].start < until:
                voice = plan.voices[coming]
                engine.submit(Start(voice, sources(voice.key)))
                coming += 1
            parts.append(engine.render(step))
            n -= step
        progress("rendering", engine.frame, plan.n_frames)
        yield np.concatenate(parts)


def _needed(voice: Voice) -> tuple[int, int]:
    """Frames that the arena must hold: of the source where the voice bends, else of the axis, in whole quanta."""
    if not voice.is_bent:
        return voice.start & -QUANTUM, -(-voice.stop // QUANTUM) * QUANTUM
    aside = kernels.TAPS + int(2 * QUANTUM * float(voice.speeds.max()))
    return int(voice.positions[0]) - aside, int(voice.positions[-1]) + aside


def _moved(voice: Voice, frame: int) -> Voice:
    if (frame - voice.start) % GRID:
        raise ValueError(f"a voice moves by whole rows of {GRID} frames, not by {frame - voice.start}")
    return replace(voice, start=frame)


def _begun(voice: Voice, frame: int) -> Voice:
    """The rest of a voice from `frame` on."""
    rows, missed = frame // GRID - voice.start // GRID, frame - voice.start
    n_frames = voice.n_frames - missed
    return replace(
        voice, start=frame, n_frames=n_frames, source_start=voice.source_start + missed,
        fade_in=min(max(voice.fade_in - missed, LATE_FADE), n_frames), gains=voice.gains[rows:],
        positions=voice.positions[rows:], speeds=voice.speeds[rows:],
    )  # fmt: skip


def _taken(samples: Samples, channel: int, first: int, last: int) -> NDArray[np.float32]:
    """Frames [first, last) of one channel, or of the mean of all; silence outside the source."""
    out = np.zeros(last - first, np.float32)
    low, high = max(first, 0), min(last, len(samples))
    if low < high:
        part = samples[low:high]
        out[low - first : high - first] = part.mean(axis=1) if channel < 0 else part[:, channel]
    return out


_RAMP = np.arange(QUANTUM, dtype=np.float32)


@cache
def sinc_table() -> NDArray[np.float32]:
    """Windowed sinc for every fraction of a frame: (PHASES + 2, TAPS); each row adds up to 1, but the last is zeros.

    References
    ----------
    Smith, "Digital Audio Resampling Home Page", CCRMA; Kaiser window with beta 9.
    """
    half = kernels.TAPS // 2
    fractions = np.arange(kernels.PHASES + 1)[:, None] / kernels.PHASES
    at = np.arange(kernels.TAPS)[None, :] - (half - 1) - fractions
    rows = np.sinc(at) * np.i0(9.0 * np.sqrt(np.maximum(0.0, 1.0 - (at / half) ** 2)))
    silence = np.zeros((1, kernels.TAPS))
    return np.asarray(np.concatenate([rows / rows.sum(axis=1, keepdims=True), silence]), np.float32)
