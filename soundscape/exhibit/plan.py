"""What an exhibit does in one stretch of opening hours, event by event, as a value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property

from soundscape.arrangement.arrangement import Arrangement


@dataclass(frozen=True, slots=True)
class Wish:
    """What a person or a sensor asked for while the doors were open; it holds from then on, until `until_s`."""

    from_s: float
    """Seconds after the opening."""
    until_s: float
    mood: Mapping[str, float] = field(default_factory=dict, hash=False)
    profile: str = ""
    """Instead of the one on schedule; empty leaves that."""
    is_set: bool = False
    """A slider was set to where its mood moves it: it stays there until it is set anew."""


@dataclass(frozen=True)
class Plan:
    """All events between an opening and its closing, in the order of their starts; times count from the opening.

    The same exhibit, catalogue, opening and wishes make the same plan. Events that start before a wish holds are the
    same with it and without.
    """

    opens: datetime
    """Aware, UTC."""
    duration_s: float
    arrangement: Arrangement
    wishes: tuple[Wish, ...] = ()
    levels_db: tuple[tuple[float, float], ...] = ((0.0, 0.0),)
    """Level of everything from a time on, by profiles and rules: (time_s, dB), the first at 0."""

    @property
    def closes(self) -> datetime:
        """When the doors close."""
        return self.opens + timedelta(seconds=self.duration_s)

    @cached_property
    def starts_s(self) -> tuple[float, ...]:
        """Starts of the events, rising: for bisection."""
        return tuple(event.start_s for event in self.arrangement.events)
