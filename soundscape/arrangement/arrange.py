"""From score, cast and catalogue to an arrangement: every note that a role hears becomes an event, for a reason."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from soundscape.arrangement.arrangement import Arrangement
from soundscape.arrangement.cast import Cast, Piece, Reason, Role
from soundscape.arrangement.choosers import CHOOSERS, Asked, Candidates, Memory, Ranking
from soundscape.arrangement.event import Event
from soundscape.arrangement.levels import controlled_level, correction_db, velocity_db
from soundscape.arrangement.pitching import PITCHINGS
from soundscape.arrangement.steering import path_of
from soundscape.arrangement.tuned import EQUAL, OBJECTS, asked_tune, left_alone, played_in, rows_of, tuning_for
from soundscape.arrangement.tuning import Tuning
from soundscape.arrangement.vibrato import MODULATION, with_vibrato
from soundscape.arrangement.voicing import Manner, Timing, limited, rings_on, timing_of
from soundscape.arrangement.wanted import wanted, why_nothing
from soundscape.catalogue.catalogue import Catalogue
from soundscape.catalogue.query import parse_query
from soundscape.catalogue.segment import Segment
from soundscape.errors import PieceError, QueryError
from soundscape.score.curve import Curve
from soundscape.score.score import Note, Part, Score
from soundscape.space.measured import MeasuredRoom
from soundscape.space.room import Room

N_RUNNERS_UP = 2
SELF_ROOM = "hall"
"""Where a score without a cast is played."""


@dataclass(frozen=True, slots=True)
class Choice:
    """Why a sound plays a note, and which would have come second and third."""

    role: str
    note: Note
    segment_id: str
    terms: tuple[tuple[str, float], ...]
    """What spoke for it, by name."""
    total: float
    treatment: str
    """How its pitch meets the note's."""
    n_candidates: int
    runners_up: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True)
class Arranged:
    """An arrangement, and how it came about."""

    arrangement: Arrangement
    choices: tuple[Choice, ...] = ()
    """One for each note a role plays, in the order of roles and then of time."""
    warnings: tuple[str, ...] = ()
    reasons: tuple[Reason, ...] = ()
    """Why the roles are what they are, where a score has cast itself."""
    tuning: Tuning | None = None
    """Scale that it is tuned to, None in equal temperament."""


@dataclass(frozen=True, eq=False)
class _Chosen:
    """Which sound plays each note of a role, and why; how its pitch meets the note's is not known yet."""

    role: Role
    segments: tuple[Segment, ...]
    choices: tuple[Choice, ...]


def arrange(score: Score, cast: Cast | Piece, catalogue: Catalogue, *, seed: int = 0, title: str | None = None,
            layout: str | None = None, room: str | Room | MeasuredRoom | None = None,
            loudness_lufs: float | None = None) -> Arranged:  # fmt: skip
    """Cast every note of a score that a role hears.

    The same score, cast, catalogue and seed make the same arrangement; a role more or less changes no other role's.

    Parameters
    ----------
    cast
        A piece brings title, layout, room and loudness with it; what is given here goes first.
    seed : int >= 0
        Other seeds make other choices where chance decides.

    Raises
    ------
    PieceError
        If the score has no notes, no role hears any, or nothing in the catalogue is what a role wants; if a role is
        to be tuned to objects, and none that rings plays.
    """
    roles = cast.cast.roles if isinstance(cast, Piece) else cast.roles
    reasons = cast.cast.reasons if isinstance(cast, Piece) else cast.reasons
    if not score.notes:
        raise PieceError(f"the score {score.title!r} has no notes", hint="choose a MIDI file that plays something")
    tune = cast.tune if isinstance(cast, Piece) else EQUAL
    chosen = [_chosen(score, role, catalogue, seed) for role in roles]
    of_objects = tuning_for(tune, [(one.role, one.segments) for one in chosen], catalogue)
    tunings = [_tuning_of(one.role, tune, of_objects) for one in chosen]
    made = [_played(score, one, tuning) for one, tuning in zip(chosen, tunings, strict=True)]
    events = tuple(event for role_events, *_ in made for event in role_events)
    if not events:
        heard = ", ".join(f"{part.name!r}" for part in score.parts)
        raise PieceError(f"no role hears any of the {len(score.notes)} notes of {score.title!r}",
                         hint=f"the parts of the score are {heard}")  # fmt: skip
    arrangement = _framed(Arrangement(
        events, tuple(catalogue.recordings.values()), title=score.title, seed=seed, catalogue_digest=catalogue.digest,
        markers=tuple((marker.time_s, marker.text) for marker in score.markers),
        tuning=rows_of(next((one for one in tunings if one is not None), None)),
    ), cast)  # fmt: skip
    arrangement = replace(
        arrangement,
        title=arrangement.title if title is None else title,
        layout=arrangement.layout if layout is None else layout,
        room=arrangement.room if room is None else room,
        loudness_lufs=arrangement.loudness_lufs if loudness_lufs is None else loudness_lufs,
    )
    choices = tuple(choice for _, role_choices, _ in made for choice in role_choices)
    left = left_alone({role.name: n_left for role, (*_, n_left) in zip(roles, made, strict=True)})
    warnings = (*score.warnings, *_unheard(score, roles), *left)
    return Arranged(arrangement, choices, warnings, reasons, next((one for one in tunings if one is not None), None))


