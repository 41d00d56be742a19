"""A finished soundscape as a value: it can be hashed, compared, saved, cut and joined, but not changed."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace

from soundscape.arrangement.event import Event
from soundscape.catalogue.segment import Recording
from soundscape.space.measured import MeasuredRoom
from soundscape.space.room import Room


def _place(event: Event) -> tuple[float, str, str, float, float]:
    return (event.start_s, event.role, event.segment.id, event.offset_s, event.gain_db)


@dataclass(frozen=True)
class Arrangement:
    """Events in canonical order, and the recordings they come from. Every edit is a new arrangement."""

    events: tuple[Event, ...] = ()
    recordings: tuple[Recording, ...] = ()
    """Every recording that an event plays, in order of id: an arrangement can be rendered and credited alone."""
    title: str = ""
    title_zh: str = ""
    seed: int = 0
    catalogue_digest: str = ""
    layout: str = "7.1.4"
    """Layout the piece was written for; any other may be asked for when it is rendered."""
    room: str | Room | MeasuredRoom = "none"
    """Name of a room (`soundscape.space.room`), or a room of its own."""
    panner: str = ""
    """Name of a panner (`soundscape.space.panners`) it was written for; empty is what suits the layout."""
    loudness_lufs: float = -20.0
    """Programme loudness the mix is brought to."""
    markers: tuple[tuple[float, str], ...] = field(default=())
    tuning: tuple[tuple[float, str], ...] = ()
    """Scale it was tuned to, where that is not equal temperament: Hz in one octave, and where each degree is from."""

    def __post_init__(self) -> None:
        played = {event.segment.recording_id for event in self.events}
        known = {recording.id: recording for recording in self.recordings}
        if missing := played - known.keys():
            raise ValueError(f"events play recordings that the arrangement does not hold: {sorted(missing)}")
        object.__setattr__(self, "events", tuple(sorted(self.events, key=_place)))
        object.__setattr__(self, "recordings", tuple(known[key] for key in sorted(played)))

    @property
    def duration_s(self) -> float:
        """When the last event has sounded; rooms ring on after it."""
        return max((event.end_s for event in self.events), default=0.0)

    @property
    def roles(self) -> tuple[str, ...]:
        """Roles in the order of their first event."""
        return tuple(dict.fromkeys(event.role for event in self.events))

    def recording(self, recording_id: str) -> Recording:
        """Recording of that id."""
        return {recording.id: recording for recording in self.recordings}[recording_id]

    def __or__(self, other: Arrangement) -> Arrangement:
        """Both together; title, room and targets are the first one's."""
        return replace(self, events=self.events + other.events, recordings=self.recordings + other.recordings)

    def delayed(self, by_s: float) -> Arrangement:
        """The same, `by_s` later."""
        events = (replace(event, start_s=event.start_s + by_s) for event in self.events)
        return replace(self, events=tuple(events), markers=tuple((t + by_s, word) for t, word in self.markers))

    def turned(self, begin_s: float, round_s: float) -> Arrangement:
        """The same, of one that goes round every `round_s`, seen from `begin_s` on."""
        events = (replace(event, start_s=(event.start_s - begin_s) % round_s) for event in self.events)
        markers = (((at_s - begin_s) % round_s, word) for at_s, word in self.markers)
        return replace(self, events=tuple(events), markers=tuple(sorted(markers)))

    def between(self, start_s: float, stop_s: float) -> Arrangement:
        """Events that start in [start_s, stop_s)."""
        return self._having(lambda event: start_s <= event.start_s < stop_s)

    def without(self, role: str) -> Arrangement:
        """All but one role."""
        return self._having(lambda event: event.role != role)

    def only(self, roles: Iterable[str]) -> Arrangement:
        """Nothing but these roles."""
        wanted = frozenset(roles)
        return self._having(lambda event: event.role in wanted)

    def _having(self, keeps: Callable[[Event], bool]) -> Arrangement:
        return replace(self, events=tuple(event for event in self.events if keeps(event)))
