"""A catalogue as a value: everything that was known at one moment, in one order, whatever the order of ingest was."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from soundscape.catalogue.query import parse_query
from soundscape.catalogue.rows import recording_row, segment_row
from soundscape.catalogue.segment import Recording, Segment
from soundscape.catalogue.terms import Query
from soundscape.catalogue.vectors import likeness, unit_rows
from soundscape.errors import CatalogueError


@dataclass(frozen=True, eq=False)
class Catalogue:
    """Recordings, their segments in canonical order (recording, start, id), and a vector for each segment.

    Parameters
    ----------
    recordings : mapping of id to Recording
    segments : in any order; put into canonical order here
    vectors : (n_segments, n_columns) float
        In the order of `segments`; kept as float32 of unit length.

    Examples
    --------
    >>> take = Recording("r1", "gate.wav", 48_000, 1, 480_000)
    >>> one, two = Segment("a", "r1", 0.0, 1.0), Segment("b", "r1", 2.0, 5.0)
    >>> catalogue = Catalogue({"r1": take}, (two, one), np.eye(2))
    >>> [segment.id for segment in catalogue.segments]
    ['a', 'b']
    >>> [segment.id for segment in catalogue.matching("duration_s > 2")]
    ['b']
    """

    recordings: Mapping[str, Recording]
    segments: tuple[Segment, ...]
    vectors: NDArray[np.float32]

    def __post_init__(self) -> None:
        if len(self.vectors) != len(self.segments):
            raise ValueError(f"{len(self.segments)} segments and {len(self.vectors)} vectors")
        if missing := {segment.recording_id for segment in self.segments} - set(self.recordings):
            raise ValueError(f"segments of recordings that are not there: {sorted(missing)}")
        places = [(s.recording_id, s.start_s, s.id) for s in self.segments]
        order = sorted(range(len(places)), key=places.__getitem__)
        vectors = unit_rows(np.asarray(self.vectors)[order])
        vectors.flags.writeable = False
        recordings = {key: self.recordings[key] for key in sorted(self.recordings)}
        object.__setattr__(self, "recordings", MappingProxyType(recordings))
        object.__setattr__(self, "segments", tuple(self.segments[place] for place in order))
        object.__setattr__(self, "vectors", vectors)

    @cached_property
    def digest(self) -> str:
        """Hash of the content, 32 hexadecimal digits: the same wherever the files are and whatever came first."""
        state = hashlib.blake2b(digest_size=16)
        for recording in self.recordings.values():
            state.update(json.dumps(recording_row(replace(recording, path=""))).encode())
        for segment in self.segments:
            tags = [(tag.name, tag.confidence, tag.by) for tag in segment.tags]
            state.update(json.dumps((segment_row(segment), tags)).encode())
        state.update(self.vectors.astype("<f4").tobytes())
        return state.hexdigest()

    @cached_property
    def _places(self) -> Mapping[str, int]:
        return {segment.id: place for place, segment in enumerate(self.segments)}

    def segment(self, segment_id: str) -> Segment:
        """Segment of that id.

        Raises
        ------
        CatalogueError
            If there is none.
        """
        return self.segments[self._place(segment_id)]

    def recording_of(self, segment: Segment) -> Recording:
        """Recording a segment is a stretch of."""
        return self.recordings[segment.recording_id]

    def matching(self, query: Query | str) -> tuple[Segment, ...]:
        """Segments that match, in canonical order.

        Raises
        ------
        QueryError
            If the query is text and cannot be understood.
        """
        asked = parse_query(query, features=self._features) if isinstance(query, str) else query
        return tuple(s for s in self.segments if asked.matches(s, self.recordings[s.recording_id]))

    def like(self, segment_id: str, n: int = 10, among: Iterable[Segment] | None = None) -> list[tuple[Segment, float]]:
        """The `n` segments most alike to one, without itself: pairs of segment and cosine (-1..1), the nearest first.

        `among` limits the choice; segments that are equally alike stand in canonical order.
        """
        to = self.vectors[self._place(segment_id)]
        wanted = self._places.values() if among is None else (self._place(segment.id) for segment in among)
        places = np.array(sorted(place for place in wanted if place != self._place(segment_id)), np.int64)
        alike = likeness(self.vectors[places], to)
        return [(self.segments[places[i]], float(alike[i])) for i in np.argsort(-alike, kind="stable")[:n]]

    @cached_property
    def _features(self) -> frozenset[str]:
        return frozenset().union(*(segment.features.keys() for segment in self.segments))

    def _place(self, segment_id: str) -> int:
        try:
            return self._places[segment_id]
        except KeyError:
            raise CatalogueError(
                f"there is no segment {segment_id!r} in the catalogue",
                hint="is it from another catalogue? name that one, or ingest again",
            ) from None
