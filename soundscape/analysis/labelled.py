"""A person's labels of a take as corrections: of tags, and of boundaries.

A label's words are tags, parted by commas; a word such as `#3fa9c1` names the segment it speaks of. Without such a word
it speaks of the segment that it covers best; where there is none, it makes one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from soundscape.analysis.boundaries import added, moved
from soundscape.analysis.stretches import Stretch
from soundscape.analysis.taggers.stronger import Stronger
from soundscape.catalogue.boundaries import Cut
from soundscape.catalogue.corrections import SAME, overlap
from soundscape.catalogue.labels import Label, Labelled
from soundscape.catalogue.search import Found
from soundscape.catalogue.segment import Recording, Segment
from soundscape.catalogue.store import Store
from soundscape.catalogue.tags import tag_named
from soundscape.errors import AudioError, CatalogueError
from soundscape.progress import Progress, quiet

NO_TAG = "unknown"
"""What a segment without a tag is called; nobody says so of it."""
ID = "#"
"""What the word that names a segment begins with."""
STILL_S = 0.001
"""Editors round times; who moves a boundary moves it farther."""


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of labels."""

    n_tagged: int = 0
    n_moved: int = 0
    n_added: int = 0
    passed_over: tuple[Label, ...] = ()
    """Points in time where no segment is."""

    @property
    def n_kept(self) -> int:
        """How many changed something."""
        return self.n_tagged + self.n_moved + self.n_added


@dataclass(frozen=True, slots=True)
class _Said:
    """A label, understood."""

    label: Label
    names: tuple[str, ...]
    segment: Segment | None
    """Of which it speaks."""
    is_named: bool
    where: str


def label_of(segment: Segment, *, with_id: bool = False) -> Label:
    """A segment as a label: its tags, the surest first, and how sure that is; its id too if that is asked for.

    Examples
    --------
    >>> from soundscape.catalogue.segment import Tag
    >>> creak = Segment("3fa9", "gate", 1.0, 2.5, tags=(Tag("gate.creak", 0.8), Tag("wind", 0.3)))
    >>> label_of(creak, with_id=True)
    Label(start_s=1.0, end_s=2.5, text='gate.creak, wind, #3fa9', low_hz=None, high_hz=None, confidence=0.8)
    """
    words = [tag.name for tag in segment.tags] or [NO_TAG]
    words += [f"{ID}{segment.id}"] if with_id else []
    sure = segment.tags[0].confidence if segment.tags else None
    return Label(segment.start_s, segment.end_s, ", ".join(words), confidence=sure)


def take_labels(
    store: Store, recording: Recording, labelled: Labelled, *, where: str = "labels", ignore_unknown: bool = False,
    models: Sequence[Stronger] = (), progress: Progress = quiet,
) -> Taken:  # fmt: skip
    """Keep labels as a person's corrections of a recording, all or none.

    Parameters
    ----------
    where : str
        What to call the labels in errors, before the line.
    ignore_unknown : bool
        Pass over words that are no tags.
    models : Stronger
        The user's own, which heard the recording too.
    progress : Progress
        Counts the segments that are measured.

    Raises
    ------
    CatalogueError
        If a word is no tag, an id is no segment of the recording, or a segment cannot be where a label is.
    AudioError
        If a boundary is moved and the recording's file is gone.
    """
    said = _understood(store, recording, labelled, where, ignore_unknown=ignore_unknown)
    moves = [one for one in said if one.is_named and _is_elsewhere(one)]
    tags: dict[str, list[str]] = {}
    new: dict[tuple[float, float], list[_Said]] = {}
    for one in said:
        if one.segment is not None:
            tags.setdefault(one.segment.id, []).extend(one.names)
        elif one.names and one.label.duration_s:
            new.setdefault((one.label.start_s, one.label.end_s), []).append(one)
    n_tagged = sum(bool(one.names) for one in said if one.segment is not None and one not in moves)
    cuts: list[Cut] = []
    n_all = len(moves) + len(new)
    for measure, some in ((_moved, [[one] for one in moves]), (_added, list(new.values()))):
        for labels in some:
            progress("measuring", len(cuts), n_all)
            cuts.append(measure(store, recording, labels, models))
    if n_all:
        progress("measuring", n_all, n_all)
    store.recut(cuts, tags)
    points = tuple(one.label for one in said if one.segment is None and one.names and not one.label.duration_s)
    return Taken(n_tagged, len(moves), sum(map(len, new.values())), points)


