"""Journals: what was done in a show is read back exactly, up to the last second of a show that was killed."""

from __future__ import annotations

import errno
import json
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from soundscape.arrangement.event import Event
from soundscape.catalogue.segment import Recording, Segment, Tag
from soundscape.deliver.credits import credits_of, credits_text
from soundscape.errors import JournalError, OutputError
from soundscape.live import journalwriter
from soundscape.live.actions import AXES, Action, Level, Note, Panic, Play, Resume, Shape, Stop
from soundscape.live.journal import End, Header, Journal, Row, read_journal
from soundscape.live.journalwriter import JournalWriter
from soundscape.score.curve import Curve
from soundscape.space.measured import MeasuredRoom
from soundscape.space.room import ROOMS
from soundscape.space.trajectory import Trajectory
from tests.live.disks import Disk, until

GATE = Recording("a" * 32, "/takes/gate.wav", 48_000, 1, 480_000, {"en": "Gate", "zh": "门"}, licence="CC0-1.0",
                 features={"hum_db": -70.5}, faults=("hum",))  # fmt: skip
BELL = Recording("b" * 32, "/takes/bell.wav", 96_000, 2, 960_000, {"en": "Bell"}, licence="CC BY 4.0")
HEADER = Header(
    "2026-03-20T19:30:00+08:00", "Night gate", "夜门", "d" * 32, "own", 'name = "own"\nspeakers = []\n', "vbap", "hall",
    48_000, -1.5, 7, {"max_voices": 512, "grows": False}, {"soundscape": "0.1.0", "numba": "0.61"}, "x86_64",
    (GATE, BELL),
)  # fmt: skip
CREAK = Segment("creak", GATE.id, 1.0, 4.0, "event", (Tag("gate.creak", 0.9),), {"level_lufs": -21.5})
RING = Segment("ring", BELL.id, 0.0, 9.0, "note")
CREAKS = Event(2.0, 3.0, CREAK, "gates", Trajectory((0.0, 3.0), ((0.0, 1.0, 0.0), (-4.0, 2.0, 1.5))), -6.0,
               level_db=Curve((0.0, 1.0), (-6.0, 0.0)), speaker="door")  # fmt: skip
RINGS = Event(4.0, 8.0, RING, "bells", speed=0.5)
ROWS = (
    Row(95_936, Play(0, CREAKS)),
    Row(120_000, Shape(0, 121_000, "azimuth", -35.5)),
    Row(191_936, Play(1, RINGS)),
    Row(200_000, Level("", 200_064, -3.0, 960)),
    Row(200_000, Note("cue 4 “rain” fired")),
    Row(240_000, Stop(1, 240_064, 4800)),
    Row(300_032, Panic(300_032)),
)


def written(path: Path, header: Header = HEADER, rows: tuple[Row, ...] = ROWS, n_frames: int | None = 480_000) -> Path:
    writer = JournalWriter(path, header)
    for row in rows:
        writer.append(row.frame, row.action)
    writer.close(n_frames, "f" * 32)
    return writer.path


def test_reading_gives_back_what_was_written(tmp_path: Path) -> None:
    assert read_journal(written(tmp_path / "show.journal")) == Journal(HEADER, ROWS, End(480_000, "f" * 32))


@pytest.mark.parametrize("room", ["none", replace(ROOMS["cave"], name="own cave"), MeasuredRoom("/rooms/well.wav")])
def test_the_room_is_kept(room: Any, tmp_path: Path) -> None:
    header = replace(HEADER, room=room)
    assert read_journal(written(tmp_path / "show.journal", header)).header == header


