"""Events in the order of time become notes, parts, metres and words."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import mido

from soundscape.errors import ScoreError
from soundscape.score.channels import NOTES_OFF, PEDAL, RESET_ALL, SOUND_OFF, Channel
from soundscape.score.clock import Clock
from soundscape.score.events import CUE, LYRIC, MARKER, METRE, PORT, TEXT, Event
from soundscape.score.score import Marker, Metre, Note, Part
from soundscape.score.text import decoded

MOST_STRIKES = 16
"""A key struck more often than this before it is let go loses its oldest note."""
MAX_PARTS = 4096
PERCUSSION = 9
_KARAOKE = "words"
"""Name of the track in which karaoke files keep their lyrics as plain text; lines with @ are about the file."""

Key = tuple[int, int, int]
"""Where a channel is: sequence (format 2 has several), port, channel."""
Place = tuple[int, Key, int]
"""What plays a part: track, channel, programme."""


@dataclass(slots=True, eq=False)
class _Sounding:
    """A note whose end is not known yet."""

    tick: int
    velocity: int
    pitch: int
    place: Place
    is_released: bool = False
    """Only the pedal holds it."""


class Reader:
    """Reads events; what it found is in its attributes.

    Parameters
    ----------
    titles, ends
        Of each track: its name or nothing, and its last tick.
    """

    def __init__(
        self, clock: Clock, titles: Sequence[str], ends: Sequence[int], encoding: str, *, in_sequence: bool
    ) -> None:
        self.markers: list[Marker] = []
        self.lyrics: list[Marker] = []
        self.metres: list[Metre] = []
        self.warnings: list[str] = []
        self._clock, self._titles, self._ends, self._encoding = clock, titles, ends, encoding
        self._in_sequence = in_sequence
        self._ports: dict[int, int] = defaultdict(int)
        self._channels: dict[Key, Channel] = defaultdict(Channel)
        self._sounding: dict[Key, dict[int, list[_Sounding]]] = defaultdict(dict)
        self._ended: list[tuple[_Sounding, int]] = []
        """Notes, and the tick at which each ends."""
        self._places: dict[Place, None] = {}
        self._balance: Mapping[tuple[int, int, int], int] = {}

    def read(self, events: Sequence[Event]) -> None:
        """Read all events, in the order of time."""
        self._balance = _balance(events)
        for tick, track, data in events:
            if data[0] == 0xFF:
                self._meta(tick, track, data[1], data[2:])
            else:
                self._message(tick, track, mido.Message.from_bytes(data))
        self._end_all()

    def _meta(self, tick: int, track: int, kind: int, payload: bytes) -> None:
        now_s = self._clock.seconds(tick)
        if kind == PORT and payload:
            self._ports[track] = payload[0]
        elif kind == METRE:
            if len(payload) < 2 or not payload[0] or payload[1] > 7:
                self.warnings.append(f"track {track + 1}, tick {tick}: metre {tuple(payload[:2])} is left out")
            else:
                self.metres.append(Metre(now_s, payload[0], 2 ** payload[1]))
        elif kind in (MARKER, CUE):
            self.markers.append(Marker(now_s, decoded(payload, self._encoding)))
        elif kind == LYRIC or (kind == TEXT and self._titles[track].lower() == _KARAOKE and payload[:1] != b"@"):
            self.lyrics.append(Marker(now_s, decoded(payload, self._encoding)))

    def _message(self, tick: int, track: int, message: Any) -> None:
        key = (track if self._in_sequence else 0, self._ports[track], message.channel)
        channel = self._channels[key]
        match message.type:
            case "note_on" if message.velocity:
                self._strike(tick, track, key, message)
            case "note_on" | "note_off":
                self._let_go(tick, track, key, message.note)
            case "control_change":
                channel.control(message.control, message.value, self._clock.seconds(tick))
                self._obey(tick, key, message.control)
            case "program_change":
                channel.program = message.program
            case "pitchwheel":
                channel.bend(message.pitch, self._clock.seconds(tick))

    def _strike(self, tick: int, track: int, key: Key, message: Any) -> None:
        """A note begins. Where note-offs lack on its key, it ends the one before; else each has its own end."""
        sounding = self._sounding[key].get(message.note, [])
        lacks_ends = self._balance[track, key[2], message.note] > 0
        for note in list(sounding):
            if note.is_released or (lacks_ends and note.place[0] == track) or len(sounding) >= MOST_STRIKES:
                self._end(note, tick)
        place = (track, key, self._channels[key].program)
        self._places[place] = None
        if len(self._places) > MAX_PARTS:
            raise ScoreError(f"track {track + 1}, tick {tick}: more than {MAX_PARTS} parts", hint="split the score")
        struck = _Sounding(tick, message.velocity, message.note, place)
        self._sounding[key].setdefault(message.note, []).append(struck)

    def _let_go(self, tick: int, track: int, key: Key, pitch: int) -> None:
        """The oldest note on the key ends, one of the same track first; with the pedal down, it is held."""
        struck = [note for note in self._sounding[key].get(pitch, ()) if not note.is_released]
        if struck:
            self._release(min(struck, key=lambda note: note.place[0] != track), tick)

    def _release(self, note: _Sounding, tick: int) -> None:
        if self._channels[note.place[1]].pedal:
            note.is_released = True
        else:
            self._end(note, tick)

    def _obey(self, tick: int, key: Key, number: int) -> None:
        """What a controller asks of the notes of its channel: pedal up, all sound off, all notes off (123 to 127)."""
        if number not in (PEDAL, RESET_ALL, SOUND_OFF) and number < NOTES_OFF:
            return
        for note in [note for notes in self._sounding[key].values() for note in notes]:
            if number == SOUND_OFF or (note.is_released and not self._channels[key].pedal):
                self._end(note, tick)
            elif number >= NOTES_OFF:
                self._release(note, tick)

    def _end(self, note: _Sounding, tick: int) -> None:
        sounding = self._sounding[note.place[1]]
        sounding[note.pitch].remove(note)
        if not sounding[note.pitch]:
            del sounding[note.pitch]
        self._ended.append((note, max(tick, note.tick)))

    def _end_all(self) -> None:
        """Notes that nothing ended last until their track does."""
        endless: Counter[int] = Counter()
        for note in [note for keys in self._sounding.values() for notes in keys.values() for note in notes]:
            if not note.is_released:
                endless[note.place[0]] += 1
            self._end(note, self._ends[note.place[0]])
        for track, count in sorted(endless.items()):
            self.warnings.append(f"track {track + 1}: notes that never end: {count}; they last to its end")

    def notes_and_parts(self) -> tuple[tuple[Note, ...], tuple[Part, ...]]:
        """What plays, and on what; parts are in the order of tracks, and in a track of their first notes."""
        names = self._names()
        controls = {key: channel.control_curves() for key, channel in self._channels.items()}
        bends = {key: channel.bend_curve() for key, channel in self._channels.items()}
        parts = tuple(
            Part(name, key[2], program, key[2] == PERCUSSION, controls[key], bends[key])
            for (_, key, program), name in names.items()
        )
        return tuple(self._note(note, end, names[note.place]) for note, end in self._ended), parts

    def _note(self, note: _Sounding, end: int, part: str) -> Note:
        start_s = self._clock.seconds(note.tick)
        return Note(start_s, part, note.pitch, self._clock.seconds(end) - start_s, note.velocity)

    def _names(self) -> dict[Place, str]:
        """A name for each part, unique."""
        names: dict[Place, str] = {}
        taken: set[str] = set()
        for track, key, program in sorted(self._places, key=lambda place: place[0]):
            name = self._titles[track] or f"track {track + 1}"
            longer = f"{name} (track {track + 1}, channel {key[2] + 1}, programme {program + 1})"
            names[track, key, program] = next(name for name in _variants(name, longer) if name not in taken)
            taken.add(names[track, key, program])
        return names


def _variants(name: str, longer: str) -> Iterator[str]:
    yield from (name, longer)
    number = 2
    while True:
        yield f"{longer} {number}"
        number += 1


def _balance(events: Iterable[Event]) -> Counter[tuple[int, int, int]]:
    """Note-ons without a note-off, by track, channel and pitch."""
    balance: Counter[tuple[int, int, int]] = Counter()
    for _, track, data in events:
        if data[0] & 0xE0 == 0x80:
            balance[track, data[0] & 0x0F, data[1]] += 1 if data[0] >= 0x90 and data[2] else -1
    return balance
