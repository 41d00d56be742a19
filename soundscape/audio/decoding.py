"""One way to read each kind of file: through libsndfile, raw samples of a BW64, or a pipe from ffmpeg.

Each source knows its rate, channels and length, and gives blocks of (n_frames, n_channels) float32 in WAV order.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile

from soundscape.audio.chunks import body, wave_chunks
from soundscape.errors import AudioError
from soundscape.units import Samples

Reader = Callable[[int, int | None, int], Iterator[Samples]]
"""Blocks from (start_frame, stop_frame or None, block_frames)."""


@dataclass(frozen=True, slots=True)
class Source:
    """A file that has been recognised."""

    container: str
    encoding: str
    rate_hz: int
    n_channels: int
    n_frames: int
    comment: str
    title: str
    tags: dict[str, str]
    blocks: Reader


XIPH_TO_WAV = {
    3: (0, 2, 1),
    5: (0, 2, 1, 3, 4),
    6: (0, 2, 1, 5, 3, 4),
    7: (0, 2, 1, 6, 5, 3, 4),
    8: (0, 2, 1, 7, 5, 6, 3, 4),
}
"""Which channel of Vorbis or Opus is each channel of WAV (Vorbis I, 4.3.9; RFC 7845, 5.1.1.2); libsndfile leaves it."""


def sndfile_source(path: Path) -> Source | None:
    """The file through libsndfile, or None if libsndfile does not know it."""
    try:
        with soundfile.SoundFile(os.fsencode(path)) as stream:  # bytes: a name need not be text
            tags = {name: str(getattr(stream, name) or "") for name in ("artist", "date", "license", "copyright")}
            return Source(
                container=stream.format, encoding=stream.subtype, rate_hz=stream.samplerate,
                n_channels=stream.channels, n_frames=stream.frames, comment=stream.comment or "",
                title=stream.title or "", tags=tags, blocks=_sndfile_reader(path),
            )  # fmt: skip
    except soundfile.LibsndfileError:
        return None


def _sndfile_reader(path: Path) -> Reader:
    def blocks(start_frame: int, stop_frame: int | None, block_frames: int) -> Iterator[Samples]:
        try:
            with soundfile.SoundFile(os.fsencode(path)) as stream:
                order = XIPH_TO_WAV.get(stream.channels) if stream.format == "OGG" else None
                if start_frame >= stream.frames:
                    return
                if start_frame:
                    stream.seek(start_frame)
                n_left = (stream.frames if stop_frame is None else stop_frame) - start_frame
                while n_left > 0:
                    block = stream.read(min(block_frames, n_left), dtype="float32", always_2d=True)
                    if not len(block):
                        return
                    n_left -= len(block)
                    yield block if order is None else block[:, order]
        except soundfile.LibsndfileError as error:
            raise AudioError(f"cannot decode {path}: {error.error_string.strip()}",
                             hint="the file is damaged; copy it again") from error  # fmt: skip

    return blocks


_PCM = {(1, 16): "PCM_16", (1, 24): "PCM_24", (1, 32): "PCM_32", (3, 32): "FLOAT", (3, 64): "DOUBLE"}
_N_BYTES = {"PCM_16": 2, "PCM_24": 3, "PCM_32": 4, "FLOAT": 4, "DOUBLE": 8}


def bw64_source(path: Path) -> Source | None:
    """Uncompressed samples of a BW64 (ITU-R BS.2088), which libsndfile refuses; None for any other file."""
    with path.open("rb") as stream:
        kind, chunks = wave_chunks(stream)
        if kind != b"BW64" or not {b"fmt ", b"data"} <= chunks.keys():
            return None
        form = body(stream, chunks[b"fmt "])
    if len(form) < 16:
        return None
    tag, n_channels, rate_hz, _, _, n_bits = struct.unpack_from("<HHIIHH", form)
    if tag == 0xFFFE and len(form) >= 26:
        tag = struct.unpack_from("<H", form, 24)[0]
    encoding = _PCM.get((tag, n_bits))
    if encoding is None or not n_channels:
        return None
    n_frame_bytes = _N_BYTES[encoding] * n_channels
    data = chunks[b"data"]
    n_frames = data.n_bytes // n_frame_bytes

    def blocks(start_frame: int, stop_frame: int | None, block_frames: int) -> Iterator[Samples]:
        with path.open("rb") as stream:
            stream.seek(data.offset + start_frame * n_frame_bytes)
            n_left = min(n_frames, n_frames if stop_frame is None else stop_frame) - start_frame
            while n_left > 0:
                raw = stream.read(min(block_frames, n_left) * n_frame_bytes)
                raw = raw[: len(raw) // n_frame_bytes * n_frame_bytes]
                if not raw:
                    return
                n_left -= len(raw) // n_frame_bytes
                yield samples_of(raw, encoding).reshape(-1, n_channels)

    return Source("BW64", encoding, rate_hz, n_channels, n_frames, "", "", {}, blocks)


def samples_of(raw: bytes, encoding: str) -> Samples:
    """Little-endian samples as float32, full scale 1.0.

    Examples
    --------
    >>> samples_of(bytes([0, 0, 0x40, 0, 0, 0x80]), "PCM_24").tolist()
    [0.5, -1.0]
    """
    if encoding == "PCM_24":
        triples = np.frombuffer(raw, np.uint8).reshape(-1, 3)
        wide = np.zeros((len(triples), 4), np.uint8)
        wide[:, 1:] = triples
        return (wide.view("<i4")[:, 0] * np.float32(2.0**-31)).astype(np.float32)
    if encoding in ("FLOAT", "DOUBLE"):
        return np.frombuffer(raw, "<f4" if encoding == "FLOAT" else "<f8").astype(np.float32)
    n_bits = 16 if encoding == "PCM_16" else 32
    return (np.frombuffer(raw, f"<i{n_bits // 8}") * 2.0 ** (1 - n_bits)).astype(np.float32)
