"""The model that ships with the package: how likely each of its names is for a segment, and what to call it then.

Its weights are made again by `python -m recordings.teach`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from soundscape.analysis.frames import Floats, Frames
from soundscape.analysis.taggers.columns import Look, looks_of
from soundscape.analysis.taggers.network import Model, load
from soundscape.analysis.taggers.vocabulary import NAMES as NAMES
from soundscape.catalogue.scores import LEAST
from soundscape.catalogue.segment import Tag
from soundscape.catalogue.tags import FAMILIES, Family, ancestors, family_of

WEIGHTS = Path(__file__).with_name("shipped.npz")
LIKELY, SURE_OF_TAG, SURE_OF_FAMILY = 0.25, 0.3, 0.5
"""The likeliest name of the likeliest family is said from the first on, any other from the second; below them the
family alone from the third. On unseen collections the first takes away a tenth of the wrong names, one in eighty of the
right ones, and seven times as many sounds that have none of these names are unknown as from 0.15 on."""
ROOTS: dict[Family, str] = {"gates": "gate", "wind": "wind", "instruments": "instrument"}
"""What to call a sound of which only the family is sure."""
MOST_TAGS = 3
SHARPENED = 1.5
"""The likeliest family is that of the largest sum of such powers of probabilities: in a plain sum the little that many
names of other sounds get outweighs wind, which has one name. F1 of families on unseen collections is best here."""


@lru_cache(maxsize=1)
def _model() -> Model:
    return load(WEIGHTS)


def scores(segment: Frames, features: Mapping[str, float] = MappingProxyType({})) -> Floats:
    """Log-probability of each of `NAMES` for one segment, (n_names,) float32, each from log(`LEAST`) to 0.

    Their probabilities sum to at most 1: the rest is how likely it is that the sound has none of these names. Silence
    has none for sure. `features` are what was measured of it; what was not is taken for what it mostly is.
    """
    shares = probabilities(_model(), looks_of(segment, features))[: len(NAMES)]
    return np.asarray(np.log(np.maximum(shares, LEAST)), np.float32)


def probabilities(model: Model, looks: Sequence[Look]) -> NDArray[np.float64]:
    """Probability of each of `NAMES`, and at the end that it is something else, (n_names + 1,) of sum 1.

    Sums are taken of logarithms, over networks and looks (Hinton, Neural Computation 14, 2002, on products of
    experts); the temperature (Guo and others, ICML 2017) makes confidence no higher than success.
    """
    if not looks:
        return np.append(np.zeros(len(NAMES)), 1.0)
    said = np.asarray(model.log_shares(looks), np.float64).mean(axis=0)
    powers = np.exp((said - said.max()) / model.temperature)
    return np.asarray(powers / powers.sum())


def tags_of(scores: NDArray[np.floating], names: Sequence[str] = NAMES) -> tuple[Tag, ...]:
    """Tags of a segment by its scores, the surest first; none if nothing is likely: it is unknown.

    The first is of the likeliest family: which family it is, is surer than which name. Where two
    families sound at once (`overlapping`: then the probabilities sum to more than 1), each has its tag.

    Parameters
    ----------
    scores : (n_names,) float
        Log-probability of each name.
    names : n_names of the vocabulary
        Those of the shipped model, or more where a person or a stronger model knows more.

    Examples
    --------
    >>> tags_of(np.log([0.6, 0.3, 0.1]), ["gate.knock", "gate.slam", "wind"])
    (Tag(name='gate.knock', confidence=0.6, by='machine'), Tag(name='gate.slam', confidence=0.3, by='machine'))
    >>> tags_of(np.log([0.26, 0.2, 0.2, 0.28]), ["gate.knock", "gate.slam", "gate.latch", "wind"])
    (Tag(name='gate.knock', confidence=0.26, by='machine'),)
    >>> tags_of(np.log([0.14, 0.14, 0.13, 0.14, 0.15]), ["bell", "gong", "chime", "cymbal", "rain"])
    (Tag(name='instrument', confidence=0.55, by='machine'),)
    >>> [tag.name for tag in tags_of(np.log([0.7, 0.1, 0.6]), ["gate.creak", "wind", "bell"])]
    ['gate.creak', 'bell']
    >>> [tag.name for tag in tags_of(np.log([0.4, 0.2, 0.2, 0.15]), ["wind", "rain", "water", "ambience"])]
    ['wind']
    >>> tags_of(np.log([0.2, 0.2, 0.2, 0.2]), ["bell", "rain", "bird", "voice"])
    ()
    """
    # six digits: what is kept and what is worked out again from kept scores must be the same
    heard = np.exp(scores, dtype=np.float64).clip(max=1.0).round(6).tolist()
    families, family = _families(tuple(names), heard), likeliest_family(heard, names)
    first = _first(family, heard, names, families[family])
    at_once = [tag for other in FAMILIES if other != family
               and min(families[family], families[other]) >= SURE_OF_FAMILY
               for tag in _first(other, heard, names, families[other])]  # fmt: skip
    found = (*first, *sorted(at_once, key=_surest))
    is_name = bool(first) and (first[0].name, first[0].confidence) in zip(names, heard, strict=True)
    if not is_name or first[0].confidence < LIKELY:
        return found
    also = [Tag(name, share) for name, share in zip(names, heard, strict=True)
            if SURE_OF_TAG <= share <= first[0].confidence and all(tag.name != name for tag in found)]  # fmt: skip
    return (*found, *sorted(also, key=_surest))[:MOST_TAGS]


def _first(family: Family, heard: Sequence[float], names: Sequence[str], share: float) -> tuple[Tag, ...]:
    """What to call a sound of a family as likely as this."""
    places = _ranks(tuple(names)).every[family]
    likeliest = min(places, key=lambda place: (-heard[place], names[place]))
    if heard[likeliest] >= LIKELY:
        return (Tag(names[likeliest], heard[likeliest]),)
    if family in ROOTS and share >= SURE_OF_FAMILY:
        return (Tag(ROOTS[family], min(1.0, round(share, 6))),)
    return ()


def likeliest_family(shares: Sequence[float], names: Sequence[str] = NAMES) -> Family:
    """Which family a sound is of, by the probability of each of its names.

    Examples
    --------
    >>> likeliest_family([0.3, 0.12, 0.12, 0.12], ["wind", "rain", "water", "ambience"])
    'wind'
    >>> likeliest_family([0.3, 0.25, 0.2, 0.2], ["wind", "rain", "water", "ambience"])
    'rest'
    """
    sums = _families(tuple(names), [share**SHARPENED for share in shares])
    return max(FAMILIES, key=lambda one: sums[one])


def families_of(scores: NDArray[np.floating]) -> dict[Family, float]:
    """How likely each family is by the scores of `NAMES`."""
    return _families(NAMES, np.exp(scores, dtype=np.float64).tolist())


def _surest(tag: Tag) -> tuple[float, str]:
    return -tag.confidence, tag.name


def _families(names: tuple[str, ...], heard: Sequence[float]) -> dict[Family, float]:
    """How likely each family is; what is below another name is part of it and not counted twice."""
    ranks = _ranks(names)
    if ranks.upwards:
        below = [0.0] * len(names)
        for place, above in ranks.upwards:
            below[above] += max(heard[place], below[place])
        heard = [max(pair) for pair in zip(heard, below, strict=True)]
    return {family: sum([heard[place] for place in places]) for family, places in ranks.tops.items()}


class _Ranks(NamedTuple):
    """Which of some names are above which."""

    upwards: tuple[tuple[int, int], ...]
    """Places of the names below others, the lowest first, each with the place of the next name above it."""
    tops: dict[Family, tuple[int, ...]]
    """Places of the others, by family."""
    every: dict[Family, tuple[int, ...]]


@lru_cache(maxsize=8)
def _ranks(names: tuple[str, ...]) -> _Ranks:
    place_of = {name: place for place, name in enumerate(names)}
    lines = [[place_of[name] for name in ancestors(one) if name in place_of] for one in names]
    deepest_first = sorted(range(len(names)), key=lambda place: -len(lines[place]))
    of_family = {family: tuple(place for place, name in enumerate(names) if family_of(name) == family)
                 for family in FAMILIES}  # fmt: skip
    tops = {family: tuple(p for p in places if len(lines[p]) == 1) for family, places in of_family.items()}
    return _Ranks(tuple((p, lines[p][1]) for p in deepest_first if len(lines[p]) > 1), tops, of_family)
