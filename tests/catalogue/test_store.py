"""The file: what goes in comes out, persons are not overwritten, and a bad file says what is wrong with it."""

from __future__ import annotations

import os
import sqlite3
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from soundscape.catalogue.files import FileState
from soundscape.catalogue.segment import Recording, Segment, Tag
from soundscape.catalogue.store import Store
from soundscape.catalogue.vectors import vectors_path
from soundscape.errors import CatalogueError
from tests.catalogue.conftest import BELL, GATE, RECORDINGS, SEGMENTS, fill, vectors_of


def tags(store: Store, segment_id: str) -> dict[str, str]:
    return {tag.name: tag.by for tag in store.segment(segment_id).segment.tags}


def cut(*stretches: tuple[str, float, float, str]) -> list[Segment]:
    return [Segment(key, "aaaa", start_s, end_s, tags=(Tag(name, 0.8),)) for key, start_s, end_s, name in stretches]


def again(store: Store, *stretches: tuple[str, float, float, str]) -> None:
    segments = cut(*stretches)
    store.add_analysis(GATE, segments, np.ones((len(segments), 64)), analyser="2")


def test_what_goes_in_comes_out(store: Store) -> None:
    snapshot = store.snapshot()
    assert dict(snapshot.recordings) == RECORDINGS
    expected = sorted((s for part in SEGMENTS.values() for s in part), key=lambda s: (s.recording_id, s.start_s, s.id))
    assert list(snapshot.segments) == expected
    np.testing.assert_allclose(np.linalg.norm(snapshot.vectors, axis=1), 1.0, atol=1e-6)
    directions = vectors_of(tuple(expected))
    cosines = (snapshot.vectors * directions).sum(axis=1) / np.linalg.norm(directions, axis=1)
    np.testing.assert_allclose(cosines, 1.0, atol=1e-6)


def test_an_empty_catalogue_is_a_value_too(fresh: Store) -> None:
    assert fresh.snapshot().segments == ()
    assert fresh.snapshot().recordings == {}


def test_the_digest_follows_content_and_nothing_else(store: Store, fresh: Store) -> None:
    fill(fresh, order=("bbbb", "aaaa"), analyser="other")
    digest = store.snapshot().digest
    assert fresh.snapshot().digest == digest
    fresh.moved("aaaa", "/elsewhere/x.wav")
    assert fresh.snapshot().digest == digest
    fresh.tag("knock1", add=["bell"])
    assert fresh.snapshot().digest != digest


def test_hearing_a_recording_again_replaces_it(store: Store) -> None:
    before = store.snapshot().digest
    fill(store)
    assert store.snapshot().digest == before
    assert store.known("aaaa", "1")
    assert not store.known("aaaa", "2")
    again(store, ("n1", 0.0, 3.0, "gate.slam"))
    assert store.known("aaaa", "2")
    assert {found.segment.id for found in store.find("*")} == {"n1", "bell01", "hush01"}


def test_what_was_not_measured_is_left_out(fresh: Store) -> None:
    segment = Segment("s", "aaaa", 0.0, 1.0, features={"level_db": float("nan"), "x_hz": float("inf"), "attack_s": 0.1})
    fresh.add_analysis(GATE, [segment], np.zeros((1, 64)), analyser="1")
    assert dict(fresh.segment("s").segment.features) == {"attack_s": 0.1}


def test_values_that_do_not_fit_are_refused_whole(store: Store) -> None:
    before = store.snapshot().digest
    with pytest.raises(ValueError, match="2 vectors"):
        store.add_analysis(GATE, SEGMENTS["aaaa"], np.ones((2, 64)), analyser="1")
    with pytest.raises(ValueError, match="do not fit"):  # an id that another recording's segment has
        store.add_analysis(GATE, [Segment("bell01", "aaaa", 0.0, 1.0)], np.ones((1, 64)), analyser="1")
    assert store.snapshot().digest == before