frames = st.integers(0, 2**53)
values = st.floats(-1e6, 1e6)
texts = st.text(st.characters(codec="utf-8"), max_size=12)
actions: st.SearchStrategy[Action] = st.one_of(
    st.builds(Stop, frames, frames, frames),
    st.builds(Resume, frames, frames, frames, st.integers(0, 4095)),
    st.builds(Shape, frames, frames, st.sampled_from(AXES), values),
    st.builds(Level, texts, frames, values, frames),
    st.builds(Panic, frames),
    st.builds(Note, texts),
    st.builds(Play, frames, st.builds(replace, st.just(CREAKS), start_s=st.floats(0.0, 1e5), role=texts)),
)


@settings(max_examples=30)
@given(rows=st.lists(st.builds(Row, frames, actions), max_size=8))
def test_any_rows_come_back_in_their_order(rows: list[Row], tmp_path_factory: pytest.TempPathFactory) -> None:
    path = written(tmp_path_factory.mktemp("journals") / "show.journal", rows=tuple(rows), n_frames=None)
    assert read_journal(path) == Journal(HEADER, tuple(rows))


def test_a_folder_with_its_takes_can_be_moved(tmp_path: Path) -> None:
    (tmp_path / "here").mkdir()
    header = replace(HEADER, recordings=(replace(GATE, path=str(tmp_path / "here" / "takes" / "gate.wav")),))
    written(tmp_path / "here" / "show.journal", header, ROWS[:2])
    (tmp_path / "here").rename(tmp_path / "there")
    (take,) = read_journal(tmp_path / "there" / "show.journal").header.recordings
    assert take.path == str(tmp_path / "there" / "takes" / "gate.wav")


def test_numbers_of_numpy_and_names_that_no_text_can_hold_are_written(tmp_path: Path) -> None:
    rows = (
        Row(np.int64(64), Stop(np.int64(3), np.int64(128), np.int32(480))),  # type: ignore[arg-type]
        Row(64, Level("gates", 64, np.float32(-6.1), 0)),  # type: ignore[arg-type]
        Row(64, Note("port \udce9 lost")),
    )
    found = read_journal(written(tmp_path / "show.journal", rows=rows)).rows
    assert found == (rows[0], rows[1], Row(64, Note("port ? lost")))


def test_an_old_journal_is_never_touched(tmp_path: Path) -> None:
    first = written(tmp_path / "show.journal")
    before = first.read_bytes()
    assert written(tmp_path / "show.journal").name == "show-2.journal"
    assert written(tmp_path / "show.journal").name == "show-3.journal"
    assert first.read_bytes() == before


def test_a_sound_keeps_the_segment_it_had(tmp_path: Path) -> None:
    """An id can stand for another stretch after a new analysis; each row plays its own."""
    longer = replace(CREAKS, segment=replace(CREAK, end_s=5.0))
    rows = (Row(0, Play(0, CREAKS)), Row(1, Play(1, longer)), Row(2, Play(2, CREAKS)))
    assert read_journal(written(tmp_path / "show.journal", rows=rows)).rows == rows


def test_what_sounded_can_be_credited() -> None:
    heard = Journal(HEADER, ROWS).arrangement()
    assert [(event.role, event.duration_s) for event in heard.events] == [("gates", 3.0), ("bells", 244_864 / 48e3 - 4)]
    assert [credit.recording for credit in credits_of(heard)] == [GATE, BELL]
    assert "Night gate / 夜门" in credits_text(heard)


def test_a_sound_that_came_back_is_credited_to_its_end() -> None:
    rows = (*ROWS[:1], Row(120_000, Stop(0, 120_064, 64, 0)))
    assert [event.duration_s for event in Journal(HEADER, rows).arrangement().events] == [120_128 / 48e3 - 2]
    rows = (*rows, Row(150_000, Resume(0, 151_000, 2_400, 0)))
    assert [event.duration_s for event in Journal(HEADER, rows).arrangement().events] == [3.0]


def test_panic_ends_what_sounds_and_nothing_else() -> None:
    late = replace(RINGS, start_s=7.0)
    rows = (Row(0, Play(0, CREAKS)), Row(0, Play(1, RINGS)), Row(0, Play(2, late)), Row(0, Panic(288_000)))
    lengths = [event.duration_s for event in Journal(HEADER, rows).arrangement().events]
    assert lengths == [3.0, 2.0, 8.0]


