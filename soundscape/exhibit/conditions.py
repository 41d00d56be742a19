"""What holds at a time of an opening: mood, level, and what rules and profiles change in layers."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache

from soundscape.catalogue.query import Query
from soundscape.exhibit.exhibit import USUAL, Change, Exhibit, Mood
from soundscape.exhibit.hours import CLOSED, Span
from soundscape.exhibit.moments import moment_at
from soundscape.exhibit.plan import Wish

STEP_S = 60.0
"""Rules are asked once in so long."""
_NOTHING = Change()


@dataclass(frozen=True, slots=True)
class Condition:
    """All that is different from how the exhibit is written."""

    mood: Mood
    profile: str
    by_db: float
    """Of everything."""
    changes: Mapping[str, Change] = field(default_factory=dict, hash=False)
    without: frozenset[str] = frozenset()

    def change(self, layer: str) -> Change:
        """What is changed in a layer."""
        return self.changes.get(layer, _NOTHING)


class Conditions:
    """What holds in one opening, by the time after it.

    Parameters
    ----------
    wishes
        What people and sensors asked for; later ones go over earlier ones.
    held_at
        An instant at which time stands still: what holds then, holds all the time. None: it goes on.
    """

    def __init__(self, exhibit: Exhibit, span: Span, wishes: Sequence[Wish] = (), *,
                 held_at: datetime | None = None) -> None:  # fmt: skip
        self._exhibit, self._span, self._wishes, self._held_at = exhibit, span, tuple(wishes), held_at
        if held_at is None:
            self._on_schedule = exhibit.hours.profiles(span)
        else:
            profile = exhibit.hours.profile_at(held_at)
            self._on_schedule = ((0.0, USUAL.name if profile == CLOSED else profile),)
        self._of = lru_cache(maxsize=4096)(self._condition)

    def at(self, time_s: float) -> Condition:
        """What holds at a time."""
        return self._of(int(time_s // STEP_S), self.profile(time_s), self._active(time_s))

    def profile(self, time_s: float) -> str:
        """Profile at a time."""
        chosen = [wish.profile for wish in self._wishes if wish.profile and wish.from_s <= time_s < wish.until_s]
        return chosen[-1] if chosen else [name for at_s, name in self._on_schedule if at_s <= time_s][-1]

    def levels_db(self) -> tuple[tuple[float, float], ...]:
        """Level of everything: seconds from which each holds, and dB, the first at 0."""
        edges_s = {0.0, *(at_s for at_s, _ in self._on_schedule)}
        edges_s |= {n * STEP_S for n in range(1, math.ceil(self._span.duration_s / STEP_S))}
        edges_s |= {edge_s for wish in self._wishes for edge_s in (wish.from_s, wish.until_s)}
        found: list[tuple[float, float]] = []
        for edge_s in sorted(edge_s for edge_s in edges_s if 0.0 <= edge_s < self._span.duration_s):
            level_db = self.at(edge_s).by_db
            if not found or found[-1][1] != level_db:
                found.append((edge_s, level_db))
        return tuple(found)

    def _active(self, time_s: float) -> tuple[int, ...]:
        return tuple(n for n, wish in enumerate(self._wishes) if wish.mood and wish.from_s <= time_s < wish.until_s)

    def _condition(self, step: int, profile: str, active: tuple[int, ...]) -> Condition:
        exhibit = self._exhibit
        instant = self._held_at or self._span.opens + timedelta(seconds=step * STEP_S)
        moment = moment_at(instant, exhibit.hours, profile=profile)
        rules = [rule for rule in exhibit.rules if rule.when.matches(moment)]
        chosen = exhibit.profiles[profile]
        mood = exhibit.mood
        for steps in (*(rule.mood for rule in rules), chosen.mood, *(self._wishes[n].mood for n in active)):
            mood = mood.moved(steps)
        changes: dict[str, Change] = {}
        for rule in rules:
            for name, change in rule.layers.items():
                changes[name] = _both(changes.get(name, _NOTHING), change)
        return Condition(mood, profile, exhibit.gain_db + sum(rule.by_db for rule in rules) + chosen.by_db, changes,
                         frozenset(chosen.without))  # fmt: skip


def _both(one: Change, other: Change) -> Change:
    """One change after another."""
    wants: Query | None = other.wants if other.wants is not None else one.wants
    return Change(one.times_per_minute * other.times_per_minute, wants, one.by_db + other.by_db)
