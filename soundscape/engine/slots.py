"""What the mix reads: the voices that sound, their gains, and as much of their sources as is needed next."""

from __future__ import annotations

from dataclasses import dataclass, replace
from heapq import heapify, heappop, heappush
from itertools import count
from threading import Condition

import numpy as np
from numpy.typing import NDArray

from soundscape.engine import kernels
from soundscape.engine.arena import Shelf
from soundscape.engine.commands import Receipt, Start, Stop
from soundscape.engine.sounding import Sounding, at_once, copy_channel, held, is_in_memory, reach_aside
from soundscape.engine.voices import GRID, Voice

BATCH = 64
"""Quanta for each call of the compiled body, at most."""

LATE_FADE = 64
NEVER = 1 << 62

READ_FRAMES = 1 << 15
"""Frames copied into the arena at once; nobody waits longer than that for another voice's source."""


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """The rest of a voice's rows, as the mix reads them: what is written here is heard.

    `places`, `speeds` and `airs` are empty where the voice does not bend and the air does not colour it.
    """

    voice: Voice
    frames: NDArray[np.int64]
    """Of the axis."""
    gains: NDArray[np.float32]
    places: NDArray[np.float64]
    speeds: NDArray[np.float64]
    airs: NDArray[np.float32]
    last_place: int
    """Frame of the source that the voice may read at most."""


