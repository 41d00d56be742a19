"""Broken files are refused in one line that says what is wrong and where, before they cost time or memory."""

from __future__ import annotations

import os
import re
import tracemalloc
from pathlib import Path

import mido
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from soundscape.errors import ScoreError
from soundscape.score import chunks, events
from soundscape.score.midifile import MAX_BYTES, read_score
from soundscape.score.reader import MAX_PARTS
from soundscape.score.score import Score
from tests.score.smf import Read, at, meta, rmid, smf, tempo, track

NOTE = at(0, 0x90, 60, 100) + at(100, 0x80, 60, 0)
WHOLE = smf(track(NOTE))


def body(raw: bytes) -> bytes:
    """A file with one track of just these bytes; they begin at byte 22."""
    return smf(b"MTrk" + len(raw).to_bytes(4, "big") + raw)


BROKEN = {
    "empty": (b"", "no MIDI header at byte 0"),
    "a page": (b"<!DOCTYPE html><html>", "no MIDI header at byte 0, it begins with b'<!DO'"),
    "a cut header": (WHOLE[:11], "header at byte 0 "),
    "a short header": (b"MThd\0\0\0\5" + WHOLE[8:], "length of 5 bytes"),
    "a header of 4 GB": (b"MThd\xff\xff\xff\xff" + WHOLE[8:], "length of 4294967295 bytes"),
    "format 3": (smf(track(NOTE), form=3), "format 3 at byte 8"),
    "no ticks": (smf(track(NOTE), division=0), "0 ticks per quarter note at byte 12"),
    "26 frames": (smf(track(NOTE), division=0xE628), "SMPTE clock of 26 frames with 40 ticks"),
    "frames without ticks": (smf(track(NOTE), division=0xE700), "25 frames with 0 ticks each at byte 12"),
    "a cut track": (WHOLE[:-1], "track 1 of 1 is cut short at byte 14"),
    "a track of 4 GB": (WHOLE[:18] + b"\xff" * 4 + WHOLE[22:], "it ends at byte 4294967317, the file at 34"),
    "rubbish between": (smf(track(NOTE), b"\0" * 20, track(NOTE), announced=2), "track 2 of 2 is cut short at byte 34"),
    "a cut event": (body(b"\0\x90\x3c"), r"track 1, tick 0: an event is cut short by the track's end at byte 23"),
    "a cut time": (body(b"\x81"), r"track 1, tick 0: an event is cut short by the track's end at byte 23"),
    "a long time": (body(b"\xff" * 4 + b"\x7f\x90\x3c\x40"), "a number of more than four bytes at byte 22"),
    "no running status": (body(b"\0\x3c\x40"), "byte 0x3c begins no event at byte 23"),
    "an undefined status": (body(b"\x05\xf4"), "track 1, tick 5: byte 0xf4 begins no event at byte 23"),
    "a word of 256 MB": (
        body(b"\0\xff\1\xff\xff\xff\x7fx"),
        "claims 268435455 bytes, 1 are left in the track, at byte 25",
    ),
    "a message of 256 MB": (body(b"\0\xf0\xff\xff\xff\x7fx"), "claims 268435455 bytes"),
    "more than two days": (smf(track(NOTE), track(at(0x0FFFFFFF, 0xC0, 1))), "track 2, tick 268435455: lasts 373 h"),
    "a RIFF wrapper that is cut": (rmid(WHOLE)[:-3], "MIDI data at byte 24 is cut short: 34 bytes announced, 31 there"),
    "an empty RIFF wrapper": (b"RIFF\4\0\0\0RMID", "the RIFF wrapper holds no MIDI data"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_is_wrong_is_named_with_its_place_and_a_way_out(read: Read, name: str) -> None:
    data, line = BROKEN[name]
    with pytest.raises(ScoreError, match=line) as refusal:
        read(data)
    assert str(refusal.value).startswith("score.mid: ")
    assert "\n" not in str(refusal.value)
    assert refusal.value.hint


def test_65535_announced_tracks_are_not_waited_for(read: Read) -> None:
    score = read(smf(track(NOTE), announced=65535))
    assert len(score.notes) == 1
    assert score.warnings == ("the header announces 65535 tracks, 1 is there",)


def test_more_tracks_than_any_score_has_are_refused(read: Read) -> None:
    with pytest.raises(ScoreError, match=f"more than {chunks.MAX_TRACKS} tracks, at byte"):
        read(smf(*[track()] * (chunks.MAX_TRACKS + 1)))


def test_more_events_than_any_score_has_are_refused(read: Read, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events.Budget.__init__, "__defaults__", (10, 100))
    assert len(read(smf(*[track(NOTE)] * 3)).notes) == 3
    with pytest.raises(ScoreError, match="track 4, tick 100: more than 1000000 events at byte"):
        read(smf(*[track(NOTE)] * 4))


def test_more_text_than_any_score_has_is_refused_across_tracks(read: Read) -> None:
    word = track(meta(3, 1, b"x" * 2**19))
    assert read(smf(word, word)).notes == ()
    with pytest.raises(ScoreError, match="track 3, tick 3: more than 1048576 bytes of text at byte"):
        read(smf(word, word, word))


def test_more_parts_than_any_score_has_are_refused(read: Read) -> None:
    kit = b"".join(at(0, 0xC0, program) + NOTE for program in range(128))
    assert len(read(smf(*[track(kit)] * 32)).parts) == MAX_PARTS
    with pytest.raises(ScoreError, match=rf"track \d+, tick \d+: more than {MAX_PARTS} parts"):
        read(smf(*[track(kit)] * 33))


def test_a_file_full_of_oddities_is_not_told_of_in_a_thousand_lines(read: Read) -> None:
    warnings = read(smf(track(*[tempo(0, 0)] * 1000, NOTE))).warnings
    assert len(warnings) == 21
    assert warnings[-1] == "and 980 more of the kind"


def test_a_file_that_is_too_big_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "big.mid"
    path.write_bytes(WHOLE)
    os.truncate(path, MAX_BYTES + 1)
    tracemalloc.start()
    with pytest.raises(ScoreError, match=r"big\.mid: more than"):
        read_score(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2**20


def test_what_is_no_file_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    with pytest.raises(ScoreError, match=r"no\.mid: "):
        read_score(tmp_path / "no.mid")
    with pytest.raises(ScoreError, match="is not a file"):
        read_score(tmp_path)
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe.mid")
        with pytest.raises(ScoreError, match=r"pipe\.mid is not a file"):
            read_score(tmp_path / "pipe.mid")


def test_a_file_without_notes_or_tracks_is_an_empty_score(read: Read) -> None:
    for data in (smf(), smf(track())):
        score = read(data)
        assert (score.notes, score.parts, score.duration_s) == ((), (), 0.0)


def test_a_key_struck_for_ever_costs_no_more_than_others(read: Read) -> None:
    """16 notes of one key at most sound at once, so that no file makes the search for their ends long."""
    strikes = [at(1, 0x90, 60, 100)] * 20_000
    score = read(smf(track(at(0, 0xB0, 64, 127), *strikes, *[at(0, 0x80, 60, 0)] * 20_000)))
    assert len(score.notes) == 20_000
    sounding = sorted((note.start_s, note.start_s + note.duration_s) for note in score.notes)
    assert all(end <= sounding[k + 16][0] + 1e-9 for k, (_, end) in enumerate(sounding[:-16]))


SEEDS = (
    smf(track(tempo(0, 400_000), meta(0, 0x58, b"\6\3\x24\x08"), meta(0, 3, "花园".encode("gb18030"))),
        track(meta(0, 3, b"Bells"), at(0, 0xC0, 14), at(0, 0xB0, 64, 127), NOTE, at(0, 0xB0, 64, 0), at(5, 0xE0, 1, 70),
              at(0, 0xB0, 101, 0), at(0, 0xB0, 100, 0), at(0, 0xB0, 6, 12), at(0, 0xB0, 121, 0), meta(1, 5, b"la"),
              at(0, 0xF0, 2, 1, 0xF7), at(0, 0x90, 60, 1), at(0, 0x90, 60, 2), at(0, 0xB0, 123, 0))),
    smf(track(NOTE), track(NOTE, tempo(0, 1)), form=2), rmid(WHOLE), smf(track(NOTE, at(9, 62, 1)), division=0xE728),
)  # fmt: skip


@given(
    seed=st.sampled_from(SEEDS),
    changes=st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), min_size=1, max_size=6),
    cut=st.one_of(st.none(), st.floats(0, 1)),
    added=st.binary(max_size=8),
)
@settings(max_examples=1500)
def test_changed_bytes_make_a_score_or_one_line(
    read: Read, seed: bytes, changes: list[tuple[float, int]], cut: float | None, added: bytes
) -> None:
    data = bytearray(seed)
    for place, value in changes:
        data[int(place * len(data))] = value
    if cut is not None:
        data[int(cut * len(data)) :] = added
    judged(read, bytes(data))


@given(raw=st.binary(max_size=60))
@settings(max_examples=500)
def test_any_bytes_in_a_track_make_a_score_or_one_line(read: Read, raw: bytes) -> None:
    judged(read, body(raw))


def outcome(read: Read, data: bytes) -> Score | ScoreError:
    try:
        return read(data)
    except ScoreError as error:
        return error


def judged(read: Read, data: bytes) -> None:
    score = outcome(read, data)
    if isinstance(score, ScoreError):
        assert re.match(r"score\.mid: [^\n]+$", str(score))
        assert len(str(score)) < 300
        assert score.hint
        return
    assert len(score.notes) <= len(data) // 2
    assert all(note.start_s + note.duration_s <= score.duration_s + 1e-9 for note in score.notes)
    assert {note.part for note in score.notes} == {part.name for part in score.parts}
    assert all("\n" not in line for line in (score.title, *score.warnings, *(part.name for part in score.parts)))


def test_bytes_written_by_hand_mean_the_same_to_mido(tmp_path: Path) -> None:
    path = tmp_path / "seed.mid"
    path.write_bytes(SEEDS[0])
    assert mido.MidiFile(path).length == pytest.approx(read_score(path).duration_s)