def _tuning_of(role: Role, tune: str | Tuning, of_objects: Tuning | None) -> Tuning | None:
    """Scale of a role, None for equal temperament."""
    asked = asked_tune(role, tune)
    if isinstance(asked, Tuning):
        return asked
    return of_objects if asked == OBJECTS else None


def _framed(arrangement: Arrangement, cast: Cast | Piece) -> Arrangement:
    """The arrangement with what a piece says of itself."""
    if isinstance(cast, Cast):
        return replace(arrangement, room=SELF_ROOM) if cast.reasons else arrangement
    return replace(arrangement, title=cast.title, title_zh=cast.title_zh, layout=cast.layout, room=cast.room,
                   panner=cast.panner, loudness_lufs=cast.loudness_lufs)  # fmt: skip


def _unheard(score: Score, roles: tuple[Role, ...]) -> Iterator[str]:
    """A line for each part of which notes stay silent."""
    for part in score.parts:
        notes = score.notes_of(part.name)
        lost = [note for note in notes if not any(role.hears(note) for role in roles)]
        if lost:
            low, high = min(note.pitch for note in lost), max(note.pitch for note in lost)
            yield (f"part {part.name!r}: no role hears {len(lost)} of its {len(notes)} notes "
                   f"(pitches {low} to {high}, first at {lost[0].start_s:.1f} s)")  # fmt: skip


def candidates_for(role: Role, catalogue: Catalogue) -> Candidates:
    """What a role may choose from, in canonical order.

    Raises
    ------
    PieceError
        If the catalogue holds nothing of what it wants.
    """
    segments = wanted(role.wants, catalogue)
    if not segments:
        raise PieceError(f"role {role.name!r}: nothing in the catalogue is {str(role.wants)!r}",
                         hint=why_nothing(role.wants, catalogue))  # fmt: skip
    alikeness = _alikeness(role, segments, catalogue) if role.like else None
    return Candidates.of(segments, catalogue.recordings, alikeness)


def _alikeness(role: Role, segments: tuple[Segment, ...], catalogue: Catalogue) -> NDArray[np.float64]:
    """Likeness of each segment to the role's example, 0..1: a segment by id, or the middle of what a query finds."""
    places = {segment.id: place for place, segment in enumerate(catalogue.segments)}
    if role.like in places:
        examples = [places[role.like]]
    else:
        try:
            examples = [places[segment.id] for segment in catalogue.matching(parse_query(role.like))]
        except QueryError as error:
            raise PieceError(f"role {role.name!r}: like is {role.like!r}: {error}", hint=error.hint) from error
    if not examples:
        raise PieceError(f"role {role.name!r}: nothing in the catalogue is like {role.like!r}",
                         hint="name the id of a segment, or a query that finds some (`soundscape find`)")  # fmt: skip
    middle = catalogue.vectors[examples].astype(np.float64).mean(axis=0)
    rows = catalogue.vectors[[places[segment.id] for segment in segments]].astype(np.float64)
    near: NDArray[np.float64] = np.clip(rows @ middle / max(float(np.linalg.norm(middle)), 1e-9), 0.0, 1.0)
    return near


