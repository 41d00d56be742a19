"""Panning by distance, the space loudspeakers enclose, and loudspeakers that play alone."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import nnls

from soundscape.errors import LayoutError
from soundscape.space.layout import Layout, Speaker, layout_named
from soundscape.space.panners.dbap import Dbap
from soundscape.space.panners.direct import Nearest, only
from soundscape.space.panners.hull import Hull
from soundscape.space.trajectory import Points, point_at

PAIR = Layout("pair", (Speaker("L", 90.0, 0.0, 3.0), Speaker("R", -90.0, 0.0, 3.0)))
HALL = Layout("hall", tuple(
    Speaker(f"{azimuth}/{elevation}", azimuth, elevation, distance_m)
    for azimuth, elevation, distance_m in (
        (40, 0, 5), (-40, 5, 4), (130, -10, 6), (-150, 0, 3), (10, 60, 4), (90, 30, 7),
    )
))  # fmt: skip


def db(ratio: np.ndarray) -> np.ndarray:
    return 20.0 * np.log10(ratio)


@pytest.mark.parametrize("rolloff_db", [3.0, 6.0, 9.0])
def test_a_loudspeaker_twice_as_far_is_fainter_by_the_rolloff(rolloff_db: float) -> None:
    gains = Dbap(PAIR, rolloff_db, blur_m=0.0).gains(np.array([[-1.0, 0.0, 0.0], [0.0, 0.0, 0.0], [1.8, 0.0, 0.0]]))
    np.testing.assert_allclose(db(gains[:, 0] / gains[:, 1]), np.array([1.0, 0.0, -2.0]) * rolloff_db, atol=1e-9)


def test_a_source_at_a_speaker_without_blur_is_only_there() -> None:
    gains = Dbap(HALL, blur_m=0.0).gains(HALL.points_m)
    np.testing.assert_allclose(gains, np.eye(6), atol=1e-6)
    exactly = Dbap(PAIR, blur_m=0.0).gains(PAIR.points_m)
    np.testing.assert_allclose(exactly, np.eye(2), atol=1e-12)


def test_blur_leaves_a_little_to_the_others() -> None:
    at_left = Dbap(PAIR, blur_m=0.6).gains(PAIR.points_m[:1])[0]
    assert db(at_left[0] / at_left[1]) == pytest.approx(6.0 * np.log2(np.hypot(6.0, 0.6) / 0.6))


def test_the_places_of_loudspeakers_count_not_only_their_directions() -> None:
    near = Layout("near", (Speaker("L", 90.0, 0.0, 1.0), Speaker("R", -90.0, 0.0, 3.0)))
    centre = Dbap(near, blur_m=0.0).gains(np.zeros((1, 3)))[0]
    assert db(centre[0] / centre[1]) == pytest.approx(6.0 * np.log2(3.0))


def test_a_source_outside_sounds_from_the_nearest_place_inside_however_far_it_is() -> None:
    quad = layout_named("quad")
    panner = Dbap(quad)
    edge = quad.points_m[:2].mean(axis=0)
    away = np.array([edge + np.array([0.0, metres, 0.0]) for metres in (0.0, 0.5, 3.0, 400.0)])
    np.testing.assert_allclose(panner.gains(away), np.broadcast_to(panner.gains(edge[None]), (4, 4)), atol=1e-12)
    corner = quad.points_m[:1] * np.array([[1.0], [2.0], [50.0]])
    np.testing.assert_allclose(panner.gains(corner), np.broadcast_to(panner.gains(corner[:1]), (3, 4)), atol=1e-9)


def test_a_source_over_a_flat_rig_sounds_from_below_it() -> None:
    panner = Dbap(layout_named("octagon"))
    np.testing.assert_allclose(panner.gains(np.array([[0.2, 0.3, 5.0]])), panner.gains(np.array([[0.2, 0.3, 0.0]])),
                               atol=1e-12)  # fmt: skip


def test_a_visitor_between_two_rooms_hears_the_room_the_source_is_in() -> None:
    """Four loudspeakers in a row 3 m apart, the listener's middle outside: what is near 3 is loudest from 3."""
    row = Layout("row", tuple(Speaker(str(n), -90.0, 0.0, 3.0 * n) for n in (1, 2, 3, 4)))
    gains = Dbap(row).gains(np.array([[8.7, 0.0, 0.0]]))[0]
    assert gains.argsort().tolist() == [0, 3, 1, 2] or gains.argsort().tolist() == [0, 1, 3, 2]
    assert db(gains[2] / gains[0]) > 20.0


def test_a_wider_source_is_more_alike_everywhere() -> None:
    panner, source = Dbap(HALL), HALL.points_m[:1] * 0.9
    loudest = [panner.gains(source, spread_deg).max() for spread_deg in (0.0, 60.0, 180.0, 359.0, 360.0)]
    assert all(one > other for one, other in pairwise(loudest))
    np.testing.assert_allclose(panner.gains(source, 360.0), 6**-0.5, atol=1e-12)


@pytest.mark.parametrize("bad", [{"rolloff_db": 0.0}, {"rolloff_db": np.nan}, {"blur_m": -0.1}, {"blur_m": np.inf}])
def test_settings_out_of_range_are_refused(bad: dict[str, float]) -> None:
    with pytest.raises(LayoutError, match=next(iter(bad))):
        Dbap(PAIR, **bad)


