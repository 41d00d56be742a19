"""What hands can play: for every pad and key the sounds that may answer it, chosen before the doors open.

A press takes the next of them, so that a gate does not creak the same way twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from soundscape.arrangement.arrange import arrange
from soundscape.arrangement.cast import Cast, Role
from soundscape.arrangement.event import Event
from soundscape.arrangement.levels import velocity_db
from soundscape.catalogue.catalogue import Catalogue
from soundscape.catalogue.segment import Recording
from soundscape.engine.voices import SourceKey
from soundscape.live.controls import Pad
from soundscape.score.curve import Curve
from soundscape.score.score import Note, Part, Score

N_CHOICES = 4
"""Sounds that are kept ready for each pad; a key has one, for there are many of them."""
LONGEST_HOLD_S = 3600.0
"""A sound that is held goes round for so long at most: a release that was lost must not sound for ever."""
SHORTEST_FADE_S = 0.002
_HAND = "hand"
_APART_S = 10_000.0
_FULL = 127


@dataclass(frozen=True, slots=True)
class Slot:
    """What a press answers to: the same for all pads that play it the same way."""

    role: str
    pitch: int
    goes_round: bool

    @classmethod
    def of(cls, pad: Pad) -> Slot:
        """That of a pad."""
        return cls(pad.role, pad.pitch, pad.trigger != "one-shot")


@dataclass(eq=False)
class Palette:
    """Events by slot; they are at full velocity and begin with their onset."""

    choices: Mapping[Slot, tuple[Event, ...]]
    recordings: Mapping[str, Recording]
    _turns: dict[Slot, int] = field(default_factory=dict)

    def stretches(self) -> frozenset[SourceKey]:
        """Stretches that must be ready."""
        return frozenset(key_of(event) for events in self.choices.values() for event in events)

    def event(self, pad: Pad, velocity: int, start_s: float, *, bends: bool = False) -> Event | None:
        """What a press sounds like; None where nothing was found for its role.

        Parameters
        ----------
        velocity : 1 to 127
        bends
            Whether its pitch may be bent while it sounds.
        """
        slot = self._nearest(Slot.of(pad))
        events = self.choices.get(slot, ())
        if not events:
            return None
        turn = self._turns.get(slot, 0)
        self._turns[slot] = turn + 1
        event = events[turn % len(events)]
        loud_db = velocity_db(pad.fixed_velocity or min(max(velocity, 1), _FULL)) + pad.gain_db
        bend = Curve((0.0,), (0.0,)) if bends and event.bend is None else event.bend
        return replace(event, start_s=start_s, gain_db=event.gain_db + loud_db, bend=bend)

    def _nearest(self, slot: Slot) -> Slot:
        """The slot itself, or that of its role which is nearest in pitch: a key that nobody thought of sounds too."""
        if slot in self.choices:
            return slot
        mine = [one for one in self.choices if one.role == slot.role]
        return min(mine, key=lambda one: (one.goes_round != slot.goes_round, abs(one.pitch - slot.pitch)), default=slot)


def palette_for(pads: Iterable[Pad], roles: Iterable[Role], catalogue: Catalogue, *, keys: Iterable[Pad] = (),
                seed: int = 0) -> Palette:  # fmt: skip
    """Choose what pads and keys play.

    Raises
    ------
    PieceError
        If nothing in the catalogue is what a role wants.
    """
    by_name = {role.name: role for role in roles}
    choices: dict[Slot, tuple[Event, ...]] = {}
    for asked, n_choices in ((pads, N_CHOICES), (keys, 1)):
        for slot in dict.fromkeys(Slot.of(pad) for pad in asked):
            role = by_name.get(slot.role)
            if role is not None and slot not in choices:
                choices[slot] = _choices(role, slot, catalogue, seed, n_choices)
    return Palette(choices, catalogue.recordings)


def _choices(role: Role, slot: Slot, catalogue: Catalogue, seed: int, n_choices: int) -> tuple[Event, ...]:
    """Events for a slot, unlike each other; fewer where there are no others."""
    free = replace(role, parts=(), pitches=(0, 127), velocities=(1, 127), max_voices=256,
                   loops=role.loops if slot.goes_round else False)  # fmt: skip
    notes = tuple(Note(n * _APART_S + 1.0, _HAND, slot.pitch, LONGEST_HOLD_S, _FULL) for n in range(n_choices))
    score = Score(_HAND, (Part(_HAND, 0),), notes, n_choices * _APART_S)
    played = arrange(score, Cast((free,)), catalogue, seed=seed).arrangement.events
    found: dict[tuple[str, float], Event] = {}
    for event, note in zip(sorted(played, key=lambda event: event.start_s), notes, strict=True):
        found.setdefault((event.segment.id, event.speed), _at_once(event, note.start_s))
    return tuple(found.values())


def _at_once(event: Event, onset_s: float) -> Event:
    """The event without what is before its onset: a hand cannot be known beforehand."""
    lead_s = onset_s - event.start_s
    fade_in_s = event.fade_in_s if event.loops else SHORTEST_FADE_S
    duration_s = event.duration_s - lead_s
    return replace(event, start_s=0.0, offset_s=event.offset_s + lead_s * event.speed, duration_s=duration_s,
                   fade_in_s=min(fade_in_s, duration_s / 2.0))  # fmt: skip


def key_of(event: Event) -> SourceKey:
    """Stretch that an event plays."""
    return SourceKey(event.segment.recording_id, event.segment.start_s, event.segment.end_s, event.speed)
