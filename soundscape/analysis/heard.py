"""What was heard in one file, as a value: small enough to be passed on by those who do not hear themselves."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from soundscape.catalogue.segment import Recording, Segment

ANALYSER = "1"
"""Version of hearing; a new one hears every file again."""
PART = 512


@dataclass(frozen=True, eq=False)
class Analysis:
    """What was heard in one file."""

    recording: Recording
    segments: tuple[Segment, ...]
    vectors: NDArray[np.float32]
    """(n_segments, 64) of length 1."""

    def parts(self) -> Iterator[Analysis]:
        """The same, a few segments at a time; the last part has none."""
        for first in range(0, len(self.segments), PART):
            some = slice(first, first + PART)
            yield replace(self, segments=self.segments[some], vectors=self.vectors[some])
        yield replace(self, segments=(), vectors=self.vectors[:0])


@dataclass(frozen=True, slots=True)
class Known:
    """A file that holds a recording the catalogue has."""

    recording_id: str


def joined(parts: Iterable[Analysis]) -> Analysis:
    """One analysis of its parts."""
    whole = list(parts)
    segments = tuple(segment for part in whole for segment in part.segments)
    return replace(whole[-1], segments=segments, vectors=np.concatenate([part.vectors for part in whole]))