def test_a_sound_that_was_stopped_before_it_began_is_not_credited() -> None:
    rows = (Row(0, Play(0, RINGS)), Row(64, Stop(0, 64, 480)))
    assert Journal(HEADER, rows).arrangement().events == ()


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: Stop(-1, 0, 0),
        lambda: Stop(0, 2**60, 0),
        lambda: Shape(0, 0, "colour", 1.0),  # type: ignore[arg-type]
        lambda: Shape(0, 0, "bend", float("nan")),
        lambda: Level("", 0, float("-inf"), 0),
        lambda: replace(HEADER, rate_hz=0),
        lambda: replace(HEADER, ceiling_dbtp=0.5),
    ],
)
def test_what_cannot_be_is_no_value(wrong: Callable[[], object]) -> None:
    with pytest.raises(ValueError, match=r"goes from|one of"):
        wrong()


def test_the_writer_refuses_what_could_not_be_read(tmp_path: Path) -> None:
    writer = JournalWriter(tmp_path / "show.journal", replace(HEADER, recordings=(BELL,)))
    with pytest.raises(ValueError, match="holds no recording"):
        writer.append(0, Play(0, CREAKS))
    with pytest.raises(ValueError, match="frame is -1"):
        writer.append(-1, Panic(0))
    writer.close()
    with pytest.raises(ValueError, match="is closed"):
        writer.append(0, Panic(0))


# A show that breaks off

