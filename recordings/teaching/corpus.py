"""Sounds to learn from: rows of manifests, cut as the ear cuts them, with widened copies, and how much each counts."""

from __future__ import annotations

import csv
import zlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from recordings.make import path_of
from recordings.models import TAKES
from recordings.take import RATE_HZ
from recordings.teaching import MODELS
from recordings.teaching.corpus_widened import widened
from soundscape.analysis.channels import MEAN, channel_to_hear
from soundscape.analysis.features import cut
from soundscape.analysis.frames import HOPS_PER_S, Floats, Frames, frames_of
from soundscape.analysis.measuring import measured_of
from soundscape.analysis.segmenters import spans_of
from soundscape.analysis.taggers.columns import Look, looks_of
from soundscape.analysis.taggers.measured import N_MEASURED
from soundscape.analysis.taggers.vocabulary import NAMES, OTHER
from soundscape.audio.files import read_audio
from soundscape.catalogue.tags import ancestors, tag_named
from soundscape.errors import AudioError

OWN = "CC0-1.0"
LICENCES = ("CC0-1.0", "Public-Domain", "CC-BY-2.0", "CC-BY-2.5", "CC-BY-3.0", "CC-BY-4.0", "MIT", "BSD-2-Clause",
            "BSD-3-Clause", "Apache-2.0", "Artistic-2.0", "MIT OR Apache-2.0", "ISC", "Unlicense", "0BSD",
            "WTFPL")  # fmt: skip
"""What may be learned from; everything else may be listened to for a test alone."""
LONGEST_S = 45
MOST = 6
"""A long file with many alike sounds must not drown the others."""
N_WIDENED = 4
FEW_SOURCES = 8.0
"""Names known from fewer sources (each by the root of its number of files) count less: they are not well known."""
OWN_SOURCE = "soundscape"
"""Source of the takes of this collection."""
MODELLED, N_MODELLED, N_WIDENED_MODELLED = "models", 60, 2
"""Source of the sounds that random models make, how many there are of a name, and copies of each."""
ALIKE = 0.01
"""Mean square of the difference of columns, in deviations, below which two sounds are copies of one."""
OF_MODELS, OF_OWN, OF_OTHERS = 1.2, 4.0, 0.5
"""How much the models and the takes of this collection count as sources, and sounds without a name among names: the
first that anybody hears are these takes."""

SAME_HANDS = (
    ("FluidR3_GM", "FluidR3_GM/"), ("MineClone2/MineClone2", "VoxeLibre/VoxeLibre"),
    ("karoryfer", "sfzinstruments/karoryfer"), ("karoryfer", "sfzinstruments/dsmolken"),
    *(("Versilian", start) for start in ("dygy/strudel-client", "sfzinstruments/Discord-SFZ-GM-Bank", "floe-audio/",
                                         "christophhart/vcsl_hise", "generative-music/samples-alex-bainter")),
    ("nbrosowsky", "smilster/Choir.js"), ("nbrosowsky", "zakaton/air-violin"),
)  # fmt: skip
"""Collections, and how the names of repositories begin that hold the same recordings, or more of the same people."""


@dataclass(frozen=True, slots=True)
class Sound:
    """A file whose main sound is known."""

    path: Path
    name: str
    source: str
    """Collection it is from: none may be on both sides of a test."""
    licence: str

    @property
    def may_teach(self) -> bool:
        """Whether its licence lets a model be made from it."""
        return self.licence in LICENCES


@dataclass(frozen=True, eq=False)
class Example:
    """One look at a segment of a sound; `is_widened` if it was made from one."""

    look: Look
    is_widened: bool
    segment: int
    """Which of the sound's it is: a long one is looked at more than once."""


Heard = list[tuple[Sound, list[Example]]]
"""Sounds and how they are looked at."""


class Placed(NamedTuple):
    """A segment in what is around it."""

    frames: Frames
    start: int
    stop: int

    @property
    def segment(self) -> Frames:
        """Its frames alone."""
        return cut(self.frames, self.start, self.stop)

    def features(self) -> dict[str, float]:
        """What is measured of it; nothing of silence."""
        first_sample = round(self.start * self.frames.rate_hz / HOPS_PER_S)
        return measured_of(self.frames, self.start, self.stop, first_sample) if np.any(self.segment.samples) else {}


def sounds_of(folder: Path) -> list[Sound]:
    """Rows of `MANIFEST.csv` (`file`, `tag`, `licence`, `source_repo`) whose tag the model can learn."""
    with (folder / "MANIFEST.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    found = [Sound(folder / row["file"], taught_name(tag_named(row["tag"]).name), collection_of(row["source_repo"]),
                   row["licence"]) for row in rows]  # fmt: skip
    return [sound for sound in found if sound.name]


def own_sounds() -> list[Sound]:
    """Takes of this collection, each by the first of its sounds: another one where the model has no name for it."""
    return [Sound(path_of(take), taught_name(take.sounds[0]) or OTHER, OWN_SOURCE, OWN) for take in TAKES.values()]


def modelled_examples(name: str) -> list[tuple[Sound, list[Example]]]:
    """Sounds of the random model of a name, each drawn from a seed of its own."""
    found = []
    for number in range(N_MODELLED):
        samples = MODELS[name](np.random.default_rng([zlib.crc32(name.encode()), number]))[: 8 * RATE_HZ]
        sound = Sound(Path(f"{name}_{number}"), taught_name(name), MODELLED, OWN)
        if examples := _examples(np.asarray(samples, np.float32), RATE_HZ, sound, N_WIDENED_MODELLED):
            found.append((sound, examples))
    return found


