"""What a query finds that can be played, and why it finds nothing."""

from __future__ import annotations

from soundscape.catalogue.catalogue import Catalogue
from soundscape.catalogue.query import Query
from soundscape.catalogue.segment import Segment
from soundscape.catalogue.terms import And, Is, Not, Or


def wanted(query: Query, catalogue: Catalogue) -> tuple[Segment, ...]:
    """Segments that a query finds, in canonical order; no phrases, where it does not ask for kinds itself."""
    segments = catalogue.matching(query)
    if _names_kind(query):
        return segments
    # A phrase lies above its events, which are what plays.
    return tuple(segment for segment in segments if segment.kind != "phrase")


def why_nothing(query: Query, catalogue: Catalogue) -> str:
    """Which term leaves nothing over, and what there is."""
    terms = query.terms if isinstance(query, And) else (query,)
    counts = [(str(term), len(catalogue.matching(term))) for term in terms]
    tags = sorted({segment.tag for segment in catalogue.segments if segment.tag})
    there = f"it holds {', '.join(tags[:12])}{', ...' if len(tags) > 12 else ''}" if tags else "it holds nothing tagged"
    if len(counts) > 1:
        return f"alone, {'; '.join(f'{term!r} finds {count}' for term, count in counts)}; {there}"
    return there


def _names_kind(query: Query) -> bool:
    """Whether a query says itself which kinds it wants."""
    if isinstance(query, And | Or):
        return any(_names_kind(term) for term in query.terms)
    if isinstance(query, Not):
        return _names_kind(query.term)
    return isinstance(query, Is) and query.field == "kind"
