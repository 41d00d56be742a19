"""Chunks of RIFF, RF64 and BW64 files: where they are, what bext, iXML and LIST-INFO say.

Sizes come from untrusted files: nothing is read that is larger than it may sensibly be.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from html import unescape
from pathlib import Path
from typing import BinaryIO

from soundscape.audio.metadata import Metadata, filled, from_comment

MAX_CHUNKS = 4096
MAX_TEXT_BYTES = 1 << 20
"""Longest chunk of text that is looked at."""
WAVE_KINDS = (b"RIFF", b"RF64", b"BW64")
UNKNOWN_SIZE = 0xFFFFFFFF


@dataclass(frozen=True, slots=True)
class Chunk:
    """Where the bytes of a chunk are."""

    name: bytes
    offset: int
    n_bytes: int
    n_claimed: int
    """Bytes it should have; there are fewer where the file ends before."""


def wave_chunks(stream: BinaryIO) -> tuple[bytes, dict[bytes, Chunk]]:
    """Kind of file (`RIFF`, `RF64`, `BW64`, or empty if it is none) and the first chunk of each name.

    A chunk that claims more than the file holds ends where the file ends.
    """
    stream.seek(0, 2)
    n_file = stream.tell()
    stream.seek(0)
    head = stream.read(12)
    if len(head) < 12 or head[:4] not in WAVE_KINDS or head[8:] != b"WAVE":
        return b"", {}
    found: dict[bytes, Chunk] = {}
    wide: dict[bytes, int] = {}
    offset = 12
    for _ in range(MAX_CHUNKS):
        stream.seek(offset)
        header = stream.read(8)
        if len(header) < 8:
            break
        name, n_bytes = struct.unpack("<4sI", header)
        offset += 8
        if n_bytes == UNKNOWN_SIZE:
            n_bytes = wide.get(name, n_bytes)
        n_claimed, n_bytes = n_bytes, min(n_bytes, n_file - offset)
        if name == b"ds64":
            wide = _wide_sizes(stream.read(min(n_bytes, 28)))
        found.setdefault(name, Chunk(name, offset, n_bytes, n_claimed))
        offset += n_bytes + n_bytes % 2
    return head[:4], found


def _wide_sizes(ds64: bytes) -> dict[bytes, int]:
    """Sizes beyond 4 GiB (EBU Tech 3306, ITU-R BS.2088)."""
    return {b"data": struct.unpack_from("<Q", ds64, 8)[0]} if len(ds64) >= 16 else {}


def body(stream: BinaryIO, chunk: Chunk) -> bytes:
    """Bytes of a chunk of text, at most `MAX_TEXT_BYTES`."""
    stream.seek(chunk.offset)
    return stream.read(min(chunk.n_bytes, MAX_TEXT_BYTES))


def channel_mask(stream: BinaryIO, chunks: Mapping[bytes, Chunk]) -> int:
    """Loudspeaker mask of WAVE_FORMAT_EXTENSIBLE, 0 where there is none."""
    if b"fmt " not in chunks:
        return 0
    form = body(stream, chunks[b"fmt "])
    is_extensible = len(form) >= 40 and struct.unpack_from("<H", form)[0] == 0xFFFE
    return int(struct.unpack_from("<I", form, 20)[0]) if is_extensible else 0


def chunk_metadata(path: Path) -> tuple[Metadata, str, int]:
    """Metadata of a WAV file from iXML, bext and LIST-INFO in this order; all its text; its channel mask.

    A file of another kind gives empty metadata.
    """
    with path.open("rb") as stream:
        _, chunks = wave_chunks(stream)
        texts = {name: body(stream, chunks[name]) for name in READERS if name in chunks}
        mask = channel_mask(stream, chunks)
    metadata = Metadata()
    for name, read in READERS.items():
        if name in texts:
            metadata = filled(metadata, read(texts[name]))
    return metadata, " ".join(text.decode("utf-8", "replace") for text in texts.values()), mask


def _text(raw: bytes) -> str:
    """Text up to its first zero: UTF-8, else Latin-1, as older recorders write it."""
    held = raw.split(b"\0", 1)[0]
    try:
        return held.decode("utf-8").strip()
    except UnicodeDecodeError:
        return held.decode("latin-1").strip()


def _bext(raw: bytes) -> Metadata:
    """Broadcast extension (EBU Tech 3285)."""
    date, time = _text(raw[320:330]).replace(":", "-").replace("/", "-"), _text(raw[330:338]).replace("-", ":")
    is_dated = re.fullmatch(r"\d{4}-\d\d-\d\d", date) is not None and date != "0000-00-00"
    when = f"{date}T{time}" if re.fullmatch(r"\d\d:\d\d:\d\d", time) else date
    return Metadata(description=_text(raw[:256]), recordist=_text(raw[256:288]), recorded_at=when if is_dated else "")


def _ixml(raw: bytes) -> Metadata:
    """Location, note and user field of iXML (gallery.co.uk/ixml), by pattern: recorders write XML that parsers refuse.

    The user field holds everything where this program wrote it.
    """
    text = _text(raw)

    def said(tag: str) -> str:
        match = re.search(rf"<{tag}>([^<]*)</{tag}>", text)
        return unescape(match.group(1)).strip() if match else ""

    return filled(Metadata(description=said("NOTE"), place=said("LOCATION_NAME")), from_comment(said("USER")))


def _info(raw: bytes) -> Metadata:
    """LIST chunk of type INFO."""
    found: dict[bytes, str] = {}
    offset = 4
    while raw[:4] == b"INFO" and offset + 8 <= len(raw):
        name, n_bytes = struct.unpack_from("<4sI", raw, offset)
        found.setdefault(name, _text(raw[offset + 8 : offset + 8 + n_bytes]))
        offset += 8 + n_bytes + n_bytes % 2
    own = from_comment(found.get(b"ICMT", ""), title=found.get(b"INAM", ""))
    artist, date, licence = (found.get(name, "") for name in (b"IART", b"ICRD", b"ICOP"))
    return filled(own, Metadata(recordist=artist, recorded_at=date, licence=licence))


READERS = {b"LIST": _info, b"iXML": _ixml, b"bext": _bext}
"""How each chunk is read; what an earlier one says goes before a later."""
