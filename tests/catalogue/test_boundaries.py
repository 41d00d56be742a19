"""Boundaries that persons set outlast what machines hear, give way to nothing, and can be taken back to the bit."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from soundscape.catalogue.boundaries import Cut, segment_id
from soundscape.catalogue.scores import Scores, Words
from soundscape.catalogue.segment import Kind, Recording, Segment, Tag
from soundscape.catalogue.store import Store
from soundscape.catalogue.whole_segments import Measured
from soundscape.errors import CatalogueError

TAKE = Recording("take", "take.wav", 48_000, 1, 48_000 * 60)
OTHER = Recording("other", "other.wav", 48_000, 1, 48_000 * 60)
NAMES = ("gate.knock", "gate.latch", "wind")
HEARD = ((1.0, 2.0, "event"), (3.0, 4.0, "event"), (4.2, 5.2, "event"), (3.0, 5.2, "phrase"), (10.0, 20.0, "texture"),
         (11.0, 12.0, "event"), (30.0, 40.0, "event"), (34.0, 40.0, "event"))  # fmt: skip
"""Strikes below a phrase, an event in a texture, an event that begins under another."""


def measured(start_s: float, end_s: float, kind: str = "event", *, key: str = "", by: str = "1") -> Measured:
    """What a hearing makes of a stretch: numbers that depend on it and on who hears."""
    rng = random.Random(f"{start_s}/{end_s}/{by}")
    scores = Scores(NAMES, np.log([[rng.uniform(0.1, 0.3) for _ in NAMES]]).astype(np.float32))
    segment = Segment(key or segment_id("take", start_s, end_s), "take", start_s, end_s, kind,  # type: ignore[arg-type]
                      (Tag("gate.knock", 0.5),), {"level_db": -10.0 - start_s, "roughness": rng.random()})  # fmt: skip
    vector = np.array([rng.gauss(0.0, 1.0) for _ in range(8)], np.float32)
    return Measured(segment, vector, scores, Words("ear", vector[None, :4]))


def hear(store: Store, stretches: Sequence[tuple[float, float, str]] = HEARD, *, by: str = "1") -> None:
    rows = [measured(*stretch, by=by) for stretch in stretches]
    made = [measured(one.start_s, one.end_s, one.kind, key=one.id, by=by) for one in store.made("take")]
    scores = Scores(NAMES, np.concatenate([row.scores.values for row in rows if row.scores]))
    words = Words("ear", np.concatenate([row.words.values for row in rows if row.words]))
    store.add_analysis(TAKE, [row.segment for row in rows], np.stack([row.vector for row in rows]), analyser=by,
                       scores=scores, words=words, made=made)  # fmt: skip


def change(store: Store, gone: Sequence[tuple[float, float]], *made: Measured, by: str = "1") -> list[Segment]:
    there = {(one.start_s, one.end_s): one for one in store.segments("take")}
    return store.recut([Cut(TAKE, tuple(there[one] for one in gone), made, by)])


def move(store: Store, was: tuple[float, float], start_s: float, end_s: float) -> Segment:
    key = next(one.id for one in store.segments("take") if (one.start_s, one.end_s) == was)
    return change(store, [was], measured(start_s, end_s, key=key))[0]


def stretches(store: Store) -> set[tuple[float, float]]:
    return {(one.start_s, one.end_s) for one in store.segments("take")}


def by_person(store: Store, start_s: float, end_s: float) -> set[str]:
    return {tag.name for one in store.segments("take") if (one.start_s, one.end_s) == (start_s, end_s)
            for tag in one.tags if tag.by == "person"}  # fmt: skip


ALL = {stretch[:2] for stretch in HEARD}


@pytest.fixture
def store(tmp_path: Path) -> Store:
    opened = Store(tmp_path / "house.catalogue", create=True)
    hear(opened)
    return opened


def test_a_moved_segment_keeps_its_id_and_outlasts_every_hearing(store: Store) -> None:
    key = move(store, (1.0, 2.0), 1.5, 2.9).id
    assert key == segment_id("take", 1.0, 2.0)
    expected = ALL - {(1.0, 2.0)} | {(1.5, 2.9)}
    assert stretches(store) == expected
    hear(store)
    assert stretches(store) == expected
    # another analysis hears the old place, something like the new one, and something beside both
    hear(store, [(0.9, 2.1, "event"), (1.6, 3.0, "event"), (2.8, 3.0, "event")], by="2")
    assert stretches(store) == {(1.5, 2.9), (2.8, 3.0)}
    assert store.segment(key).segment.features["roughness"] == measured(1.5, 2.9, by="2").segment.features["roughness"]


def test_what_is_moved_far_away_does_not_come_back_where_it_was(store: Store) -> None:
    move(store, (1.0, 2.0), 50.0, 51.0)
    hear(store)
    assert (1.0, 2.0) not in stretches(store)
    assert (50.0, 51.0) in stretches(store)


def test_what_gave_way_is_named_until_it_is_back(store: Store) -> None:
    (was,) = [one for one in store.segments(TAKE.id) if (one.start_s, one.end_s) == (1.0, 2.0)]
    assert store.aside(TAKE.id) == []
    change(store, [(1.0, 2.0)])
    assert [(one.id, one.start_s, one.end_s, one.tags) for one in store.aside(TAKE.id)] == [
        (was.id, 1.0, 2.0, was.tags)
    ]
    store.undo([was.id])
    assert store.aside(TAKE.id) == []
    assert store.segment(was.id).segment == was


def test_a_deleted_segment_does_not_come_back_however_it_is_cut_anew(store: Store) -> None:
    change(store, [(1.0, 2.0)])
    for by, cuts in [("2", [(0.9, 2.1)]), ("3", [(1.0, 1.5), (1.5, 2.1)]), ("4", [(1.1, 1.8)])]:
        hear(store, [(*cut, "event") for cut in cuts] + [(6.0, 7.0, "event")], by=by)
        assert stretches(store) == {(6.0, 7.0)}
    hear(store, [(0.0, 9.0, "texture")], by="5")  # what is there behind it all is something else
    assert stretches(store) == {(0.0, 9.0)}


@pytest.mark.parametrize("was", sorted(ALL))
def test_what_lies_above_below_and_behind_a_changed_segment_stays(store: Store, was: tuple[float, float]) -> None:
    change(store, [was])
    hear(store)
    assert stretches(store) == ALL - {was}
    store.undo(["take"])
    move(store, was, was[0] + 0.05, was[1] - 0.05)
    hear(store)
    assert stretches(store) == ALL - {was} | {(was[0] + 0.05, was[1] - 0.05)}


def test_what_a_person_added_stays_and_machines_give_way_to_it(store: Store) -> None:
    change(store, [], measured(50.0, 52.0))
    hear(store, [*HEARD, (50.1, 51.9, "event"), (51.5, 51.9, "event"), (49.0, 58.0, "event"), (45.0, 60.0, "texture")])
    assert stretches(store) == ALL | {(50.0, 52.0), (45.0, 60.0)}


def test_parts_and_wholes_outlast_too(store: Store) -> None:
    change(store, [(1.0, 2.0)], measured(1.0, 1.5), measured(1.5, 2.0))
    change(store, [(3.0, 4.0), (4.2, 5.2)], measured(3.0, 5.2))  # exactly where the phrase is, which gives way
    expected = ALL - {(1.0, 2.0), (3.0, 4.0), (4.2, 5.2)} | {(1.0, 1.5), (1.5, 2.0), (3.0, 5.2)}
    assert stretches(store) == expected
    hear(store)
    assert stretches(store) == expected
    assert len(store.segments("take")) == len(expected)


def test_tags_go_with_the_segment_they_were_given_to(store: Store) -> None:
    store.tag(segment_id("take", 1.0, 2.0), add=["bell"], remove=["gate.knock"])
    move(store, (1.0, 2.0), 50.0, 51.0)
    assert by_person(store, 50.0, 51.0) == {"bell"}
    change(store, [(50.0, 51.0)], measured(50.0, 50.4), measured(50.4, 51.0))
    assert by_person(store, 50.0, 50.4) == by_person(store, 50.4, 51.0) == {"bell"}
    store.tag(segment_id("take", 50.4, 51.0), add=["wind"])
    hear(store, by="2")
    change(store, [(50.0, 50.4), (50.4, 51.0)], measured(50.0, 51.0, by="2"), by="2")
    assert by_person(store, 50.0, 51.0) == {"bell", "wind"}
    store.undo([segment_id("take", 50.0, 51.0)])
    assert by_person(store, 1.0, 2.0) == {"bell", "wind"}
    assert "gate.knock" not in [tag.name for tag in store.segment(segment_id("take", 1.0, 2.0)).segment.tags]


def test_what_was_said_before_a_change_is_said_again_of_each_where_it_is_undone(store: Store) -> None:
    one, other = segment_id("take", 3.0, 4.0), segment_id("take", 4.2, 5.2)
    store.tag(one, add=["bell"], remove=["gate.knock"])
    (joined,) = change(store, [(3.0, 4.0), (4.2, 5.2)], measured(3.1, 5.2))
    assert store.said(joined.id) == {"bell": True, "gate.knock": False}
    store.tag(joined.id, add=["rain"])
    store.undo([joined.id], {key: {"bell": there, "gate.knock": not_there} for key, there, not_there in
                             ((one, True, False), (other, None, None))})
    assert store.said(one) == {"bell": True, "gate.knock": False}
    assert by_person(store, 4.2, 5.2) == {"rain"}, "what was said since goes nowhere"


def test_words_go_with_a_segment_whose_edge_is_moved_far_and_come_back_with_it(store: Store) -> None:
    strike = next(one for one in store.segments("take") if (one.start_s, one.end_s) == (11.0, 12.0))
    store.tag(strike.id, add=["gate.latch"], remove=["gate.knock"])
    move(store, (11.0, 12.0), 11.0, 18.0)  # of the two stretches both cover a seventh
    assert by_person(store, 11.0, 18.0) == {"gate.latch"}
    hear(store, by="2")
    assert [tag.name for tag in store.segment(strike.id).segment.tags] == ["gate.latch"]
    assert by_person(store, 10.0, 20.0) == set()
    store.undo([strike.id])
    assert by_person(store, 11.0, 12.0) == {"gate.latch"}


def test_what_was_said_of_a_deleted_segment_is_not_said_of_others_and_waits(store: Store) -> None:
    store.tag(segment_id("take", 3.0, 4.0), add=["bell"])
    change(store, [(3.0, 4.0)])
    for by in "12":
        hear(store, by=by)
        assert by_person(store, 3.0, 5.2) == set()
        assert store.count("bell") == 0
    store.undo([segment_id("take", 3.0, 4.0)])
    assert by_person(store, 3.0, 4.0) == {"bell"}


def test_what_a_person_added_and_took_away_again_is_as_if_nothing_had_been_said(store: Store) -> None:
    before = store.snapshot().digest
    (new,) = change(store, [], measured(50.0, 52.0))
    store.tag(new.id, add=["bell"])
    change(store, [(50.0, 52.0)])
    assert store.snapshot().digest == before
    hear(store, [*HEARD, (50.0, 52.0, "event")])
    assert by_person(store, 50.0, 52.0) == set()
    assert (50.0, 52.0) in stretches(store)


def test_tags_of_what_a_person_added_go_with_it(store: Store) -> None:
    before = store.snapshot().digest
    store.recut([Cut(TAKE, (), (measured(4.5, 5.0),), "1", {"bell": True}), Cut(TAKE, (store.segments("take")[0],))])
    assert by_person(store, 4.5, 5.0) == {"bell"}
    store.undo(["take"])
    assert store.snapshot().digest == before


def test_changes_that_build_on_each_other_are_undone_together_and_others_stay(store: Store) -> None:
    move(store, (1.0, 2.0), 1.2, 2.6)
    change(store, [(1.2, 2.6)], measured(1.2, 1.9), measured(1.9, 2.6))
    change(store, [(1.9, 2.6), (3.0, 4.0)], measured(1.9, 4.0))
    change(store, [(11.0, 12.0)])
    undone = store.undo([segment_id("take", 1.2, 1.9)])
    assert len(undone.gone) == 2
    assert set(undone.back) == {segment_id("take", 1.0, 2.0), segment_id("take", 3.0, 4.0)}
    assert stretches(store) == ALL - {(11.0, 12.0)}
    assert store.undo([segment_id("take", 11.0, 12.0)]).back == (segment_id("take", 11.0, 12.0),)
    with pytest.raises(CatalogueError, match="as the machine heard"):
        store.undo(["take"])


def apply(store: Store, rng: random.Random) -> None:
    """Some change a person may make."""
    segments = store.segments("take")
    one = rng.choice(segments)
    kind: Kind = one.kind
    start_s, end_s = sorted(round(rng.uniform(0.0, 60.0), 3) for _ in range(2))
    match rng.choice(("move", "split", "join", "delete", "add", "undo")):
        case "move" if start_s < end_s:
            store.recut([Cut(TAKE, (one,), (measured(start_s, end_s, kind, key=one.id),), "1")])
        case "split":
            at_s = one.start_s + rng.uniform(0.2, 0.8) * one.duration_s
            parts = measured(one.start_s, at_s, kind), measured(at_s, one.end_s, kind)
            store.recut([Cut(TAKE, (one,), parts, "1")])
        case "join" if len(segments) > 2:
            some = rng.sample(segments, 2)
            edges = min(part.start_s for part in some), max(part.end_s for part in some)
            store.recut([Cut(TAKE, tuple(some), (measured(*edges),), "1")])
        case "delete" if len(segments) > 1:
            store.recut([Cut(TAKE, (one,))])
        case "add" if start_s < end_s:
            store.recut([Cut(TAKE, (), (measured(start_s, end_s),), "1")])
        case "undo":
            store.undo([one.id])


@settings(max_examples=40)
@given(st.integers(0, 10**6), st.integers(1, 8))
@example(151, 5)  # what comes back lets another come back
@example(193, 8)  # what gave way to a segment that is joined to another no longer does
def test_after_any_changes_hearing_again_changes_nothing_and_undoing_gives_back_every_bit(seed: int, n: int) -> None:
    rng = random.Random(seed)
    with tempfile.TemporaryDirectory() as folder, Store(Path(folder, "house.catalogue"), create=True) as store:
        hear(store)
        first = store.snapshot().digest
        for _ in range(n):
            try:
                apply(store, rng)
            except CatalogueError:
                continue  # nothing to undo, or one is there already
        changed = store.snapshot()
        hear(store)
        again = store.snapshot()
        assert [s.id for s in again.segments] == [s.id for s in changed.segments]
        assert again.digest == changed.digest
        try:
            store.undo(["take"])
        except CatalogueError:
            assert changed.digest == first
        assert store.snapshot().digest == first


def test_a_change_that_no_longer_fits_is_refused_whole(store: Store) -> None:
    seen = store.segments("take")[0]
    move(store, (1.0, 2.0), 1.5, 2.9)
    before = store.snapshot().digest
    good = Cut(TAKE, (), (measured(50.0, 51.0),), "1")
    for bad, said in [
        (Cut(TAKE, (seen,)), "changed meanwhile"),
        (Cut(TAKE, (), (measured(1.5, 2.9),), "1"), "already"),
        (Cut(TAKE, (), (measured(7.0, 8.0),), "0"), "heard again meanwhile"),
        (Cut(OTHER, (seen,)), "changed meanwhile"),
    ]:
        with pytest.raises(CatalogueError, match=said):
            store.recut([good, bad])
        assert store.snapshot().digest == before


def test_a_recording_that_went_and_comes_back_has_its_boundaries_again(store: Store) -> None:
    key = move(store, (1.0, 2.0), 1.5, 2.9).id
    store.tag(key, add=["bell"])
    change(store, [(11.0, 12.0)])
    database = sqlite3.connect(store.path)
    database.execute("PRAGMA foreign_keys = ON")
    with database:
        database.execute("DELETE FROM recordings")
    database.close()
    assert store.segments("take") == []
    hear(store)
    assert {(1.5, 2.9)} < stretches(store)
    assert not {(1.0, 2.0), (11.0, 12.0)} & stretches(store)
    assert by_person(store, 1.5, 2.9) == {"bell"}


@pytest.mark.parametrize("version", [2, 3])
def test_a_catalogue_of_an_older_version_takes_changes(store: Store, version: int) -> None:
    before = store.snapshot().digest
    store.close()
    database = sqlite3.connect(store.path)
    for table in ("made", "gone", "aside"):
        database.execute(f"DROP TABLE {table}")
    database.execute(f"PRAGMA user_version = {version}")
    database.commit()
    database.close()
    with Store(store.path) as opened:
        assert opened.snapshot().digest == before
        move(opened, (1.0, 2.0), 1.5, 2.9)
        opened.undo(["take"])
        assert opened.snapshot().digest == before


def test_likeness_sees_the_new_stretch(store: Store) -> None:
    key = move(store, (1.0, 2.0), 30.0, 40.5).id
    change(store, [], measured(50.0, 50.5))
    vectors = {one.id: measured(one.start_s, one.end_s).vector for one in store.segments("take")}
    near = {
        other: float(vectors[key] @ vector / np.linalg.norm(vectors[key]) / np.linalg.norm(vector))
        for other, vector in vectors.items()
        if other != key
    }
    found = store.find("*", like=key)
    assert [one.segment.id for one in found] == sorted(near, key=lambda other: -near[other])
    np.testing.assert_allclose([one.similarity for one in found], sorted(near.values())[::-1], atol=1e-6)


WRITER = """
import sys
from pathlib import Path
from soundscape.catalogue.store import Store
from tests.catalogue.test_boundaries import change, hear, measured, move

