"""Two sounds at once: an event in which another begins is one segment with the tags of both."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

import numpy as np

from soundscape.analysis.features import cut
from soundscape.analysis.frames import HOPS_PER_S, Floats, Frames
from soundscape.analysis.taggers import shipped
from soundscape.catalogue.tags import FAMILIES, Family, family_of

HALVES_S = 2.0
"""A shorter event is not heard in halves."""


def scores(segment: Frames, features: Mapping[str, float], begins: Sequence[int] = ()) -> Floats:
    """Log-probability of each of the shipped names that it sounds in a segment, (n_names,) float32.

    They are those of the segment as a whole, unless it is heard in parts, and two of them are sure of different
    families. Parts go from one of `begins`, frames of the segment at which another sound begins, to the next; where
    there is none, a segment that is of no family for sure is heard in halves. `features` were measured of the whole.
    """
    whole = shipped.scores(segment, features)
    if not begins and (len(segment) < HALVES_S * HOPS_PER_S or _sure_family(whole)):
        return whole
    edges = [0, *(begins or [len(segment) // 2]), len(segment)]
    parts = [cut(segment, start, stop) for start, stop in pairwise(edges)]
    return both(whole, [shipped.scores(part) for part in parts if len(part)])


def both(whole: Floats, parts: Sequence[Floats]) -> Floats:
    """Scores of an event by those of its parts; the whole's where no two are sure of different families.

    Each name of a family that a part is sure of is as likely as in such a part, all else as in the mean of all parts.
    """
    sure = [(family, part) for part in parts for family in [_sure_family(part)] if family]
    if len({family for family, _ in sure}) < 2:
        return whole
    shares = np.mean(np.exp(parts), axis=0)
    for wanted in FAMILIES:
        of_family = [part for family, part in sure if family == wanted]
        places = [place for place, name in enumerate(shipped.NAMES) if family_of(name) == wanted]
        if of_family:
            shares[places] = np.exp(np.max(of_family, axis=0)[places])
    return np.asarray(np.log(shares), np.float32)


def _sure_family(scores: Floats) -> Family | None:
    families = shipped.families_of(scores)
    likeliest = max(FAMILIES, key=lambda one: families[one])
    return likeliest if families[likeliest] >= shipped.SURE_OF_FAMILY else None
