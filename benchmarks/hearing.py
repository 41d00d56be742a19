"""How well it hears: `python benchmarks/hearing.py SCENES SOUNDS [MORE ...] [--json]`.

SCENES holds scenes with their truth, SOUNDS sounds with a `MANIFEST.csv`; MORE are further folders of sounds that teach
and test the tagger beside those.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from pathlib import Path

import hearing_likeness
import hearing_pitch
import mir_eval
import numpy as np
from table import Row, print_table

from soundscape.analysis.analyse import analyse
from soundscape.catalogue.segment import Segment

COLLAR_S = 0.2
HEARD, LAID = "as they are heard", "as they were laid there"


def outermost(segments: Iterable[Segment]) -> list[Segment]:
    """Phrases, and events and notes that are in none: a clip of four knocks is one event of a scene."""
    sounding = [one for one in segments if one.kind != "texture"]
    phrases = [one for one in sounding if one.kind == "phrase"]
    return phrases + [one for one in sounding if one.kind != "phrase"
                      and not any(p.start_s <= one.start_s and one.end_s <= p.end_s for p in phrases)]  # fmt: skip


def scores(folder: Path) -> dict[str, tuple[float, float]]:
    """F1 of onsets, and of onsets with offsets (200 ms or 20 % of the length), mean over scenes.

    Against the stretches in which clips are heard above the background, and against the clips as they were laid there:
    what sinks below the wind goes on for nobody.
    """
    found: dict[str, list[tuple[float, float]]] = {HEARD: [], LAID: []}
    for path in sorted(folder.glob("scene_*.json")):
        events = [event for event in json.loads(path.read_text())["events"] if event["audible_s"]]
        heard = [(one.start_s, one.end_s) for one in outermost(analyse(path.with_suffix(".flac")).segments)]
        found[HEARD].append(f1([(e["audible_s"][0][0], e["audible_s"][-1][1]) for e in events], heard))
        found[LAID].append(f1([(event["onset_s"], event["offset_s"]) for event in events], heard))
    return {what: (float(np.mean([on for on, _ in each])), float(np.mean([both for _, both in each])))
            for what, each in found.items()}  # fmt: skip


def f1(truth: list[tuple[float, float]], heard: list[tuple[float, float]]) -> tuple[float, float]:
    """F1 of onsets, and of onsets with offsets, in one scene."""
    true, found = (np.array(sorted(each)).reshape(-1, 2) for each in (truth, heard))
    onset = mir_eval.onset.f_measure(true[:, 0], found[:, 0], window=COLLAR_S)[0]
    pairs = mir_eval.transcription.match_notes(
        true, np.full(len(true), 440.0), found, np.full(len(found), 440.0), onset_tolerance=COLLAR_S, offset_ratio=0.2,
        offset_min_tolerance=COLLAR_S)  # fmt: skip
    return float(onset), 2.0 * len(pairs) / max(1, len(true) + len(found))


def main() -> None:
    """Measure and print."""
    scenes, *sounds = [Path(word) for word in sys.argv[1:] if not word.startswith("-")]
    table = [row for what, (onset, both) in scores(scenes).items() for row in (
        Row(f"events {what}: F1 of onsets, 200 ms", onset, "", 0.85),
        Row(f"events {what}: F1 of onsets and offsets", both, "", 0.65),
    )]  # fmt: skip
    if sounds:
        import hearing_tags  # needs PyTorch, and events do not

        table += hearing_tags.rows(sounds) + hearing_pitch.rows(sounds[0]) + hearing_likeness.rows(sounds[0])
    print_table(table)


if __name__ == "__main__":
    main()
