"""Whose sound is heard when: every second of a mix, traced to its recording, its object and its licence."""

from __future__ import annotations

from dataclasses import dataclass

from soundscape.arrangement.arrangement import Arrangement
from soundscape.arrangement.event import Event
from soundscape.catalogue.segment import Recording
from soundscape.deliver.eventtable import event_table

COLUMNS = (
    "start_s", "end_s", "role", "title", "title_zh", "object_id", "place", "recordist", "recorded_at", "licence",
    "recording_id", "from_s", "to_s", "speed", "file",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Credit:
    """What one recording gave to a mix."""

    recording: Recording
    roles: tuple[str, ...]
    n_events: int
    sounding_s: float
    """How much of the mix it is heard in; overlapping events count once."""


def credits_of(arrangement: Arrangement) -> tuple[Credit, ...]:
    """Every recording heard in the arrangement, the longest heard first."""
    by_recording: dict[str, list[Event]] = {}
    for event in arrangement.events:
        by_recording.setdefault(event.segment.recording_id, []).append(event)
    found = [_credit(arrangement.recording(key), events) for key, events in by_recording.items()]
    return tuple(sorted(found, key=lambda credit: (-credit.sounding_s, credit.recording.id)))


def _credit(recording: Recording, events: list[Event]) -> Credit:
    roles = tuple(dict.fromkeys(event.role for event in events))
    return Credit(recording, roles, len(events), covered_s([(event.start_s, event.end_s) for event in events]))


def covered_s(spans: list[tuple[float, float]]) -> float:
    """Length of the union of spans in seconds.

    Examples
    --------
    >>> covered_s([(0.0, 2.0), (1.0, 3.0), (5.0, 6.0)])
    4.0
    """
    total_s, reached_s = 0.0, float("-inf")
    for start_s, end_s in sorted(spans):
        total_s += max(0.0, end_s - max(start_s, reached_s))
        reached_s = max(reached_s, end_s)
    return total_s


def credits_text(arrangement: Arrangement) -> str:
    """Credits as a page to print: one paragraph per recording, licences gathered at the end."""
    found = credits_of(arrangement)
    title = " / ".join(filter(None, (arrangement.title, arrangement.title_zh))) or "Untitled"
    lines = [title, f"Credits: {len(found)} recordings, {len(arrangement.events)} events", ""]
    for credit in found:
        lines += _paragraph(credit)
    licences = sorted({credit.recording.licence or "licence not stated" for credit in found})
    lines += ["Licences: " + "; ".join(licences)]
    unclear = [credit.recording.title for credit in found if not credit.recording.licence]
    if unclear:
        lines += ["To be cleared before publication: " + "; ".join(unclear)]
    return "\n".join(lines) + "\n"


def _paragraph(credit: Credit) -> list[str]:
    take = credit.recording
    title = " / ".join(dict.fromkeys(value for value in (take.title, take.titles.get("zh", "")) if value))
    facts = (
        ("object", take.object_id), ("place", take.place), ("recorded", take.recorded_at),
        ("recordist", take.recordist), ("licence", take.licence or "not stated"),
    )  # fmt: skip
    return [
        title,
        "  " + "; ".join(f"{name} {value}" for name, value in facts if value),
        f"  heard for {credit.sounding_s:.1f} s in {credit.n_events} events as {', '.join(credit.roles)}",
        f"  {take.description}" if take.description else f"  recording {take.id}",
        "",
    ]


def credits_csv(arrangement: Arrangement) -> str:
    """Credits as a table, one row per event in the order of time: what a registrar checks and signs."""
    return event_table(arrangement, COLUMNS, _row)


def _row(event: Event, take: Recording) -> tuple[object, ...]:
    from_s, to_s = _heard_s(event)
    return (
        f"{event.start_s:.3f}", f"{event.end_s:.3f}", event.role, take.title, take.titles.get("zh", ""), take.object_id,
        take.place, take.recordist, take.recorded_at, take.licence, take.id, f"{from_s:.3f}", f"{to_s:.3f}",
        f"{event.speed:.6g}", take.path.replace("\\", "/").rsplit("/", 1)[-1],
    )  # fmt: skip


def _heard_s(event: Event) -> tuple[float, float]:
    """Stretch of its recording that an event lets hear; one that goes round, between its loop points."""
    segment = event.segment
    from_s = segment.start_s + event.offset_s
    to_s = from_s + event.duration_s * event.speed
    if not event.loops:
        return from_s, min(segment.end_s, to_s)
    if segment.loop is None:
        return from_s, segment.end_s
    loop_s = segment.start_s + segment.loop.start_s, segment.start_s + segment.loop.end_s
    return (from_s, to_s) if to_s <= loop_s[1] else (min(from_s, loop_s[0]), loop_s[1])
