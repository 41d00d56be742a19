"""Actions done to a body: the same for a show that is played now and for its journal, whatever the layout.

Nothing here knows controllers, cues or devices.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

import numpy as np

from soundscape.catalogue.segment import Recording
from soundscape.engine.body import Told
from soundscape.engine.kernels import body as of
from soundscape.engine.plan import Planned, Stretch
from soundscape.engine.player import Player
from soundscape.engine.voices import GRID, SourceKey, Voice
from soundscape.live.actions import Action, Level, Note, Panic, Play, Resume, Shape, Stop
from soundscape.live.shaping import Shaped, bend_rows
from soundscape.live.sound import MOST_VOICES, Sound, number_of, rows_after
from soundscape.units import Samples, gain_of

LEAD_S = 10.0
"""A stretch is given to the body so long before it begins: a loop that stalls for less is not heard."""
FIRST_GROUP = 2
SILENT_DB = -120.0


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
            case Resume():
                done = self._resume(action)
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
        for one in told:
            if one.kind == of.RAN_DRY:
                self._lose(*number_of(one.voice))
        clock = self.player.body.clock
        until = clock + self._lead_frames
        for number, sound in list(self._sounds.items()):
            while sound.next_frame < until:
                self._begin(sound, sound.take())
            sound.forget({one.index for one in sound.voices.values() if self.player.sounds(one.index)}, clock)
            if sound.coming is None and not sound.voices:
                del self._sounds[number]
        self.player.send()
        return told

    def forget_all(self) -> None:
        """The body has silenced everything by itself."""
        self._sounds.clear()

    def expect(self, action: Resume) -> int:
        """Have the source of a voice read ahead that shall come back; its index, -1 where there is no room for it."""
        sound = self._sounds[action.sound]
        voice = sound.again(action.voice, action.at_frame, action.fade_frames)
        if voice is None or not self.player.expect(voice, self._source(voice.key), group=self._group(sound.role)):
            return -1
        return voice.index

    def _lose(self, number: int, voice: int) -> None:
        if (sound := self._sounds.get(number)) is not None:
            sound.lose(voice)

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
        sound.voices |= {number_of(voice.index)[1]: voice for voice in begun}
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
            voice = sound.voices.get(action.voice)
            sound.lose(action.voice)
            return voice is not None and self.player.stop(voice.index, at_frame=action.at_frame,
                                                          fade_frames=action.fade_frames)  # fmt: skip
        if sound.stop is None or action.at_frame + action.fade_frames < sum(sound.stop):
            sound.stop = (action.at_frame, action.fade_frames)
        sound.end()
        return _any_of(self.player.stop(one.index, at_frame=action.at_frame, fade_frames=action.fade_frames)
                       for one in sound.voices.values()) or sound.coming is not None or bool(sound.missing)  # fmt: skip

    def _resume(self, action: Resume) -> bool:
        if (sound := self._sounds.get(action.sound)) is None:
            return False
        voice = sound.again(action.voice, action.at_frame, action.fade_frames)
        if voice is None or not self._starts(sound, voice):
            return False
        sound.missing.discard(action.voice)
        sound.voices[action.voice] = voice
        return True

    def _shape(self, action: Shape) -> bool:
        """Write the rest of a sound's rows anew from a row on, and those of its stretches to come."""
        sound = self._sounds.get(action.sound)
        if sound is None:
            return False
        before = sound.shaped.set(action.axis, action.value, action.at_frame)
        for voice in sound.voices.values():
            if action.axis != "bend":
                self._place(sound, voice, action.at_frame)
            elif (rows := self.player.rows_of(voice.index, action.at_frame)) is not None and len(rows.speeds):
                ends = bend_rows(rows, sound.shaped.values["bend"] - before)
                self.player.keep_places(voice.index)
                if ends is not None:
                    self.player.stop(voice.index, at_frame=ends, fade_frames=GRID)
        return True

    def _place(self, sound: Sound, voice: Voice, frame: int) -> None:
        """Put a voice where its sound is now, from a row on: as it is heard, and as it would come back."""
        rows = self.player.rows_of(voice.index, frame)
        frames = rows_after(voice, frame) if rows is None else rows.frames
        if not len(frames):
            return
        for channel, gains, airs in sound.planned.gains(frames - sound.origin_frame, sound.shaped.event):
            if channel != voice.channel:
                continue
            for kept, own in (voice.gains, voice.airs), *([(rows.gains, rows.airs)] if rows is not None else []):
                kept[-len(frames) :] = gains
                if len(own) and len(airs):
                    own[-len(frames) :] = airs


def _any_of(done: Iterable[bool]) -> bool:
    """Whether one of them is true, after all of them were done."""
    return bool(np.any(list(done)))
