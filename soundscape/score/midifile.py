"""Standard MIDI files, formats 0, 1 and 2, bare or in a RIFF wrapper, become scores."""

from __future__ import annotations

from itertools import accumulate
from pathlib import Path

from soundscape.errors import ScoreError
from soundscape.score.chunks import EXPORT_AGAIN, Chunks, find_chunks
from soundscape.score.clock import USUAL_TEMPO, Clock
from soundscape.score.curve import Curve
from soundscape.score.events import NAME, TEMPO, TEXTS, Budget, Event, Track, read_track
from soundscape.score.reader import Reader
from soundscape.score.score import Metre, Score
from soundscape.score.text import decoded, encoding_of

MAX_BYTES = 16 * 2**20
MAX_DURATION_S = 48 * 3600
MOST_WARNINGS = 20
LONGEST_NAME = 120
"""Characters; what is longer is no name, and would not fit where parts are listed."""
_NO_TITLES = ("tempo", "tempo track", "conductor", "conductor track", "untitled", "master track")
"""What programs, not people, call the track that names a piece."""


def read_score(path: str | Path) -> Score:
    """Score of a Standard MIDI file.

    A file without notes is read, with empty `notes`. A note without an end lasts until its track ends. The sequences
    of format 2 play one after another. What else was odd is told in `warnings`.

    Raises
    ------
    ScoreError
        If the file is missing, damaged, too big or longer than 48 h; it names the byte, or the track and tick.
    """
    path = Path(path)
    try:
        if path.exists() and not path.is_file():
            raise ScoreError(f"{path.name} is not a file", hint="name a MIDI file")
        if path.stat().st_size > MAX_BYTES:
            raise ScoreError(f"{path.name}: more than {MAX_BYTES} bytes", hint=EXPORT_AGAIN)
        data = path.read_bytes()
    except OSError as error:
        raise ScoreError(f"{path.name}: {error.strerror}", hint="check the path") from error
    try:
        return _score(data, path.stem.encode("utf-8", "replace").decode())  # a file's name need not be text
    except ScoreError as error:
        raise ScoreError(f"{path.name}: {error}", hint=error.hint) from error


def _score(data: bytes, name: str) -> Score:
    chunks, budget = find_chunks(data), Budget()
    tracks = [read_track(data, *span, number, budget) for number, span in enumerate(chunks.tracks)]
    in_sequence = chunks.form == 2
    starts = [0, *accumulate(track.end for track in tracks)] if in_sequence else [0] * len(tracks)
    events = sorted(
        (
            event._replace(tick=event.tick + start) if start else event
            for track, start in zip(tracks, starts, strict=False)
            for event in track.events
        ),
        key=lambda event: event.tick,
    )
    ends = [start + track.end for track, start in zip(tracks, starts, strict=False)]
    tempi, warnings = _tempi(events, starts)
    clock = Clock(chunks.division, tempi)
    _check_duration(clock, ends)
    encoding = encoding_of(event.data[2:] for event in events if event.data[0] == 0xFF and event.data[1] in TEXTS)
    titles = [_title(track, encoding) for track in tracks]
    reader = Reader(clock, titles, ends, encoding, in_sequence=in_sequence)
    reader.read(events)
    tempo = Curve.of_steps((clock.seconds(tick), 60e6 / value) for tick, value in sorted(tempi.items()))
    told = [*chunks.warnings, *(line for track in tracks for line in track.warnings), *warnings, *reader.warnings]
    if in_sequence and len(tracks) > 1:
        told.append(f"format 2: its {len(tracks)} sequences play one after another")
    notes, parts = reader.notes_and_parts()
    return Score(
        _score_title(chunks, tracks, titles) or name, parts, notes, clock.seconds(max(ends, default=0)),
        tuple(reader.markers), tuple(reader.lyrics), tempo, _told(told), _from_start(reader.metres),
    )  # fmt: skip


def _told(lines: list[str]) -> tuple[str, ...]:
    """The first warnings, and how many more there are."""
    more = len(lines) - MOST_WARNINGS
    return (*lines[:MOST_WARNINGS], f"and {more} more of the kind") if more > 0 else tuple(lines)


def _tempi(events: list[Event], starts: list[int]) -> tuple[dict[int, int], list[str]]:
    """Microseconds per quarter note by tick; each sequence of format 2 begins with the usual tempo."""
    tempi, warnings = dict.fromkeys([0, *starts], USUAL_TEMPO), []
    for tick, track, data in events:
        if data[0] == 0xFF and data[1] == TEMPO:
            tempo = int.from_bytes(data[2:], "big")
            if len(data) == 5 and tempo:
                tempi[tick] = tempo
            else:
                warnings.append(f"track {track + 1}, tick {tick}: a tempo event without a tempo is left out")
    return tempi, warnings


def _check_duration(clock: Clock, ends: list[int]) -> None:
    last = max(ends, default=0)
    if clock.seconds(last) > MAX_DURATION_S:
        raise ScoreError(f"track {ends.index(last) + 1}, tick {last}: lasts {clock.seconds(last) / 3600:.0f} h, "
                         "more than 48 h", hint="remove the stray late event")  # fmt: skip


def _title(track: Track, encoding: str) -> str:
    names = (decoded(event.data[2:], encoding) for event in track.events if event.data[:2] == bytes((0xFF, NAME)))
    return next((name for name in names if name), "")[:LONGEST_NAME].rstrip()


def _score_title(chunks: Chunks, tracks: list[Track], titles: list[str]) -> str:
    """Name of the first track, where it is the piece's and not a part's: alone in format 0, or without notes."""
    if not tracks or titles[0].lower() in _NO_TITLES or not any(map(str.isalnum, titles[0])):
        return ""
    has_notes = any(event.data[0] & 0xE0 == 0x80 for event in tracks[0].events)
    return titles[0] if chunks.form == 0 or (len(tracks) > 1 and not has_notes) else ""


def _from_start(metres: list[Metre]) -> tuple[Metre, ...]:
    """Metres from the start of the score on: four quarters where the file says nothing."""
    return tuple(metres) if metres and metres[0].time_s == 0.0 else (Metre(0.0, 4, 4), *metres)
