"""Rooms as values: how long, how soon, how big and how loud they answer, and what their walls give back.

Nothing here makes sound; the engine turns a room into delays and filters.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from soundscape.errors import PieceError
from soundscape.space.images import Walls
from soundscape.space.sends import N_SENDS
from soundscape.space.tables import check_keys, nearest_name, number_in
from soundscape.space.trajectory import Point

OCTAVES_HZ = (63.0, 125.0, 250.0, 500.0, 1000.0, 2000.0, 4000.0, 8000.0)
"""Middles of the octave bands; what is below the first or above the last belongs to it."""

Octaves = tuple[float, float, float, float, float, float, float, float]
"""A value for each of `OCTAVES_HZ`."""

EARS_M = 1.5
_BEHIND = 0.47
_SILENT: Octaves = (0.0,) * 8


@dataclass(frozen=True, slots=True)
class Room:
    """A room around listener and sources: a box with six walls.

    `rt60_s`: seconds until the answer has fallen by 60 dB, in eight octaves. `predelay_s`: from the direct sound to
    what feeds the tail. `size_m`: width (x), depth (y), height (z); they set the spacing of echoes. `level_db`: the
    answer of a source at the reference distance against its direct sound. `diffusion`: 0 is separate echoes, 1 a smooth
    tail. `walls`: pressure that comes back from the walls at left, right, back, front, floor and ceiling; 0 is no wall.
    `listener_m`: from the left end of the back wall at the floor; None: see `ears_m`.
    """

    name: str
    rt60_s: Octaves = _SILENT
    predelay_s: float = 0.0
    size_m: Point = (10.0, 10.0, 5.0)
    level_db: float = 0.0
    diffusion: float = 1.0
    walls: Walls = (0.85, 0.85, 0.85, 0.85, 0.85, 0.85)
    listener_m: Point | None = None

    def __post_init__(self) -> None:
        if len(self.rt60_s) != len(OCTAVES_HZ) or not all(0.0 <= rt60_s <= 60.0 for rt60_s in self.rt60_s):
            raise ValueError(f"rt60_s is eight times from 0 to 60, got {self.rt60_s}")
        if not 0.0 <= self.predelay_s <= 1.0:
            raise ValueError(f"predelay_s goes from 0 to 1, got {self.predelay_s}")
        if len(self.size_m) != 3 or not all(0.5 <= side_m <= 1000.0 for side_m in self.size_m):
            raise ValueError(f"size_m is three lengths from 0.5 to 1000, got {self.size_m}")
        if not 0.0 <= self.diffusion <= 1.0:
            raise ValueError(f"diffusion goes from 0 to 1, got {self.diffusion}")
        if not -120.0 <= self.level_db <= 20.0:
            raise ValueError(f"level_db goes from -120 to 20, got {self.level_db}")
        if len(self.walls) != 6 or not all(0.0 <= wall <= 1.0 for wall in self.walls):
            raise ValueError(f"walls is six factors from 0 to 1, got {self.walls}")
        if len(self.ears_m) != 3 or not all(
            0.1 <= at_m <= side_m - 0.1 for at_m, side_m in zip(self.ears_m, self.size_m, strict=True)
        ):
            raise ValueError(f"listener_m is a place 0.1 or more inside {self.size_m}, got {self.listener_m}")

    @property
    def is_silent(self) -> bool:
        """Whether the room answers nothing."""
        return not any(self.rt60_s)

    @property
    def n_sends(self) -> int:
        """How many channels of a bus go to it: one for each side it is sent to from, or none."""
        return 0 if self.is_silent else N_SENDS

    @property
    def ringing_s(self) -> float:
        """How long it sounds after what excites it."""
        return 0.0 if self.is_silent else max(self.rt60_s) + self.predelay_s

    @property
    def ears_m(self) -> Point:
        """Where the listener hears: `listener_m`, else a little behind the middle, so that no two walls answer at once.

        Examples
        --------
        >>> [round(at_m, 3) for at_m in Room("loft", size_m=(8.0, 20.0, 4.0)).ears_m]
        [4.0, 9.4, 1.5]
        """
        if self.listener_m is not None:
            return self.listener_m
        width_m, depth_m, height_m = self.size_m
        return width_m / 2.0, depth_m * _BEHIND, min(EARS_M, height_m * _BEHIND)


_ROWS = (
    Room("none"),
    Room(
        "gallery", (1.4, 1.35, 1.3, 1.25, 1.2, 1.1, 0.95, 0.75), 0.008, (9.0, 14.0, 4.5), -17.0, 0.85,
        walls=(0.92, 0.92, 0.9, 0.9, 0.88, 0.9),
    ),
    Room(
        "hall", (2.6, 2.5, 2.35, 2.2, 2.1, 1.9, 1.5, 1.05), 0.022, (24.0, 38.0, 14.0), -14.0, 1.0,
        walls=(0.88, 0.88, 0.8, 0.85, 0.7, 0.88),
    ),
    Room(
        "courtyard", (0.55, 0.6, 0.65, 0.7, 0.7, 0.65, 0.55, 0.45), 0.030, (18.0, 22.0, 9.0), -24.0, 0.25,
        walls=(0.9, 0.9, 0.88, 0.88, 0.8, 0.0),
    ),
    Room(
        "corridor", (1.0, 1.1, 1.25, 1.4, 1.4, 1.3, 1.1, 0.85), 0.004, (2.5, 32.0, 3.0), -13.0, 0.5,
        walls=(0.97, 0.97, 0.8, 0.8, 0.9, 0.93),
    ),
    Room(
        "cave", (5.2, 4.9, 4.5, 4.1, 3.7, 3.0, 2.0, 1.2), 0.015, (16.0, 28.0, 11.0), -11.0, 0.95,
        walls=(0.94, 0.94, 0.93, 0.9, 0.88, 0.92),
    ),
)  # fmt: skip

ROOMS: Mapping[str, Room] = {room.name: room for room in _ROWS}
"""Every room. Times, walls and levels are set by hand to be plausible for such places: a courtyard has no ceiling,
so it answers early and weakly; a cave keeps its low end; a corridor flutters between hard walls."""


def room_named(name: str) -> Room:
    """Room of a name.

    Raises
    ------
    PieceError
        If there is none; the hint lists those there are.

    Examples
    --------
    >>> room_named("hall").rt60_s[OCTAVES_HZ.index(1000.0)]
    2.1
    """
    if name in ROOMS:
        return ROOMS[name]
    meant = nearest_name(name, ROOMS)
    raise PieceError(
        f"there is no room {name!r}" + (f"; did you mean {meant!r}?" if meant else ""),
        hint=f"rooms: {', '.join(ROOMS)}",
    )


def room_from_table(table: Mapping[str, Any], where: str = "room") -> Room:
    """Room that a piece describes: a row of `ROOMS`, and what is different in it.

    ::

        base = "hall"                       the row to start from; "hall" where left out
        rt60_s = 3.0                        in all octaves
        rt60_s = [3.0, 2.5, 1.2]            below 250 Hz, between, above 4000 Hz
        rt60_s = [3.1, 3.0, 2.8, 2.6, 2.5, 2.2, 1.7, 1.1]
        size_m = [20, 30, 12]               width, depth, height
        walls = 0.9                         all six alike, or
        walls = [0.9, 0.9, 0.8, 0.8, 0.7, 0.0]
        listener_m = [10, 12, 1.6]
        predelay_s = 0.02
        level_db = -12
        diffusion = 0.8

    At the borders themselves, 250 and 4000 Hz, the time is the geometric mean of both sides.

    Raises
    ------
    PieceError
        If a key is unknown, a number is wrong or there is no such base; the message begins with `where`.

    Examples
    --------
    >>> crypt = room_from_table({"base": "cave", "rt60_s": [4.0, 4.0, 1.0], "level_db": -9})
    >>> crypt.rt60_s, crypt.level_db
    ((4.0, 4.0, 4.0, 4.0, 4.0, 4.0, 2.0, 1.0), -9.0)
    """
    check_keys(table, ["base", *_READERS], where=where, error=PieceError)
    base = table.get("base", "hall")
    if not isinstance(base, str):
        raise PieceError(f"{where}: base must be the name of a room, got {base!r}", hint=f"rooms: {', '.join(ROOMS)}")
    try:
        start = room_named(base)
    except PieceError as error:
        raise PieceError(f"{where}: base: {error}", hint=error.hint) from error
    said = {key: read(table[key], f"{where}: {key}") for key, read in _READERS.items() if key in table}
    try:
        return replace(start, name=f"own {base}" if said else base, **said)
    except ValueError as error:
        raise PieceError(f"{where}: {error}", hint="correct this key of the room") from error


def _times(value: object, where: str) -> tuple[float, ...]:
    times_s = _numbers(value, (1, 3, len(OCTAVES_HZ)), where)
    if len(times_s) == 1:
        return times_s * len(OCTAVES_HZ)
    if len(times_s) == len(OCTAVES_HZ):
        return times_s
    low_s, middle_s, high_s = times_s
    if min(times_s) < 0.0:
        raise PieceError(f"{where} must be 0 or more, got {value!r}", hint="write seconds, such as [3.0, 2.5, 1.2]")
    borders = ((low_s * middle_s) ** 0.5, (middle_s * high_s) ** 0.5)
    return low_s, low_s, borders[0], middle_s, middle_s, middle_s, borders[1], high_s


def _size(value: object, where: str) -> tuple[float, ...]:
    return _numbers(value, (3,), where)


def _walls(value: object, where: str) -> tuple[float, ...]:
    factors = _numbers(value, (1, 6), where)
    return factors * 6 if len(factors) == 1 else factors


def _one(value: object, where: str) -> float:
    return number_in(value, where=where, error=PieceError)


_READERS: Mapping[str, Callable[[object, str], Any]] = {
    "rt60_s": _times, "size_m": _size, "walls": _walls, "listener_m": _size, "predelay_s": _one, "level_db": _one,
    "diffusion": _one,
}  # fmt: skip


def _numbers(value: object, counts: tuple[int, ...], where: str) -> tuple[float, ...]:
    """As many numbers as one of `counts`; one may stand without brackets."""
    if 1 in counts and not isinstance(value, Sequence):
        return (number_in(value, where=where, error=PieceError),)
    if not isinstance(value, Sequence) or isinstance(value, str) or len(value) not in counts:
        either = " or ".join(str(count) for count in counts)
        raise PieceError(f"{where} must be {either} numbers, got {value!r}", hint=f"such as {[1.0] * counts[-1]}")
    return tuple(number_in(one, where=where, error=PieceError) for one in value)
