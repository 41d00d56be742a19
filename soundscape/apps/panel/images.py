"""Pictures of takes as numbers, for the page to draw: peaks, and a spectrogram of a byte for each point."""

from __future__ import annotations

import base64
from functools import lru_cache

import numpy as np

from soundscape.apps.panel.rows import Row
from soundscape.catalogue.segment import Recording
from soundscape.deliver.pictures.spectrogram import FAINTEST_TOP_DB, RANGE_DB, spectrogram_of

N_COLUMNS = 900
MOST_KEPT = 48
"""Pictures that are remembered, of some hundred kilobytes each."""


@lru_cache(MOST_KEPT)
def image_row(recording: Recording, start_s: float, end_s: float) -> Row:
    """A stretch of a take: `peaks` (lowest, highest) of each column, and `rows` of a spectrogram, the highest first.

    Raises
    ------
    AudioError
        If the take's file is gone or cannot be read.
    """
    image = spectrogram_of(recording, start_s, end_s, n_columns=N_COLUMNS)
    level_db = image.level_db[::-1]
    top_db = float(level_db.max(initial=FAINTEST_TOP_DB))
    shades = np.clip((level_db - top_db) / RANGE_DB + 1.0, 0.0, 1.0) * 255.0
    return {
        "start_s": start_s, "end_s": end_s, "peaks": [[round(float(x), 5) for x in pair] for pair in image.peaks],
        "n_rows": shades.shape[0], "n_columns": shades.shape[1], "edges_hz": [float(image.edges_hz[0]),
                                                                             float(image.edges_hz[-1])],
        "shades": base64.b64encode(np.ascontiguousarray(shades.round().astype(np.uint8)).tobytes()).decode(),
    }  # fmt: skip
