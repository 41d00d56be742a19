"""What a MIDI file is made of: one header and its tracks, bare or inside a RIFF wrapper (RMID).

Every length is compared with the bytes that are there before anything is read by it. Messages name no file; the
reader of the file puts its name in front.
"""

from __future__ import annotations

from dataclasses import dataclass

from soundscape.errors import ScoreError

COPY_AGAIN = "copy the file again, or export the score again"
EXPORT_AGAIN = "export the score again as a Standard MIDI file, format 0 or 1"
MAX_TRACKS = 4096
SMPTE_RATES = (24, 25, 29, 30)


@dataclass(frozen=True, slots=True)
class Chunks:
    """Where things are in a MIDI file."""

    form: int
    division: int
    """The header's 16 bits: ticks per quarter note, or (from 0x8000) a SMPTE rate and ticks per frame."""
    tracks: tuple[tuple[int, int], ...]
    """(first byte, byte behind the last) of each track's events."""
    warnings: tuple[str, ...]


def find_chunks(data: bytes) -> Chunks:
    """Header and tracks of a file.

    Raises
    ------
    ScoreError
        If there is no header, it asks for what does not exist, or a track is cut short.
    """
    start, stop = _unwrapped(data)
    if data[start : start + 4] != b"MThd":
        raise ScoreError(
            f"no MIDI header at byte {start}, it begins with {data[start : start + 4]!r}", hint="choose a MIDI file"
        )
    at = start + 8 + _size(data, start, stop)
    if at < start + 14 or at > stop:
        raise ScoreError(f"the header at byte {start} has a length of {at - start - 8} bytes, not 6", hint=EXPORT_AGAIN)
    form, n_tracks, division = (int.from_bytes(data[i : i + 2], "big") for i in range(start + 8, start + 14, 2))
    if form > 2:
        raise ScoreError(f"format {form} at byte {start + 8}; there are only 0, 1 and 2", hint=EXPORT_AGAIN)
    _check_division(division, start + 12)
    tracks, warnings = _tracks(data, at, stop, n_tracks)
    return Chunks(form, division, tracks, warnings)


def _size(data: bytes, at: int, stop: int) -> int:
    return int.from_bytes(data[at + 4 : min(at + 8, stop)], "big")


def _unwrapped(data: bytes) -> tuple[int, int]:
    """First and last byte of the MIDI file inside a RIFF wrapper, or of all."""
    if data[:4] != b"RIFF" or data[8:12] != b"RMID":
        return 0, len(data)
    at = 12
    while at + 8 <= len(data):
        size = int.from_bytes(data[at + 4 : at + 8], "little")
        if data[at : at + 4] == b"data":
            if at + 8 + size > len(data):
                raise ScoreError(f"the MIDI data at byte {at} is cut short: {size} bytes announced, "
                                 f"{len(data) - at - 8} there", hint=COPY_AGAIN)  # fmt: skip
            return at + 8, at + 8 + size
        at += 8 + size + size % 2
    raise ScoreError("the RIFF wrapper holds no MIDI data (no chunk 'data')", hint=EXPORT_AGAIN)


def _check_division(division: int, at: int) -> None:
    if division == 0:
        raise ScoreError(f"0 ticks per quarter note at byte {at}", hint=EXPORT_AGAIN)
    if division >= 0x8000 and (256 - (division >> 8) not in SMPTE_RATES or division & 0xFF == 0):
        raise ScoreError(f"a SMPTE clock of {256 - (division >> 8)} frames with {division & 0xFF} ticks each "
                         f"at byte {at}; frames are {SMPTE_RATES} a second", hint=EXPORT_AGAIN)  # fmt: skip


def _tracks(data: bytes, at: int, stop: int, announced: int) -> tuple[tuple[tuple[int, int], ...], tuple[str, ...]]:
    """Every whole track; what lies behind the last announced one may be anything."""
    tracks: list[tuple[int, int]] = []
    warnings = []
    while at < stop:
        kind, end = data[at : at + 4], at + 8 + _size(data, at, stop)
        is_whole = at + 8 <= stop and end <= stop and kind.isalnum()
        if not is_whole and len(tracks) >= announced:
            warnings.append(f"{stop - at} bytes behind the last track, at byte {at}, are left out")
            break
        if not is_whole:
            raise ScoreError(f"track {len(tracks) + 1} of {announced} is cut short at byte {at}: "
                             f"it ends at byte {end}, the file at {stop}", hint=COPY_AGAIN)  # fmt: skip
        if kind == b"MTrk":
            tracks.append((at + 8, end))
        if len(tracks) > MAX_TRACKS:
            raise ScoreError(f"more than {MAX_TRACKS} tracks, at byte {at}", hint="split the score")
        at = end
    if len(tracks) != announced:
        warnings.append(
            f"the header announces {announced} tracks, {len(tracks)} {'is' if len(tracks) == 1 else 'are'} there"
        )
    return tuple(tracks), tuple(warnings)
