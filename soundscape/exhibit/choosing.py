"""Which sound comes next in a layer, and where: nothing comes again while it is remembered.

A combination is a sound, its place, and its neighbours in the layer. Sounds are drawn from those not heard for longest,
of them from those that did not follow the last one; places from those at which this sound did not follow that one.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeVar

import numpy as np

from soundscape.catalogue.segment import Segment
from soundscape.exhibit.exhibit import Places

Key = TypeVar("Key", bound=Hashable)
REMEMBERED_S = 4 * 3600.0
"""So long no combination comes again, where there are sounds and places enough."""
CELL_DEG = 30.0
_MARGIN, _RING_MARGIN = 0.17, 0.25
"""Of a cell, kept free at both sides: places in two cells are ten degrees apart, or a fifth of their distance."""
_TWO_RINGS = 2.5
FEWEST = 3
"""Sounds that are drawn from, where there are so many beside the last one."""
_BRIGHTEST = 2.0


class Cell(NamedTuple):
    """A part of the places of a layer: which sector of its azimuths, which ring of its distances."""

    sector: int
    ring: int

    @property
    def is_odd(self) -> bool:
        """Of two neighbours one is, in both directions."""
        return bool((self.sector + self.ring) % 2)


def cells_of(places: Places) -> tuple[Cell, ...]:
    """Every cell of a layer's places.

    Examples
    --------
    >>> len(cells_of(Places(azimuth_deg=(-60.0, 60.0), distance_m=(2.0, 8.0))))
    8
    """
    width_deg = min(places.azimuth_deg[1] - places.azimuth_deg[0], 360.0)
    rings = 2 if places.distance_m[1] >= _TWO_RINGS * places.distance_m[0] else 1
    return tuple(Cell(n, ring) for n in range(max(1, int(width_deg // CELL_DEG))) for ring in range(rings))


def place_in(cell: Cell, places: Places, rng: np.random.Generator) -> tuple[float, float, float]:
    """Azimuth, elevation in degrees and distance in metres, somewhere in a cell."""
    n_sectors = max(1, int(min(places.azimuth_deg[1] - places.azimuth_deg[0], 360.0) // CELL_DEG))
    share_az, share_el, share_m = rng.uniform(size=3).tolist()
    azimuth_deg = _within(places.azimuth_deg, cell.sector, n_sectors, share_az, _MARGIN)
    low, high = (math.log(distance_m) for distance_m in places.distance_m)
    rings = 2 if places.distance_m[1] >= _TWO_RINGS * places.distance_m[0] else 1
    elevation_deg = places.elevation_deg[0] + share_el * (places.elevation_deg[1] - places.elevation_deg[0])
    return azimuth_deg, elevation_deg, math.exp(_within((low, high), cell.ring, rings, share_m, _RING_MARGIN))


def _within(span: tuple[float, float], part: int, n_parts: int, share: float, margin: float) -> float:
    """A share of one of several equal parts, away from the edges between them."""
    inner = share if n_parts == 1 else margin + share * (1.0 - 2.0 * margin)
    return span[0] + (part + inner) * (span[1] - span[0]) / n_parts


@dataclass(frozen=True, slots=True)
class Chosen:
    """A sound, the cell that it stands in, and the part of it with which it begins."""

    segment: Segment
    cell: Cell
    part: int = 0


class Memory:
    """What a layer has played, and chooses by."""

    def __init__(self) -> None:
        self._played: dict[str, float] = {}
        self._followed: dict[str, dict[str, float]] = {}
        """By a sound: what came after it, and when."""
        self._places: dict[tuple[str, str], dict[tuple[Cell, int], float]] = {}
        """By two sounds that followed each other: where the second was, and when."""
        self._before: Segment | None = None

    def choose(self, time_s: float, segments: Sequence[Segment], cells: Sequence[Cell], rng: np.random.Generator, *,
               bright: float = 0.5, parts: Callable[[Segment], int] = lambda _: 1,
               side: bool | None = None) -> Chosen:  # fmt: skip
        """Choose for a time, and remember it.

        Parameters
        ----------
        segments, cells
            At least one each.
        bright : 0 to 1
            Which are preferred: 0 the darkest, 1 the brightest.
        parts
            Of how many a sound may begin with any.
        side
            Which of two halves of all pairs of sounds may follow each other, where there is one; None: both.
        """
        name = self._before.id if self._before else ""
        order = self._ordered(segments, rng, bright)
        if side is not None:
            order = [one for one in order if _is_odd(name, one.id) == side] or order
        for segment in self._fresh_first(name, order, time_s):
            taken = self._recent(self._places.get((name, segment.id), {}), time_s)
            free = [place for place in _every(cells, parts(segment)) if place not in taken]
            if free:
                return self._remember(time_s, name, Chosen(segment, *free[int(rng.integers(len(free)))]))
        every = [Chosen(one, *place) for one in order for place in _every(cells, parts(one))]
        oldest = min(every, key=lambda one: self._places[name, one.segment.id][one.cell, one.part])
        return self._remember(time_s, name, oldest)

    def _ordered(self, segments: Sequence[Segment], rng: np.random.Generator, bright: float) -> list[Segment]:
        """The half that was not heard for longest, by lot, then the others; none of the last take, if it can be."""
        last = self._before.recording_id if self._before else ""
        others = [one for one in segments if one.recording_id != last] or list(segments)
        order = sorted(others, key=lambda one: self._played.get(one.id, -math.inf))
        n_unplayed = sum(one.id not in self._played for one in order)
        n_rested = max(n_unplayed, (len(order) + 1) // 2, min(len(order), FEWEST))
        rested = order[:n_rested]
        # The first of a race of exponential times: drawn without replacement, by weight.
        race = np.argsort(rng.standard_exponential(n_rested) / _weights(rested, bright))
        return [*(rested[n] for n in race.tolist()), *order[n_rested:]]

    def _fresh_first(self, name: str, order: list[Segment], time_s: float) -> Iterator[Segment]:
        """First those that did not follow the last sound, then those that did longest ago."""
        followed = self._followed.get(name, {})
        recent = self._recent(followed, time_s)
        yield from (one for one in order if one.id not in recent)
        yield from sorted((one for one in order if one.id in recent), key=lambda one: followed[one.id])

    def _remember(self, time_s: float, name: str, chosen: Chosen) -> Chosen:
        segment = chosen.segment
        self._played[segment.id] = time_s
        self._followed.setdefault(name, {})[segment.id] = time_s
        self._places.setdefault((name, segment.id), {})[chosen.cell, chosen.part] = time_s
        self._before = segment
        return chosen

    @staticmethod
    def _recent(times_s: Mapping[Key, float], time_s: float) -> set[Key]:
        """What is not so long ago that it is forgotten."""
        return {key for key, then_s in times_s.items() if time_s - then_s < REMEMBERED_S}


def _every(cells: Sequence[Cell], n_parts: int) -> Iterator[tuple[Cell, int]]:
    return ((cell, part) for cell in cells for part in range(n_parts))


def _is_odd(before: str, segment: str) -> bool:
    """Whether a pair of sounds is of one half of all pairs, the same on every machine."""
    return bool(zlib.crc32(f"{before}\0{segment}".encode()) % 2)


def _weights(segments: Sequence[Segment], bright: float) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """How likely each is to be drawn first, by its place among the others from dark to bright."""
    centroids = np.array([segment.features.get("centroid_hz", 0.0) for segment in segments])
    ranks = np.argsort(np.argsort(centroids, kind="stable"), kind="stable") / max(len(segments) - 1, 1)
    return np.asarray(np.exp(_BRIGHTEST * (2.0 * bright - 1.0) * (2.0 * ranks - 1.0)))
