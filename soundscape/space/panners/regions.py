"""Regions of the sphere between loudspeakers, and the gains inside each: triplets, quads and n-gons.

Loudspeakers, real and imaginary, are the corners of a convex polyhedron round the listener; a source belongs to the
face that its direction leaves through. Nothing here knows layers, labels or layouts.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from soundscape.space.panners.faces import Face, Vectors

Indices = NDArray[np.int64]

_BLOCK = 2048


@dataclass(frozen=True, slots=True, eq=False)
class Regions:
    """Faces of a polyhedron as arrays; made by `regions_of`.

    planes : (3, n_faces), a direction leaves through the face for which its product is greatest
    triangles : (n_faces, k), the triangles of each face, the last one repeated; those of a quad mean nothing
    inverses : (n_triangles, 3, 3), a direction times one of them gives the weights of its `triplets` (n_triangles, 3)
    quad_of : (n_faces,), which quad a face is, -1 for none; `quads` (n_quads, 4) are their corners in order
    quadratics : (n_quads, 2, 3, 3), times a direction: coefficients of the equations for both coordinates in a quad
    shares : (n_corners, m), the amplitudes that a corner hands to the outputs
    """

    planes: Vectors
    triangles: Indices
    inverses: Vectors
    triplets: Indices
    quad_of: Indices
    quads: Indices
    quadratics: Vectors
    shares: Vectors

    def amplitudes(self, directions: Vectors) -> Vectors:
        """(n, 3) unit vectors -> (n, m) amplitudes >= 0; the squares of a row add up to 1."""
        out = np.empty((len(directions), self.shares.shape[1]))
        for first in range(0, len(directions), _BLOCK):
            block = slice(first, first + _BLOCK)
            out[block] = self._weights(directions[block]) @ self.shares
        out /= np.sqrt(np.einsum("nm,nm->n", out, out))[:, None]
        return out

    def _weights(self, directions: Vectors) -> Vectors:
        """What each corner plays: (n, 3) -> (n, n_corners), not normalised."""
        out = np.zeros((len(directions), len(self.shares)))
        face = (directions @ self.planes).argmax(axis=1)
        in_quad = self.quad_of[face] >= 0
        rows = np.flatnonzero(~in_quad)
        triangle, weights = self._in_triangles(directions[rows], self.triangles[face[rows]])
        out[rows[:, None], self.triplets[triangle]] = weights
        rows = np.flatnonzero(in_quad)
        quad = self.quad_of[face[rows]]
        out[rows[:, None], self.quads[quad]] = self._in_quads(directions[rows], quad)
        return out

    def _in_triangles(self, directions: Vectors, candidates: Indices) -> tuple[Indices, Vectors]:
        """Of the candidates (n, k) the triangle round each direction, and the weights (n, 3) of its corners."""
        weights = np.einsum("nj,nkji->nki", directions, self.inverses[candidates])
        lowest = np.minimum(np.minimum(weights[..., 0], weights[..., 1]), weights[..., 2])
        chosen = lowest.argmax(axis=1)
        rows = np.arange(len(directions))
        return candidates[rows, chosen], np.clip(weights[rows, chosen], 0.0, None)

    def _in_quads(self, directions: Vectors, quad: Indices) -> Vectors:
        """Weights (n, 4) of the corners of a quad, in their order."""
        equations = np.einsum("nekj,nj->nek", self.quadratics[quad], directions)
        along, across = _root_in_unit(equations).T
        return np.stack(
            [(1.0 - along) * (1.0 - across), along * (1.0 - across), along * across, (1.0 - along) * across], axis=1
        )


def regions_of(faces: list[Face], vertices: Vectors, shares: Vectors, centres: Vectors) -> Regions:
    """Regions between corners, after ITU-R BS.2127-1, 6.1.2.

    - a face of three corners is a triplet: vector base amplitude panning
    - a face of four is a quad: the two coordinates of the direction in it are roots of quadratic equations
    - the faces round a centre are an n-gon: triangles with the centre, whose gain goes to all others in equal power

    A face of more than four corners, which no layout of BS.2051 has, is an n-gon round a centre of its own.

    Parameters
    ----------
    faces
        Those of the hull of `vertices` and `centres`, in this order; all in front of the origin.
    vertices : (n, 3) unit vectors; shares : (n, m), amplitudes that each hands to the outputs
    centres : (k, 3) unit vectors
    """
    n_corners = len(vertices) + len(centres)
    hubs = _hubs(faces, len(vertices), n_corners)
    wide = [face for face, hub in zip(faces, hubs, strict=True) if hub >= n_corners]
    middles = [_unit(np.concatenate([vertices, centres])[face.corners].sum(axis=0)) for face in wide]
    around = [_neighbours(faces, len(vertices) + index) for index in range(len(centres))]
    handed = [_equal_power(shares[ring]) for ring in [*around, *(face.corners for face in wide)]]
    corners = np.vstack([vertices, centres, np.reshape(middles, (-1, 3))])
    is_quad = np.array([len(face.corners) == 4 and hub < len(vertices) for face, hub in zip(faces, hubs, strict=True)])
    quads = np.array([face.corners for face, quad in zip(faces, is_quad, strict=True) if quad], dtype=np.int64)
    fans = [[face.corners[:3]] if quad else _fan(face.corners, hub)
            for face, hub, quad in zip(faces, hubs, is_quad, strict=True)]  # fmt: skip
    triplets = [triplet for fan in fans for triplet in fan]
    return Regions(
        planes=np.array([face.normal / face.distance for face in faces]).T,
        triangles=_numbered(fans),
        inverses=np.linalg.inv(corners[np.array(triplets)]),
        triplets=np.array(triplets, dtype=np.int64),
        quad_of=np.where(is_quad, np.cumsum(is_quad) - 1, -1),
        quads=quads.reshape(-1, 4),
        quadratics=_quadratics(corners[quads.reshape(-1, 4)]),
        shares=np.vstack([shares, np.reshape(handed, (-1, shares.shape[1]))]),
    )


def _hubs(faces: list[Face], n_known: int, n_corners: int) -> list[int]:
    """The corner from which each face is cut into triangles: its centre, a new one where it is wide, or any.

    Centres have the numbers from `n_known` on, new ones those from `n_corners` on.
    """
    hubs = []
    for face in faces:
        hub = max(face.corners)
        if len(face.corners) > 4 and hub < n_known:
            hub, n_corners = n_corners, n_corners + 1
        hubs.append(hub)
    return hubs


def _neighbours(faces: list[Face], centre: int) -> list[int]:
    return sorted({corner for face in faces if centre in face.corners for corner in face.corners} - {centre})


def _equal_power(shares: Vectors) -> Vectors:
    return np.asarray(shares.sum(axis=0) / np.sqrt(len(shares)))


def _unit(vector: Vectors) -> Vectors:
    return np.asarray(vector / np.linalg.norm(vector))


def _fan(ring: list[int], hub: int) -> list[list[int]]:
    """Triangles of a polygon, all from one corner or from its middle."""
    return [[one, other, hub] for one, other in pairwise([*ring, ring[0]]) if hub not in (one, other)]


def _numbered(fans: list[list[list[int]]]) -> Indices:
    """Numbers of the triangles of each face, as a rectangle: short rows repeat their last one."""
    longest = max(len(fan) for fan in fans)
    ends = np.cumsum([len(fan) for fan in fans])
    firsts = ends - [len(fan) for fan in fans]
    return np.asarray(np.minimum(firsts[:, None] + np.arange(longest), ends[:, None] - 1))


def _quadratics(quads: Vectors) -> Vectors:
    """Coefficients (n, 2, 3, 3) of the equations for both coordinates in quads (n, 4, 3): equation, power, axis.

    At the coordinate t the lines from a to b and from d to c have the points a + t (b - a) and d + t (c - d). A
    direction whose coordinate is t lies in one plane with both and the listener: its product with their cross product
    is 0.
    """
    turned = np.stack([quads, np.roll(quads, -1, axis=1)], axis=1)
    a, b, c, d = np.moveaxis(turned, 2, 0)
    return np.stack([np.cross(b - a, c - d), np.cross(a, c - d) + np.cross(b - a, d), np.cross(a, d)], axis=2)


def _root_in_unit(equations: Vectors) -> Vectors:
    """The root from 0 to 1 of each quadratic equation: (..., 3) coefficients, highest power first -> (...).

    Inside a convex quad there is exactly one (and none is lost where the equation is all but linear).
    """
    a, b, c = np.moveaxis(equations, -1, 0)
    half = -0.5 * (b + np.copysign(np.sqrt(np.maximum(b * b - 4.0 * a * c, 0.0)), b))
    with np.errstate(divide="ignore", invalid="ignore"):
        roots = np.nan_to_num(np.stack([half / a, c / half]), nan=np.inf, posinf=np.inf, neginf=-np.inf)
    inside = np.clip(roots, 0.0, 1.0)
    first_is_nearer = np.abs(roots[0] - inside[0]) < np.abs(roots[1] - inside[1])
    return np.asarray(np.where(first_is_nearer, inside[0], inside[1]))