def taught_name(name: str) -> str:
    """Name of the model's that a tag is, or is below of; empty if there is none.

    Examples
    --------
    >>> taught_name("bell.bronze"), taught_name("other"), taught_name("gate")
    ('bell', 'other', '')
    """
    return next((above for above in ancestors(name) if above in NAMES or above == OTHER), "")


def collection_of(repository: str) -> str:
    """Collection of a repository: what one person recorded, or one sound bank, is one collection, and so are forks."""
    return next((one for one, start in SAME_HANDS if repository.startswith(start)), repository)


def examples_of(sound: Sound, n_widened: int = N_WIDENED) -> list[Example]:
    """Longest segments of a sound, and some of them widened; none if it cannot be read or is silent."""
    try:
        block, rate_hz = read_audio(sound.path)
    except AudioError:
        return []
    block = block[: LONGEST_S * rate_hz]
    if not np.any(block):
        return []
    channel = channel_to_hear(block, "")
    samples = block.mean(axis=1) if channel == MEAN else np.ascontiguousarray(block[:, channel])
    return _examples(samples, rate_hz, sound, n_widened)


def _examples(samples: Floats, rate_hz: int, sound: Sound, n_widened: int) -> list[Example]:
    frames = frames_of(samples, rate_hz)
    spans = sorted(spans_of(frames), key=lambda span: (span.start - span.stop, span.start))[:MOST]
    clean = [Placed(frames, span.start, span.stop) for span in spans]
    clean = [one for one in clean if np.any(one.segment.samples)]
    rng = np.random.default_rng([zlib.crc32(sound.path.name.encode()), 7])
    wide = [_widened(clean[rng.integers(len(clean))].segment, rng) for _ in range(n_widened if clean else 0)]
    return [Example(look, number >= len(clean), number) for number, one in enumerate(clean + wide)
            for look in looks_of(one.segment, one.features())]  # fmt: skip


def _widened(segment: Frames, rng: np.random.Generator) -> Placed:
    """A part of a segment, widened and cut where it is loud enough to be a segment."""
    n, first = len(segment), 0
    if n > 150 and rng.random() < 0.6:
        n = int(min(n, max(100.0, np.exp(rng.uniform(np.log(100.0), np.log(800.0))))))
        if n < len(segment) and (len(segment) > 800 or rng.random() < 0.3):
            first = int(rng.integers(0, len(segment) - n + 1))
    part = segment.samples[slice(*(edge * segment.rate_hz // HOPS_PER_S for edge in (first, first + n)))]
    if not np.any(part):
        return Placed(segment, 0, 0)
    frames = frames_of(widened(part, segment.rate_hz, rng), segment.rate_hz)
    levels_db = 10.0 * np.log10(frames.power + 1e-12)
    heard = np.flatnonzero(levels_db > levels_db.max() - rng.uniform(25.0, 50.0))
    return Placed(frames, int(heard[0]), int(heard[-1]) + 1)


def shares(sounds: Sequence[Sound]) -> NDArray[np.float64]:
    """How often each sound is drawn, of sum 1: names alike, within a name sources by the root of their size."""
    sizes = Counter((sound.name, sound.source) for sound in sounds)
    counting = {MODELLED: OF_MODELS, OWN_SOURCE: OF_OWN}
    weights = {key: size**0.5 * counting.get(key[1], 1.0) for key, size in sizes.items()}
    totals: dict[str, float] = {}
    for (name, _), weight in weights.items():
        totals[name] = totals.get(name, 0.0) + weight
    drawn = [min(1.0, totals[one.name] / FEW_SOURCES) ** 0.5 * (OF_OTHERS if one.name == OTHER else 1.0)
             * weights[one.name, one.source] / totals[one.name] / sizes[one.name, one.source]
             for one in sounds]  # fmt: skip
    return np.asarray(drawn, np.float64) / float(np.sum(drawn))


def folds_of(sounds: Sequence[Sound], n_folds: int) -> NDArray[np.int64]:
    """Fold of each sound: whole sources, the largest first, each to the fold that has the fewest sounds."""
    sizes = Counter(sound.source for sound in sounds)
    full, of = np.zeros(n_folds), {}
    for source in sorted(sizes, key=lambda source: (-sizes[source], source)):
        of[source] = int(np.argmin(full))
        full[of[source]] += sizes[source]
    return np.array([of[sound.source] for sound in sounds])


def without_copies(others: Heard, tested: Heard) -> Heard:
    """Sounds of which no copy is tested: collections borrow from each other."""
    # not by what was measured: a partial that is heard in one copy only is far from one that is not
    columns = [np.stack([examples[0].look.columns[:-N_MEASURED] for _, examples in some]) for some in (others, tested)]
    mean, deviation = columns[0].mean(axis=0), columns[0].std(axis=0) + 1e-6
    first, second = ((part - mean) / deviation for part in columns)
    return [one for one, row in zip(others, first, strict=True) if _nearest(row, second) > ALIKE]


def _nearest(row: NDArray[np.floating], rows: NDArray[np.floating]) -> float:
    return float(np.square(rows - row).mean(axis=1).min())
