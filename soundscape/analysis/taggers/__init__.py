"""What a segment is: a table of taggers, each giving names of the vocabulary and how sure it is."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from soundscape.analysis.frames import Floats
from soundscape.analysis.taggers.discriminant import discriminant
from soundscape.catalogue.segment import Tag
from soundscape.catalogue.tags import family_of

TAGGERS: Mapping[str, Callable[[Mapping[str, float], Floats], Mapping[str, float]]] = {"discriminant": discriminant}
"""Each takes a segment's features and vector, and gives a probability for each tag."""

SURE_OF_TAG, SURE_OF_FAMILY = 0.3, 0.5
ROOTS = {"gates": "gate", "wind": "wind", "instruments": "instrument"}
"""What to call a sound of which only the family is sure."""
MOST_TAGS = 3


def tags_of(features: Mapping[str, float], vector: Floats) -> tuple[Tag, ...]:
    """Tags of a segment, the surest first; none if nothing is sure: it is unknown."""
    heard: dict[str, float] = {}
    for tagger in TAGGERS.values():
        for name, probability in tagger(features, vector).items():
            heard[name] = max(probability, heard.get(name, 0.0))
    sure = [Tag(name, probability) for name, probability in heard.items() if probability >= SURE_OF_TAG]
    if not sure:
        families = {family: sum(p for name, p in heard.items() if family_of(name) == family) for family in ROOTS}
        best = max(families, key=lambda family: families[family])
        sure = [Tag(ROOTS[best], min(1.0, families[best]))] if families[best] >= SURE_OF_FAMILY else []
    return tuple(sorted(sure, key=lambda tag: (-tag.confidence, tag.name))[:MOST_TAGS])
