"""A sound that was begun: which of its voices sound, which were late and may come back, and what is still to come."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from soundscape.engine.plan import Planned, Stretch
from soundscape.engine.slots import NEVER
from soundscape.engine.voices import GRID, Voice
from soundscape.live.shaping import Shaped

MOST_VOICES = 1 << 12
"""Of one sound, over its stretches and channels: an index is the sound's number and the voice's."""
AGAIN = 1 << 48
"""Added to the index of a voice each time it comes back: what is left of it before may still be fading."""


@dataclass(slots=True)
class Sound:
    """A sound that was begun, and what of it is still to come."""

    number: int
    role: str
    planned: Planned
    origin_frame: int
    shaped: Shaped
    rest: Iterator[Stretch]
    coming: Stretch | None = None
    """The next of its stretches; None where none is to come."""
    voices: dict[int, Voice] = field(default_factory=dict)
    """Those that sound or are missing, by their own number: as they were begun last, with the gains of now."""
    missing: set[int] = field(default_factory=set)
    """Numbers of those whose source was late."""
    n_made: int = 0
    stop: tuple[int, int] | None = None
    """Frame and fade of its end, where it was stopped."""

    @property
    def next_frame(self) -> int:
        """When its next stretch begins; far away where there is none."""
        return NEVER if self.coming is None else self.coming.start + self.origin_frame

    def take(self) -> Stretch | None:
        """The next stretch, which is then no longer to come."""
        taken, self.coming = self.coming, next(self.rest, None)
        self.end()
        return taken

    def end(self) -> None:
        """Leave out what would come after it was stopped."""
        if self.stop is not None and self.next_frame >= sum(self.stop):
            self.coming, self.rest = None, iter(())

    def forget(self, sounding: set[int], frame: int) -> None:
        """Forget voices that are over: neither sounding (their indices), nor missing with something left to sound."""
        is_ending = self.stop is not None and frame >= sum(self.stop)
        self.missing = {n for n in self.missing if not is_ending and self.voices[n].stop > frame}
        self.voices = {n: one for n, one in self.voices.items() if one.index in sounding or n in self.missing}

    def lose(self, number: int) -> None:
        """The source of a voice was late: it fades, and is missing from now on."""
        if number in self.voices:
            self.missing.add(number)

    def again(self, number: int, frame: int, fade_frames: int) -> Voice | None:
        """The rest of a missing voice from a frame on; None where there is too little left of it for its fade."""
        voice = self.voices[number] if number in self.missing else None
        if voice is None or not voice.start <= frame < min(voice.stop, sum(self.stop or (NEVER,))) - fade_frames:
            return None
        return replace(voice.after(frame, fade_frames), index=voice.index + AGAIN)


def rows_after(voice: Voice, frame: int) -> NDArray[np.int64]:
    """Frames of the rows of a voice from the first one at or after a frame on."""
    first = max(0, -(-frame // GRID) - voice.start // GRID)
    return (voice.start // GRID + np.arange(first, len(voice.gains))) * GRID


def number_of(index: int) -> tuple[int, int]:
    """Number of the sound that a voice belongs to, and the voice's own.

    Examples
    --------
    >>> number_of(AGAIN + 3 * MOST_VOICES + 5)
    (3, 5)
    """
    return divmod(index % AGAIN, MOST_VOICES)
