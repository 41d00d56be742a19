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
from soundscape.engine.bending import Bend
from soundscape.engine.voices import GRID, SourceKey, Voice, n_rows
from soundscape.space.distance import direct_gain, room_gain
from soundscape.space.layout import Layout
from soundscape.space.panners import Panner, panner_for
from soundscape.space.room import Room, room_named
from soundscape.space.sends import N_SENDS, send_gains
from soundscape.space.trajectory import Points
from soundscape.units import frame_at, gain_of

__all__ = ["Plan", "SourceKey", "Voice", "n_sends", "plan"]

LOOP_FADE_S = 2.0
LOUDEST_DB = 300.0
"""Louder is the same: beyond some 700 dB a gain is no number any more."""
PAIR_DEG = 30.0
"""How far the two channels of a stereo take stand to the left and right of its path."""


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """Voices in the order they are mixed, and what they sound on. `n_frames` includes the ringing of the room."""

    voices: tuple[Voice, ...]
    layout: Layout
    room: Room
    rate_hz: int
    n_frames: int

    @property
    def n_bus(self) -> int:
        """Channels of the layout and sends to the room."""
        return self.layout.n_channels + n_sends(self.room)


@dataclass(frozen=True, slots=True)
class _Stretch:
    """Part of an event that plays its source once."""

    start: int
    stop: int
    source_start: float
    fade_in: int
    fade_out: int


def n_sends(room: Room) -> int:
    """How many channels of the bus go to the room, or none."""
    return 0 if room.is_silent else N_SENDS


def plan(arrangement: Arrangement, layout: Layout, *, rate_hz: int = 48_000, panner: str = "vbap",
         room: Room | None = None) -> Plan:  # fmt: skip
    """Voices of an arrangement on a layout.

    Parameters
    ----------
    rate_hz : > 0
    panner
        Name of a row of `soundscape.space.panners`.
    room
        None: the arrangement's own.

    Raises
    ------
    PieceError, LayoutError
        If there is no such room or panner.
    """
    place = room_named(arrangement.room) if room is None else room
    pans = panner_for(layout, panner)
    takes = {recording.id: recording for recording in arrangement.recordings}
    found: list[Voice] = []
    for event in arrangement.events:
        take = takes[event.segment.recording_id]
        for voice in _voices(event, take, rate_hz, pans, n_sends(place), len(found)):
            found.append(voice)
    ringing_s = 0.0 if place.is_silent else max(place.rt60_s) + place.predelay_s
    n_frames = max((voice.stop for voice in found), default=0) + frame_at(ringing_s, rate_hz)
    voices = tuple(sorted(found, key=lambda voice: (voice.start, voice.index)))
    return Plan(voices, layout, place, rate_hz, n_frames)


def _voices(event: Event, take: Recording, rate_hz: int, panner: Panner, sends: int, first: int) -> Iterator[Voice]:
    key = SourceKey(event.segment.recording_id, event.segment.start_s, event.segment.end_s, event.speed)
    event_start = frame_at(event.start_s, rate_hz)
    bend = None if event.bend is None else Bend(event.bend, event_start, frame_at(event.end_s, rate_hz), rate_hz)
    index = first
    for stretch in _stretches(event, rate_hz, bend):
        rows = n_rows(stretch.start, stretch.stop)
        frames = (stretch.start // GRID + np.arange(rows)) * GRID
        times_s = np.clip((frames - event_start) / rate_hz, 0.0, event.duration_s)
        positions = speeds = np.empty(0)
        if bend is not None:
            positions = bend.position(frames) - bend.position(np.array([stretch.start])) + stretch.source_start
            speeds = bend.speed(frames)
        for channel, points in _places(event.path.at(times_s), take, event.spread_deg):
            yield Voice(
                index, key, channel, stretch.start, stretch.stop - stretch.start, round(stretch.source_start),
                stretch.fade_in, stretch.fade_out, _gains(event, times_s, points, panner, sends), positions, speeds,
            )  # fmt: skip
            index += 1


def _stretches(event: Event, rate_hz: int, bend: Bend | None) -> list[_Stretch]:
    """Where an event begins its source, and begins it again. Frames of the source are those at its constant speed."""
    start, end = frame_at(event.start_s, rate_hz), frame_at(event.end_s, rate_hz)
    length = event.segment.duration_s / event.speed * rate_hz
    at = event.offset_s / event.speed * rate_hz
    fade_in, fade_out = frame_at(event.fade_in_s, rate_hz), frame_at(event.fade_out_s, rate_hz)
    cross = min(frame_at(LOOP_FADE_S, rate_hz), int(length / 4)) if event.loops else 0
    if event.loops:
        at %= max(length - cross, 1.0)
    out: list[_Stretch] = []
    while start < end and at < length:
        left = length - at
        stop = start + int(left) if bend is None else bend.reached(start, left)
        goes_round = event.loops and stop < end and cross > 0
        stop = min(stop, end)
        n_in, n_out = _shrunk(fade_in, cross if goes_round else fade_out, stop - start)
        if stop > start:
            out.append(_Stretch(start, stop, at, n_in, n_out))
        if not goes_round:
            break
        start, at, fade_in = max(stop - n_out, start + 1), 0.0, n_out
    return out


def _shrunk(fade_in: int, fade_out: int, n_frames: int) -> tuple[int, int]:
    """Fades that fit: in proportion, where together they are longer than the sound."""
    if fade_in + fade_out <= n_frames:
        return fade_in, fade_out
    n_in = fade_in * n_frames // (fade_in + fade_out)
    return n_in, n_frames - n_in


def _places(points: Points, take: Recording, spread_deg: float) -> list[tuple[int, Points]]:
    """Where each channel of a take stands: one on the path, two at its sides, more as their mean on the path.

    Of a sound field only what it is at its middle, W, which is its first channel.
    """
    if take.n_channels != 2:
        return [(0 if take.n_channels == 1 or take.ambisonic else -1, points)]
    aside_deg = PAIR_DEG if spread_deg <= 0.0 else min(PAIR_DEG, spread_deg)
    return [(0, _turned(points, aside_deg)), (1, _turned(points, -aside_deg))]


def _turned(points: Points, azimuth_deg: float) -> Points:
    """Points turned to the left about the vertical."""
    cos, sin = np.cos(np.radians(azimuth_deg)), np.sin(np.radians(azimuth_deg))
    x, y, z = points.T
    return np.stack([cos * x - sin * y, sin * x + cos * y, z], axis=-1)


def _gains(event: Event, times_s: NDArray[np.float64], points: Points, panner: Panner,
           sends: int) -> NDArray[np.float32]:  # fmt: skip
    level_db = np.full(len(times_s), event.gain_db)
    if event.level_db is not None:
        level_db += event.level_db.at(times_s)
    level = np.where(level_db > -120.0, 10.0 ** (np.minimum(level_db, LOUDEST_DB) / 20.0), 0.0)
    distances_m = np.linalg.norm(points, axis=1)
    direct = panner.gains(points, event.spread_deg) * (level * direct_gain(distances_m))[:, None]
    if not sends:
        return direct.astype(np.float32)
    send = gain_of(min(event.room_db, LOUDEST_DB)) if event.room_db > -120.0 else 0.0
    sent = send_gains(points) * (level * send * room_gain(distances_m))[:, None]
    return np.hstack([direct, sent]).astype(np.float32)
