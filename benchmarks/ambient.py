"""The seam of ambient tracks that go round: `python benchmarks/ambient.py [--json] [--short] [--tracks N]`.

Tracks of 60 to 90 s of the shipped exhibit and recordings, each of another seed, mood and solar term, every tenth to
5.1.4, the others to stereo. What is measured at the seam is measured at 200 other moments of the same track too: the
level of the 400 ms before to that of the 400 ms after, the distance of both spectra, the step from sample to sample.
Of some tracks the same events are rendered three times in a row, without a seam: what the second round differs by is
what the seam itself adds.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from table import Row, print_table

from soundscape.analysis.ingest import ingest
from soundscape.apps.shipped import shipped
from soundscape.audio.files import read_audio
from soundscape.audio.pool import Pool
from soundscape.catalogue.store import Store
from soundscape.deliver.render import render
from soundscape.exhibit.ambient import Track, ambient_track, moment_named
from soundscape.exhibit.exhibit import Mood
from soundscape.exhibit.exhibitfile import load_exhibit
from soundscape.exhibit.terms import TERMS
from soundscape.space.layout import layout_named
from soundscape.units import Samples

RATE_HZ = 48_000
WINDOW = int(0.4 * RATE_HZ)
N_MOMENTS = 200
N_MELS, LOWEST_HZ, HIGHEST_HZ = 40, 50.0, 16_000.0
FLOOR = 1e-12
EVERY_WIDE, EVERY_LINEAR = 10, 4
"""Of so many tracks one is to 5.1.4, one is rendered without a seam as well."""


@dataclass(frozen=True, slots=True)
class Seam:
    """What was measured at one seam, beside the same at other moments of its track."""

    level_db: float
    levels_db: np.ndarray
    spectral_db: float
    spectra_db: np.ndarray
    step: float
    steps: np.ndarray


def mel_bands() -> np.ndarray:
    """Triangles over the bins of a window's spectrum, (N_MELS, n_bins); the mel scale of O'Shaughnessy (1987)."""
    ends = 2595.0 * np.log10(1.0 + np.array([LOWEST_HZ, HIGHEST_HZ]) / 700.0)
    edges_hz = 700.0 * (10.0 ** (np.linspace(ends[0], ends[1], N_MELS + 2) / 2595.0) - 1.0)
    bins_hz = np.fft.rfftfreq(WINDOW, 1.0 / RATE_HZ)
    low, middle, high = (edges_hz[n : n + N_MELS, None] for n in range(3))
    slopes = np.minimum((bins_hz - low) / (middle - low), (high - bins_hz) / (high - middle))
    return np.asarray(np.clip(slopes, 0.0, None))


MELS, HANN = mel_bands(), np.hanning(WINDOW)[:, None]


def level_db(samples: Samples) -> float:
    """Mean square of all channels."""
    return float(10.0 * np.log10(np.mean(np.square(samples, dtype=np.float64)) + FLOOR))


def log_mel_db(samples: Samples) -> np.ndarray:
    """Level in each band, powers of the channels added."""
    power = np.square(np.abs(np.fft.rfft(samples * HANN, axis=0))).sum(axis=1) / WINDOW
    return np.asarray(10.0 * np.log10(MELS @ power + FLOOR))


def around(samples: Samples, frame: int) -> tuple[Samples, Samples]:
    """The windows before and after a frame of what goes round."""
    before, after = (np.arange(frame + first, frame + first + WINDOW) % len(samples) for first in (-WINDOW, 0))
    return samples[before], samples[after]


def level_step_db(samples: Samples, frame: int) -> float:
    """How far the level before and after a frame are apart."""
    before, after = around(samples, frame)
    return abs(level_db(before) - level_db(after))


def spectral_step_db(samples: Samples, frame: int) -> float:
    """Distance of the spectra before and after a frame, root mean square over the bands."""
    before, after = around(samples, frame)
    return float(np.sqrt(np.mean(np.square(log_mel_db(before) - log_mel_db(after)))))


def seam_of(samples: Samples, rng: np.random.Generator) -> Seam:
    """Measure a track's seam, and other moments of it."""
    moments = rng.integers(WINDOW, len(samples) - WINDOW, N_MOMENTS)
    steps = np.abs(np.diff(np.concatenate([samples, samples[:1]]), axis=0)).max(axis=1)
    return Seam(
        level_step_db(samples, 0), np.array([level_step_db(samples, frame) for frame in moments]),
        spectral_step_db(samples, 0), np.array([spectral_step_db(samples, frame) for frame in moments]),
        float(steps[-1]), steps[:-1],
    )  # fmt: skip


