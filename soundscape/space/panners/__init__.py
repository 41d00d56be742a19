"""Panners: points in metres become gains on a bus. One row per way of panning.

The bus of most is the channels of the layout; that of Ambisonics is spherical harmonics, and a decoder makes channels
of them. Every row keeps power at 1, exactly or within what it says, leaves an LFE alone and pans mirrored sources to
mirrored loudspeakers; what else each promises (no jump anywhere, a source at a loudspeaker only there, how far the
picture may be off) is one table in `tests/contracts/test_panners.py`.

- `vbap` takes any rig, and keeps directions exactly wherever loudspeakers surround them
- `bs2127` has the gains of broadcasters' renderers (ITU-R BS.2127), for rigs that surround the listener
- `dbap` counts places, not directions: for visitors who walk about
- `nearest` gives everything to one loudspeaker
- `ambisonics` keeps one width everywhere, and lets a whole field be turned
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from soundscape.errors import LayoutError
from soundscape.space.layout import Layout
from soundscape.space.panners.ambisonics import Ambisonics
from soundscape.space.panners.bs2127 import Bs2127
from soundscape.space.panners.dbap import Dbap
from soundscape.space.panners.direct import Nearest
from soundscape.space.panners.vbap import Vbap
from soundscape.space.panners.zones import Zoned
from soundscape.space.tables import nearest_name
from soundscape.space.trajectory import Points


class Panner(Protocol):
    """Turns points into gains on a bus, and says how the bus becomes the layout's channels."""

    @property
    def n_bus(self) -> int:
        """Channels of the bus it pans to."""
        ...

    @property
    def decoder(self) -> NDArray[np.float64] | None:
        """(n_channels, n_bus) that makes channels of the bus; None where they are the same."""
        ...

    def gains(self, points_m: Points, spread_deg: float | NDArray[np.float64] = 0.0) -> NDArray[np.float64]:
        """(n, 3) metres, spread 0..360 degrees (one or n) -> (n, n_bus) float64."""
        ...


PANNERS: Mapping[str, Callable[[Layout], Panner]] = {
    "vbap": Vbap,
    "bs2127": Bs2127,
    "dbap": Dbap,
    "nearest": Nearest,
    "ambisonics": Ambisonics,
}
"""Every panner; a new one is a new file and a new row."""


@lru_cache(maxsize=32)
def panner_for(layout: Layout, name: str = "vbap") -> Panner:
    """Panner of a name, made for a layout; the same one for the same layout.

    `ambisonics` may go on with an order, a decoder and weights: see `Ambisonics.spelled`.

    Raises
    ------
    LayoutError
        If there is no panner of that name; the hint lists those there are. If the layout cannot carry it.

    Examples
    --------
    >>> from soundscape.space.layout import layout_named
    >>> panner_for(layout_named("quad")).gains(np.array([[0.0, 2.0, 0.0]])).round(3).tolist()
    [[0.707, 0.707, 0.0, 0.0]]
    """
    if layout.kind != "speakers":
        raise LayoutError(f"{layout.name} has no loudspeakers to pan between",
                          hint="leave the panner out")  # fmt: skip
    if len(layout.zones) > 1:
        return Zoned(layout, lambda zone: panner_for(zone, name))
    if name in PANNERS:
        return PANNERS[name](layout)
    if name.startswith("ambisonics"):
        return Ambisonics.spelled(layout, name)
    meant = nearest_name(name, PANNERS)
    raise LayoutError(
        f"there is no panner {name!r}" + (f"; did you mean {meant!r}?" if meant else ""),
        hint=f"panners: {', '.join(PANNERS)}; or spelled out, such as ambisonics-3-allrad-max-re",
    )
