"""From an arrangement and a layout to voices: seconds become frames, paths become gains.

Nothing here makes sound; a plan can be read, counted and tested without a sample.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from soundscape.arrangement.arrangement import Arrangement
from soundscape.arrangement.event import Event
from soundscape.catalogue.segment import Recording
from soundscape.engine.bending import Bend, is_bent
from soundscape.engine.gains import Rows, channels_of
from soundscape.engine.voices import GRID, SourceKey, Voice, n_rows
from soundscape.space.air import N_TAPS, air_taps, is_heard
from soundscape.space.layout import Layout
from soundscape.space.measured import MeasuredRoom, Response
from soundscape.space.renderer import Renderer, renderer_for
from soundscape.space.room import Room, room_named
from soundscape.space.trajectory import Points
from soundscape.units import frame_at

__all__ = ["Plan", "Planned", "SourceKey", "Stretch", "Voice", "plan"]

LOOP_FADE_S = 2.0


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """Voices in the order they are mixed, and what they sound on. `n_frames` includes the ringing of the room."""

    voices: tuple[Voice, ...]
    renderer: Renderer
    room: Room | Response
    rate_hz: int
    n_frames: int

    @property
    def layout(self) -> Layout:
        """Layout that it sounds on."""
        return self.renderer.layout

    @property
    def n_bus(self) -> int:
        """Channels of the renderer's bus, and sends to the room."""
        return self.renderer.n_bus + self.room.n_sends


@dataclass(frozen=True, slots=True)
class Stretch:
    """Part of an event that plays its source once."""

    start: int
    stop: int
    source_start: float
    fade_in: int
    fade_out: int


def plan(arrangement: Arrangement, where: Layout | Renderer, *, rate_hz: int = 48_000,
         room: Room | Response | None = None) -> Plan:  # fmt: skip
    """Voices of an arrangement on a layout.

    Parameters
    ----------
    where
        A layout with its usual renderer, or a renderer, such as one with another panner.
    rate_hz : > 0
    room
        None: the arrangement's own, which is not a measured one: a host reads that.

    Raises
    ------
    PieceError, LayoutError, AudioError
        If there is no such room or zone, or a take is not the sound field it is said to be.
    """
    place = _room_of(arrangement) if room is None else room
    renderer = renderer_for(where, rate_hz=rate_hz) if isinstance(where, Layout) else where
    takes = {recording.id: recording for recording in arrangement.recordings}
    found: list[Voice] = []
    for event in arrangement.events:
        take = takes[event.segment.recording_id]
        planned = Planned(event, take, rate_hz, renderer, place.n_sends)
        for stretch in planned.stretches():
            found.extend(planned.voices(stretch, len(found)))
    last = max((voice.stop for voice in found), default=0)
    n_frames = last + frame_at(place.ringing_s, rate_hz) + renderer.n_late_frames(rate_hz)
    voices = tuple(sorted(found, key=lambda voice: (voice.start, voice.index)))
    return Plan(voices, renderer, place, rate_hz, n_frames)


def _room_of(arrangement: Arrangement) -> Room:
    if isinstance(arrangement.room, MeasuredRoom):
        raise ValueError(f"the room {arrangement.room.path} is measured: read_response gives what `room` wants")
    return room_named(arrangement.room) if isinstance(arrangement.room, str) else arrangement.room


