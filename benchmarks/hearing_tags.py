"""How well sounds of unseen collections are named: `python benchmarks/hearing_tags.py FOLDER ... [--json]`.

Each folder has real sounds and a `MANIFEST.csv`, as for `recordings.teach`. The model that ships has heard many of
them; others, taught in the same way without the collections they are asked about, stand in for it. Those are split into
six parts by their source; every segment has the tag of its file, and every file counts once. One number, the
temperature, is settled on the same sounds.
"""

from __future__ import annotations

import contextlib
import sys
from pathlib import Path

import numpy as np
from table import Row, print_table

from recordings.teach import N_FOLDS, by_folds, heard_in
from recordings.teaching.corpus_judged import best_temperature, calibration_error, family_f1, tag_f1


def main() -> None:
    """Teach without each part, ask about it, and print."""
    folders = [Path(text) for text in sys.argv[1:] if not text.startswith("--")]
    with contextlib.redirect_stdout(sys.stderr):  # what is told on the way is no result
        judged = by_folds(heard_in(folders), N_FOLDS)
    error = calibration_error(judged, best_temperature(judged))
    print_table([
        Row("families of unseen collections: macro F1", float(np.nanmean(family_f1(judged))), "", 0.9),
        Row("tags of unseen collections: macro F1", float(np.nanmean(tag_f1(judged))), "", 0.7),
        Row("confidence: expected calibration error", error, "", 0.05, more_is_better=False),
    ])  # fmt: skip


if __name__ == "__main__":
    main()
