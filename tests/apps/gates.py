"""A folder with a small piece: its score of four notes, its one recording and a catalogue of it."""

from __future__ import annotations

import shutil
from pathlib import Path

import mido

from soundscape.analysis.ingest import ingest

ROOT = Path(__file__).resolve().parents[2]
PIECE = """
[piece]
title = "Two gates"
score = "gates.mid"
layout = "stereo"
loudness_lufs = -23.0

[[role]]
name = "Gate"
part = "Gate"
wants = "gates"
path = { at = [30, 0, 3] }

[[cue]]
name = "Dawn"
play = true

[[cue]]
name = "Storm"
press = "Gate"
"""


def gates_in(folder: Path) -> Path:
    """Make it; the folder."""
    (folder / "takes").mkdir()
    shutil.copy(ROOT / "recordings" / "gate_bolt.flac", folder / "takes")
    ingest([folder / "takes"], folder / "hall.catalogue", n_workers=1)
    part = mido.MidiTrack([mido.MetaMessage("track_name", name="Gate")])
    for _ in range(4):
        part += [mido.Message("note_on", note=60, velocity=90, time=0), mido.Message("note_off", note=60, time=480)]
    mido.MidiFile(tracks=[part]).save(folder / "gates.mid")
    (folder / "piece.toml").write_text(PIECE)
    return folder
