"""Timecode: hours, minutes, seconds and frames, and what time of the show that is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

Rate = Literal["24", "25", "29.97df", "30"]

FRAMES_PER_S: Mapping[Rate, Fraction] = {
    "24": Fraction(24),
    "25": Fraction(25),
    "29.97df": Fraction(30000, 1001),
    "30": Fraction(30),
}
"""Frames in a second of real time. `29.97df` leaves out two numbers a minute, except each tenth, and so keeps step."""

_NAMED = {"24": 24, "25": 25, "29.97df": 30, "30": 30}
_DROPPED_PER_MINUTE = 2
_DROP_MINUTE = 60 * 30 - _DROPPED_PER_MINUTE
_DROP_TEN_MINUTES = 10 * _DROP_MINUTE + _DROPPED_PER_MINUTE


@dataclass(frozen=True, slots=True)
class Timecode:
    """A frame's number."""

    hours: int
    minutes: int
    seconds: int
    frames: int
    rate: Rate

    def __post_init__(self) -> None:
        limits = (24, 60, 60, _NAMED[self.rate])
        for number, limit in zip((self.hours, self.minutes, self.seconds, self.frames), limits, strict=True):
            if not 0 <= number < limit:
                raise ValueError(f"{self} at {self.rate} frames a second")

    def __str__(self) -> str:
        """As it is written: a semicolon before the frames where numbers are left out."""
        mark = ";" if self.rate == "29.97df" else ":"
        return f"{self.hours:02}:{self.minutes:02}:{self.seconds:02}{mark}{self.frames:02}"

    @property
    def n_frames(self) -> int:
        """Frames since 00:00:00:00."""
        minutes = self.hours * 60 + self.minutes
        named = (minutes * 60 + self.seconds) * _NAMED[self.rate] + self.frames
        return named - _DROPPED_PER_MINUTE * (minutes - minutes // 10) if self.rate == "29.97df" else named

    @property
    def at_s(self) -> float:
        """Seconds of real time since 00:00:00:00.

        Examples
        --------
        >>> Timecode(1, 0, 0, 0, "29.97df").at_s, Timecode(0, 0, 1, 12, "24").at_s
        (3599.9964, 1.5)
        """
        return float(self.n_frames / FRAMES_PER_S[self.rate])

    @classmethod
    def of_frame(cls, n_frames: int, rate: Rate) -> Timecode:
        """Timecode of a frame; numbers start again after 24 hours."""
        named = _NAMED[rate]
        if rate == "29.97df":
            n_frames %= 144 * _DROP_TEN_MINUTES
            tens, rest = divmod(n_frames, _DROP_TEN_MINUTES)
            after_first = max(rest - _DROPPED_PER_MINUTE, 0) // _DROP_MINUTE  # minutes that have left out two
            n_frames += _DROPPED_PER_MINUTE * (9 * tens + after_first)
        seconds, frames = divmod(n_frames, named)
        return cls(seconds // 3600 % 24, seconds // 60 % 60, seconds % 60, frames, rate)


def timecode_or_none(hours: int, minutes: int, seconds: int, frames: int, rate: Rate) -> Timecode | None:
    """Timecode of numbers that came down a cable; None where there is no such frame."""
    try:
        return Timecode(hours, minutes, seconds, frames, rate)
    except ValueError:
        return None
