"""A scale taken from objects: what their partials are, which notes come near, and whose partial each degree is.

Nothing here chooses sounds or moves notes; it says where a pitch would go.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from soundscape.catalogue.catalogue import Catalogue
from soundscape.catalogue.features import N_PARTIALS
from soundscape.catalogue.segment import Segment
from soundscape.catalogue.tags import is_a
from soundscape.units import gain_of, pitch_of

OCTAVE_CENTS = 1200.0
MOST_CENTS = 200.0
"""A note moves no further than a whole tone, or it would be another one."""
MOST_DEGREES = 12
APART_CENTS = 60.0
"""Partials nearer than this are one degree: the weightier one."""
SAME_CENTS = 20.0
"""Partials nearer than this sound as one pitch, and weigh together."""
MOST_PARTIALS = 1000
RINGS_S = 2.0
"""What rings this long is heard as a pitch; less counts for less."""
KINDS = (("bell", "chime", "gong", "cymbal", "metallophone", "triangle"), ("idiophone",), ("gate",))
"""Tags of objects that have a scale of their own, with all below them; a row counts where nothing before it rings."""


@dataclass(frozen=True, slots=True)
class Partial:
    """A partial of an object, as its analysis measured it."""

    segment_id: str
    title: str
    """Of its recording."""
    at_s: float
    """Where its segment begins there."""
    number: int
    """Counted from 1, from below."""
    hz: float
    weight: float
    """How much it is heard as a pitch: its amplitude against the strongest of its object, less where it dies soon or
    is far from 700 Hz, more where its sound plays often."""


@dataclass(frozen=True, slots=True)
class Degree:
    """A step of a scale, 0 cents .. its period, and the partials that it is."""

    cents: float
    weight: float = 1.0
    partials: tuple[Partial, ...] = ()
    """The weightiest first: it lies exactly on this one."""


@dataclass(frozen=True, slots=True)
class Moved:
    """Where a pitch goes: as a MIDI pitch with fraction, by how much, and to which degree (None: it stays)."""

    pitch: float
    cents: float
    number: int | None


@dataclass(frozen=True, slots=True)
class Tuning:
    """A scale that repeats every period, from a reference.

    Examples
    --------
    >>> fifths = Tuning("fifths", 440.0 * 2.0 ** -0.75, (Degree(0.0), Degree(701.955)))
    >>> moved = fifths.nearest(68)
    >>> round(moved.pitch, 3), round(moved.cents), moved.number
    (67.02, -98, 1)
    >>> fifths.nearest(64)
    Moved(pitch=64.0, cents=0.0, number=None)
    """

    name: str
    reference_hz: float
    """Frequency of 0 cents."""
    degrees: tuple[Degree, ...]
    """In ascending order, from 0 to below the period."""
    period_cents: float = OCTAVE_CENTS
    objects: tuple[str, ...] = ()
    """Tags of the objects it is taken from: what is one of these keeps its own pitch."""

    def __post_init__(self) -> None:
        cents = [degree.cents for degree in self.degrees]
        if not cents or cents != sorted(set(cents)) or not 0.0 <= cents[0] <= cents[-1] < self.period_cents:
            raise ValueError(f"tuning {self.name!r}: degrees must ascend within the period, got {cents}")
        if not (math.isfinite(self.reference_hz) and self.reference_hz > 0.0):
            raise ValueError(f"tuning {self.name!r}: reference is {self.reference_hz} Hz")

    def nearest(self, pitch: float, *, within_cents: float = MOST_CENTS) -> Moved:
        """Pitch of the degree nearest to a MIDI pitch, in any octave; it stays where none is within reach.

        A higher pitch never becomes a lower one: `a <= b` gives `nearest(a).pitch <= nearest(b).pitch`.
        """
        above = 100.0 * (pitch - pitch_of(self.reference_hz))
        turn = math.floor(above / self.period_cents)
        places = [
            (degree.cents + octave * self.period_cents, number)
            for octave in (turn - 1, turn, turn + 1)
            for number, degree in enumerate(self.degrees)
        ]
        cents, number = min(places, key=lambda place: abs(place[0] - above))
        if abs(cents - above) > within_cents:
            return Moved(float(pitch), 0.0, None)
        return Moved(pitch_of(self.reference_hz) + cents / 100.0, cents - above, number)

    def hz(self, number: int) -> float:
        """Frequency of a degree in the octave above the reference."""
        return float(self.reference_hz * 2.0 ** (self.degrees[number].cents / OCTAVE_CENTS))


def is_one_of(segment: Segment, tags: Iterable[str]) -> bool:
    """Whether a segment is called by one of the tags, or by one below them, surest or not.

    A bell that may be a string rather than a bell is still not to be transposed.

    Examples
    --------
    >>> from soundscape.catalogue.segment import Tag
    >>> likely = {"bell": ("plucked_string", "bell.bronze"), "flute": ("flute",)}
    >>> bell, flute = (Segment("s", "r", 0.0, 1.0, tags=tuple(Tag(name, 0.4) for name in names))
    ...                for names in likely.values())
    >>> is_one_of(bell, ("gong", "bell")), is_one_of(flute, ("gong", "bell"))
    (True, False)
    """
    return any(is_a(tag.name, name) for tag in segment.tags for name in tags)


def ringing(segments: Iterable[Segment]) -> tuple[tuple[str, ...], tuple[Segment, ...]]:
    """The row of `KINDS` whose scale sounds have, and those of that row; nothing where no object rings.

    Examples
    --------
    >>> from soundscape.catalogue.segment import Tag
    >>> bell, hinge, flute = (Segment(name, "r", 0.0, 1.0, tags=(Tag(name, 0.9),), features={"partial_1_hz": 300.0})
    ...                       for name in ("bell", "gate.creak", "flute"))
    >>> [[one.id for one in ringing(played)[1]] for played in ((hinge, bell, flute), (hinge, flute), (flute,))]
    [['bell'], ['gate.creak'], []]
    """
    played = tuple(segments)
    for tags in KINDS:
        found = tuple(one for one in played if is_one_of(one, tags))
        if any(partials_of(one) for one in found):
            return tags, found
    return (), ()


def partials_of(segment: Segment, title: str = "") -> tuple[Partial, ...]:
    """Partials of a segment, from its features; none where nothing in it rings."""
    found = []
    for number in range(1, N_PARTIALS + 1):
        hz = segment.features.get(f"partial_{number}_hz", 0.0)
        if hz > 0.0:
            rings = min(1.0, segment.features.get(f"partial_{number}_decay_s", RINGS_S) / RINGS_S)
            level_db = min(0.0, segment.features.get(f"partial_{number}_db", 0.0))
            weight = gain_of(level_db) * rings * _dominance(hz)
            found.append(Partial(segment.id, title, segment.start_s, number, hz, weight))
    return tuple(found)


def _dominance(hz: float) -> float:
    """How much a partial counts for pitch by where it is, 1 at 700 Hz.

    After Terhardt, Stoll and Seewann, "Algorithm for extraction of pitch and pitch salience from complex tonal
    signals", JASA 71, 1982, equation 9.
    """
    return 1.0 / math.sqrt(1.0 + 0.07 * (hz / 700.0 - 700.0 / hz) ** 2)


def partials_in(segments: Iterable[Segment], catalogue: Catalogue) -> tuple[Partial, ...]:
    """Partials of sounds as often as they play, in order of the segments' ids; what plays often weighs more."""
    strokes = Counter(segment.id for segment in segments)
    found = []
    for key in sorted(strokes):
        segment = catalogue.segment(key)
        partials = partials_of(segment, catalogue.recording_of(segment).title)
        found += [replace(one, weight=one.weight * math.sqrt(strokes[key])) for one in partials]
    return tuple(found)


