"""Make the weights again: `python -m soundscape.analysis.taggers.fit FOLDER`, a folder with sounds and `MANIFEST.csv`.

Rows name `file`, `tag`, `licence` and `source_repo`; only those whose licence is in `LICENCES` are heard.
"""

from __future__ import annotations

import csv
import sys
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from soundscape.analysis.analyse import analyse
from soundscape.analysis.taggers.discriminant import WEIGHTS, columns_of, fit, save
from soundscape.errors import AudioError

LICENCES = ("CC0-1.0", "Public-Domain", "CC-BY-3.0", "CC-BY-4.0")


class Example(NamedTuple):
    """One segment whose tag is known."""

    columns: NDArray[np.float64]
    name: str
    source: str
    licence: str


def examples(folder: Path) -> list[Example]:
    """Segments of every readable file of a manifest, at most six of each file, the longest first."""
    found = []
    with (folder / "MANIFEST.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    for row in rows:
        try:
            heard = analyse(folder / row["file"])
        except AudioError:
            continue
        order = sorted(range(len(heard.segments)), key=lambda i: -heard.segments[i].duration_s)[:6]
        found += [Example(columns_of(heard.segments[i].features, heard.vectors[i]), name_of(row["tag"]),
                          row["source_repo"], row["licence"]) for i in order]  # fmt: skip
    return found


def name_of(label: str) -> str:
    """Name in the vocabulary of a manifest's label."""
    return label.replace("/", ".").replace("-", "_")


def main() -> None:
    """Fit and write."""
    heard = [one for one in examples(Path(sys.argv[1])) if one.licence in LICENCES]
    save(fit(np.stack([one.columns for one in heard]), [one.name for one in heard]), WEIGHTS)


if __name__ == "__main__":
    main()
