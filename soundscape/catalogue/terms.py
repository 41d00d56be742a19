"""What a query is made of: small frozen values that say whether a segment matches, and that print as they are read.

Logic has two values: a comparison with a number that a segment does not have is false, and its `not` is true.
"""

from __future__ import annotations

import math
import operator
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from soundscape.catalogue.features import OF_TAKE
from soundscape.catalogue.segment import Recording, Segment
from soundscape.catalogue.tags import FAMILIES, VOCABULARY, descendants, family_of, folded, tags_with

COMPARISONS: Mapping[str, Callable[[float, float], bool]] = {
    "<=": operator.le,
    ">=": operator.ge,
    "!=": operator.ne,
    "<": operator.lt,
    ">": operator.gt,
    "=": operator.eq,
}

FIELDS: Mapping[str, tuple[str, ...]] = {
    "kind": ("event", "texture", "note", "phrase"),
    "family": FAMILIES,
    "by": ("machine", "person"),
    "fault": ("clipped", "hum", "dc", "rumble", "wind", "handling", "quiet", "dropouts", "silent", "truncated"),
    "id": (),
    "recording_id": (),
    "object_id": (),
    "place": (),
    "recordist": (),
    "licence": (),
    "recorded_at": (),
    "path": (),
}
"""What can be compared with words, and the words there are where they are few."""


class Query(ABC):
    """What is looked for. Join with `&`, `|` and `~`."""

    @abstractmethod
    def matches(self, segment: Segment, recording: Recording) -> bool:
        """Whether a segment of that recording is looked for."""

    def __and__(self, other: Query) -> Query:
        return And((self, other))

    def __or__(self, other: Query) -> Query:
        return Or((self, other))

    def __invert__(self) -> Query:
        return Not(self)


@dataclass(frozen=True)
class Everything(Query):
    """Any segment: `*`."""

    def matches(self, segment: Segment, recording: Recording) -> bool:
        """Yes."""
        return True

    def __str__(self) -> str:
        return "*"


@dataclass(frozen=True)
class HasTag(Query):
    """A tag or one below it, at least so sure: `gate`, `bell@0.8`."""

    name: str
    at_least: float = 0.0

    def __post_init__(self) -> None:
        if self.name not in VOCABULARY or not 0.0 <= self.at_least <= 1.0:
            raise ValueError(f"tag {self.name!r} with a confidence of {self.at_least}")

    def matches(self, segment: Segment, recording: Recording) -> bool:
        """Whether it has such a tag."""
        wanted = descendants(self.name)
        return any(tag.name in wanted and tag.confidence >= self.at_least for tag in segment.tags)

    def __str__(self) -> str:
        return f"{self.name}@{written(self.at_least)}" if self.at_least else self.name


@dataclass(frozen=True)
class Unknown(Query):
    """A segment that has no tag: `unknown`."""

    def matches(self, segment: Segment, recording: Recording) -> bool:
        """Whether it has none."""
        return not segment.tags

    def __str__(self) -> str:
        return "unknown"


@dataclass(frozen=True)
class Compare(Query):
    """A number of a segment or of its recording: `duration_s > 2`."""

    feature: str
    comparison: str
    value: float

    def __post_init__(self) -> None:
        if self.comparison not in COMPARISONS or not math.isfinite(self.value):
            raise ValueError(f"comparison {self.feature} {self.comparison} {self.value}")

    def matches(self, segment: Segment, recording: Recording) -> bool:
        """Whether it has such a number."""
        value = number_of(self.feature, segment, recording)
        return value is not None and COMPARISONS[self.comparison](value, self.value)

    def __str__(self) -> str:
        return f"{self.feature} {self.comparison} {written(self.value)}"


@dataclass(frozen=True)
class Is(Query):
    """Words about a segment or its recording: `kind = note`, `licence ~ "CC"`; case and accents do not matter."""

    field: str
    comparison: str
    value: str

    def __post_init__(self) -> None:
        if self.field not in FIELDS or self.comparison not in ("=", "!=", "~"):
            raise ValueError(f"{self.field} {self.comparison} {self.value!r}")

    def matches(self, segment: Segment, recording: Recording) -> bool:
        """Whether its words are such."""
        words, wanted = (folded(word) for word in words_of(self.field, segment, recording)), folded(self.value)
        if self.comparison == "~":
            return any(wanted in word for word in words)
        return (wanted in words) == (self.comparison == "=")

    def __str__(self) -> str:
        value = self.value if self.value in FIELDS[self.field] else quoted(self.value)
        return f"{self.field} {self.comparison} {value}"


