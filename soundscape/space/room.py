"""Rooms as values: how long, how soon, how big and how loud they answer.

Nothing here makes sound; the engine turns a room into delays and filters.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from soundscape.errors import PieceError
from soundscape.space.tables import nearest_name

Bands = tuple[float, float, float]
"""Values for low, middle and high frequencies; the borders are `LOW_HZ` and `HIGH_HZ`."""

LOW_HZ = 250.0
HIGH_HZ = 4000.0


@dataclass(frozen=True, slots=True)
class Room:
    """A room around listener and sources.

    `rt60_s`: seconds until the answer has fallen by 60 dB, in three bands. `predelay_s`: from the direct sound to the
    first answer. `size_m`: width (x), depth (y), height (z); they set the spacing of echoes. `level_db`: the answer
    of a source at the reference distance against its direct sound. `diffusion`: 0 is separate echoes, 1 a smooth tail.
    """

    name: str
    rt60_s: Bands = (0.0, 0.0, 0.0)
    predelay_s: float = 0.0
    size_m: tuple[float, float, float] = (10.0, 10.0, 5.0)
    level_db: float = 0.0
    diffusion: float = 1.0

    def __post_init__(self) -> None:
        if not all(0.0 <= rt60_s <= 60.0 for rt60_s in self.rt60_s):
            raise ValueError(f"rt60_s goes from 0 to 60, got {self.rt60_s}")
        if not 0.0 <= self.predelay_s <= 1.0:
            raise ValueError(f"predelay_s goes from 0 to 1, got {self.predelay_s}")
        if not all(0.5 <= side_m <= 1000.0 for side_m in self.size_m):
            raise ValueError(f"size_m goes from 0.5 to 1000, got {self.size_m}")
        if not 0.0 <= self.diffusion <= 1.0:
            raise ValueError(f"diffusion goes from 0 to 1, got {self.diffusion}")
        if not -120.0 <= self.level_db <= 20.0:
            raise ValueError(f"level_db goes from -120 to 20, got {self.level_db}")

    @property
    def is_silent(self) -> bool:
        """Whether the room answers nothing."""
        return not any(self.rt60_s)


_ROWS = (
    Room("none"),
    Room("gallery", (1.3, 1.2, 0.8), 0.008, (9.0, 14.0, 4.5), -17.0, 0.85),
    Room("hall", (2.4, 2.1, 1.3), 0.022, (24.0, 38.0, 14.0), -14.0, 1.0),
    Room("courtyard", (0.6, 0.7, 0.5), 0.030, (18.0, 22.0, 9.0), -24.0, 0.25),
    Room("corridor", (1.1, 1.4, 1.0), 0.004, (2.5, 32.0, 3.0), -13.0, 0.5),
    Room("cave", (4.6, 3.8, 1.6), 0.015, (16.0, 28.0, 11.0), -11.0, 0.95),
)

ROOMS: Mapping[str, Room] = {room.name: room for room in _ROWS}
"""Every room. Times and levels are set by hand to be plausible for such places: a courtyard has no ceiling,
so it answers early and weakly; a cave keeps its low end; a corridor flutters."""


def room_named(name: str) -> Room:
    """Room of a name.

    Raises
    ------
    PieceError
        If there is none; the hint lists those there are.

    Examples
    --------
    >>> room_named("hall").rt60_s[1]
    2.1
    """
    if name in ROOMS:
        return ROOMS[name]
    meant = nearest_name(name, ROOMS)
    raise PieceError(
        f"there is no room {name!r}" + (f"; did you mean {meant!r}?" if meant else ""),
        hint=f"rooms: {', '.join(ROOMS)}",
    )
