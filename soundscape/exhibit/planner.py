"""From an exhibit and a catalogue to a plan: everything that happens between an opening and its closing.

One pass from the opening on. What comes by chance is drawn by name (day, layer, number), so that the same day is
planned alike again, and what a person asks for at noon leaves the morning as it was.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache

import numpy as np

from soundscape.arrangement.arrangement import Arrangement
from soundscape.arrangement.chance import generator_for
from soundscape.arrangement.event import Event
from soundscape.arrangement.wanted import wanted, why_nothing
from soundscape.catalogue.catalogue import Catalogue
from soundscape.catalogue.query import Query
from soundscape.catalogue.segment import Segment
from soundscape.errors import ExhibitError
from soundscape.exhibit.choosing import REMEMBERED_S, Chosen, Memory, cells_of
from soundscape.exhibit.conditions import STEP_S, Condition, Conditions
from soundscape.exhibit.ebb import Tide
from soundscape.exhibit.exhibit import Exhibit, Layer
from soundscape.exhibit.hours import CLOSED, Span
from soundscape.exhibit.plan import Plan, Wish
from soundscape.exhibit.processes import candidates
from soundscape.exhibit.sounding import LONGEST_S, bed_event, parts_of, passing_event
from soundscape.exhibit.together import Together

LIVELIEST, CALMEST = 2.5, 0.25
"""Times as many events at the ends of the slider."""
AGAIN_S = 1.0
"""What must sound and may not yet is tried again after so long."""
BED_AGAIN_S = 5.0
"""A bed that may not be heard is tried again after so long: it is soon back when somebody ends a silence."""
SHORTEST_S = 0.5
NEEDED_S = 2.0
"""What must sound is chosen from sounds that are so long at least, where there are such."""
DOORS_S = 2.0
"""What sounds when the doors close fades out in so long."""
_COMES, _BED, _NEED = range(3)


def liveliness(lively: float) -> float:
    """Times as many events as are written, of a slider from 0 to 1.

    Examples
    --------
    >>> liveliness(0.0), liveliness(0.5), liveliness(1.0)
    (0.25, 1.0, 2.5)
    """
    end = LIVELIEST if lively > 0.5 else CALMEST
    return float(end ** abs(2.0 * lively - 1.0))


def plan_span(exhibit: Exhibit, catalogue: Catalogue, span: Span, *, wishes: Sequence[Wish] = (),
              goes_round: bool = False, held_at: datetime | None = None,
              left_out: frozenset[str] = frozenset()) -> Plan:  # fmt: skip
    """Plan one opening.

    Parameters
    ----------
    wishes
        What people and sensors asked for. Events that start before one holds are the same without it.
    goes_round
        The end meets the beginning: what sounds over the end is meant to go on at the beginning.
    held_at
        Season, term and part of the day are as at this instant all the time; None: they go on.
    left_out
        Ids of recordings that are not to be heard.

    Raises
    ------
    ExhibitError
        If nothing in the catalogue is what a layer wants.
    """
    return _Planning(exhibit, catalogue, span, wishes, goes_round=goes_round, held_at=held_at, left_out=left_out).plan()


def check_sounds(exhibit: Exhibit, catalogue: Catalogue) -> Mapping[str, int]:
    """How many sounds each layer can choose from.

    Raises
    ------
    ExhibitError
        If a layer, or a rule for one, finds nothing; it says which term leaves nothing over.
    """
    for layer in exhibit.layers:
        _check(layer.wants, catalogue, f"{exhibit.path}: [[layer]] {layer.name!r}: wants")
    for number, rule in enumerate(exhibit.rules, 1):
        for name, change in rule.layers.items():
            if change.wants is not None:
                where = f"{exhibit.path}: [[when]], number {number}: layers: {name!r}: wants"
                _check(change.wants, catalogue, where)
    return {layer.name: len(wanted(layer.wants, catalogue)) for layer in exhibit.layers}


def _check(query: Query, catalogue: Catalogue, where: str) -> None:
    if not wanted(query, catalogue):
        raise ExhibitError(f"{where}: nothing in the catalogue is {str(query)!r}", hint=why_nothing(query, catalogue))


class _Planning:
    """A plan while it is made."""

    def __init__(self, exhibit: Exhibit, catalogue: Catalogue, span: Span, wishes: Sequence[Wish], *,
                 goes_round: bool, held_at: datetime | None, left_out: frozenset[str]) -> None:  # fmt: skip
        self._exhibit, self._catalogue, self._span, self._wishes = exhibit, catalogue, span, tuple(wishes)
        self._goes_round, self._left_out = goes_round, left_out
        self._duration_s = span.duration_s
        self._day = span.opens.isoformat()
        self._conditions = Conditions(exhibit, span, wishes, held_at=held_at)
        self._on_schedule = Conditions(exhibit, span, held_at=held_at)
        self._tides = {layer.name: Tide(layer.ebb, exhibit.seed, self._day, layer.name) for layer in exhibit.layers}
        self._memories = {layer.name: Memory() for layer in exhibit.layers}
        self._together = Together(exhibit, round_s=span.duration_s if goes_round else None)
        self._answering = {layer.name: [one for one in exhibit.layers if one.answers == layer.name]
                           for layer in exhibit.layers}  # fmt: skip
        self._cells = {layer.name: cells_of(layer.places) for layer in exhibit.layers}
        self._joins = _joins(exhibit, span)
        self._coming: list[tuple[float, int, int, str]] = []
        self._events: list[Event] = []
        self._segments = cache(self._found)

    def plan(self) -> Plan:
        """All of it."""
        for number, layer in enumerate(self._exhibit.layers):
            _check(layer.wants, self._catalogue, f"{self._exhibit.path}: [[layer]] {layer.name!r}: wants")
            self._expect(number, layer)
        while self._coming:
            time_s, what, number, name = heapq.heappop(self._coming)
            layer = self._exhibit.layers[number]
            if what == _BED:
                self._change_bed(time_s, number, layer, name)
            elif what == _NEED:
                self._need(time_s, number, layer, name)
            else:
                self._come(time_s, number, layer, name)
        played = {event.segment.recording_id for event in self._events}
        exhibit = self._exhibit
        arrangement = Arrangement(
            tuple(self._events), tuple(self._catalogue.recordings[one] for one in sorted(played)), title=exhibit.title,
            title_zh=exhibit.title_zh, seed=exhibit.seed, catalogue_digest=self._catalogue.digest,
            layout=exhibit.layout, room=exhibit.room, panner=exhibit.panner,
        )  # fmt: skip
        return Plan(self._span.opens, self._duration_s, arrangement, self._wishes, self._conditions.levels_db())

    def _expect(self, number: int, layer: Layer) -> None:
        """Put down when a layer's events may come."""
        if layer.goes_on:
            heapq.heappush(self._coming, (0.0, _BED, number, "0"))
            return
        for count in range(layer.overlap[0]):
            heapq.heappush(self._coming, (0.0, _NEED, number, f"least/{count}"))
        if layer.answers:
            return
        most = layer.per_minute * LIVELIEST
        for rule in self._exhibit.rules:
            if layer.name in rule.layers:
                most *= max(1.0, rule.layers[layer.name].times_per_minute)
        for one in candidates(layer, self._duration_s, most_per_minute=most, seed=self._exhibit.seed, day=self._day,
                              per_minute=lambda time_s: self._per_minute(layer, time_s)):  # fmt: skip
            heapq.heappush(self._coming, (one.time_s, _COMES, number, one.name))

    def _per_minute(self, layer: Layer, time_s: float) -> float:
        condition = self._conditions.at(time_s)
        wanted_times = condition.change(layer.name).times_per_minute * liveliness(condition.mood.lively)
        return layer.per_minute * wanted_times * (1.0 - self._tides[layer.name].low(time_s))

    def _found(self, query: Query, least_s: float) -> tuple[Segment, ...]:
        """What a query finds; faulty takes, and what is shorter and does not go round, where there is nothing else."""
        found = [one for one in wanted(query, self._catalogue) if one.recording_id not in self._left_out]
        takes = self._catalogue.recordings
        found = [one for one in found if not takes[one.recording_id].faults] or found
        return tuple([one for one in found if one.kind == "texture" or one.duration_s >= least_s] or found)

    def _sounds(self, layer: Layer, condition: Condition, least_s: float = 0.0) -> tuple[Segment, ...]:
        """What a layer may choose from; nothing where it is not to be heard."""
        if layer.name in condition.without or condition.profile == CLOSED:
            return ()
        asked = condition.change(layer.name).wants
        found = self._segments(layer.wants if asked is None else asked, least_s)
        return found or self._segments(layer.wants, least_s)

    def _change_bed(self, time_s: float, number: int, layer: Layer, name: str) -> None:
        """Let a bed pass over to its next sound."""
        condition = self._conditions.at(time_s)
        segments = self._sounds(layer, condition)
        later = str(int(name) + 1)
        if not segments:
            if time_s + STEP_S < self._duration_s:
                heapq.heappush(self._coming, (time_s + BED_AGAIN_S, _BED, number, later))
            return
        rng = self._rng(layer, "bed", name)
        length_s = self._bed_length_s(layer, time_s, float(rng.uniform(*layer.length_s)))
        is_last = time_s + length_s >= self._duration_s
        sounds_s = length_s + layer.fade_s if self._goes_round or not is_last else length_s
        chosen = self._choose(layer, time_s, segments, rng, condition, parts_of)
        self._events.append(bed_event(layer, chosen, time_s, sounds_s, condition, self._tides[layer.name], rng))
        if not is_last:
            heapq.heappush(self._coming, (time_s + length_s, _BED, number, later))

    def _bed_length_s(self, layer: Layer, time_s: float, drawn_s: float) -> float:
        """Until the next change: sooner where a rule wants other sounds, or little would be left before closing."""
        left_s, most_s = self._duration_s - time_s, LONGEST_S - layer.fade_s
        length_s = min(drawn_s, most_s)
        now = self._sounds(layer, self._on_schedule.at(time_s))
        step_s = (time_s // STEP_S + 1) * STEP_S
        while step_s < time_s + length_s:
            if self._sounds(layer, self._on_schedule.at(step_s)) != now:
                length_s = max(step_s - time_s, 2.0 * layer.fade_s)
                break
            step_s += STEP_S
        if left_s - length_s >= 2.0 * layer.fade_s:
            return length_s
        return left_s if left_s <= most_s else 0.5 * left_s

    def _need(self, time_s: float, number: int, layer: Layer, name: str) -> None:
        """Bring an event forward where fewer than the least would sound."""
        last_s = self._duration_s - (SHORTEST_S if self._goes_round else DOORS_S)
        if time_s >= last_s or not self._together.is_missing(layer, time_s):
            return
        if not self._come(time_s, number, layer, name, is_needed=True):
            heapq.heappush(self._coming, (time_s + AGAIN_S, _NEED, number, _later(name)))

    def _come(self, time_s: float, number: int, layer: Layer, name: str, *, is_needed: bool = False) -> bool:
        """Let an event begin, if it may."""
        condition = self._conditions.at(time_s)
        segments = self._sounds(layer, condition, max(NEEDED_S if is_needed else 0.0, layer.length_s[0]))
        if not segments or self._duration_s - time_s < SHORTEST_S:
            return False
        if not self._together.may_begin(layer, time_s, is_needed=is_needed):
            return False
        rng = self._rng(layer, "event", name)
        chosen = self._choose(layer, time_s, segments, rng, condition)
        event = passing_event(layer, chosen, time_s, condition, self._tides[layer.name].low(time_s), rng)
        event = self._ended(layer, event)
        self._events.append(event)
        self._together.add(event)
        self._answered(layer, event, name)
        if layer.overlap[0]:
            heapq.heappush(self._coming, (event.end_s - event.fade_out_s, _NEED, number, f"after/{len(self._events)}"))
        return True

    def _ended(self, layer: Layer, event: Event) -> Event:
        """An event that fades out when the doors close, or before it would meet too many at the beginning."""
        end_s = self._together.ends_by(layer, event.end_s) if self._goes_round else min(event.end_s, self._duration_s)
        if end_s >= event.end_s:
            return event
        sounds_s, fade_s = end_s - event.start_s, layer.fade_s if self._goes_round else max(layer.fade_s, DOORS_S)
        return replace(event, duration_s=sounds_s, fade_in_s=min(event.fade_in_s, 0.5 * sounds_s),
                       fade_out_s=min(fade_s, 0.5 * sounds_s))  # fmt: skip

    def _choose(self, layer: Layer, time_s: float, segments: tuple[Segment, ...], rng: np.random.Generator,
                condition: Condition, parts: Callable[[Segment], int] = lambda _: 1) -> Chosen:  # fmt: skip
        side = self._side_at(time_s)
        cells = self._cells[layer.name]
        free = tuple(cell for cell in cells if side is None or cell.is_odd == side)
        # Where all places are on one side of midnight, neighbours keep the days apart.
        return self._memories[layer.name].choose(time_s, segments, free or cells, rng, bright=condition.mood.bright,
                                                 parts=parts, side=side if len(cells) == 1 else None)  # fmt: skip

    def _answered(self, layer: Layer, event: Event, name: str) -> None:
        """Let other layers answer an event."""
        for answering in self._answering[layer.name]:
            rng = self._rng(answering, "answer", name)
            condition = self._conditions.at(event.end_s)
            often = condition.change(answering.name).times_per_minute * liveliness(condition.mood.lively)
            drawn, after_s = float(rng.uniform()), float(rng.uniform(*answering.answer_after_s))
            time_s = event.end_s + after_s
            if drawn < answering.answer_chance * often and time_s < self._duration_s:
                number = self._exhibit.layers.index(answering)
                heapq.heappush(self._coming, (time_s, _COMES, number, f"to/{name}"))

    def _side_at(self, time_s: float) -> bool | None:
        """Which half of all combinations is free where another opening is near, so that none meets over the gap."""
        joins_before, joins_after = self._joins
        half_s = min(REMEMBERED_S, 0.5 * self._duration_s if joins_before and joins_after else REMEMBERED_S)
        if joins_before and time_s < half_s:
            return True
        return False if joins_after and time_s > self._duration_s - half_s else None

    def _rng(self, layer: Layer, *name: str) -> np.random.Generator:
        return generator_for(self._exhibit.seed, self._day, layer.name, *name)


def _joins(exhibit: Exhibit, span: Span) -> tuple[bool, bool]:
    """Whether another opening ends, or begins, within the time for which combinations are remembered."""
    near = timedelta(seconds=REMEMBERED_S)
    following = exhibit.hours.next_span(span.closes)
    day = span.opens.astimezone(exhibit.hours.zone).date()
    earlier = [one for n in (-1, 0) for one in exhibit.hours.spans(day + timedelta(days=n)) if one.closes <= span.opens]
    return (any(span.opens - one.closes < near for one in earlier),
            following is not None and following.opens - span.closes < near)  # fmt: skip


def _later(name: str) -> str:
    """Name of what is tried once more."""
    first, _, count = name.partition("+")
    return f"{first}+{int(count or 0) + 1}"
