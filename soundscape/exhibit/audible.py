"""Which layers of a plan are heard, and when: for people who ask what it is that they hear."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable

from soundscape.exhibit.plan import Plan
from soundscape.exhibit.windows import LONGEST_EVENT_S

Stretch = tuple[float, float, str]
"""From when to when, in seconds after the opening, and the layer."""


def audible(plan: Plan, begin_s: float, end_s: float) -> list[Stretch]:
    """Stretches in which layers sound between two times, each layer's in order and apart from each other."""
    events = plan.arrangement.events
    first, last = (bisect_left(plan.starts_s, edge_s) for edge_s in (begin_s - LONGEST_EVENT_S, end_s))
    found: dict[str, list[tuple[float, float]]] = {}
    for event in events[first:last]:
        from_s, until_s = max(begin_s, event.start_s), min(end_s, event.end_s)
        own = found.setdefault(event.role, [])
        if own and from_s <= own[-1][1]:
            own[-1] = (own[-1][0], max(own[-1][1], until_s))
        elif from_s < until_s:
            own.append((from_s, until_s))
    return [(round(from_s, 2), round(until_s, 2), layer) for layer, own in found.items() for from_s, until_s in own]


def heard_at(stretches: Iterable[Stretch], time_s: float) -> tuple[str, ...]:
    """Layers that sound at a time.

    Examples
    --------
    >>> heard_at([(0.0, 60.0, "wind"), (12.0, 14.5, "gates")], 13.0)
    ('wind', 'gates')
    """
    return tuple(dict.fromkeys(layer for from_s, until_s, layer in stretches if from_s <= time_s < until_s))
