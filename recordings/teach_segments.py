"""Teach what stands out of the background again: `python -m recordings.teach_segments FOLDER [HALF]`.

From random scenes (`recordings.scenes`) of the clips in a folder with `MANIFEST.csv` whose licence allows it, or of
those of one half of the collections, so that the other half can judge.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.neural_network import MLPClassifier
from sklearn.preprocessing import StandardScaler

from recordings.scenes import Clip, Event, clips_of, scene
from recordings.teaching.corpus import LICENCES
from soundscape.analysis.frames import frames_of
from soundscape.analysis.segmenters.shares import FARTHEST, WEIGHTS
from soundscape.analysis.segmenters.standing import STEPS_PER_S, columns_of

RATE_HZ = 44_100
N_SCENES, N_WIDE, N_HIDDEN, N_EPOCHS = 160, 160, 48, 8
FILLED_S = 0.5
"""A clip that is masked for less goes on."""
BEGINNING_STEPS = 2


def truth_of(events: list[Event], n_steps: int) -> NDArray[np.bool_]:
    """Whether something is heard at each step, and whether something begins there, (n_steps, 2)."""
    truth = np.zeros((n_steps, 2), bool)
    for event in events:
        ends_s = -FILLED_S
        for start_s, end_s in event.audible_s:
            first_s = min(start_s, ends_s) if start_s - ends_s < FILLED_S else start_s
            truth[int(first_s * STEPS_PER_S) : int(end_s * STEPS_PER_S) + 1, 0] = True
            ends_s = end_s
        if event.audible_s:
            at = round(event.audible_s[0][0] * STEPS_PER_S)
            truth[max(0, at - BEGINNING_STEPS) : at + BEGINNING_STEPS + 1, 1] = True
    return truth


def examples(clips: list[Clip]) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Columns and truth of every step of all scenes."""
    columns, truths = [], []
    for number in range(N_SCENES + N_WIDE):
        samples, events = scene(clips, number, is_wide=number >= N_SCENES)
        columns.append(columns_of(frames_of(samples, RATE_HZ).bands_db))
        truths.append(truth_of(events, len(columns[-1])))
    return np.concatenate(columns), np.concatenate(truths)


def main() -> None:
    """Teach, and write the weights."""
    clips = [clip for clip in clips_of(Path(sys.argv[1])) if clip.licence in LICENCES]
    if len(sys.argv) > 2:
        clips = [clip for clip in clips if clip.half == int(sys.argv[2])]
    columns, truth = examples(clips)
    scaler = StandardScaler().fit(columns)
    net = MLPClassifier((N_HIDDEN,), alpha=3e-3, max_iter=N_EPOCHS, batch_size=500, random_state=0)
    net.fit(np.clip(scaler.transform(columns), -FARTHEST, FARTHEST), truth)
    (inner, outer), (inner_offsets, outer_offsets) = net.coefs_, net.intercepts_
    values = {"means": scaler.mean_, "spreads": scaler.scale_, "inner": inner, "inner_offsets": inner_offsets,
              "outer": outer, "outer_offsets": outer_offsets}  # fmt: skip
    np.savez_compressed(WEIGHTS, **{name: value.astype(np.float32) for name, value in values.items()})


if __name__ == "__main__":
    main()
