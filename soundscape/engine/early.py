"""First echoes of a room: images of six stations round the listener become delays, gains and directions.

A station stands for all sources that send its way. Nothing here runs for a sample.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from soundscape.engine.decay import SHORTEST_S
from soundscape.space.distance import SOUND_M_PER_S
from soundscape.space.images import Images, image_sources
from soundscape.space.room import OCTAVES_HZ, Room
from soundscape.space.sends import N_SENDS, SENDS
from soundscape.space.trajectory import Points, point_at
from soundscape.units import frame_at

N_ORDERS = 4
"""Most reflections of an early echo."""

STRONGEST = 24
"""Echoes of each station; more where the next is as strong as the last of them, as in mirrored pairs."""

LATEST_S = 1.0
"""Later echoes are left to the tail."""

_FARTHEST_M = np.array([3.0, 2.7, 3.3, 2.7, 3.0, 3.0])
_TO_WALL = 0.6
_AS_STRONG = 1.0 - 1e-6
_MIDDLE_HZ, _HIGH_HZ = 1000.0, 8000.0
_DULLEST = 0.25


def _places() -> Points:
    """Directions that echoes come from, so many that none is far from its own: rings about the listener, two poles."""
    level = [point_at(azimuth_deg) for azimuth_deg in range(0, 360, 30)]
    rings = [point_at(azimuth_deg, height_deg) for height_deg in (45.0, -45.0) for azimuth_deg in range(0, 360, 45)]
    return np.array([*level, *rings, point_at(0.0, 90.0), point_at(0.0, -90.0)])


PLACES: Points = _places()
"""(30, 3) unit vectors; what is left and right of the middle mirrors each other."""


@dataclass(frozen=True, slots=True, eq=False)
class Echoes:
    """One row for each echo: from which send, how often reflected, how late, how strong, from which of `PLACES`.

    `dulling`: how much of the frame before and of the frame after each reflection mixes in, 0 to 0.25.
    """

    sends: NDArray[np.int64]
    orders: NDArray[np.int64]
    delays: NDArray[np.int64]
    gains: NDArray[np.float64]
    places: NDArray[np.int64]
    dulling: float


def echoes_of(room: Room, rate_hz: int) -> Echoes:
    """First echoes of a room; delays count from the direct sound of the station."""
    rows: list[list[NDArray[Any]]] = []
    for send, (direction, station_m) in enumerate(zip(SENDS, _stations_m(room), strict=True)):
        source_m = np.array(room.ears_m) + direction * station_m
        found = image_sources(_point(source_m), room.ears_m, room.size_m, room.walls, N_ORDERS)
        far_m = np.linalg.norm(found.points_m, axis=1)
        late = np.rint((far_m - station_m) / SOUND_M_PER_S * rate_hz).astype(np.int64)
        kept = _strongest(found, late <= frame_at(LATEST_S, rate_hz))
        # Each reflection is dulled by a filter that is symmetric about the frame before.
        delays = np.maximum(late - found.orders, 0)
        columns = (np.full(len(late), send), found.orders, delays, found.gains, _nearest(found.points_m))
        rows.append([np.asarray(column[kept]) for column in columns])
    sends, orders, delays, gains, places = (np.concatenate(column) for column in zip(*rows, strict=True))
    return Echoes(sends, orders, delays, gains, places, _dulling(room, rate_hz))


def energies_of(echoes: Echoes, panned: NDArray[np.float64]) -> NDArray[np.float64]:
    """Energy on the bus of the echoes of one sample in each send, (6,); `panned` is (n_places, n_bus)."""
    agreements = np.zeros((2 * N_ORDERS + 1, 2 * N_ORDERS + 2))
    shape = np.ones(1)
    for order in range(1, 2 * N_ORDERS + 1):
        shape = np.convolve(shape, [echoes.dulling, 1.0 - 2.0 * echoes.dulling, echoes.dulling])
        agreements[order, : order + 1] = shape[order:]
    middles = echoes.delays + echoes.orders
    lags = np.minimum(np.abs(middles[:, None] - middles), 2 * N_ORDERS + 1)
    weights = agreements[echoes.orders[:, None] + echoes.orders, lags] * (echoes.sends[:, None] == echoes.sends)
    vectors = echoes.gains[:, None] * panned[echoes.places]
    each = (weights * (vectors @ vectors.T)).sum(axis=1)
    return np.asarray(np.bincount(echoes.sends, each, N_SENDS), np.float64)


def _stations_m(room: Room) -> NDArray[np.float64]:
    """How far each station is: never beyond its wall, and not alike, so that neighbours' echoes do not coincide."""
    (x_m, y_m, z_m), (width_m, depth_m, height_m) = room.ears_m, room.size_m
    walls_m = np.array([depth_m - y_m, x_m, y_m, width_m - x_m, height_m - z_m, z_m])
    return np.asarray(np.minimum(_TO_WALL * walls_m, _FARTHEST_M))


def _strongest(found: Images, is_soon: NDArray[np.bool_]) -> NDArray[np.int64]:
    candidates = np.flatnonzero(is_soon)
    gains = found.gains[candidates]
    if len(gains) > STRONGEST:
        least = np.sort(gains)[-STRONGEST] * _AS_STRONG
        candidates = candidates[gains >= least]
    return candidates


def _nearest(points_m: Points) -> NDArray[np.int64]:
    """Place of each point; found on the right and mirrored, so that equal distances are settled alike on both sides."""
    is_left = points_m[:, 0] < 0.0
    right = np.flatnonzero(PLACES[:, 0] > -1e-9)
    mirrored = np.array([np.linalg.norm(PLACES - place * [-1.0, 1.0, 1.0], axis=1).argmin() for place in PLACES])
    folded = np.where([True, False, False], np.abs(points_m), points_m)
    found = right[(folded @ PLACES[right].T).argmax(axis=1)]
    return np.asarray(np.where(is_left, mirrored[found], found))


def _dulling(room: Room, rate_hz: int) -> float:
    """Share of neighbours that loses at 8 kHz what a wall loses there against 1 kHz, as far as three frames can.

    By Eyring's law the logarithm of what the walls leave is as 1 / T, so T at both frequencies says the ratio.

    References
    ----------
    Kuttruff, Room Acoustics, section 5.1.
    """
    middle_s, dull_s = (max(room.rt60_s[OCTAVES_HZ.index(hz)], SHORTEST_S) for hz in (_MIDDLE_HZ, _HIGH_HZ))
    walls = [wall for wall in room.walls if wall > 0.0]
    left = float(np.mean(walls)) ** (middle_s / dull_s - 1.0) if walls else 1.0
    turn = 2.0 * np.pi * min(_HIGH_HZ / rate_hz, 0.5)
    return float(np.clip((1.0 - left) / (2.0 - 2.0 * np.cos(turn)), 0.0, _DULLEST))


def _point(place: NDArray[np.float64]) -> tuple[float, float, float]:
    return float(place[0]), float(place[1]), float(place[2])
