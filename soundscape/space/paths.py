"""Paths that pieces use: lines, arcs, spirals and wandering, from Python or from a table in a piece.

Directions are followed as written: an azimuth from 170 to 190 degrees passes behind, one from 170 to -170 in front,
one from 0 to 720 goes round twice. What is written in angles moves along arcs, not through the listener's head.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from soundscape.errors import PieceError
from soundscape.space.tables import check_keys, nearest_name, number_in
from soundscape.space.trajectory import Point, Trajectory, point_at

Place = tuple[float, float, float]
"""Azimuth in degrees, elevation in degrees, distance in metres."""

ARC_STEP_DEG = 3.0
"""Arcs are drawn as chords of at most this angle: less than 0.04 % off the circle."""

WANDER_STEP_S = 2.0

MOST_POINTS = 100_000
"""A path of more points is refused: it is a slip of the pen, and would fill the memory."""


def line(start_m: Point, end_m: Point, over_s: float) -> Trajectory:
    """Straight line between two points in metres."""
    return Trajectory((0.0, _duration(over_s)), (start_m, end_m))


def arc(start: Place, end: Place, over_s: float) -> Trajectory:
    """Turn from one direction and distance to another, all three evenly in time: circles, spirals, rises.

    Parameters
    ----------
    start, end : azimuth_deg, elevation_deg, distance_m
    over_s : float > 0

    Raises
    ------
    ValueError
        If a number is not finite, an elevation is outside -90 to 90, a distance is below 0, or `over_s` is not above 0.

    Examples
    --------
    >>> quarter = arc((0.0, 0.0, 2.0), (90.0, 0.0, 2.0), over_s=4.0)
    >>> quarter.at(np.array([2.0])).round(3).tolist()
    [[-1.414, 1.414, 0.0]]
    """
    return through(((0.0, start), (_duration(over_s), end)))


def circle(*, over_s: float, radius_m: float = 2.0, elevation_deg: float = 0.0, from_deg: float = 0.0,
           turns: float = 1.0) -> Trajectory:  # fmt: skip
    """Circles round the listener at one elevation; `turns` above 0 go to the left, below 0 to the right."""
    return arc((from_deg, elevation_deg, radius_m), (from_deg + 360.0 * turns, elevation_deg, radius_m), over_s)


def spiral(*, over_s: float, turns: float = 3.0, from_deg: float = 0.0, elevation_deg: tuple[float, float] = (0.0, 0.0),
           radius_m: tuple[float, float] = (4.0, 1.0)) -> Trajectory:  # fmt: skip
    """Circles that close in or open, and may rise or sink on the way."""
    start = (from_deg, elevation_deg[0], radius_m[0])
    return arc(start, (from_deg + 360.0 * turns, elevation_deg[1], radius_m[1]), over_s)


def through(stations: Sequence[tuple[float, Place]]) -> Trajectory:
    """Path along arcs through places at given times in seconds, which rise."""
    for _, place in stations:
        _check_place(place)
    times_s: list[float] = []
    places: list[Place] = []
    for (begin_s, one), (end_s, other) in pairwise(stations):
        if not end_s > begin_s:
            raise ValueError(f"times must rise, got {end_s} after {begin_s}")
        n_steps = _count(max(abs(other[0] - one[0]), abs(other[1] - one[1])) / ARC_STEP_DEG)
        for step in range(n_steps):
            share = step / n_steps
            times_s.append(begin_s + (end_s - begin_s) * share)
            places.append((_between(one[0], other[0], share), _between(one[1], other[1], share),
                           _between(one[2], other[2], share)))  # fmt: skip
    last_s, last = stations[-1]
    return Trajectory((*times_s, last_s), tuple(point_at(*place) for place in (*places, last)))


def wander(*, seed: int, over_s: float, centre_m: Point = (0.0, 3.0, 0.0), radius_m: float = 1.0) -> Trajectory:
    """Unhurried way about a place: a random walk held inside a ball, the same for the same seed.

    Every `WANDER_STEP_S` it heads for a point up to half a radius away.
    """
    rng = np.random.default_rng(seed)
    n_steps = _count(_duration(over_s) / WANDER_STEP_S)
    if not (math.isfinite(radius_m) and radius_m >= 0.0):
        raise ValueError(f"radius_m must be 0 or more, got {radius_m}")
    here = np.zeros(3)
    points = [here]
    for step in rng.uniform(-0.5, 0.5, (n_steps, 3)) * radius_m:
        here = here + step
        here = here * min(1.0, radius_m / max(float(np.linalg.norm(here)), 1e-12))
        points.append(here)
    x_m, y_m, z_m = (np.array(points) + centre_m).T.tolist()
    return Trajectory(tuple(np.linspace(0.0, over_s, n_steps + 1).tolist()), tuple(zip(x_m, y_m, z_m, strict=True)))


def path_from_table(table: Mapping[str, Any], *, where: str = "path") -> Trajectory:
    """Path that a piece describes in one of these ways, angles in degrees, the rest in metres and seconds.

    ::

        { at = [az, el, dist] }                                       stays
        { from = [az, el, dist], to = [az, el, dist], over_s = 8 }    along an arc
        { through = [[t, az, el, dist], ...] }                        along arcs
        { circle = { over_s = 20, radius_m = 3, turns = -2, from_deg = 90, elevation_deg = 20 } }
        { spiral = { over_s = 20, radius_m = [6, 1], turns = 3, from_deg = 0, elevation_deg = [0, 60] } }
        { wander = { over_s = 30, around = [az, el, dist], radius_m = 1.5, seed = 4 } }
        { points = [[t, x, y, z], ...] }                              along straight lines

    `el` and `dist` may be left out: 0 degrees, 1 metre. In a circle or spiral only `over_s` is required.

    Raises
    ------
    PieceError
        If a key is unknown or missing, or a number is wrong; the message begins with `where` and names the key.

    Examples
    --------
    >>> path_from_table({"at": [90, 0, 2]}).at(np.zeros(1)).round(6).tolist()
    [[-2.0, 0.0, 0.0]]
    """
    kinds = [kind for kind in PATHS if kind in table]
    if len(kinds) != 1:
        said = " and ".join(kinds) if kinds else f"none of {', '.join(table)}" if table else "nothing"
        meant = next((name for name in (nearest_name(key, PATHS) for key in table) if name and not kinds), "")
        raise PieceError(
            f"{where}: say one way to move, got {said}" + (f"; did you mean {meant!r}?" if meant else ""),
            hint=f"ways: {', '.join(PATHS)}",
        )
    try:
        return PATHS[kinds[0]](table, where)
    except ValueError as error:
        raise PieceError(f"{where}: {kinds[0]}: {error}", hint=f"correct {kinds[0]} in this path") from error


def _at(table: Mapping[str, Any], where: str) -> Trajectory:
    check_keys(table, ["at"], where=where, error=PieceError)
    return Trajectory.still(*point_at(*_place(table["at"], f"{where}: at")))


def _from(table: Mapping[str, Any], where: str) -> Trajectory:
    check_keys(table, ["from", "to", "over_s"], where=where, error=PieceError)
    if "to" not in table:
        raise PieceError(f"{where}: from without to", hint="write to = [azimuth, elevation, distance]")
    start, end = _place(table["from"], f"{where}: from"), _place(table["to"], f"{where}: to")
    return arc(start, end, _number(table, "over_s", where))


def _through(table: Mapping[str, Any], where: str) -> Trajectory:
    check_keys(table, ["through"], where=where, error=PieceError)
    rows = _rows(table["through"], 4, f"{where}: through")
    return through([(time_s, _place(place, f"{where}: through")) for time_s, *place in rows])


def _points(table: Mapping[str, Any], where: str) -> Trajectory:
    check_keys(table, ["points"], where=where, error=PieceError)
    rows = _rows(table["points"], 4, f"{where}: points")
    return Trajectory(tuple(row[0] for row in rows), tuple((row[1], row[2], row[3]) for row in rows))


def _circle(table: Mapping[str, Any], where: str) -> Trajectory:
    inner, where = _inner(table, "circle", ["over_s", "radius_m", "elevation_deg", "from_deg", "turns"], where)
    return circle(**{"over_s": _number(inner, "over_s", where), **{key: _number(inner, key, where) for key in inner}})


def _spiral(table: Mapping[str, Any], where: str) -> Trajectory:
    inner, where = _inner(table, "spiral", ["over_s", "radius_m", "elevation_deg", "from_deg", "turns"], where)
    pairs: dict[str, Any] = {key: _pair(inner[key], f"{where}: {key}") for key in ("radius_m", "elevation_deg")
                             if key in inner}  # fmt: skip
    numbers = {key: _number(inner, key, where) for key in inner if key not in pairs}
    return spiral(**{"over_s": _number(inner, "over_s", where), **numbers, **pairs})


def _wander(table: Mapping[str, Any], where: str) -> Trajectory:
    inner, where = _inner(table, "wander", ["over_s", "around", "radius_m", "seed"], where)
    seed = inner.get("seed", 0)
    if isinstance(seed, bool) or not isinstance(seed, int) or seed < 0:
        raise PieceError(f"{where}: seed must be a whole number from 0, got {seed!r}", hint="write seed = 1")
    centre_m = point_at(*_place(inner.get("around", [0.0, 0.0, 3.0]), f"{where}: around"))
    radius_m = _number(inner, "radius_m", where) if "radius_m" in inner else 1.0
    return wander(seed=seed, over_s=_number(inner, "over_s", where), centre_m=centre_m, radius_m=radius_m)


PATHS: Mapping[str, Callable[[Mapping[str, Any], str], Trajectory]] = {
    "at": _at, "from": _from, "through": _through, "circle": _circle, "spiral": _spiral, "wander": _wander,
    "points": _points,
}  # fmt: skip
"""Every way to write a path in a piece."""


def _inner(table: Mapping[str, Any], key: str, known: list[str], where: str) -> tuple[Mapping[str, Any], str]:
    check_keys(table, [key], where=where, error=PieceError)
    if not isinstance(table[key], Mapping):
        raise PieceError(f"{where}: {key} must be a table, got {table[key]!r}", hint=f"write {key} = {{ over_s = 20 }}")
    check_keys(table[key], known, where=f"{where}: {key}", error=PieceError)
    return table[key], f"{where}: {key}"


def _number(table: Mapping[str, Any], key: str, where: str) -> float:
    if key not in table:
        raise PieceError(f"{where}: no {key}", hint=f"write {key} = 10.0")
    return number_in(table[key], where=f"{where}: {key}", error=PieceError)


def _place(value: object, where: str) -> Place:
    if not isinstance(value, Sequence) or isinstance(value, str) or not 1 <= len(value) <= 3:
        raise PieceError(f"{where} must be [azimuth, elevation, distance], got {value!r}", hint="such as [30, 0, 2]")
    numbers = [number_in(one, where=where, error=PieceError) for one in value]
    place = (numbers + [0.0, 0.0, 1.0][len(numbers) :])[:3]
    try:
        _check_place((place[0], place[1], place[2]))
    except ValueError as error:
        raise PieceError(f"{where}: {error}", hint="azimuth, elevation in degrees, distance in metres") from error
    return place[0], place[1], place[2]


def _pair(value: object, where: str) -> tuple[float, float]:
    if isinstance(value, Sequence) and not isinstance(value, str) and len(value) == 2:
        return (number_in(value[0], where=where, error=PieceError), number_in(value[1], where=where, error=PieceError))
    both = number_in(value, where=where, error=PieceError)
    return both, both


def _rows(value: object, width: int, where: str) -> list[list[float]]:
    if not isinstance(value, Sequence) or isinstance(value, str) or not value:
        raise PieceError(f"{where} must be rows of {width} numbers, got {value!r}", hint="such as [[0, 30, 0, 2], ...]")
    for index, row in enumerate(value, start=1):
        if not isinstance(row, Sequence) or isinstance(row, str) or len(row) != width:
            raise PieceError(f"{where}: row {index} must be {width} numbers, got {row!r}", hint="such as [0, 30, 0, 2]")
    return [[number_in(one, where=f"{where}: row {index}", error=PieceError) for one in row]
            for index, row in enumerate(value, start=1)]  # fmt: skip


def _check_place(place: Place) -> None:
    _, elevation_deg, distance_m = place
    if not all(math.isfinite(value) for value in place):
        raise ValueError(f"numbers must be finite, got {place}")
    if not -90.0 <= elevation_deg <= 90.0:
        raise ValueError(f"elevation goes from -90 to 90 degrees, got {elevation_deg:g}")
    if distance_m < 0.0:
        raise ValueError(f"distance is 0 or more metres, got {distance_m:g}")


def _duration(over_s: float) -> float:
    if not (math.isfinite(over_s) and over_s > 0.0):
        raise ValueError(f"over_s must be above 0, got {over_s}")
    return over_s


def _count(n_steps: float) -> int:
    if n_steps > MOST_POINTS:
        raise ValueError(f"the path would have {n_steps:.0f} points, more than {MOST_POINTS}")
    return max(1, math.ceil(n_steps))


def _between(one: float, other: float, share: float) -> float:
    return one + (other - one) * share
