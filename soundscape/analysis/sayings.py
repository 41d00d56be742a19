"""What a person's labels say: of which segment of a take each speaks, where it wants it, and what is heard there.

A label's words are tags, parted by commas; a word such as `#3fa9c1` names the segment it speaks of. Without such a word
it speaks of the segment that it covers best.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace

from soundscape.catalogue.corrections import SAME, overlap
from soundscape.catalogue.labels import Label, Labelled
from soundscape.catalogue.segment import Recording, Segment
from soundscape.catalogue.tags import is_a, is_no_tag, tag_named
from soundscape.errors import CatalogueError

ID = "#"
"""What the word that names a segment begins with."""
STILL_S = 0.001
"""Editors round times; who moves a boundary moves it farther."""


@dataclass(frozen=True, slots=True)
class Saying:
    """A label, understood."""

    label: Label
    where: str
    names: tuple[str, ...] = ()
    """Tags that are heard."""
    is_of_tags: bool = False
    """Whether it says what is heard; `unknown` says so by no name, an id alone does not."""
    no_tags: tuple[str, ...] = ()
    """Words that are no tags, where these are passed over."""
    segment: Segment | None = None
    """Of which it speaks."""
    is_named: bool = False
    """Whether by its id."""

    @property
    def edges(self) -> tuple[float, float]:
        """Where it wants its segment; an edge that an editor has only rounded stays to the bit."""
        label, segment = self.label, self.segment
        if segment is None:
            return label.start_s, label.end_s
        start_s, end_s = (was if abs(now - was) <= STILL_S else now for now, was in
                          ((label.start_s, segment.start_s), (label.end_s, segment.end_s)))  # fmt: skip
        return start_s, end_s

    @property
    def is_move(self) -> bool:
        """Whether it wants the segment that it names elsewhere."""
        one = self.segment
        return self.is_named and one is not None and self.edges != (one.start_s, one.end_s)


def understood(
    recording: Recording, segments: Sequence[Segment], labelled: Labelled, where: str, *, ignore_unknown: bool
) -> list[Saying]:
    """What each label says, of segments of a recording.

    Raises
    ------
    CatalogueError
        If a word is no tag, or an id is no segment, or that of another label too; the message begins with `where`.
    """
    sayings, named = [], dict[str, Saying]()
    lines = labelled.lines or (0,) * len(labelled.labels)
    for label, line in zip(labelled.labels, lines, strict=True):
        one, key = _words(label, f"{where}, line {line}" if line else where, ignore_unknown=ignore_unknown)
        if key is not None:
            segment = _of_id(segments, key, recording, one.where)
            if segment.id in named:
                raise CatalogueError(f"{one.where}: segment {key} is named by another label",
                                     hint=f"by {named[segment.id].where}")  # fmt: skip
            one = named[segment.id] = replace(one, segment=segment, is_named=True)
        sayings.append(one)
    others = [one for one in segments if one.id not in named]
    return [one if one.is_named else replace(one, segment=_spoken_of(one.label, named.values(), others))
            for one in sayings]  # fmt: skip


def _words(label: Label, where: str, *, ignore_unknown: bool) -> tuple[Saying, str | None]:
    """What a label says by its words, and the beginning of a segment's id, if it names one."""
    names, no_tags, key, is_of_tags = [], list[str](), None, False
    for word in (part.strip() for part in label.text.replace(";", ",").split(",")):
        if word.startswith(ID):
            key = word[len(ID) :]
            continue
        try:
            names += [tag_named(word).name] if word and not is_no_tag(word) else []
            is_of_tags |= bool(word)
        except CatalogueError as error:
            if not ignore_unknown:
                raise CatalogueError(f"{where}: {error}", hint=f"{error.hint}; or --ignore-unknown") from None
            no_tags.append(word)
    return Saying(label, where, tuple(names), is_of_tags, tuple(no_tags)), key


def _of_id(segments: Sequence[Segment], key: str, recording: Recording, where: str) -> Segment:
    found = [one for one in segments if key and one.id.startswith(key)]
    if len(found) != 1:
        raise CatalogueError(f"{where}: {len(found) or 'no'} segments of {recording.path} are {key!r}",
                             hint="soundscape labels export writes ids as they are now")  # fmt: skip
    return found[0]


def _spoken_of(label: Label, named: Iterable[Saying], others: Sequence[Segment]) -> Segment | None:
    """The segment of the label that a label without an id lies upon, else the one that it covers best, if any."""
    for one in named:
        if max(abs(label.start_s - one.label.start_s), abs(label.end_s - one.label.end_s)) <= STILL_S:
            return one.segment
    shares = [(overlap((label.start_s, label.end_s), (one.start_s, one.end_s)), -place)
              for place, one in enumerate(others) if label.duration_s]  # fmt: skip
    share, place = max(shares, default=(0.0, 0))
    return others[-place] if share >= SAME else None


def words_of(sayings: Iterable[Saying], *, confirm: bool) -> dict[str, dict[str, bool]]:
    """What labels say otherwise than their segments are tagged now: by id, for each name whether it is there.

    All labels of a segment together name all that is heard in it.

    Parameters
    ----------
    confirm : bool
        Say too what only the machine said so far.
    """
    named: dict[str, tuple[Segment, list[str]]] = {}
    for one in sayings:
        if one.segment is not None and one.is_of_tags:
            named.setdefault(one.segment.id, (one.segment, []))[1].extend(one.names)
    found = {key: _otherwise(segment, dict.fromkeys(names), confirm=confirm) for key, (segment, names) in named.items()}
    return {key: words for key, words in found.items() if words}


def _otherwise(segment: Segment, names: Collection[str], *, confirm: bool) -> dict[str, bool]:
    now = {tag.name: tag.by for tag in segment.tags}
    gone = [name for name in now if name not in names]
    said = [name for name in names if name not in now or (confirm and now[name] == "machine")
            or any(is_a(name, above) for above in gone)]  # which would go with what is above it  # fmt: skip
    return dict.fromkeys(gone, False) | dict.fromkeys(said, True)


def only(names: Iterable[str], heard: Segment) -> dict[str, bool]:
    """That of all that a machine hears in a segment nothing but these is there."""
    return dict.fromkeys((tag.name for tag in heard.tags), False) | dict.fromkeys(names, True)
