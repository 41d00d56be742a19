"""When a sound begins, how long it lasts and how it fades: so that it is heard on its note and never clicks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from soundscape.arrangement.event import Event
from soundscape.catalogue.segment import Segment
from soundscape.catalogue.tags import is_a
from soundscape.score.score import Note

MOST_LEAD_S = 0.05
"""What is before a sound's onset is background; no more of it is played."""
SHORTEST_S = 0.02
STEAL_S = 0.05
"""Fade of a voice that must make room for a newer one."""
LOOP_S = 0.5
"""What sounds in a loop must be at least this long, or its repetition is a pitch."""

STRUCK = ("percussion", "plucked_string", "keyboard", "gate", "impact", "thunder", "footsteps", "clock")
"""What is set sounding once and then rings by itself; what is blown, bowed or sung stops with its note."""
HARDEST_ATTACK_S = 0.25


@dataclass(frozen=True, slots=True)
class Timing:
    """An event's times, in seconds."""

    start_s: float
    duration_s: float
    offset_s: float
    fade_in_s: float
    fade_out_s: float
    loops: bool


@dataclass(frozen=True, slots=True)
class Manner:
    """What a role says about time; None is decided by the sound."""

    rings: bool | None = None
    loops: bool | None = None
    fade_in_s: float | None = None
    fade_out_s: float | None = None


def rings_on(segment: Segment) -> bool:
    """Whether a sound rings to its own end whatever the note's length.

    Examples
    --------
    >>> from soundscape.catalogue.segment import Tag
    >>> rings_on(Segment("s", "r", 0.0, 2.0, tags=(Tag("bell.bronze", 0.9),)))
    True
    >>> rings_on(Segment("s", "r", 0.0, 2.0, kind="texture", tags=(Tag("wind", 0.9),)))
    False
    """
    if segment.kind == "texture":
        return False
    is_struck = any(is_a(segment.tag, name) for name in STRUCK) or not segment.tag
    return is_struck and (is_a(segment.tag, "gate") or segment.features.get("attack_s", 0.0) <= HARDEST_ATTACK_S)


def timing_of(note: Note, segment: Segment, *, speed: float, manner: Manner) -> Timing:
    """Times of the event that plays a note with a segment, its onset on the note.

    Parameters
    ----------
    speed : float > 0
        2.0 is an octave up and half as long.
    """
    length_s = segment.duration_s
    onset_s = min(max(segment.features.get("onset_s", 0.0), 0.0), 0.9 * length_s)
    lead_s = min(onset_s / speed, MOST_LEAD_S, note.start_s)
    offset_s = max(0.0, onset_s - lead_s * speed)
    offset_s = 0.0 if offset_s < 1e-9 else offset_s  # what rounding leaves is nothing
    natural_s = (length_s - offset_s) / speed
    rings = rings_on(segment) if manner.rings is None else manner.rings
    fade_out_s = _usual_fade_out(segment, natural_s, rings=rings) if manner.fade_out_s is None else manner.fade_out_s
    wanted_s = lead_s + max(note.duration_s, SHORTEST_S) + fade_out_s
    goes_round = segment.kind == "texture" or segment.loop is not None
    may_loop = goes_round if manner.loops is None else manner.loops
    loops = may_loop and length_s >= LOOP_S and wanted_s > natural_s and not rings
    duration_s = natural_s if rings else wanted_s if loops else min(wanted_s, natural_s)
    fade_in_s = _usual_fade_in(segment, lead_s) if manner.fade_in_s is None else manner.fade_in_s
    fade_in_s, fade_out_s = _fitting(fade_in_s, fade_out_s, duration_s)
    return Timing(note.start_s - lead_s, duration_s, offset_s, fade_in_s, fade_out_s, loops)


def _usual_fade_in(segment: Segment, lead_s: float) -> float:
    return 0.25 if segment.kind == "texture" else max(0.002, min(lead_s, 0.02))


def _usual_fade_out(segment: Segment, natural_s: float, *, rings: bool) -> float:
    if segment.kind == "texture":
        return 0.6
    return min(0.25, 0.2 * natural_s) if rings else 0.12


def _fitting(fade_in_s: float, fade_out_s: float, duration_s: float) -> tuple[float, float]:
    """Both fades, shortened together where they are longer than the event."""
    share = min(1.0, duration_s / (fade_in_s + fade_out_s)) if fade_in_s + fade_out_s else 1.0
    return fade_in_s * share, fade_out_s * share


def limited(events: Iterable[Event], max_voices: int) -> Iterator[Event]:
    """The same events, no more than `max_voices` of them at once: the oldest fades out when a new one needs its place.

    `events` in the order of their start.
    """
    sounding: list[Event] = []
    for event in events:
        still = [one for one in sounding if one.end_s > event.start_s]
        yield from (one for one in sounding if one.end_s <= event.start_s)
        while len(still) >= max_voices:
            yield _stolen(still.pop(0), event.start_s)
        sounding = [*still, event]
    yield from sounding


def _stolen(event: Event, at_s: float) -> Event:
    """The event, faded out within `STEAL_S` from `at_s`."""
    duration_s = min(event.duration_s, at_s - event.start_s + STEAL_S)
    fade_out_s = min(STEAL_S, duration_s / 2.0)
    return replace(event, duration_s=duration_s, fade_out_s=fade_out_s,
                   fade_in_s=min(event.fade_in_s, duration_s - fade_out_s))  # fmt: skip
