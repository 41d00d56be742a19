"""A plan as sound, window after window: any of them can be made alone, with the same bits.

At the edge of a window the room and the filters of loudspeakers begin anew while the old ones ring out, and voices know
nothing of each other; so a window depends on the one before it, on what sounds into them, and on nothing else.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator
from itertools import count

import numpy as np

from soundscape.arrangement.event import Event
from soundscape.engine.commands import Start
from soundscape.engine.engine import Engine, EngineSettings
from soundscape.engine.plan import Planned
from soundscape.engine.voices import GRID, QUANTUM, SourceKey
from soundscape.exhibit.plan import Plan
from soundscape.space.measured import Response
from soundscape.space.renderer import Renderer
from soundscape.space.room import Room
from soundscape.units import Samples, frame_at

WINDOW_S = 60.0
LONGEST_EVENT_S = 300.0
"""No event of an exhibit is longer: so far back a window has to look."""
_BLOCK_FRAMES = 16_384
_MOST_VOICES = 4096
"""Voices of one event, at most; so each has an index that does not depend on where rendering began."""
_SETTINGS = EngineSettings(max_voices=64, arena_frames=1 << 20, gain_rows=1 << 12, grows=True, reads_in_place=True,
                           streams=True, quanta=256, rests=True)  # fmt: skip


def window_frames(rate_hz: int) -> int:
    """Frames of a window: about a minute, whole rows of the gain grid.

    Examples
    --------
    >>> window_frames(48_000), window_frames(44_100) % 512
    (2880000, 0)
    """
    return round(WINDOW_S * rate_hz / GRID) * GRID


class Windows:
    """Windows of a plan as the engine mixes them, before anything is done to their level.

    Parameters
    ----------
    room
        None: the plan has none, or it is silent.
    source
        Gives the samples of a stretch of a recording, (n_frames, n_channels) float32; an `AudioError` of it ends the
        rendering.
    """

    def __init__(self, plan: Plan, renderer: Renderer, *, rate_hz: int, room: Room | Response | None,
                 source: Callable[[SourceKey], Samples]) -> None:  # fmt: skip
        self._plan, self._renderer, self._rate_hz, self._room, self._source = plan, renderer, rate_hz, room, source
        self.n_frames = window_frames(rate_hz)
        self.n_windows = -(-frame_at(plan.duration_s, rate_hz) // self.n_frames)
        """Until the doors close."""
        self._takes = {take.id: take for take in plan.arrangement.recordings}

    def begin(self, first: int) -> int:
        """Window with which the mix must begin so that window `first` is right."""
        edge_s = max(0, first - 1) * self.n_frames / self._rate_hz
        events = self._plan.arrangement.events
        early = bisect_left(self._plan.starts_s, edge_s - LONGEST_EVENT_S)
        late = bisect_left(self._plan.starts_s, edge_s)
        starts_s = [event.start_s for event in events[early:late] if event.end_s > edge_s]
        return min(max(0, first - 1), int(frame_at(min(starts_s, default=edge_s), self._rate_hz) // self.n_frames))

    def raw(self, first: int) -> Iterator[Samples]:
        """Window `first` and those after it, (n_frames, n_channels) float32 each, without an end."""
        begin = self.begin(first)
        with Engine(self._renderer, rate_hz=self._rate_hz, room=self._room, settings=_SETTINGS,
                    begins=begin * self.n_frames) as engine:  # fmt: skip
            coming = bisect_left(self._plan.starts_s, (begin * self.n_frames - 0.5) / self._rate_hz)
            for window in count(begin):
                if window > begin:
                    engine.renew()
                coming, samples = self._window(engine, coming)
                if window >= first:
                    yield samples

    def _window(self, engine: Engine, coming: int) -> tuple[int, Samples]:
        out = np.empty((self.n_frames, self._renderer.layout.n_channels), np.float32)
        for at in range(0, self.n_frames, _BLOCK_FRAMES):
            n = min(_BLOCK_FRAMES, self.n_frames - at)
            coming = self._start(engine, coming, engine.frame + n + QUANTUM)
            engine.render_into(out[at : at + n])
        return coming, out

    def _start(self, engine: Engine, coming: int, until: int) -> int:
        """Start what begins before a frame; the first event that does not."""
        events = self._plan.arrangement.events
        while coming < len(events) and frame_at(events[coming].start_s, self._rate_hz) < until:
            self._begin(engine, coming, events[coming])
            coming += 1
        return coming

    def _begin(self, engine: Engine, number: int, event: Event) -> None:
        n_sends = 0 if self._room is None else self._room.n_sends
        planned = Planned(event, self._takes[event.segment.recording_id], self._rate_hz, self._renderer, n_sends)
        index = number * _MOST_VOICES
        samples = self._source(planned.key)
        for stretch in planned.stretches():
            for voice in planned.voices(stretch, index):
                engine.submit(Start(voice, samples))
                index += 1
