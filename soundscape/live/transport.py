"""Where the score is: it plays, stands, and is put elsewhere; beats come from it or from a clock outside.

The score's first frame falls on a row of the gain grid: so what it plays has the very bits of the file.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass, field

from soundscape.arrangement.event import Event
from soundscape.engine.voices import GRID
from soundscape.units import frame_at

OFF_S = 0.1
"""Further from the timecode than this, the score is put where it should be."""
USUAL_BPM = 120.0


@dataclass
class Transport:
    """The score of a show, and where it is."""

    events: tuple[Event, ...]
    """In the order of their starts."""
    rate_hz: int
    sounds: set[int] = field(default_factory=set)
    """Numbers of what it has begun and is not over."""
    is_playing: bool = False
    tempo_bpm: float = USUAL_BPM
    """Of the score; what beats are counted by until a clock from outside is heard."""
    _origin: int = 0
    """Frame of the show at which the score begins."""
    _at: int = 0
    """Where it stands, in frames of the score."""
    _next: int = 0
    _late: tuple[Event, ...] = ()
    """What would sound already where it begins: only what goes round is worth entering late."""
    _beat: tuple[float, float, int] | None = None

    @property
    def n_left(self) -> int:
        """Events that are still to come."""
        return len(self.events) - self._next

    def place(self, frame: int) -> int:
        """Where the score is at a frame of the show, in frames of its own."""
        return max(0, frame - self._origin) if self.is_playing else self._at

    def play(self, frame: int) -> None:
        """Go on from where it stands, at the next row of the grid."""
        if self.is_playing:
            return
        at = self._at // GRID * GRID
        self._origin = -(-frame // GRID) * GRID - at
        self.is_playing = True
        starts = [frame_at(event.start_s, self.rate_hz) for event in self.events]
        self._next = bisect_left(starts, at)
        self._late = tuple(event for event, start in zip(self.events[: self._next], starts, strict=False)
                           if frame_at(event.end_s, self.rate_hz) > at and event.loops)  # fmt: skip

    def stop(self, frame: int) -> frozenset[int]:
        """Stand where it is; the sounds it has begun."""
        self._at = self.place(frame)
        self.is_playing = False
        self._late = ()
        return frozenset(self.sounds)

    def locate(self, to_s: float) -> None:
        """Stand elsewhere."""
        self._at = frame_at(max(0.0, to_s), self.rate_hz)

    def due(self, until: int) -> Iterator[tuple[Event, int]]:
        """Events that begin before a frame of the show, once each, and the frame the score began at."""
        if not self.is_playing:
            return
        late, self._late = self._late, ()
        for event in late:
            yield event, self._origin
        while self._next < len(self.events):
            event = self.events[self._next]
            if frame_at(event.start_s, self.rate_hz) + self._origin >= until:
                break
            self._next += 1
            yield event, self._origin

    def time_of(self, beat: float) -> float:
        """When in the score a beat is, by its first tempo."""
        return beat * 60.0 / self.tempo_bpm

    def is_off(self, at_s: float, frame: int) -> bool:
        """Whether it is not where a timecode says it should be."""
        return not self.is_playing or abs(self.place(frame) / self.rate_hz - at_s) > OFF_S

    def hear_beat(self, beat: float, tempo_bpm: float, frame: int) -> None:
        """A beat of a clock from outside."""
        self._beat = (beat, tempo_bpm, frame)

    def next_beat(self, frame: int, every: float) -> int:
        """First frame at or after `frame` at which a multiple of so many beats falls."""
        beat, tempo_bpm, then = self._beat or (0.0, self.tempo_bpm, self._origin)
        per_beat = 60.0 / max(tempo_bpm, 1.0) * self.rate_hz
        now = beat + (frame - then) / per_beat
        wanted = -(-now // every) * every
        return max(frame, then + round((wanted - beat) * per_beat))