with Store(sys.argv[1]) as store:
    print("ready", flush=True)
    for n in range(10**6):
        move(store, (1.0, 2.0), 1.5, 2.9)
        store.tag(store.segments("take")[0].id, add=["bell"])
        change(store, [(1.5, 2.9)], measured(1.5, 2.0), measured(2.0, 2.9))
        change(store, [(3.0, 4.0)])
        hear(store)
        store.undo(["take"])
"""


def test_killed_at_any_moment_every_change_is_whole(store: Store) -> None:
    store.close()
    root = Path(__file__).resolve().parents[2]
    steps = [ALL, ALL - {(1.0, 2.0)} | {(1.5, 2.9)}, ALL - {(1.0, 2.0)} | {(1.5, 2.0), (2.0, 2.9)}]
    steps.append(steps[-1] - {(3.0, 4.0)})
    for moment_s in np.random.default_rng(3).uniform(0.02, 0.3, 6):
        writer = subprocess.Popen([sys.executable, "-c", WRITER, str(store.path)], stdout=subprocess.PIPE,
                                  cwd=root, env={**os.environ, "PYTHONPATH": str(root)})  # fmt: skip
        assert writer.stdout is not None
        assert writer.stdout.readline() == b"ready\n"
        time.sleep(moment_s)
        os.kill(writer.pid, signal.SIGKILL)
        writer.wait()
        writer.stdout.close()
        database = sqlite3.connect(store.path)
        assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert database.execute("PRAGMA foreign_key_check").fetchall() == []
        database.close()
        with Store(store.path) as opened:
            assert stretches(opened) in steps
            assert len(opened.snapshot().vectors) == len(opened.segments("take"))
            if stretches(opened) != ALL:
                opened.undo(["take"])
            assert stretches(opened) == ALL


def test_who_reads_meanwhile_sees_one_state_or_the_other(store: Store) -> None:
    whole = store.snapshot().digest
    parts = measured(1.0, 1.5), measured(1.5, 2.0)
    change(store, [(1.0, 2.0)], *parts)
    states = {whole, store.snapshot().digest}
    is_over = threading.Event()

    def write() -> None:
        with Store(store.path) as writer:
            for _ in range(15):
                writer.undo(["take"])
                change(writer, [(1.0, 2.0)], *parts)
        is_over.set()

    thread = threading.Thread(target=write)
    thread.start()
    seen = set()
    while not is_over.is_set():
        seen.add(store.snapshot().digest)
    thread.join()
    assert seen <= states
