"""Scores agree with mido's own clock; broken files are refused."""

from __future__ import annotations

from pathlib import Path

import mido
import pytest

from soundscape.errors import ScoreError
from soundscape.score.midifile import read_score


def test_note_times_follow_tempo(shared: Path) -> None:
    path = shared / "scores" / "avgvst_togetheragain.mid"
    clock, starts = 0.0, []
    for message in mido.MidiFile(path):
        clock += message.time
        if message.type == "note_on" and message.velocity:
            starts.append(clock)
    assert [note.start_s for note in read_score(path).notes] == pytest.approx(starts, abs=1e-6)


def test_format_2_is_refused_with_a_hint(shared: Path) -> None:
    with pytest.raises(ScoreError, match="format 2") as refusal:
        read_score(shared / "scores" / "froidure_midiokformat2.mid")
    assert refusal.value.hint


def test_cut_file_is_refused(shared: Path, tmp_path: Path) -> None:
    cut = tmp_path / "cut.mid"
    cut.write_bytes((shared / "scores" / "avgvst_victory.mid").read_bytes()[:-1])
    with pytest.raises(ScoreError, match="cut short"):
        read_score(cut)
