"""What was heard in one file, as a value: small enough to be passed on by those who do not hear themselves."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from soundscape.catalogue.scores import Scores, Words
from soundscape.catalogue.segment import Recording, Segment, Tag

ANALYSER = "14"
"""Version of hearing; a new one hears every file again."""
PART = 512
COLUMNS = ("vectors", "scores", "words")
"""What there is a row of for each segment."""


def _none() -> NDArray[np.float32]:
    return np.zeros((0, 0), np.float32)


@dataclass(frozen=True, eq=False)
class Analysis:
    """What was heard in one file."""

    recording: Recording
    segments: tuple[Segment, ...]
    vectors: NDArray[np.float32]
    """(n_segments, 64) of length 1."""
    scores: NDArray[np.float32] = field(default_factory=_none)
    """(n_segments, n_names) log-probability of each of `names`, before anything a person said; (0, 0) if there are
    none."""
    names: tuple[str, ...] = ()
    """What the columns of `scores` are called."""
    words: NDArray[np.float32] = field(default_factory=_none)
    """(n_segments, n_columns) where a model that knows words heard the segments; else (0, 0)."""
    words_by: str = ""
    """Which model that was."""

    def parts(self) -> Iterator[Analysis]:
        """The same, a few segments at a time; the last part has none."""
        for first in range(0, len(self.segments), PART):
            yield self._part(slice(first, first + PART))
        yield self._part(slice(0, 0))

    def _part(self, some: slice) -> Analysis:
        rows: dict[str, Any] = {name: getattr(self, name)[some] for name in COLUMNS}
        return replace(self, segments=self.segments[some], **rows)

    def kept_scores(self, learned: Mapping[int, Sequence[Tag]] = MappingProxyType({})) -> Scores | None:
        """The scores as a catalogue keeps them, with the tags of those rows on which a lesson has a word."""
        return Scores(self.names, self.scores, learned) if self.names else None

    def kept_words(self) -> Words | None:
        """What a model that knows words heard, as a catalogue keeps it."""
        return Words(self.words_by, self.words) if self.words_by else None


@dataclass(frozen=True, slots=True)
class Known:
    """A file that holds a recording the catalogue has."""

    recording_id: str


def joined(parts: Iterable[Analysis]) -> Analysis:
    """One analysis of its parts."""
    whole = list(parts)
    segments = tuple(segment for part in whole for segment in part.segments)
    rows: dict[str, Any] = {name: np.concatenate([getattr(part, name) for part in whole]) for name in COLUMNS}
    return replace(whole[-1], segments=segments, **rows)
