"""What the page is told, as plain values."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from soundscape.apps.cli.learn import in_words
from soundscape.catalogue.giving_way import ABOVE_OTHERS
from soundscape.catalogue.segment import Recording, Segment
from soundscape.catalogue.store import Store
from soundscape.catalogue.tags import VOCABULARY, family_of
from soundscape.errors import CatalogueError

if TYPE_CHECKING:
    from soundscape.analysis.learning import Learned

Row = dict[str, Any]
FACTS = ("place", "recorded_at", "recordist", "object_id", "licence", "description")
SHOWN = ("level_lufs", "true_peak_db", "pitch_hz", "attack_s", "decay_s", "centroid_hz")
"""Features that the page tells of a segment."""


def segment_row(segment: Segment) -> Row:
    """A segment with its tags."""
    tags = [{"name": tag.name, "confidence": round(tag.confidence, 4), "by": tag.by} for tag in segment.tags]
    return {"id": segment.id, "recording_id": segment.recording_id, "start_s": segment.start_s,
            "end_s": segment.end_s, "kind": segment.kind, "family": family_of(segment.tag) if segment.tag else "",
            "tags": tags}  # fmt: skip


def found_row(segment: Segment, recording: Recording) -> Row:
    """A segment in a list, with the name of its take."""
    return {**segment_row(segment), "title": recording.title, "titles": dict(recording.titles)}


def take_row(recording: Recording) -> Row:
    """A take: what is known of it, and its file's name without the folder."""
    facts = {name: getattr(recording, name) for name in FACTS if getattr(recording, name)}
    return {"id": recording.id, "title": recording.title, "titles": dict(recording.titles),
            "file": recording.path.replace("\\", "/").rsplit("/", 1)[-1], "duration_s": recording.duration_s,
            "rate_hz": recording.rate_hz, "n_channels": recording.n_channels, "facts": facts,
            "faults": list(recording.faults)}  # fmt: skip


def detail_row(segment: Segment, recording: Recording, made: Collection[str], all_of_take: Sequence[Segment]) -> Row:
    """A segment that somebody looks at: `by` is who set its boundaries.

    `before` and `after` are beside it in the take; `next` is what it can be joined with.
    """
    ordered = sorted(all_of_take, key=lambda one: (one.start_s, one.end_s, one.id))
    place = next(n for n, one in enumerate(ordered) if one.id == segment.id)
    like_it = [one for one in ordered[place + 1 :] if _layer(one) == _layer(segment) and one.start_s > segment.start_s]
    beside = {"before": ordered[place - 1].id if place else None,
              "after": ordered[place + 1].id if place + 1 < len(ordered) else None,
              "next": segment_row(like_it[0]) if like_it else None}  # fmt: skip
    features = {name: round(segment.features[name], 3) for name in SHOWN
                if math.isfinite(segment.features.get(name, math.nan))}  # fmt: skip
    return {**segment_row(segment), "by": "person" if segment.id in made else "machine", "features": features,
            "take": take_row(recording), **beside}  # fmt: skip


def _layer(segment: Segment) -> str:
    """What lies above or behind others is beside its like alone."""
    return segment.kind if segment.kind in ABOVE_OTHERS else ""


def words_rows() -> list[Row]:
    """The vocabulary: names, labels by language, and what else people call them."""
    return [{"name": one.name, "family": one.family, "labels": dict(one.labels), "also": list(one.also)}
            for one in VOCABULARY.values()]  # fmt: skip


def learned_row(store: Store, learned: Learned) -> Row:
    """What was learned, and what it calls otherwise than before: how many segments, and some of them."""
    change = learned.change
    moves = [{"before": before, "after": after, "n": n} for (before, after), n in change.moves.items()]
    first = []
    for one in change.first:
        try:
            found = store.segment(one.segment_id)
        except CatalogueError:  # it went meanwhile
            continue
        named: Mapping[str, Any] = {"before": one.before, "after": one.after}
        first.append({**found_row(found.segment, found.recording), **named})
    is_used = learned.lesson.is_used or not learned.lesson.examples
    return {"words": in_words(learned), "n_segments": change.n_segments, "moves": moves, "first": first,
            "is_used": is_used}  # fmt: skip
