"""The space that loudspeakers enclose, and the nearest place in it. In a plane it is a polygon, on a line a stretch."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import ConvexHull

from soundscape.space.trajectory import Points

Vectors = NDArray[np.float64]

_FLAT = 1e-3
"""Of the largest extent: thinner than this is flat."""

_BLOCK = 2048


class Hull:
    """Smallest convex body round places: a solid, or if they lie so, part of a plane, part of a line, or one point.

    Parameters
    ----------
    places_m : (n, 3) metres, n >= 1

    Examples
    --------
    >>> square = Hull(np.array([[1.0, 1.0, 0.0], [-1.0, 1.0, 0.0], [-1.0, -1.0, 0.0], [1.0, -1.0, 0.0]]))
    >>> (square.nearest(np.array([[0.5, 3.0, 2.0]])).round(9) + 0.0).tolist()
    [[0.5, 1.0, 0.0]]
    """

    def __init__(self, places_m: Points) -> None:
        self._middle = places_m.mean(axis=0)
        _, extents, axes = np.linalg.svd(places_m - self._middle, full_matrices=False)
        self._axes = axes[extents > max(_FLAT * extents[0], 1e-9)]
        n_axes = len(self._axes)
        corners = (places_m - self._middle) @ self._axes.T
        self._walls = np.zeros((0, n_axes + 1))
        self._faces = np.zeros((0, 3, n_axes))
        self._edges = np.zeros((0, 2, n_axes))
        if n_axes == 1:
            self._edges = np.array([[corners.min(axis=0), corners.max(axis=0)]])
        elif n_axes > 1:
            hull = ConvexHull(corners)
            self._walls = hull.equations
            facets = corners[hull.simplices]
            if n_axes == 3:
                self._faces = facets
                facets = np.concatenate([facets[:, pair] for pair in ([0, 1], [1, 2], [2, 0])])
            self._edges = facets

    def nearest(self, points_m: Points) -> Points:
        """Nearest places of the body: (n, 3) -> (n, 3) metres; a point inside is its own."""
        flat = (points_m - self._middle) @ self._axes.T
        if len(self._edges):
            outside = np.flatnonzero((flat @ self._walls[:, :-1].T + self._walls[:, -1] > 0.0).any(axis=1))
            rows = outside if len(self._walls) else np.arange(len(flat))
            for first in range(0, len(rows), _BLOCK):
                block = rows[first : first + _BLOCK]
                flat[block] = self._on_the_surface(flat[block])
        return np.asarray(flat @ self._axes + self._middle)

    def _on_the_surface(self, points: Vectors) -> Vectors:
        """Nearest places on edges and faces; distances are compared by their parts, places made of the nearest only."""
        rows = np.arange(len(points))
        parts, squares = _along_edges(points, self._edges)
        chosen = squares.argmin(axis=1)
        start, end = self._edges[chosen, 0], self._edges[chosen, 1]
        places = start + parts[rows, chosen, None] * (end - start)
        if len(self._faces):
            heights = points @ self._walls[:, :-1].T + self._walls[:, -1]
            over = _are_over(points, self._faces, self._walls[:, :-1])
            reach = np.where(over & (heights > 0.0), heights, np.inf)
            face = reach.argmin(axis=1)
            nearer = reach[rows, face] ** 2 < squares[rows, chosen]
            feet = points - heights[rows, face, None] * self._walls[face, :-1]
            places[nearer] = feet[nearer]
        return np.asarray(places)


def _along_edges(points: Vectors, edges: Vectors) -> tuple[Vectors, Vectors]:
    """How far along each edge its nearest place is, 0 to 1, and the squared distance: (n, d), (m, 2, d) -> (n, m)."""
    starts, along = edges[:, 0], edges[:, 1] - edges[:, 0]
    lengths = (along**2).sum(axis=1)
    ahead = points @ along.T - (starts * along).sum(axis=1)
    parts = np.clip(ahead / lengths, 0.0, 1.0)
    from_starts = (points**2).sum(axis=1)[:, None] - 2.0 * points @ starts.T + (starts**2).sum(axis=1)
    return parts, from_starts - parts * (2.0 * ahead - parts * lengths)


def _are_over(points: Vectors, faces: Vectors, normals: Vectors) -> NDArray[np.bool_]:
    """Whether the foot of the perpendicular on a triangle's plane is in the triangle: (n, 3), (m, 3, 3) -> (n, m)."""
    corners, opposite = faces, np.roll(faces, 1, axis=1)
    across = np.cross(normals[:, None], np.roll(faces, -1, axis=1) - corners)
    inward = across * np.sign(((opposite - corners) * across).sum(axis=2, keepdims=True))
    sides = points @ inward.reshape(-1, 3).T - (inward * corners).sum(axis=2).reshape(-1)
    return np.asarray((sides.reshape(len(points), -1, 3) >= 0.0).all(axis=2))
