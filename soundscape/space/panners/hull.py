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
        places = _on_edges(points, self._edges)
        if len(self._faces):
            places = np.concatenate([places, _on_faces(points, self._faces, self._walls)], axis=1)
        squares = ((places - points[:, None]) ** 2).sum(axis=2)
        return np.asarray(places[np.arange(len(points)), np.nanargmin(squares, axis=1)])


def _on_edges(points: Vectors, edges: Vectors) -> Vectors:
    """Nearest place on each edge: (n, d), (m, 2, d) -> (n, m, d)."""
    along = edges[:, 1] - edges[:, 0]
    parts = np.einsum("nmd,md->nm", points[:, None] - edges[:, 0], along) / (along**2).sum(axis=1)
    return np.asarray(edges[:, 0] + np.clip(parts, 0.0, 1.0)[:, :, None] * along)


def _on_faces(points: Vectors, faces: Vectors, walls: Vectors) -> Vectors:
    """Foot of the perpendicular on each triangle, NaN where it misses: (n, 3), (m, 3, 3), (m, 4) -> (n, m, 3)."""
    heights = points @ walls[:, :-1].T + walls[:, -1]
    feet = points[:, None] - heights[:, :, None] * walls[:, :-1]
    weights = np.einsum("nmd,mdk->nmk", feet, np.linalg.inv(faces))
    return np.where((weights >= 0.0).all(axis=2, keepdims=True), feet, np.nan)
