"""Spherical harmonics against scipy's, and what makes them harmonics."""

from __future__ import annotations

import math

import numpy as np
import pytest
import scipy.special
from numpy.typing import NDArray

from soundscape.space.harmonics import harmonics
from soundscape.space.trajectory import Points, point_at

ORDER = 7


def sphere(n: int) -> Points:
    points = np.random.default_rng(3).standard_normal((n, 3))
    return points / np.linalg.norm(points, axis=1, keepdims=True)


def complex_harmonic(
    n: int, m: int, polar: NDArray[np.float64], azimuth: NDArray[np.float64]
) -> NDArray[np.complex128]:
    if hasattr(scipy.special, "sph_harm_y"):  # scipy 1.15
        return np.asarray(scipy.special.sph_harm_y(n, m, polar, azimuth))
    return np.asarray(scipy.special.sph_harm(m, n, azimuth, polar))


def textbook(directions: Points, n: int, m: int) -> NDArray[np.float64]:
    """SN3D from scipy's complex harmonics: without their Condon-Shortley sign and their scale."""
    x, y, z = directions.T
    wave = complex_harmonic(n, abs(m), np.arccos(z), np.arctan2(-x, y))
    part = wave.imag if m < 0 else wave.real
    scale = math.sqrt(4.0 * math.pi / (2 * n + 1)) * (math.sqrt(2.0) if m else 1.0)
    return np.asarray((-1.0) ** m * scale * part)


def test_each_harmonic_is_the_textbooks() -> None:
    directions = sphere(400)
    values = harmonics(directions, ORDER)
    assert values.shape == (400, (ORDER + 1) ** 2)
    for n in range(ORDER + 1):
        for m in range(-n, n + 1):
            np.testing.assert_allclose(values[:, n * (n + 1) + m], textbook(directions, n, m), atol=1e-12)


def test_the_first_order_points_left_up_and_ahead() -> None:
    for direction, channel in ((point_at(90.0), 1), (point_at(0.0, 90.0), 2), (point_at(0.0), 3)):
        values = harmonics(np.array([direction]), 1)[0]
        np.testing.assert_allclose(values, np.eye(4)[0] + np.eye(4)[channel], atol=1e-12)


def test_products_over_the_sphere_are_sn3d() -> None:
    heights, weights = np.polynomial.legendre.leggauss(ORDER + 1)
    turns = 2.0 * np.pi * np.arange(2 * ORDER + 2) / (2 * ORDER + 2)
    z, turn = (grid.ravel() for grid in np.meshgrid(heights, turns, indexing="ij"))
    flat = np.sqrt(1.0 - z * z)
    values = harmonics(np.stack([flat * np.cos(turn), flat * np.sin(turn), z], axis=1), ORDER)
    shares = np.repeat(weights / 2.0 / len(turns), len(turns))
    degree = np.floor(np.sqrt(np.arange((ORDER + 1) ** 2)))
    np.testing.assert_allclose((values.T * shares) @ values, np.diag(1.0 / (2.0 * degree + 1.0)), atol=1e-12)


def test_a_pole_is_a_place_like_any_other() -> None:
    near = harmonics(np.array([point_at(turn, 90.0 - 1e-6) for turn in (0.0, 77.0, 200.0)]), ORDER)
    pole = harmonics(np.array([[0.0, 0.0, 1.0]]), ORDER)
    np.testing.assert_allclose(near - pole, 0.0, atol=1e-6)


def test_there_is_no_order_below_0() -> None:
    with pytest.raises(ValueError, match="-1"):
        harmonics(sphere(3), -1)
