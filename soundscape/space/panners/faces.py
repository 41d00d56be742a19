"""The convex hull of directions, its faces as polygons: what lies in one plane is one face, not an arbitrary cut."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import ConvexHull

Vectors = NDArray[np.float64]

SAME_PLANE = 1e-6


class Face(NamedTuple):
    """Indices of corners in their order round the face; its plane, whose distance is negative behind the origin."""

    corners: list[int]
    normal: Vectors
    distance: float


def faces_of(vertices: Vectors) -> list[Face]:
    """Faces of the convex hull of `vertices` (n, 3).

    Raises
    ------
    scipy.spatial.QhullError
        If all vertices lie in one plane.

    Examples
    --------
    >>> vertices = np.array([(x, y, z) for x in (-1.0, 1.0) for y in (-1.0, 1.0) for z in (-1.0, 1.0)])
    >>> [len(face.corners) for face in faces_of(vertices)]
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
    return [
        Face(_in_order(sorted(corners), vertices), plane[:3], -float(plane[3]))
        for corners, plane in zip(members, planes, strict=True)
    ]


def _in_order(corners: list[int], vertices: Vectors) -> list[int]:
    arms = vertices[corners] - vertices[corners].mean(axis=0)
    normal = vertices[corners].mean(axis=0)
    ahead = arms[0]
    angles = np.arctan2(arms @ np.cross(normal / np.linalg.norm(normal), ahead), arms @ ahead)
    return [corners[index] for index in np.argsort(angles)]
