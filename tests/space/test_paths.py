from __future__ import annotations

import math
import tomllib

import numpy as np
import pytest

from soundscape.errors import PieceError
from soundscape.space.paths import PATHS, arc, circle, line, path_from_table, spiral, through, wander
from soundscape.space.trajectory import Trajectory, point_at


def written(text: str) -> Trajectory:
    return path_from_table(tomllib.loads(f"path = {{ {text} }}")["path"])


def test_an_arc_keeps_its_distance_and_does_not_cross_the_head() -> None:
    path = arc((90.0, 0.0, 3.0), (-90.0, 0.0, 3.0), over_s=10.0)
    distances_m = np.linalg.norm(path.at(np.linspace(0.0, 10.0, 997)), axis=1)
    np.testing.assert_allclose(distances_m, 3.0, rtol=4e-4)
    np.testing.assert_allclose(path.at(np.array([5.0])), [point_at(0.0, 0.0, 3.0)], atol=2e-3)


def test_azimuths_are_followed_as_written() -> None:
    behind = arc((170.0, 0.0, 1.0), (190.0, 0.0, 1.0), over_s=2.0).at(np.array([1.0]))[0]
    ahead = arc((170.0, 0.0, 1.0), (-170.0, 0.0, 1.0), over_s=2.0).at(np.array([1.0]))[0]
    assert behind[1] < -0.99
    assert ahead[1] > 0.99


def test_a_line_passes_straight() -> None:
    np.testing.assert_allclose(line((-2.0, 1.0, 0.0), (2.0, 1.0, 0.0), 4.0).at(np.array([2.0])), [[0.0, 1.0, 0.0]])


def test_a_circle_comes_back_and_goes_to_the_left() -> None:
    path = circle(over_s=8.0, radius_m=2.0, elevation_deg=20.0)
    places = path.at(np.array([0.0, 2.0, 8.0]))
    np.testing.assert_allclose(places[0], places[2], atol=1e-9)
    np.testing.assert_allclose(places[1], point_at(90.0, 20.0, 2.0), atol=1e-9)
    right = circle(over_s=8.0, turns=-1.0).at(np.array([2.0]))[0]
    assert right[0] > 1.99


def test_a_spiral_closes_in_and_rises() -> None:
    path = spiral(over_s=9.0, turns=2.0, radius_m=(6.0, 1.0), elevation_deg=(0.0, 45.0))
    places = path.at(np.linspace(0.0, 9.0, 200))
    assert (np.diff(np.linalg.norm(places, axis=1)) < 1e-3).all()
    np.testing.assert_allclose(places[-1], point_at(720.0, 45.0, 1.0), atol=1e-9)


def test_through_is_at_each_place_in_time() -> None:
    path = through([(0.0, (0.0, 0.0, 2.0)), (3.0, (80.0, 10.0, 3.0)), (4.0, (80.0, 60.0, 1.0))])
    np.testing.assert_allclose(path.at(np.array([3.0, 4.0])), [point_at(80.0, 10.0, 3.0), point_at(80.0, 60.0, 1.0)])


def test_wandering_is_the_same_for_the_same_seed_and_stays_near() -> None:
    way = wander(seed=4, over_s=120.0, centre_m=(1.0, 4.0, 0.5), radius_m=1.5)
    assert way == wander(seed=4, over_s=120.0, centre_m=(1.0, 4.0, 0.5), radius_m=1.5)
    assert way != wander(seed=5, over_s=120.0, centre_m=(1.0, 4.0, 0.5), radius_m=1.5)
    away_m = np.linalg.norm(way.at(np.linspace(0.0, 120.0, 1000)) - (1.0, 4.0, 0.5), axis=1)
    assert away_m.max() <= 1.5 + 1e-9
    assert away_m.max() > 0.5