def test_a_moved_recording_is_found_by_its_new_name(store: Store) -> None:
    store.moved("bbbb", "/new/carillon_3.flac")
    assert store.segment("bell01").recording.path == "/new/carillon_3.flac"
    assert store.count('"carillon_3"') == 2
    assert store.count('"bell.flac"') == 0


def test_a_person_is_believed_before_a_machine(store: Store) -> None:
    corrected = store.tag("creak1", add=["bell/bronze"], remove=["wind"])
    assert [(tag.name, tag.by) for tag in corrected.tags] == [("bell.bronze", "person"), ("gate.creak", "machine")]
    store.tag("creak1", remove=["gate"])
    assert tags(store, "creak1") == {"bell.bronze": "person"}
    store.tag("creak1", add=["gate.creak"])
    assert tags(store, "creak1") == {"bell.bronze": "person", "gate.creak": "person"}
    store.tag("creak1", remove=["bell"])
    assert tags(store, "creak1") == {"gate.creak": "person"}


def test_what_persons_said_can_be_said_again_to_the_bit(store: Store) -> None:
    before = store.segment("creak1").segment
    assert store.said("creak1") == {}
    store.tag("creak1", add=["bell"], remove=["gate"])
    assert store.said("creak1") == {"bell": True, "gate": False}
    store.tag("creak1", add=["rain"])
    now = store.say_again("creak1", {"bell": None, "gate": None})
    assert store.said("creak1") == {"rain": True}
    assert [tag.name for tag in now.tags if tag.by == "person"] == ["rain"], "of what was not named all stays"
    assert store.say_again("creak1", {"rain": False, "bell": True}).tags[0] == Tag("bell", 1.0, "person")
    assert store.say_again("creak1", {"rain": None, "bell": None}) == before


def test_what_is_added_stays_though_what_it_is_below_goes(store: Store) -> None:
    for _ in range(2):  # the second time the word is there already
        store.tag("creak1", add=["gate.creak"], remove=["gate", "wind"])
        assert tags(store, "creak1") == {"gate.creak": "person"}


def test_a_correction_survives_new_analyses(store: Store) -> None:
    store.tag("creak1", add=["voice"], remove=["gate.creak"])
    again(store, ("n1", 0.0, 1.4, "gate.creak"), ("n2", 1.5, 4.9, "gate.creak"), ("n3", 4.5, 9.0, "gate.creak"))
    assert tags(store, "n2") == {"voice": "person"}
    assert tags(store, "n1") == tags(store, "n3") == {"gate.creak": "machine"}
    again(store, ("m1", 30.0, 31.0, "gate.creak"))
    assert tags(store, "m1") == {"gate.creak": "machine"}
    fill(store)
    assert tags(store, "creak1") == {"voice": "person", "wind": "machine"}


def test_a_word_about_many_is_the_same_word_about_each(store: Store, fresh: Store) -> None:
    fill(fresh)
    keys = ["creak1", "knock1", "bell01"]
    for one in (store, fresh):
        one.tag("creak1", add=["gate.latch"])
    store.tag_all(keys, add=["bell"], remove=["gate"])
    for key in keys:
        fresh.tag(key, add=["bell"], remove=["gate"])
    assert store.snapshot().digest == fresh.snapshot().digest
    assert tags(store, "creak1") == {"bell": "person", "wind": "machine"}


def test_a_word_waits_while_no_segment_is_mostly_its_stretch(store: Store) -> None:
    again(store, ("wind", 10.0, 20.0, "wind"), ("strike", 11.0, 12.0, "gate.knock"))
    store.tag("strike", add=["gate.latch"], remove=["gate.knock"])
    again(store, ("wind", 10.0, 20.0, "wind"), ("next", 11.9, 13.0, "gate.knock"))
    assert tags(store, "wind") == {"wind": "machine"}
    assert tags(store, "next") == {"gate.knock": "machine"}
    again(store, ("wind", 10.0, 20.0, "wind"), ("longer", 11.0, 14.0, "gate.knock"))
    assert tags(store, "longer") == {"gate.latch": "person"}


