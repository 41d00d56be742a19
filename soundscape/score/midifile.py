"""Standard MIDI files, formats 0 and 1, become scores; ticks become seconds here, exactly, and nowhere else."""

from __future__ import annotations

import bisect
import io
from collections import defaultdict
from fractions import Fraction
from pathlib import Path
from typing import Any

import mido

from soundscape.errors import ScoreError
from soundscape.score.curve import Curve
from soundscape.score.score import Marker, Note, Part, Score

MAX_BYTES = 16 * 2**20
MAX_DURATION_S = 48 * 3600
_HINT = "export the score again as a Standard MIDI file, format 0 or 1"


class _Clock:
    """Seconds of ticks: whole microseconds times ticks, divided once."""

    def __init__(self, division: int, tempi: dict[int, int]) -> None:
        self.scale = division * 1_000_000
        self.ticks, self.sums, self.tempi = [0], [0], [tempi.get(0, 500_000)]
        for tick, tempo in sorted(tempi.items()):
            if tick > 0:
                self.sums.append(self.sums[-1] + (tick - self.ticks[-1]) * self.tempi[-1])
                self.ticks.append(tick)
                self.tempi.append(tempo)

    def seconds(self, tick: int) -> float:
        i = bisect.bisect_right(self.ticks, tick) - 1
        return float(Fraction(self.sums[i] + (tick - self.ticks[i]) * self.tempi[i], self.scale))


def read_score(path: str | Path) -> Score:
    """Score of a Standard MIDI file.

    A file without notes is read, with empty `notes`. A note without an end lasts until its track ends.

    Raises
    ------
    ScoreError
        If the file is missing, damaged, too big, longer than 48 h, or not read (format 2, SMPTE).
    """
    path = Path(path)
    try:
        if path.stat().st_size > MAX_BYTES:
            raise ScoreError(f"{path.name}: more than {MAX_BYTES} bytes", hint=_HINT)
        data = path.read_bytes()
    except OSError as error:
        raise ScoreError(f"{path.name}: {error.strerror}", hint="check the path") from error
    _check_chunks(path.name, data)
    try:
        file = mido.MidiFile(file=io.BytesIO(data), clip=True)
    except (EOFError, ValueError, KeyError, IndexError, OSError, TypeError) as error:
        raise ScoreError(f"{path.name}: damaged track data ({type(error).__name__})", hint=_HINT) from error
    return _score(path, file)


def _check_chunks(name: str, data: bytes) -> None:
    if data[:4] != b"MThd" or len(data) < 14 or int.from_bytes(data[4:8], "big") != 6:
        raise ScoreError(f"{name}: no MIDI header at byte 0", hint=_HINT)
    form, tracks, division = (int.from_bytes(data[i : i + 2], "big") for i in (8, 10, 12))
    if form > 1 or not 0 < division < 0x8000:
        raise ScoreError(f"{name}: format {form} with division {division} is not read (byte 8)", hint=_HINT)
    at = 14
    for track in range(tracks):
        stop = at + 8 + int.from_bytes(data[at + 4 : at + 8], "big")
        if data[at : at + 4] != b"MTrk" or stop > len(data):
            raise ScoreError(f"{name}: track {track + 1} is missing or cut short at byte {at}", hint=_HINT)
        at = stop


def _text(raw: str) -> str:
    data = raw.encode("latin-1", "replace")
    for encoding in ("utf-8", "cp932", "gbk"):
        try:
            return data.decode(encoding).strip("\0 ")
        except UnicodeDecodeError:
            continue
    return raw


def _score(path: Path, file: Any) -> Score:
    tempi: dict[int, int] = {}
    ends = []
    for track in file.tracks:
        tick = 0
        for message in track:
            tick += message.time
            if message.type == "set_tempo":
                tempi[tick] = message.tempo
        ends.append(tick)
    clock = _Clock(file.ticks_per_beat, tempi)
    duration_s = clock.seconds(max(ends, default=0))
    if duration_s > MAX_DURATION_S:
        message = f"{path.name}: lasts {duration_s / 3600:.0f} h, more than 48 h"
        raise ScoreError(message, hint="remove the stray late event")
    reader = _Reader(clock)
    for number, track in enumerate(file.tracks):
        reader.read(number, track)
    tempo = [(clock.seconds(tick), 60e6 / value) for tick, value in sorted(({0: 500_000} | tempi).items()) if value]
    return Score(
        path.stem, reader.parts(), tuple(reader.notes), duration_s, tuple(reader.markers), tuple(reader.lyrics),
        Curve.of_steps(tempo), tuple(reader.warnings),
    )  # fmt: skip


