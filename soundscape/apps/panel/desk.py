"""What the page asks of a catalogue: to find, to show, to play, and to keep what a person says.

Every call opens the catalogue for itself, so any thread may call; changes come one after the other. A change says how
the person saw the segment: is it another stretch by now, the change is refused. What undoes a change goes with its
answer, as what to ask for, and with what persons said of the segments by then: has somebody said other things since,
it is refused too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock

from soundscape.analysis.taggers.stronger import Stronger
from soundscape.analysis.takes import as_heard, check_unchanged
from soundscape.apps.panel.images import image_row
from soundscape.apps.panel.rows import Row, detail_row, found_row, segment_row, take_row
from soundscape.apps.panel.sound import wave_of
from soundscape.catalogue.search import Found
from soundscape.catalogue.segment import Kind, Recording, Segment
from soundscape.catalogue.store import Store
from soundscape.catalogue.tags import is_a, tag_named
from soundscape.catalogue.terms import And, Is, Not
from soundscape.deliver.pictures.bars import lanes_of
from soundscape.errors import CatalogueError
from soundscape.units import frame_at

PER_PAGE = 50
SAME_S = 1e-6
LEAST_FRAMES = 4
"""Of a stretch that is drawn or played."""
PATIENCE_S = 120.0
"""How long a change waits while something else writes: learning from a large catalogue takes a while."""
MOST_BARS = 400
"""Segments beyond it are not drawn over one picture."""


Words = Mapping[str, bool | None]
"""What persons say of a segment: of each name whether it is there; with None nobody says anything."""


class Changed(CatalogueError):
    """A segment is not what the person saw when they changed it."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A segment as a page shows it."""

    id: str
    start_s: float
    end_s: float
    tags: tuple[str, ...] | None = None
    """Where the page says so."""
    said: Words | None = field(default=None, hash=False)
    """What persons had said of it, where the page says so."""


@dataclass(frozen=True, slots=True)
class _Before:
    """Segments before a change of their boundaries: what persons had said, and whether one was a person's already."""

    words: Mapping[str, Words] = field(default_factory=dict, hash=False)
    is_made: bool = False

    def undo(self, store: Store, segment_id: str, now: Sequence[Segment] = ()) -> Row:
        """What to ask for so that it is as before; where changes build on each other, as the machine heard it."""
        row = {"id": segment_id, "words": {key: dict(words) for key, words in self.words.items()},
               "segments": [_seen_row(store, one) for one in now]}  # fmt: skip
        return {"call": "undo", "row": row, "to_machine": self.is_made}


