"""The point source panner of ITU-R BS.2127, as broadcasters' renderers have it: the row `bs2127` of the panners."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.spatial import QhullError

from soundscape.errors import LayoutError
from soundscape.space.layout import SAME_DIRECTION_DEG, Layout, layout_named
from soundscape.space.panners.faces import Vectors, faces_of
from soundscape.space.panners.layers import centres_of, with_filled_layers
from soundscape.space.panners.regions import Regions, regions_of
from soundscape.space.panners.source import sources_at
from soundscape.space.panners.spread import Spreader
from soundscape.space.panners.stacks import Stacks
from soundscape.space.trajectory import Points, point_at

_STEREO_DEG = 30.0
_NEAREST_FACE = 0.1
"""Of the unit sphere's radius: where a face is nearer, loudspeakers 169 degrees apart would have to be a pair."""

_DOWNMIX = np.array([[1.0, 0.0], [0.0, 1.0], [3.0**-0.5] * 2, [0.5**0.5, 0.0], [0.0, 0.5**0.5]])
"""From 0+5+0 (left, right, centre, the surrounds) to left and right: the centre so that directions are kept."""


class Bs2127:
    """Pans as the renderer of ITU-R BS.2127 does: the same gains for the ten layouts of BS.2051.

    The standard has power 1 everywhere but on 0+2+0, where a source loses up to 3 dB towards the back. Sources above or
    below what loudspeakers reach keep the azimuth up to 30 degrees further, and then blend into all that are around.

    Any other rig is configured by the same rules, with the places of its loudspeakers as nominal ones. Distance and
    spread are not the standard's but those of the row `vbap`: loudspeakers in one direction at several distances
    share by the source's distance, and what is near the head, or wide, sounds from a cap of directions, with power 1.

    Raises
    ------
    LayoutError
        If the loudspeakers, with those that the standard imagines, do not surround the listener: a single one, a wall,
        a pair that is not at 30 degrees to both sides.

    References
    ----------
    ITU-R BS.2127-1, "Audio Definition Model renderer for advanced sound systems", 6.1; layouts: ITU-R BS.2051-3.
    """

    decoder = None

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self.n_bus = layout.n_channels
        self._stacks = Stacks(layout)
        amplitudes = _stereo(self._stacks.directions) or _full(layout, self._stacks.directions).amplitudes
        self._spreader = Spreader(lambda directions: amplitudes(directions) ** 2)

    def gains(self, points_m: Points, spread_deg: float | Vectors = 0.0) -> Vectors:
        """Gains of sources at `points_m`.

        Parameters
        ----------
        points_m : (n, 3) metres
        spread_deg : float or (n,), 0 to 360
            0 is a point, 360 is everywhere; a source nearer than `source.HEAD_M` is wider.

        Returns
        -------
        (n, n_channels) float64 >= 0
            The squares of a row add up to 1, on 0+2+0 to something between 0.5 and 1; an LFE has 0.

        Raises
        ------
        ValueError
            If a point is not finite, or a spread is outside 0 to 360.

        Examples
        --------
        >>> Bs2127(layout_named("stereo")).gains(np.array([[0.0, 2.0, 0.0], [0.0, -2.0, 0.0]])).round(3).tolist()
        [[0.707, 0.707], [0.5, 0.5]]
        """
        sources = sources_at(points_m, spread_deg)
        powers = self._spreader.powers(sources.directions, sources.spread_deg)
        return self._stacks.channels(np.sqrt(powers), sources.distances_m)


def _full(layout: Layout, directions: Vectors) -> Regions:
    """Regions of a layout that surrounds the listener (BS.2127-1, 6.1.3)."""
    vertices, shares = with_filled_layers(directions)
    centres = centres_of(directions, [speaker.name for speaker in layout.speakers])
    try:
        faces = faces_of(np.vstack([vertices, centres]))
    except QhullError:
        faces = []
    if min((face.distance for face in faces), default=0.0) < _NEAREST_FACE:
        raise LayoutError(
            f"layout {layout.name!r}: its loudspeakers do not surround the listener, as the panner 'bs2127' needs",
            hint="use the panner vbap, or add loudspeakers where a side of the room is open",
        )
    return regions_of(faces, vertices, shares, centres)


def _stereo(directions: Vectors) -> Callable[[Vectors], Vectors] | None:
    """Amplitudes on 0+2+0, by way of 0+5+0 (BS.2127-1, 6.1.2.4); None if the directions are no such pair."""
    pair = np.array([point_at(_STEREO_DEG), point_at(-_STEREO_DEG)])
    order = np.argsort(directions[:, 0])
    if len(directions) != 2 or np.abs(directions[order] - pair).max() > np.radians(SAME_DIRECTION_DEG):
        return None
    surround = layout_named("0+5+0")
    regions = _full(surround, Stacks(surround).directions)
    downmix = _DOWNMIX[:, np.argsort(order)]

    def amplitudes(sources: Vectors) -> Vectors:
        five = regions.amplitudes(sources)
        two = five @ downmix
        two /= np.linalg.norm(two, axis=1, keepdims=True)
        front, back = five[:, :3].max(axis=1), five[:, 3:].max(axis=1)
        return np.asarray(two * (0.5 ** (0.5 * back / (front + back)))[:, None])

    return amplitudes
