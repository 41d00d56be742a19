"""Teach what stands out of the background again: `python -m recordings.teach_segments FOLDER ... [-o FILE]`.

Each folder has real sounds and a `MANIFEST.csv` with rows of `file`, `tag`, `licence` and `source_repo`, as
`recordings.gather` makes one; it learns from those whose licence is in `LICENCES` in random scenes: every other one is
of the clips of one folder as they are (`recordings.scenes`), the rest are of clips of all folders, changed, and of the
random models of `recordings.teaching` (`recordings.wide_scenes`). The weights that ship were taught with two folders:
what `recordings.gather` made, without a sound font, and the shared one that scenes are judged with. With `--half`, it
learns from the collections of one half alone, so that scenes of the other (`recordings.scenes`) can judge; with
`--without FOLDER`, from none of the collections of that folder, so that scenes of its sounds can.

The same folders in the same order, wherever they are, give the same weights: every scene has a seed of its own, and the
network is taught on two threads from one. It needs PyTorch (`pip install -e ".[teach]"`), some fifty minutes of two
cores that have AVX-512 BF16, and 4 GB of memory.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from recordings.scenes import BACKGROUNDS, RATE_HZ, Clip, Event, clips_of, scene
from recordings.teaching.corpus import LICENCES
from recordings.wide_scenes import wide_scene
from soundscape.analysis.frames import frames_of
from soundscape.analysis.segmenters.shares import WEIGHTS, save
from soundscape.analysis.segmenters.standing import STEPS_PER_S, picture_of

try:
    from recordings.teaching.scenes_convolutional import Example, taught
except ModuleNotFoundError as error:
    print(f"teaching what stands out needs PyTorch: pip install -e '.[teach]' ({error})", file=sys.stderr)
    raise SystemExit(2) from error

Truth = NDArray[np.bool_]

N_SCENES, LEAST_SCENES = 3360, 8
N_USUAL, USUALLY_OVERLAP, MOSTLY_OVERLAP = 2240, 0.4, 0.8
"""How many scenes come first; share of the wide ones among them, and of those after, in which sounds overlap."""
FILLED_S = 0.5
"""A clip that is masked for less goes on."""
BEGINNING_STEPS, ENDING_STEPS = 2, 5
"""So near to a beginning or an ending is it: what sinks into the background ends less clearly than it began."""


def truth_of(events: list[Event], n_steps: int) -> Truth:
    """Whether something is heard at each step, begins there, and ends there, (n_steps, 3)."""
    truth = np.zeros((n_steps, 3), bool)
    for event in events:
        ends_s = -FILLED_S
        for start_s, end_s in event.audible_s:
            first_s = min(start_s, ends_s) if start_s - ends_s < FILLED_S else start_s
            truth[int(first_s * STEPS_PER_S) : int(end_s * STEPS_PER_S) + 1, 0] = True
            ends_s = end_s
        if event.audible_s:
            at = round(event.audible_s[0][0] * STEPS_PER_S)
            truth[max(0, at - BEGINNING_STEPS) : at + BEGINNING_STEPS + 1, 1] = True
            at = round(event.audible_s[-1][1] * STEPS_PER_S)
            if at < n_steps - ENDING_STEPS:  # else the scene is over, and not the sound
                truth[max(0, at - ENDING_STEPS) : at + ENDING_STEPS + 1, 2] = True
    return truth


def example(folders: Sequence[Sequence[Clip]], number: int) -> Example:
    """Picture and truth of every step of a scene of the clips of one or of all folders."""
    if number % 2:
        overlapping = USUALLY_OVERLAP if number < N_USUAL else MOSTLY_OVERLAP
        samples, events = wide_scene([clip for clips in folders for clip in clips], number, overlapping)
    else:
        whole = [clips for clips in folders if {clip.tag in BACKGROUNDS for clip in clips} == {True, False}]
        samples, events = scene(whole[number // 2 % len(whole)], number)
    picture = picture_of(frames_of(samples, RATE_HZ).bands_db)
    return picture.astype(np.float16), truth_of(events, len(picture))


def examples(folders: Sequence[Sequence[Clip]], n_scenes: int) -> list[Example]:
    """Picture and truth of every step of each scene."""
    made = []
    with ProcessPoolExecutor() as pool:
        for one in pool.map(partial(example, folders), range(n_scenes), chunksize=4):
            made.append(one)
            if len(made) % 100 == 0:
                print(f"made {len(made)} of {n_scenes} scenes", flush=True)
    return made


def main() -> None:
    """Teach, and write the weights."""
    parser = argparse.ArgumentParser(prog="recordings.teach_segments", description="Teach what stands out.")
    parser.add_argument("folders", nargs="+", type=Path, metavar="FOLDER", help="sounds with their MANIFEST.csv")
    parser.add_argument("--half", type=int, choices=(0, 1), help="collections to learn from (all)")
    parser.add_argument("--without", type=Path, metavar="FOLDER", help="sounds whose collections it shall not know")
    parser.add_argument("--scenes", type=int, default=N_SCENES, help=f"how many scenes to make ({N_SCENES})")
    parser.add_argument("-o", "--out", type=Path, default=WEIGHTS, help="where the weights go (those that ship)")
    asked = parser.parse_args()
    if asked.scenes < LEAST_SCENES:
        parser.error(f"--scenes {asked.scenes} is too few to learn from: {LEAST_SCENES} at least")
    left_out = {clip.collection for clip in clips_of(asked.without)} if asked.without else set()
    folders = [[clip for clip in clips_of(folder) if clip.licence in LICENCES and asked.half in (None, clip.half)
                and clip.collection not in left_out] for folder in asked.folders]  # fmt: skip
    save(taught(examples(folders, asked.scenes)), asked.out)


if __name__ == "__main__":
    main()