class Slots:
    """The voices that sound. One thread starts, stops and mixes; another may bring sources at the same time."""

    def __init__(self, n_bus: int, *, batch_frames: int, max_voices: int,  # noqa: PLR0913
                 arena_frames: int, gain_rows: int,
                 ring_frames: int, grows: bool, reads_in_place: bool,
                 fills_first: bool = False) -> None:  # fmt: skip
        self.voices = np.zeros((max_voices, kernels.N_COLUMNS), np.int64)
        self.order = np.zeros(0, np.int64)
        self.arena = np.zeros(arena_frames, np.float32)
        self.gains = np.zeros((gain_rows, n_bus), np.float32)
        self.airs = np.zeros((gain_rows, kernels.AIR_SIDE + 1), np.float32)
        self.places, self.speeds = np.zeros(gain_rows), np.zeros(gain_rows)
        self._batch_frames, self._ring_frames, self._grows = batch_frames, ring_frames, grows
        self._reads_in_place, self._fills_first = reads_in_place, fills_first
        self.lasts = np.full(max_voices, NEVER)
        self._slots: dict[int, Sounding] = {}
        self._arena_shelf, self._row_shelf = Shelf(arena_frames), Shelf(gain_rows)
        # Of a disk, and in memory: who brings those never waits for the disk, where there are two to bring them.
        self._due: dict[bool, list[tuple[int, int, Sounding]]] = {False: [], True: []}
        self._tickets = count()
        self.dry = self._first_end = NEVER
        self._lock = Condition()
        self._n_at_disk = 0
        self.now = 0

    def __len__(self) -> int:
        return len(self._slots)

    def start(self, command: Start) -> Receipt:
        """Give a voice a slot, rows and room for its source, or refuse it."""
        voice = command.voice if command.at_frame is None else _moved(command.voice, command.at_frame)
        late = max(0, self.now - voice.start)
        receipt = Receipt(voice.index, "start", max(voice.start, self.now), late)
        if voice.stop <= self.now:
            return receipt
        if late:
            voice = voice.after(self.now, LATE_FADE)
        first, last = held(voice)
        is_ring = self._ring_frames < last - first and at_once(voice, self._batch_frames) < self._ring_frames
        length = self._ring_frames + kernels.TAPS if is_ring else last - first
        in_place = self._reads_in_place and is_in_memory(voice, command.samples)
        length = 0 if in_place else length
        n_rows = len(voice.gains)
        with self._lock:
            slot = next((n for n in range(len(self.voices)) if n not in self._slots), -1)
            row, place = self._row_shelf.take(n_rows), self._arena_shelf.take(length) if length else 0
            if self._grows:
                slot, row, place = self._made_room(slot, row, place, n_rows, length)
            if min(slot, row, place) < 0:
                self._give_back(row, n_rows, place, length)
                return replace(receipt, is_refused=True)
            is_resident = self._fills_first and type(command.samples) is np.ndarray
            sounding = Sounding(voice, command.samples, slot, place, length, row, first, last, first, is_ring,
                                 is_resident)  # fmt: skip
            self._slots[slot] = sounding
        self._write_rows(row, voice)
        # A voice that bends reads fifteen frames before the place it is at.
        base = first + kernels.TAPS // 2 - 1 if voice.is_bent else first
        mask = self._ring_frames - 1 if is_ring else -1
        address = stride = 0
        if in_place:
            base, stride = voice.start - voice.source_start, command.samples.shape[1]
            address = command.samples.ctypes.data + voice.channel * command.samples.itemsize
        self.lasts[slot] = NEVER
        self.voices[slot] = (
            voice.start, voice.stop, place, mask, row, voice.is_bent, voice.fade_in, voice.fade_out, NEVER, 1, base,
            voice.is_in_air, address, stride, len(command.samples), command.group,
        )  # fmt: skip
        if self._fills_first and not command.waits:
            with self._lock:
                self._read(sounding, min(sounding.can_hold(self.now), first + READ_FRAMES))
                self._expect(sounding)
            return receipt
        if not in_place:
            with self._lock:
                heappush(self._due[is_resident], (voice.start, next(self._tickets), sounding))
                self._note_dry()
        self._reorder()
        return receipt

    def stop(self, command: Stop) -> Receipt:
        """Let a voice fade out."""
        frame = self.now if command.at_frame is None else max(command.at_frame, self.now)
        late = 0 if command.at_frame is None else frame - command.at_frame
        for slot, sounding in self._slots.items():
            if sounding.voice.index == command.index:
                self.voices[slot, kernels.RELEASE : kernels.RELEASE_N + 1] = frame, max(1, command.fade_frames)
                self._first_end = min(self._first_end, frame + max(1, command.fade_frames))
        return Receipt(command.index, "stop", frame, late)

    def bring(self, until: int) -> None:
        """Fill every source that does not last to frame `until`, as far as the arena holds it."""
        filled: list[Sounding] = []
        try:
            while True:
                with self._lock:
                    self._lock.wait_for(lambda: not self._n_at_disk)
                    due = min(self._due.values(), key=_first_of)
                    if _first_of(due) >= until:
                        break
                    _, _, sounding = heappop(due)
                    filled.append(sounding)
                    hold = sounding.can_hold(self.now)
                    while sounding.filled < hold and not sounding.is_gone:
                        self._read(sounding, hold)
                    self._note_dry()
        finally:
            with self._lock:
                for sounding in filled:
                    self._expect(sounding)

    def read_ahead(self, *, resident: bool = False) -> int:
        """Fill a stretch of the source that will run dry first; frames read, 0 where there is no need yet.

        `resident`: of those that are in memory, which a body that plays live tells apart.
        """
        due = self._due[resident]
        with self._lock:
            while due:
                sounding = due[0][2]
                if sounding.is_gone or sounding.filled >= sounding.last:
                    heappop(due)
                    continue
                if not self._is_wanting(sounding):
                    return 0
                before = sounding.filled
                heappop(due)
                try:
                    self._read(sounding, sounding.can_hold(self.now))
                finally:
                    self._expect(sounding)
                return sounding.filled - before
            self._note_dry()
            return 0

    def advance(self, n_frames: int) -> None:
        """Note that the mix has gone on; silent voices give back what they held."""
        self.now += n_frames
        if self._first_end > self.now:
            return
        with self._lock:
            for slot in self.order[self._ends() <= self.now].tolist():
                self._leave(slot)
        self._reorder()

    def put(self, slot: int, voice: Voice) -> None:
        """Give a voice that waits the rows of one that differs in them only."""
        self._write_rows(self._slots[slot].row, voice)

    def is_ready(self, slot: int) -> bool:
        """Whether the arena has all of a voice's source that it can hold, or nearly."""
        with self._lock:
            one = self._slots[slot]
            return one.filled >= one.last or not self._is_wanting(one)

    @property
    def is_reading(self) -> bool:
        """Whether somebody waits for a disk."""
        return self._n_at_disk > 0

    def slot_of(self, index: int) -> int:
        """Slot of the voice with that index, -1 where it has none."""
        return next((slot for slot, one in self._slots.items() if one.voice.index == index), -1)

    def rows_from(self, slot: int, frame: int) -> Rows | None:
        """Rows of a voice from the first one at or after `frame` on; None where there are none."""
        one = self._slots[slot]
        voice = one.voice
        first = max(0, -(-frame // GRID) - voice.start // GRID)
        n_rows = len(voice.gains)
        if first >= n_rows:
            return None
        rows, left = slice(one.row + first, one.row + n_rows), slice(first, n_rows)
        frames = (voice.start // GRID + np.arange(first, n_rows)) * GRID
        # Of a voice that bends its own arrays are what its source is read ahead by.
        places, speeds = (voice.positions[left], voice.speeds[left]) if voice.is_bent else (voice.positions,) * 2
        airs = self.airs[rows] if voice.is_in_air else self.airs[:0]
        last = one.last - reach_aside(voice) if voice.is_bent else one.last
        return Rows(voice, frames, self.gains[rows], places, speeds, airs, last)

    def keep_places(self, slot: int) -> None:
        """Let the mix have the places and speeds of a voice's own arrays, which were written to."""
        one = self._slots[slot]
        with self._lock:
            rows = slice(one.row, one.row + len(one.voice.gains))
            self.places[rows], self.speeds[rows] = one.voice.positions, one.voice.speeds
            if one.filled < one.last:
                self.lasts[slot] = one.lasts()
                due = self._due[one.is_resident]
                due[:] = [row for row in due if row[2] is not one]
                heapify(due)
                self._expect(one)

    def give_back(self, slot: int) -> None:
        """Take back what a voice held, once nobody mixes it any more."""
        with self._lock:
            self._leave(slot)

    def _write_rows(self, row: int, voice: Voice) -> None:
        rows = slice(row, row + len(voice.gains))
        self.gains[rows] = voice.gains
        if voice.is_bent:
            self.places[rows], self.speeds[rows] = voice.positions, voice.speeds
        if voice.is_in_air:
            self.airs[rows] = voice.airs

    def _leave(self, slot: int) -> None:
        gone = self._slots.pop(slot)
        gone.is_gone = True
        if not gone.is_at_disk:  # who reads gives it back
            self._give_back(gone.row, len(gone.voice.gains), gone.place, gone.length)

    def _is_wanting(self, sounding: Sounding) -> bool:
        """Whether there is room for so much more of a source that it is worth reading, or for all the rest."""
        left = sounding.can_hold(self.now) - sounding.filled
        return left >= min(self._ring_frames // 4, sounding.last - sounding.filled)

    def _expect(self, sounding: Sounding) -> None:
        """Remember when a source will run dry, if it is not all there."""
        if sounding.filled < sounding.last and not sounding.is_gone and not sounding.is_at_disk:
            heappush(self._due[sounding.is_resident], (sounding.lasts(), next(self._tickets), sounding))
        self._note_dry()

    def _note_dry(self) -> None:
        self.dry = min(map(_first_of, self._due.values()))

    def _read(self, sounding: Sounding, hold: int) -> None:
        """Bring the next frames of a source, at most `READ_FRAMES` and up to `hold`."""
        voice, filled = sounding.voice, sounding.filled
        at = filled - sounding.base
        n = min(hold - filled, READ_FRAMES)
        if sounding.is_ring:
            at %= self._ring_frames
            n = min(n, self._ring_frames - at)
        first = filled if voice.is_bent else voice.source_start + filled - voice.start
        place = sounding.place + at
        self._copy_in(sounding, first, self.arena[place : place + n])
        if sounding.is_gone:
            return
        if sounding.is_ring and at < kernels.TAPS:
            # The first frames of a ring stand behind its last once more, for reads that go over its end.
            again = min(n, kernels.TAPS - at)
            behind = place + self._ring_frames
            self.arena[behind : behind + again] = self.arena[place : place + again]
        sounding.filled = filled + n
        self.lasts[sounding.slot] = NEVER if sounding.filled >= sounding.last else sounding.lasts()

    def _copy_in(self, sounding: Sounding, first: int, out: NDArray[np.float32]) -> None:
        """Copy a source into the arena; where a show goes on meanwhile, nobody has to wait for the disk."""
        if not self._fills_first:
            copy_channel(sounding.samples, sounding.voice.channel, first, out)
            return
        sounding.is_at_disk = True
        self._n_at_disk += 1
        self._lock.release()
        try:
            copy_channel(sounding.samples, sounding.voice.channel, first, out)
        finally:
            self._lock.acquire()
            self._n_at_disk -= 1
            sounding.is_at_disk = False
            if sounding.is_gone:
                self._give_back(sounding.row, len(sounding.voice.gains), sounding.place, sounding.length)
            self._lock.notify_all()

    def _ends(self) -> NDArray[np.int64]:
        """First frame at which each voice in order is silent again."""
        rows = self.voices[self.order]
        releases = rows[:, kernels.RELEASE] + rows[:, kernels.RELEASE_N]
        return np.asarray(np.minimum(rows[:, kernels.STOP], releases), np.int64)

    def _give_back(self, row: int, n_rows: int, place: int, length: int) -> None:
        if row >= 0:
            self._row_shelf.give(row, n_rows)
        if place >= 0 and length:
            self._arena_shelf.give(place, length)

    def _made_room(self, slot: int, row: int, place: int, n_rows: int, length: int) -> tuple[int, int, int]:
        """Slot, row and place, with everything larger where one of them was missing."""
        if slot < 0:
            slot = len(self.voices)
            self.voices = np.concatenate([self.voices, np.zeros_like(self.voices)])
            self.lasts = np.concatenate([self.lasts, np.full_like(self.lasts, NEVER)])
        if row < 0:
            more = max(n_rows, len(self.gains))
            self._row_shelf.grow(more)
            self.gains, self.airs, self.places, self.speeds = (
                np.concatenate([old, np.zeros((more, *old.shape[1:]), old.dtype)])
                for old in (self.gains, self.airs, self.places, self.speeds)
            )
            row = self._row_shelf.take(n_rows)
        if place < 0:
            more = max(length, len(self.arena) // 2)
            self._arena_shelf.grow(more)
            self.arena = np.concatenate([self.arena, np.zeros(more, np.float32)])
            place = self._arena_shelf.take(length)
        return slot, row, place

    def _reorder(self) -> None:
        order = sorted(self._slots, key=lambda slot: (self._slots[slot].voice.start, self._slots[slot].voice.index))
        self.order = np.array(order, np.int64)
        self._first_end = int(self._ends().min(initial=NEVER))


def _first_of(due: list[tuple[int, int, Sounding]]) -> int:
    """Frame at which the first of them runs dry."""
    return due[0][0] if due else NEVER


def _moved(voice: Voice, frame: int) -> Voice:
    if (frame - voice.start) % GRID:
        raise ValueError(f"a voice moves by whole rows of {GRID} frames, not by {frame - voice.start}")
    return replace(voice, start=frame)
