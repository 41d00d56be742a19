"""Teach the tagger again: `python -m recordings.teach FOLDER ... [--folds N]`, from the top of a checkout.

What ships was taught by the folder that `python -m recordings.gather FOLDER --soundfont FluidR3_GM.sf2` makes and,
named second, the shared recordings; the same folders in the same order give the same weights and the same numbers. It
cuts sounds as events are cut: teach those first (`recordings.teach_segments`).

Each folder has real sounds and a `MANIFEST.csv` with rows of `file`, `tag`, `licence` and `source_repo`. It learns from
those whose licence is in `LICENCES` and from the takes of this collection, each network on one thread and from a fixed
seed. How sure it may be of each name is settled on sounds of collections it has not heard: sources are split into
folds, and each fold is judged by a model that was taught by the others, its patterns too. What that gives is printed,
of all and of each folder's sounds, where the other folds settle it.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from recordings.teaching import MODELS
from recordings.teaching.corpus import (
    MODELLED,
    Example,
    Sound,
    examples_of,
    folds_of,
    modelled_examples,
    own_sounds,
    shares,
    sounds_of,
)
from recordings.teaching.corpus_judged import Judged, judged, means, summary
from recordings.teaching.corpus_network import taught
from recordings.teaching.corpus_patterns import patterns_in
from recordings.teaching.corpus_settled import settled, settled_apart
from soundscape.analysis.taggers.measured import N_MEASURED
from soundscape.analysis.taggers.network import Model, save, seen
from soundscape.analysis.taggers.shipped import WEIGHTS
from soundscape.analysis.taggers.vocabulary import NAMES

N_NETWORKS, N_NETWORKS_OF_A_FOLD = 8, 4
N_FOLDS = 6
ALIKE = 0.01
"""Mean square of the difference of columns, in deviations, below which two sounds are copies of one."""
Heard = list[tuple[Sound, list[Example]]]


def heard_in(folders: Sequence[Path]) -> Heard:
    """Every sound of the folders, of this collection and of the models; those that cannot be read are left out."""
    sounds = [sound for folder in folders for sound in sounds_of(folder)] + own_sounds()
    heard = []
    with one_threaded() as pool:
        for number, (sound, examples) in enumerate(
            zip(sounds, pool.map(examples_of, sounds, chunksize=4), strict=True)
        ):
            if examples:
                heard.append((sound, examples))
            if number % 250 == 249:
                print(f"heard {number + 1} of {len(sounds)} sounds", flush=True)
        modelled = [one for some in pool.map(modelled_examples, MODELS) for one in some]
    return heard + modelled


def model_of(heard: Heard, n_networks: int) -> Model:
    """Model taught by those sounds that may teach."""
    lessons = [(sound, examples) for sound, examples in heard if sound.may_teach]
    sizes = np.array([len(examples) for _, examples in lessons])
    patterns = patterns_in(lessons)
    names = np.repeat([place_of(sound.name) for sound, _ in lessons], sizes)
    drawn = np.repeat(shares([sound for sound, _ in lessons]) / sizes, sizes)
    looks = [example.look for _, examples in lessons for example in examples]
    with one_threaded() as pool:
        rows = np.stack(list(pool.map(partial(seen, patterns=patterns), looks, chunksize=500)))
        teach = partial(taught, rows, names, drawn / drawn.sum(), len(NAMES) + 1)
        return Model(patterns, tuple(pool.map(teach, range(n_networks))))


def one_threaded() -> ProcessPoolExecutor:
    """Processes of one thread each: how sums are split over threads would be seen in the last bits of the weights."""
    return ProcessPoolExecutor(initializer=threadpool_limits, initargs=(1,))


def place_of(name: str) -> int:
    """Place of a name in the scores; that of every other sound is the last."""
    return NAMES.index(name) if name in NAMES else len(NAMES)


def by_folds(heard: Heard, n_folds: int) -> list[Judged]:
    """What networks say of sounds from collections they have not heard, fold by fold."""
    modelled = [one for one in heard if one[0].source == MODELLED]
    real = [one for one in heard if one[0].source != MODELLED]
    folds = folds_of([sound for sound, _ in real], n_folds)
    parts = []
    for fold in range(n_folds):
        tested = [one for one, of in zip(real, folds, strict=True) if of == fold]
        others = [one for one, of in zip(real, folds, strict=True) if of != fold] + modelled
        parts.append(judged(model_of(without_copies(others, tested), N_NETWORKS_OF_A_FOLD), tested))
    return parts


def without_copies(others: Heard, tested: Heard) -> Heard:
    """Sounds of which no copy is tested: collections borrow from each other."""
    # not by what was measured: a partial that is heard in one copy only is far from one that is not
    columns = [np.stack([examples[0].look.columns[:-N_MEASURED] for _, examples in some]) for some in (others, tested)]
    mean, deviation = columns[0].mean(axis=0), columns[0].std(axis=0) + 1e-6
    first, second = ((part - mean) / deviation for part in columns)
    return [one for one, row in zip(others, first, strict=True) if _nearest(row, second) > ALIKE]


def _nearest(row: NDArray[np.floating], rows: NDArray[np.floating]) -> float:
    return float(np.square(rows - row).mean(axis=1).min())


def main() -> None:
    """Teach, judge and write."""
    parser = argparse.ArgumentParser(prog="recordings.teach", description="Teach the tagger again.")
    parser.add_argument("folders", nargs="+", type=Path, metavar="FOLDER", help="sounds with their MANIFEST.csv")
    parser.add_argument("--folds", type=int, default=N_FOLDS, help=f"how many parts sources are split into ({N_FOLDS})")
    asked = parser.parse_args()
    heard = heard_in(asked.folders)
    parts = by_folds(heard, asked.folds)
    said = settled_apart(parts)
    print(summary(said))
    for folder in asked.folders:
        print(f"{folder} alone: {means(said.within(folder))}")
    save(settled(Judged.joined(parts)).model(model_of(heard, N_NETWORKS)), WEIGHTS)


if __name__ == "__main__":
    main()