class Desk:
    """A catalogue, as the page uses it.

    Parameters
    ----------
    catalogue
        The file.
    learn
        Called after every change.
    models
        The user's own, which heard the recordings too.

    Raises
    ------
    CatalogueError
        If the file is missing or no catalogue.
    """

    def __init__(self, catalogue: Path, learn: Callable[[], None], models: Sequence[Stronger] = ()) -> None:
        self._path, self._learn, self._models = catalogue, learn, tuple(models)
        self._writing = Lock()
        self._store().close()

    def _store(self) -> Store:
        return Store(self._path, timeout_s=PATIENCE_S)

    # what is shown

    def about(self) -> Row:
        """The catalogue's name and size."""
        with self._store() as store:
            return {"catalogue": self._path.name, "n_segments": store.count(), "per_page": PER_PAGE}

    def find(self, query: str, page: int, like: str = "") -> Row:
        """A page of what a query finds, from page 0: the surest first, or what sounds most like a segment.

        Beyond the last it is the last.
        """
        with self._store() as store:
            asked = store.query(query)
            if like:  # which is not among what is like it
                asked = And((asked, Not(Is("id", "=", _the_one(store, like).segment.id))))
            n = store.count(asked)
            page = min(page, max(0, n - 1) // PER_PAGE)
            found = store.find(asked, like or None, limit=PER_PAGE, skip=PER_PAGE * page)
            return {"rows": [found_row(one.segment, one.recording) for one in found], "page": page,
                    "n": n, "like": like}  # fmt: skip

    def rows(self, segment_ids: Sequence[str]) -> Row:
        """Segments of a list as they are now, without those that are gone."""
        rows = []
        with self._store() as store:
            for key in segment_ids:
                with suppress(CatalogueError):
                    found = _the_one(store, key)
                    rows.append(found_row(found.segment, found.recording))
        return {"rows": rows}

    def segment(self, segment_id: str) -> Row:
        """A segment with all that is known of it."""
        with self._store() as store:
            return self._detail(store, _the_one(store, segment_id))

    def bars(self, recording_id: str, start_s: float, end_s: float) -> Row:
        """Segments within a stretch of a take, and those of the machine's that gave way there."""
        with self._store() as store:
            take = store.recording(recording_id)
            made = {one.id for one in store.made(take.id)}
            there, aside = ([one for one in some if one.start_s < end_s and one.end_s > start_s]
                            for some in (store.segments(take.id), store.aside(take.id)))  # fmt: skip
        lanes = [[{**segment_row(one), "by": "person" if one.id in made else "machine"} for one in lane]
                 for lane in lanes_of(there[:MOST_BARS])]  # fmt: skip
        now = {one.id for one in there}
        return {"take": take_row(take), "lanes": lanes, "n": len(there),
                "aside": [segment_row(one) for one in aside[:MOST_BARS] if one.id not in now]}  # fmt: skip

    def image(self, recording_id: str, start_s: float, end_s: float) -> Row:
        """A stretch of a take as a picture."""
        return image_row(*self._stretch(recording_id, start_s, end_s))

    def sound(self, recording_id: str, start_s: float, end_s: float) -> bytes:
        """A stretch of a take as a WAV file, or the beginning of a long one."""
        return wave_of(*self._stretch(recording_id, start_s, end_s))

    def _stretch(self, recording_id: str, start_s: float, end_s: float) -> tuple[Recording, float, float]:
        with self._store() as store:
            take = store.recording(recording_id)
            check_unchanged(store, take)
        as_heard(take)
        start_s, end_s = max(0.0, start_s), min(end_s, take.duration_s)
        if frame_at(end_s, take.rate_hz) - frame_at(start_s, take.rate_hz) < LEAST_FRAMES:
            raise CatalogueError(f"from {start_s:g} s to {end_s:g} s there is nothing of {take.title}",
                                 hint=f"it goes from 0 s to {take.duration_s:.6g} s")  # fmt: skip
        return take, start_s, end_s

    def _detail(self, store: Store, found: Found) -> Row:
        made = {one.id for one in store.made(found.recording.id)}
        return detail_row(found.segment, found.recording, made, store.segments(found.recording.id))

    def spoken(self, text: str) -> str:
        """What is said of files, by their names alone: where they are on this machine is nobody's business."""
        paths = [str(self._path)]
        with suppress(CatalogueError), self._store() as store:
            paths += store.paths()
        for path in sorted(filter(text.__contains__, paths), key=len, reverse=True):
            text = text.replace(path, path.replace("\\", "/").rsplit("/", 1)[-1])
        return text

    # what a person says

    def tag(self, seen: Seen, add: Sequence[str], remove: Sequence[str]) -> Row:
        """Add and remove tags, as `soundscape tag` does."""
        with self._writing, self._store() as store:
            now = _as_seen(store, seen).segment
            for name in (tag_named(one).name for one in remove):
                if not any(is_a(tag.name, name) for tag in now.tags):
                    raise Changed(f"{name} is no longer a tag of this segment", hint="look at it as it is now")
            before = store.said(now.id)
            store.tag_all([now.id], add, remove)
            after = store.said(now.id)
            words = {name: before.get(name) for name in before.keys() | after.keys()
                     if before.get(name) != after.get(name)}  # fmt: skip
            meanwhile = not _has_tags_seen(now, seen)
            note = "its tags had changed meanwhile; your change came on top" if meanwhile else ""
            undo = {"call": "say", "row": {**_seen_row(store, now), "words": words}} if words else None
            return self._kept(store, "tagged", [now.id], undo=undo, note=note)

    def say(self, seen: Seen, words: Words) -> Row:
        """Let persons have said of a segment's tags what they had said before."""
        with self._writing, self._store() as store:
            now = store.say_again(_as_seen(store, seen, with_tags=True).segment.id, words)
            return self._kept(store, "undone", [now.id])

    def move(self, seen: Seen, start_s: float | None, end_s: float | None) -> Row:
        """Let a segment begin or end at other times, as `soundscape segment --start --end` does."""
        from soundscape.analysis.boundaries import moved  # loads scipy

        with self._writing, self._store() as store:
            found = _as_seen(store, seen)
            was, before = found.segment, _before(store, [found])
            (now,) = store.recut([moved(store, found, start_s, end_s, self._models)])
            back = {**_seen_row(store, now), "start_s": was.start_s, "end_s": was.end_s}
            undo = {"call": "move", "row": back} if before.is_made else before.undo(store, now.id, [now])
            return self._kept(store, "moved", [now.id], undo=undo)

    def split(self, seen: Seen, at_s: Sequence[float]) -> Row:
        """Cut a segment in several, as `soundscape segment --split` does."""
        from soundscape.analysis.boundaries import split

        with self._writing, self._store() as store:
            found = _as_seen(store, seen)
            before = _before(store, [found])
            now = split(store, seen.id, at_s, models=self._models)
            undo = before.undo(store, now[0].id, now)
            return self._kept(store, "split", [one.id for one in now], [seen.id], undo=undo)

    def join(self, seen: Sequence[Seen]) -> Row:
        """Make one segment of several, as `soundscape segment --join` does."""
        from soundscape.analysis.boundaries import join

        with self._writing, self._store() as store:
            found = [_as_seen(store, one) for one in seen]
            before, ids = _before(store, found), [one.segment.id for one in found]
            now = join(store, ids, models=self._models)
            return self._kept(store, "joined", [now.id], ids, undo=before.undo(store, now.id, [now]))

    def add(self, recording_id: str, start_s: float, end_s: float, tags: Sequence[str], kind: Kind) -> Row:
        """Make a segment, as `soundscape segment --add` does."""
        from soundscape.analysis.boundaries import added
        from soundscape.analysis.stretches import Stretch

        with self._writing, self._store() as store:
            take = store.recording(recording_id)
            cut = added(store, take, Stretch(start_s, end_s, kind), tags, self._models)
            before = _before(store, [Found(one, take) for one in cut.gone], cut.words)
            (now,) = store.recut([cut])
            return self._kept(store, "added", [now.id], undo=before.undo(store, now.id, [now]))

    def delete(self, seen: Seen) -> Row:
        """Take a segment away, as `soundscape segment --delete` does."""
        from soundscape.analysis.boundaries import delete

        with self._writing, self._store() as store:
            found = _as_seen(store, seen, with_tags=True)
            before, take = _before(store, [found]), found.recording
            one = found.segment
            again = {"id": one.id, "take": take.id, "start_s": one.start_s, "end_s": one.end_s, "kind": one.kind,
                     "words": store.said(one.id)}  # fmt: skip
            aside = {one.id for one in store.aside(take.id)}
            delete(store, [seen.id])
            back = [_seen_row(store, other) for other in store.segments(take.id) if other.id in aside]
            undo = before.undo(store, seen.id)
            undo = ({"call": "again", "row": {**again, "segments": back}} if before.is_made
                    else {**undo, "row": {**undo["row"], "gone": [seen.id]}})  # fmt: skip
            return self._kept(store, "deleted", [], [seen.id], undo=undo)

    def again(
        self, segment_id: str, stretch: tuple[str, float, float], kind: Kind, words: Words, gave_way: Sequence[Seen]
    ) -> Row:
        """Make a segment again that a person had made and taken away.

        Parameters
        ----------
        stretch : the take, and where in it
        words : what persons had said of it
        gave_way : the machine's segments that came back when it went
        """
        from soundscape.analysis.boundaries import make_again
        from soundscape.analysis.stretches import Stretch

        recording_id, start_s, end_s = stretch
        with self._writing, self._store() as store:
            aside = [_as_seen(store, one).segment for one in gave_way]
            said = {name: present for name, present in words.items() if present is not None}
            now = make_again(store, store.recording(recording_id), Stretch(start_s, end_s, kind, segment_id), said,
                             aside, models=self._models)  # fmt: skip
            return self._kept(store, "undone", [now.id], [one.id for one in aside])

    def undo(
        self, segment_id: str, words: Mapping[str, Words], seen: Sequence[Seen] = (), gone: Sequence[str] = ()
    ) -> Row:
        """Give a segment the machine's boundaries back, as `soundscape segment --reset` does.

        Parameters
        ----------
        words : what persons had said of segments before the change
        seen : what the change made, if it is still so
        gone : what the change took away, if it is still away
        """
        with self._writing, self._store() as store:
            for one in seen:
                _as_seen(store, one, with_tags=True)
            if self.rows(gone)["rows"]:
                raise Changed("this segment is there again already", hint="look at it as it is now")
            undone = store.undo([segment_id], words)
            return self._kept(store, "undone", undone.back, [one for one in undone.gone if one not in undone.back])

    def _kept(
        self, store: Store, done: str, ids: Sequence[str], gone: Sequence[str] = (), *, undo: Row | None = None,
        note: str = "",
    ) -> Row:  # fmt: skip
        """What became of segments; learning begins."""
        now = [self._detail(store, store.segment(one)) for one in ids]
        self._learn()
        return {"done": done, "segments": now, "gone": list(gone), "undo": undo, "note": note}


def _the_one(store: Store, segment_id: str) -> Found:
    """The segment of that id, all of it."""
    found = store.segment(segment_id) if segment_id else None
    if found is None or found.segment.id != segment_id:
        raise CatalogueError(f"there is no segment {segment_id!r}", hint="search again: it may have another id now")
    return found


def _as_seen(store: Store, seen: Seen, *, with_tags: bool = False) -> Found:
    """The segment as it is now, if it is the stretch that the person saw, and persons said of it what they had said.

    Parameters
    ----------
    with_tags
        Whether its tags, too, are to be those that the person saw: where the change takes them away.

    Raises
    ------
    Changed
        If it is another by now, or gone.
    """
    try:
        found = _the_one(store, seen.id)
    except CatalogueError:
        raise Changed("this segment was split, joined or deleted meanwhile, and nothing of your change was kept",
                      hint="search again, and look at what is there now") from None  # fmt: skip
    now = found.segment
    if abs(now.start_s - seen.start_s) > SAME_S or abs(now.end_s - seen.end_s) > SAME_S:
        raise Changed(f"its boundaries were changed meanwhile: it goes from {now.start_s:.3f} s to {now.end_s:.3f} s,"
                      " and nothing of your change was kept", hint="listen to it as it is now")  # fmt: skip
    is_said_otherwise = seen.said is not None and store.said(now.id) != seen.said
    if is_said_otherwise or (with_tags and not _has_tags_seen(now, seen)):
        names = ", ".join(tag.name for tag in now.tags) or "none"
        raise Changed(f"its tags were changed meanwhile, and nothing of your change was kept; they are: {names}",
                      hint="look at it as it is now")  # fmt: skip
    return found


def _has_tags_seen(now: Segment, seen: Seen) -> bool:
    return seen.tags is None or {tag.name for tag in now.tags} == set(seen.tags)


def _seen_row(store: Store, segment: Segment) -> Row:
    """A segment as a change left it. Its tags are not in it: the machine may learn others from the change."""
    return {"id": segment.id, "start_s_seen": segment.start_s, "end_s_seen": segment.end_s,
            "said_seen": store.said(segment.id)}  # fmt: skip


def _before(store: Store, found: Sequence[Found], words: Iterable[str] = ()) -> _Before:
    """Segments before a change; `words` are names of which the change itself says something."""
    said = {one.segment.id: store.said(one.segment.id) for one in found}
    names = {name for some in said.values() for name in some} | set(words)
    made = {one.id for take in {one.recording.id for one in found} for one in store.made(take)}
    return _Before({key: {name: some.get(name) for name in names} for key, some in said.items()},
                   not made.isdisjoint(said))  # fmt: skip