def nearest_by_weights(corners: Points, point: Points) -> Points:
    """Nearest place in a hull by its definition: the mean of its corners, with weights >= 0, that is nearest."""
    heavy = 1e4
    weights, _ = nnls(np.vstack([corners.T, np.full(len(corners), heavy)]), np.append(point, heavy))
    return weights @ corners / weights.sum()


BODIES = {
    "solid": np.random.default_rng(1).standard_normal((12, 3)) + np.array([0.0, 4.0, 1.0]),
    "cube": np.array([[x, y, z] for x in (-1.0, 1.0) for y in (-1.0, 1.0) for z in (-1.0, 1.0)]),
    "slanted plane": np.random.default_rng(2).standard_normal((7, 2)) @ [[1.0, 0.0, 0.5], [0.0, 1.0, -0.3]],
    "line": np.array([[-1.0, 0.0, 2.0], [2.0, 0.0, 2.0], [0.5, 0.0, 2.0]]),
    "place": np.array([[1.0, 2.0, 3.0]]),
}


@pytest.mark.parametrize("name", BODIES)
def test_the_nearest_place_is_that_of_the_definition(name: str) -> None:
    body, points = BODIES[name], 3.0 * np.random.default_rng(4).standard_normal((250, 3))
    expected = np.array([nearest_by_weights(body, point) for point in points])
    np.testing.assert_allclose(Hull(body).nearest(points), expected, atol=1e-5)


@pytest.mark.parametrize("thickness_m", [1e-2, 1e-4, 1e-7, 1e-10, 1e-15])
def test_loudspeakers_that_hang_not_quite_in_a_plane_enclose_what_they_would_in_one(thickness_m: float) -> None:
    rng = np.random.default_rng(3)
    flat = rng.uniform(-2.0, 2.0, (9, 3)) * [1.0, 1.0, 0.0]
    points = 3.0 * rng.standard_normal((100, 3))
    thick = flat + thickness_m * rng.uniform(-0.5, 0.5, (9, 3))
    np.testing.assert_allclose(Hull(thick).nearest(points), Hull(flat).nearest(points), atol=10.0 * thickness_m + 1e-9)


@pytest.mark.parametrize("name", BODIES)
def test_what_is_inside_stays_where_it_is(name: str) -> None:
    body = BODIES[name]
    inside = np.random.default_rng(6).dirichlet(np.ones(len(body)), 100) @ body
    np.testing.assert_allclose(Hull(body).nearest(inside), inside, atol=1e-12)


@settings(max_examples=60)
@given(st.lists(st.tuples(st.floats(-3, 3), st.floats(-3, 3), st.floats(-3, 3)), min_size=1, max_size=9),
       st.lists(st.tuples(st.floats(-9, 9), st.floats(-9, 9), st.floats(-9, 9)), min_size=2, max_size=2))  # fmt: skip
def test_no_body_makes_a_step_longer(body: list[Points], step: list[Points]) -> None:
    """Going to the nearest place of a convex body never stretches: so no path jumps."""
    points = np.array(step)
    nearest = Hull(np.array(body)).nearest(points)
    assert np.linalg.norm(nearest[1] - nearest[0]) <= np.linalg.norm(points[1] - points[0]) + 1e-9


def test_the_nearest_loudspeaker_plays_all() -> None:
    points = np.random.default_rng(7).standard_normal((200, 3)) * 4.0
    gains = Nearest(HALL).gains(points, 90.0)
    assert set(np.unique(gains)) == {0.0, 1.0}
    for point, row in zip(points, gains, strict=True):
        assert row.sum() == 1.0
        assert np.linalg.norm(HALL.points_m - point, axis=1).argmin() == row.argmax()


def test_of_two_equally_near_the_first_plays() -> None:
    middle = Nearest(layout_named("quad")).gains(np.array([[0.0, 2.0, 0.0], [0.0, 0.0, 0.0]]))
    np.testing.assert_array_equal(middle, [[1, 0, 0, 0], [1, 0, 0, 0]])


def test_an_lfe_is_played_by_its_name_only() -> None:
    surround = layout_named("5.1")
    lfe = surround.points_m[surround.lfe_channels[0]]
    assert Nearest(surround).gains(lfe[None] * 0.5)[0, surround.lfe_channels[0]] == 0.0
    np.testing.assert_array_equal(only(surround, "LFE"), np.eye(6)[3])


def test_a_loudspeaker_that_is_not_there_is_explained() -> None:
    with pytest.raises(LayoutError, match="did you mean 'TFL'") as caught:
        only(layout_named("7.1.4"), "TFLL")
    assert "TBR" in caught.value.hint


def test_directions_are_of_no_account_to_the_nearest() -> None:
    stacked = Layout("stacked", (Speaker("near", 0.0, 0.0, 1.0), Speaker("far", 0.0, 0.0, 4.0)))
    gains = Nearest(stacked).gains(np.array([point_at(0.0, 0.0, metres) for metres in (0.5, 2.4, 2.6, 9.0)]))
    assert gains.argmax(axis=1).tolist() == [0, 0, 1, 1]
