"""Which scale each role is tuned to, and how fast a sound must run to be in it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from soundscape.arrangement.cast import Role
from soundscape.arrangement.pitching import PITCHINGS, heard_pitch, speed_for
from soundscape.arrangement.tuning import (
    KINDS,
    MOST_CENTS,
    Degree,
    Tuning,
    is_one_of,
    partials_in,
    ringing,
    tuning_of,
)
from soundscape.catalogue.catalogue import Catalogue
from soundscape.catalogue.segment import Segment
from soundscape.errors import PieceError
from soundscape.units import hz_of

EQUAL, OBJECTS = "equal", "objects"
TUNES: Mapping[str, str] = {
    EQUAL: "twelve equal steps, A4 is 440 Hz: every sound is brought to its note",
    OBJECTS: "the partials of the bells and stones that play, or of gates: those keep their pitch, others come to it",
}
"""Every tuning that has a name; others are Scala files."""


@dataclass(frozen=True, slots=True)
class Played:
    """How a sound plays a note: its speed, a few words why, and whether the note had no degree near it."""

    speed: float
    treatment: str
    is_left: bool = False


def asked_tune(role: Role, tune: str | Tuning) -> str | Tuning:
    """What a role is tuned to: its own word, else the piece's."""
    return role.tune or tune


def tuning_for(tune: str | Tuning, chosen: Iterable[tuple[Role, Iterable[Segment]]],
               catalogue: Catalogue) -> Tuning | None:  # fmt: skip
    """Scale of the objects that play, None where no role asks for it.

    Those are the sounds of what rings (`tuning.ringing`) that keep their pitch: in roles that are tuned to the objects,
    and in those that never transpose.

    Raises
    ------
    PieceError
        If a role asks for it, and nothing with a partial plays.
    """
    roles = [(role, tuple(segments)) for role, segments in chosen]
    wanting = [role.name for role, _ in roles if asked_tune(role, tune) == OBJECTS]
    if not wanting:
        return None
    keeping = [segment for role, segments in roles for segment in segments
               if asked_tune(role, tune) == OBJECTS or not PITCHINGS[role.pitch].transposes]  # fmt: skip
    tags, objects = ringing(keeping)
    if not objects:
        silent = {one.id for one in keeping if any(is_one_of(one, row) for row in KINDS)}
        there = f"none of the {len(silent)} sounds of objects that play rings" if silent else "no object plays"
        raise PieceError(f"role {wanting[0]!r}: tune is 'objects', and {there}",
                         hint='cast a bell, gong, stone or hinge that rings (wants = "bell and partial_1_hz > 0"; a '
                         'catalogue of an older version must be ingested again), or write tune = "equal"')  # fmt: skip
    return tuning_of(partials_in(objects, catalogue), objects=tags)


def played_in(role: Role, pitch: int, segment: Segment, tuning: Tuning | None) -> Played:
    """Speed of a segment for a note of a role, in a tuning; None is equal temperament."""
    if tuning is None or not PITCHINGS[role.pitch].transposes:
        return Played(*speed_for(role.pitch, pitch, segment))
    if is_one_of(segment, tuning.objects):
        own = heard_pitch(segment)
        words = "its own scale" if own is None else f"its own pitch, {hz_of(own):.1f} Hz"
        return Played(1.0, f"untransposed: {words}")
    moved = tuning.nearest(pitch)
    speed, treatment = speed_for(role.pitch, pitch, segment, moved_cents=moved.cents)
    if heard_pitch(segment) is None:
        return Played(speed, treatment)
    if moved.number is None:
        words = f"{treatment}; no degree within {MOST_CENTS:g} cents, {hz_of(pitch):.1f} Hz stays"
        return Played(speed, words, is_left=True)
    degree = tuning.degrees[moved.number]
    return Played(speed, f"{treatment}; {hz_of(pitch):.1f} Hz -> {hz_of(moved.pitch):.1f} Hz ({moved.cents:+.0f} "
                  f"cents), {source_of(degree, hz_of(moved.pitch), tuning, moved.number)}")  # fmt: skip


def source_of(degree: Degree, hz: float, tuning: Tuning, number: int) -> str:
    """Whose a degree is, in words; `hz` is where it sounds."""
    if not degree.partials:
        return f"degree {number} of {tuning.name}"
    partial = degree.partials[0]
    words = f"partial {partial.number} of {partial.title} at {partial.at_s:.1f} s"
    return words if abs(partial.hz - hz) < 0.01 * hz else f"{words} ({partial.hz:.1f} Hz)"


def rows_of(tuning: Tuning | None) -> tuple[tuple[float, str], ...]:
    """Degrees of a scale as an arrangement keeps them: frequency in the octave of the reference, and whose it is."""
    if tuning is None:
        return ()
    return tuple((tuning.hz(number), source_of(degree, tuning.hz(number), tuning, number))
                 for number, degree in enumerate(tuning.degrees))  # fmt: skip


def left_alone(lost: Mapping[str, int]) -> Iterator[str]:
    """A line for each role with notes that no degree was near to."""
    for role, count in lost.items():
        if count:
            yield f"role {role!r}: {count} notes stay in equal temperament, no degree is within {MOST_CENTS:g} cents"
