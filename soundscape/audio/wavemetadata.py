"""Metadata as chunks of a WAV file: bext (EBU Tech 3285), iXML, LIST-INFO."""

from __future__ import annotations

import math
import struct
from html import escape

from soundscape.audio.loudness import Loudness
from soundscape.audio.metadata import Metadata, comment_of

UNKNOWN_LEVEL = 0x7FFF
"""What bext says of a loudness that was not measured."""
MAX_COMMENT_BYTES = 60_000


def padded_chunk(name: bytes, body: bytes) -> bytes:
    r"""A chunk with its size, of even length.

    Examples
    --------
    >>> padded_chunk(b"test", b"abc")
    b'test\x03\x00\x00\x00abc\x00'
    """
    return struct.pack("<4sI", name, len(body)) + body + bytes(len(body) % 2)


def metadata_chunks(metadata: Metadata, loudness: Loudness | None = None, names: tuple[str, ...] = ()) -> bytes:
    """All chunks that carry `metadata` and the names of the channels; their length does not depend on `loudness`."""
    return (
        padded_chunk(b"bext", bext(metadata, loudness))
        + padded_chunk(b"iXML", ixml(metadata, names))
        + padded_chunk(b"LIST", info(metadata))
    )


def bext(metadata: Metadata, loudness: Loudness | None = None) -> bytes:
    """Broadcast extension, version 2: 602 bytes; loudness in hundredths."""
    date, _, time = metadata.recorded_at.partition("T")
    levels = (
        [loudness.integrated_lufs, loudness.range_lu, loudness.true_peak_dbtp, loudness.momentary_max_lufs,
         loudness.short_term_max_lufs] if loudness else [math.nan] * 5
    )  # fmt: skip
    return b"".join(
        (
            _field(metadata.description, 256),
            _field(metadata.recordist, 32),
            _field(metadata.object_id, 32),
            _field(date[:10], 10),
            _field(time[:8], 8),
            struct.pack("<QH", 0, 2),
            bytes(64),
            struct.pack("<5h", *(_hundredths(level) for level in levels)),
            bytes(180),
        )
    )


def ixml(metadata: Metadata, names: tuple[str, ...] = ()) -> bytes:
    """The iXML document: note, place, the channels by name, and the whole metadata under USER."""
    rows = {"NOTE": metadata.description, "SCENE": metadata.object_id, "USER": comment_of(metadata)}
    lines = [f"<{name}>{escape(text, quote=False)}</{name}>" for name, text in rows.items() if text]
    if metadata.place:
        lines.append(f"<LOCATION><LOCATION_NAME>{escape(metadata.place, quote=False)}</LOCATION_NAME></LOCATION>")
    if names:
        tracks = "".join(_track(number, name) for number, name in enumerate(names, start=1))
        lines.append(f"<TRACK_LIST><TRACK_COUNT>{len(names)}</TRACK_COUNT>{tracks}</TRACK_LIST>")
    return "\n".join(
        ('<?xml version="1.0" encoding="UTF-8"?>', "<BWFXML>", "<IXML_VERSION>2.10</IXML_VERSION>", *lines, "</BWFXML>")
    ).encode()


def _track(number: int, name: str) -> str:
    place = f"<CHANNEL_INDEX>{number}</CHANNEL_INDEX><INTERLEAVE_INDEX>{number}</INTERLEAVE_INDEX>"
    return f"<TRACK>{place}<NAME>{escape(name, quote=False)}</NAME></TRACK>"


def info(metadata: Metadata) -> bytes:
    """Fields that every player shows; ICMT holds everything, as `comment_of` writes it."""
    rows = {
        b"INAM": metadata.title, b"IART": metadata.recordist, b"ICRD": metadata.recorded_at,
        b"ICOP": metadata.licence, b"ICMT": comment_of(metadata),
    }  # fmt: skip
    held = (padded_chunk(name, text.encode()[:MAX_COMMENT_BYTES] + b"\0") for name, text in rows.items() if text)
    return b"INFO" + b"".join(held)


def loop_chunk(rate_hz: int, first: int, last: int) -> bytes:
    """A smpl chunk's body: for ever from a frame to another, both within (Multimedia Programming Interface 1.0).

    Examples
    --------
    >>> struct.unpack("<9I", loop_chunk(48_000, 10, 99)[:36])[7], struct.unpack("<6I", loop_chunk(48_000, 10, 99)[36:])
    (1, (0, 0, 10, 99, 0, 0))
    """
    middle_c, most = 60, 2**32 - 1
    return struct.pack("<9I", 0, 0, round(1e9 / rate_hz), middle_c, 0, 0, 0, 1, 0) + struct.pack(
        "<6I", 0, 0, min(first, most), min(max(last, first), most), 0, 0
    )


def _field(text: str, n_bytes: int) -> bytes:
    """UTF-8 in a field of fixed length, cut between characters."""
    return text.encode()[:n_bytes].decode("utf-8", "ignore").encode().ljust(n_bytes, b"\0")


def _hundredths(level: float) -> int:
    return round(max(-327.0, min(level, 327.0)) * 100) if math.isfinite(level) else UNKNOWN_LEVEL
