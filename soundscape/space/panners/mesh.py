"""The sphere round the listener as triangles between loudspeakers, real and imaginary, without a hole.

A few loudspeakers rarely surround the listener. Imaginary ones fill what is missing, and each hands what it gets to
real ones: its row of `Mesh.shares`. Every imaginary place follows from the layout alone and from rules that do not know
left from right, so that a symmetric layout is panned symmetrically. Nothing here depends on a source.

- mirror images, where the loudspeakers leave more than half the circle open (stereo): what is behind sounds in front
- steps above and below the outermost loudspeakers: a source a little too high stays sharp
- the middle of any gap too wide for a pair, and the poles: shared among all loudspeakers around
- the middle of each flat polygon: it would be cut along an arbitrary diagonal otherwise
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from math import ceil

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import nnls

from soundscape.space.panners.faces import Vectors, faces_of
from soundscape.space.trajectory import point_at

MIRROR_GAP_DEG = 200.0
"""From here on an open arc counts as a side of the room without loudspeakers."""

WIDE_GAP_DEG = 160.0
"""The widest arc that a pair of loudspeakers bridges."""

STEP_DEG = 30.0
"""How far above or below the outermost loudspeakers a source stays sharp (as in ITU-R BS.2127-1, 6.1.3.1)."""

POLAR_DEG = 80.0
"""Loudspeakers higher or lower than this have no azimuth to speak of."""

_SAME = 1e-6
_INSIDE = 1e-4
_BALANCE = 1e-3


@dataclass(frozen=True, slots=True, eq=False)
class Mesh:
    """Triangles that tile the sphere, and what their corners hand to the loudspeakers.

    corners : (n_triangles, 3) indices of vertices; shares : (n_vertices, n_speakers) amplitudes >= 0;
    inverses : (n_triangles, 3, 3), a direction times one of them gives the weights of its three corners.
    """

    corners: NDArray[np.int64]
    shares: Vectors
    inverses: Vectors


def mesh_of(directions: Vectors) -> Mesh:
    """Tile the sphere between the directions of at least two loudspeakers.

    Parameters
    ----------
    directions : (n, 3) unit vectors, all different

    References
    ----------
    Pulkki, "Virtual sound source positioning using vector base amplitude panning", JAES 45(6), 1997.
    """
    vertices, shares = _with_mirror_images(directions)
    vertices, shares = _with_steps(vertices, shares)
    n_known = len(vertices)
    gap_fillers = [_unit(azimuth) for azimuth in _wide_gaps(vertices)]
    vertices = _and(vertices, [*gap_fillers, _unit(0.0, 90.0), _unit(0.0, -90.0)])
    polygons = [face.corners for face in faces_of(vertices)]
    for index in range(n_known, len(vertices)):
        around = sorted({other for polygon in polygons if index in polygon for other in polygon if other < n_known})
        around = around or list(range(n_known))
        handed = _share(vertices[index], around, vertices, len(directions))
        shares = np.vstack([shares, handed @ shares[around]])
    return _triangles(vertices, shares, polygons)


def _with_mirror_images(directions: Vectors) -> tuple[Vectors, Vectors]:
    shares = np.eye(len(directions))
    middle_deg, width_deg = _widest_gap(directions)
    if width_deg <= MIRROR_GAP_DEG:
        return directions, shares
    across = _unit(middle_deg)
    images = directions - 2.0 * (directions @ across)[:, None] * across
    new = [index for index, image in enumerate(images) if np.abs(directions - image).max(axis=1).min() > _SAME]
    return _and(directions, images[new]), np.vstack([shares, shares[new]])


def _with_steps(vertices: Vectors, shares: Vectors) -> tuple[Vectors, Vectors]:
    steps, parents = [], []
    azimuths_deg, elevations_deg = _angles_deg(vertices)
    for index, (azimuth_deg, elevation_deg) in enumerate(zip(azimuths_deg, elevations_deg, strict=True)):
        near = np.abs(_turn_deg(azimuths_deg - azimuth_deg)) <= STEP_DEG
        for sign in (1.0, -1.0):
            height_deg = sign * elevation_deg
            outermost = not (near & (sign * elevations_deg > height_deg + 1.0)).any()
            step = _unit(azimuth_deg, sign * max(height_deg + STEP_DEG, 0.0))
            if outermost and height_deg < POLAR_DEG - STEP_DEG and not _within(step, vertices):
                steps.append(step)
                parents.append(index)
    return _and(vertices, steps), np.vstack([shares, shares[parents]])


def _share(imaginary: Vectors, around: list[int], vertices: Vectors, n_real: int) -> Vectors:
    """Amplitudes (len(around),) that an imaginary loudspeaker hands to its neighbours.

    Where real ones surround it, the sum of what they play is the imaginary one exactly; elsewhere the energy leans
    to no side, as far as that can be had, and the power is 1.
    """
    is_real = np.array(around) < n_real
    if is_real.any() and _within(imaginary, vertices[around][is_real]):
        return _closest(vertices[around].T * is_real, imaginary, is_real * is_real.sum() ** -0.5)
    across = np.eye(3) - np.outer(imaginary, imaginary)
    powers = _closest(across @ vertices[around].T, np.zeros(3), np.full(len(around), 1.0 / len(around)))
    return np.asarray(np.sqrt(powers / powers.sum()))


def _closest(matrix: Vectors, target: Vectors, usual: Vectors) -> Vectors:
    """Weights >= 0 with matrix @ weights = target, as near to `usual` as can be; unique, so symmetric."""
    weights, _ = nnls(np.vstack([matrix, _BALANCE * np.eye(len(usual))]), np.concatenate([target, _BALANCE * usual]))
    return np.asarray(weights, dtype=np.float64)


def _within(direction: Vectors, vertices: Vectors) -> bool:
    """Whether `direction` is a sum of `vertices` with weights >= 0."""
    return bool(nnls(vertices.T, direction)[1] < _INSIDE)


def _triangles(vertices: Vectors, shares: Vectors, polygons: list[list[int]]) -> Mesh:
    corners: list[tuple[int, int, int]] = []
    for polygon in polygons:
        if len(polygon) == 3:
            corners.append((polygon[0], polygon[1], polygon[2]))
            continue
        middle = vertices[polygon].mean(axis=0)
        length = float(np.linalg.norm(middle))
        corners += [(one, other, len(vertices)) for one, other in pairwise([*polygon, polygon[0]])]
        vertices = _and(vertices, [middle / length])
        shares = np.vstack([shares, shares[polygon].mean(axis=0) / length])
    rows = np.array(corners, dtype=np.int64)
    return Mesh(rows, shares, np.asarray(np.linalg.inv(vertices[rows]), dtype=np.float64))


def _widest_gap(directions: Vectors) -> tuple[float, float]:
    """Middle and width of the widest open arc of azimuth; (0, 0) if nothing has an azimuth."""
    return max(_gaps(directions), key=lambda gap: gap[1], default=(0.0, 0.0))


def _wide_gaps(vertices: Vectors) -> list[float]:
    gaps = _gaps(vertices)
    if not gaps:
        return [0.0, 90.0, 180.0, 270.0]
    return [azimuth_deg for middle_deg, width_deg in gaps for azimuth_deg in _filling(middle_deg, width_deg)]


def _filling(middle_deg: float, width_deg: float) -> list[float]:
    """Azimuths that leave no part of a gap too wide: its middle, or two in a gap that goes nearly all round."""
    n_parts = ceil(width_deg / WIDE_GAP_DEG)
    return [middle_deg + width_deg * (n / n_parts - 0.5) for n in range(1, n_parts)]


def _gaps(directions: Vectors) -> list[tuple[float, float]]:
    azimuths_deg, elevations_deg = _angles_deg(directions)
    ring = sorted(azimuths_deg[np.abs(elevations_deg) <= POLAR_DEG + _SAME].tolist())
    if not ring:
        return []
    return [((one + other) / 2.0, other - one) for one, other in pairwise([*ring, ring[0] + 360.0])]


def _angles_deg(directions: Vectors) -> tuple[Vectors, Vectors]:
    azimuths = np.degrees(np.arctan2(-directions[:, 0], directions[:, 1]))
    return azimuths, np.degrees(np.arcsin(np.clip(directions[:, 2], -1.0, 1.0)))


def _turn_deg(degrees: Vectors) -> Vectors:
    return (degrees + 180.0) % 360.0 - 180.0


def _unit(azimuth_deg: float, elevation_deg: float = 0.0) -> Vectors:
    return np.array(point_at(azimuth_deg, elevation_deg))


def _and(vertices: Vectors, more: list[Vectors] | Vectors) -> Vectors:
    return np.vstack([vertices, np.reshape(more, (-1, 3))])
