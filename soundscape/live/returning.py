"""Sounds whose source was late come back when it is there again, at the place where they would be by then.

A disk that was late once may be late again: what has come back and fades once more waits longer each time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from soundscape.engine.voices import QUANTUM
from soundscape.live.actions import Resume
from soundscape.live.performance import Performance
from soundscape.live.sound import Sound

FADE_S = 0.05
LEAD_S = 0.25
"""A source is asked for so long before it shall be heard; where that was too short, for twice as long."""
MOST_LEAD_S = 8.0
EARLY_S = 1.0
"""Where it is there so long before it shall be heard, it is asked for again, to be heard sooner."""
REST_S = 5.0
"""From one coming back to the next it takes at least so long; twice as long each time."""
MOST_REST_S = 320.0
STEADY_S = 60.0
"""A sound that did not fade for so long is as good as one that never did."""


@dataclass(slots=True)
class _Way:
    """How a sound comes back."""

    lead_s: float = LEAD_S
    rest_s: float = REST_S
    not_before: int = 0
    came_at: int = -1
    """Frame at which it came back last; -1: never."""
    bend: float = 0.0
    """By how much it was bent when it was lost."""
    is_lost: bool = False
    asked: dict[int, Resume] = field(default_factory=dict)
    """What it shall come back with, by the indices of the voices that are expected."""


class Returning:
    """Looks after the sounds of a performance that miss voices.

    Parameters
    ----------
    margin_frames
        What is decided now can be heard so much later at the earliest.
    tell
        Called with a line for people.
    """

    def __init__(self, performance: Performance, margin_frames: int, tell: Callable[[str], None]) -> None:
        self._performance, self._player, self._tell = performance, performance.player, tell
        self._rate_hz = performance.player.body.rate_hz
        self._margin = margin_frames
        self._fade = self._frames(FADE_S)
        self._ways: dict[int, _Way] = {}

    def due(self, clock: int) -> Iterator[Resume]:
        """What brings back the voices whose source is there again; to be done at once."""
        sounds = self._performance.sounds
        for number, way in list(self._ways.items()):
            if number not in sounds:
                self._give_up(way)
                del self._ways[number]
        for number, sound in list(sounds.items()):
            if sound.missing or (number in self._ways and self._ways[number].is_lost):
                yield from self._bring(sound, self._ways.setdefault(number, _Way()), clock)

    def _bring(self, sound: Sound, way: _Way, clock: int) -> Iterator[Resume]:
        bend = sound.shaped.values.get("bend", 0.0)
        if sound.missing and not way.is_lost:
            self._lose(way, bend, clock)
        way.is_lost = bool(sound.missing)
        at = -(-(clock + self._margin + self._frames(way.lead_s)) // QUANTUM) * QUANTUM
        is_bent = bend != way.bend  # what a hand has bent meanwhile is somewhere else in its source, and is lost
        wanted = {number for number in sound.missing if sound.again(number, at, self._fade) is not None
                  and not (is_bent and sound.voices[number].is_bent)}  # fmt: skip
        if way.asked and {one.voice for one in way.asked.values()} != wanted:
            self._give_up(way)
        if not way.asked:
            if clock >= way.not_before:
                self._ask(sound, way, [Resume(sound.number, at, self._fade, number) for number in sorted(wanted)])
            return
        left = next(iter(way.asked.values())).at_frame - clock
        if all(map(self._player.is_ready, way.asked)) and left >= self._margin:
            if left > self._frames(EARLY_S):
                way.lead_s = LEAD_S
                self._give_up(way)
                return
            asked, way.asked = tuple(way.asked.values()), {}
            self._came(way, asked[0].at_frame)
            yield from asked
        elif left < self._margin and not self._player.is_reading:
            way.lead_s = min(2.0 * way.lead_s, MOST_LEAD_S)
            self._give_up(way)

    def _ask(self, sound: Sound, way: _Way, actions: list[Resume]) -> None:
        """Have the sources read from where the sound will be in a moment: all, or none where there is no room."""
        for action in actions:
            if (index := self._performance.expect(action)) < 0:
                self._give_up(way)
                way.not_before = action.at_frame
                return
            way.asked[index] = action

    def _give_up(self, way: _Way) -> None:
        for index in way.asked:
            self._player.give_up(index)
        way.asked.clear()

    def _lose(self, way: _Way, bend: float, clock: int) -> None:
        way.bend = bend
        if way.came_at < 0:
            self._tell("a source was not read in time: it fades out (is the disk too slow?)")
        elif clock - way.came_at >= self._frames(STEADY_S):
            way.rest_s, way.not_before = REST_S, 0
        elif way.rest_s == 2.0 * REST_S:
            self._tell("a source is late again and again: it comes back more and more seldom")

    def _came(self, way: _Way, frame: int) -> None:
        if way.came_at < 0:
            self._tell("a source that was late is there again: it fades in")
        way.came_at = frame
        way.not_before = frame + self._frames(way.rest_s)
        way.rest_s = min(2.0 * way.rest_s, MOST_REST_S)
        way.lead_s = LEAD_S

    def _frames(self, time_s: float) -> int:
        return int(time_s * self._rate_hz)
