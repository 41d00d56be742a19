"""What a person said about a stretch of a recording, and what holds after a machine has listened again.

A correction belongs to a stretch of a recording and not to a segment: segments come and go with each analysis. It is
attached to the segment that overlaps its stretch best, if the two are much the same; else it waits, and holds again
when a segment like it is there.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping

from soundscape.catalogue.rows import in_order
from soundscape.catalogue.segment import Tag
from soundscape.catalogue.tags import is_a

Stretch = tuple[float, float]

SAME = 0.3
"""Share of two stretches that both cover, from which what is said of one is said of the other."""


def overlap(one: Stretch, other: Stretch) -> float:
    """Share of two stretches of time that both cover, 0..1 (intersection over union).

    Examples
    --------
    >>> overlap((0.0, 4.0), (2.0, 4.0)), overlap((0.0, 1.0), (1.0, 2.0))
    (0.5, 0.0)
    """
    both = min(one[1], other[1]) - max(one[0], other[0])
    return max(0.0, both) / (max(one[1], other[1]) - min(one[0], other[0]))


def correct(database: sqlite3.Connection, said: Mapping[int, Mapping[str, bool]]) -> None:
    """Keep what a person says about segments, by their numbers for each name whether it is there, and let it hold."""
    of_recording: dict[str, list[tuple[int, Stretch]]] = {}
    for number in said:
        recording_id, *stretch = database.execute(
            "SELECT recording_id, start_s, end_s FROM segments WHERE number = ?", (number,)
        ).fetchone()
        of_recording.setdefault(recording_id, []).append((number, (stretch[0], stretch[1])))
    for recording_id, segments in of_recording.items():
        earlier: dict[int, list[tuple[float, float, str]]] = {}
        for word, number in attached(database, recording_id).items():
            earlier.setdefault(number, []).append(word)
        for number, stretch in segments:
            _say(database, recording_id, stretch, said[number], earlier.get(number, ()))
        settle(database, recording_id)


def _say(
    database: sqlite3.Connection, recording_id: str, stretch: Stretch, words: Mapping[str, bool],
    earlier: Iterable[tuple[float, float, str]],
) -> None:  # fmt: skip
    # removals first, which take older words below them along: `+gate.creak -gate` keeps the creak
    for name, present in sorted(words.items(), key=lambda word: word[1]):
        for start_s, end_s, older in earlier:  # a person's newest word replaces an older one
            if older == name or (not present and is_a(older, name)):
                database.execute(
                    "DELETE FROM corrections WHERE (recording_id, start_s, end_s, name) = (?, ?, ?, ?)",
                    (recording_id, start_s, end_s, older),
                )
        database.execute(
            "INSERT OR REPLACE INTO corrections VALUES (?, ?, ?, ?, ?)", (recording_id, *stretch, name, int(present))
        )


def settle(database: sqlite3.Connection, recording_id: str) -> None:
    """Work out again which tags hold on a recording: what the machine heard, as persons corrected it."""
    holds = _by_machine(database, "SELECT number FROM segments WHERE recording_id = ?", recording_id)
    said = {
        (start, end, name): present
        for start, end, name, present in database.execute(
            "SELECT start_s, end_s, name, present FROM corrections WHERE recording_id = ?", (recording_id,)
        )
    }
    segment_of = attached(database, recording_id)
    for stretch in sorted(
        segment_of, key=lambda stretch: said[stretch]
    ):  # removals first: `-gate +gate.creak` is clear
        tags, name = holds[segment_of[stretch]], stretch[2]
        if said[stretch]:
            tags[name] = Tag(name, 1.0, "person")
        else:
            for below in [other for other in tags if is_a(other, name)]:
                del tags[below]
    _keep(database, holds)


def hold(database: sqlite3.Connection, these: str, value: str) -> None:
    """Let the machine's tags hold on segments that nobody corrected: those whose numbers a question gives."""
    _keep(database, _by_machine(database, these, value))


def _by_machine(database: sqlite3.Connection, these: str, value: str) -> dict[int, dict[str, Tag]]:
    """Tags by the machine: what a lesson says where one has a word, else what was heard."""
    holds: dict[int, dict[str, Tag]] = {number: {} for (number,) in database.execute(these, (value,))}
    rows = database.execute(
        f"WITH these (segment) AS ({these}) SELECT segment, name, confidence FROM learned JOIN these USING (segment)"
        " UNION ALL SELECT segment, name, confidence FROM heard JOIN these USING (segment)"
        " WHERE segment NOT IN (SELECT segment FROM learned)",
        (value,),
    )
    for segment, name, confidence in rows:
        if name:  # a lesson that leaves a segment without a tag says so with an empty one
            holds[segment][name] = Tag(name, confidence)
    return holds