KILLED = """
import sys, time
from pathlib import Path
from tests.live.test_journal import HEADER, CREAKS, Play, JournalWriter
writer = JournalWriter(Path(sys.argv[1]), HEADER)
for number in range(100_000):
    writer.append(64 * number, Play(number, CREAKS))
    print(number, time.monotonic(), flush=True)
    time.sleep(0.002)
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no kill -9 on this system")
def test_a_killed_show_is_there_up_to_the_last_second(tmp_path: Path) -> None:
    path = tmp_path / "show.journal"
    with subprocess.Popen([sys.executable, "-c", KILLED, str(path)], stdout=subprocess.PIPE, text=True) as show:
        assert show.stdout is not None
        said = [show.stdout.readline() for _ in range(600)]
        show.send_signal(signal.SIGKILL)
        said += show.stdout.readlines()
    done = [(int(number), float(at_s)) for number, at_s in (line.split() for line in said if line.endswith("\n"))]
    due = [number for number, at_s in done if at_s < done[-1][1] - 1.0]
    journal = read_journal(path)
    assert len(due) > 50
    assert journal.end is None
    assert [row.action.sound for row in journal.rows if isinstance(row.action, Play)] == list(range(len(journal.rows)))
    assert due[-1] < len(journal.rows) <= done[-1][0] + 2


def test_any_torn_journal_is_the_beginning_of_the_whole(tmp_path: Path) -> None:
    whole = written(tmp_path / "whole.journal")
    data, journal = whole.read_bytes(), read_journal(whole)
    n_head = data.index(b"\n") + 1
    torn = tmp_path / "torn.journal"
    for n_bytes in (*range(n_head, len(data), 5), len(data) - 1):
        torn.write_bytes(data[:n_bytes])
        found = read_journal(torn)
        assert found.rows == journal.rows[: len(found.rows)]
        assert found.is_torn == (data[n_bytes - 1 : n_bytes] != b"\n" and data[n_bytes : n_bytes + 1] != b"\n")
    assert len(found.rows) == len(journal.rows)
    for n_bytes in (*range(0, n_head - 1, 9), n_head - 2):
        torn.write_bytes(data[:n_bytes])
        with pytest.raises(JournalError, match=r"torn\.journal is not a journal"):
            read_journal(torn)


def test_zeros_that_a_power_cut_left_are_no_row(tmp_path: Path) -> None:
    path = written(tmp_path / "show.journal", n_frames=None)
    with path.open("ab") as stream:
        stream.write(b'{"frame": 7' + bytes(4000))
    assert read_journal(path) == Journal(HEADER, ROWS, is_torn=True)


# Damage

WRONG: dict[str, tuple[bytes, str]] = {
    "not json": (b"{frame: 3}", "is damaged: Expecting property name enclosed in double quotes at column 2"),
    "not text": (b'{"do": "\xff"}', "is damaged"),
    "a list": (b"[1, 2]", "it is no object"),
    "nothing": (b"", "is damaged"),
    "deep": (b"[" * 100_000, "nested too deeply"),
    "unknown": (b'{"what": 1}', "it is no row of a journal"),
    "an unknown action": (b'{"frame": 0, "do": "sing"}', "nothing is known of 'sing'"),
    "an action that is a list": (b'{"frame": 0, "do": []}', "do"),
    "no frame": (b'{"do": "panic", "at_frame": 3}', "frame: None is no count"),
    "a frame below zero": (b'{"frame": -1, "do": "panic", "at_frame": 3}', "frame: -1 is no count"),
    "a frame that is true": (b'{"frame": true, "do": "panic", "at_frame": 3}', "frame: True is no count"),
    "a field that is missing": (b'{"frame": 0, "do": "panic"}', "at_frame is missing"),
    "a field too many": (b'{"frame": 0, "do": "panic", "at_frame": 3, "now": 1}', "unknown key 'now'"),
    "text for a number": (b'{"frame": 0, "do": "panic", "at_frame": "3"}', "at_frame: '3' cannot stand here"),
    "NaN": (b'{"frame": 0, "do": "level", "group": "", "at_frame": 1, "level_db": NaN, "over_frames": 0}', "NaN"),
    "an axis nobody has": (b'{"frame": 0, "do": "shape", "sound": 1, "at_frame": 1, "axis": "x", "value": 0}', "axis"),
    "a segment that is not there": (
        b'{"frame": 0, "do": "play", "sound": 9, "origin_frame": 0, '
        b'"event": {"segment": "x", "start_s": 0, "duration_s": 1, "role": ""}}',
        "no segment 'x'",
    ),
    "a segment beyond its take": (
        json.dumps({"segment": {"id": "x", "recording_id": GATE.id, "start_s": 0, "end_s": 1e6}}).encode(),
        "ends at 1e+06 s",
    ),
    "a recording without a rate": (b'{"recording": {"id": "x", "path": "y"}}', "rate_hz is missing"),
    "an end before the end": (b'{"end": {"n_frames": 3}}', "the show has ended in the line before"),
    "an end without a length": (b'{"end": {}}', "n_frames: None is no count"),
    "an end that is a number": (b'{"end": 3}', "3 cannot stand here"),
}


@pytest.mark.parametrize("what", WRONG)
def test_a_damaged_line_is_named(what: str, tmp_path: Path) -> None:
    line, said = WRONG[what]
    path = written(tmp_path / "show.journal")
    lines = path.read_bytes().split(b"\n")
    lines.insert(6, line)
    path.write_bytes(b"\n".join(lines))
    with pytest.raises(JournalError) as caught:
        read_journal(path)
    number = 8 if what == "an end before the end" else 7
    assert str(caught.value).startswith(f"{path}, line {number}")
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)
    assert "delete this line" in caught.value.hint
    del lines[6]
    path.write_bytes(b"\n".join(lines))
    assert read_journal(path).rows == ROWS


@pytest.mark.parametrize("data", [b"", b"RIFF\0\0\0\0WAVE", b"{}\n", b'{"schema": "a soundscape"}\n', b"[1]\n"])
def test_other_files_are_not_journals(data: bytes, tmp_path: Path) -> None:
    path = tmp_path / "b.journal"
    path.write_bytes(data)
    with pytest.raises(JournalError, match=r"b\.journal is not a journal"):
        read_journal(path)


def changed(path: Path, key: str, value: object) -> Path:
    first, rest = path.read_bytes().split(b"\n", 1)
    path.write_bytes(json.dumps({**json.loads(first), key: value}).encode() + b"\n" + rest)
    return path


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("version", 2, "version is 2, this program reads 1"),
        ("rate_hz", 0, "rate_hz is 0"),
        ("ceiling_dbtp", 3.0, "ceiling_dbtp is 3.0"),
        ("seed", "x", "seed: 'x' cannot stand here"),
        ("room", {"name": "x", "rt60_s": -1}, "room"),
        ("settings", {"max_voices": []}, "max_voices"),
        ("versions", {"numba": 3}, "versions: 3"),
        ("tempo", 3, "unknown key 'tempo'"),
    ],
)
def test_a_wrong_header_is_refused(key: str, value: object, said: str, tmp_path: Path) -> None:
    path = changed(written(tmp_path / "show.journal"), key, value)
    with pytest.raises(JournalError) as caught:
        read_journal(path)
    assert said in str(caught.value)
    assert str(path) in str(caught.value)
    assert caught.value.hint


def test_a_journal_that_is_not_there_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(JournalError, match="cannot read"):
        read_journal(tmp_path / "none.journal")
    with pytest.raises(JournalError, match="cannot read"):
        read_journal(tmp_path)


NASTY: tuple[Any, ...] = (None, True, -1, 0, 1e308, 10**400, 2**63, "", "x" * 50, "\ud800", [], [[]], [1, 2], {},
                          {"a": 1}, [[0, 1e308, 0, 0], [1e308, 0, 0, 0]], -1e308)  # fmt: skip


def spoilt(value: Any, chance: random.Random) -> Any:
    """The same JSON, with one leaf or key of it changed."""
    if isinstance(value, dict) and value and chance.random() < 0.9:
        key = chance.choice(list(value))
        return {**value, key: spoilt(value[key], chance)}
    if isinstance(value, list) and value and chance.random() < 0.8:
        at = chance.randrange(len(value))
        return [*value[:at], spoilt(value[at], chance), *value[at + 1 :]]
    return chance.choice(NASTY)


def refusal(path: Path) -> str:
    """What reading a journal is refused with; empty where it is read, and can be credited."""
    try:
        read_journal(path).arrangement()
    except JournalError as error:
        return f"{error}; {error.hint}"
    return ""


@pytest.mark.parametrize("seed", range(4))
def test_no_journal_brings_anything_but_a_journal_error(seed: int, tmp_path: Path) -> None:
    """Bytes flipped, cut out, put in; values of another kind: it is read, or refused in one line."""
    chance = random.Random(seed)
    header = replace(HEADER, room=replace(ROOMS["cave"], name="own cave"))
    data = written(tmp_path / "show.journal", header).read_bytes()
    path = tmp_path / "fuzzed.journal"
    n_read = 0
    for turn in range(400):
        made = bytearray(data)
        if turn % 2:
            for _ in range(chance.randint(1, 4)):
                at = chance.randrange(len(made))
                made[at : at + chance.choice((0, 1, 30))] = chance.randbytes(chance.choice((0, 1, 40)))
        else:
            lines = made.splitlines()
            at = chance.randrange(len(lines))
            lines[at] = bytearray(json.dumps(spoilt(json.loads(lines[at]), chance)).encode())
            made = bytearray(b"\n".join(lines))
        path.write_bytes(made)
        said = refusal(path)
        assert "\n" not in said
        n_read += not said
    assert 5 < n_read < 300


# A disk that fails


def test_a_full_disk_stops_nothing_and_loses_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    disk, said = Disk(monkeypatch), list[str]()
    writer = JournalWriter(tmp_path / "show.journal", HEADER, tell=said.append)
    writer.append(ROWS[0].frame, ROWS[0].action)
    until(lambda: len(read_journal(writer.path).rows) == 1)
    disk.error = errno.ENOSPC
    for row in ROWS[1:4]:
        writer.append(row.frame, row.action)
    until(lambda: said)
    assert "the disk is full" in writer.trouble
    assert read_journal(writer.path).rows == ROWS[: len(read_journal(writer.path).rows)]
    for row in ROWS[4:]:
        writer.append(row.frame, row.action)
    disk.error = 0
    until(lambda: not writer.trouble)
    writer.close(480_000)
    assert read_journal(writer.path) == Journal(HEADER, ROWS, End(480_000))
    assert said == [f"cannot write {writer.path}: the disk is full", f"{writer.path} is written again"]


def test_a_drive_that_is_pulled_out_and_put_back_loses_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    disk = Disk(monkeypatch)
    (tmp_path / "drive").mkdir()
    writer = JournalWriter(tmp_path / "drive" / "show.journal", HEADER)
    disk.error = errno.EIO
    (tmp_path / "drive").rename(tmp_path / "pocket")
    for row in ROWS:
        writer.append(row.frame, row.action)
    until(lambda: writer.trouble)
    disk.error = 0
    until(lambda: "folder does not exist" in writer.trouble)
    (tmp_path / "pocket").rename(tmp_path / "drive")
    until(lambda: not writer.trouble)
    writer.close(480_000)
    assert read_journal(writer.path) == Journal(HEADER, ROWS, End(480_000))


def test_rows_beyond_the_bound_are_counted_where_they_are_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journalwriter, "MOST_WAITING", 3)
    disk = Disk(monkeypatch)
    writer = JournalWriter(tmp_path / "show.journal", HEADER)
    disk.error = errno.ENOSPC
    writer.append(ROWS[0].frame, ROWS[0].action)
    until(lambda: writer.trouble)
    for row in ROWS[1:]:
        writer.append(row.frame, row.action)
    assert writer.n_lost == 3
    disk.error = 0
    writer.close(480_000)
    assert read_journal(writer.path) == Journal(HEADER, ROWS[:4], End(480_000), n_lost=3)


def test_a_disk_that_hangs_holds_nobody_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    disk = Disk(monkeypatch)
    writer = JournalWriter(tmp_path / "show.journal", HEADER)
    disk.is_held.clear()
    writer.append(0, Panic(0))
    time.sleep(0.1)
    begin_s = time.monotonic()
    for frame in range(10_000):
        writer.append(frame, Panic(frame))
    assert time.monotonic() - begin_s < 1.0
    disk.is_held.set()
    writer.close()
    assert len(read_journal(writer.path).rows) == 10_001


def test_a_disk_that_stays_full_is_said_at_the_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    disk = Disk(monkeypatch)
    writer = JournalWriter(tmp_path / "show.journal", HEADER)
    disk.error = errno.ENOSPC
    writer.append(0, Panic(0))
    with pytest.raises(OutputError, match="the disk is full"):
        writer.close()


def test_a_listener_that_fails_does_not_end_the_writing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(line: str) -> None:
        raise ZeroDivisionError(line)

    disk = Disk(monkeypatch)
    writer = JournalWriter(tmp_path / "show.journal", HEADER, tell=fail)
    disk.error = errno.ENOSPC
    writer.append(0, Panic(0))
    until(lambda: writer.trouble)
    disk.error = 0
    writer.close()
    assert read_journal(writer.path).rows == (Row(0, Panic(0)),)


def test_no_place_to_write_is_said_before_the_show(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(OutputError, match="folder does not exist"):
        JournalWriter(tmp_path / "no" / "show.journal", HEADER)
    Disk(monkeypatch).error = errno.ENOSPC
    with pytest.raises(OutputError, match="the disk is full"):
        JournalWriter(tmp_path / "show.journal", HEADER)
    assert list(tmp_path.iterdir()) == []
