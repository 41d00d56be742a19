"""MIDI files as bytes, written by hand."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from soundscape.score.midifile import read_score
from soundscape.score.score import Score

Read = Callable[[bytes], Score]


def number(value: int) -> bytes:
    """Seven bits a byte."""
    low = [value & 0x7F]
    while value := value >> 7:
        low.append(value & 0x7F | 0x80)
    return bytes(reversed(low))


def at(delta: int, *message: int) -> bytes:
    return number(delta) + bytes(message)


def meta(delta: int, kind: int, payload: bytes) -> bytes:
    return number(delta) + bytes((0xFF, kind)) + number(len(payload)) + payload


def tempo(delta: int, microseconds: int) -> bytes:
    return meta(delta, 0x51, microseconds.to_bytes(3, "big"))


def track(*events: bytes) -> bytes:
    body = b"".join(events) + meta(0, 0x2F, b"")
    return b"MTrk" + len(body).to_bytes(4, "big") + body


def smf(*tracks: bytes, form: int = 1, division: int = 100, announced: int | None = None) -> bytes:
    """100 ticks per quarter: with the usual tempo, a tick is 5 ms."""
    n_tracks = len(tracks) if announced is None else announced
    head = b"".join(value.to_bytes(2, "big") for value in (form, n_tracks, division))
    return b"MThd" + (6).to_bytes(4, "big") + head + b"".join(tracks)


def rmid(data: bytes) -> bytes:
    padded = data + b"\0" * (len(data) % 2)
    body = b"RMIDDISP" + (3).to_bytes(4, "little") + b"abc\0" + b"data" + len(data).to_bytes(4, "little") + padded
    return b"RIFF" + len(body).to_bytes(4, "little") + body


def reader_in(folder: Path) -> Read:
    def read(data: bytes) -> Score:
        path = folder / "score.mid"
        path.write_bytes(data)
        return read_score(path)

    return read
