"""A stretch of recording, sounding once: when, how loud, how fast, along which path, in which role."""

from __future__ import annotations

import math
from dataclasses import dataclass

from soundscape.catalogue.segment import Segment
from soundscape.score.curve import Curve
from soundscape.space.rotation import MOST_TURN_DEG
from soundscape.space.trajectory import AHEAD, Trajectory

LONGEST_S = 31 * 86_400.0
"""Nothing in an arrangement begins or lasts beyond a month."""

_LIMITS = (("start_s", 0.0, LONGEST_S), ("duration_s", 0.0, LONGEST_S), ("offset_s", 0.0, LONGEST_S),
           ("fade_in_s", 0.0, LONGEST_S), ("fade_out_s", 0.0, LONGEST_S), ("speed", 0.01, 100.0),
           ("gain_db", -1000.0, 1000.0), ("room_db", -1000.0, 1000.0))  # fmt: skip
"""What a number may be at most: beyond it is a slip of the pen, and would fill the memory or overflow."""


@dataclass(frozen=True, slots=True)
class Event:
    """One segment, sounding once. Every time inside counts from `start_s`."""

    start_s: float
    duration_s: float
    """How long it sounds, fades included; the sound ends earlier if the segment does and does not loop."""
    segment: Segment
    role: str
    path: Trajectory = AHEAD
    gain_db: float = 0.0
    offset_s: float = 0.0
    """Where in the segment it begins, in seconds of the recording."""
    speed: float = 1.0
    """Constant playback speed: 2.0 is an octave up and half as long."""
    bend: Curve | None = None
    """Semitones on top of `speed`, changing while it sounds."""
    level_db: Curve | None = None
    """Decibels on top of `gain_db`, changing while it sounds."""
    fade_in_s: float = 0.002
    fade_out_s: float = 0.01
    loops: bool = False
    """Whether the segment goes round, crossfaded, until `duration_s` is over (textures)."""
    spread_deg: float = 0.0
    """How wide the source is: 0 is a point, 360 is everywhere."""
    room_db: float = 0.0
    """Level of its send to the piece's room; -120 keeps it dry."""
    doppler: bool = False
    """Whether its pitch rises while it comes nearer and falls while it goes."""
    pair_deg: float | None = None
    """Angle between the two channels of a stereo take, seen by the listener; None: 60, less where the spread is."""
    turn_deg: tuple[float, float, float] = (0.0, 0.0, 0.0)
    """How the sound field of an Ambisonic take is turned: to the left, up in front, over to the right."""
    sound_field: str = ""
    """What the channels of its take are (a row of `soundscape.space.beds`): the take's own word where it is empty."""
    speaker: str = ""
    """Name of the loudspeaker that plays it, where the layout has one; its path is for the other layouts."""
    zone: str = ""
    """Name of the only zone that it sounds in, on rigs that have zones; empty is all of them."""

    def __post_init__(self) -> None:
        times = (self.start_s, self.duration_s, self.offset_s, self.fade_in_s, self.fade_out_s)
        numbers = (
            *times,
            self.gain_db,
            self.speed,
            self.spread_deg,
            self.room_db,
            self.pair_deg or 0.0,
            *self.turn_deg,
        )
        if not all(math.isfinite(number) for number in numbers):
            raise ValueError(f"event of role {self.role!r}: every number must be finite, got {numbers}")
        if self.start_s < 0.0 or self.duration_s <= 0.0 or self.offset_s < 0.0 or self.speed <= 0.0:
            raise ValueError(
                f"event of role {self.role!r}: start {self.start_s} s, duration {self.duration_s} s, "
                f"offset {self.offset_s} s, speed {self.speed}"
            )
        if self.fade_in_s < 0.0 or self.fade_out_s < 0.0 or not 0.0 <= self.spread_deg <= 360.0:
            raise ValueError(f"event of role {self.role!r}: fades must be >= 0 s and spread in 0..360 degrees")
        if not 0.0 <= (self.pair_deg or 0.0) <= 360.0:
            raise ValueError(f"event of role {self.role!r}: pair_deg is {self.pair_deg:g}; it goes from 0 to 360")
        if max(map(abs, self.turn_deg)) > MOST_TURN_DEG:
            raise ValueError(f"event of role {self.role!r}: turn_deg is {self.turn_deg}; each goes to 36000 at most")
        for name, low, high in _LIMITS:
            if not low <= getattr(self, name) <= high:
                raise ValueError(f"event of role {self.role!r}: {name} is {getattr(self, name):g}; "
                                 f"it goes from {low:g} to {high:g}")  # fmt: skip
        for name, curve in (("bend", self.bend), ("level_db", self.level_db)):
            if curve is not None and max(map(abs, curve.values)) > 1000.0:
                raise ValueError(f"event of role {self.role!r}: {name} goes beyond 1000")

    @property
    def end_s(self) -> float:
        """When the last of it has sounded."""
        return self.start_s + self.duration_s
