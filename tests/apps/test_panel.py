"""The catalogue's page: what it finds, what a person's word does, who may ask; and, where there is one, a browser."""

from __future__ import annotations

import io
import json
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import numpy as np
import pytest
import soundfile

from soundscape.analysis.ingest import ingest
from soundscape.apps.cli import run
from soundscape.apps.panel import sound
from soundscape.apps.panel.pages import FILES, page
from soundscape.apps.panel.server import PanelServer
from soundscape.catalogue.segment import Recording, Segment, Tag
from soundscape.catalogue.store import Store
from soundscape.errors import CatalogueError, ExhibitError
from tests.exhibit.browser import PROGRAM, Browser
from tests.exhibit.markup import Tags, contrast

ROOT = Path(__file__).resolve().parents[2]
TOKEN = "a-token-of-the-tests"
UNTRUSTED = '<img src=x onerror=alert(1)> & "gate"'
PATIENCE_S = 60.0


@pytest.fixture(scope="module")
def heard(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("panel")
    for name in ("gate_knocker", "gate_bolt"):
        shutil.copy(ROOT / "recordings" / f"{name}.flac", folder)
    ingest([folder], folder / "house.catalogue", n_workers=1)
    return folder / "house.catalogue"


@pytest.fixture
def house(heard: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(heard, tmp_path / "house.catalogue"))


class Desk:
    """A page that is served, and somebody who asks it."""

    def __init__(self, house: Path, **settings: Any) -> None:
        self.house, self.said = house, list[str]()
        self.server = PanelServer(house, port=0, say=self.said.append, **settings)

    def ask(self, method: str, path: str, body: bytes | None = None, **headers: str) -> tuple[int, Any, bytes]:
        connection = HTTPConnection("127.0.0.1", self.server.port, timeout=PATIENCE_S)
        connection.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
        answer = connection.getresponse()
        raw = answer.read()
        connection.close()
        return answer.status, answer.headers, raw

    def get(self, what: str, **fields: Any) -> Any:
        status, _, raw = self.ask("GET", f"/api/{what}?{urlencode(fields)}")
        row = json.loads(raw)
        assert status == 200, row
        return row

    def post(self, what: str, *, status: int = 200, **row: Any) -> Any:
        got, _, raw = self.ask("POST", f"/api/{what}", json.dumps(row).encode(), Content_Type="application/json")
        assert got == status, raw
        return json.loads(raw)

    def learned(self) -> Any:
        """What came of learning, once it is through."""
        until_s = time.monotonic() + PATIENCE_S
        while (row := self.get("learned"))["is_learning"]:
            assert time.monotonic() < until_s
            time.sleep(0.02)
        return row

    def segments(self, name: str = "gate_knocker", kind: str = "event") -> list[Segment]:
        with Store(self.house) as store:
            snapshot = store.snapshot()
        return [one for one in snapshot.segments
                if Path(snapshot.recording_of(one).path).stem == name and one.kind == kind]  # fmt: skip


@pytest.fixture
def desk(house: Path) -> Iterator[Desk]:
    one = Desk(house)
    with one.server:
        yield one
    assert one.said == [], "nothing was our fault"


def seen(one: Segment) -> dict[str, Any]:
    return {"id": one.id, "start_s_seen": one.start_s, "end_s_seen": one.end_s,
            "tags_seen": [tag.name for tag in one.tags]}  # fmt: skip


def digest(house: Path) -> str:
    with Store(house) as store:
        return store.snapshot().digest


def test_an_empty_search_finds_all_the_surest_first_in_pages(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("soundscape.apps.panel.desk.PER_PAGE", 10)
    with Store(desk.house) as store:
        expected = [one.segment.id for one in store.find("*", limit=None)]
    assert desk.get("about") == {"catalogue": "house.catalogue", "n_segments": len(expected), "per_page": 10}
    pages = [desk.get("find", query="", page=page) for page in range(2)]
    assert [page["n"] for page in pages] == [len(expected)] * 2
    assert [row["id"] for page in pages for row in page["rows"]] == expected[:20]
    (row,) = [row for row in pages[0]["rows"] if row["id"] == expected[0]]
    assert {"title", "start_s", "end_s", "kind", "tags", "family"} <= row.keys()


def test_beyond_the_last_page_is_the_last(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("soundscape.apps.panel.desk.PER_PAGE", 10)
    last = desk.get("find", query="", page=77)
    assert last == desk.get("find", query="", page=(last["n"] - 1) // 10)
    assert last["page"] > 0
    assert last["rows"]
    assert desk.get("find", query="gate and not gate", page=3) == {"rows": [], "page": 0, "n": 0, "like": ""}


def test_what_sounds_like_a_segment_comes_without_it_the_most_alike_first(desk: Desk) -> None:
    one = desk.segments()[0]
    with Store(desk.house) as store:
        expected = [found.segment.id for found in store.find("*", one.id, limit=None)]
    answer = desk.get("find", query="", like=one.id)
    assert answer["n"] == len(expected)
    assert [row["id"] for row in answer["rows"]] == expected[:50]
    assert desk.ask("GET", "/api/find?like=nothing")[0] == 400


def test_rows_that_are_gone_are_left_out(desk: Desk) -> None:
    one, two = desk.segments()[:2]
    desk.post("delete", **seen(one))
    (row,) = desk.get("rows", ids=f"{one.id},{two.id},nothing,,{two.id[:6]}")["rows"]
    assert (row["id"], row["title"]) == (two.id, desk.get("segment", id=two.id)["take"]["title"])


def test_a_segment_is_told_with_what_is_beside_it_and_what_it_can_be_joined_with(desk: Desk) -> None:
    first, second = desk.segments()[:2]
    row = desk.get("segment", id=first.id)
    assert row["next"]["id"] == second.id
    with Store(desk.house) as store:
        rows = {one.id: desk.get("segment", id=one.id) for one in store.segments(first.recording_id)}
    (walked,) = ([row] for row in rows.values() if row["before"] is None)
    while (after := walked[-1]["after"]) is not None:
        assert rows[after]["before"] == walked[-1]["id"]
        walked.append(rows[after])
    assert [row["start_s"] for row in walked] == sorted(row["start_s"] for row in rows.values())
    assert walked[-1]["next"] is None
    assert desk.get("segment", id=desk.segments("gate_knocker", "phrase")[0].id)["next"]["kind"] == "phrase"


def test_the_language_is_that_of_find_and_a_wrong_query_is_one_line_with_a_hint(desk: Desk) -> None:
    found = desk.get("find", query="gate.knock and duration_s > 0.5")["rows"]
    assert found
    assert all(row["end_s"] - row["start_s"] > 0.5 for row in found)
    status, _, raw = desk.ask("GET", "/api/find?query=gate.creek")
    row = json.loads(raw)
    assert status == 400
    assert row["error"] == "unknown tag 'gate.creek' at 1"
    assert "gate.creak" in row["hint"]
    assert "\n" not in row["error"] + row["hint"]


def test_a_persons_tag_holds_others_learn_from_it_and_a_new_hearing_leaves_it(desk: Desk, heard: Path) -> None:
    one = desk.segments()[0]
    done = desk.post("tag", **seen(one), add=["gate/latch"], remove=["gate.knock"])
    (row,) = done["segments"]
    assert [tag["name"] for tag in row["tags"] if tag["by"] == "person"] == ["gate.latch"]
    assert "gate.knock" not in [tag["name"] for tag in row["tags"]]
    learned = desk.learned()
    assert learned["n_learned"] == 1
    last = learned["last"]
    assert last["n_segments"] == sum(move["n"] for move in last["moves"]) > 0
    assert [row["after"] for row in last["first"]] == [row["tags"][0]["name"] for row in last["first"]]
    shutil.copy(heard.parent / "gate_knocker.flac", desk.house.parent / "copy.flac")
    ingest([desk.house.parent], desk.house, n_workers=1)
    (again,) = [other for other in desk.segments() + desk.segments("copy") if other.id == one.id]
    assert ("gate.latch", "person") in [(tag.name, tag.by) for tag in again.tags]
    assert "gate.knock" not in [tag.name for tag in again.tags]


def test_the_page_does_what_the_command_does(desk: Desk, heard: Path, tmp_path: Path) -> None:
    """To the bit, with what is learned."""
    other = Path(shutil.copy(heard, tmp_path / "other.catalogue"))
    one, two, three = desk.segments()[:3]
    desk.post("tag", **seen(one), add=["gate.latch"], remove=[])
    desk.post("move", **seen(two), start_s=two.start_s + 0.05, end_s=two.end_s - 0.05)
    desk.post("split", **seen(three), at_s=three.start_s + 0.2)
    desk.learned()
    for words in (["tag", one.id, "+gate.latch"],
                  ["segment", two.id, "--start", str(two.start_s + 0.05), "--end", str(two.end_s - 0.05)],
                  ["segment", three.id, "--split", str(three.start_s + 0.2)]):  # fmt: skip
        assert run([*words, "--catalogue", str(other)]) == 0
    assert digest(desk.house) == digest(other)


def test_boundaries_are_moved_cut_joined_added_taken_away_and_given_back_to_the_bit(desk: Desk) -> None:
    before = digest(desk.house)
    one, two, three = desk.segments()[:3]
    moved = desk.post("move", **seen(one), start_s=one.start_s + 0.02, end_s=one.end_s)
    (row,) = moved["segments"]
    assert (row["id"], row["start_s"], row["by"]) == (one.id, one.start_s + 0.02, "person")
    halves = desk.post("split", **seen(two), at_s=two.start_s + 0.2)
    assert halves["gone"] == [two.id]
    assert [row["start_s"] for row in halves["segments"]] == [two.start_s, two.start_s + 0.2]
    whole = desk.post("join", segments=[
        {"id": row["id"], "start_s_seen": row["start_s"], "end_s_seen": row["end_s"]} for row in halves["segments"]])
    assert [(row["start_s"], row["end_s"]) for row in whole["segments"]] == [(two.start_s, two.end_s)]
    gone = desk.post("delete", **seen(three))
    assert (gone["segments"], gone["gone"], gone["undo"]["row"]["id"]) == ([], [three.id], three.id)
    bars = desk.get("bars", take=one.recording_id, start_s=0, end_s=1000)
    assert three.id in [row["id"] for row in bars["aside"]]
    assert three.id not in [row["id"] for lane in bars["lanes"] for row in lane]
    added = desk.post("add", take=one.recording_id, start_s=0.05, end_s=0.3, tags=["voice"])
    assert added["segments"][0]["tags"][0]["name"] == "voice"
    for done in (added, moved, whole, gone):
        assert desk.post("undo", **done["undo"]["row"])["done"] == "undone"
    desk.learned()
    assert digest(desk.house) == before


def undone(desk: Desk, done: Any) -> Any:
    """What comes of what an answer says undoes it."""
    return desk.post(done["undo"]["call"], **done["undo"]["row"])


def test_undoing_gives_back_what_was_there_and_what_had_been_said(desk: Desk) -> None:
    one, two = desk.segments()[:2]
    untouched = digest(desk.house)
    undone(desk, desk.post("tag", **seen(one), add=["bell"], remove=["gate"]))
    desk.learned()
    assert digest(desk.house) == untouched
    desk.post("tag", **seen(one), add=["gate.latch"], remove=[])
    desk.post("tag", **seen(two), add=["rain"], remove=["gate"])
    desk.learned()
    before = digest(desk.house)
    bounds = {"start_s": one.start_s - 0.01, "end_s": one.end_s}
    for what, row in (
        ("tag", {**seen(two), "add": ["gate.creak"], "remove": ["rain"]}), ("move", {**seen(one), **bounds}),
        ("split", {**seen(one), "at_s": one.start_s + 0.1}), ("delete", seen(two)),
        ("join", {"segments": [seen(one), seen(two)]}),
    ):  # fmt: skip
        done = desk.post(what, **{key: value for key, value in row.items() if key != "tags_seen"})
        assert not done["undo"].get("to_machine")
        undone(desk, done)
        desk.learned()
        assert digest(desk.house) == before, what


def test_of_two_moves_the_second_alone_is_undone_and_so_is_a_deletion_after_it(desk: Desk) -> None:
    one = desk.segments()[0]
    first = desk.post("move", **seen(one), start_s=one.start_s + 0.02, end_s=one.end_s)["segments"][0]
    seen_now = {"id": one.id, "start_s_seen": first["start_s"], "end_s_seen": first["end_s"]}
    second = desk.post("move", **seen_now, start_s=one.start_s + 0.05, end_s=one.end_s)
    assert undone(desk, second)["segments"][0]["start_s"] == first["start_s"]
    desk.learned()
    before = digest(desk.house)
    gone = desk.post("delete", **seen_now)
    assert not gone["undo"].get("to_machine")
    (row,) = undone(desk, gone)["segments"]
    assert (row["id"], row["start_s"], row["by"]) == (one.id, first["start_s"], "person")
    desk.learned()
    assert digest(desk.house) == before
    desk.post("undo", id=one.id)
    assert desk.segments()[0] == one


@pytest.mark.parametrize("what", ["free", "above a machine's", "part", "whole"])
def test_a_deleted_segment_that_a_person_made_is_made_again_with_its_own_words(desk: Desk, what: str) -> None:
    one, two = desk.segments()[:2]
    desk.post("tag", **seen(one), add=["rain"], remove=[])
    take = {"take": one.recording_id}
    call, row = {"free": ("add", {**take, "start_s": 0.05, "end_s": 0.3, "kind": "texture"}),
                 "above a machine's": ("add", {**take, "start_s": one.start_s, "end_s": one.end_s + 0.01}),
                 "part": ("split", {**seen(one), "at_s": one.start_s + 0.2}),
                 "whole": ("join", {"segments": [seen(one), seen(two)]})}[what]  # fmt: skip
    made = desk.post(call, **row)["segments"][-1]
    key = made["id"]
    desk.post("tag", id=key, start_s_seen=made["start_s"], end_s_seen=made["end_s"], add=["bell", "gate.creak"])
    desk.learned()
    before = digest(desk.house)
    with Store(desk.house) as store:
        now, words = store.segment(key).segment, store.said(key)
    gone = desk.post("delete", **seen(now))
    (row,) = undone(desk, gone)["segments"]
    desk.learned()
    assert (row["id"], row["start_s"], row["end_s"], row["by"]) == (key, now.start_s, now.end_s, "person")
    assert digest(desk.house) == before
    with Store(desk.house) as store:
        assert store.said(key) == words
    assert "already" in desk.post(gone["undo"]["call"], status=400, **gone["undo"]["row"])["error"]


def test_what_gave_way_to_a_segment_and_is_back_without_it_gives_way_again(desk: Desk) -> None:
    one = desk.segments()[0]
    taken = desk.post("delete", **seen(one))
    stretch = {"take": one.recording_id, "start_s": one.start_s - 0.01, "end_s": one.end_s + 0.01}
    key = desk.post("add", **stretch, tags=["bell"])["segments"][0]["id"]
    undone(desk, taken)
    desk.learned()
    (now,) = [other for other in desk.segments() if other.id == key]
    before = digest(desk.house)
    gone = desk.post("delete", **seen(now))
    back = desk.get("segment", id=one.id)
    assert "bell" not in [tag["name"] for tag in back["tags"]]
    assert undone(desk, gone)["gone"] == [one.id]
    desk.learned()
    assert digest(desk.house) == before
    gone = desk.post("delete", **seen(now))
    desk.post("tag", id=one.id, start_s_seen=one.start_s, end_s_seen=one.end_s, add=["rain"])
    assert "rain" in desk.post(gone["undo"]["call"], status=409, **gone["undo"]["row"])["error"]


def test_a_deletion_that_another_page_has_undone_is_not_undone_again_over_its_change(desk: Desk) -> None:
    one = desk.segments()[0]
    gone = desk.post("delete", **seen(one))
    undone(desk, gone)
    desk.post("move", **seen(one), start_s=one.start_s + 0.02, end_s=one.end_s)
    desk.learned()
    before = digest(desk.house)
    assert "there again already" in desk.post("undo", status=409, **gone["undo"]["row"])["error"]
    assert digest(desk.house) == before


def test_undoing_an_addition_leaves_its_words_to_nobody(desk: Desk) -> None:
    one = desk.segments()[0]
    desk.post("tag", **seen(one), add=["rain"], remove=[])
    desk.learned()
    before = digest(desk.house)
    added = desk.post("add", take=one.recording_id, start_s=one.start_s, end_s=one.end_s + 0.01, tags=["bell", "rain"])
    undone(desk, added)
    desk.learned()
    with Store(desk.house) as store:
        assert store.said(one.id) == {"rain": True}
    assert digest(desk.house) == before


@pytest.mark.parametrize("what", ["tag", "move", "split"])
def test_what_another_page_did_since_is_not_undone_unseen(desk: Desk, what: str) -> None:
    one = desk.segments()[0]
    fields = {"tag": {"add": ["bell"], "remove": []}, "move": {"start_s": one.start_s + 0.02, "end_s": one.end_s},
              "split": {"at_s": one.start_s + 0.2}}[what]  # fmt: skip
    done = desk.post(what, **seen(one), **fields)
    now = done["segments"][0]
    desk.post("move", id=now["id"], start_s_seen=now["start_s"], end_s_seen=now["end_s"],
              start_s=now["start_s"] - 0.01, end_s=now["end_s"])  # fmt: skip
    desk.learned()
    before = digest(desk.house)
    refused = desk.post(done["undo"]["call"], status=409, **done["undo"]["row"])
    assert "changed meanwhile" in refused["error"]
    assert digest(desk.house) == before


@pytest.mark.parametrize("what", ["tag", "untag", "move", "split", "join", "add"])
def test_what_another_page_said_since_is_not_undone_with_it(desk: Desk, what: str) -> None:
    one, two = desk.segments()[:2]
    desk.post("tag", **seen(one), add=["rain"], remove=[])
    desk.learned()
    call, row = {"tag": ("tag", {**seen(one), "add": ["bell"], "remove": []}),
                 "untag": ("tag", {**seen(one), "add": [], "remove": ["rain"]}),
                 "move": ("move", {**seen(one), "start_s": one.start_s + 0.02, "end_s": one.end_s}),
                 "split": ("split", {**seen(one), "at_s": one.start_s + 0.2}),
                 "join": ("join", {"segments": [seen(one), seen(two)]}),
                 "add": ("add", {"take": one.recording_id, "start_s": 0.05, "end_s": 0.3})}[what]  # fmt: skip
    done = desk.post(call, **row)
    now = done["segments"][-1]
    others = {"id": now["id"], "start_s_seen": now["start_s"], "end_s_seen": now["end_s"]}
    desk.post("tag", **others, add=["gate.creak"], remove=["bell"] if what == "tag" else [])
    desk.learned()
    before = digest(desk.house)
    refused = desk.post(done["undo"]["call"], status=409, **done["undo"]["row"])
    assert "its tags were changed meanwhile" in refused["error"]
    assert "gate.creak" in refused["error"]
    assert digest(desk.house) == before


@pytest.mark.parametrize("shown", ["some", "none"])
def test_a_segment_is_not_deleted_with_a_word_that_the_page_did_not_show(desk: Desk, shown: str) -> None:
    one = desk.segments()[0]
    desk.post("tag", **seen(one), add=["bell"], remove=[])
    desk.learned()
    before = digest(desk.house)
    row = seen(one) if shown == "some" else {**seen(one), "tags_seen": []}
    assert "bell" in desk.post("delete", status=409, **row)["error"]
    assert digest(desk.house) == before
    now = {**seen(one), "tags_seen": [tag["name"] for tag in desk.get("segment", id=one.id)["tags"]]}
    assert desk.post("delete", **now)["gone"] == [one.id]


@pytest.mark.parametrize("what", ["tag", "move", "split", "delete", "join"])
def test_of_two_pages_the_second_is_told_and_changes_nothing(desk: Desk, what: str) -> None:
    one, two = desk.segments()[:2]
    desk.post("move", **seen(one), start_s=one.start_s + 0.02, end_s=one.end_s)
    desk.learned()
    before = digest(desk.house)
    fields = {"tag": {"add": ["bell"], "remove": []}, "move": {"start_s": 0.1, "end_s": 0.5},
              "split": {"at_s": one.start_s + 0.1}, "delete": {}, "join": {}}[what]  # fmt: skip
    row = {"segments": [seen(one), seen(two)]} if what == "join" else seen(one)
    refused = desk.post(what, status=409, **row, **fields)
    assert "changed meanwhile" in refused["error"]
    assert f"{one.start_s + 0.02:.3f} s" in refused["error"]
    assert digest(desk.house) == before
    desk.post("delete", id=one.id, start_s_seen=one.start_s + 0.02, end_s_seen=one.end_s)
    assert "split, joined or deleted meanwhile" in desk.post(what, status=409, **row, **fields)["error"]


def test_of_two_tags_from_two_pages_both_stay_and_the_second_page_is_told(desk: Desk) -> None:
    one = desk.segments()[0]
    desk.post("tag", **seen(one), add=["bell"], remove=[])
    done = desk.post("tag", **seen(one), add=["rain"], remove=[])
    assert {"bell", "rain"} <= {tag["name"] for tag in done["segments"][0]["tags"] if tag["by"] == "person"}
    assert "had changed meanwhile" in done["note"]
    gone = {**seen(one), "tags_seen": []}
    desk.post("tag", **gone, add=[], remove=["bell"])
    assert "no longer a tag" in desk.post("tag", status=409, **gone, add=[], remove=["bell"])["error"]


@pytest.mark.parametrize(
    ("what", "fields", "said", "hint"),
    [
        ("tag", {"add": ["gate.creek"], "remove": []}, "there is no tag 'gate.creek'", "did you mean gate.creak"),
        ("tag", {"add": ["bell"], "remove": "bell"}, "remove is not", "list"),
        ("tag", {"add": [7], "remove": []}, "add is not", "text"),
        ("move", {"start_s": 3, "end_s": 2}, "ends before it begins", ""),
        ("move", {"start_s": "x", "end_s": 2}, "start_s is not", "a number"),
        ("move", {"start_s": 1, "end_s": float("nan")}, "end_s is not", "a number"),
        ("move", {"start_s": 1, "end_s": 1e9}, "is not within", ""),
        ("split", {"at_s": 1e6}, "is not within segment", ""),
        ("undo", {}, "as the machine heard it", "nothing to reset"),
        ("undo", {"words": {"x": {"bell": "yes"}}}, "words is not", "true, false or null"),
        ("undo", {"words": []}, "words is not", "an object"),
        ("say", {"words": {"gate.creek": True}}, "there is no tag 'gate.creek'", "did you mean"),
        ("join", {}, "cannot be joined", "two or more"),
        ("join", {"segments": "all"}, "segments is not", "list"),
        ("add", {"take": "nothing", "start_s": 1, "end_s": 2}, "no takes in", ""),
        ("add", {"take": "nothing", "start_s": 1, "end_s": 2, "kind": "song"}, "kind is not", "event"),
    ],
)
def test_what_cannot_be_is_one_line_and_a_hint_and_changes_nothing(
    desk: Desk, what: str, fields: dict[str, Any], said: str, hint: str
) -> None:
    before = digest(desk.house)
    refused = desk.post(what, status=400, **seen(desk.segments()[0]), **fields)
    assert said in refused["error"]
    assert hint in refused["hint"]
    assert digest(desk.house) == before


def test_a_sound_is_the_takes_samples_and_no_longer_than_it_may_be(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, heard: Path
) -> None:
    one = desk.segments()[0]
    status, headers, raw = desk.ask("GET", "/api/sound?" + urlencode(
        {"take": one.recording_id, "start_s": one.start_s, "end_s": one.end_s}))
    assert (status, headers["Content-Type"]) == (200, "audio/wav")
    played, rate_hz = soundfile.read(io.BytesIO(raw), dtype="int32", always_2d=True)
    take, _ = soundfile.read(heard.parent / "gate_knocker.flac", dtype="int32", always_2d=True)
    first, last = round(one.start_s * rate_hz), round(one.end_s * rate_hz)
    np.testing.assert_array_equal(played, take[first:last])
    for limit, most_s in (("MOST_SOUND_S", 0.25), ("MOST_SAMPLES", 0.125)):
        monkeypatch.setattr(sound, limit, most_s if limit == "MOST_SOUND_S" else round(most_s * rate_hz))
        raw = desk.ask("GET", f"/api/sound?take={one.recording_id}&start_s=0&end_s=9")[2]
        assert soundfile.info(io.BytesIO(raw)).frames == round(most_s * rate_hz)


def test_a_take_whose_file_was_exchanged_is_not_shown_in_its_place(tmp_path: Path) -> None:
    folder = tmp_path / "takes"
    folder.mkdir()
    take = Path(shutil.copy(ROOT / "recordings" / "gate_knocker.flac", folder))
    ingest([folder], tmp_path / "house.catalogue", n_workers=1)
    desk = Desk(tmp_path / "house.catalogue")
    with desk.server:
        asked = {"take": desk.segments()[0].recording_id, "start_s": 0, "end_s": 1}
        desk.get("image", **asked)
        shutil.copy(ROOT / "recordings" / "gate_bolt.flac", take)
        for what in ("image", "sound"):
            status, _, raw = desk.ask("GET", f"/api/{what}?{urlencode(asked)}")
            assert status == 400
            assert json.loads(raw) == {"error": "gate_knocker.flac has changed since it was heard",
                                       "hint": "ingest its folder again"}  # fmt: skip


def test_nobody_is_told_where_files_are_nor_sent_to_a_terminal(desk: Desk, heard: Path) -> None:
    one = desk.segments()[0]
    refused = [desk.post("move", status=400, **seen(one), start_s=3, end_s=2),
               desk.post("add", status=400, take="nothing", start_s=1, end_s=2),
               desk.post("undo", status=400, id="nothing"),
               *(json.loads(desk.ask("GET", f"/api/{what}")[2])
                 for what in ("find?query=gate.creek", "find?query=nothing_s>2", "segment?id=nothing",
                              "image?take=nothing&start_s=0&end_s=1"))]  # fmt: skip
    assert refused[0]["error"].endswith(" of gate_knocker.flac ends before it begins")
    desk.house.rename(desk.house.with_suffix(".away"))
    refused.append(json.loads(desk.ask("GET", "/api/about")[2]))
    desk.house.with_suffix(".away").rename(desk.house)
    assert "there is no catalogue house.catalogue" in refused[-1]["error"]
    for row in refused:
        assert not any(str(folder) in row["error"] + row["hint"] for folder in (heard.parent, desk.house.parent))
        assert "soundscape " not in row["hint"]


def test_what_has_many_channels_is_folded_to_two_and_a_sound_field_to_one() -> None:
    four = np.float32([[0.1, 0.2, 0.3, 0.4]])
    np.testing.assert_allclose(sound.folded_to_two(four), [[0.2, 0.3]])
    np.testing.assert_array_equal(sound.folded_to_two(four, is_ambisonic=True), [[np.float32(0.1)]])
    assert sound.folded_to_two(four[:, :2]) is not None
    np.testing.assert_array_equal(sound.folded_to_two(four[:, :2]), four[:, :2])


def test_a_picture_shows_the_stretch_that_is_asked_for(desk: Desk) -> None:
    one = desk.segments()[0]
    row = desk.get("image", take=one.recording_id, start_s=one.start_s, end_s=one.end_s)
    assert (row["start_s"], row["end_s"], len(row["peaks"])) == (one.start_s, one.end_s, row["n_columns"])
    peaks = np.abs(row["peaks"]).max(axis=1)
    assert peaks.argmax() < 0.5 * len(peaks), "a knock is loudest near its beginning"


@pytest.mark.parametrize("n_frames", [0, 0.3, 1, 3])
def test_of_next_to_no_time_there_is_neither_picture_nor_sound(desk: Desk, n_frames: float) -> None:
    one = desk.segments()[0]
    rate_hz = desk.get("segment", id=one.id)["take"]["rate_hz"]
    for what in ("image", "sound"):
        for start_s, last_s in ((5.0, 5.0 + n_frames / rate_hz), (-1.0, n_frames / rate_hz)):
            status, _, raw = desk.ask("GET", f"/api/{what}?take={one.recording_id}&start_s={start_s}&end_s={last_s}")
            assert status == 400
            assert "there is nothing of" in json.loads(raw)["error"]
    assert desk.ask("GET", f"/api/image?take={one.recording_id}&start_s=5&end_s={5 + 4 / rate_hz}")[0] == 200


@pytest.mark.parametrize("take", ["/etc/passwd", "../gate_knocker.flac", "%2e%2e%2fgate_knocker.flac", "", "gate"])
def test_only_takes_of_the_catalogue_are_heard(desk: Desk, take: str) -> None:
    for what in ("sound", "image", "bars"):
        status, _, raw = desk.ask("GET", f"/api/{what}?take={take}&start_s=0&end_s=1")
        assert status == 400
        assert "takes in" in json.loads(raw)["error"]
    for path in ("/../../etc/passwd", "/page/panel.html", "/api/../panel.js", "/panel.js/", "/api/sound/etc/passwd"):
        assert desk.ask("GET", path)[0] == 404


def test_beyond_this_machine_a_token_is_needed_and_the_page_alone_comes_without(house: Path) -> None:
    with pytest.raises(ExhibitError, match=r"0\.0\.0\.0 can be reached from other machines, and there is no token"):
        Desk(house, host="0.0.0.0")
    with pytest.raises(ExhibitError, match="the token has 5 characters"):
        Desk(house, token="short")
    one = Desk(house, host="0.0.0.0", token=TOKEN)
    with one.server:
        for path in FILES:
            assert one.ask("GET", path)[0] == 200
        for path in ("/api/about", "/api/find", "/api/words", "/api/nothing"):
            for headers in ({}, {"Authorization": f"Bearer {TOKEN[:-1]}"}, {"Authorization": TOKEN}):
                assert one.ask("GET", path, **headers)[0] == 401
        body = json.dumps({**seen(one.segments()[0]), "add": ["bell"], "remove": []}).encode()
        before = digest(house)
        assert one.ask("POST", "/api/tag", body, Content_Type="application/json")[0] == 401
        assert digest(house) == before
        key = {"Authorization": f"Bearer {TOKEN}"}
        assert one.ask("GET", "/api/about", **key)[0] == 200
        assert one.ask("POST", "/api/tag", body, Content_Type="application/json", **key)[0] == 200


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Host": "elsewhere.example"}, 421),
        ({"Origin": "http://elsewhere.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "//127.0.0.1"}, 403),
        ({"Origin": "http://127.0.0.1:1"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Content-Type": "text/plain"}, 415),
        ({"Content-Type": "application/x-www-form-urlencoded"}, 415),
        ({"Content-Type": ""}, 415),
    ],
)
def test_another_sites_page_changes_nothing(desk: Desk, headers: dict[str, str], status: int) -> None:
    before = digest(desk.house)
    body = json.dumps({**seen(desk.segments()[0]), "add": ["bell"], "remove": []}).encode()
    got, told, _ = desk.ask("POST", "/api/tag", body, **{"Content-Type": "application/json", **headers})
    assert got == status
    assert not [name for name in told if name.lower().startswith("access-control")]
    assert digest(desk.house) == before
    if "Content-Type" not in headers:
        assert desk.ask("GET", "/api/find", **headers)[0] == status
    own = f"127.0.0.1:{desk.server.port}"
    assert desk.ask("POST", "/api/tag", body, Content_Type="application/json", Host=own, Origin=f"http://{own}",
                    Sec_Fetch_Site="same-origin")[0] == 200  # fmt: skip


def test_bodies_are_small_json_objects(desk: Desk) -> None:
    json_kind = {"Content_Type": "application/json"}
    assert desk.ask("POST", "/api/tag", b"x" * 20_000, **json_kind)[0] == 413
    for body in (b"", b"[]", b"{", b"\xff", b"[" * 10_000, b'"tag"'):
        status, _, raw = desk.ask("POST", "/api/tag", body, **json_kind)
        assert (status, json.loads(raw)["error"]) == (400, "a change is not as it should be")
    assert desk.ask("GET", "/api/find?" + "&".join(f"x{n}=1" for n in range(50)))[0] == 400
    assert desk.ask("PUT", "/api/tag", b"{}", **json_kind)[0] == 405
    assert desk.ask("GET", "/api/tag")[0] == 404
    assert desk.ask("POST", "/api/find", b"{}", **json_kind)[0] == 404


def test_what_is_our_fault_is_said_without_a_traceback(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: Any) -> None:
        raise RuntimeError("secret place")

    monkeypatch.setattr(Store, "count", fails)
    status, _, raw = desk.ask("GET", "/api/about")
    assert status == 500
    assert json.loads(raw)["error"].startswith("this is our fault")
    assert b"secret" not in raw
    assert b"Traceback" not in raw
    assert "secret place" in desk.said.pop()


def test_it_answers_while_it_learns(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    from soundscape.analysis import learning

    learn, is_slow = learning.learn, [True]

    def slowly(store: Store) -> learning.Learned:
        while is_slow:
            time.sleep(0.01)
        return learn(store)

    monkeypatch.setattr(learning, "learn", slowly)
    one, two, three = desk.segments()[:3]
    for segment in (one, two, three):
        desk.post("tag", **seen(segment), add=["bell"], remove=[])
        assert desk.get("learned")["is_learning"]
        assert desk.get("find", query="bell and by = person")["rows"]
    is_slow.clear()
    assert desk.learned()["n_learned"] == 3


def test_ctrl_c_ends_it_when_all_is_learned(house: Path) -> None:
    command = [sys.executable, "-m", "soundscape", "panel", "--port", "0", "--catalogue", str(house)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as program:
        assert program.stdout is not None
        line = program.stdout.readline()
        found = re.fullmatch(r"house.catalogue: http://127.0.0.1:(\d+)/ \(Ctrl-C ends it\)\n", line)
        assert found, line
        with Store(house) as store:
            one = store.find("gate.knock", limit=1)[0].segment
        connection = HTTPConnection("127.0.0.1", int(found[1]), timeout=PATIENCE_S)
        body = json.dumps({**seen(one), "add": ["gate.latch"], "remove": []})
        connection.request("POST", "/api/tag", body, {"Content-Type": "application/json"})
        assert connection.getresponse().status == 200
        connection.close()
        program.send_signal(signal.SIGINT)
        assert program.wait(PATIENCE_S) == 0
        assert "Traceback" not in str(program.stderr and program.stderr.read())
    with Store(house) as store:
        lesson = store.lesson()
        assert lesson is not None
        assert lesson.n_corrections == 1


def test_a_catalogue_that_is_missing_is_said_in_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(CatalogueError, match="there is no catalogue"):
        PanelServer(tmp_path / "none.catalogue", port=0, say=print)
    assert run(["panel", "--port", "0", "--catalogue", str(tmp_path / "none.catalogue")]) == 2
    assert len(capsys.readouterr().err.splitlines()) == 2
    assert run(["panel", "--port", "0", "--host", "0.0.0.0", "--catalogue", str(tmp_path / "none.catalogue")]) == 2
    assert "SOUNDSCAPE_PANEL_TOKEN" in capsys.readouterr().err


# the page itself


def test_the_page_is_files_that_nothing_else_may_run_in(desk: Desk) -> None:
    for path in FILES:
        status, headers, raw = desk.ask("GET", path)
        assert (status, headers["Content-Type"]) == (200, page(path)[0])
        assert raw.decode() == page(path)[1]
        rules = dict(one.strip().split(" ", 1) for one in headers["Content-Security-Policy"].split(";"))
        assert rules["default-src"] == "'none'"
        assert rules["script-src"] == rules["style-src"] == rules["connect-src"] == "'self'"
        assert (rules["media-src"], rules["frame-ancestors"], rules["form-action"]) == ("blob:", "'none'", "'none'")
        assert headers["X-Content-Type-Options"] == "nosniff"
        for word in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "Function(", "http:",
                     "https:", "localStorage"):  # fmt: skip
            assert word not in raw.decode(), f"{word} in {path}"


def test_all_that_the_script_looks_for_is_in_the_page_and_can_be_named_aloud() -> None:
    tags, script = Tags(page("/")[1]).all, page("/panel.js")[1]
    ids = [of["id"] for _, of in tags if "id" in of]
    assert len(ids) == len(set(ids))
    assert set(re.findall(r'found\("([a-z-]+)"\)', script)) <= set(ids)
    labels = {of["for"] for tag, of in tags if tag == "label"}
    assert all(of["id"] in labels for tag, of in tags if tag == "input")
    for key in ("aria-labelledby", "aria-controls", "aria-describedby"):
        assert all(of[key] in ids for _, of in tags if key in of)
    assert not [of for tag, of in tags if tag == "style" or any(re.match("style$|on", name) for name in of)]


def test_both_languages_say_all_there_is_to_say() -> None:
    words = page("/words.js")[1]
    english, chinese = re.sub(r'"[^"]*"|`[^`]*`', "", words).split("\n  zh: {")
    keys = [set(re.findall(r"(?:^|[\s{])([a-z_]+):", part.split("const HINTS")[0], re.MULTILINE)) - {"en", "zh"}
            for part in (english, chinese)]  # fmt: skip
    assert keys[0] == keys[1]
    asked = {of[key] for _, of in Tags(page("/")[1]).all for key in ("data-word", "data-word-title") if key in of}
    asked |= set(re.findall(r'word\("([a-z_]+)"\)', page("/panel.js")[1]))
    assert asked <= keys[0]


READ = (("ink", "page"), ("ink", "card"), ("soft-ink", "page"), ("soft-ink", "card"), ("bad", "card"), ("bad", "page"),
        ("bad", "bad-card"), ("ink", "picked"), ("soft-ink", "picked"), ("on-strong", "strong"),
        ("strong", "page"))  # fmt: skip
EDGES = (("line", "card"), ("strong", "card"), ("bad", "card"), ("gates", "card"), ("wind", "card"),
         ("instruments", "card"), ("rest", "card"), ("none", "card"))  # fmt: skip


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
def test_it_can_be_read(scheme: int) -> None:
    """Contrast as WCAG 2.2 counts it: 4.5 for text, 3 for the edges of what can be pressed."""
    css = page("/panel.css")[1]
    colours = dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", css.split(":root")[scheme + 1]))
    for text, under in READ:
        assert contrast(colours[text], colours[under]) >= 4.5, (text, under)
    for edge, under in EDGES:
        assert contrast(colours[edge], colours[under]) >= 3.0, (edge, under)


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with Browser(tmp_path_factory.mktemp("browser")) as one:
        yield one


@pytest.mark.skipif(PROGRAM is None, reason="no Chromium is installed")
class TestInABrowser:
    """A person at it."""

    @staticmethod
    def come(browser: Browser, desk: Desk) -> None:
        browser.call("Emulation.setDeviceMetricsOverride", width=1024, height=768, deviceScaleFactor=1, mobile=False)
        browser.open("about:blank")
        browser.complaints.clear()
        browser.open(f"http://127.0.0.1:{desk.server.port}/")
        browser.until("document.body?.classList.contains('is-known')")
        assert browser.value("document.documentElement.scrollWidth <= innerWidth")

    @staticmethod
    def search(browser: Browser, query: str) -> None:
        browser.value("document.querySelector('#query').value = ''")
        browser.click("#query")
        browser.write(query)
        browser.key("Enter", 13)

    @staticmethod
    def drawn(browser: Browser) -> None:
        browser.until("!document.querySelector('#one').hidden && !document.querySelector('#changes').disabled &&"
                      "document.querySelector('#drawing').textContent === ''")  # fmt: skip

    def test_a_search_a_correction_and_what_is_learned_from_it(self, browser: Browser, desk: Desk) -> None:
        self.come(browser, desk)
        self.search(browser, "gate.knock")
        n = desk.get("find", query="gate.knock")["n"]
        browser.until(f"document.querySelector('#count').innerText === '{n} are found, the surest first.'")
        browser.click("#rows tr:nth-child(2) .number")
        self.drawn(browser)
        key = browser.value("document.querySelector('#rows tr:nth-child(2)').dataset.id")
        assert browser.text("#tags").startswith("gate.knock")
        browser.click("#tag")
        browser.write("门闩声")
        browser.until("!document.querySelector('#choices').hidden")
        browser.key("ArrowDown", 40)
        browser.key("Enter", 13)
        browser.until("document.querySelector('#answer').innerText === 'It was gate.knock; now it is gate.latch, "
                      "gate.knock.'")  # fmt: skip
        browser.until("!document.querySelector('#learned').hidden")
        assert re.match(r"\d+ other segments? (is|are) called otherwise now|No other", browser.text("#learned-words"))
        assert "gate.latch by a person" in browser.text(f"[data-id='{key}']").replace("\n", " ")
        with Store(desk.house) as store:
            assert ("gate.latch", "person") in [(tag.name, tag.by) for tag in store.segment(key).segment.tags]
        assert browser.complaints == [], "no rule of the page is broken"
        browser.click("#undo")
        browser.until("document.querySelector('#answer').innerText === 'It is as it was.'")
        with Store(desk.house) as store:
            assert store.said(key) == {}
        self.drawn(browser)
        browser.click("#like-it")
        browser.until("document.querySelector('#count').innerText.endsWith('what sounds most like it first.')")
        assert key not in browser.value("list.rows.map((row) => row.id)")
        self.search(browser, "gate.knock")
        browser.until("document.querySelector('#count').innerText.endsWith('the surest first.')")
        address = browser.value("location.href")
        browser.open("about:blank")
        browser.open(address)
        self.drawn(browser)
        assert browser.value("[one.id, document.querySelector('#query').value]") == [key, "gate.knock"]

    def test_a_wrong_query_and_a_wrong_word_are_said_beside_their_fields(self, browser: Browser, desk: Desk) -> None:
        self.come(browser, desk)
        self.search(browser, "gate.creek")
        browser.until("document.querySelector('#query-error').innerText.includes(\"'gate.creek' at 1: did you\")")
        self.search(browser, "")
        browser.until("document.querySelector('#query-error').innerText === ''")
        browser.click("#rows tr:nth-child(1) .number")
        self.drawn(browser)
        browser.click("#tag")
        browser.write("gate.creek")
        browser.key("Enter", 13)
        browser.until("document.querySelector('#tag-error').innerText.includes(\"no tag 'gate.creek': did you\")")

    def test_by_keyboard_alone_rows_are_walked_and_played(self, browser: Browser, desk: Desk) -> None:
        self.come(browser, desk)
        browser.value("document.querySelector('#rows button').focus()")
        browser.key("ArrowDown", 40)
        self.drawn(browser)
        assert browser.value("document.querySelector('#rows tr:nth-child(2)').ariaSelected") == "true"
        start_s, end_s = browser.value("[one.start_s, one.end_s]")
        browser.key(" ", 32)
        browser.until("audio && audio.duration > 0")
        assert browser.value("audio.duration") == pytest.approx(end_s - start_s, abs=1e-3)
        browser.key(" ", 32)
        browser.until("audio === null && document.querySelector('#play').innerText === '▶ Play'")
        browser.value("document.querySelector('#handle-end').focus()")
        browser.key("ArrowLeft", 37)
        assert float(browser.value("document.querySelector('#end').value")) == pytest.approx(end_s - 0.01, abs=2e-3)
        browser.click("#save")
        browser.until("document.querySelector('#set-by').innerText === 'set by a person'")
        self.drawn(browser)
        browser.click("#spectrum")
        assert not browser.value("document.querySelector('#cut-line').hidden")
        middle_s = browser.value("(view.start_s + view.end_s) / 2")
        assert float(browser.value("document.querySelector('#cut').value")) == pytest.approx(middle_s, abs=0.01)
        browser.click("#split-form button")
        browser.until("document.querySelector('#answer').innerText === 'Now there are 2.'")
        assert browser.complaints == []

    def test_what_changed_meanwhile_is_shown_and_not_lost(self, browser: Browser, desk: Desk) -> None:
        self.come(browser, desk)
        self.search(browser, "gate.knock")
        browser.click("#rows tr:nth-child(1) .number")
        self.drawn(browser)
        key, end_s = browser.value("[one.id, one.end_s]")
        with Store(desk.house) as store:
            one = store.segment(key).segment
        desk.post("move", **seen(one), start_s=one.start_s, end_s=end_s - 0.05)
        browser.click("#delete")
        browser.until("document.querySelector('#answer').innerText.startsWith('its boundaries were changed meanwhile')")
        assert browser.value("document.querySelector('#end').value") == f"{end_s - 0.05:.3f}"
        with Store(desk.house) as store:
            assert store.segment(key).segment.end_s == end_s - 0.05
        browser.click("#delete")
        browser.until(f"!list.rows.some((row) => row.id === '{key}')")
        self.drawn(browser)
        browser.click("#undo")
        browser.until(f"one.id === '{key}' && list.rows.some((row) => row.id === '{key}')")

    def test_what_is_not_saved_stays_when_a_tag_changes(self, browser: Browser, desk: Desk) -> None:
        self.come(browser, desk)
        browser.click("#rows tr:nth-child(1) .number")
        self.drawn(browser)
        start_s, end_s = browser.value("[one.start_s, one.end_s]")
        browser.value("document.querySelector('#handle-end').focus()")
        browser.key("ArrowLeft", 37)
        browser.click("#cut")
        browser.value("document.querySelector('#cut').value = ''")
        browser.write(f"{start_s + 0.1:.3f}")
        wanted = browser.value("['start', 'end', 'cut'].map((id) => document.getElementById(id).value)")
        browser.click("#tag")
        browser.write("gate.latch")
        browser.key("Enter", 13)
        browser.until("one.tags.some((tag) => tag.name === 'gate.latch')")
        browser.until("!document.querySelector('#learned').hidden")
        self.drawn(browser)
        assert browser.value("['start', 'end', 'cut'].map((id) => document.getElementById(id).value)") == wanted
        assert float(wanted[1]) == pytest.approx(end_s - 0.01, abs=2e-3)
        browser.click("#save")
        browser.until("document.querySelector('#set-by').innerText === 'set by a person'")
        assert browser.value("one.end_s") == float(wanted[1])

    def test_what_undoes_a_change_is_there_until_another_change(self, browser: Browser, desk: Desk) -> None:
        is_there = "!document.querySelector('#undo').hidden && document.querySelector('#undo').innerText === '{}'"
        self.come(browser, desk)
        browser.click("#rows tr:nth-child(1) .number")
        self.drawn(browser)
        key = browser.value("one.id")
        browser.click("#tag")
        browser.write("bell")
        browser.key("Enter", 13)
        browser.until(is_there.format("Undo"))
        words = browser.text("#answer")
        self.drawn(browser)
        browser.click("#tag")
        browser.write("gate.creek")
        browser.key("Enter", 13)
        browser.until("document.querySelector('#tag-error').innerText !== ''")
        assert browser.value(is_there.format("Undo"))
        assert browser.text("#answer") == words
        browser.value("choose(one.id)")
        browser.until("document.querySelector('#tag-error').innerText === ''")
        assert browser.text("#answer") == words
        browser.click("#language")
        assert browser.value(is_there.format("撤销"))
        browser.click("#language")
        browser.click("#rows tr:nth-child(2) .number")
        browser.until(f"one.id !== '{key}'")
        self.drawn(browser)
        assert browser.value(is_there.format("Undo"))
        browser.click("#undo")
        browser.until(f"document.querySelector('#undo').hidden && one.id === '{key}'")
        with Store(desk.house) as store:
            assert store.said(key) == {}

    def test_the_only_segment_of_a_take_can_be_had_back(self, browser: Browser, tmp_path: Path) -> None:
        take = Recording("b" * 32, str(tmp_path / "gate.wav"), 48_000, 1, 480_000, {"en": "Gate"})
        one = Segment("c0ffee01c0ffee01", take.id, 1.0, 5.0, tags=(Tag("gate.creak", 0.9),))
        with Store(tmp_path / "house.catalogue", create=True) as store:
            store.add_analysis(take, [one], np.ones((1, 4)), analyser="1")
        desk = Desk(tmp_path / "house.catalogue")
        with desk.server:
            self.come(browser, desk)
            browser.click("#rows tr:nth-child(1) .number")
            browser.until("document.querySelector('#drawing').innerText.includes('does not exist')")
            browser.click("#delete")
            browser.until("document.querySelector('#one').hidden && !document.querySelector('#changes').disabled")
            assert browser.text("#answer").startswith("It is deleted")
            browser.click("#undo")
            browser.until("one !== null && document.querySelector('#undo').hidden && list.rows.length === 1")
            browser.until("document.querySelector('#answer-box').nextElementSibling.id === 'changes'")

    def test_a_remembered_page_beyond_the_last_is_the_last(self, browser: Browser, desk: Desk) -> None:
        for number in ("77", "9999999999", "-3", "x"):
            browser.open("about:blank")
            browser.open(f"http://127.0.0.1:{desk.server.port}/#query=gate&page={number}")
            browser.until("document.body?.classList.contains('is-known')")
            assert browser.value("list.page === 0 && list.rows.length === list.n")
            assert browser.text("#query-error") == ""

    def test_whatever_a_take_is_called_is_text(self, browser: Browser, tmp_path: Path) -> None:
        take = Recording("b" * 32, str(tmp_path / f"{UNTRUSTED}.wav"), 48_000, 1, 480_000, {"en": UNTRUSTED},
                         place=UNTRUSTED, recordist=UNTRUSTED)  # fmt: skip
        one = Segment("c0ffee01c0ffee01", take.id, 1.0, 5.0, tags=(Tag("gate.creak", 0.9),))
        with Store(tmp_path / "house.catalogue", create=True) as store:
            store.add_analysis(take, [one], np.ones((1, 4)), analyser="1")
        desk = Desk(tmp_path / "house.catalogue")
        with desk.server:
            self.come(browser, desk)
            browser.click("#rows tr:nth-child(1) .number")
            browser.until("document.querySelector('#drawing').innerText.includes('does not exist')")
            assert UNTRUSTED in browser.text("#rows")
            assert browser.text("#take-title") == UNTRUSTED
            assert browser.text("#take-facts").count(UNTRUSTED) >= 2
            assert browser.value("document.querySelectorAll('img, main script, main iframe').length") == 0

    def test_with_a_token_nothing_is_shown_before_it_is_known(self, browser: Browser, house: Path) -> None:
        desk = Desk(house, token=TOKEN)
        with desk.server:
            browser.open("about:blank")
            browser.open(f"http://127.0.0.1:{desk.server.port}/")
            for token, until in (("nobody-knows-this-one", "#key-words"), (TOKEN, "")):
                browser.until("!document.querySelector('#key')?.hidden && document.activeElement.id === 'token'")
                assert browser.value("document.querySelector('#main').hidden")
                browser.write(token)
                browser.key("Enter", 13)
                browser.until(f"document.querySelector('{until}').innerText === 'That is not the token.'" if until else
                              "document.body.classList.contains('is-known')")  # fmt: skip
            assert browser.value("document.querySelectorAll('#rows tr').length") > 1
            assert browser.value("performance.getEntries().every(one => !one.name.includes('token'))")
            assert browser.value("[localStorage.length, document.cookie]") == [0, ""]

    @pytest.mark.parametrize("language", ["en", "zh"])
    def test_on_a_phone_nothing_reaches_over_its_card_and_names_are_whole(
        self, browser: Browser, desk: Desk, language: str
    ) -> None:
        self.come(browser, desk)
        browser.call("Emulation.setDeviceMetricsOverride", width=380, height=760, deviceScaleFactor=1, mobile=False)
        if language == "zh":
            browser.click("#language")
        browser.value("choose(list.rows[0].id)")
        self.drawn(browser)
        assert browser.value("document.documentElement.scrollWidth <= innerWidth")
        over = ("[...document.querySelectorAll('#one .card button, #one .card input')].filter((each) =>"
                " each.offsetWidth && !each.closest('#picture') && each.getBoundingClientRect().right >"
                " each.closest('.card').getBoundingClientRect().right).map((each) => each.innerText || each.id)")
        assert browser.value(over) == []
        assert browser.value("document.querySelector('.row').offsetWidth") >= 90, "gate_knocker is 85 wide"

    def test_it_speaks_chinese_where_that_is_asked_for(self, browser: Browser, desk: Desk) -> None:
        self.come(browser, desk)
        browser.click("#language")
        assert browser.value("document.documentElement.lang") == "zh-Hans"
        assert browser.text("h1") == "声音目录"
        assert "敲门声" in browser.text("#rows")
        assert browser.value("document.documentElement.scrollWidth <= innerWidth")
        browser.click("#language")
        assert browser.text("h1") == "The catalogue of sounds"
