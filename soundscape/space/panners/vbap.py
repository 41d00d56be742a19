"""Vector base amplitude panning in three dimensions, for any rig: the row `vbap` of the panners."""

from __future__ import annotations

from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from soundscape.space.layout import SAME_DIRECTION_DEG, Layout
from soundscape.space.panners.mesh import Mesh, mesh_of
from soundscape.space.panners.spread import cover, grid, share_of_cap
from soundscape.space.trajectory import Points

HEAD_M = 0.3
"""Nearer than this a source widens until, in the middle of the head, it is everywhere."""

_BLOCK = 2048
_AHEAD = np.array([0.0, 1.0, 0.0])


class Vbap:
    """Pans between the (at most) three loudspeakers round a direction, with power 1.

    Inside the part of the sphere that loudspeakers surround, the sum of the gains times the loudspeakers' directions
    points at the source, to 0.01 degrees (to 5 degrees along the rim of a rig that leaves a side of the room open).
    Outside it a source folds to the nearest edge (see `mesh`).
    Loudspeakers in one direction at several distances share by the source's distance. A rig of one loudspeaker, or of
    one direction, plays everything there.

    References
    ----------
    Pulkki, "Virtual sound source positioning using vector base amplitude panning", JAES 45(6), 1997; spread after
    Pulkki, "Uniform spreading of amplitude panned virtual sources", WASPAA 1999.
    """

    decoder = None

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self.n_bus = layout.n_channels
        self._stacks = _stacks_of(layout)
        self._mesh = mesh_of(_directions(layout, self._stacks)) if len(self._stacks) > 1 else None

    def gains(self, points_m: Points, spread_deg: float | NDArray[np.float64] = 0.0) -> NDArray[np.float64]:
        """Gains of sources at `points_m`.

        Parameters
        ----------
        points_m : (n, 3) metres
        spread_deg : float or (n,), 0 to 360
            0 is a point, 360 is everywhere; a source nearer than `HEAD_M` is wider.

        Returns
        -------
        (n, n_channels) float64 >= 0
            The squares of a row add up to 1; an LFE has 0.

        Raises
        ------
        ValueError
            If a point is not finite, or a spread is outside 0 to 360.
        """
        points = np.asarray(points_m, dtype=np.float64)
        if points.ndim != 2 or points.shape[1] != 3 or not np.isfinite(points).all():
            raise ValueError(f"points_m must be finite, (n, 3), got shape {points.shape}")
        asked_deg = np.broadcast_to(np.asarray(spread_deg, dtype=np.float64), len(points))
        if not ((asked_deg >= 0.0) & (asked_deg <= 360.0)).all():
            raise ValueError(f"spread_deg goes from 0 to 360, got {spread_deg}")
        distances_m = np.linalg.norm(points, axis=1)
        far = distances_m > 1e-9
        directions = np.where(far[:, None], points / np.where(far, distances_m, 1.0)[:, None], _AHEAD)
        at_head = np.clip(1.0 - distances_m / HEAD_M, 0.0, 1.0)
        powers = self._powers(directions, asked_deg + (360.0 - asked_deg) * at_head)
        return self._channels(np.sqrt(powers), distances_m)

    def _powers(self, directions: Points, spread_deg: NDArray[np.float64]) -> NDArray[np.float64]:
        """Power of each direction that has loudspeakers: (n, n_stacks), rows add up to 1."""
        powers = self._point_powers(directions)
        wide = np.flatnonzero(spread_deg > 0.0)
        for first in range(0, len(wide), _BLOCK):
            rows = wide[first : first + _BLOCK]
            cells, cell_powers = self._cells
            caps = cover(directions[rows], spread_deg[rows], cells) @ cell_powers
            caps /= caps.sum(axis=1, keepdims=True)
            share = share_of_cap(spread_deg[rows])[:, None]
            powers[rows] = share * caps + (1.0 - share) * powers[rows]
        return powers

    def _point_powers(self, directions: Points) -> NDArray[np.float64]:
        if self._mesh is None:
            return np.ones((len(directions), 1))
        out = np.empty((len(directions), len(self._stacks)))
        for first in range(0, len(directions), _BLOCK):
            rows = slice(first, first + _BLOCK)
            out[rows] = _amplitudes(self._mesh, directions[rows]) ** 2
        out /= out.sum(axis=1, keepdims=True)
        return out

    @cached_property
    def _cells(self) -> tuple[Points, NDArray[np.float64]]:
        """The grid of directions for wide sources, and the power of each stack for each cell times its area."""
        cells, areas = grid()
        return cells, self._point_powers(cells) * areas[:, None]

    def _channels(self, amplitudes: NDArray[np.float64], distances_m: NDArray[np.float64]) -> NDArray[np.float64]:
        out = np.zeros((len(amplitudes), self.layout.n_channels))
        for stack, amplitude in zip(self._stacks, amplitudes.T, strict=True):
            if len(stack) == 1:
                out[:, stack[0]] = amplitude
                continue
            stations_m = [self.layout.speakers[channel].distance_m for channel in stack]
            for channel, station in zip(stack, np.eye(len(stack)), strict=True):
                out[:, channel] = amplitude * np.sin(np.pi / 2.0 * np.interp(distances_m, stations_m, station))
        return out


def _amplitudes(mesh: Mesh, directions: Points) -> NDArray[np.float64]:
    """Amplitudes (n, n_speakers) of directions (n, 3), not normalised: weights of the enclosing triangle's corners."""
    flat = mesh.inverses.transpose(1, 0, 2).reshape(3, -1)
    weights = (directions @ flat).reshape(len(directions), -1, 3)
    lowest = np.minimum(np.minimum(weights[..., 0], weights[..., 1]), weights[..., 2])
    chosen = lowest.argmax(axis=1)
    best = np.clip(weights[np.arange(len(directions)), chosen], 0.0, None)
    return np.asarray(np.einsum("nk,nkc->nc", best, mesh.shares[mesh.corners[chosen]]))


def _stacks_of(layout: Layout) -> list[list[int]]:
    """Channels by direction, each list from near to far; an LFE is in none."""
    points = layout.points_m
    directions = points / np.linalg.norm(points, axis=1, keepdims=True)
    stacks: list[list[int]] = []
    for channel, speaker in enumerate(layout.speakers):
        if speaker.is_lfe:
            continue
        for stack in stacks:
            apart = np.linalg.norm(directions[channel] - directions[stack[0]])
            if 2.0 * np.degrees(np.arcsin(apart / 2.0)) < SAME_DIRECTION_DEG:
                stack.append(channel)
                break
        else:
            stacks.append([channel])
    return [sorted(stack, key=lambda channel: layout.speakers[channel].distance_m) for stack in stacks]


def _directions(layout: Layout, stacks: list[list[int]]) -> Points:
    points = layout.points_m
    units = points / np.linalg.norm(points, axis=1, keepdims=True)
    means = np.array([units[stack].mean(axis=0) for stack in stacks])
    return np.asarray(means / np.linalg.norm(means, axis=1, keepdims=True))
