"""Real files hold what their manifest and an independent reader say they hold."""

from __future__ import annotations

import csv
import re
from collections import Counter
from pathlib import Path

import mido
import pytest

from soundscape.errors import ScoreError
from soundscape.score.midifile import read_score

CUT = re.compile(r"^(?:\w+\.mid|[\w-]+\.mid): .*byte \d+")
REFUSED = ("froidure_midibadtracklength", "muspy_negative-ticks-per-beat", "muspy_zero-ticks-per-beat")


@pytest.fixture(scope="module")
def manifest(shared: Path) -> dict[str, str]:
    with (shared / "scores" / "MANIFEST.csv").open(encoding="utf-8") as file:
        return {row["file"]: row["note"] for row in csv.DictReader(file)}


def announced(note: str, what: str) -> int | None:
    found = re.search(rf"(\d+) {what}\b", note)
    return int(found[1]) if found else None


def test_only_the_files_that_are_wrong_are_refused_and_their_place_is_named(
    shared: Path, manifest: dict[str, str]
) -> None:
    refused = {}
    for name in manifest:
        try:
            read_score(shared / "scores" / name)
        except ScoreError as error:
            refused[Path(name).stem] = error
    assert sorted(refused) == sorted(REFUSED)
    for error in refused.values():
        assert CUT.match(str(error))
        assert "\n" not in str(error)
        assert error.hint
    assert all("malformed" in manifest[f"{name}.mid"] or "odd" in manifest[f"{name}.mid"] for name in refused)


def test_a_header_that_counts_wrong_is_told_of(shared: Path) -> None:
    score = read_score(shared / "scores" / "froidure_midibadheadertracksnum.mid")
    assert len(score.notes) == 4
    assert score.warnings == ("the header announces 2 tracks, 1 is there",)


def test_scores_hold_what_the_manifest_says(shared: Path, manifest: dict[str, str]) -> None:
    for name, note in manifest.items():
        if Path(name).stem in REFUSED or "malformed" in note:
            continue
        score = read_score(shared / "scores" / name)
        metres, lyrics = announced(note, "time signature"), announced(note, "lyric")
        assert len(score.notes) <= (announced(note, "note-on") or 0), name
        assert bool(score.notes) == bool(announced(note, "note-on")), name
        # A metre at a moment when another begins does not count twice in music; here none does.
        assert len(score.metres) == (metres or 1), name
        assert len(score.lyrics) == (lyrics or 0), name
        if announced(note, "pitch bend") is None:
            assert all(part.bend is None for part in score.parts), name
        if announced(note, "CC") is None:
            assert all(not part.controls for part in score.parts), name


def test_notes_start_and_stop_when_mido_says(shared: Path, manifest: dict[str, str]) -> None:
    """Mido adds up floats, event by event; it knows no pedal and no pairs, so ends are compared where no pedal is."""
    for name, note in manifest.items():
        if Path(name).stem in REFUSED or "malformed" in note or "format 2" in note:
            continue
        score = read_score(shared / "scores" / name)
        clock_s, starts, ends, pedal = 0.0, [], [], False
        for message in mido.MidiFile(shared / "scores" / name):
            clock_s += message.time
            if message.type == "note_on" and message.velocity:
                starts.append((message.note, clock_s))
            elif message.type in ("note_on", "note_off"):
                ends.append((message.note, clock_s))
            pedal |= message.type == "control_change" and message.control in (64, 120, 123)
        assert Counter(note.pitch for note in score.notes) == Counter(pitch for pitch, _ in starts), name
        heard = sorted((note.pitch, note.start_s) for note in score.notes)
        assert [time for _, time in heard] == pytest.approx([time for _, time in sorted(starts)], abs=1e-6), name
        if not pedal and len(starts) == len(ends):
            heard = sorted((note.pitch, note.start_s + note.duration_s) for note in score.notes)
            assert [time for _, time in heard] == pytest.approx([time for _, time in sorted(ends)], abs=1e-6), name


def test_the_sequences_of_format_2_follow_each_other(shared: Path) -> None:
    score = read_score(shared / "scores" / "froidure_midiokformat2.mid")
    assert [note.pitch for note in score.notes] == [48, 50, 52, 53, 55, 57, 59, 60]
    assert [note.start_s for note in score.notes] == pytest.approx([k * 95 / 192 for k in range(8)])


def test_markers_and_lyrics_are_read(shared: Path) -> None:
    karaoke = read_score(shared / "scores" / "froidure_midiokformat1-lyrics.mid")
    assert "".join(lyric.text for lyric in karaoke.lyrics) == "Hello\\Karaoke"
    assert read_score(shared / "scores" / "yubatake_maintheme.mid").markers


def test_a_changing_metre_is_read_in_order(shared: Path) -> None:
    metres = read_score(shared / "scores" / "muspy_time-signatures.mid").metres
    assert len({(metre.beats, metre.unit) for metre in metres}) > 5
    assert [metre.time_s for metre in metres] == sorted(metre.time_s for metre in metres)
