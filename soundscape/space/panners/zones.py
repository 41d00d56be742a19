"""Rigs of several rooms or parts: every zone is panned round its own middle."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from soundscape.space.layout import Layout
from soundscape.space.trajectory import Points


class _Panner(Protocol):
    @property
    def n_bus(self) -> int: ...
    @property
    def decoder(self) -> NDArray[np.float64] | None: ...
    def gains(self, points_m: Points, spread_deg: float | NDArray[np.float64] = 0.0) -> NDArray[np.float64]: ...


class Zoned:
    """A panner for each zone of a rig: a source sounds in every zone, with power 1 in each, where its path says.

    `zones` is the name of the zone that each channel of the bus belongs to, so that a mix can leave all but one out.
    """

    def __init__(self, layout: Layout, make: Callable[[Layout], _Panner]) -> None:
        self.layout = layout
        self._channels = [[c for c, s in enumerate(layout.speakers) if s.zone == zone] for zone in layout.zones]
        self._layouts = [
            replace(layout, name=f"{layout.name}, {zone}", speakers=tuple(layout.speakers[c] for c in channels))
            for zone, channels in zip(layout.zones, self._channels, strict=True)
        ]
        self._panners = [make(zone) for zone in self._layouts]
        self.decoder = self._decoder() if any(panner.decoder is not None for panner in self._panners) else None
        self.n_bus = layout.n_channels if self.decoder is None else sum(panner.n_bus for panner in self._panners)
        names = [speaker.zone for speaker in layout.speakers]
        if self.decoder is not None:
            names = [
                zone for zone, panner in zip(layout.zones, self._panners, strict=True) for _ in range(panner.n_bus)
            ]
        self.zones = tuple(names)

    def gains(self, points_m: Points, spread_deg: float | NDArray[np.float64] = 0.0) -> NDArray[np.float64]:
        """(n, 3) metres from the middle of each zone -> (n, n_bus).

        Raises
        ------
        ValueError
            If a point is not finite, or a spread is outside 0 to 360.
        """
        return self.joined(lambda panner, _: panner.gains(points_m, spread_deg))

    def joined(self, entering: Callable[[_Panner, Layout], NDArray[np.float64]]) -> NDArray[np.float64]:
        """Gains (n, n_bus) on the whole bus of those (n, n_bus of the zone) that each zone's panner and layout have."""
        parts = [entering(panner, zone) for panner, zone in zip(self._panners, self._layouts, strict=True)]
        if self.decoder is not None:
            return np.hstack(parts)
        out = np.zeros((len(parts[0]), self.n_bus))
        for channels, part in zip(self._channels, parts, strict=True):
            out[:, channels] = part
        return out

    def _decoder(self) -> NDArray[np.float64]:
        """Decoders of the zones, each from its part of the bus to its channels."""
        out = np.zeros((self.layout.n_channels, sum(panner.n_bus for panner in self._panners)))
        first = 0
        for channels, panner in zip(self._channels, self._panners, strict=True):
            matrix = np.eye(panner.n_bus) if panner.decoder is None else panner.decoder
            out[channels, first : first + panner.n_bus] = matrix
            first += panner.n_bus
        return out
