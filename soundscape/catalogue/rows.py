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
    """Tags with a person's before a machine's, then the surest first."""
    return tuple(sorted(tags, key=lambda tag: (tag.by != "person", -tag.confidence, tag.name)))


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
