"""How a layout is reached: a panner onto a bus, and what makes the layout's channels of the bus."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from soundscape.errors import LayoutError
from soundscape.space.heads.analytic import analytic_head
from soundscape.space.heads.head import Head
from soundscape.space.heads.magls import binaural_filters
from soundscape.space.layout import SAME_DIRECTION_DEG, Layout
from soundscape.space.panners import Panner, panner_for
from soundscape.space.panners.ambisonics import AmbisonicBus
from soundscape.space.panners.zones import Zoned
from soundscape.space.rotation import MOST_TURN_DEG, field_rotation, turn
from soundscape.space.trajectory import point_at
from soundscape.units import frame_at

USUAL_PANNER = "vbap"
"""For loudspeakers; headphones and Ambisonic files are reached through spherical harmonics."""

HEADPHONE_ORDER = 5

BY_PLACE = ("dbap", "nearest")
"""Panners that go by where loudspeakers are in the room, not by their directions from one listener."""


@dataclass(frozen=True, slots=True, eq=False)
class Renderer:
    """A panner, and the filters from its bus to the channels of a layout.

    `filters` : (n_channels, n_bus, n_taps) float64; a matrix has one tap; None where bus and channels are the same.
    `zones` : the zone of each channel of the bus.
    """

    layout: Layout
    panner: Panner
    filters: NDArray[np.float64] | None = None
    zones: tuple[str, ...] = ()

    def turned(self, turn_deg: tuple[float, float, float]) -> Renderer:
        """The same with its whole sound field turned: to the left, up in front, over to the right.

        Raises
        ------
        LayoutError
            If its bus is no sound field, or an angle is not finite or beyond `MOST_TURN_DEG`.
        """
        if not all(abs(angle_deg) <= MOST_TURN_DEG for angle_deg in turn_deg):  # so written, a NaN fails too
            raise LayoutError(f"{self.layout.name}: a field cannot turn by {', '.join(f'{a:g}' for a in turn_deg)} "
                              f"degrees", hint=f"each goes from -{MOST_TURN_DEG:g} to {MOST_TURN_DEG:g}")  # fmt: skip
        if not self.order:
            raise LayoutError(f"{self.layout.name}: the panner pans between loudspeakers, there is no field to turn",
                              hint="use --panner ambisonics, headphones, or an ambix layout")  # fmt: skip
        matrix = field_rotation(turn(*turn_deg), self.order)
        if self.filters is None:
            return replace(self, filters=matrix[:, :, None])
        return replace(self, filters=np.ascontiguousarray(np.einsum("cbt,bi->cit", self.filters, matrix)))

    @property
    def n_bus(self) -> int:
        """Channels of the bus."""
        return self.panner.n_bus

    @property
    def order(self) -> int:
        """Order of the sound field on the bus; 0 where it is none, or one for each zone."""
        is_field = self.is_dense and len(self.layout.zones) < 2
        return math.isqrt(self.n_bus) - 1 if is_field else 0

    @property
    def is_dense(self) -> bool:
        """Whether a source sounds in most channels of the bus, as in spherical harmonics."""
        return self.filters is not None or self.layout.kind == "ambisonics"

    def in_each_zone(self, entering: Callable[[Panner, Layout], NDArray[np.float64]]) -> NDArray[np.float64]:
        """How sounds enter the bus, (n, n_bus), by how they enter that of one panner round the middle of its layout."""
        return self.panner.joined(entering) if isinstance(self.panner, Zoned) else entering(self.panner, self.layout)

    def n_late_frames(self, rate_hz: int) -> int:
        """Frames by which the last of a sound leaves later than it enters: alignment and filters."""
        aligned = max(frame_at(delay_s, rate_hz) for delay_s in self.layout.alignment_delays_s)
        return aligned + (0 if self.filters is None else self.filters.shape[2] - 1)


@lru_cache(maxsize=32)
def renderer_for(layout: Layout, panner: str = "", rate_hz: int = 48_000, head: Head | None = None) -> Renderer:
    """Renderer of a layout.

    Parameters
    ----------
    panner
        Name of a row of `soundscape.space.panners`; empty is what suits the layout: `USUAL_PANNER` for loudspeakers,
        spherical harmonics of the layout's order for Ambisonics, of `HEADPHONE_ORDER` for headphones.
    rate_hz : > 0
        Of the filters for headphones.
    head
        Whose ears the headphones stand for; None is the head that is computed.

    Raises
    ------
    LayoutError
        If there is no panner of that name, or it cannot serve the layout, as where three loudspeakers or more stand on
        one line through the listener and the panner goes by directions.
    """
    if layout.kind == "speakers":
        if panner not in BY_PLACE:
            _check_around(layout)
        chosen = panner_for(layout, panner or USUAL_PANNER)
        filters = None if chosen.decoder is None else chosen.decoder[:, :, None]
        zones = chosen.zones if isinstance(chosen, Zoned) else (layout.zones[0],) * chosen.n_bus
        return Renderer(layout, chosen, filters, zones)
    order = _order(layout, panner)
    bus = AmbisonicBus(order)
    if layout.kind == "ambisonics":
        return Renderer(layout, bus)
    return Renderer(layout, bus, binaural_filters(head or analytic_head(rate_hz), order, rate_hz))


def _order(layout: Layout, panner: str) -> int:
    """Order of the sound field that a layout is reached through."""
    usual = layout.order or HEADPHONE_ORDER
    if not panner or panner == "ambisonics":
        return usual
    word, _, order = panner.partition("-")
    is_order = word == "ambisonics" and order.isascii() and order.isdigit()
    if not is_order or (layout.order and int(order) != layout.order):
        raise LayoutError(f"{layout.name} is reached through spherical harmonics, not by the panner {panner!r}",
                          hint=f"leave the panner out, or write ambisonics-{usual}")  # fmt: skip
    return int(order)


def _check_around(layout: Layout) -> None:
    for zone in layout.zones:
        stand = [speaker for speaker in layout.speakers if not speaker.is_lfe and speaker.zone == zone]
        ways = np.array([point_at(speaker.azimuth_deg, speaker.elevation_deg) for speaker in stand])
        off = np.linalg.norm(np.cross(ways, ways[0]), axis=1)
        if len(stand) > 2 and off.max() < np.sin(np.radians(SAME_DIRECTION_DEG)):
            raise LayoutError(
                f"{layout.name}: all {len(stand)} loudspeakers stand on one line through the listener (azimuth "
                f"{stand[0].azimuth_deg:g} degrees), so nothing can be heard beside it",
                hint="move one aside by 30 degrees or more; or use --panner dbap, which goes by places",
            )