def tuning_of(partials: Iterable[Partial], *, name: str = "objects", objects: tuple[str, ...] = (),
              most_degrees: int = MOST_DEGREES) -> Tuning:  # fmt: skip
    """Scale of the partials that weigh most together with those at the same place, folded into one octave.

    Its reference is the weightiest; every degree lies exactly on a partial.

    Parameters
    ----------
    partials : at least one
    objects
        Tags of what they are partials of; what is one of these keeps its own pitch.
    most_degrees : int
        What is lighter than so many is left out.

    Raises
    ------
    ValueError
        If there are no partials.

    Examples
    --------
    >>> bell = [Partial("b", "bell", 0.0, n, hz, w) for n, hz, w in ((1, 200.0, 1.0), (2, 480.0, 0.5), (3, 802.0, 0.4))]
    >>> [(round(degree.cents), len(degree.partials)) for degree in tuning_of(bell).degrees]
    [(0, 2), (316, 1)]
    """
    heaviest = sorted(partials, key=lambda one: (-one.weight, one.hz, one.segment_id))[:MOST_PARTIALS]
    if not heaviest:
        raise ValueError("there are no partials")
    folded = np.array([OCTAVE_CENTS * math.log2(one.hz / heaviest[0].hz) % OCTAVE_CENTS for one in heaviest])
    weights = np.array([one.weight for one in heaviest])
    support = (_apart(folded[:, None], folded[None, :]) < SAME_CENTS) @ weights
    order = np.argsort(-np.round(support, 9), kind="stable")
    reference_hz, folded = heaviest[order[0]].hz, (folded - folded[order[0]]) % OCTAVE_CENTS
    groups: list[tuple[float, list[Partial]]] = []
    for place in order:
        cents, partial = float(folded[place]), heaviest[place]
        near = [group for group in groups if _apart(group[0], cents) < APART_CENTS]
        if near:
            min(near, key=lambda group: float(_apart(group[0], cents)))[1].append(partial)
        elif len(groups) < most_degrees:
            groups.append((cents, [partial]))
    degrees = [Degree(cents, sum(one.weight for one in members), tuple(members)) for cents, members in groups]
    return Tuning(name, reference_hz, tuple(sorted(degrees, key=lambda degree: degree.cents)), objects=objects)


def _apart(first_cents: ArrayLike, second_cents: ArrayLike) -> NDArray[np.float64]:
    """Distance round the octave."""
    away = np.abs(np.subtract(first_cents, second_cents)) % OCTAVE_CENTS
    return np.asarray(np.minimum(away, OCTAVE_CENTS - away))
