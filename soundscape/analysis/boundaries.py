"""Boundaries of segments as a person wants them: move, split, join, add and delete.

Each change measures the new stretches and keeps all in one transaction; what was learned from corrections is brought up
to date by `soundscape.analysis.learning.learn` afterwards. `Store.undo` gives the machine's boundaries back.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from types import MappingProxyType

from soundscape.analysis.stretches import Stretch, analyser_of, measured, within
from soundscape.analysis.taggers.stronger import Stronger
from soundscape.analysis.takes import check_unchanged
from soundscape.catalogue.boundaries import Cut
from soundscape.catalogue.corrections import overlap
from soundscape.catalogue.giving_way import MOSTLY
from soundscape.catalogue.search import Found
from soundscape.catalogue.segment import Kind, Recording, Segment
from soundscape.catalogue.store import Store
from soundscape.catalogue.tags import tag_named
from soundscape.errors import CatalogueError


def move(
    store: Store, segment_id: str, *, start_s: float | None = None, end_s: float | None = None,
    models: Sequence[Stronger] = (),
) -> Segment:  # fmt: skip
    """Let a segment begin or end at other times; it keeps its id.

    Parameters
    ----------
    store : Store
    segment_id : str
        Id, or the beginning of one if only one begins so.
    start_s, end_s : float or None
        Seconds from the start of the recording; None leaves it.
    models : Stronger
        The user's own, which heard the recording too.

    Raises
    ------
    CatalogueError
        If there is no such segment, or the times cannot be; nothing has changed then.
    AudioError
        If the recording's file is gone or cannot be read.
    """
    return store.recut([moved(store, store.segment(segment_id), start_s, end_s, models)])[0]


def moved(store: Store, found: Found, start_s: float | None, end_s: float | None, models: Sequence[Stronger]) -> Cut:
    """The change that `move` makes, measured and not kept yet."""
    one = found.segment
    stretch = Stretch(one.start_s if start_s is None else start_s, one.end_s if end_s is None else end_s,
                      one.kind, one.id)  # fmt: skip
    return _cut(store, found.recording, [one], [stretch], models)


def split(store: Store, segment_id: str, at_s: Sequence[float], *, models: Sequence[Stronger] = ()) -> list[Segment]:
    """Make several segments of one, cut at times in seconds from the start of the recording; see `move`."""
    found = store.segment(segment_id)
    one = found.segment
    for time_s in at_s:
        if not one.start_s < time_s < one.end_s:
            raise CatalogueError(f"{time_s:g} s is not within segment {one.id}",
                                 hint=f"it goes from {one.start_s:.6g} s to {one.end_s:.6g} s")  # fmt: skip
    edges = [one.start_s, *sorted(set(at_s)), one.end_s]
    return store.recut([_cut(store, found.recording, [one], [Stretch(*pair, one.kind) for pair in pairwise(edges)],
                             models)])  # fmt: skip


def join(store: Store, segment_ids: Sequence[str], *, models: Sequence[Stronger] = ()) -> Segment:
    """Make one segment of several, from the first start to the last end, with what is between; see `move`."""
    found = _all_found(store, segment_ids)
    if len(found) < 2:
        what = f"one segment, {found[0].segment.id}," if found else "no segment"
        raise CatalogueError(f"{what} cannot be joined", hint="name two or more")
    takes = {one.recording.id: one.recording for one in found}
    if len(takes) > 1:
        paths = " and ".join(take.path for take in list(takes.values())[:2])
        raise CatalogueError(f"segments of {paths} cannot be joined", hint="name segments of one recording")
    gone = [one.segment for one in found]
    kinds = {one.kind for one in gone}
    stretch = Stretch(min(one.start_s for one in gone), max(one.end_s for one in gone),
                      kinds.pop() if len(kinds) == 1 else "event")  # fmt: skip
    return store.recut([_cut(store, found[0].recording, gone, [stretch], models)])[0]


def add(
    store: Store, recording: str, start_s: float, end_s: float, *, tags: Sequence[str] = (), kind: Kind = "event",
    models: Sequence[Stronger] = (),
) -> Segment:  # fmt: skip
    """Make a segment where a person hears one; see `move`.

    A segment of the machine's that is mostly the same stretch gives way.

    Parameters
    ----------
    recording : str
        Its path or id, or the beginning of one if only one begins so.
    start_s, end_s : float
        Seconds from the start of the recording.
    tags : names of tags
        The person's word on it.
    kind : str
        An event of a stable pitch becomes a note.
    """
    return store.recut([added(store, store.recording(recording), Stretch(start_s, end_s, kind), tags, models)])[0]


def added(
    store: Store, recording: Recording, stretch: Stretch, tags: Sequence[str], models: Sequence[Stronger], *,
    instead: bool = True,
) -> Cut:  # fmt: skip
    """The change that `add` makes, measured and not kept yet.

    Parameters
    ----------
    instead : bool
        Whether a segment of the machine's that is mostly the same stretch gives way; else it stays beside.
    """
    words = {tag_named(name).name: True for name in tags}
    persons = {one.id for one in store.made(recording.id)}
    others = [one for one in store.segments(recording.id) if one.id not in persons and instead]
    alike = [(overlap(stretch[:2], (one.start_s, one.end_s)), one) for one in others]
    share, nearest = max(alike, key=lambda one: one[0], default=(0.0, None))
    gone = [nearest] if nearest is not None and share > MOSTLY else []
    return _cut(store, recording, gone, [stretch], models, words)


def delete(store: Store, segment_ids: Sequence[str]) -> list[Segment]:
    """Take segments away, all or none, and return them as they were; no analysis brings them back.

    Raises
    ------
    CatalogueError
        If there is no such segment.
    """
    found = _all_found(store, segment_ids)
    store.recut([Cut(one.recording, (one.segment,)) for one in found])
    return [one.segment for one in found]


def make_again(
    store: Store, recording: Recording, stretch: Stretch, words: Mapping[str, bool], gave_way: Sequence[Segment], *,
    models: Sequence[Stronger] = (),
) -> Segment:  # fmt: skip
    """Take back that a segment was deleted that a person had made; see `move`.

    Parameters
    ----------
    stretch : Stretch
        With the id it had.
    words : what persons had said of it
    gave_way : the machine's segments that came back when it went
    """
    said = {tag_named(name).name: present for name, present in words.items()}
    return store.make_again(_cut(store, recording, gave_way, [stretch], models, said))[0]


def _all_found(store: Store, segment_ids: Sequence[str]) -> list[Found]:
    found = [store.segment(one) for one in segment_ids]
    return list({one.segment.id: one for one in found}.values())


def _cut(
    store: Store, recording: Recording, gone: Sequence[Segment], stretches: Sequence[Stretch],
    models: Sequence[Stronger], words: Mapping[str, bool] = MappingProxyType({}),
) -> Cut:  # fmt: skip
    """A change, with its new stretches checked and measured."""
    wanted = [within(recording, one) for one in stretches]
    analyser = analyser_of(models)
    if not store.known(recording.id, analyser):
        raise CatalogueError(f"{recording.path} was heard by another version, or with other models",
                             hint="ingest its folder again, or name the model by --tagger")  # fmt: skip
    check_unchanged(store, recording)
    return Cut(recording, tuple(gone), tuple(measured(recording, wanted, models)), analyser, words)