def _understood(
    store: Store, recording: Recording, labelled: Labelled, where: str, *, ignore_unknown: bool
) -> list[_Said]:
    segments = store.segments(recording.id)
    lines = labelled.lines or (0,) * len(labelled.labels)
    places = [f"{where}, line {line}" if line else where for line in lines]
    words = [
        _words(label, place, ignore_unknown=ignore_unknown)
        for label, place in zip(labelled.labels, places, strict=True)
    ]
    named: dict[str, str] = {}
    found: list[Segment | None] = []
    for (_, key), place in zip(words, places, strict=True):
        segment = None if key is None else _of_id(segments, key, recording, place)
        if segment is not None and segment.id in named:
            raise CatalogueError(f"{place}: segment {key} is named by another label", hint=f"by {named[segment.id]}")
        found.append(segment)
        named |= {segment.id: place} if segment is not None else {}
    others = [one for one in segments if one.id not in named]
    return [
        _Said(label, names, segment or (_covered(label, others) if names else None), segment is not None, place)
        for label, (names, _), segment, place in zip(labelled.labels, words, found, places, strict=True)
    ]


def _words(label: Label, place: str, *, ignore_unknown: bool) -> tuple[tuple[str, ...], str | None]:
    """Tags that a label names, and the beginning of a segment's id, if it names one."""
    names, key = [], None
    for word in (part.strip() for part in label.text.replace(";", ",").split(",")):
        if word.startswith(ID):
            key = word[len(ID) :]
            continue
        try:
            names += [tag_named(word).name] if word and word != NO_TAG else []
        except CatalogueError as error:
            if not ignore_unknown:
                raise CatalogueError(f"{place}: {error}", hint=f"{error.hint}; or --ignore-unknown") from None
    return tuple(names), key


def _of_id(segments: Sequence[Segment], key: str, recording: Recording, place: str) -> Segment:
    found = [one for one in segments if key and one.id.startswith(key)]
    if len(found) != 1:
        raise CatalogueError(f"{place}: {len(found) or 'no'} segments of {recording.path} are {key!r}",
                             hint="soundscape labels export --ids writes ids as they are now")  # fmt: skip
    return found[0]


def _covered(label: Label, segments: Sequence[Segment]) -> Segment | None:
    """The segment that a label covers best, if it covers one."""
    shares = [(overlap((label.start_s, label.end_s), (one.start_s, one.end_s)), -place)
              for place, one in enumerate(segments) if label.duration_s]  # fmt: skip
    share, place = max(shares, default=(0.0, 0))
    return segments[-place] if share >= SAME else None


def _is_elsewhere(one: _Said) -> bool:
    return _edges(one) != (one.segment.start_s, one.segment.end_s) if one.segment is not None else False


def _edges(one: _Said) -> tuple[float, float]:
    """Where a label wants its segment; an edge that an editor has only rounded stays to the bit."""
    label, segment = one.label, one.segment
    if segment is None:
        return label.start_s, label.end_s
    start_s, end_s = (was if abs(now - was) <= STILL_S else now for now, was in
                      ((label.start_s, segment.start_s), (label.end_s, segment.end_s)))  # fmt: skip
    return start_s, end_s


def _moved(store: Store, recording: Recording, some: Sequence[_Said], models: Sequence[Stronger]) -> Cut:
    """A segment where the one label that names it is."""
    segment = some[0].segment
    if segment is None:
        raise ValueError(f"{some[0].where}: no segment is named")
    with _at(some[0].where):
        return moved(store, Found(segment, recording), *_edges(some[0]), models)


def _added(store: Store, recording: Recording, some: Sequence[_Said], models: Sequence[Stronger]) -> Cut:
    """A new segment where labels are, several of which may say what it is."""
    label, names = some[0].label, tuple(dict.fromkeys(name for one in some for name in one.names))
    with _at(some[0].where):
        return added(store, recording, Stretch(label.start_s, label.end_s), names, models, instead=False)


@contextmanager
def _at(where: str) -> Iterator[None]:
    """Say which label an error is about."""
    try:
        yield
    except (AudioError, CatalogueError) as error:
        raise type(error)(f"{where}: {error}", hint=error.hint) from None
