"""Turning a field is turning its sources."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from soundscape.space.harmonics import harmonics
from soundscape.space.quadrature import sphere_grid
from soundscape.space.rotation import field_rotation, turn
from soundscape.space.trajectory import point_at

angles = st.floats(-360.0, 360.0)


def azimuth_elevation(point: np.ndarray) -> tuple[float, float]:
    return float(np.degrees(np.arctan2(-point[0], point[1]))), float(np.degrees(np.arcsin(point[2])))


@settings(max_examples=40)
@given(angles, angles, angles, st.integers(1, 7))
def test_turning_the_field_is_turning_its_sources(yaw: float, pitch: float, roll: float, order: int) -> None:
    matrix = turn(yaw, pitch, roll)
    sources = np.array([point_at(a, e) for a, e in ((0, 0), (37, 12), (-120, -55), (170, 80), (5, 90))])
    turned = harmonics(sources, order) @ field_rotation(matrix, order).T
    np.testing.assert_allclose(turned, harmonics(sources @ matrix.T, order), atol=1e-12)


@settings(max_examples=20)
@given(angles, angles, angles)
def test_it_loses_nothing(yaw: float, pitch: float, roll: float) -> None:
    field = field_rotation(turn(yaw, pitch, roll), 7)
    np.testing.assert_allclose(field @ field.T, np.eye(64), atol=1e-12)


def test_one_turn_after_another_is_the_product() -> None:
    one, other = turn(20.0, 30.0, 40.0), turn(-70.0, 10.0, 5.0)
    np.testing.assert_allclose(field_rotation(one @ other, 5), field_rotation(one, 5) @ field_rotation(other, 5),
                               atol=1e-12)  # fmt: skip


def test_yaw_goes_left_pitch_goes_up_and_roll_lowers_the_right() -> None:
    ahead, right, up = np.eye(3)[[1, 0, 2]]
    assert azimuth_elevation(turn(35.0) @ ahead) == pytest.approx((35.0, 0.0))
    assert azimuth_elevation(turn(0.0, 25.0) @ ahead) == pytest.approx((0.0, 25.0))
    assert azimuth_elevation(turn(35.0, 25.0, 70.0) @ ahead) == pytest.approx((35.0, 25.0))
    assert azimuth_elevation(turn(0.0, 0.0, 20.0) @ right) == pytest.approx((-90.0, -20.0))
    assert azimuth_elevation(turn(0.0, 0.0, 20.0) @ up) == pytest.approx((-90.0, 70.0))


def test_a_field_that_is_not_turned_keeps_every_bit() -> None:
    np.testing.assert_array_equal(field_rotation(turn(), 7), np.eye(64))


def test_a_mirror_swaps_left_and_right() -> None:
    sources = sphere_grid(6)[0]
    mirrored = harmonics(sources, 3) @ field_rotation(np.diag([-1.0, 1.0, 1.0]), 3).T
    np.testing.assert_allclose(mirrored, harmonics(sources * [-1.0, 1.0, 1.0], 3), atol=1e-12)


@pytest.mark.parametrize("bad", [np.eye(3) * 1.1, np.zeros((3, 3)), np.eye(4), np.full((3, 3), np.nan)])
def test_what_is_no_rotation_is_refused(bad: np.ndarray) -> None:
    with pytest.raises(ValueError, match="orthogonal"):
        field_rotation(bad, 1)


@pytest.mark.parametrize("degree", [1, 2, 7, 14, 31])
def test_the_grid_integrates_every_polynomial_up_to_its_degree(degree: int) -> None:
    directions, shares = sphere_grid(degree)
    np.testing.assert_allclose(np.linalg.norm(directions, axis=1), 1.0, atol=1e-14)
    slanted = directions @ [0.36, 0.48, 0.8]
    for power in range(degree + 1):
        exact = 0.0 if power % 2 else 1.0 / (power + 1)
        assert shares @ slanted**power == pytest.approx(exact, abs=1e-14)
