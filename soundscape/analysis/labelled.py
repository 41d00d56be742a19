"""A person's labels of a take as corrections: of tags, and of boundaries.

A label names all that is heard in the segment it speaks of; where there is none, it makes one. One that says what the
segment is tagged with already, as it does when it was only exported, teaches nothing unless the person confirms it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

from soundscape.analysis.boundaries import added, moved
from soundscape.analysis.sayings import ID, Saying, only, understood, words_of
from soundscape.analysis.stretches import Stretch
from soundscape.analysis.taggers.stronger import Stronger
from soundscape.catalogue.boundaries import Cut
from soundscape.catalogue.labels import Label, Labelled
from soundscape.catalogue.search import Found
from soundscape.catalogue.segment import Recording, Segment
from soundscape.catalogue.store import Store
from soundscape.catalogue.tags import NO_TAG
from soundscape.errors import AudioError, CatalogueError
from soundscape.progress import Progress, quiet


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of labels."""

    n_tagged: int = 0
    """How many changed what a segment is tagged with."""
    n_moved: int = 0
    """How many moved one; they may have changed its tags too."""
    n_added: int = 0
    n_kept: int = 0
    """How many did any of these."""
    n_unchanged: int = 0
    """How many say what is so already."""
    n_guesses: int = 0
    """How many of those name tags that only the machine gave."""
    unlabelled: tuple[str, ...] = ()
    """Ids of segments of which no label speaks, where others are named by their ids."""
    passed_over: tuple[Label, ...] = ()
    """Points in time, and labels without a tag, where no segment is."""
    wordless: tuple[Label, ...] = ()
    """Labels of which no word is a tag, and which move nothing."""
    no_tags: tuple[str, ...] = ()
    """Words that are no tags, of these labels and of others."""


def label_of(segment: Segment, *, with_id: bool = True) -> Label:
    """A segment as a label: its tags, the surest first, and how sure that is; its id too if that is asked for.

    Examples
    --------
    >>> from soundscape.catalogue.segment import Tag
    >>> creak = Segment("3fa9", "gate", 1.0, 2.5, tags=(Tag("gate.creak", 0.8), Tag("wind", 0.3)))
    >>> label_of(creak)
    Label(start_s=1.0, end_s=2.5, text='gate.creak, wind, #3fa9', low_hz=None, high_hz=None, confidence=0.8)
    """
    words = [tag.name for tag in segment.tags] or [NO_TAG]
    words += [f"{ID}{segment.id}"] if with_id else []
    sure = segment.tags[0].confidence if segment.tags else None
    return Label(segment.start_s, segment.end_s, ", ".join(words), confidence=sure)


def take_labels(
    store: Store, recording: Recording, labelled: Labelled, *, where: str = "labels", ignore_unknown: bool = False,
    confirm: bool = False, models: Sequence[Stronger] = (), progress: Progress = quiet,
) -> Taken:  # fmt: skip
    """Keep labels as a person's corrections of a recording, all or none.

    All labels that speak of a segment together name what is heard in it: tags it has not are added, and those they
    leave out are removed.

    Parameters
    ----------
    where : str
        What to call the labels in errors, before the line.
    ignore_unknown : bool
        Pass over words that are no tags.
    confirm : bool
        Take it as the person's word too where labels name what the machine heard.
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
    segments = store.segments(recording.id)
    sayings = understood(recording, segments, labelled, where, ignore_unknown=ignore_unknown)
    words = words_of(sayings, confirm=confirm)
    changes = _changes(sayings)
    cuts: list[Cut] = []
    for some in changes:
        progress("measuring", len(cuts), len(changes))
        cuts.append(_measured(store, recording, some, words, models))
    if changes:
        progress("measuring", len(changes), len(changes))
    store.recut(cuts, words)
    return _taken(sayings, segments, words)


def _changes(sayings: Sequence[Saying]) -> list[list[Saying]]:
    """Labels of each segment whose boundaries one changes, that one first, and of each new segment."""
    moves = {one.segment.id: [one] for one in sayings if one.is_move and one.segment is not None}
    new: dict[tuple[float, float], list[Saying]] = {}
    for one in sayings:
        if _is_new(one):
            new.setdefault(one.edges, []).append(one)
        elif one.segment is not None and one.segment.id in moves:
            moves[one.segment.id].append(one)
    return [*moves.values(), *new.values()]


def _is_new(one: Saying) -> bool:
    return one.segment is None and bool(one.names) and one.label.duration_s > 0.0


def _measured(
    store: Store, recording: Recording, some: Sequence[Saying], words: dict[str, dict[str, bool]],
    models: Sequence[Stronger],
) -> Cut:  # fmt: skip
    """A segment where labels want it; what is said of its tags holds against what is heard at its new place too."""
    first, names = some[0], tuple(dict.fromkeys(name for one in some for name in one.names))
    with _at(first.where):
        if first.segment is None:
            cut = added(store, recording, Stretch(*first.edges), names, models, instead=False)
            return replace(cut, words=only(names, cut.made[0].segment))
        cut = moved(store, Found(first.segment, recording), *first.edges, models)
    if first.segment.id in words:
        words[first.segment.id] |= only(names, cut.made[0].segment)
    return cut


def _taken(sayings: Sequence[Saying], segments: Sequence[Segment], words: Mapping[str, Mapping[str, bool]]) -> Taken:
    def is_correction(one: Saying) -> bool:
        return one.segment is not None and one.is_of_tags and one.segment.id in words

    kept = [one for one in sayings if is_correction(one) or one.is_move or _is_new(one)]
    rest = [one for one in sayings if not (is_correction(one) or one.is_move or _is_new(one))]
    wordless, left = ([one for one in rest if (bool(one.no_tags) and not one.is_of_tags) is is_so]
                      for is_so in (True, False))  # fmt: skip
    unchanged = [one for one in left if one.segment is not None]
    spoken_of = {one.segment.id for one in sayings if one.segment is not None}
    has_ids = any(one.is_named for one in sayings)
    return Taken(
        n_tagged=sum(map(is_correction, kept)),
        n_moved=sum(one.is_move for one in kept),
        n_added=sum(map(_is_new, kept)),
        n_kept=len(kept),
        n_unchanged=len(unchanged),
        n_guesses=sum(map(_is_guess, unchanged)),
        unlabelled=tuple(one.id for one in segments if has_ids and one.id not in spoken_of),
        passed_over=tuple(one.label for one in left if one.segment is None),
        wordless=tuple(one.label for one in wordless),
        no_tags=tuple(dict.fromkeys(word for one in sayings for word in one.no_tags)),
    )


def _is_guess(one: Saying) -> bool:
    """Whether a label names what only the machine said."""
    tags = one.segment.tags if one.segment is not None else ()
    return any(tag.by == "machine" and tag.name in one.names for tag in tags)


@contextmanager
def _at(where: str) -> Iterator[None]:
    """Say which label an error is about."""
    try:
        yield
    except (AudioError, CatalogueError) as error:
        raise type(error)(f"{where}: {error}", hint=error.hint) from None
