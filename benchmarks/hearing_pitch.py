"""How well pitch is heard: notes whose name tells it, `python benchmarks/hearing_pitch.py FOLDER [--json]`.

FOLDER holds sounds and a `MANIFEST.csv`; the pitch is read from the name a note has in its source.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from table import Row, print_table

sys.path.insert(0, str(Path(__file__).parents[1]))

from recordings.named_pitches import Note, notes_of
from soundscape.analysis.analyse import analyse
from soundscape.errors import AudioError

SURE = 0.5
"""Confidence from which a pitch is said to be sure."""
NEAR_CENTS = 50.0


def heard_of(note: Note) -> tuple[float, float] | None:
    """Pitch and confidence of the loudest segment, 0 Hz without a pitch; None if it cannot be read."""
    try:
        segments = analyse(note.path).segments
    except AudioError:
        return None
    if not segments:
        return 0.0, 0.0
    loudest = max(segments, key=lambda one: one.features["level_lufs"] + 10.0 * np.log10(one.duration_s))
    return loudest.features.get("pitch_hz", 0.0), loudest.features["pitch_confidence"]


def rows(folder: Path) -> list[Row]:
    """Share that is right where it is sure, and share that is sure."""
    sure, right = [], []
    for note in notes_of(folder):
        if (heard := heard_of(note)) is not None:
            sure.append(heard[1] >= SURE)
            right.append(heard[0] > 0.0 and abs(1200.0 * np.log2(heard[0] / note.hz)) <= NEAR_CENTS)
    certain, correct = np.array(sure), np.array(right)
    within = 100.0 * float(correct[certain].mean()) if certain.any() else 0.0
    return [Row("pitch: within 50 cents where sure", within, "%", 95.0),
            Row("pitch: notes it is sure of", 100.0 * float(certain.mean()), "%", 70.0)]  # fmt: skip


def main() -> None:
    """Measure and print."""
    print_table(rows(Path(sys.argv[1])))


if __name__ == "__main__":
    main()
