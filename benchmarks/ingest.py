"""How fast folders are heard, in how much memory: `python benchmarks/ingest.py [--json] [--hours H]`.

The shipped takes, 48 kHz mono, are heard by one process and by one for each core, into an empty catalogue, with
everything `soundscape ingest` does: as they are, where the start of a process counts, and with softer copies of them
beside, an hour of sound, as a folder of field recordings is. What a user would write instead with librosa runs on the
takes: events, the features of each frame, pitch. Memory is that of the largest process while it hears one take of H
hours at 96 kHz.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import soundfile
from table import Row, print_table

from soundscape.analysis.ingest import ingest
from soundscape.apps.shipped import shipped
from soundscape.audio.files import audio_info

RUNS = 3
N_COPIES = 5
LONG_HZ = 96_000
WITH_LIBROSA = """
import sys, librosa
for path in sys.argv[1:]:
    line, rate_hz = librosa.load(path, sr=None)
    librosa.onset.onset_detect(y=line, sr=rate_hz, backtrack=True)
    librosa.feature.mfcc(y=line, sr=rate_hz)
    for feature in (librosa.feature.spectral_centroid, librosa.feature.spectral_contrast):
        feature(y=line, sr=rate_hz)
    librosa.feature.spectral_flatness(y=line)
    librosa.yin(line, fmin=50.0, fmax=2000.0, sr=rate_hz)
"""


def hearing_s(places: list[Path], n_workers: int) -> float:
    """Shortest of several ingests into an empty catalogue."""
    walls_s = []
    for _ in range(RUNS):
        with tempfile.TemporaryDirectory() as folder:
            walls_s.append(ingest(places, Path(folder) / "new.catalogue", n_workers=n_workers).wall_s)
    return min(walls_s)


def softer_copies(takes: list[Path], folder: Path) -> list[Path]:
    """Takes and copies of them, each a decibel softer than the one before: other samples, the same sounds."""
    copies = []
    for take in takes:
        block, rate_hz = soundfile.read(take, dtype="float32", always_2d=True)
        for down_db in range(1, N_COPIES):
            copies.append(folder / f"{take.stem}_{down_db}.flac")
            soundfile.write(copies[-1], block * 10.0 ** (-down_db / 20.0), rate_hz, soundfile.info(take).subtype)
    return [*takes, *copies]


def with_librosa_s(takes: list[Path]) -> float:
    """Shortest of several runs on one core."""
    told = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "NUMBA_NUM_THREADS": "1"}
    walls_s = []
    for _ in range(RUNS):
        began_s = time.perf_counter()
        subprocess.run([sys.executable, "-c", WITH_LIBROSA, *map(str, takes)], env=told, check=True)
        walls_s.append(time.perf_counter() - began_s)
    return min(walls_s)


def long_take(path: Path, hours: float) -> None:
    """Bursts in noise at 96 kHz, 24 bit, RF64 where it must be: sixty different seconds, over and over."""
    rng = np.random.default_rng(5)
    minute = 0.003 * rng.standard_normal(60 * LONG_HZ)
    for at_s in range(2, 60, 7):
        n = rng.integers(LONG_HZ // 10, 2 * LONG_HZ)
        minute[at_s * LONG_HZ :][:n] += 0.3 * rng.standard_normal(n) * np.exp(-np.arange(n) / (0.2 * n))
    with soundfile.SoundFile(path, "w", LONG_HZ, 1, "PCM_24", format="RF64") as file:
        for _ in range(round(hours * 60)):
            file.write(minute)


def most_mb(hours: float) -> float:
    """Largest resident memory of any process that hears a long take."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "long.wav"
        long_take(path, hours)
        code = (
            "import resource, sys\n"
            "from soundscape.analysis.ingest import ingest\n"
            "report = ingest([sys.argv[1]], sys.argv[1] + '.catalogue', n_workers=1)\n"
            "assert report.segments > 0, report\n"
            "print(max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)))"
        )
        run = subprocess.run([sys.executable, "-c", code, str(path)], check=True, capture_output=True, text=True)
        return float(run.stdout) / 1024.0


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="How fast folders are heard, in how much memory.")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--hours", type=float, default=1.0, help="length of the long take (1)")
    hours = parser.parse_args().hours
    takes = sorted(shipped("recordings").glob("*.flac"))
    audio_s = sum(info.n_frames / info.rate_hz for info in map(audio_info, takes))
    n_cores = os.cpu_count() or 1
    one_s, librosa_s = hearing_s(takes, 1), with_librosa_s(takes)
    with tempfile.TemporaryDirectory() as folder:
        many = softer_copies(takes, Path(folder))
        hour_s, all_s = hearing_s(many, 1), hearing_s(many, n_cores)
    print_table([
        Row(f"ingest of {audio_s:.0f} s of takes, one process", audio_s / one_s, "x real time", 150),
        Row("ingest of an hour of them, one process", N_COPIES * audio_s / hour_s, "x real time", 150),
        Row(f"the same, {n_cores} processes, for each core", N_COPIES * audio_s / all_s / n_cores, "x real time", 150),
        Row("ingest against librosa's features alone, one core", librosa_s / one_s, "x as fast", 1),
        Row(f"memory while a take of {hours:g} h at 96 kHz is heard", most_mb(hours), "MB", 500, more_is_better=False),
    ])  # fmt: skip


if __name__ == "__main__":
    main()
