"""Mirror images of a source in the walls of a box: where its echoes come from, and how strong they are.

Nothing here makes sound; the engine turns images into delays and gains.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from soundscape.space.trajectory import Point, Points

Walls = tuple[float, float, float, float, float, float]
"""Pressure that comes back from a wall, 0 to 1: left, right, back, front, floor, ceiling."""


@dataclass(frozen=True, slots=True, eq=False)
class Images:
    """Images of one source, without the source itself.

    `points_m` : (n, 3), from the listener. `gains` : (n,) > 0, what the walls leave, over the distance in metres: the
    source itself, 1 m away, would have 1. `orders` : (n,) >= 1, reflections on the way.
    """

    points_m: Points
    gains: NDArray[np.float64]
    orders: NDArray[np.int64]


def image_sources(source_m: Point, listener_m: Point, size_m: Point, walls: Walls, order: int) -> Images:
    """Images of a source in a box up to a number of reflections.

    Parameters
    ----------
    source_m, listener_m : metres from the left end of the back wall at the floor
        Inside the box and apart from each other.
    size_m : width (x), depth (y), height (z), > 0
    walls : six factors from 0 to 1
        One of 0 reflects nothing: what would come from it is left out.
    order : >= 0
        Most reflections on the way. With six walls above 0 there are 4 n^2 + 2 images of order n.

    Raises
    ------
    ValueError
        If a place is outside the box, or a number is out of range.

    References
    ----------
    Allen and Berkley, "Image method for efficiently simulating small-room acoustics", JASA 65(4), 1979, equations 9
    and 10.

    Examples
    --------
    >>> found = image_sources((1.0, 2.0, 1.0), (2.0, 2.0, 1.0), (4.0, 4.0, 3.0), (0.5, 0.0, 0.0, 0.0, 0.0, 0.0), 3)
    >>> found.points_m.tolist(), found.gains.round(3).tolist(), found.orders.tolist()
    ([[-3.0, 0.0, 0.0]], [0.167], [1])
    """
    for name, place_m in (("source_m", source_m), ("listener_m", listener_m)):
        if not all(0.0 <= at_m <= side_m for at_m, side_m in zip(place_m, size_m, strict=True)):
            raise ValueError(f"{name} must be inside a box of {size_m}, got {place_m}")
    if len(walls) != 6 or not all(0.0 <= wall <= 1.0 for wall in walls):
        raise ValueError(f"walls are six numbers from 0 to 1, got {walls}")
    if order < 0:
        raise ValueError(f"order must be 0 or more, got {order}")
    steps = np.arange(-order, order + 1)
    places, factors = zip(*(_along(steps, source_m[axis], size_m[axis], walls[2 * axis], walls[2 * axis + 1])
                            for axis in range(3)), strict=True)  # fmt: skip
    cells = np.stack(np.meshgrid(*[np.arange(len(steps))] * 3, indexing="ij"), axis=-1).reshape(-1, 3)
    orders = np.abs(steps[cells]).sum(axis=1)
    points_m = np.stack([places[axis][cells[:, axis]] - listener_m[axis] for axis in range(3)], axis=-1)
    left = np.prod([factors[axis][cells[:, axis]] for axis in range(3)], axis=0)
    is_heard = (orders >= 1) & (orders <= order) & (left > 0.0)
    points_m, left, orders = points_m[is_heard], left[is_heard], orders[is_heard]
    return Images(points_m, left / np.linalg.norm(points_m, axis=1), orders)


def _along(steps: NDArray[np.int64], at_m: float, side_m: float, near: float,
           far: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:  # fmt: skip
    """Images along one axis, step by step away from the source: where they are, and what the two walls leave."""
    is_mirrored = steps % 2 == 1
    places_m = np.where(is_mirrored, (steps + 1) * side_m - at_m, steps * side_m + at_m)
    hits_far = np.abs((steps + is_mirrored) // 2)
    return places_m, near ** (np.abs(steps) - hits_far) * far**hits_far