@pytest.mark.parametrize(("text", "same"), [
    ("at = [90]", Trajectory.still(*point_at(90.0))),
    ("from = [0, 0, 2], to = [90, 30, 4], over_s = 6", arc((0.0, 0.0, 2.0), (90.0, 30.0, 4.0), 6.0)),
    ("through = [[0, 0, 0, 2], [5, 40, 0, 1]]", arc((0.0, 0.0, 2.0), (40.0, 0.0, 1.0), 5.0)),
    ("circle = { over_s = 20, radius_m = 3, turns = -2 }", circle(over_s=20.0, radius_m=3.0, turns=-2.0)),
    ("spiral = { over_s = 20, radius_m = [6, 1], elevation_deg = 10 }",
     spiral(over_s=20.0, radius_m=(6.0, 1.0), elevation_deg=(10.0, 10.0))),
    ("wander = { over_s = 30, around = [0, 0, 4], seed = 3 }", wander(seed=3, over_s=30.0, centre_m=(0.0, 4.0, 0.0))),
    ("points = [[0, 1, 2, 0], [2, 1, 3, 0]]", line((1.0, 2.0, 0.0), (1.0, 3.0, 0.0), 2.0)),
])  # fmt: skip
def test_a_piece_can_write_every_path(text: str, same: Trajectory) -> None:
    path = written(text)
    times_s = np.linspace(0.0, same.times_s[-1], 50)
    np.testing.assert_allclose(path.at(times_s), same.at(times_s), atol=1e-9)


def test_every_way_to_write_a_path_is_documented() -> None:
    assert path_from_table.__doc__
    assert all(f"{{ {way} = " in path_from_table.__doc__ for way in PATHS)


@pytest.mark.parametrize(("text", "says"), [
    ("", "say one way to move"),
    ("form = [0, 0, 1]", "did you mean 'from'"),
    ("at = [0], circle = { over_s = 1 }", "at and circle"),
    ("at = [0, 95]", "at: elevation goes from -90 to 90"),
    ("at = [0, 0, -1]", "at: distance"),
    ("at = [0, 0, 1, 4]", r"at must be \[azimuth, elevation, distance\]"),
    ("at = ['left']", "at must be a number, got 'left'"),
    ("at = [nan]", "at must be finite"),
    ("at = [0], over_s = 4", "unknown key 'over_s'"),
    ("from = [0, 0, 1], over_s = 3", "from without to"),
    ("from = [0, 0, 1], to = [9, 0, 1]", "no over_s"),
    ("from = [0, 0, 1], to = [9, 0, 1], over_s = 0", "over_s must be above 0"),
    ("circle = { turns = 2 }", "circle: no over_s"),
    ("circle = { over_s = 2, radius = 2 }", "circle: unknown key 'radius'; did you mean 'radius_m'"),
    ("circle = { over_s = 2, turns = 1e9 }", "more than 100000"),
    ("circle = 4", "circle must be a table"),
    ("spiral = { over_s = 2, radius_m = [1, -2] }", "distance is 0 or more"),
    ("wander = { over_s = 2, seed = 1.5 }", "seed must be a whole number"),
    ("wander = { over_s = 2, radius_m = -1 }", "radius_m must be 0 or more"),
    ("points = [[0, 1, 2, 0], [0, 1, 3, 0]]", "points: times must rise"),
    ("points = [[1, 1, 2, 0], [0, 1, 3, 0]]", "points: times must rise"),
    ("points = [[0, 1, 2]]", "row 1 must be 4 numbers"),
    ("points = [[0, 1, nan, 2]]", "row 1 must be finite"),
    ("points = []", "points must be rows"),
    ("through = [[2, 0, 0, 1], [1, 9, 0, 1]]", "through: times must rise"),
])  # fmt: skip
def test_a_path_that_cannot_be_followed_is_refused_in_one_line(text: str, says: str) -> None:
    with pytest.raises(PieceError, match=f"^path.*{says}") as caught:
        written(text)
    assert caught.value.hint
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_python_paths_refuse_what_is_no_number(bad: float) -> None:
    with pytest.raises(ValueError, match="finite"):
        arc((bad, 0.0, 1.0), (0.0, 0.0, 1.0), over_s=1.0)
    with pytest.raises(ValueError, match="over_s"):
        circle(over_s=bad)