class Planned:
    """One event on a renderer: its stretches are known, its voices are made stretch by stretch, when they are wanted.

    Parameters
    ----------
    take
        Recording that the event plays.
    sends
        Channels of the bus that go to the room.
    """

    def __init__(self, event: Event, take: Recording, rate_hz: int, renderer: Renderer, sends: int) -> None:
        self.event, self._take, self._rate_hz, self._renderer, self._sends = event, take, rate_hz, renderer, sends
        self.key = SourceKey(event.segment.recording_id, event.segment.start_s, event.segment.end_s, event.speed)
        self._start = frame_at(event.start_s, rate_hz)
        self._bend = Bend(event, rate_hz) if is_bent(event) else None

    def stretches(self) -> Iterator[Stretch]:
        """Its stretches, one after the other; each is found when it is asked for, for one that is held has many."""
        return _stretches(self.event, self._rate_hz, self._bend)

    def voices(self, stretch: Stretch, first: int) -> Iterator[Voice]:
        """Voices of a stretch, one for each channel that sounds; their indices count from `first`."""
        rows = n_rows(stretch.start, stretch.stop)
        frames = (stretch.start // GRID + np.arange(rows)) * GRID
        positions = speeds = np.empty(0)
        if self._bend is not None:
            positions = self._bend.position(frames) - self._bend.position(np.array([stretch.start]))
            positions, speeds = positions + stretch.source_start, self._bend.speed(frames)
        for index, (channel, gains, airs) in enumerate(self.gains(frames), first):
            yield Voice(
                index, self.key, channel, stretch.start, stretch.stop - stretch.start, round(stretch.source_start),
                stretch.fade_in, stretch.fade_out, gains, positions, speeds, airs,
            )  # fmt: skip

    def gains(self, frames: NDArray[np.int64], event: Event | None = None) -> Iterator[tuple[int, Rows, Rows]]:
        """Channel, gains on the bus and filters of the air at frames of the axis, for each channel that sounds.

        `event`: the same event, made louder or put elsewhere.
        """
        heard = self.event if event is None else event
        times_s = np.clip((frames - self._start) / self._rate_hz, 0.0, heard.duration_s)
        for channel, points, gains in channels_of(heard, self._take, self._renderer, times_s, sends=self._sends):
            yield channel, gains, _airs(points, self._rate_hz)


def _airs(points: Points, rate_hz: int) -> NDArray[np.float32]:
    distances_m = np.linalg.norm(points, axis=1)
    if not is_heard(distances_m):
        return np.zeros((0, N_TAPS), np.float32)
    if len(points) and (distances_m == distances_m[0]).all():
        return np.tile(air_taps(distances_m[:1], rate_hz).astype(np.float32), (len(points), 1))
    return air_taps(distances_m, rate_hz).astype(np.float32)


def _stretches(event: Event, rate_hz: int, bend: Bend | None) -> Iterator[Stretch]:
    """Where an event begins its source, and begins it again. Frames of the source are those at its constant speed."""
    start, end = frame_at(event.start_s, rate_hz), frame_at(event.end_s, rate_hz)
    first, length, cross = _round(event, rate_hz)
    at = event.offset_s / event.speed * rate_hz
    fade_in, fade_out = frame_at(event.fade_in_s, rate_hz), frame_at(event.fade_out_s, rate_hz)
    if event.loops and at >= length - cross:
        at = first + (at - first) % max(length - first - cross, 1.0)
    while start < end and at < length:
        left = length - at
        stop = start + int(left) if bend is None else bend.reached(start, left)
        goes_round = event.loops and stop < end and cross > 0
        stop = min(stop, end)
        n_in, n_out = _shrunk(fade_in, cross if goes_round else fade_out, stop - start)
        if stop > start:
            yield Stretch(start, stop, at, n_in, n_out)
        if not goes_round:
            break
        start, at, fade_in = max(stop - n_out, start + 1), first, n_out


def _round(event: Event, rate_hz: int) -> tuple[float, float, int]:
    """Where in its source an event begins a new round, where it ends one, and the crossfade of both, in frames.

    Between the loop points of its segment where it has some, else all of it; an event that does not loop ends there.
    """
    per_s = rate_hz / event.speed
    loop = event.segment.loop
    if event.loops and loop is not None:  # on whole frames: the phases that meet there were chosen
        return float(round(loop.start_s * per_s)), float(round(loop.end_s * per_s)), round(loop.fade_s * per_s)
    length = event.segment.duration_s / event.speed * rate_hz
    return 0.0, length, min(frame_at(LOOP_FADE_S, rate_hz), int(length / 4)) if event.loops else 0


def _shrunk(fade_in: int, fade_out: int, n_frames: int) -> tuple[int, int]:
    """Fades that fit: in proportion, where together they are longer than the sound."""
    if fade_in + fade_out <= n_frames:
        return fade_in, fade_out
    n_in = fade_in * n_frames // (fade_in + fade_out)
    return n_in, n_frames - n_in