def test_a_later_word_replaces_an_earlier_one_across_analyses(store: Store) -> None:
    store.tag("creak1", add=["voice"])
    again(store, ("n1", 1.2, 5.1, "gate.creak"))
    store.tag("n1", remove=["voice"])
    assert tags(store, "n1") == {"gate.creak": "machine"}
    fill(store)
    assert tags(store, "creak1") == {"gate.creak": "machine", "wind": "machine"}


@pytest.mark.parametrize(
    "what",
    ["aaaa", "a", "/takes/2024/tor_07.wav", "creak1", "kno", "Old gate of the east court", "东院老门",
     "old gate of the EAST court", "tor_07.wav", "tor_07"],
)  # fmt: skip
def test_a_take_is_named_by_its_id_file_or_title_or_by_a_segment(store: Store, what: str) -> None:
    assert store.recording(what).id == "aaaa"


def test_a_name_that_several_takes_have_or_none_names_no_take(store: Store) -> None:
    other = Recording("cccc", "elsewhere/bell.flac", 48_000, 1, 48_000, titles={"en": "La cloche fêlée"})
    store.add_analysis(other, [Segment("creak2", "cccc", 0.0, 1.0)], np.ones((1, 64)), analyser="1")
    assert store.recording("bell.flac").id == "bbbb"  # a path is one file's; a name is not
    for what in ("la cloche felee", "creak"):
        with pytest.raises(CatalogueError, match=r"2 takes in .* are") as caught:
            store.recording(what)
        assert "file" in caught.value.hint
    for what in ("", "old", "zzz", " "):
        with pytest.raises(CatalogueError, match=r"no takes in .* are") as caught:
            store.recording(what)
        assert "`soundscape find` lists takes" in caught.value.hint


def test_what_is_taken_back_was_never_said(store: Store) -> None:
    before = store.snapshot().digest
    store.tag("creak1", add=["bell"], remove=["gate"])
    store.tag("creak1", remove=["bell"])
    store.tag("bell01", add=["gong"])
    fill(store, analyser="2")  # what was said of a stretch is heard again
    store.tag("creak1", add=["voice"])
    now = store.take_back(["creak1", "hush01", "bell01"])
    assert [segment.id for segment in now] == ["creak1", "hush01", "bell01"]
    assert store.snapshot().digest == before
    assert store.count("by = person") == 0
    with pytest.raises(CatalogueError, match="nobody said anything of the tags of creak1"):
        store.take_back(["creak1"])


