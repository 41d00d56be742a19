"""Whether what is alike is near: `python benchmarks/hearing_likeness.py FOLDER [--json]`, a folder of sound files.

Each segment of a file that has at least two asks for its neighbours among all segments; it is well served if another
one of its file is among the first five.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from table import Row, print_table

from soundscape.analysis.analyse import analyse
from soundscape.analysis.ingest import sound_files
from soundscape.errors import AudioError

FIRST = 5


def rows(folder: Path) -> list[Row]:
    """Share of segments that find another of their file."""
    vectors, files = [], []
    for number, path in enumerate(sound_files([folder])):
        try:
            heard = analyse(path)
        except AudioError:
            continue
        parts = [place for place, one in enumerate(heard.segments) if one.kind != "phrase"]
        vectors.append(heard.vectors[parts])
        files += [number] * len(parts)
    near = np.concatenate(vectors)
    of = np.array(files)
    alike = near @ near.T
    np.fill_diagonal(alike, -np.inf)
    first = np.argsort(-alike, axis=1)[:, :FIRST]
    asked = np.bincount(of)[of] > 1
    served = (of[first] == of[:, None]).any(axis=1)
    return [Row("likeness: another segment of the object in the first five", 100.0 * served[asked].mean(), "%", 80.0)]


if __name__ == "__main__":
    print_table(rows(Path(sys.argv[1])))
