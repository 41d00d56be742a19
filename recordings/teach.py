"""Teach the tagger again: `python -m recordings.teach FOLDER ... [--folds N]`, from the top of a checkout.

What ships was taught by three folders: what `python -m recordings.gather FOLDER --soundfont FluidR3_GM.sf2` makes,
what it makes with `--list recordings/taught_tags.csv`, and the shared recordings; the same folders in the same order
give the same weights and the same numbers. It cuts sounds as events are cut: teach those first
(`recordings.teach_segments`).

Each folder has real sounds and a `MANIFEST.csv` with rows of `file`, `tag`, `licence` and `source_repo`. It learns from
those whose licence is in `LICENCES` and from the takes of this collection, each network on one thread and from a fixed
seed. How sure it may be of each name is settled on sounds of collections it has not heard: sources are split into
folds, and each fold is judged by a model that was taught by the others. What that gives is printed, of all and of each
folder's sounds, where the other folds settle it.

It needs PyTorch (`pip install -e ".[teach]"`), and about an hour of two cores that have AVX-512 BF16.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from recordings.teaching import MODELS, corpus_network
from recordings.teaching.corpus import (
    MODELLED,
    Heard,
    examples_of,
    folds_of,
    modelled_examples,
    own_sounds,
    shares,
    sounds_of,
    without_copies,
)
from recordings.teaching.corpus_judged import Judged, judged, means, summary
from recordings.teaching.corpus_settled import settled, settled_apart
from soundscape.analysis.taggers.columns import Look
from soundscape.analysis.taggers.network import Model, save
from soundscape.analysis.taggers.shipped import WEIGHTS
from soundscape.analysis.taggers.vocabulary import NAMES

try:
    from recordings.teaching import corpus_convolutional
except ModuleNotFoundError as error:
    print(f"teaching the tagger needs PyTorch: pip install -e '.[teach]' ({error})", file=sys.stderr)
    raise SystemExit(2) from error

N_NAMERS, N_NAMERS_OF_A_FOLD = 8, 4
N_FOLDS = 6


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


def models_of(parts: Sequence[Heard], n_namers: int) -> list[Model]:
    """A model for each of some parts of what was heard, taught by those sounds that may teach."""
    lessons = [_lessons(part) for part in parts]
    with one_threaded() as pool:
        by_bands = [pool.submit(corpus_convolutional.taught, [look.bands for look in one.looks], *one[1:], 0)
                    for one in lessons]  # fmt: skip
        columns = [np.stack([look.columns for look in one.looks]) for one in lessons]
        by_columns = [[pool.submit(corpus_network.taught, rows, *one[1:], seed) for seed in range(n_namers)]
                      for rows, one in zip(columns, lessons, strict=True)]  # fmt: skip
        try:
            return [Model(tuple(one.result() for one in namers), convolutional.result())
                    for namers, convolutional in zip(by_columns, by_bands, strict=True)]  # fmt: skip
        finally:
            pool.shutdown(cancel_futures=True)  # where one fails, what is left need not be waited for


class _Lessons(NamedTuple):
    """Looks, the place of each one's name, how often it is drawn, and how many places there are."""

    looks: list[Look]
    names: NDArray[np.int64]
    drawn: NDArray[np.float64]
    n_names: int = len(NAMES) + 1


def _lessons(heard: Heard) -> _Lessons:
    taught = [(sound, examples) for sound, examples in heard if sound.may_teach]
    sizes = np.array([len(examples) for _, examples in taught])
    drawn = np.repeat(shares([sound for sound, _ in taught]) / sizes, sizes)
    return _Lessons([example.look for _, examples in taught for example in examples],
                    np.repeat([place_of(sound.name) for sound, _ in taught], sizes), drawn / drawn.sum())  # fmt: skip


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
    tested = [[one for one, of in zip(real, folds, strict=True) if of == fold] for fold in range(n_folds)]
    others = [[one for one, of in zip(real, folds, strict=True) if of != fold] + modelled for fold in range(n_folds)]
    lessons = [without_copies(*pair) for pair in zip(others, tested, strict=True)]
    models = models_of(lessons, N_NAMERS_OF_A_FOLD)
    with threadpool_limits(1):
        return [judged(*pair) for pair in zip(models, tested, strict=True)]


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
    (model,) = models_of([heard], N_NAMERS)
    save(settled(Judged.joined(parts)).model(model), WEIGHTS)


if __name__ == "__main__":
    main()
