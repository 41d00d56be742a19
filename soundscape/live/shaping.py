"""Sounds that are bent, moved and made louder while they sound: what is left of their rows is written anew."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from soundscape.arrangement.event import Event
from soundscape.engine.plan import Planned
from soundscape.engine.slots import Rows
from soundscape.engine.voices import GRID, Voice
from soundscape.live.controls import Axis
from soundscape.space.trajectory import Point, point_at
from soundscape.units import speed_of

MOST_SEMITONES = 48.0
NEAREST_M = 0.1


@dataclass(slots=True)
class Shaped:
    """What a sound has been made to be: a value for each axis that was touched."""

    own: Event
    values: dict[Axis, float] = field(default_factory=dict)
    from_frame: int = 0

    def set(self, axis: Axis, value: float, at_frame: int) -> float:
        """Take a value on, from a frame of the show on; what it was before."""
        before = self.values.get(axis, 0.0)
        self.values[axis] = float(np.clip(value, -MOST_SEMITONES, MOST_SEMITONES)) if axis == "bend" else value
        self.from_frame = at_frame
        return before

    @property
    def event(self) -> Event:
        """The sound with its place and level of now."""
        moved = {axis for axis in self.values if axis in ("azimuth", "elevation", "distance")}
        path = self.own.path
        if moved:
            path = replace(path, points_m=tuple(self._put(point) for point in path.points_m))
        return replace(self.own, path=path, gain_db=self.own.gain_db + self.values.get("level", 0.0))

    def _put(self, point: Point) -> Point:
        x_m, y_m, z_m = point
        level_m = float(np.hypot(x_m, y_m))
        azimuth_deg = self.values.get("azimuth", float(np.degrees(np.arctan2(-x_m, y_m))))
        elevation_deg = self.values.get("elevation", float(np.degrees(np.arctan2(z_m, level_m))))
        distance_m = self.values.get("distance", float(np.hypot(level_m, z_m)))
        return point_at(azimuth_deg, elevation_deg, max(NEAREST_M, distance_m))

    def colour(self, planned: Planned, voices: Iterable[Voice], origin_frame: int) -> None:
        """Give voices that are about to start the place, the level and the bend of now."""
        if not self.values:
            return
        for voice in voices:
            frames = (voice.start // GRID + np.arange(len(voice.gains))) * GRID
            kept = frames >= self.from_frame
            for channel, gains, airs in planned.gains(frames - origin_frame, self.event):
                if channel == voice.channel:
                    voice.gains[kept] = gains[kept]
                    if voice.is_in_air and len(airs):
                        voice.airs[kept] = airs[kept]
            if voice.is_bent and self.values.get("bend"):
                voice.speeds[:] *= speed_of(self.values["bend"])
                voice.positions[:] = _places(float(voice.positions[0]), voice.speeds)


def bend_rows(rows: Rows, by_semitones: float) -> int | None:
    """Let a voice that bends run at another speed from its first row on, by so much more than until now.

    Its source may end sooner then: the frame at which it must fade, None where there is enough of it.
    """
    rows.speeds[:] *= speed_of(by_semitones)
    # The speed goes straight from the row before to the first of these: half of the change is in that stretch.
    behind = rows.speeds[0] * (1.0 - speed_of(-by_semitones)) * (GRID / 2)
    places = _places(float(rows.places[0]) + behind, rows.speeds)
    beyond = np.flatnonzero(places > rows.last_place)
    rows.places[:] = np.minimum(places, rows.last_place)
    return int(rows.frames[max(0, int(beyond[0]) - 2)]) if len(beyond) else None


def _places(first: float, speeds: NDArray[np.float64]) -> NDArray[np.float64]:
    steps = (speeds[1:] + speeds[:-1]) * (GRID / 2)
    return np.concatenate([[first], first + np.cumsum(steps)])
