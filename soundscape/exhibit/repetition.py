"""What comes again in a plan, and when: the report before somebody signs an exhibit off."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise

from soundscape.arrangement.event import Event
from soundscape.exhibit.plan import Plan

SAME_DEG, SAME_SHARE = 10.0, 0.2
"""Places nearer to each other than this are taken for one."""
SAME_OFFSET_S = 5.0
"""A sound that goes round is another where it begins elsewhere."""
N_OFTEN = 3


@dataclass(frozen=True, slots=True)
class Again:
    """The shortest time after which something was heard again; infinite where it never was."""

    after_s: float = math.inf
    what: str = ""
    at_s: float = 0.0
    """When it came again, seconds after the opening."""


@dataclass(frozen=True, slots=True)
class Repetition:
    """What repeats in a plan. Times go from one start to the next."""

    recording: Again
    sound_at_place: Again
    """The same sound at about the same place."""
    pair: Again
    """Two sounds of a layer one after the other, and again in that order."""
    combination: Again
    """The same sound at about the same place, after and before the same neighbours in its layer."""
    n_events: int
    material_s: float
    """Of different sounds that are heard at all."""
    most_heard: tuple[tuple[str, int], ...]

    def is_free_of_repeats(self, within_s: float = 4 * 3600.0) -> bool:
        """Whether no combination comes again so soon."""
        return self.combination.after_s >= within_s

    def lines(self) -> Iterator[str]:
        """The report in plain words."""
        yield f"{self.n_events} events from {self.material_s / 60.0:.0f} minutes of different sounds"
        for again, what in ((self.recording, "a recording is heard again"),
                            (self.sound_at_place, "the same sound comes from about the same place"),
                            (self.pair, "the same two sounds follow each other"),
                            (self.combination, "a sound comes again there, with the same neighbours")):  # fmt: skip
            if math.isinf(again.after_s):
                yield f"never: {what}"
            else:
                where = f"{again.what}, {_spoken(again.at_s)} after opening"
                yield f"after {_spoken(again.after_s)} at the soonest: {what} ({where})"
        often = ", ".join(f"{title} ({count} times)" for title, count in self.most_heard)
        yield f"heard most: {often}"


def repetition_of(plan: Plan) -> Repetition:
    """Look through a plan for what comes again."""
    events, takes = plan.arrangement.events, {take.id: take for take in plan.arrangement.recordings}
    passing = [event for event in events if not event.loops]

    def title(event: Event) -> str:
        return takes[event.segment.recording_id].title

    layers = [[event for event in events if event.role == role] for role in plan.arrangement.roles]
    pairs = [((one.segment.id, other.segment.id), other) for layer in layers for one, other in pairwise(layer)]
    trios = [((one.segment.id, other.segment.id, last.segment.id), other) for layer in layers
             for one, other, last in zip(layer, layer[1:], layer[2:], strict=False)]  # fmt: skip
    lengths = {event.segment.id: event.segment.duration_s for event in events}
    counts = Counter(title(event) for event in events)
    return Repetition(
        recording=_soonest(((event.segment.recording_id, event) for event in events), title),
        sound_at_place=_soonest(((event.segment.id, event) for event in passing), title, is_placed=True),
        pair=_soonest(pairs, title), combination=_soonest(trios, title, is_placed=True), n_events=len(events),
        material_s=sum(lengths.values()), most_heard=tuple(counts.most_common(N_OFTEN)),
    )  # fmt: skip


def _soonest(
    keyed: Iterable[tuple[Hashable, Event]], title: Callable[[Event], str], *, is_placed: bool = False
) -> Again:
    """Shortest time between two events of one key; of those at about the same place, where that counts."""
    before: dict[Hashable, list[Event]] = {}
    soonest = Again()
    for key, event in sorted(keyed, key=lambda both: both[1].start_s):
        earlier = before.setdefault(key, [])
        for one in reversed(earlier):
            if event.start_s - one.start_s >= soonest.after_s:
                break
            if not is_placed or is_near(one, event):
                soonest = Again(event.start_s - one.start_s, title(event), event.start_s)
                break
        earlier.append(event)
    return soonest


def is_near(one: Event, other: Event) -> bool:
    """Whether two events begin at about the same place, and with about the same part of a sound that goes round."""
    (az, distance_m), (other_az, other_m) = (_seen(event) for event in (one, other))
    if one.loops and other.loops and abs(one.offset_s - other.offset_s) > SAME_OFFSET_S:
        return False
    apart_deg = abs((az - other_az + 180.0) % 360.0 - 180.0)
    return apart_deg < SAME_DEG and abs(distance_m - other_m) < SAME_SHARE * max(distance_m, other_m)


def _seen(event: Event) -> tuple[float, float]:
    x_m, y_m, z_m = event.path.points_m[0]
    return math.degrees(math.atan2(-x_m, y_m)), math.sqrt(x_m * x_m + y_m * y_m + z_m * z_m)


def _spoken(time_s: float) -> str:
    if time_s < 90.0:
        return f"{time_s:.0f} s"
    return f"{time_s / 60.0:.0f} min" if time_s < 5400.0 else f"{time_s / 3600.0:.1f} h"
