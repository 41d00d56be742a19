"""Spherical harmonics: against scipy's complex ones, against quadrature, and at places anybody can check by hand."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import sph_harm_y

from soundscape.space.harmonics import MAX_ORDER, degrees, harmonics, n3d_factors, n_harmonics
from soundscape.space.trajectory import Points, point_at


def sphere(n: int) -> Points:
    points = np.random.default_rng(3).standard_normal((n, 3))
    return points / np.linalg.norm(points, axis=1, keepdims=True)


def by_scipy(directions: Points, order: int) -> np.ndarray:
    """The same from scipy: complex, orthonormal, with the Condon-Shortley phase, angle counted from the zenith."""
    zenith = np.arctan2(np.hypot(directions[:, 0], directions[:, 1]), directions[:, 2])
    azimuth = np.arctan2(-directions[:, 0], directions[:, 1])
    columns = []
    for n in range(order + 1):
        for m in range(-n, n + 1):
            wave = sph_harm_y(n, abs(m), zenith, azimuth) * (-1) ** m * np.sqrt(4.0 * np.pi / (2 * n + 1))
            columns.append(wave.real if m == 0 else np.sqrt(2.0) * (wave.imag if m < 0 else wave.real))
    return np.stack(columns, axis=-1)


def test_they_are_those_of_scipy() -> None:
    directions = sphere(400)
    np.testing.assert_allclose(harmonics(directions, 7), by_scipy(directions, 7), atol=1e-12)


def test_first_order_is_w_left_up_ahead() -> None:
    ahead, left, up = point_at(0.0), point_at(90.0), point_at(0.0, 90.0)
    np.testing.assert_allclose(harmonics(np.array([ahead, left, up]), 1),
                               [[1, 0, 0, 1], [1, 1, 0, 0], [1, 0, 1, 0]], atol=1e-15)  # fmt: skip


def test_second_order_has_the_polynomials_of_the_ambix_table() -> None:
    directions = sphere(50)
    x, y, z = directions[:, 1], -directions[:, 0], directions[:, 2]
    root = np.sqrt(3.0)
    table = [root * x * y, root * y * z, (3 * z**2 - 1) / 2, root * x * z, root / 2 * (x**2 - y**2)]
    np.testing.assert_allclose(harmonics(directions, 2)[:, 4:], np.stack(table, axis=-1), atol=1e-14)


def test_n3d_harmonics_are_orthonormal_over_the_sphere() -> None:
    heights, weights = np.polynomial.legendre.leggauss(MAX_ORDER + 1)
    turns = np.arange(2 * MAX_ORDER + 2) * np.pi / (MAX_ORDER + 1)
    grid = np.array([[np.sqrt(1 - z * z) * np.cos(t), np.sqrt(1 - z * z) * np.sin(t), z]
                     for z in heights for t in turns])  # fmt: skip
    field = harmonics(grid, MAX_ORDER) * n3d_factors(MAX_ORDER)
    shares = np.repeat(weights / weights.sum(), len(turns)) / len(turns)
    np.testing.assert_allclose((field * shares[:, None]).T @ field, np.eye(64), atol=1e-12)


def test_the_squares_of_one_degree_add_up_to_one_in_any_direction() -> None:
    squares = harmonics(sphere(100), 7) ** 2
    for n in range(8):
        np.testing.assert_allclose(squares[:, degrees(7) == n].sum(axis=1), 1.0, atol=1e-12)


@pytest.mark.parametrize("height", [1.0, -1.0])
def test_at_the_poles_only_the_zonal_ones_are_left(height: float) -> None:
    expected = np.zeros(64)
    for n in range(8):
        expected[n * n + n] = height**n
    np.testing.assert_array_equal(harmonics(np.array([[0.0, 0.0, height]]), 7)[0], expected)


def test_a_lower_order_is_the_beginning_of_a_higher_one() -> None:
    directions = sphere(20)
    for order in range(8):
        np.testing.assert_array_equal(harmonics(directions, order), harmonics(directions, 7)[:, : n_harmonics(order)])


def test_orders_nobody_has_are_refused() -> None:
    for order in (-1, 8):
        with pytest.raises(ValueError, match="orders go from 1 to 7"):
            harmonics(sphere(1), order)
    with pytest.raises(ValueError, match=r"\(n, 3\)"):
        harmonics(np.zeros(3), 1)