def tracks(catalogue: Path, n_tracks: int) -> Iterator[tuple[Track, str]]:
    """As many tracks, and the layout of each."""
    exhibit = load_exhibit(shipped("scores") / "gate_hall.exhibit.toml")
    with Store(catalogue) as store:
        snapshot = store.snapshot()
    rng = np.random.default_rng(11)
    for number in range(n_tracks):
        mood = Mood(*rng.uniform(0.0, 1.0, 3).tolist())
        term = TERMS[number % len(TERMS)].name_zh
        hall = replace(exhibit, seed=number, mood=mood)
        at = moment_named(hall.hours, term=term, clock=("10:00", "14:30", "17:30")[number % 3], year=2026)
        minutes = int(rng.integers(60, 91)) / 60.0
        layout = "5.1.4" if number % EVERY_WIDE == EVERY_WIDE - 1 else "stereo"
        yield ambient_track(hall, snapshot, minutes=minutes, at=at, goes_round=True), layout


def rendered(track: Track, layout: str, pool: Pool, path: Path) -> tuple[Samples, int]:
    """A track's round, and the frame of the round at which its file begins."""
    mix = render(track.arrangement, path, layout=layout_named(layout), pool=pool, loop_s=track.duration_s,
                 turns=True)  # fmt: skip
    return read_audio(path)[0], round(mix.begins_s * RATE_HZ)


def rendered_without(track: Track, layout: str, pool: Pool, path: Path) -> Samples:
    """The second of three rounds that are rendered as one piece."""
    arrangement, round_s = track.arrangement, track.duration_s
    events = tuple(replace(event, start_s=event.start_s + turn * round_s) for turn in range(3)
                   for event in arrangement.events)  # fmt: skip
    render(replace(arrangement, events=events), path, layout=layout_named(layout), pool=pool)
    first = round(round_s * RATE_HZ)
    return read_audio(path)[0][first : 2 * first]


def added(loop: Samples, cut: int, second: Samples) -> tuple[float, float]:
    """What the seam adds: the difference to a round without one in dB of the track, and to its step of level."""
    turned = np.roll(loop, cut, axis=0)
    scale = float(np.vdot(second, turned) / np.vdot(turned, turned))  # loudness was found from other material
    added_db = abs(level_step_db(loop, 0) - level_step_db(second, cut))
    return level_db(second - scale * turned) - level_db(second), added_db


def share(held: list[bool]) -> float:
    """How many of a hundred."""
    return 100.0 * float(np.mean(held))


def rows_of(seams: list[Seam], added_db: list[tuple[float, float]]) -> list[Row]:
    """The table."""
    level, spectrum, step = (
        [(seam.level_db, seam.levels_db) for seam in seams], [(seam.spectral_db, seam.spectra_db) for seam in seams],
        [(seam.step, seam.steps) for seam in seams],
    )  # fmt: skip

    def within(pairs: list[tuple[float, np.ndarray]], percentile: float) -> float:
        return share([at <= np.percentile(others, percentile) for at, others in pairs])

    worst_step = max(at / max(float(np.percentile(others, 99.9)), FLOOR) for at, others in step)
    return [
        Row("tracks that go round", len(seams), "", 10),
        Row("step of level at the seam, the worst", max(at for at, _ in level), "dB", 0.5, more_is_better=False),
        Row("step of level within the half of the track's own moments", within(level, 50.0), "% of tracks", 100),
        Row("distance of spectra within the 95 % of the track's own moments", within(spectrum, 95.0), "% of tracks",
            100),
        Row("step from sample to sample within the 99.9 %", within(step, 99.9), "% of tracks", 100),
        Row("the worst step from sample to sample, times that 99.9 %", worst_step, "", 1.0, more_is_better=False),
        Row(f"difference to {len(added_db)} rounds without a seam, the worst", max(one for one, _ in added_db), "dB",
            -80.0, more_is_better=False),
        Row("step of level that the seam adds, the worst", max(one for _, one in added_db), "dB", 0.5,
            more_is_better=False),
    ]  # fmt: skip


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--short", action="store_true", help="10 tracks")
    parser.add_argument("--tracks", type=int, default=100)
    options = parser.parse_args()
    seams, added_db, rng = [], [], np.random.default_rng(12)
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        ingest([shipped("recordings")], work / "all.catalogue", n_workers=1)
        pool = Pool(work / "pool", rate_hz=RATE_HZ)
        n_tracks = 10 if options.short else options.tracks
        for number, (track, layout) in enumerate(tracks(work / "all.catalogue", n_tracks)):
            loop, cut = rendered(track, layout, pool, work / "track.wav")
            seams.append(seam_of(loop, rng))
            if number % EVERY_LINEAR == 0:
                added_db.append(added(loop, cut, rendered_without(track, layout, pool, work / "track.wav")))
    print_table(rows_of(seams, added_db))


if __name__ == "__main__":
    main()