def attached(database: sqlite3.Connection, recording_id: str) -> dict[tuple[float, float, str], int]:
    """Corrections of a recording (start, end, name), each with the number of the segment it belongs to now.

    What was said of a strike is not said of the wind behind it, nor what was said of a segment that a person took away
    of others that are there.
    """
    segments = database.execute(
        "SELECT number, start_s, end_s FROM segments WHERE recording_id = ?1 UNION ALL"
        " SELECT NULL, start_s, end_s FROM gone WHERE recording_id = ?1",
        (recording_id,),
    ).fetchall()
    # of those that overlap equally one that is there comes first, then the earliest
    ids = dict(database.execute("SELECT number, id FROM segments WHERE recording_id = ?", (recording_id,)))
    segments.sort(key=lambda one: (one[0] is None, one[1], ids.get(one[0], "")))
    found = {}
    said = database.execute("SELECT start_s, end_s, name FROM corrections WHERE recording_id = ?", (recording_id,))
    for start_s, end_s, name in said:
        shares = [(overlap((start_s, end_s), (start, end)), -place) for place, (_, start, end) in enumerate(segments)]
        share, place = max(shares, default=(0.0, 0))
        if share >= SAME and segments[-place][0] is not None:
            found[start_s, end_s, name] = segments[-place][0]
    return found


def take_words(database: sqlite3.Connection, recording_id: str, numbers: Iterable[int]) -> dict[int, dict[str, bool]]:
    """Take what persons said of segments out of the corrections: by number, for each name whether it is there."""
    wanted = set(numbers)
    taken: dict[int, dict[str, bool]] = {}
    for (start_s, end_s, name), number in sorted(attached(database, recording_id).items()):
        if number in wanted:
            key = (recording_id, start_s, end_s, name)
            where = "WHERE (recording_id, start_s, end_s, name) = (?, ?, ?, ?)"
            (present,) = database.execute(f"SELECT present FROM corrections {where}", key).fetchone()
            database.execute(f"DELETE FROM corrections {where}", key)
            words = taken.setdefault(number, {})
            words[name] = words.get(name, False) or bool(present)
    return taken


def words_of(database: sqlite3.Connection, segment: int) -> dict[str, bool]:
    """What persons said of a segment: for each name whether it is there."""
    (recording_id,) = database.execute("SELECT recording_id FROM segments WHERE number = ?", (segment,)).fetchone()
    words: dict[str, bool] = {}
    for stretch, number in attached(database, recording_id).items():
        if number == segment:
            (present,) = database.execute(
                "SELECT present FROM corrections WHERE (recording_id, start_s, end_s, name) = (?, ?, ?, ?)",
                (recording_id, *stretch),
            ).fetchone()
            words[stretch[2]] = words.get(stretch[2], False) or bool(present)
    return words


def say_again(database: sqlite3.Connection, segment: int, words: Mapping[str, bool | None]) -> None:
    """Let persons have said this of a segment: of each name whether it is there, or with None nothing; others stay."""
    recording_id, start_s, end_s = database.execute(
        "SELECT recording_id, start_s, end_s FROM segments WHERE number = ?", (segment,)
    ).fetchone()
    now = take_words(database, recording_id, [segment]).get(segment, {})
    now |= {name: present for name, present in words.items() if present is not None}
    kept = {name: present for name, present in now.items() if words.get(name, present) is not None}
    put_words_at(database, recording_id, (start_s, end_s), kept)
    settle(database, recording_id)


def put_words_at(database: sqlite3.Connection, recording_id: str, stretch: Stretch, words: dict[str, bool]) -> None:
    """Keep words about a stretch; of two about one name, that it is there wins."""
    database.executemany(
        "INSERT INTO corrections VALUES (?, ?, ?, ?, ?)"
        " ON CONFLICT DO UPDATE SET present = max(present, excluded.present)",
        [(recording_id, *stretch, name, int(present)) for name, present in words.items()],
    )


def _keep(database: sqlite3.Connection, holds: dict[int, dict[str, Tag]]) -> None:
    database.executemany("DELETE FROM tags WHERE segment = ?", [(segment,) for segment in holds])
    database.executemany(
        "INSERT INTO tags VALUES (?, ?, ?, ?)",
        [(segment, tag.name, tag.confidence, tag.by) for segment, tags in holds.items() for tag in tags.values()],
    )
    surest = {segment: in_order(tags.values())[0] for segment, tags in holds.items() if tags}
    database.executemany(
        "UPDATE segments SET tag = ?, confidence = ? WHERE number = ?",
        [
            (surest[segment].name, surest[segment].confidence, segment) if segment in surest else ("", 0.0, segment)
            for segment in holds
        ],
    )
