"""Panners: points in metres become gains, one per channel. One row per way of panning.

Every row keeps the same promises, tested in `tests/contracts/test_panners.py`: power 1 everywhere, nothing in an LFE,
no jump anywhere, the same picture mirrored for mirrored sources, a source at a loudspeaker only there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from soundscape.errors import LayoutError
from soundscape.space.layout import Layout
from soundscape.space.panners.vbap import Vbap
from soundscape.space.tables import nearest_name
from soundscape.space.trajectory import Points


class Panner(Protocol):
    """Turns points into gains."""

    def gains(self, points_m: Points, spread_deg: float | NDArray[np.float64] = 0.0) -> NDArray[np.float64]:
        """(n, 3) metres, spread 0..360 degrees (one or n) -> (n, n_channels) float64 gains >= 0 with power 1."""
        ...


PANNERS: Mapping[str, Callable[[Layout], Panner]] = {"vbap": Vbap}
"""Every panner; a new one is a new file and a new row."""


@lru_cache(maxsize=32)
def panner_for(layout: Layout, name: str = "vbap") -> Panner:
    """Panner of a name, made for a layout; the same one for the same layout.

    Raises
    ------
    LayoutError
        If there is no panner of that name; the hint lists those there are.

    Examples
    --------
    >>> from soundscape.space.layout import layout_named
    >>> panner_for(layout_named("quad")).gains(np.array([[0.0, 2.0, 0.0]])).round(3).tolist()
    [[0.707, 0.707, 0.0, 0.0]]
    """
    if name not in PANNERS:
        meant = nearest_name(name, PANNERS)
        raise LayoutError(
            f"there is no panner {name!r}" + (f"; did you mean {meant!r}?" if meant else ""),
            hint=f"panners: {', '.join(PANNERS)}",
        )
    return PANNERS[name](layout)
