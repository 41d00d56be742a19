"""What is done of that which buttons, pages and sensors ask for; in a word what became of it."""

from __future__ import annotations

from datetime import datetime

from soundscape.exhibit.exhibit import Exhibit
from soundscape.exhibit.hours import CLOSED
from soundscape.exhibit.openings import Openings
from soundscape.exhibit.players import Players
from soundscape.exhibit.reporter import Reporter
from soundscape.exhibit.wishes import Wishes

ALL_DAY_S = 24 * 3600.0
_N_CLIPS = 4
_TOO_MANY = "too many wishes"


class Asking:
    """Takes what is asked for, one after the other."""

    def __init__(self, exhibit: Exhibit, openings: Openings, wishes: Wishes, players: Players,
                 reporter: Reporter) -> None:  # fmt: skip
        self._exhibit, self._openings, self._wishes = exhibit, openings, wishes
        self._players, self._reporter = players, reporter
        self._n_clips = 0

    def trigger(self, name: str, now: datetime, steady_s: float) -> str:
        """Start what a trigger starts."""
        found = next((one for one in self._exhibit.triggers if one.name == name), None)
        if found is None:
            return f"there is no trigger {name!r}"
        if not self._openings.is_open:
            return CLOSED
        if self._wishes.rests(found, steady_s):
            return "it rests"
        self._reporter.count("trigger", f"trigger: {name}", often=True)
        if found.layer:
            self._n_clips += 1
            self._players.send({"do": "clip", "layer": found.layer, "number": self._n_clips % _N_CLIPS})
        at_s = self._openings.soon_s(now)
        if found.mood and not self._wishes.wish(at_s, found.for_s, mood=found.mood):
            return _TOO_MANY
        return "started"

    def profile(self, name: str, for_s: float, now: datetime) -> str:
        """Choose a profile for so long, the doors' closing at the latest; an empty name goes back to the schedule."""
        if name and name not in self._exhibit.profiles:
            return f"there is no profile {name!r}"
        if self._openings.span is None:
            return CLOSED
        self._reporter.say(f"profile {name or 'on schedule'}", often=True)
        at_s = self._openings.soon_s(now)
        if not name:
            self._wishes.end_profiles(at_s)
            return "chosen"
        return "chosen" if self._wishes.wish(at_s, for_s, profile=name) else _TOO_MANY

    def mood(self, slider: str, value: float, now: datetime) -> str:
        """Set a slider until the doors close, or it is set anew; never beyond what the file allows."""
        if slider not in self._exhibit.sliders:
            return f"there is no slider {slider!r}"
        low, high = self._exhibit.sliders[slider]
        if not low <= value <= high:
            return f"it goes from {low:g} to {high:g}"
        if self._openings.span is None:
            return CLOSED
        self._reporter.say(f"mood: {slider} at {value:.2f}", often=True)
        step = {slider: value - getattr(self._exhibit.mood, slider)}
        at_s = self._openings.soon_s(now)
        return "set" if self._wishes.wish(at_s, ALL_DAY_S, mood=step, is_set=True) else _TOO_MANY
