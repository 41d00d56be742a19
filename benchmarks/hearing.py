"""How well scenes are cut: `python benchmarks/hearing.py FOLDER [--json]`, a folder of scenes with their truth."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from pathlib import Path

import mir_eval
import numpy as np
from table import Row, print_table

from soundscape.analysis.analyse import analyse
from soundscape.catalogue.segment import Segment

COLLAR_S = 0.2


def outermost(segments: Iterable[Segment]) -> list[Segment]:
    """Phrases, and events and notes that are in none: a clip of four knocks is one event of a scene."""
    sounding = [one for one in segments if one.kind != "texture"]
    phrases = [one for one in sounding if one.kind == "phrase"]
    return phrases + [one for one in sounding if one.kind != "phrase"
                      and not any(p.start_s <= one.start_s and one.end_s <= p.end_s for p in phrases)]  # fmt: skip


def scores(folder: Path) -> tuple[float, float]:
    """F1 of onsets, and of onsets with offsets (200 ms or 20 % of the length), mean over scenes."""
    onsets, both = [], []
    for path in sorted(folder.glob("scene_*.json")):
        events = [event for event in json.loads(path.read_text())["events"] if event["audible_s"]]
        truth = np.array([(event["onset_s"], event["offset_s"]) for event in events])
        heard = outermost(analyse(path.with_suffix(".flac")).segments)
        found = np.array([(s.start_s, s.end_s) for s in heard]).reshape(-1, 2)
        onsets.append(mir_eval.onset.f_measure(truth[:, 0], np.sort(found[:, 0]), window=COLLAR_S)[0])
        pairs = mir_eval.transcription.match_notes(
            truth, np.full(len(truth), 440.0), found, np.full(len(found), 440.0), onset_tolerance=COLLAR_S,
            offset_ratio=0.2, offset_min_tolerance=COLLAR_S)  # fmt: skip
        both.append(2.0 * len(pairs) / max(1, len(truth) + len(found)))
    return float(np.mean(onsets)), float(np.mean(both))


def main() -> None:
    """Measure and print."""
    onset, both = scores(Path(sys.argv[1]))
    print_table([Row("events: F1 of onsets, 200 ms", onset, "", 0.85),
                 Row("events: F1 of onsets and offsets", both, "", 0.65)])  # fmt: skip


if __name__ == "__main__":
    main()
