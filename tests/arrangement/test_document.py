"""Documents: what is saved is loaded again, exactly, and what cannot be is refused with its place."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from soundscape.arrangement.arrangement import Arrangement
from soundscape.arrangement.document import load_arrangement, save_arrangement
from soundscape.arrangement.event import Event
from soundscape.catalogue.segment import Recording, Segment, Tag
from soundscape.errors import PieceError
from soundscape.score.curve import Curve
from soundscape.space.trajectory import AHEAD, Trajectory

TAKE = Recording("r" * 32, "/takes/gate.wav", 48_000, 2, 480_000, {"en": "Gate", "zh": "门"}, licence="CC0",
                 features={"hum_db": -70.5}, faults=("hum",))  # fmt: skip
Scale = tuple[tuple[float, str], ...]
numbers = st.floats(-1000.0, 1000.0)
lengths = st.floats(1e-6, 1e6)
rising = st.lists(st.floats(0.0, 1e5), min_size=1, max_size=5, unique=True).map(sorted)


@st.composite
def curves(draw: st.DrawFn) -> Curve:
    times = draw(rising)
    return Curve(tuple(times), tuple(draw(st.lists(numbers, min_size=len(times), max_size=len(times)))))


@st.composite
def paths(draw: st.DrawFn) -> Trajectory:
    times = draw(rising)
    points = st.tuples(numbers, numbers, numbers)
    return Trajectory(tuple(times), tuple(draw(st.lists(points, min_size=len(times), max_size=len(times)))))


@st.composite
def events(draw: st.DrawFn) -> Event:
    start_s = draw(st.floats(0.0, 1e4))
    name = draw(st.integers(0, 3))
    segment = Segment(f"s{name}", TAKE.id, 0.1 * name, 1.0 + name, "note", (Tag("gate.creak", 1 / (1 + name)),),
                      {"level_lufs": -20.1 - name})  # fmt: skip
    return Event(
        start_s, draw(lengths), segment, draw(st.text(max_size=8)), draw(st.just(AHEAD) | paths()), draw(numbers),
        draw(st.floats(0.0, 10.0)), draw(st.floats(0.01, 64.0)), draw(st.none() | curves()),
        draw(st.none() | curves()), draw(st.floats(0.0, 5.0)), draw(st.floats(0.0, 5.0)), draw(st.booleans()),
        draw(st.floats(0.0, 360.0)), draw(numbers),
    )  # fmt: skip


@settings(max_examples=60)
@given(made=st.lists(events(), max_size=5), title=st.text(max_size=10), seed=st.integers(0, 2**32),
       scale=st.lists(st.tuples(st.floats(1e-3, 1e5), st.text(max_size=12)), max_size=12).map(tuple))  # fmt: skip
def test_loading_gives_back_what_was_saved(
    made: list[Event], title: str, seed: int, scale: Scale, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("documents") / "a.json"
    arrangement = Arrangement(tuple(made), (TAKE,), title=title, title_zh="开门", seed=seed, room="hall",
                              markers=((1.5, "rise"),), tuning=scale)  # fmt: skip
    save_arrangement(arrangement, path)
    assert load_arrangement(path) == arrangement


def saved(folder: Path) -> Path:
    take = Recording("a" * 32, str(folder / "takes" / "bell.wav"), 48_000, 1, 96_000)
    event = Event(1.0, 2.0, Segment("bell", take.id, 0.0, 2.0), "bells", level_db=Curve((0.0, 1.0), (-6.0, 0.0)))
    save_arrangement(Arrangement((event,), (take,), title="One bell"), folder / "a.json")
    return folder / "a.json"


def test_a_folder_with_its_takes_can_be_moved(tmp_path: Path) -> None:
    (tmp_path / "here").mkdir()
    saved(tmp_path / "here")
    (tmp_path / "here").rename(tmp_path / "there")
    (take,) = load_arrangement(tmp_path / "there" / "a.json").recordings
    assert take.path == str(tmp_path / "there" / "takes" / "bell.wav")


def test_one_changed_event_is_one_changed_line(tmp_path: Path) -> None:
    lines = saved(tmp_path).read_text(encoding="utf-8").splitlines()
    assert sum('"role": "bells"' in line for line in lines) == 1
    assert json.loads("\n".join(lines))["version"] == 1


def changed(path: Path, *keys: Any, value: Any) -> Path:
    document = json.loads(path.read_text(encoding="utf-8"))
    place = document
    for key in keys[:-1]:
        place = place[key]
    place[keys[-1]] = value
    path.write_text(json.dumps(document), encoding="utf-8")
    return path


WRONG: dict[str, tuple[tuple[Any, ...], Any, str]] = {
    "another version": (("version",), 99, "version is 99"),
    "another schema": (("schema",), "song", "not an arrangement"),
    "NaN": (("events", 0, "gain_db"), float("nan"), "NaN"),
    "a duration below zero": (("events", 0, "duration_s"), -1.0, "events[0]"),
    "a speed of zero": (("events", 0, "speed"), 0, "events[0]"),
    "text for a number": (("events", 0, "start_s"), "1", "events[0]: start_s"),
    "a number beyond all numbers": (("events", 0, "start_s"), 10**400, "events[0]: start_s"),
    "a take beyond all lengths": (("recordings", 0, "n_frames"), 10**400, "recordings[0]: n_frames"),
    "true for a number": (("events", 0, "gain_db"), True, "events[0]: gain_db"),
    "a segment that is not there": (("events", 0, "segment"), "gong", "no segment 'gong'"),
    "an unknown key": (("events", 0, "pan"), 3, "unknown key 'pan'"),
    "a curve that goes back": (("events", 0, "level_db"), [[1, 0], [0, 0]], "events[0]: level_db"),
    "a path of three numbers": (("events", 0, "path"), [[0, 1, 2]], "events[0]: path"),
    "an empty path": (("events", 0, "path"), [], "events[0]: path"),
    "a segment that ends before it starts": (("segments", 0, "end_s"), 0.0, "segments[0]"),
    "a tag that is none": (("segments", 0, "tags"), [{"nom": "bell"}], "segments[0]"),
    "an unknown kind": (("segments", 0, "kind"), "song", "kind is 'song'"),
    "a rate of zero": (("recordings", 0, "rate_hz"), 0, "recordings[0]"),
    "a recording that is not there": (("recordings",), [], "recordings"),
    "events that are no list": (("events",), {"a": 1}, "events must be a list"),
    "a layout that is a number": (("layout",), 7, "layout"),
    "a marker without a word": (("markers",), [[1.0]], "markers"),
}


@pytest.mark.parametrize("what", WRONG)
def test_what_cannot_be_is_refused_with_its_place(what: str, tmp_path: Path) -> None:
    keys, value, said = WRONG[what]
    with pytest.raises(PieceError) as caught:
        load_arrangement(changed(saved(tmp_path), *keys, value=value))
    assert said in str(caught.value)
    assert "a.json" in str(caught.value)
    assert caught.value.hint


@pytest.mark.parametrize("text", ["", "not json", "[1, 2]", "[" * 100_000, "{}"])
def test_other_files_are_not_arrangements(text: str, tmp_path: Path) -> None:
    path = tmp_path / "b.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(PieceError, match=r"b\.json is not an arrangement"):
        load_arrangement(path)
