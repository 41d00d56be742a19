"""Teach what stands out of the background again: `python -m recordings.teach_segments FOLDER ... [-o FILE]`.

Each folder has real sounds and a `MANIFEST.csv` with rows of `file`, `tag`, `licence` and `source_repo`, as
`recordings.gather` makes one; it learns from those whose licence is in `LICENCES` in random scenes: every other one is
of the clips of one folder as they are (`recordings.scenes`), the rest are of clips of all folders, changed, and of the
random models of `recordings.teaching` (`recordings.wide_scenes`). The weights that ship were taught with two folders:
what `recordings.gather` made, without a sound font, and the shared one that scenes are judged with. With `--half`, it
learns from the collections of one half alone, so that scenes of the other (`recordings.scenes`) can judge; with
`--without FOLDER`, from none of the collections of that folder, so that scenes of its sounds can.

The second network learns from what networks of one half of the scenes say of the other: of scenes that it has heard
the first is surer than it will ever be again.

The same folders in the same order, wherever they are, give the same weights: every scene and every network has a seed
of its own, and each is taught on one thread. It takes some ten minutes on two cores, and 5 GB of memory.
"""

from __future__ import annotations

import argparse
import warnings
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

import joblib
import numpy as np
from numpy.typing import NDArray
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits

from recordings.scenes import BACKGROUNDS, RATE_HZ, Clip, Event, clips_of, scene
from recordings.teaching.corpus import LICENCES
from recordings.wide_scenes import wide_scene
from soundscape.analysis.frames import Floats, frames_of
from soundscape.analysis.network import Network
from soundscape.analysis.segmenters.shares import WEIGHTS, context_of, save
from soundscape.analysis.segmenters.standing import STEPS_PER_S, columns_of

Truth = NDArray[np.bool_]

N_SCENES = 560
N_NETWORKS, N_HIDDEN, N_EPOCHS = 6, 64, 6
"""Networks that differ in their seeds alone err in different places: their mean errs less."""
N_NETWORKS_AGAIN, N_HIDDEN_AGAIN, N_EPOCHS_AGAIN = 3, 48, 4
"""Of the second network."""
N_NETWORKS_OF_A_HALF = 3
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


def example(folders: Sequence[Sequence[Clip]], number: int) -> tuple[Floats, Truth]:
    """Columns and truth of every step of a scene of the clips of one or of all folders."""
    if number % 2:
        samples, events = wide_scene([clip for clips in folders for clip in clips], number)
    else:
        whole = [clips for clips in folders if {clip.tag in BACKGROUNDS for clip in clips} == {True, False}]
        samples, events = scene(whole[number // 2 % len(whole)], number)
    columns = columns_of(frames_of(samples, RATE_HZ).bands_db)
    return columns, truth_of(events, len(columns))


def examples(folders: Sequence[Sequence[Clip]], n_scenes: int) -> list[tuple[Floats, Truth]]:
    """Columns and truth of every step of each scene."""
    made = []
    with ProcessPoolExecutor() as pool:
        for one in pool.map(partial(example, folders), range(n_scenes), chunksize=4):
            made.append(one)
            if len(made) % 20 == 0:
                print(f"made {len(made)} of {n_scenes} scenes", flush=True)
    return made


def taught(made: Sequence[tuple[Floats, Truth]]) -> tuple[Network, Network]:
    """Both networks."""
    columns, truth = (np.concatenate(part) for part in zip(*made, strict=True))
    first = networks(columns, truth, range(N_NETWORKS), N_HIDDEN, N_EPOCHS)
    context = np.concatenate(unheard(made))
    return first, networks(context, truth, range(N_NETWORKS_AGAIN), N_HIDDEN_AGAIN, N_EPOCHS_AGAIN)


def unheard(made: Sequence[tuple[Floats, Truth]]) -> list[Floats]:
    """What the second network looks at, of each scene: networks of the other half say it, of every second pair."""
    halves = []
    for half in (0, 1):
        own = [one for number, one in enumerate(made) if number // 2 % 2 == half]
        columns, truth = (np.concatenate(part) for part in zip(*own, strict=True))
        seeds = range(half * N_NETWORKS_OF_A_HALF, (half + 1) * N_NETWORKS_OF_A_HALF)
        halves.append(networks(columns, truth, seeds, N_HIDDEN, N_EPOCHS))
    return [context_of(halves[1 - number // 2 % 2].said(columns)) for number, (columns, _) in enumerate(made)]


def networks(columns: Floats, truth: Truth, seeds: Sequence[int], n_hidden: int, n_epochs: int) -> Network:
    """One network of each seed, side by side as one: what they say is their mean, before it is a share."""
    scaler = StandardScaler().fit(columns)
    near = np.clip(scaler.transform(columns), -Network.FARTHEST, Network.FARTHEST)
    # processes that read the same columns from disk, and not a copy each
    nets = joblib.Parallel(n_jobs=-1, verbose=10)(
        joblib.delayed(network)(near, truth, n_hidden, n_epochs, seed) for seed in seeds
    )
    (inner, outer), (inner_offsets, outer_offsets) = (
        zip(*(getattr(net, name) for net in nets), strict=True) for name in ("coefs_", "intercepts_"))  # fmt: skip
    weights = (scaler.mean_, scaler.scale_, np.concatenate(inner, axis=1), np.concatenate(inner_offsets),
               np.concatenate(outer) / len(nets), np.mean(outer_offsets, axis=0))  # fmt: skip
    return Network(*(np.asarray(table, np.float32) for table in weights))


def network(near: Floats, truth: Truth, n_hidden: int, n_epochs: int, seed: int) -> MLPClassifier:
    """Teach one, on one thread: more would add up in another order on another machine."""
    net = MLPClassifier((n_hidden,), alpha=3e-3, max_iter=n_epochs, batch_size=500, random_state=seed)
    with threadpool_limits(1), warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # a few epochs are enough
        return net.fit(near, truth)


def main() -> None:
    """Teach, and write the weights."""
    parser = argparse.ArgumentParser(prog="recordings.teach_segments", description="Teach what stands out.")
    parser.add_argument("folders", nargs="+", type=Path, metavar="FOLDER", help="sounds with their MANIFEST.csv")
    parser.add_argument("--half", type=int, choices=(0, 1), help="collections to learn from (all)")
    parser.add_argument("--without", type=Path, metavar="FOLDER", help="sounds whose collections it shall not know")
    parser.add_argument("--scenes", type=int, default=N_SCENES, help=f"how many scenes to make ({N_SCENES})")
    parser.add_argument("-o", "--out", type=Path, default=WEIGHTS, help="where the weights go (those that ship)")
    asked = parser.parse_args()
    left_out = {clip.collection for clip in clips_of(asked.without)} if asked.without else set()
    folders = [[clip for clip in clips_of(folder) if clip.licence in LICENCES and asked.half in (None, clip.half)
                and clip.collection not in left_out] for folder in asked.folders]  # fmt: skip
    save(*taught(examples(folders, asked.scenes)), asked.out)


if __name__ == "__main__":
    main()
