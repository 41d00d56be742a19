"""Image sources against mirrors: one wall by hand, every wall again and again by a slow twin."""

from __future__ import annotations

import numpy as np
import pytest

from soundscape.space.images import Images, Walls, image_sources
from soundscape.space.trajectory import Point

SIZE_M = (7.0, 9.0, 3.5)
SOURCE_M = (2.0, 6.0, 1.2)
LISTENER_M = (3.5, 4.0, 1.5)
WALLS = (0.9, 0.8, 0.7, 0.95, 0.6, 0.85)


def mirrored(order: int, walls: Walls = WALLS) -> dict[Point, tuple[float, int]]:
    """Twin: mirror the source in all six walls, its images again, and so on; what is new at a step has its order."""
    known: dict[Point, tuple[float, int]] = {SOURCE_M: (1.0, 0)}
    newest = [SOURCE_M]
    for step in range(1, order + 1):
        found = []
        for place in newest:
            for wall, factor in enumerate(walls):
                axis, is_far = divmod(wall, 2)
                image = list(place)
                image[axis] = 2.0 * SIZE_M[axis] * is_far - place[axis]
                where = (round(image[0], 9), round(image[1], 9), round(image[2], 9))
                if where not in known:
                    known[where] = known[place][0] * factor, step
                    found.append(where)
        newest = found
    del known[SOURCE_M]
    return known


def found(order: int, walls: Walls = WALLS) -> Images:
    return image_sources(SOURCE_M, LISTENER_M, SIZE_M, walls, order)


def test_one_wall_is_a_mirror() -> None:
    only_right = found(4, (0.0, 0.5, 0.0, 0.0, 0.0, 0.0))
    np.testing.assert_allclose(only_right.points_m, [[12.0 - 3.5, 2.0, -0.3]])
    np.testing.assert_allclose(only_right.gains, 0.5 / np.sqrt(8.5**2 + 2.0**2 + 0.3**2))
    assert only_right.orders.tolist() == [1]


def test_the_first_images_are_as_far_behind_the_walls_as_the_source_is_before_them() -> None:
    first = found(1)
    on_axes = {tuple(point) for point in np.round(first.points_m + LISTENER_M, 9).tolist()}
    assert on_axes == {(-2.0, 6.0, 1.2), (12.0, 6.0, 1.2), (2.0, -6.0, 1.2), (2.0, 12.0, 1.2), (2.0, 6.0, -1.2),
                       (2.0, 6.0, 5.8)}  # fmt: skip


def test_there_are_4_n_squared_plus_2_images_of_order_n() -> None:
    orders = found(6).orders
    assert [int((orders == n).sum()) for n in range(7)] == [0, 6, 18, 38, 66, 102, 146]


@pytest.mark.parametrize("walls", [WALLS, (0.9, 0.8, 0.7, 0.95, 0.6, 0.0), (0.0, 1.0, 1.0, 0.0, 0.3, 0.3)])
def test_images_are_those_of_mirrors_again_and_again(walls: Walls) -> None:
    images = found(5, walls)
    twin = {place: row for place, row in mirrored(5, walls).items() if row[0] > 0.0}
    assert len(images.gains) == len(twin) > 0
    for point, gain, order in zip(images.points_m, images.gains, images.orders, strict=True):
        x_m, y_m, z_m = np.round(point + LISTENER_M, 9).tolist()
        left, step = twin[x_m, y_m, z_m]
        assert order == step
        assert gain == pytest.approx(left / np.linalg.norm(point), rel=1e-12)


def test_what_has_no_ceiling_answers_from_no_height() -> None:
    heights_m = found(4, (0.9, 0.9, 0.9, 0.9, 0.9, 0.0)).points_m[:, 2] + LISTENER_M[2]
    assert set(np.round(heights_m, 9)) == {1.2, -1.2}


@pytest.mark.parametrize(("wrong", "said"), [
    ({"source_m": (8.0, 1.0, 1.0)}, "source_m"), ({"listener_m": (1.0, -1.0, 1.0)}, "listener_m"),
    ({"walls": (1.1,) * 6}, "walls"), ({"walls": (0.5,) * 5}, "walls"), ({"order": -1}, "order"),
])  # fmt: skip
def test_a_box_that_cannot_be_is_refused(wrong: dict[str, object], said: str) -> None:
    given = {"source_m": SOURCE_M, "listener_m": LISTENER_M, "size_m": SIZE_M, "walls": WALLS, "order": 1, **wrong}
    with pytest.raises(ValueError, match=said):
        image_sources(**given)