def _chosen(score: Score, role: Role, catalogue: Catalogue, seed: int) -> _Chosen:
    """Which sounds a role plays."""
    candidates, memory = candidates_for(role, catalogue), Memory()
    only_nearest = PITCHINGS[role.pitch].only_nearest
    segments, choices = [], []
    for note in score.notes:
        if role.hears(note):
            ranking = CHOOSERS[role.choose].rank(Asked(note, role.name, seed, candidates, memory, only_nearest))
            memory.remember(int(ranking.order[0]))
            segments.append(candidates.segments[ranking.order[0]])
            choices.append(_choice(role, note, candidates, ranking))
    return _Chosen(role, tuple(segments), tuple(choices))


def _played(score: Score, chosen: _Chosen, tuning: Tuning | None) -> tuple[list[Event], list[Choice], int]:
    """Events and choices of one role, and how many of its notes found no degree of the tuning."""
    role, parts = chosen.role, {part.name: part for part in score.parts}
    events, choices, n_left = [], [], 0
    for segment, choice in zip(chosen.segments, chosen.choices, strict=True):
        played = played_in(role, choice.note.pitch, segment, tuning)
        n_left += played.is_left
        events.append(_event(role, choice.note, parts[choice.note.part], segment, played.speed))
        choices.append(replace(choice, treatment=played.treatment))
    return list(limited(sorted(events, key=lambda event: event.start_s), role.max_voices)), choices, n_left


def _choice(role: Role, note: Note, candidates: Candidates, ranking: Ranking) -> Choice:
    best, *others = (int(place) for place in ranking.order[: N_RUNNERS_UP + 1])
    return Choice(
        role.name, note, candidates.segments[best].id,
        tuple((name, float(values[best])) for name, values in ranking.terms.items()), float(ranking.totals[best]),
        "", len(candidates.segments),
        tuple((candidates.segments[place].id, float(ranking.totals[place])) for place in others),
    )  # fmt: skip


def _event(role: Role, note: Note, part: Part, segment: Segment, speed: float) -> Event:
    manner = Manner(role.rings, role.loops, role.fade_in_s, role.fade_out_s)
    timing = timing_of(note, segment, speed=speed, manner=manner)
    end_s = timing.start_s + timing.duration_s
    return Event(
        timing.start_s, timing.duration_s, segment, role.name,
        path=path_of(role, part, timing.start_s, end_s),
        gain_db=role.gain_db + velocity_db(note.velocity) + correction_db(segment),
        offset_s=timing.offset_s, speed=speed,
        bend=_bend(role, part, segment, timing),
        level_db=controlled_level(part, timing.start_s, end_s),
        fade_in_s=timing.fade_in_s, fade_out_s=timing.fade_out_s, loops=timing.loops,
        spread_deg=role.spread_deg, room_db=role.room_db, doppler=role.doppler, pair_deg=role.pair_deg,
        turn_deg=role.turn_deg, sound_field=role.sound_field, speaker=role.speaker, zone=role.zone,
    )  # fmt: skip


def _bend(role: Role, part: Part, segment: Segment, timing: Timing) -> Curve | None:
    """What bends the pitch while the event sounds, None where it stays at rest.

    It is the part's bend, and the modulation wheel of a sound that is held: what rings by itself does not tremble.
    """
    if not PITCHINGS[role.pitch].bends:
        return None
    span_s = (timing.start_s, timing.start_s + timing.duration_s)
    bend = Curve((0.0,), (0.0,)) if part.bend is None else part.bend.between(*span_s)
    rings = rings_on(segment) if role.rings is None else role.rings
    if (moved := part.control(MODULATION)) is not None and not rings:
        wheel = moved.between(*span_s)
        bend = with_vibrato(bend, wheel) if any(wheel.values) else bend
    return None if bend.is_constant and bend.values[0] == 0.0 else bend
