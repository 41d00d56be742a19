"""The convex hull of directions, its faces as polygons: what lies in one plane is one face, not an arbitrary cut."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import ConvexHull

Vectors = NDArray[np.float64]

SAME_PLANE = 1e-6


def polygons_of(vertices: Vectors) -> list[list[int]]:
    """Faces of the convex hull of `vertices` (n, 3), as indices of corners in their order round the face.

    Raises
    ------
    scipy.spatial.QhullError
        If all vertices lie in one plane.

    Examples
    --------
    >>> corners = np.array([(x, y, z) for x in (-1.0, 1.0) for y in (-1.0, 1.0) for z in (-1.0, 1.0)])
    >>> sorted(len(polygon) for polygon in polygons_of(corners))
    [4, 4, 4, 4, 4, 4]
    """
    hull = ConvexHull(vertices)
    planes: list[Vectors] = []
    members: list[set[int]] = []
    for plane, simplex in zip(hull.equations, hull.simplices.tolist(), strict=True):
        same = next((index for index, one in enumerate(planes) if np.abs(one - plane).max() < SAME_PLANE), len(planes))
        if same == len(planes):
            planes.append(plane)
            members.append(set())
        members[same].update(simplex)
    return [_in_order(sorted(corners), vertices) for corners in members]


def _in_order(corners: list[int], vertices: Vectors) -> list[int]:
    arms = vertices[corners] - vertices[corners].mean(axis=0)
    normal = vertices[corners].mean(axis=0)
    ahead = arms[0]
    angles = np.arctan2(arms @ np.cross(normal / np.linalg.norm(normal), ahead), arms @ ahead)
    return [corners[index] for index in np.argsort(angles)]
