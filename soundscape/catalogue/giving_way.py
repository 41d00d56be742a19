"""What holds of a recording after a machine has listened again: what persons made stays, and the rest gives way to it.

Segments that were left alone stay when they are heard again, however they lie to those that persons made.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from soundscape.catalogue.corrections import Stretch, overlap
from soundscape.catalogue.segment import Kind
from soundscape.catalogue.whole_segments import Measured, Whole, load_whole, put_aside, put_measured, put_whole

MOSTLY = 0.5
"""Share of a stretch beyond which another covers it mostly."""
ABOVE_OTHERS = ("phrase", "texture")
"""Kinds that lie above or behind what sounds within them."""


@dataclass(frozen=True, slots=True)
class Made:
    """A segment whose boundaries a person set."""

    id: str
    recording_id: str
    start_s: float
    end_s: float
    kind: Kind


class Before(NamedTuple):
    """What there is of a recording before it is heard again: the machine's stretches, and persons' segments whole."""

    standing: list[Stretch]
    made: dict[str, Whole]


def load_made(database: sqlite3.Connection, recording_id: str) -> list[Made]:
    """Segments of a recording that persons set, in order of time."""
    rows = database.execute(
        "SELECT id, recording_id, start_s, end_s, kind FROM made WHERE recording_id = ? ORDER BY start_s, id",
        (recording_id,),
    )
    return [Made(*row) for row in rows]


def before(database: sqlite3.Connection, recording_id: str) -> Before:
    """What there is of a recording before it is heard again."""
    rows = database.execute(
        "SELECT segments.number, segments.id, segments.start_s, segments.end_s, made.id FROM segments"
        " LEFT JOIN made USING (id) WHERE segments.recording_id = ?",
        (recording_id,),
    ).fetchall()
    standing = [(start_s, end_s) for _, _, start_s, end_s, by_person in rows if by_person is None]
    return Before(standing, {key: load_whole(database, number) for number, key, *_, by in rows if by is not None})


def give_way(
    database: sqlite3.Connection, recording_id: str, earlier: Before, measured: Sequence[Measured] = ()
) -> None:
    """Put persons' segments among those just heard, and aside those that give way to them.

    Parameters
    ----------
    measured : persons' segments as the new analysis measured them
        One that is not among these, or lies elsewhere now, keeps what was measured before.
    """
    database.execute("DELETE FROM aside WHERE recording_id = ?", (recording_id,))
    persons, none_there = said(database, recording_id)
    if not persons and not none_there:
        return
    rows = database.execute(
        "SELECT number, start_s, end_s, kind FROM segments WHERE recording_id = ?", (recording_id,)
    ).fetchall()
    for number, start_s, end_s, kind in rows:
        if gives_way((start_s, end_s), kind, persons, none_there, earlier.standing):
            put_aside(database, number)
    fresh = {(one.segment.id, one.segment.start_s, one.segment.end_s): one for one in measured}
    for made in load_made(database, recording_id):
        one = fresh.get((made.id, made.start_s, made.end_s))
        if one is not None:
            put_measured(database, one)
        elif made.id in earlier.made:
            put_whole(database, earlier.made[made.id])


def gives_way(
    heard: Stretch, kind: str, made: Iterable[Stretch], gone: Iterable[Stretch], standing: Iterable[Stretch]
) -> bool:
    """Whether a machine's segment gives way to what a person wants.

    It does where it is mostly within a stretch that a person made or emptied, or covers most of one that was made
    (phrases and textures lie above and behind others, so they may); unless it is rather one that was left alone.

    Examples
    --------
    >>> gives_way((1.0, 3.0), "event", [(1.2, 2.9)], [], []), gives_way((1.0, 3.0), "event", [(2.9, 5.0)], [], [])
    (True, False)
    >>> gives_way((1.0, 9.0), "event", [(2.0, 3.0)], [], [(1.0, 9.5)])
    False
    """
    length_s = heard[1] - heard[0]
    claims = [0.0]
    for stretches, may_be_covered in ((made, kind not in ABOVE_OTHERS), (gone, False)):
        for one in stretches:
            both_s = min(heard[1], one[1]) - max(heard[0], one[0])
            least_s = min(length_s, one[1] - one[0]) if may_be_covered else length_s
            if both_s > MOSTLY * least_s:
                claims.append(overlap(heard, one))
    return max(claims) > 0.0 and max(claims) >= max((overlap(heard, one) for one in standing), default=0.0)


def said(database: sqlite3.Connection, recording_id: str) -> tuple[list[Stretch], list[Stretch]]:
    """Stretches that persons made, and those in which they want nothing of a machine's."""
    made, gone = (
        database.execute(f"SELECT start_s, end_s FROM {table} WHERE recording_id = ?", (recording_id,)).fetchall()
        for table in ("made", "gone")
    )
    return made, gone
