"""Teach the judge of pitches again: `python -m recordings.teach_pitch FOLDER ...`.

A folder holds real sounds and `MANIFEST.csv`. Those whose licence is in `LICENCES` teach, and as many made notes; every
one is heard as it is and with wind or rain behind it. Sounds without a pitch teach what none is.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import soundfile
from numpy.typing import NDArray
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier

from recordings.named_pitches import PITCHED, made_note, notes_of, rows_of
from recordings.take import RATE_HZ
from recordings.teaching.corpus import LICENCES
from soundscape.analysis.features import cut
from soundscape.analysis.features.pitch import JUDGE, candidates_of, dips_of, evidence, looks_of, refined
from soundscape.analysis.features.spectrum import spectrum_of
from soundscape.analysis.frames import Floats, frames_of
from soundscape.analysis.segmenters import spans_of

UNPITCHED = ("drum", "cymbal", "rain", "wind", "water", "fire", "footsteps", "gate-slam", "gate-knock", "gate-latch")
N_UNPITCHED, N_MADE = 250, 500
LONGEST_S, SHORTEST_S = 8.0, 0.2
NEAR_CENTS = 50.0
N_HIDDEN = 24
ALLOWED = LICENCES


class Judged(NamedTuple):
    """Candidates of one sound: (n, n_columns), and which of them are its pitch, (n,)."""

    columns: NDArray[np.float64]
    is_right: NDArray[np.bool_]


def judged(samples: Floats, rate_hz: int, hz: float) -> Judged | None:
    """Candidates of the longest loud segment; None where there is none."""
    frames = frames_of(samples, rate_hz)
    spans = spans_of(frames)
    if not spans:
        return None
    longest = max(spans, key=lambda span: float(frames.power[span.start : span.stop].sum()))
    segment = cut(frames, longest.start, longest.stop)
    if not np.any(segment.samples):
        return None
    partials = spectrum_of(segment.samples, rate_hz, segment.power)
    looks = looks_of(segment.samples, rate_hz, segment.power)
    dips = dips_of(looks)
    candidates = candidates_of(dips, partials)
    if not len(candidates):
        return None
    heard = np.array([refined(one, partials) for one in candidates])
    is_right = np.abs(1200.0 * np.log2(heard / hz)) <= NEAR_CENTS if hz else np.zeros(len(heard), bool)
    return Judged(evidence(candidates, looks, dips, partials), is_right)


def with_wind(samples: Floats, wind: Floats, generator: np.random.Generator) -> Floats:
    """The start of a sound, 0 dB to 25 dB over wind."""
    behind = np.resize(np.roll(wind, int(generator.integers(len(wind)))), len(samples))
    level = np.sqrt(np.mean(samples**2) / (np.mean(behind**2) + 1e-12)) * 10.0 ** (-generator.uniform(0.0, 25.0) / 20.0)
    seconds = len(samples) / RATE_HZ
    kept = round(generator.uniform(SHORTEST_S, max(SHORTEST_S, seconds)) * RATE_HZ)
    return np.asarray((samples + level * behind)[:kept], np.float32)


def mono_of(path: Path) -> tuple[Floats, int] | None:
    """The first seconds of a file; None if it cannot be read or has less than it takes."""
    try:
        samples, rate_hz = soundfile.read(path, dtype="float32", always_2d=True)
    except soundfile.LibsndfileError:
        return None
    samples = samples.mean(axis=1)[: round(LONGEST_S * rate_hz)]
    return (samples, rate_hz) if len(samples) > SHORTEST_S * rate_hz else None


def sounds(folders: list[Path], generator: np.random.Generator) -> Iterator[tuple[Floats, int, float]]:
    """Samples, rate, and pitch (0 without one) of what teaches."""
    for folder in folders:
        known = {note.path: note.hz for note in notes_of(folder) if note.licence in ALLOWED}
        others = [folder / row["file"] for row in rows_of(folder) if row["licence"] in ALLOWED
                  and row["tag"].replace("/", "-") in UNPITCHED and row["tag"] not in PITCHED]  # fmt: skip
        order = generator.permutation(len(others))[:N_UNPITCHED]
        for path, hz in [*known.items(), *((others[i], 0.0) for i in order)]:
            if (read := mono_of(path)) is not None:
                yield *read, hz
    for _ in range(N_MADE):
        samples, hz = made_note(generator)
        yield np.asarray(samples, np.float32), RATE_HZ, hz


def winds_of(folders: list[Path]) -> list[Floats]:
    """What is put behind: wind and rain, and noise where a folder has none."""
    paths = [folder / row["file"] for folder in folders for row in rows_of(folder)
             if row["tag"] in {"wind", "rain"} and row["licence"] in ALLOWED][:20]  # fmt: skip
    found = [read[0] for path in paths if (read := mono_of(path)) is not None]
    return found or [np.random.default_rng(1).standard_normal(RATE_HZ).astype(np.float32)]


def main() -> None:
    """Hear, fit and write."""
    folders = [Path(one) for one in sys.argv[1:]]
    generator = np.random.default_rng(7)
    winds = winds_of(folders)
    heard: list[Judged | None] = []
    for samples, rate_hz, hz in sounds(folders, generator):
        heard.append(judged(samples, rate_hz, hz))
        wind = winds[int(generator.integers(len(winds)))]
        heard.append(judged(with_wind(samples, wind, generator), rate_hz, hz))
    columns = np.concatenate([one.columns for one in heard if one is not None])
    is_right = np.concatenate([one.is_right for one in heard if one is not None])
    means, spans = columns.mean(axis=0), columns.std(axis=0) + 1e-3
    network = MLPClassifier((N_HIDDEN,), activation="tanh", alpha=0.3, max_iter=60, random_state=1, batch_size=256,
                            learning_rate_init=3e-3, n_iter_no_change=60)  # fmt: skip
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # as many rounds as there are, and no more
        network.fit((columns - means) / spans, is_right)
    (hidden, out), (hidden_offset, out_offset) = network.coefs_, network.intercepts_
    kept = {"means": means, "spans": spans, "hidden": hidden, "hidden_offset": hidden_offset, "out": out[:, 0],
            "out_offset": out_offset[0]}  # fmt: skip
    np.savez(JUDGE, allow_pickle=False, **{name: np.asarray(value, np.float32) for name, value in kept.items()})


if __name__ == "__main__":
    main()
