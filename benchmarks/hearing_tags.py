"""How well sounds of unseen collections are tagged: `python benchmarks/hearing_tags.py FOLDER ... [--json]`.

Folders hold sounds and a `MANIFEST.csv`. Their collections are split into folds, and each fold is judged by a model
that was taught by the others and by the random models; sounds whose licence does not let them teach are judged only. It
needs PyTorch: `pip install -e ".[teach]"`.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from table import Row, print_table

sys.path.insert(0, str(Path(__file__).parents[1]))

from recordings.teach import N_FOLDS, by_folds, heard_in
from recordings.teaching.corpus_judged import Judged, calibration_error, family_f1, tag_f1
from recordings.teaching.corpus_settled import settled_apart


def rows(folders: list[Path]) -> list[Row]:
    """Macro F1 of families and tags, and the calibration error: of all sounds, and of those of each folder."""
    said = settled_apart(by_folds(heard_in(folders), N_FOLDS))
    parts = {"all folders": said, **{str(folder): said.within(folder) for folder in folders}}
    return [row for where, part in parts.items() for row in _rows(part, where)]


def _rows(of: Judged, where: str) -> list[Row]:
    families, tags = (float(np.nanmean(f1(of))) for f1 in (family_f1, tag_f1))
    error = calibration_error(of)
    return [
        Row(f"{where}: family of a segment, unseen collections, macro F1", families, "", 0.9),
        Row(f"{where}: tag of a segment, unseen collections, macro F1", tags, "", 0.7),
        Row(f"{where}: expected calibration error", error, "", 0.05, more_is_better=False),
    ]


if __name__ == "__main__":
    print_table(rows([Path(word) for word in sys.argv[1:] if not word.startswith("-")]))