def test_words_are_taken_back_of_all_or_of_none(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    store.tag_all(["creak1", "bell01"], add=["gong"])
    said = store.snapshot().digest

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("soundscape.catalogue.store.settle", full)
    with pytest.raises(OSError, match="No space"):
        store.take_back(["creak1", "bell01"])
    assert store.snapshot().digest == said
    with pytest.raises(CatalogueError, match="no segment 'zzz'"):
        store.take_back(["creak1", "zzz"])
    assert store.snapshot().digest == said


def test_wrong_corrections_change_nothing(store: Store) -> None:
    before = store.snapshot().digest
    with pytest.raises(CatalogueError, match=r"no tag 'gate\.creek'"):
        store.tag("creak1", add=["bell", "gate.creek"])
    with pytest.raises(CatalogueError, match="added and removed"):
        store.tag("creak1", add=["bell"], remove=["bell"])
    with pytest.raises(CatalogueError, match="no segment 'zzz'"):
        store.tag("zzz", add=["bell"])
    assert store.snapshot().digest == before


def test_the_beginning_of_an_id_will_do_if_only_one_begins_so(fresh: Store) -> None:
    segments = cut(("abcd12", 0.0, 1.0, "wind"), ("abcd34", 1.0, 2.0, "wind"), ("ab", 2.0, 3.0, "wind"))
    fresh.add_analysis(GATE, segments, np.ones((3, 64)), analyser="1")
    assert fresh.segment("abcd3").segment.id == "abcd34"
    assert fresh.segment("ab").segment.id == "ab"
    with pytest.raises(CatalogueError, match="abcd12, abcd34"):
        fresh.segment("abc")
    with pytest.raises(CatalogueError, match="no segment ''"):
        fresh.segment("")
    assert fresh.short_ids(["abcd12", "ab"], at_least=2) == {"abcd12": "abcd1", "ab": "ab"}


def test_the_work_table_remembers_files(store: Store) -> None:
    state = FileState("/takes/x.wav", 123, 456, "failed", reason="no sound in it", analyser="1")
    assert store.file_state(state.path) is None
    store.remember_file(state)
    assert store.file_state(Path(state.path)) == state
    assert state.is_still(123, 456, "1")
    assert not state.is_still(124, 456, "1")
    done = replace(state, state="done", recording_id="aaaa", reason="")
    store.add_analysis(GATE, SEGMENTS["aaaa"], vectors_of(SEGMENTS["aaaa"]), analyser="1", file=done)
    assert store.file_state(state.path) == done


@pytest.mark.parametrize("like", [None, "creak1"])
def test_pages_of_what_matches_make_up_all_of_it(store: Store, like: str | None) -> None:
    everything = [one.segment.id for one in store.find("*", like=like, limit=None)]
    pages = [store.find("*", like=like, limit=2, skip=2 * n) for n in range(len(everything))]
    assert [one.segment.id for page in pages for one in page] == everything
    assert len(everything) > 2


def test_likeness_is_the_cosine_among_what_matches(store: Store) -> None:
    snapshot = store.snapshot()
    places = {segment.id: place for place, segment in enumerate(snapshot.segments)}
    found = store.find("*", like="creak")
    cosines = snapshot.vectors.astype(float) @ snapshot.vectors[places["creak1"]].astype(float)
    expected = sorted(((cosines[place], key) for key, place in places.items() if key != "creak1"), reverse=True)
    assert [one.segment.id for one in found] == [key for _, key in expected]
    np.testing.assert_allclose([one.similarity for one in found], [cosine for cosine, _ in expected], atol=1e-6)
    assert [one.segment.id for one in store.find("kind = texture", like="creak1", limit=1)] == [
        key for _, key in expected if key in ("wind01", "hush01")
    ][:1]
    assert [segment.id for segment, _ in snapshot.like("creak1")] == [one.segment.id for one in found]


def test_a_damaged_stale_or_missing_map_is_made_again(house: Path) -> None:
    path = vectors_path(house)

    def ranking() -> list[tuple[str, float | None]]:
        with Store(house) as store:
            return [(found.segment.id, found.similarity) for found in store.find("*", like="creak1")]

    expected = ranking()
    whole = path.read_bytes()
    flipped = bytearray(whole)
    flipped[-7] ^= 1
    for damaged in (b"", whole[:10], whole[:-4], bytes(flipped), b"x" * len(whole)):
        path.write_bytes(damaged)
        assert ranking() == expected
        assert path.read_bytes() == whole
    path.unlink()
    assert ranking() == expected
    with Store(house) as store:
        store.add_analysis(BELL, SEGMENTS["bbbb"][:1], vectors_of(SEGMENTS["bbbb"][:1]), analyser="2")
        assert len(store.find("*", like="creak1")) == 3


def test_a_store_sees_what_another_wrote(house: Path) -> None:
    with Store(house) as one, Store(house) as other:
        assert len(one.find("*", like="creak1")) == 4
        again(other, ("creak1", 1.0, 2.0, "wind"))
        assert [found.segment.id for found in one.find("*", like="creak1", limit=None)].count("knock1") == 0


def test_a_missing_catalogue_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(CatalogueError, match="no catalogue") as caught:
        Store(tmp_path / "none.catalogue")
    assert "soundscape ingest" in caught.value.hint
    assert not list(tmp_path.iterdir())
    with pytest.raises(CatalogueError, match="is a folder"):
        Store(tmp_path)


@pytest.mark.parametrize("create", [False, True])
def test_what_is_no_catalogue_is_refused_and_left_alone(tmp_path: Path, *, create: bool) -> None:
    text = tmp_path / "notes.txt"
    text.write_text("not a database " * 500)
    alien = tmp_path / "alien.db"
    with sqlite3.connect(alien) as database:
        database.execute("CREATE TABLE birds (name TEXT)")
    database.close()
    for path in (text, alien):
        before = path.read_bytes()
        with pytest.raises(CatalogueError, match="is not a catalogue"):
            Store(path, create=create)
        assert path.read_bytes() == before
    empty = tmp_path / "empty"
    empty.touch()
    if create:
        Store(empty, create=True).close()
        assert Store(empty).count() == 0
    else:
        with pytest.raises(CatalogueError, match="is not a catalogue"):
            Store(empty)


def test_a_damaged_catalogue_is_named(house: Path) -> None:
    raw = bytearray(house.read_bytes())
    raw[4096:] = os.urandom(len(raw) - 4096)
    house.write_bytes(raw)
    with pytest.raises(CatalogueError, match="damaged") as caught, Store(house) as store:
        store.snapshot()
    assert "ingest" in caught.value.hint


@pytest.mark.parametrize(("version", "said", "hint"), [(99, "newer soundscape.*99", "upgrade"),
                                                       (1, "older soundscape.*1", "soundscape ingest")])  # fmt: skip
def test_a_catalogue_of_another_version_is_refused(house: Path, version: int, said: str, hint: str) -> None:
    with sqlite3.connect(house) as database:
        database.execute(f"PRAGMA user_version = {version}")
    database.close()
    with pytest.raises(CatalogueError, match=said) as caught:
        Store(house)
    assert hint in caught.value.hint


def test_a_catalogue_of_version_2_is_brought_up_to_date_with_all_that_persons_said(house: Path) -> None:
    with Store(house) as store:
        store.tag("creak1", add=["bell"])
        before = store.snapshot()
    with sqlite3.connect(house) as database:
        for table in ("scores", "words_heard", "lessons", "learned"):
            database.execute(f"DROP TABLE {table}")
        database.execute("PRAGMA user_version = 2")
    database.close()
    with Store(house) as store:
        after = store.snapshot()
        assert after.segments == before.segments
        assert store.lesson() is None
    with sqlite3.connect(house) as database:
        assert database.execute("PRAGMA user_version").fetchone()[0] == 4
    database.close()


def test_a_catalogue_in_use_is_waited_for_and_then_named(house: Path) -> None:
    with Store(house, timeout_s=0.05) as store:
        writer = sqlite3.connect(house, isolation_level=None)
        writer.execute("BEGIN IMMEDIATE")
        assert store.count("gate") == 2
        with pytest.raises(CatalogueError, match="in use"):
            store.tag("creak1", add=["bell"])
        writer.execute("ROLLBACK")
        writer.close()
        store.tag("creak1", add=["bell"])
        assert store.count("bell") == 2


def test_a_catalogue_on_a_read_only_disk_can_be_searched(house: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda path, mode: not mode & os.W_OK)
    before = set(house.parent.iterdir())
    with Store(house) as store:
        assert store.count("gate and not wind") == 1
        with pytest.raises(CatalogueError, match="not written"):
            store.tag("creak1", add=["bell"])
        assert set(house.parent.iterdir()) == before


def test_short_chinese_words_are_found(fresh: Store) -> None:
    recording = Recording("aaaa", "x.wav", 48_000, 1, 480_000, titles={"zh": "太和门前铜钟一响"})
    fresh.add_analysis(recording, cut(("s1", 0.0, 1.0, "rain")), np.ones((1, 64)), analyser="1")
    found = {word: fresh.count(f'"{word}"') for word in ("门", "铜钟", "铜钟一", "太和门前铜钟一响", "钟铜", "雨")}
    assert found == {"门": 1, "铜钟": 1, "铜钟一": 1, "太和门前铜钟一响": 1, "钟铜": 0, "雨": 1}
