"""What happens in a track, tick by tick: its bytes cut into events, each checked to lie inside the track."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from soundscape.errors import ScoreError
from soundscape.score.chunks import EXPORT_AGAIN

TEXT, NAME, LYRIC, MARKER, CUE, PORT, END, TEMPO, METRE = 0x01, 0x03, 0x05, 0x06, 0x07, 0x21, 0x2F, 0x51, 0x58
TEXTS = frozenset((TEXT, NAME, LYRIC, MARKER, CUE))
_WANTED = TEXTS | {PORT, TEMPO, METRE}
_N_DATA = {0x80: 2, 0x90: 2, 0xA0: 2, 0xB0: 2, 0xC0: 1, 0xD0: 1, 0xE0: 2}
_UNHEARD = (0xA0, 0xD0)
MAX_EVENTS = 1_000_000
MAX_TEXT_BYTES = 2**20


class Event(NamedTuple):
    """One event. `data` begins with its status: 0xff and the kind for a meta event, then its payload."""

    tick: int
    track: int
    data: bytes


@dataclass
class Budget:
    """How much more a file may hold, over all its tracks."""

    events: int = MAX_EVENTS
    text_bytes: int = MAX_TEXT_BYTES


@dataclass(frozen=True, slots=True)
class Track:
    """Events that matter to a score, and the tick at which the track ends."""

    events: list[Event]
    end: int
    warnings: tuple[str, ...]


class _Bytes:
    """A place in a track."""

    def __init__(self, data: bytes, at: int, stop: int, number: int) -> None:
        self.data, self.at, self.stop, self.number, self.tick = data, at, stop, number, 0

    def damaged(self, what: str, at: int) -> ScoreError:
        return ScoreError(f"track {self.number + 1}, tick {self.tick}: {what} at byte {at}", hint=EXPORT_AGAIN)

    def byte(self) -> int:
        if self.at >= self.stop:
            raise self.damaged("an event is cut short by the track's end", self.at)
        self.at += 1
        return self.data[self.at - 1]

    def length(self) -> int:
        """A number in seven bits a byte; the format allows four bytes."""
        start, value = self.at, 0
        for _ in range(4):
            byte = self.byte()
            value = value << 7 | byte & 0x7F
            if byte < 0x80:
                return value
        raise self.damaged("a number of more than four bytes", start)

    def payload(self) -> bytes:
        start, size = self.at, self.length()
        if self.at + size > self.stop:
            raise self.damaged(f"an event claims {size} bytes, {self.stop - self.at} are left in the track,", start)
        self.at += size
        return self.data[self.at - size : self.at]


def read_track(data: bytes, start: int, stop: int, number: int, budget: Budget) -> Track:
    """Cut a track into events; `number` counts from 0, ticks from the track's start.

    A running status goes on behind meta events and system messages, as many writers take it.

    Raises
    ------
    ScoreError
        If an event is not whole, is none, or the budget is used up.
    """
    place = _Bytes(data, start, stop, number)
    events: list[Event] = []
    running, clipped, clipped_at = 0, 0, 0
    while place.at < stop:
        place.tick += place.length()
        at, status = place.at, place.byte()
        budget.events -= 1
        if budget.events < 0:
            raise place.damaged(f"more than {MAX_EVENTS} events", at)
        if status == 0xFF:
            kind = place.byte()
            payload = place.payload()
            if kind == END:
                break
            if kind in TEXTS:
                budget.text_bytes -= len(payload)
                if budget.text_bytes < 0:
                    raise place.damaged(f"more than {MAX_TEXT_BYTES} bytes of text", at)
            if kind in _WANTED:
                events.append(Event(place.tick, number, bytes((0xFF, kind)) + payload))
            continue
        if status in (0xF0, 0xF7):
            place.payload()
            continue
        if status < 0x80:
            place.at, status = at, running
        if status & 0xF0 not in _N_DATA:
            raise place.damaged(f"byte 0x{data[at]:02x} begins no event", at)
        running, first = status, place.at
        place.at += _N_DATA[status & 0xF0]
        if place.at > stop:
            raise place.damaged("an event is cut short by the track's end", at)
        values = data[first : place.at]
        if not values.isascii():
            clipped, clipped_at = clipped + 1, clipped_at or at
            values = bytes(min(value, 127) for value in values)
        if status & 0xF0 not in _UNHEARD:
            events.append(Event(place.tick, number, bytes((status,)) + values))
    warnings = []
    if clipped:
        counted = f"events with values above 127, read as 127: {clipped}"
        warnings.append(f"track {number + 1}: {counted}, first at byte {clipped_at}")
    if place.at < stop:
        left = f"{stop - place.at} bytes behind its end, at byte {place.at}, are left out"
        warnings.append(f"track {number + 1}: {left}")
    return Track(events, place.tick, tuple(warnings))
