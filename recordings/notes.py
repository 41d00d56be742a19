"""Notes of a General MIDI sound font, as takes the tagger is taught with; `fluidsynth` plays them.

FluidR3 GM (Frank Wen, MIT licence) has real instruments under most programs of General MIDI. Each note is played alone,
without the synthesiser's own room.
"""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import mido
import numpy as np
import soundfile

LICENCE, COLLECTION = "MIT", "FluidR3_GM"
RATE_HZ = 44_100
EACH_S, LEAD_S = 7.0, 0.5
N_PITCHES = 7
HEARD_BELOW_PEAK = 10.0 ** (-50.0 / 20.0)
DRUMS_CHANNEL = 9


class Range(NamedTuple):
    """Programs of General MIDI that sound as one tag, their pitches, and how long a note is held at most."""

    tag: str
    programs: tuple[int, ...]
    lowest: int
    highest: int
    longest_s: float = 2.0


RANGES = (
    Range("keyboard", (0, 1, 4, 5, 6, 7, 16, 19, 20), 36, 88),
    Range("chime", (8, 9, 10, 11), 60, 100),
    Range("bell", (14,), 48, 80, 4.0),
    Range("wood_percussion", (12, 13), 53, 96),
    Range("plucked_string", (24, 25, 26, 27, 32, 33, 45, 46, 104, 105, 106, 107), 40, 80),
    Range("bowed_string", (40, 41, 42, 43, 44, 48, 110), 40, 86),
    Range("drum", (47, 116), 36, 55),
    Range("choir", (52, 53), 48, 79, 3.0),
    Range("brass", (56, 57, 58, 59, 60, 61), 40, 80),
    Range("reed", (64, 65, 66, 67, 68, 69, 70, 71, 22, 109, 111), 45, 80),
    Range("flute", (72, 73, 74, 75, 77, 79), 60, 92),
    Range("wood_percussion", (115,), 60, 76),
    Range("water", (122,), 50, 60, 6.0),
    Range("bird", (123,), 60, 72),
)
KITS = (
    (0, {"drum": (35, 36, 38, 40, 41, 43, 45, 47, 48, 50, 60, 61, 62, 63, 64, 65, 66, 86, 87),
         "cymbal": (42, 44, 46, 49, 51, 52, 55, 57, 59), "wood_percussion": (73, 74, 75, 76, 77),
         "chime": (80, 81, 84, 83)}),
    (48, {"drum": (35, 36, 38, 40, 41, 43, 45, 47, 48, 50, 52), "cymbal": (57, 59), "wood_percussion": (39,)}),
    (40, {"drum": (38, 40, 41, 45, 48), "cymbal": (42, 46, 49, 51)}),
)  # fmt: skip
"""Drum kits by program: the keys of each tag."""


class Played(NamedTuple):
    """One note."""

    tag: str
    program: int
    key: int
    held_s: float
    velocity: int
    channel: int

    @property
    def name(self) -> str:
        """What its file is called."""
        return f"{self.tag}_{COLLECTION}_{self.program}_{self.key}_{self.channel}.flac"


def notes() -> Iterator[Played]:
    """Every note, the same at every call."""
    generator = np.random.default_rng(1)
    for tag, programs, lowest, highest, longest_s in RANGES:
        for program in programs:
            for pitch in np.linspace(lowest, highest, N_PITCHES).round():
                key = int(pitch) + int(generator.integers(-1, 2))
                held_s = float(generator.uniform(0.3, 1.0)) * longest_s
                yield Played(tag, program, key, held_s, int(generator.integers(45, 120)), 0)
    for program, keys_of in KITS:
        for tag, keys in keys_of.items():
            for key in keys:
                yield Played(tag, program, key, 0.5, int(generator.integers(60, 120)), DRUMS_CHANNEL)


def play(soundfont: Path, folder: Path) -> int:
    """Play every note into a file of its own, and say how many were heard."""
    played = list(notes())
    with tempfile.TemporaryDirectory() as place:
        score, sound = Path(place, "notes.mid"), Path(place, "notes.wav")
        _write_score(played, score)
        command = ["fluidsynth", "-ni", "-g", "0.6", "-R", "0", "-C", "0", "-r", str(RATE_HZ), "-F", str(sound),
                   str(soundfont), str(score)]  # fmt: skip
        subprocess.run(command, check=True, capture_output=True)
        samples, _ = soundfile.read(sound, dtype="float32", always_2d=True)
    mono = samples.mean(axis=1)
    heard = 0
    for number, note in enumerate(played):
        start = int((number * EACH_S + LEAD_S) * RATE_HZ)
        line = mono[start - RATE_HZ // 20 : start + int((EACH_S - LEAD_S - 0.1) * RATE_HZ)]
        loud = np.flatnonzero(np.abs(line) > HEARD_BELOW_PEAK * max(1e-3, float(np.abs(line).max())))
        if len(loud) and np.abs(line).max() > 1e-3:
            cut = line[max(0, loud[0] - 200) : loud[-1] + 200]
            soundfile.write(folder / note.name, np.clip(cut, -1.0, 1.0), RATE_HZ)
            heard += 1
    return heard


def _write_score(played: list[Played], path: Path) -> None:
    events = []
    for number, note in enumerate(played):
        start_s = number * EACH_S
        events += [
            (start_s, mido.Message("program_change", channel=note.channel, program=note.program)),
            (start_s + LEAD_S,
             mido.Message("note_on", channel=note.channel, note=note.key, velocity=note.velocity)),
            (start_s + LEAD_S + note.held_s, mido.Message("note_off", channel=note.channel, note=note.key)),
        ]  # fmt: skip
    score = mido.MidiFile(ticks_per_beat=480)
    track = mido.MidiTrack()
    score.tracks.append(track)
    track.append(mido.MetaMessage("set_tempo", tempo=500_000))
    at = 0
    for start_s, message in sorted(events, key=lambda event: event[0]):
        tick = round(start_s * 960)
        track.append(message.copy(time=tick - at))
        at = tick
    track.append(mido.MetaMessage("end_of_track", time=9_600))
    score.save(path)
