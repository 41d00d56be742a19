from __future__ import annotations

import numpy as np

from soundscape.space.distance import HEAD_M
from soundscape.space.sends import N_SENDS, SENDS, send_gains
from soundscape.space.trajectory import Points


def around(n: int, distance_m: float) -> Points:
    points = np.random.default_rng(3).standard_normal((n, 3))
    return distance_m * points / np.linalg.norm(points, axis=1, keepdims=True)


def test_what_is_sent_has_the_same_power_from_everywhere() -> None:
    for distance_m in (0.0, 0.1, HEAD_M, 2.0, 1e5):
        np.testing.assert_allclose((send_gains(around(500, distance_m)) ** 2).sum(axis=1), 1.0, atol=1e-12)


def test_a_source_on_an_axis_sends_one_way_and_others_at_most_three() -> None:
    np.testing.assert_allclose(send_gains(5.0 * SENDS), np.eye(N_SENDS), atol=1e-12)
    assert ((send_gains(around(500, 2.0)) > 0.0).sum(axis=1) <= 3).all()


def test_the_sends_point_at_the_source() -> None:
    points = around(500, 4.0)
    np.testing.assert_allclose(send_gains(points) @ SENDS, points / 4.0, atol=1e-12)


def test_left_mirrors_right() -> None:
    points = around(200, 0.2)
    swapped = [0, 3, 2, 1, 4, 5]
    np.testing.assert_allclose(send_gains(points * [-1.0, 1.0, 1.0])[:, swapped], send_gains(points), atol=1e-12)


def test_a_walk_through_the_head_has_no_jump() -> None:
    walk = np.linspace(-1.0, 1.0, 20_001)[:, None] * np.array([[0.6, 0.7, 0.2]])
    assert np.abs(np.diff(send_gains(walk), axis=0)).max() < 0.03
    np.testing.assert_allclose(send_gains(np.zeros((1, 3))), 6**-0.5)
