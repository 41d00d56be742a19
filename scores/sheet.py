"""Paper to write a score on: parts, notes in beats, controllers, tempo, marks; it becomes a Standard MIDI file."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import mido

TICKS_PER_BEAT = 480


@dataclass
class Voice:
    """One part: what one MIDI channel plays. Times and lengths are in beats from the beginning."""

    name: str
    channel: int
    _said: list[tuple[int, int, mido.Message]] = field(default_factory=list)

    def note(self, at: float, pitch: int, length: float = 1.0, velocity: int = 80) -> None:
        """One note."""
        self._say(at, 2, "note_on", note=pitch, velocity=velocity)
        self._say(at + length, 0, "note_off", note=pitch, velocity=0)

    def line(
        self, at: float, tones: Iterable[tuple[int | None, float]], velocity: int = 80, *, swell: int = 0
    ) -> float:
        """Tones (pitch, beats) one after another, None for a rest, each `swell` louder; the beat after the last."""
        for step, (pitch, length) in enumerate(tones):
            if pitch is not None:
                self.note(at, pitch, 0.95 * length, max(1, min(127, velocity + swell * step)))
            at += length
        return at

    def control(self, number: int, at: float, value: int) -> None:
        """A controller's value from a beat on."""
        self._say(at, 1, "control_change", control=number, value=value)

    def ramp(self, number: int, start: tuple[float, int], stop: tuple[float, int], steps_per_beat: int = 4) -> None:
        """A controller from one (beat, value) to another, in small steps."""
        n = max(1, round((stop[0] - start[0]) * steps_per_beat))
        for step in range(n + 1):
            share = step / n
            self.control(
                number, start[0] + (stop[0] - start[0]) * share, round(start[1] + (stop[1] - start[1]) * share)
            )

    def program(self, number: int) -> None:
        """Programme from the beginning."""
        self._say(0.0, 1, "program_change", program=number)

    def bend_range(self, semitones: int) -> None:
        """How far the bend wheel reaches (RPN 0)."""
        for number, value in ((101, 0), (100, 0), (6, semitones), (38, 0), (101, 127), (100, 127)):
            self.control(number, 0.0, value)

    def bend(self, at: float, wheel: int) -> None:
        """Bend wheel, -8192 to 8191."""
        self._say(at, 1, "pitchwheel", pitch=wheel)

    def _say(self, at: float, rank: int, kind: str, **values: int) -> None:
        self._said.append((round(at * TICKS_PER_BEAT), rank, mido.Message(kind, channel=self.channel, **values)))

    def track(self) -> mido.MidiTrack:
        """The part as a track; at one tick notes end, then controllers move, then notes begin."""
        return _track(self.name, ((tick, rank, message) for tick, rank, message in self._said))


@dataclass
class Sheet:
    """A score being written."""

    title: str
    _voices: list[Voice] = field(default_factory=list)
    _frame: list[tuple[int, int, mido.MetaMessage]] = field(default_factory=list)

    def part(self, name: str, channel: int) -> Voice:
        """A new part."""
        self._voices.append(Voice(name, channel))
        return self._voices[-1]

    def tempo(self, at: float, bpm: float) -> None:
        """Quarter notes per minute from a beat on."""
        self._write(at, mido.MetaMessage("set_tempo", tempo=mido.bpm2tempo(bpm)))

    def metre(self, at: float, upper: int, lower: int) -> None:
        """Time signature from a beat on."""
        self._write(at, mido.MetaMessage("time_signature", numerator=upper, denominator=lower))

    def mark(self, at: float, text: str) -> None:
        """A rehearsal mark."""
        self._write(at, mido.MetaMessage("marker", text=text))

    def word(self, at: float, text: str) -> None:
        """A lyric."""
        self._write(at, mido.MetaMessage("lyrics", text=text))

    def _write(self, at: float, message: mido.MetaMessage) -> None:
        self._frame.append((round(at * TICKS_PER_BEAT), 0, message))

    def midi(self) -> mido.MidiFile:
        """Format 1, tempo and marks in the first track, text in UTF-8."""
        tracks = [_track(self.title, self._frame), *(voice.track() for voice in self._voices)]
        return mido.MidiFile(type=1, ticks_per_beat=TICKS_PER_BEAT, tracks=tracks, charset="utf-8")


def _track(name: str, said: Iterable[tuple[int, int, mido.Message | mido.MetaMessage]]) -> mido.MidiTrack:
    track = mido.MidiTrack([mido.MetaMessage("track_name", name=name)])
    last = 0
    for tick, _, message in sorted(said, key=lambda one: one[:2]):
        track.append(message.copy(time=tick - last))
        last = tick
    return track
