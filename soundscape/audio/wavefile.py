"""Writing WAV as broadcasters take it: WAVE_FORMAT_EXTENSIBLE with mask, bext, iXML, INFO; RF64 beyond 4 GiB.

Samples are rounded to the nearest step and clipped at full scale, without dither at 24 bit: the same samples give the
same file, and silence stays silence. 16 bit gets triangular dither, drawn in order from a fixed seed, so that it too is
the same for blocks of any length.
"""

from __future__ import annotations

import struct
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Literal, Self

import numpy as np

from soundscape.audio import metering
from soundscape.audio.loudness import Loudness
from soundscape.audio.metadata import Metadata
from soundscape.audio.wavemetadata import loop_chunk, metadata_chunks, padded_chunk
from soundscape.units import Samples
from soundscape.whole import output_error, whole_file

Encoding = Literal["PCM_24", "PCM_16", "FLOAT"]
N_BITS = {"PCM_24": 24, "PCM_16": 16, "FLOAT": 32}
FLOATING = ("FLOAT", "DOUBLE", "VORBIS", "OPUS", "MPEG", "MP3", "AAC")
"""Encodings whose samples may go beyond full scale."""
MAX_RIFF_BYTES = 2**32 - 1
"""Beyond it a file becomes RF64 (EBU Tech 3306)."""
DITHER_SEED = 16
PACK_SAMPLES = 1 << 20
"""Samples converted at a time."""
_GUID_TAIL = bytes.fromhex("000000001000800000aa00389b71")


def encoding_for(source: str) -> Encoding:
    """How to keep samples of a file of some encoding so that none is clipped.

    Examples
    --------
    >>> encoding_for("VORBIS"), encoding_for("PCM_16")
    ('FLOAT', 'PCM_24')
    """
    return "FLOAT" if any(word in source.upper() for word in FLOATING) else "PCM_24"


@dataclass(frozen=True, slots=True)
class WaveHeader:
    """What stands before the samples of a WAV file; as long for any number of frames.

    `channel_mask`: loudspeakers of WAVE_FORMAT_EXTENSIBLE, 0 if the channels are none of these. `metadata` goes into
    bext, iXML and INFO. `loops`: a smpl chunk says that all of it goes round, or from one frame to another.
    """

    rate_hz: int
    n_channels: int
    encoding: Encoding = "PCM_24"
    channel_mask: int = 0
    channel_names: tuple[str, ...] = ()
    metadata: Metadata | None = None
    loops: bool | tuple[int, int] = False

    def __post_init__(self) -> None:
        if self.encoding not in N_BITS:
            raise ValueError(f"encoding must be one of {', '.join(N_BITS)}, got {self.encoding}")
        if self.rate_hz < 1 or not 1 <= self.n_channels <= 1024:
            raise ValueError(f"{self.n_channels} channels at {self.rate_hz} Hz")

    @property
    def n_frame_bytes(self) -> int:
        """Bytes of one frame: a sample of each channel."""
        return self.n_channels * N_BITS[self.encoding] // 8

    def chunks(self, n_frames: int, loudness: Loudness | None = None) -> bytes:
        """Everything before the samples: RF64 where so many frames make the file too large for RIFF."""
        n_data = n_frames * self.n_frame_bytes
        chunks = padded_chunk(b"fmt ", self._format())
        if self.encoding == "FLOAT":
            chunks += padded_chunk(b"fact", struct.pack("<I", min(n_frames, 2**32 - 1)))
        if self.metadata is not None:
            chunks += metadata_chunks(self.metadata, loudness, self.channel_names)
        if self.loops:
            first, last = self.loops if isinstance(self.loops, tuple) else (0, n_frames - 1)
            chunks += padded_chunk(b"smpl", loop_chunk(self.rate_hz, first, last))
        n_riff = 4 + 36 + len(chunks) + 8 + n_data + n_data % 2
        is_wide = n_riff > MAX_RIFF_BYTES
        sizes = struct.pack("<QQQI", n_riff, n_data, n_frames, 0) if is_wide else bytes(28)
        head = struct.pack("<4sI4s", b"RF64" if is_wide else b"RIFF", 2**32 - 1 if is_wide else n_riff, b"WAVE")
        data = struct.pack("<4sI", b"data", 2**32 - 1 if is_wide else n_data)
        return head + padded_chunk(b"ds64" if is_wide else b"JUNK", sizes) + chunks + data

    def _format(self) -> bytes:
        n_bits = N_BITS[self.encoding]
        kind = 3 if self.encoding == "FLOAT" else 1
        plain = struct.pack("<HHIIHH", 0xFFFE, self.n_channels, self.rate_hz, self.rate_hz * self.n_frame_bytes,
                            self.n_frame_bytes, n_bits)  # fmt: skip
        return plain + struct.pack("<HHIH", 22, n_bits, self.channel_mask, kind) + _GUID_TAIL


