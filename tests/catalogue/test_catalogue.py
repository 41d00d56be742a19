"""The snapshot: a value in one order."""

from __future__ import annotations

import numpy as np
import pytest

from soundscape.catalogue.catalogue import Catalogue
from soundscape.errors import CatalogueError, QueryError
from tests.catalogue.conftest import RECORDINGS, SEGMENTS, vectors_of

ALL = (*SEGMENTS["aaaa"], *SEGMENTS["bbbb"])


def test_order_and_digest_do_not_depend_on_what_came_first() -> None:
    one = Catalogue(RECORDINGS, ALL, vectors_of(ALL))
    other = Catalogue(dict(reversed(RECORDINGS.items())), ALL[::-1], vectors_of(ALL[::-1]))
    assert one.segments == other.segments == ALL
    assert one.digest == other.digest
    np.testing.assert_array_equal(one.vectors, other.vectors)
    assert Catalogue(RECORDINGS, ALL, vectors_of(ALL) + 0.1).digest != one.digest
    assert Catalogue(RECORDINGS, ALL[1:], vectors_of(ALL)[1:]).digest != one.digest


def test_it_cannot_be_changed() -> None:
    catalogue = Catalogue(RECORDINGS, ALL, vectors_of(ALL))
    with pytest.raises(ValueError, match="read-only"):
        catalogue.vectors[0] = 0.0
    with pytest.raises(TypeError):
        catalogue.recordings["x"] = RECORDINGS["aaaa"]  # type: ignore[index]


def test_parts_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ValueError, match="5 segments and 4 vectors"):
        Catalogue(RECORDINGS, ALL, np.ones((4, 64)))
    with pytest.raises(ValueError, match="bbbb"):
        Catalogue({"aaaa": RECORDINGS["aaaa"]}, ALL, np.ones((5, 64)))


def test_the_most_alike_come_first_and_equals_in_order() -> None:
    vectors = np.array([[1.0, 0.0], [0.6, 0.8], [0.0, 1.0], [0.6, -0.8], [-1.0, 0.0]])
    catalogue = Catalogue(RECORDINGS, ALL, vectors)
    ranked = [(segment.id, round(alike, 3)) for segment, alike in catalogue.like("creak1")]
    assert ranked == [("knock1", 0.6), ("bell01", 0.6), ("wind01", 0.0), ("hush01", -1.0)]
    assert [s.id for s, _ in catalogue.like("creak1", n=1, among=catalogue.matching("kind = texture"))] == ["wind01"]
    assert catalogue.like("creak1", among=[]) == []


def test_what_is_not_there_is_named() -> None:
    catalogue = Catalogue(RECORDINGS, ALL, vectors_of(ALL))
    with pytest.raises(CatalogueError, match="'nope'"):
        catalogue.like("nope")
    with pytest.raises(QueryError, match=r"gate\.creek"):
        catalogue.matching("gate.creek")
    assert [segment.id for segment in catalogue.matching("roughness > 0.5")] == ["creak1"]


def test_an_empty_catalogue_is_one_too() -> None:
    empty = Catalogue({}, (), np.zeros((0, 64)))
    assert empty.matching("gate") == ()
    assert len(empty.digest) == 32
