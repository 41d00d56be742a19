"""Recordings and segments as rows of tables, and back."""

from __future__ import annotations

import json
import math
import sqlite3
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any

from soundscape.catalogue.features import MEASURED
from soundscape.catalogue.segment import Recording, Segment, Tag
from soundscape.catalogue.tags import ancestors

RECORDING_COLUMNS = (
    "id",
    "path",
    "rate_hz",
    "n_channels",
    "n_frames",
    "recorded_at",
    "place",
    "recordist",
    "object_id",
    "licence",
    "description",
    "ambisonic",
    "titles",
    "features",
    "faults",
)
SEGMENT_COLUMNS = ("id", "recording_id", "start_s", "end_s", "kind", *MEASURED, "more")


def recording_row(recording: Recording) -> tuple[Any, ...]:
    """Values of a recording, in the order of `RECORDING_COLUMNS`."""
    plain = (getattr(recording, name) for name in RECORDING_COLUMNS[:-3])
    return (*plain, _json(dict(recording.titles)), _json(_finite(recording.features)), _json(list(recording.faults)))


def recording_of(row: Iterable[Any]) -> Recording:
    """Recording of a row of `RECORDING_COLUMNS`."""
    *plain, titles, features, faults = row
    return Recording(
        **dict(zip(RECORDING_COLUMNS[:-3], plain, strict=True)),
        titles=MappingProxyType(json.loads(titles)),
        features=MappingProxyType(json.loads(features)),
        faults=tuple(json.loads(faults)),
    )


def segment_row(segment: Segment) -> tuple[Any, ...]:
    """Values of a segment without its tags, in the order of `SEGMENT_COLUMNS`."""
    features = _finite(segment.features)
    measured = [features.pop(name, None) for name in MEASURED]
    return (segment.id, segment.recording_id, segment.start_s, segment.end_s, segment.kind, *measured, _json(features))


def segment_of(row: Iterable[Any], tags: Iterable[Tag]) -> Segment:
    """Segment of a row of `SEGMENT_COLUMNS` and the tags that hold for it."""
    key, recording_id, start_s, end_s, kind, *measured, more = row
    features = {name: value for name, value in zip(MEASURED, measured, strict=True) if value is not None}
    if more != "{}":
        features |= json.loads(more)
    return Segment(key, recording_id, start_s, end_s, kind, in_order(tags), MappingProxyType(features))


def in_order(tags: Iterable[Tag]) -> tuple[Tag, ...]:
    """Tags with a person's before a machine's, then the surest first.

    The share of a tag counts for those above it, which are never less sure. So a tag that is most of what one above it
    is stands before that one: the more is said by it.

    Examples
    --------
    >>> [tag.name for tag in in_order([Tag("flute", 0.9), Tag("wind", 0.7), Tag("flute.endblown", 0.5)])]
    ['flute.endblown', 'flute', 'wind']
    >>> [tag.name for tag in in_order([Tag("flute", 0.9), Tag("wind", 0.7), Tag("flute.endblown", 0.4)])]
    ['flute', 'wind', 'flute.endblown']
    """
    found = list(tags)
    if len(found) < 2:
        return tuple(found)
    leads = [(tag, _lead(tag, found)) for tag in found]
    leads.sort(key=lambda one: (one[0].by != "person", -one[1].confidence, one[1].name,
                                -len(ancestors(one[0].name)), -one[0].confidence, one[0].name))  # fmt: skip
    return tuple(tag for tag, _ in leads)


def _lead(tag: Tag, tags: Iterable[Tag]) -> Tag:
    """The surest of a tag and those above it of which it is most."""
    line = ancestors(tag.name)[1:]
    above = [one for one in tags if one.by == tag.by and one.name in line and 2.0 * tag.confidence > one.confidence]
    return max([tag, *above], key=lambda one: (one.confidence, -len(ancestors(one.name))))


def tags_of(rows: sqlite3.Cursor) -> dict[int, list[Tag]]:
    """Tags by the number of their segment, from rows (segment, name, confidence, by)."""
    found: dict[int, list[Tag]] = {}
    for segment, name, confidence, by in rows:
        found.setdefault(segment, []).append(Tag(name, confidence, by))
    return found


def _finite(features: Mapping[str, float]) -> dict[str, float]:
    """Features that are numbers: what could not be measured is left out."""
    return {name: float(value) for name, value in sorted(features.items()) if math.isfinite(value)}


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
