"""Notes whose pitch is known: real ones whose name tells it, and made ones with the partials of strings, pipes, bells.

Not every collection names the pitch that sounds. What was found by looking at spectra is in `SOUNDING`: a piece of the
path, and what the named pitch has to be multiplied with; 0 where names and sounds have nothing to do with each other.
"""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from recordings.take import RATE_HZ, Signal

STEPS = {"c": 0, "d": 2, "e": 4, "f": 5, "g": 7, "a": 9, "b": 11, "h": 11}
UNFIT = ("phrase", "gliss", "trill", "harmonic", "effect", "tremolo", "percussion", "drum", "cymbal")
PITCHED = ("bell", "bowed-string", "brass", "chime", "choir", "flute", "gong", "keyboard", "plucked-string", "reed",
           "voice", "wood-percussion", "other")  # fmt: skip
FASTER = 48_000 / 44_100
"""Sampled at 44.1 kHz and kept as if at 48 kHz, so 147 cents above the name, every note of a folder alike."""
SOUNDING = (
    ("spectmorph-instruments/bass-clarinet", FASTER), ("spectmorph-instruments/double-bass", FASTER),
    ("spectmorph-instruments/soprano-saxophone", FASTER), ("spectmorph-instruments/clarinet", 0.0),
    ("spectmorph-instruments/cello", 0.0), ("spectmorph-instruments/violin", 0.0),
    ("spectmorph-instruments/mirko", 0.0), ("philharmonia-samples/audio/trombone", 0.0),
    ("karoryfer.weresax", 2.0), ("Xylophone/Medium Mallets", 2.0), ("hammond-organ", 0.5), ("slap-bass", 0.5),
    ("Discord GM/", 0.0), ("virtual-ringing-room", 0.0), ("FluidR3_GM/16-0", 0.25), ("FluidR3_GM/19-0", 0.0),
    ("FluidR3_GM/115-0", 0.0), ("FluidR3_GM/116-0", 0.0), ("FluidR3_GM/0-9", 0.0),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Note:
    """A sound whose pitch is known."""

    path: Path
    hz: float
    tag: str
    source: str
    licence: str


def hz_of_name(path: str) -> float:
    """Pitch that a path tells, 0 Hz where it tells none.

    Examples
    --------
    >>> round(hz_of_name("bassoon/note-40.flac"), 1), hz_of_name("chromatic/harpsichord/263.128.wav")
    (82.4, 263.128)
    >>> [round(hz_of_name(name)) for name in ("viola/Vla_ff-71-H4.flac", "audio/flute/flute_As5_1_piano_normal.mp3")]
    [494, 932]
    """
    if any(word in path.lower() for word in UNFIT):
        return 0.0
    factor = next((factor for piece, factor in SOUNDING if piece in path), 1.0)
    name = path.rsplit("/", 1)[-1]
    name = name.rsplit(".", 1)[0] if re.search(r"\.(wav|flac|mp3|ogg)$", name) else name
    if re.fullmatch(r"\d{2,4}\.\d+", name):
        return factor * float(name)
    for pattern in (r"note-(\d+)(?:-\d+)?$", r"[_-](\d{2,3})-[A-H](?:is|es)?\d", r"-(\d{2,3})(?:-\d)?$"):
        if found := re.search(pattern, name):
            return factor * _hz_of_midi(int(found[1]))
    found = re.search(r"(?:^|[_ -])([A-Ha-h])(is|s|#|b)?(-?\d)(?=$|[_ ])", name)
    if not found:
        return 0.0
    step = STEPS[found[1].lower()] + {"is": 1, "s": 1, "#": 1, "b": -1}.get(found[2] or "", 0)
    return factor * _hz_of_midi(12 * (int(found[3]) + 1) + step)


def _hz_of_midi(number: int) -> float:
    return float(440.0 * 2.0 ** ((number - 69) / 12.0))


def rows_of(folder: Path) -> list[dict[str, str]]:
    """Rows of a folder's `MANIFEST.csv`."""
    with (folder / "MANIFEST.csv").open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def notes_of(folder: Path) -> list[Note]:
    """Notes of a folder with a `MANIFEST.csv` whose names tell their pitch."""
    notes = [Note(folder / row["file"], hz_of_name(f"{row['source_repo']}/{row['source_path']}"),
                  row["tag"].replace("_", "-"), row["source_repo"], row["licence"])
             for row in rows_of(folder)]  # fmt: skip
    return [note for note in notes if 27.0 < note.hz < 4500.0 and note.tag in PITCHED]


BELL = ((0.5, 0.9), (1.0, 0.8), (1.2, 0.9), (1.5, 0.3), (2.0, 1.0), (2.5, 0.4), (2.67, 0.3), (3.0, 0.6), (4.0, 0.4))
"""Hum, prime, tierce, quint, nominal and what is above, of a church bell whose strike note is 1, with their levels
(Fletcher and Rossing, The Physics of Musical Instruments, section 21.4)."""


def sounding(hz: Signal, level: Signal, t60_s: Signal, seconds: float, generator: np.random.Generator) -> Signal:
    """Partials that fade, (n_frames,), highest 0.5."""
    at_s = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    total = np.zeros(len(at_s))
    for one_hz, one, fall_s in zip(hz, level, t60_s, strict=True):
        if one_hz < 0.45 * RATE_HZ:
            phase = 2.0 * np.pi * (one_hz * at_s + generator.random())
            total += one * np.exp(-6.9 * at_s / fall_s) * np.sin(phase)
    total *= np.minimum(1.0, at_s / generator.uniform(0.001, 0.05))
    return np.asarray(0.5 * total / np.abs(total).max())


def made_note(generator: np.random.Generator) -> tuple[Signal, float]:
    """A note as bells, chimes, strings or pipes have it, of any pitch from 30 Hz to 4 kHz; and its pitch in Hz."""
    kind = int(generator.integers(4))
    seconds = float(generator.uniform(0.2, 3.0))
    if kind == 0:
        pitch_hz = float(np.exp(generator.uniform(np.log(90.0), np.log(1500.0))))
        ratios, levels = (np.array(column) for column in zip(*BELL, strict=True))
        ratios = ratios * np.exp(generator.normal(0.0, 0.004, len(BELL)))
        hz, pitch_hz = ratios * pitch_hz, float(pitch_hz * ratios[4] / 2.0)
        t60_s = generator.uniform(2.0, 12.0) * ratios**-0.8
    elif kind == 1:
        # a bar, a plate, a bell of another shape: the lowest strong mode is what is heard
        pitch_hz = float(np.exp(generator.uniform(np.log(100.0), np.log(4000.0))))
        ratios = np.concatenate([[1.0], 1.0 + np.cumsum(generator.uniform(0.4, 1.6, 5))])
        levels = np.concatenate([[1.0], generator.uniform(0.02, 0.5, 5)])
        hz, t60_s = ratios * pitch_hz, generator.uniform(0.3, 5.0) * ratios**-0.8
    else:
        pitch_hz = float(np.exp(generator.uniform(np.log(30.0), np.log(4000.0))))
        n = int(np.clip(12_000.0 / pitch_hz, 3, 40))
        number = np.arange(1, n + 1)
        stiff = 10.0 ** generator.uniform(-6.0, -3.7) if kind == 2 else 0.0
        hz = pitch_hz * number * np.sqrt(1.0 + stiff * number**2)
        levels = number ** -generator.uniform(0.3, 2.0) * 10.0 ** (-generator.uniform(0.0, 15.0, n) / 20.0)
        t60_s = np.full(n, 60.0, np.float64)
        if kind == 2:
            t60_s = np.asarray(generator.uniform(0.5, 8.0) * number**-0.5, np.float64)
    levels = levels * 10.0 ** (generator.normal(0.0, 3.0, len(hz)) / 20.0)
    return sounding(hz, levels, t60_s, seconds, generator), pitch_hz
