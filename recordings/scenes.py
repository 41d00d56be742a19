"""Random scenes with their truth, from a folder of recordings: `python -m recordings.scenes RECORDINGS OUT [N] [HALF]`.

Clips over a looped background, as in the scenes that `hearing.py` reads. Collections (`source_repo` of the folder's
`MANIFEST.csv`) fall into two halves, 0 and 1, so that what was tuned on one can be judged on the other.
"""

from __future__ import annotations

import csv
import json
import sys
import zlib
from collections.abc import Sequence
from functools import lru_cache
from math import gcd
from pathlib import Path
from typing import NamedTuple

import numpy as np
import soundfile
from numpy.typing import NDArray
from scipy.signal import resample_poly

from recordings.teaching.corpus import collection_of
from soundscape.analysis.frames import HOPS_PER_S, frames_of
from soundscape.catalogue.tags import tag_named

RATE_HZ = 44_100
LONGEST_S = 8.0
BACKGROUNDS = ("wind", "rain", "ambience")
QUIET_DB = -50.0
"""A clip goes from its first to its last sample above this, relative to its peak."""
GAP_S = 0.15

Sound = NDArray[np.float32]


class Clip(NamedTuple):
    """A row of the manifest."""

    path: Path
    tag: str
    collection: str
    licence: str

    @property
    def half(self) -> int:
        """Half that its collection is in."""
        return half_of(self.collection)


class Event(NamedTuple):
    """What a scene's truth says of a clip, in seconds."""

    onset_s: float
    offset_s: float
    tag: str
    file: str
    snr_db: float
    audible_s: list[tuple[float, float]]


def half_of(collection: str) -> int:
    """Half that a collection is in, the same on every machine."""
    return zlib.crc32(collection.encode()) % 2


def clips_of(folder: Path) -> list[Clip]:
    """Every recording of a folder with its tag."""
    with (folder / "MANIFEST.csv").open(encoding="utf-8") as file:
        return [Clip(folder / row["file"], tag_named(row["tag"]).name, collection_of(row["source_repo"]),
                     row["licence"]) for row in csv.DictReader(file)]  # fmt: skip