class WaveWriter:
    """A WAV file that takes its name when it is complete.

    Parameters
    ----------
    path
        Replaced on a clean exit of the `with` block, left as it was on any other.
    rate_hz, n_channels, encoding, channel_mask, channel_names, metadata, loops
        As in `WaveHeader`.

    Raises
    ------
    OutputError
        If the file cannot be written: a full disk, no permission, no such folder.
    """

    loudness: Loudness | None = None
    """Set it before the end of the `with` block, and the bext chunk carries it (EBU Tech 3285, version 2)."""

    def __init__(self, path: Path | str, *, rate_hz: int, n_channels: int, encoding: Encoding = "PCM_24",
                 channel_mask: int = 0, channel_names: tuple[str, ...] = (),
                 metadata: Metadata | None = None, loops: bool | tuple[int, int] = False) -> None:  # fmt: skip
        self._path = Path(path)
        self._header = WaveHeader(rate_hz, n_channels, encoding, channel_mask, channel_names, metadata, loops)
        self._dither = np.random.default_rng(DITHER_SEED)
        self._stack = ExitStack()
        self.n_frames = 0

    def __enter__(self) -> Self:
        temporary = self._stack.enter_context(whole_file(self._path))
        self._stream: BinaryIO = self._stack.enter_context(temporary.open("wb"))
        try:
            self._stream.write(self._header.chunks(0, self.loudness))
        except OSError as error:
            self._stack.close()
            raise output_error(self._path, error) from error
        except BaseException:
            self._stack.close()
            raise
        return self

    def write(self, samples: Samples) -> None:
        """Add (n_frames, n_channels) frames to the end."""
        n_channels = self._header.n_channels
        if samples.ndim != 2 or samples.shape[1] != n_channels:
            raise ValueError(f"frames of {n_channels} channels expected, got an array of {samples.shape}")
        flat = np.ascontiguousarray(samples, dtype=np.float32).ravel()
        try:
            for start in range(0, flat.size, PACK_SAMPLES):
                self._stream.write(self._packed(flat[start : start + PACK_SAMPLES]))
        except OSError as error:
            raise output_error(self._path, error) from error
        self.n_frames += len(samples)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            try:
                self._complete()
            except BaseException as failure:
                self._stack.__exit__(type(failure), failure, failure.__traceback__)
                raise
        self._stack.__exit__(kind, error, trace)

    def _packed(self, flat: Samples) -> bytes:
        if self._header.encoding == "FLOAT":
            return flat.astype("<f4").tobytes()
        if not np.isfinite(flat).all():
            raise ValueError("samples must be finite numbers")
        if self._header.encoding == "PCM_24":
            return pcm24(flat)
        noise = self._dither.random((flat.size, 2))
        steps = np.rint(flat * 2.0**15 + noise[:, 0] - noise[:, 1])
        return np.clip(steps, -(2**15), 2**15 - 1).astype("<i2").tobytes()

    def _complete(self) -> None:
        if self.n_frames * self._header.n_frame_bytes % 2:
            self._stream.write(b"\0")
        self._stream.seek(0)
        self._stream.write(self._header.chunks(self.n_frames, self.loudness))
        self._stream.flush()


def pcm24(flat: Samples) -> bytes:
    """Samples as little-endian 24 bit, rounded to the nearest step, clipped at full scale.

    Examples
    --------
    >>> pcm24(np.float32([0.5, -1.0, 1.0])).hex(" ", 3)
    '000040 000080 ffff7f'
    """
    packed = np.empty(3 * flat.size, np.uint8)
    metering.pack24(flat, packed)
    return packed.tobytes()


def rounded24(samples: Samples) -> Samples:
    """Samples as a 24-bit file gives them back: (n_frames, n_channels) float32.

    Examples
    --------
    >>> float(rounded24(np.float32([[1.0]]))[0, 0]) == 1.0 - 2.0**-23
    True
    """
    rounded = np.empty(samples.shape, np.float32)
    metering.round24(np.ascontiguousarray(samples, np.float32).ravel(), rounded.ravel())
    return rounded
