"""Teach the tagger again: `python -m recordings.teach FOLDER`, a folder with real sounds and `MANIFEST.csv`.

It learns from the takes of this collection and from those real sounds whose licence is in `LICENCES`; rows of the
manifest name `file`, `tag`, `licence` and `source_repo`.
"""

from __future__ import annotations

import csv
import sys
from collections.abc import Set
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from recordings.make import path_of
from recordings.models import TAKES
from soundscape.analysis.analyse import analyse
from soundscape.analysis.heard import Analysis
from soundscape.analysis.taggers.discriminant import WEIGHTS, columns_of, fit, save
from soundscape.catalogue.tags import ancestors
from soundscape.errors import AudioError

OWN = "CC0-1.0"
LICENCES = (OWN, "Public-Domain", "CC-BY-3.0", "CC-BY-4.0")
MOST = 6
"""A long file with many alike sounds must not drown the others."""


class Example(NamedTuple):
    """One segment whose tag is known."""

    columns: NDArray[np.float64]
    name: str
    source: str
    licence: str


def real_examples(folder: Path) -> list[Example]:
    """Segments of every readable file of a manifest."""
    found = []
    with (folder / "MANIFEST.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    for row in rows:
        try:
            heard = analyse(folder / row["file"])
        except AudioError:
            continue
        found += _examples(heard, name_of(row["tag"]), row["source_repo"], row["licence"])
    return found


def own_examples(taught: Set[str]) -> list[Example]:
    """Segments of the takes of this collection, named by the first of their sounds as far as real ones go."""
    found = []
    for take in TAKES.values():
        name = next((kind for kind in ancestors(take.sounds[0]) if kind in taught), take.sounds[0])
        found += _examples(analyse(path_of(take)), name, take.name, OWN)
    return found


def _examples(heard: Analysis, name: str, source: str, licence: str) -> list[Example]:
    """At most `MOST` of a file, the longest first."""
    order = sorted(range(len(heard.segments)), key=lambda i: -heard.segments[i].duration_s)[:MOST]
    return [Example(columns_of(heard.segments[i].features, heard.vectors[i]), name, source, licence) for i in order]


def name_of(label: str) -> str:
    """Name in the vocabulary of a manifest's label."""
    return label.replace("/", ".").replace("-", "_")


def main() -> None:
    """Fit and write."""
    real = [one for one in real_examples(Path(sys.argv[1])) if one.licence in LICENCES]
    heard = real + own_examples({one.name for one in real})
    save(fit(np.stack([one.columns for one in heard]), [one.name for one in heard]), WEIGHTS)


if __name__ == "__main__":
    main()
