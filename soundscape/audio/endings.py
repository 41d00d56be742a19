"""Whether a sound file ends before it should: a copy that was interrupted, a recorder that lost power.

Told by what headers claim against the size of the file, and in Ogg by the flag of the last page; nothing is decoded.
A size that a recorder writes while it does not know yet how long it will record claims nothing.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from soundscape.audio.chunks import MAX_CHUNKS, wave_chunks

MARGIN_BYTES = 64
"""Some writers count a header in: as much may be missing without a loss."""
MP3_MARGIN_BYTES = 2048
"""More than a frame, and more than tags that an editor took away."""
MAX_PAGE_BYTES = 27 + 255 + 255 * 255
LAST_PAGE = 4
STREAMED = ((0x7FFFF000, 0x80000000), (0xFFFFF000, 0xFFFFFFFF), (1 << 63, 1 << 64))
"""Sizes that programs write into the header of a stream, besides 0."""


def is_cut_short(path: Path) -> bool:
    """Whether a WAV (RF64, BW64, W64), AIFF, AU, Ogg or MP3 ends before it should; of any other file, False.

    An MP3 says how long it is only where its first frame is one of Xing's or LAME's.
    """
    with path.open("rb") as stream:
        n_bytes = stream.seek(0, 2)
        stream.seek(0)
        head = stream.read(40)
        look = next((look for begins, look in LOOKS.items() if head.startswith(begins)), None)
        return look is not None and look(stream, head, n_bytes)


def _lacks(n_claimed: int, n_there: int, margin: int = MARGIN_BYTES) -> bool:
    return n_claimed > n_there + margin and not any(low <= n_claimed <= high for low, high in STREAMED)


def _wave(stream: BinaryIO, _head: bytes, n_bytes: int) -> bool:
    _, chunks = wave_chunks(stream)
    data = chunks.get(b"data")
    return data is not None and _lacks(data.n_claimed, n_bytes - data.offset)


def _wave64(_stream: BinaryIO, head: bytes, n_bytes: int) -> bool:
    return len(head) >= 24 and _lacks(struct.unpack_from("<Q", head, 16)[0], n_bytes)


def _aiff(stream: BinaryIO, head: bytes, n_bytes: int) -> bool:
    if head[8:12] not in (b"AIFF", b"AIFC"):
        return False
    offset = 12
    for _ in range(MAX_CHUNKS):
        stream.seek(offset)
        header = stream.read(8)
        if len(header) < 8:
            return False
        name, n_claimed = struct.unpack(">4sI", header)
        offset += 8
        if name == b"SSND":
            return _lacks(n_claimed, n_bytes - offset)
        offset += n_claimed + n_claimed % 2
    return False


def _au(_stream: BinaryIO, head: bytes, n_bytes: int) -> bool:
    if len(head) < 12:
        return False
    offset, n_claimed = struct.unpack_from(">II", head, 4)
    return _lacks(n_claimed, n_bytes - offset)


def _ogg(stream: BinaryIO, _head: bytes, n_bytes: int) -> bool:
    stream.seek(max(0, n_bytes - MAX_PAGE_BYTES))
    tail = stream.read(MAX_PAGE_BYTES)
    page = tail[tail.rfind(b"OggS\0") :] if b"OggS\0" in tail else b""
    if not page:  # something else follows the sound
        return False
    n_header = 27 + page[26] if len(page) > 26 else 27
    is_whole = len(page) >= n_header and len(page) >= n_header + sum(page[27:n_header])
    return not is_whole or not page[5] & LAST_PAGE


def _mp3(stream: BinaryIO, head: bytes, n_bytes: int) -> bool:
    start = 0
    if head.startswith(b"ID3"):
        start = 10 + sum((byte & 0x7F) << shift for byte, shift in zip(head[6:10], (21, 14, 7, 0), strict=False))
    stream.seek(start)
    frame = stream.read(256)
    at = max(frame.find(b"Xing"), frame.find(b"Info"))
    if at < 0 or len(frame) < at + 16:
        return False
    flags, *values = struct.unpack_from(">III", frame, at + 4)
    n_claimed = values[flags & 1] if flags & 2 else 0  # the number of frames comes first, where it is there
    return _lacks(n_claimed, n_bytes - start, MP3_MARGIN_BYTES)


LOOKS: dict[bytes, Callable[[BinaryIO, bytes, int], bool]] = {
    b"RIFF": _wave, b"RF64": _wave, b"BW64": _wave, b"riff": _wave64, b"FORM": _aiff, b".snd": _au, b"OggS": _ogg,
    b"ID3": _mp3, b"\xff\xfb": _mp3, b"\xff\xfa": _mp3, b"\xff\xf3": _mp3, b"\xff\xf2": _mp3, b"\xff\xe3": _mp3,
}  # fmt: skip
"""By how a file begins."""
