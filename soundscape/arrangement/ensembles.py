"""What a catalogue can put on stage: for each tag the sounds that bear it, and what they can play together."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from soundscape.arrangement.pitching import SURE_PITCH, heard_pitch
from soundscape.arrangement.voicing import rings_on
from soundscape.catalogue.catalogue import Catalogue
from soundscape.catalogue.query import Query, parse_query
from soundscape.catalogue.segment import Segment
from soundscape.catalogue.tags import VOCABULARY, is_a
from soundscape.catalogue.terms import HasTag

NOT_ON_STAGE = (
    "handling", "wind.handling", "noise", "silence", "other", "voice", "crowd", "applause", "traffic",
    "vehicle", "machine", "tool", "dog", "cat", "ambience",
)  # fmt: skip
"""Nobody would cast these in an orchestra unless a piece asks for them by name."""
SURE_TAG = 0.4


@dataclass(frozen=True, eq=False)
class Ensemble:
    """Sounds of one tag."""

    tag: str
    query: Query
    segments: tuple[Segment, ...]
    pitches: NDArray[np.float64]
    """Sure pitches, rising; empty where nothing has one."""
    attack_s: float
    length_s: float
    centroid_hz: float
    is_sustaining: bool
    """Whether most of it lasts as long as it is asked to: blown, bowed, sung, or a texture."""
    confidence: float

    @classmethod
    def of(cls, tag: str, query: Query, segments: tuple[Segment, ...]) -> Ensemble:
        """What these segments can play together; their middle counts."""
        pitches = sorted(pitch for pitch in map(heard_pitch, segments) if pitch is not None)
        return cls(
            tag, query, segments, np.array(pitches),
            _middle(segments, "attack_s", 0.05),
            float(np.quantile([segment.duration_s for segment in segments], 0.75)),
            _middle(segments, "centroid_hz", 1000.0),
            sum(not rings_on(segment) for segment in segments) > len(segments) / 2,
            float(np.median([segment.tags[0].confidence for segment in segments])),
        )  # fmt: skip


def _middle(segments: tuple[Segment, ...], feature: str, usual: float) -> float:
    return float(np.median([segment.features.get(feature, usual) for segment in segments]))


def is_on_stage(tag: str) -> bool:
    """Whether a tag may be cast unasked.

    Examples
    --------
    >>> is_on_stage("gate.creak"), is_on_stage("voice.shout")
    (True, False)
    """
    return bool(tag) and tag in VOCABULARY and not any(is_a(tag, name) for name in NOT_ON_STAGE)


def ensembles_of(catalogue: Catalogue) -> tuple[Ensemble, ...]:
    """An ensemble for each tag that is some segment's surest; those with pitch stand alone where there are any."""
    by_tag: dict[str, list[Segment]] = {}
    for segment in catalogue.segments:
        if is_on_stage(segment.tag) and segment.kind != "phrase":
            by_tag.setdefault(segment.tag, []).append(segment)
    made = []
    any_phrase = any(segment.kind == "phrase" for segment in catalogue.segments)
    for tag in sorted(by_tag):
        sure = any(segment.tags[0].confidence >= SURE_TAG for segment in by_tag[tag])
        query: Query = HasTag(tag, SURE_TAG if sure else 0.0)
        if any(heard_pitch(segment) is not None for segment in by_tag[tag]):
            pitched = query & parse_query(f"pitch_confidence >= {SURE_PITCH} and pitch_hz > 0")
            query = pitched if catalogue.matching(pitched) else query
        if is_a(tag, "instrument") and any(segment.kind != "texture" for segment in by_tag[tag]):
            query = query & parse_query("not kind = texture")  # the tail of a note has no beginning to play
        query = query & parse_query("not kind = phrase") if any_phrase else query
        if segments := catalogue.matching(query):
            made.append(Ensemble.of(tag, query, segments))
    return tuple(made)
