"""Vector base amplitude panning in three dimensions, for any rig: the row `vbap` of the panners."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from soundscape.space.layout import Layout
from soundscape.space.panners.mesh import Mesh, mesh_of
from soundscape.space.panners.source import sources_at
from soundscape.space.panners.spread import Spreader
from soundscape.space.panners.stacks import Stacks
from soundscape.space.trajectory import Points

_BLOCK = 2048


class Vbap:
    """Pans between the (at most) three loudspeakers round a direction, with power 1.

    Inside the part of the sphere that loudspeakers surround, the sum of the gains times the loudspeakers' directions
    points at the source, to 0.01 degrees (to 5 along the rim of a rig that leaves a side of the room open, 11 between
    two that are nearly opposite).
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
        self._stacks = Stacks(layout)
        self._mesh = mesh_of(self._stacks.directions) if len(self._stacks) > 1 else None
        self._spreader = Spreader(self._point_powers)

    def gains(self, points_m: Points, spread_deg: float | NDArray[np.float64] = 0.0) -> NDArray[np.float64]:
        """Gains of sources at `points_m`.

        Parameters
        ----------
        points_m : (n, 3) metres
        spread_deg : float or (n,), 0 to 360
            0 is a point, 360 is everywhere; a source nearer than `source.HEAD_M` is wider.

        Returns
        -------
        (n, n_channels) float64 >= 0
            The squares of a row add up to 1; an LFE has 0.

        Raises
        ------
        ValueError
            If a point is not finite, or a spread is outside 0 to 360.
        """
        sources = sources_at(points_m, spread_deg)
        powers = self._spreader.powers(sources.directions, sources.spread_deg)
        return self._stacks.channels(np.sqrt(powers), sources.distances_m)

    def _point_powers(self, directions: Points) -> NDArray[np.float64]:
        if self._mesh is None:
            return np.ones((len(directions), 1))
        out = np.empty((len(directions), len(self._stacks)))
        for first in range(0, len(directions), _BLOCK):
            rows = slice(first, first + _BLOCK)
            out[rows] = _amplitudes(self._mesh, directions[rows]) ** 2
        out /= out.sum(axis=1, keepdims=True)
        return out


def _amplitudes(mesh: Mesh, directions: Points) -> NDArray[np.float64]:
    """Amplitudes (n, n_speakers) of directions (n, 3), not normalised: weights of the enclosing triangle's corners."""
    flat = mesh.inverses.transpose(1, 0, 2).reshape(3, -1)
    weights = (directions @ flat).reshape(len(directions), -1, 3)
    lowest = np.minimum(np.minimum(weights[..., 0], weights[..., 1]), weights[..., 2])
    chosen = lowest.argmax(axis=1)
    best = np.clip(weights[np.arange(len(directions)), chosen], 0.0, None)
    return np.asarray(np.einsum("nk,nkc->nc", best, mesh.shares[mesh.corners[chosen]]))