@lru_cache(maxsize=64)
def sound_of(path: Path, longest_s: float) -> Sound:
    """Mono sound of a file, (n_samples,), from where it begins to where it ends or was cut."""
    samples, rate_hz = soundfile.read(path, dtype="float32", always_2d=True)
    mono = samples.mean(axis=1)
    if rate_hz != RATE_HZ:
        shared = gcd(rate_hz, RATE_HZ)
        mono = resample_poly(mono, RATE_HZ // shared, rate_hz // shared).astype(np.float32)
    return trimmed(mono, longest_s)


def trimmed(mono: Sound, longest_s: float) -> Sound:
    """A sound from where it begins to where it ends or was cut, (n_samples,); empty if it is silent."""
    mono = mono[: round((longest_s + 0.5) * RATE_HZ)]
    loud = np.flatnonzero(np.abs(mono) > 10.0 ** (QUIET_DB / 20.0) * np.abs(mono).max(initial=0.0))
    if not len(loud):
        return mono[:0]
    mono = mono[loud[0] : loud[-1] + 1][: round(longest_s * RATE_HZ)].copy()
    fade = min(len(mono), RATE_HZ // 100)
    mono[len(mono) - fade :] *= np.linspace(1.0, 0.0, fade, dtype=np.float32)
    return np.asarray(mono, np.float32)


def looped(sound: Sound, n_samples: int, random: np.random.Generator) -> Sound:
    """A background as long as asked, from a random moment, its ends crossfaded at equal power."""
    fade = min(RATE_HZ // 2, len(sound) // 4)
    rise = np.sin(np.linspace(0.0, np.pi / 2, fade, dtype=np.float32))
    ring = sound[fade:].copy()
    ring[-fade:] = ring[-fade:] * rise[::-1] + sound[:fade] * rise
    return np.resize(np.roll(ring, -int(random.integers(len(ring)))), n_samples)


def active_db(sound: Sound) -> float:
    """RMS of the 20 ms frames within 20 dB of the loudest."""
    size = RATE_HZ // 50
    power = np.square(np.pad(sound, (0, -len(sound) % size))).reshape(-1, size).mean(axis=1)
    return float(10.0 * np.log10(power[power >= power.max() / 100.0].mean() + 1e-12))


def audible(clip: Sound, background: Sound) -> list[tuple[float, float]]:
    """Stretches in which some band of a clip is above the background's, in seconds from its beginning."""
    above = (frames_of(clip, RATE_HZ).bands_db > frames_of(background, RATE_HZ).bands_db.clip(-90.0)).any(axis=1)
    edges = np.flatnonzero(np.diff(np.concatenate([[0], above.astype(np.int8), [0]]))).reshape(-1, 2)
    stretches: list[tuple[float, float]] = []
    for start, stop in edges / HOPS_PER_S:
        if stretches and start - stretches[-1][1] < GAP_S:
            stretches[-1] = (stretches[-1][0], float(stop))
        else:
            stretches.append((float(start), float(stop)))
    return [stretch for stretch in stretches if stretch[1] - stretch[0] >= 0.03]


class Mix:
    """A scene in the making: sounds before a background, each with its truth."""

    def __init__(self, background: Sound, level_db: float) -> None:
        self._background = background * np.float32(10.0 ** ((level_db - active_db(background)) / 20.0))
        self.level_db = level_db
        self._mix = self._background.copy()
        self.n_samples = len(background)
        self.events: list[Event] = []

    def add(self, sound: Sound, at: int, snr_db: float, tag: str, name: str) -> int:
        """Lay a sound over it at a sample, so much above the background there; how long it is until the scene ends."""
        sound = sound[: self.n_samples - at]
        around = self._background[at : at + len(sound)]
        level_db = 10.0 * np.log10(np.square(around).mean() + 1e-5 * 10.0 ** (self.level_db / 10.0))
        sound = sound * np.float32(10.0 ** ((snr_db + level_db - active_db(sound)) / 20.0))
        self._mix[at : at + len(sound)] += sound
        start_s, end_s = at / RATE_HZ, (at + len(sound)) / RATE_HZ
        heard = [(round(start_s + a, 3), round(start_s + b, 3)) for a, b in audible(sound, around)]
        self.events.append(Event(round(start_s, 4), round(end_s, 4), tag, name, round(snr_db, 2), heard))
        return len(sound)

    def sound(self) -> Sound:
        """The scene, turned down where it would clip."""
        return np.asarray(self._mix / np.float32(max(1.0, 1.02 * float(np.abs(self._mix).max()))), np.float32)


def scene(clips: Sequence[Clip], seed: int) -> tuple[Sound, list[Event]]:
    """A scene of 20 to 60 s and its truth; two in five have events that overlap."""
    random = np.random.default_rng(seed)
    behind = [clip for clip in clips if clip.tag in BACKGROUNDS]
    before = [clip for clip in clips if clip.tag not in BACKGROUNDS]
    tags = sorted({clip.tag for clip in before})
    n_samples = round(random.uniform(20.0, 60.0) * RATE_HZ)
    background = looped(sound_of(behind[random.integers(len(behind))].path, 30.0), n_samples, random)
    level_db = random.uniform(-45.0, -25.0)
    mix = Mix(background, level_db)
    at = round(random.uniform(0.5, 3.0) * RATE_HZ)
    overlaps = random.random() < 0.4
    while at < mix.n_samples - RATE_HZ:
        tag = tags[random.integers(len(tags))]
        same = [clip for clip in before if clip.tag == tag]
        path = same[random.integers(len(same))].path
        n_clip = mix.add(sound_of(path, LONGEST_S), at, random.uniform(6.0, 24.0), tag, path.name)
        pause_s = random.exponential(1.2) + 0.4
        if overlaps and random.random() < 0.5:
            pause_s = -random.uniform(0.0, 0.8) * n_clip / RATE_HZ
        at += max(RATE_HZ // 5, n_clip + round(pause_s * RATE_HZ))
    return mix.sound(), mix.events


def main() -> None:
    """Write scenes as FLAC, and the truth of each as JSON beside it."""
    folder, out = Path(sys.argv[1]), Path(sys.argv[2])
    n_scenes = int(sys.argv[3]) if len(sys.argv) > 3 else 20
    clips = [clip for clip in clips_of(folder) if len(sys.argv) < 5 or clip.half == int(sys.argv[4])]
    out.mkdir(parents=True, exist_ok=True)
    for number in range(n_scenes):
        samples, events = scene(clips, number)
        soundfile.write(out / f"scene_{number:03}.flac", samples, RATE_HZ)
        truth = {"events": [event._asdict() for event in events]}
        (out / f"scene_{number:03}.json").write_text(json.dumps(truth, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
