"""Actions done to a body: the same for a show that is played now and for its journal, whatever the layout.

Nothing here knows controllers, cues or devices.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from soundscape.catalogue.segment import Recording
from soundscape.engine.body import Told
from soundscape.engine.kernels import body as of
from soundscape.engine.plan import Planned, Stretch
from soundscape.engine.player import Player
from soundscape.engine.slots import NEVER
from soundscape.engine.voices import GRID, SourceKey, Voice
from soundscape.live.actions import Action, Level, Note, Panic, Play, Shape, Stop
from soundscape.live.shaping import Shaped, bend_rows
from soundscape.units import Samples, gain_of

MOST_VOICES = 1 << 12
"""Of one sound, over its stretches and channels: an index is the sound's number and the voice's."""
LEAD_S = 10.0
"""A stretch is given to the body so long before it begins: a loop that stalls for less is not heard."""
FIRST_GROUP = 2
SILENT_DB = -120.0


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
    voices: list[int] = field(default_factory=list)
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


class Performance:
    """What sounds, as a player plays it.

    Parameters
    ----------
    recordings
        By id: all that may be played.
    source
        (n, n_channels) samples of a stretch; called before a voice starts.
    """

    def __init__(self, player: Player, recordings: Mapping[str, Recording],
                 source: Callable[[SourceKey], Samples]) -> None:  # fmt: skip
        self.player, self._recordings, self._source = player, recordings, source
        self._sounds: dict[int, Sound] = {}
        self._groups: dict[str, int] = {"": of.MASTER}
        body = player.body
        self._renderer, self._rate_hz = body.renderer, body.rate_hz
        self._sends = int(body.known[of.N_BUS]) - body.renderer.n_bus
        self._lead_frames = int(LEAD_S * body.rate_hz)

    @property
    def sounds(self) -> Mapping[int, Sound]:
        """What was begun and is not over, by number."""
        return self._sounds

    def do(self, action: Action) -> bool:
        """Do an action at the body's next call; whether anything is done."""
        match action:
            case Play():
                done = self._play(action)
            case Stop():
                done = self._stop(action)
            case Shape():
                done = self._shape(action)
            case Level():
                gain = gain_of(action.level_db) if action.level_db > SILENT_DB else 0.0
                done = self.player.level(self._group(action.group), gain, over_frames=action.over_frames)
            case Panic():
                self._sounds.clear()
                done = self.player.panic()
            case Note():
                done = False
        self.player.send()
        return done

    def tend(self) -> tuple[Told, ...]:
        """Begin the stretches that are due, forget sounds that are over; what the body has told."""
        told = self.player.tend()
        until = self.player.body.clock + self._lead_frames
        for number, sound in list(self._sounds.items()):
            while sound.next_frame < until:
                self._begin(sound, sound.take())
            sound.voices = [index for index in sound.voices if self.player.sounds(index)]
            if sound.coming is None and not sound.voices:
                del self._sounds[number]
        self.player.send()
        return told

    def forget_all(self) -> None:
        """The body has silenced everything by itself."""
        self._sounds.clear()

    def sound_of(self, index: int) -> tuple[int, int]:
        """Number of the sound that a voice belongs to, and the voice's own."""
        return divmod(index, MOST_VOICES)

    def _group(self, role: str) -> int:
        if role not in self._groups:
            if FIRST_GROUP + len(self._groups) > self.player.body.settings.n_groups:
                return 0
            self._groups[role] = FIRST_GROUP + len(self._groups) - 1
        return self._groups[role]

    def _play(self, action: Play) -> bool:
        event = action.event
        take = self._recordings[event.segment.recording_id]
        planned = Planned(event, take, self._rate_hz, self._renderer, self._sends)
        sound = Sound(action.sound, event.role, planned, action.origin_frame, Shaped(event), planned.stretches())
        sound.take()
        if sound.coming is None:
            return False
        self._sounds[action.sound] = sound
        until = self.player.body.clock + self._lead_frames
        if sound.next_frame >= until:
            return True
        # A sound that is entered in its middle begins with the first of its stretches that is not over.
        while sound.next_frame < until:
            if self._begin(sound, sound.take()):
                return True
        del self._sounds[action.sound]
        return False

    def _begin(self, sound: Sound, stretch: Stretch | None) -> bool:
        """Give the voices of a stretch to the player; whether one of them sounds."""
        if stretch is None:
            return False
        first = sound.number * MOST_VOICES + sound.n_made
        voices = [self._placed(sound, voice) for voice in sound.planned.voices(stretch, first)]
        sound.n_made += len(voices)
        sound.shaped.colour(sound.planned, voices, sound.origin_frame)
        begun = [voice for voice in voices if self._starts(sound, voice)]
        sound.voices += [voice.index for voice in begun]
        return bool(begun)

    def _placed(self, sound: Sound, voice: Voice) -> Voice:
        return replace(voice, start=voice.start + sound.origin_frame) if sound.origin_frame else voice

    def _starts(self, sound: Sound, voice: Voice) -> bool:
        if sound.stop is not None and voice.start >= sum(sound.stop):
            return False
        is_begun = self.player.start(voice, self._source(voice.key), group=self._group(sound.role))
        if is_begun and sound.stop is not None:
            self.player.stop(voice.index, at_frame=sound.stop[0], fade_frames=sound.stop[1])
        return is_begun

    def _stop(self, action: Stop) -> bool:
        sound = self._sounds.get(action.sound)
        if sound is None:
            return False
        if action.voice >= 0:
            index = action.sound * MOST_VOICES + action.voice
            return self.player.stop(index, at_frame=action.at_frame, fade_frames=action.fade_frames)
        if sound.stop is None or action.at_frame + action.fade_frames < sum(sound.stop):
            sound.stop = (action.at_frame, action.fade_frames)
        sound.end()
        return _any_of(self.player.stop(index, at_frame=action.at_frame, fade_frames=action.fade_frames)
                       for index in sound.voices) or sound.coming is not None  # fmt: skip

    def _shape(self, action: Shape) -> bool:
        """Write the rest of a sound's rows anew from a row on, and those of its stretches to come."""
        sound = self._sounds.get(action.sound)
        if sound is None:
            return False
        before = sound.shaped.set(action.axis, action.value, action.at_frame)
        for index in sound.voices:
            rows = self.player.rows_of(index, action.at_frame)
            if rows is None:
                continue
            if action.axis == "bend":
                if len(rows.speeds):
                    ends = bend_rows(rows, sound.shaped.values["bend"] - before)
                    self.player.keep_places(index)
                    if ends is not None:
                        self.player.stop(index, at_frame=ends, fade_frames=GRID)
                continue
            frames = rows.frames - sound.origin_frame
            for channel, gains, airs in sound.planned.gains(frames, sound.shaped.event):
                if channel == rows.voice.channel:
                    rows.gains[:] = gains
                    if len(rows.airs) and len(airs):
                        rows.airs[:] = airs
        return True


def _any_of(done: Iterable[bool]) -> bool:
    """Whether one of them is true, after all of them were done."""
    return bool(np.any(list(done)))
