"""Distance-based amplitude panning, for visitors who walk about: the row `dbap` of the panners.

Nobody has to stand in the middle: a source is where it is among the loudspeakers, and sounds from those near it.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from soundscape.errors import LayoutError
from soundscape.space.layout import Layout
from soundscape.space.panners.hull import Hull
from soundscape.space.panners.source import checked
from soundscape.space.trajectory import Points

_DB_PER_DOUBLING = 20.0 * np.log10(2.0)


class Dbap:
    """Each loudspeaker plays a source the fainter, the farther it is from it; the powers add up to 1.

    Every loudspeaker plays a little of everything. A source outside the space that the loudspeakers enclose sounds from
    the nearest place in it; how much fainter it is there is not a panner's business (see `distance`), so that going
    away changes a source's level once. The places of the loudspeakers count, not only their directions.

    Parameters
    ----------
    layout : Layout
    rolloff_db : float > 0
        By how much a loudspeaker twice as far plays fainter; 6 as in free air, 3 in a reverberant room.
    blur_m : float >= 0
        How near to a loudspeaker a source stops coming nearer; 0 lets a source at a loudspeaker sound only there.

    Raises
    ------
    LayoutError
        If `rolloff_db` or `blur_m` is out of range.

    References
    ----------
    Lossius, Baltazar, de la Hogue, "DBAP - distance-based amplitude panning", ICMC 2009; section 2.5
    for sources outside.
    """

    decoder = None

    def __init__(self, layout: Layout, rolloff_db: float = 6.0, blur_m: float = 0.2) -> None:
        for key, value, allowed in (
            ("rolloff_db", rolloff_db, 0.0 < rolloff_db <= 60.0),
            ("blur_m", blur_m, 0.0 <= blur_m <= 1000.0),
        ):
            if not allowed:
                raise LayoutError(
                    f"dbap: {key} is {value}", hint="rolloff_db goes from 0.1 to 60, blur_m from 0 to 1000"
                )
        self.layout = layout
        self.n_bus = layout.n_channels
        self._heard = [channel for channel in range(layout.n_channels) if channel not in layout.lfe_channels]
        self._places_m = layout.points_m[self._heard]
        self._hull = Hull(self._places_m)
        self._exponent = rolloff_db / _DB_PER_DOUBLING
        self._blur_m = blur_m
        self._size_m = float(np.linalg.norm(self._places_m - self._places_m.mean(axis=0), axis=1).mean())

    def gains(self, points_m: Points, spread_deg: float | NDArray[np.float64] = 0.0) -> NDArray[np.float64]:
        """Gains of sources at `points_m`.

        Parameters
        ----------
        points_m : (n, 3) metres
        spread_deg : float or (n,), 0 to 360
            Adds to the blur: at 180 as much as the rig's radius, at 360 all loudspeakers play alike.

        Returns
        -------
        (n, n_channels) float64 >= 0
            The squares of a row add up to 1; an LFE has 0.

        Raises
        ------
        ValueError
            If a point is not finite, or a spread is outside 0 to 360.
        """
        points, spread = checked(points_m, spread_deg)
        ways = self._hull.nearest(points)[:, None] - self._places_m
        nearness = self._nearness((ways**2).sum(axis=2), np.radians(spread) / 4.0)
        out = np.zeros((len(points), self.n_bus))
        out[:, self._heard] = nearness / np.linalg.norm(nearness, axis=1, keepdims=True)
        return out

    def _nearness(self, squares: NDArray[np.float64], width: NDArray[np.float64]) -> NDArray[np.float64]:
        """Amplitudes, the nearest has 1: squared distances (n, n_speakers), a quarter of the spread (n,) in radians.

        The blur is `blur_m + size * tan(width)`; everything is multiplied by the cosine, so that it may be infinite.
        """
        cosine = np.cos(width)[:, None]
        blurs = (cosine * self._blur_m + np.sin(width)[:, None] * self._size_m) ** 2
        blurred = cosine**2 * squares + blurs
        nearest = blurred.min(axis=1, keepdims=True)
        ratios = np.where(blurred > nearest, nearest, 1.0) / np.where(blurred > nearest, blurred, 1.0)
        return np.asarray(ratios ** (self._exponent / 2.0))
