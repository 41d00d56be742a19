"""Finished windows to loudspeakers: the live engine's body plays them, channel by channel, bit for bit.

All that is heard was rendered before: the windows of a plan, a fallback bed that goes round where they are missing, and
clips that visitors start. What is late is told and passed over, never waited for.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from soundscape.engine.body import Body, BodySettings
from soundscape.engine.kernels import body as of
from soundscape.engine.player import Player
from soundscape.engine.voices import GRID, QUANTUM, SourceKey, Voice, n_rows
from soundscape.space.layout import Layout, Speaker
from soundscape.space.renderer import Renderer, renderer_for
from soundscape.units import Samples, frame_at, gain_of

CHUNK_FRAMES = 188 * GRID
"""About two seconds: what is given to the body at once."""
LEAD_S, DEADLINE_S = 4.0, 1.5
"""Windows are given to the body so far ahead; for what is missing so shortly before its time the fallback stands in."""
FADE_S, JOIN_S, DOOR_S = 0.5, 0.02, 3.0
_STEMS, _FALLBACK, _CLIPS, _N_GROUPS = 2, 3, 4, 5
_NOTHING = np.empty(0)
Windows = Callable[[str, int], Samples | None]


@dataclass(frozen=True, slots=True)
class Told:
    """What happened on a deck."""

    what: str
    """`fallback`, `stems`, `dry`, `refused`, `clip`."""
    frame: int
    """Of the body."""
    why: str = ""


def channels(n_channels: int) -> Renderer:
    """A renderer that only carries: each channel of its bus is an output."""
    step_deg = 360.0 / n_channels
    speakers = tuple(Speaker(f"channel {n + 1}", n * step_deg - 180.0) for n in range(n_channels))
    return renderer_for(Layout("channels", speakers), "nearest")


def body_for(n_channels: int, *, rate_hz: int, ceiling_db: float) -> Body:
    """A body that plays windows of so many channels, and goes no higher than a ceiling."""
    n_chunks = 2 * (2 + int(LEAD_S * rate_hz / CHUNK_FRAMES)) + 4
    settings = BodySettings(
        max_voices=n_chunks * n_channels, arena_frames=(n_chunks + 1) * n_channels * (CHUNK_FRAMES + 4 * QUANTUM),
        gain_rows=(n_chunks + 1) * n_channels * (CHUNK_FRAMES // GRID + 2), n_groups=_N_GROUPS, ceiling_db=ceiling_db,
        tape_s=1.0,
    )  # fmt: skip
    return Body(channels(n_channels), rate_hz=rate_hz, settings=settings)


class Deck:
    """Plays windows through a body. Whoever pulls the body calls `turn` after each block, or ten times a second.

    Parameters
    ----------
    body
        Of `body_for`.
    windows
        Gives a window of a plan by key and number, (n_frames, n_channels); None where it is not there.
    fallback : (n_frames, n_channels)
        Goes round: its end meets its beginning.
    window_frames
        Frames of each window.
    reads
        Whether sources are read here and now, instead of by a thread that reads ahead: for who pulls without a clock.
    """

    def __init__(self, body: Body, windows: Windows, fallback: Samples, *, window_frames: int,
                 reads: bool = False) -> None:  # fmt: skip
        self.body, self.player = body, Player(body, streams=not reads)
        self._windows, self._window_frames, self._reads = windows, window_frames, reads
        self.fallback = fallback
        """May be changed while it is not heard."""
        self._rate_hz = body.rate_hz
        self._key = ""
        self._origin = self._next = 0
        self._fallback_next = self._joins_at = -1
        self._is_open = self._is_playing = False
        self._master_db = 0.0
        self._n_voices = 0
        self._held: tuple[str, int, Samples] | None = None
        self._given: deque[tuple[int, int]] = deque()
        """Voices that may sound, and when each is over."""
        self._clips: list[tuple[Samples, int, int]] = []
        self._told: list[Told] = []
        self.n_fallbacks = 0
        for group in (_STEMS, _FALLBACK):
            self.player.level(group, 0.0)
        self.player.send()

    def close(self) -> None:
        """End the thread that reads."""
        self.player.close()

    @property
    def frame(self) -> int:
        """Frame of the plan that the next quantum begins with."""
        return self.body.clock - self._origin

    @property
    def is_on_fallback(self) -> bool:
        """Whether the fallback stands in."""
        return self._fallback_next >= 0

    def follow(self, key: str, frame: int) -> None:
        """Play a plan from one of its frames on, from now on, whatever was played before."""
        self._stop_chunks()
        self._key, self._is_open, self._is_playing = key, True, False
        begin = self._soon()
        self._origin = begin - frame
        self._next = begin
        self.turn()

    def changed(self, key: str) -> None:
        """Go on with the windows of another plan of the same opening, as soon as they were not given away yet."""
        self._key = key

    def level(self, level_db: float, *, over_s: float = FADE_S) -> None:
        """Bring everything to a level, never above 0 dB."""
        self._master_db = min(0.0, level_db)
        self._bring(over_s)

    def shut(self, *, over_s: float = DOOR_S) -> None:
        """Fade out; nothing more is played until `follow`."""
        self._is_open = False
        for group in (_STEMS, _FALLBACK, _CLIPS):
            self.player.level(group, 0.0, over_frames=max(QUANTUM, frame_at(over_s, self._rate_hz)))
        self.player.send()

    def clip(self, samples: Samples) -> bool:
        """Play a short sound on top, at once; False where nothing is open."""
        if not self._is_open or len(self._clips) > 8:
            return False
        self._clips.append((samples, self._soon(), 0))
        self._told.append(Told("clip", self.body.clock))
        self.turn()
        return True

    def told(self) -> tuple[Told, ...]:
        """What has happened since this was last asked."""
        told, self._told = tuple(self._told), []
        return told

    def turn(self) -> None:
        """Give the body what it needs next."""
        for one in self.player.tend():
            if one.kind == of.RAN_DRY:
                self._told.append(Told("dry", one.frame))
        until = self.body.clock + frame_at(LEAD_S, self._rate_hz)
        while self._given and self._given[0][1] < self.body.clock:
            self._given.popleft()
        if self._is_open:
            self._give_windows(until)
            self._rejoin()
            self._give_fallback(until)
            self._give_clips(until)
        self.player.send()
        if self._reads:
            self.player.read(until)

    def _give_windows(self, until: int) -> None:
        """Windows as far ahead as may be; where the next is missing too shortly before its time, the fallback."""
        deadline = self.body.clock + frame_at(DEADLINE_S, self._rate_hz)
        while self._next < until:
            window, first = divmod(self._next - self._origin, self._window_frames)
            n_frames = min(CHUNK_FRAMES, self._window_frames - first)
            found = self._window(window)
            if found is None or len(found) < first + n_frames or found.shape[1] != self.body.n_channels:
                if self._next <= deadline:
                    self._fall_back("a window is missing" if found is None else "a window is damaged")
                    self._next += n_frames
                    continue
                break
            if not self._play(found[first : first + n_frames], self._next, _STEMS):
                self._told.append(Told("refused", self._next))
            if not self._is_playing and self._joins_at < 0:
                self._joins_at = self._next
            self._next += n_frames

    def _window(self, number: int) -> Samples | None:
        """A window of the plan; one that is being played is not looked for again."""
        if self._held is None or self._held[:2] != (self._key, number):
            found = self._windows(self._key, number)
            self._held = None if found is None else (self._key, number, found)
            return found
        return self._held[2]

    def _rejoin(self) -> None:
        """Let windows be heard again, once there are some."""
        if not 0 <= self._joins_at <= self.body.clock + 4 * QUANTUM:
            return
        begin, self._joins_at, self._is_playing = self._joins_at, -1, True
        if self.is_on_fallback:
            self._told.append(Told("stems", begin))
            self._fallback_next = -1
            self._bring(FADE_S)
        else:
            self._bring(JOIN_S)

    def _fall_back(self, why: str) -> None:
        if self.is_on_fallback:
            return
        self._is_playing, self._joins_at = False, -1
        self._fallback_next = self._soon()
        self.n_fallbacks += 1
        self._told.append(Told("fallback", self.body.clock, why))
        self._bring(FADE_S)

    def _give_fallback(self, until: int) -> None:
        while 0 <= self._fallback_next < until:
            at = self._fallback_next % len(self.fallback)
            n_frames = min(CHUNK_FRAMES, len(self.fallback) - at)
            self._play(self.fallback[at : at + n_frames], self._fallback_next, _FALLBACK)
            self._fallback_next += n_frames

    def _give_clips(self, until: int) -> None:
        waiting = []
        for samples, begin, given in self._clips:
            done = given
            while done < len(samples) and begin + done < until:
                n_frames = min(CHUNK_FRAMES, len(samples) - done)
                self._play(samples[done : done + n_frames], begin + done, _CLIPS)
                done += n_frames
            if done < len(samples):
                waiting.append((samples, begin, done))
        self._clips = waiting

    def _bring(self, over_s: float) -> None:
        """Bring each group to where it should be."""
        n_frames = max(QUANTUM, frame_at(over_s, self._rate_hz))
        self.player.level(of.MASTER, gain_of(self._master_db), over_frames=n_frames)
        for group, is_heard in ((_STEMS, self._is_playing), (_FALLBACK, self.is_on_fallback), (_CLIPS, True)):
            self.player.level(group, float(is_heard and self._is_open), over_frames=n_frames)
        self.player.send()

    def _soon(self) -> int:
        """A quantum that the next block can still begin with."""
        return -(-(self.body.clock + 2 * QUANTUM) // QUANTUM) * QUANTUM

    def _play(self, samples: Samples, start: int, group: int) -> bool:
        """A stretch of every channel from a frame on, as it is."""
        is_whole = True
        for channel in range(self.body.n_channels):
            gains = np.zeros((n_rows(start, start + len(samples)), self.body.n_channels), np.float32)
            gains[:, channel] = 1.0
            voice = Voice(self._n_voices, SourceKey("", 0.0, 1.0), channel, start, len(samples), 0, 0, 0, gains,
                          _NOTHING, _NOTHING, np.zeros((0, 8), np.float32))  # fmt: skip
            self._given.append((self._n_voices, start + len(samples)))
            self._n_voices += 1
            is_whole &= self.player.start(voice, samples, group=group)
        return is_whole

    def _stop_chunks(self) -> None:
        """Fade out what was given, and forget it."""
        self._clips.clear()
        self._fallback_next = self._joins_at = -1
        self._is_playing = False
        for index, _ in self._given:
            self.player.stop(index, fade_frames=frame_at(JOIN_S, self._rate_hz))
        self._given.clear()
        self.player.send()