class _Reader:
    """Notes, parts and words of the tracks, one after another."""

    def __init__(self, clock: _Clock) -> None:
        self.clock = clock
        self.notes: list[Note] = []
        self.names: dict[tuple[int, int, int], str] = {}
        self.controls: dict[tuple[int, int], dict[int, list[tuple[float, float]]]] = {}
        self.bends: dict[tuple[int, int], list[tuple[float, float]]] = {}
        self.markers: list[Marker] = []
        self.lyrics: list[Marker] = []
        self.warnings: list[str] = []

    def read(self, number: int, track: Any) -> None:
        tick, title = 0, ""
        program: dict[int, int] = defaultdict(int)
        span: dict[int, float] = defaultdict(lambda: 2.0)
        rpn: dict[int, dict[int, int]] = defaultdict(dict)
        open_: dict[tuple[int, int], tuple[int, int, str]] = {}
        held: set[tuple[int, int]] = set()
        down: set[int] = set()

        def end(key: tuple[int, int]) -> None:
            start, velocity, part = open_.pop(key)
            held.discard(key)
            start_s = self.clock.seconds(start)
            self.notes.append(Note(start_s, part, key[1], self.clock.seconds(tick) - start_s, velocity))

        for m in track:
            tick += m.time
            now_s = self.clock.seconds(tick)
            if m.type == "track_name":
                title = title or _text(m.name)
            elif m.type in ("marker", "cue_marker", "lyrics"):
                (self.lyrics if m.type == "lyrics" else self.markers).append(Marker(now_s, _text(m.text)))
            elif m.type == "program_change":
                program[m.channel] = m.program
            elif m.type == "control_change":
                self.controls.setdefault((number, m.channel), {}).setdefault(m.control, []).append((now_s, m.value))
                rpn[m.channel][m.control] = m.value
                if m.control == 6 and rpn[m.channel].get(100) == 0 and rpn[m.channel].get(101) == 0:
                    span[m.channel] = float(m.value)
                if m.control == 64 and m.value >= 64:
                    down.add(m.channel)
                elif m.control == 64:
                    down.discard(m.channel)
                    for key in sorted(key for key in held if key[0] == m.channel):
                        end(key)
            elif m.type == "pitchwheel":
                bend = m.pitch / 8192 * span[m.channel]
                self.bends.setdefault((number, m.channel), []).append((now_s, bend))
            elif m.type in ("note_on", "note_off"):
                key = (m.channel, m.note)
                if m.type == "note_on" and m.velocity:
                    if key in open_:
                        end(key)
                    open_[key] = (tick, m.velocity, self.name((number, m.channel, program[m.channel]), title))
                elif key in open_ and m.channel in down:
                    held.add(key)
                elif key in open_:
                    end(key)
        if set(open_) - held:
            self.warnings.append(f"track {number + 1}: {len(set(open_) - held)} notes never end; they last to its end")
        for key in sorted(open_):
            end(key)

    def name(self, key: tuple[int, int, int], title: str) -> str:
        if key not in self.names:
            name = title or f"track {key[0] + 1}"
            if name in self.names.values():
                name = f"{name} (track {key[0] + 1}, channel {key[1] + 1}, programme {key[2] + 1})"
            self.names[key] = name
        return self.names[key]

    def parts(self) -> tuple[Part, ...]:
        return tuple(
            Part(
                name, key[1], key[2], key[1] == 9,
                tuple((n, Curve.of_steps(steps)) for n, steps in sorted(self.controls.get(key[:2], {}).items())),
                Curve.of_steps(self.bends[key[:2]]) if key[:2] in self.bends else None,
            )
            for key, name in self.names.items()
        )  # fmt: skip