@dataclass(frozen=True)
class Text(Query):
    """Words that all occur, whole or within longer ones, in what is written about a recording or in a tag's names."""

    words: str

    def __post_init__(self) -> None:
        if not folded(self.words).split():
            raise ValueError("no words to look for")

    def matches(self, segment: Segment, recording: Recording) -> bool:
        """Whether every word occurs."""
        text, tags = recording_text(recording), {tag.name for tag in segment.tags}
        return all(word in text or not tags.isdisjoint(tags_with(word)) for word in folded(self.words).split())

    def __str__(self) -> str:
        return quoted(self.words)


@dataclass(frozen=True)
class And(Query):
    """All of two or more; an `And` inside another is taken apart."""

    terms: tuple[Query, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "terms", _flat(And, self.terms))

    def matches(self, segment: Segment, recording: Recording) -> bool:
        """Whether all match."""
        return all(term.matches(segment, recording) for term in self.terms)

    def __str__(self) -> str:
        return " and ".join(f"({term})" if isinstance(term, Or) else str(term) for term in self.terms)


@dataclass(frozen=True)
class Or(Query):
    """Any of two or more; an `Or` inside another is taken apart."""

    terms: tuple[Query, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "terms", _flat(Or, self.terms))

    def matches(self, segment: Segment, recording: Recording) -> bool:
        """Whether any matches."""
        return any(term.matches(segment, recording) for term in self.terms)

    def __str__(self) -> str:
        return " or ".join(str(term) for term in self.terms)


@dataclass(frozen=True)
class Not(Query):
    """The opposite."""

    term: Query

    def matches(self, segment: Segment, recording: Recording) -> bool:
        """Whether the term does not."""
        return not self.term.matches(segment, recording)

    def __str__(self) -> str:
        return f"not ({self.term})" if isinstance(self.term, And | Or) else f"not {self.term}"


def kinds_named(query: Query) -> frozenset[str]:
    """Kinds of segments that a query speaks of, whether it wants them or not.

    Examples
    --------
    >>> sorted(kinds_named(Or((Is("kind", "=", "note"), Not(Is("kind", "~", "ph"))))))
    ['note', 'phrase']
    """
    match query:
        case And(terms) | Or(terms):
            return frozenset().union(*map(kinds_named, terms))
        case Not(term):
            return kinds_named(term)
        case Is("kind", "~", part):
            return frozenset(kind for kind in FIELDS["kind"] if folded(part) in kind)
        case Is("kind", _, kind):
            return frozenset((folded(kind),))
    return frozenset()


def _flat(kind: type[And] | type[Or], terms: tuple[Query, ...]) -> tuple[Query, ...]:
    flat: list[Query] = []
    for term in terms:
        flat.extend(term.terms if isinstance(term, And | Or) and isinstance(term, kind) else [term])
    if len(flat) < 2:
        raise ValueError(f"{kind.__name__} joins two or more, got {len(flat)}")
    return tuple(flat)


def number_of(feature: str, segment: Segment, recording: Recording) -> float | None:
    """Value of a feature, None where the segment has none."""
    if feature in ("duration_s", "start_s", "end_s"):
        return float(getattr(segment, feature))
    if feature == "confidence":
        return segment.tags[0].confidence if segment.tags else 0.0
    if feature in ("rate_hz", "n_channels"):
        return float(getattr(recording, feature))
    if feature in OF_TAKE:
        return recording.features.get(feature)
    return recording.duration_s if feature == "recording_s" else segment.features.get(feature)


def words_of(field: str, segment: Segment, recording: Recording) -> tuple[str, ...]:
    """Words a field holds: one for most, any number for `by` and `fault`."""
    if field == "family":
        return (family_of(segment.tag),)
    if field == "by":
        return tuple(tag.by for tag in segment.tags)
    if field == "fault":
        return recording.faults
    return (getattr(segment if field in ("id", "kind", "recording_id") else recording, field),)


def recording_text(recording: Recording) -> str:
    """What is written about a recording, folded for search: titles, description, place, object, people, file name."""
    file_name = recording.path.replace("\\", "/").rsplit("/", 1)[-1]
    return _document(
        (
            *recording.titles.values(),
            recording.description,
            recording.place,
            recording.object_id,
            recording.recordist,
            recording.recorded_at,
            file_name,
        )
    )


@lru_cache(maxsize=4096)
def _document(texts: tuple[str, ...]) -> str:
    return "\n".join(folded(text) for text in texts)


def written(value: float) -> str:
    """Number as it is written in a query: as short as it can be read back.

    Examples
    --------
    >>> written(2.0), written(-0.25)
    ('2', '-0.25')
    """
    return repr(float(value)).removesuffix(".0")


def quoted(words: str) -> str:
    r"""Words in quotes, as a query reads them.

    Examples
    --------
    >>> quoted('the "old" gate')
    '"the \\"old\\" gate"'
    """
    return '"' + words.replace("\\", "\\\\").replace('"', '\\"') + '"'
