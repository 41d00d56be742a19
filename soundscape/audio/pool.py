"""Decoded and resampled stretches of recordings, kept on disk and mapped into memory.

A stretch is read with enough of what surrounds it that it equals the same stretch of the whole recording resampled. It
goes from file to file block by block, in one pass: a day takes no more memory than a minute.
Several processes may share one folder: a file there appears whole, is never changed, and may go at any time.
"""

from __future__ import annotations

import hashlib
import os
import struct
import time
import zlib
from collections.abc import Generator, Iterator
from contextlib import closing
from fractions import Fraction
from itertools import chain
from pathlib import Path
from typing import BinaryIO

import numpy as np

from soundscape.audio.files import AudioInfo, audio_blocks, audio_info
from soundscape.audio.resampling import resampled
from soundscape.errors import AudioError, OutputError
from soundscape.units import Samples, frame_at
from soundscape.whole import folder_to_write, whole_file

MAX_BYTES = 4 * 2**30
CONTEXT_FRAMES = 4096
"""Frames read on either side, at the slower of both rates: several times the resampler's filter."""
MAX_DENOMINATOR = 2000
"""Speeds become fractions of whole numbers; the pitch is wrong by less than 0.001 cent."""
BLOCK_FRAMES = 65_536
"""Frames of silence written at a time."""
CHECKED_BYTES = 2**20
"""Bytes of a file in memory while its checksum is taken."""
ABANDONED_S = 86_400.0
"""A file that nobody has gone on writing for so long was left behind by a process that was killed."""
ENDING = ".stretch"
_HEADER = struct.Struct("<8sQQI36x")
_MAGIC = b"SNDSTR01"


class Pool:
    """A cache of stretches at one rate.

    Parameters
    ----------
    folder
        Made if it is not there.
    max_bytes : int
        When the files are larger together, those not used for longest go; the one just made stays.

    Raises
    ------
    OutputError
        If the folder cannot be written.
    """

    def __init__(self, folder: Path | str, *, rate_hz: int = 48_000, max_bytes: int = MAX_BYTES) -> None:
        self.folder = folder_to_write(Path(folder))
        self.rate_hz = rate_hz
        self.max_bytes = max_bytes
        self._sound: set[str] = set()

    def take(self, *, recording_id: str, path: Path | str, start_s: float, end_s: float,
             speed: float = 1.0) -> Samples:  # fmt: skip
        """A stretch of a recording at the pool's rate: of any length, for the memory is that of one block.

        Parameters
        ----------
        recording_id
            Hash of the audio (`audio_id`): the same stretch of a file that was moved is not decoded again.
        speed : float > 0
            2.0 is an octave up in half the time.

        Returns
        -------
        (round((end_s - start_s) / speed * rate_hz), n_channels) float32
            Mapped from the disk, not writable; silent beyond the end of the recording.

        Raises
        ------
        AudioError
            If the file cannot be read.
        OutputError
            If the disk is full, or gives back something else than was written.
        """
        if not (0.0 <= start_s < end_s and speed > 0.0):
            raise ValueError(f"from {start_s} s to {end_s} s at speed {speed}")
        key = f"{recording_id}/{start_s!r}/{end_s!r}/{self.rate_hz}/{speed!r}"
        kept = self.folder / (hashlib.blake2b(key.encode(), digest_size=16).hexdigest() + ENDING)
        found = self._mapped(kept)
        for _ in range(2):  # another process may have trimmed the first before it was mapped here
            if found is not None:
                return found
            info = audio_info(path)
            blocks = stretch(info, start_s=start_s, end_s=end_s, rate_hz=self.rate_hz, speed=speed)
            _write(kept, info.n_channels, blocks)
            found = self._mapped(kept)
            self._trim(kept)
        if found is None:
            raise OutputError(f"cannot keep {kept}: it is gone or damaged as soon as it is written",
                              hint="choose another folder for the cache, or let it hold more")  # fmt: skip
        return found

    def _mapped(self, kept: Path) -> Samples | None:
        """The file as an array, or None if it is not there or damaged; its time says when it was last used."""
        try:
            with kept.open("rb") as stream:
                os.utime(kept)
                magic, n_frames, n_channels, checksum = _HEADER.unpack(stream.read(_HEADER.size))
                if magic != _MAGIC or os.fstat(stream.fileno()).st_size != _HEADER.size + n_frames * n_channels * 4:
                    raise ValueError("not a whole stretch")
                if not n_frames:
                    return np.zeros((0, n_channels), np.float32)
                if kept.name not in self._sound and _checksum(stream) != checksum:
                    raise ValueError("damaged")
                mapped = np.memmap(stream, np.float32, "r", _HEADER.size, (n_frames, n_channels))
        except FileNotFoundError:
            return None
        except (OSError, ValueError, struct.error):
            _remove(kept)
            return None
        self._sound.add(kept.name)
        return mapped

    def _trim(self, newest: Path) -> None:
        rows = []
        for path in self.folder.glob(f"*{ENDING}"):
            try:
                state = path.stat()
            except FileNotFoundError:  # another process was faster
                continue
            if not path.name.startswith("."):
                rows.append((state.st_mtime_ns, state.st_size, path))
            elif time.time() - state.st_mtime > ABANDONED_S:  # younger ones are being written
                _remove(path)
        n_bytes = sum(row[1] for row in rows)
        for _, size, path in sorted(rows):
            if n_bytes <= self.max_bytes:
                return
            if path != newest:
                _remove(path)
                self._sound.discard(path.name)
                n_bytes -= size


def stretch(info: AudioInfo, *, start_s: float, end_s: float, rate_hz: int, speed: float = 1.0) -> Generator[Samples]:
    """Decode and resample one stretch, block by block, in one pass through the file; see `Pool.take`.

    Yields
    ------
    (n, n_channels) float32
        Together exactly as long as the stretch.
    """
    ratio = Fraction(rate_hz, info.rate_hz) / Fraction(speed).limit_denominator(MAX_DENOMINATOR)
    n_left = frame_at((end_s - start_s) / speed, rate_hz)
    first = round(Fraction(start_s) * info.rate_hz * ratio)
    context = max(CONTEXT_FRAMES, int(CONTEXT_FRAMES / ratio))
    begin = max(0, int(first / ratio) - context) // ratio.denominator * ratio.denominator
    stop = int((first + n_left) / ratio) + context
    n_before = first - int(begin * ratio)
    try:
        read = audio_blocks(info.path, start_frame=begin, stop_frame=stop)
        made = resampled(read, float(ratio.denominator), float(ratio.numerator))
        for block in chain(made, _silence(info.n_channels)):
            kept = block[n_before : n_before + n_left]
            n_before = max(0, n_before - len(block))
            n_left -= len(kept)
            if len(kept):
                yield kept
            if not n_left:
                return
    except OSError as error:
        raise AudioError(f"cannot read {info.path} to its end: {error.strerror or error}",
                         hint="look at the disk or the network it is on") from error  # fmt: skip


def _silence(n_channels: int) -> Iterator[Samples]:
    while True:
        yield np.zeros((BLOCK_FRAMES, n_channels), np.float32)


def _write(kept: Path, n_channels: int, blocks: Generator[Samples]) -> None:
    with whole_file(kept) as temporary, temporary.open("wb") as stream, closing(blocks):
        stream.write(bytes(_HEADER.size))
        n_frames = checksum = 0
        for block in blocks:
            raw = np.ascontiguousarray(block, dtype=np.float32).data
            stream.write(raw)
            checksum = zlib.crc32(raw, checksum)
            n_frames += len(block)
        stream.seek(0)
        stream.write(_HEADER.pack(_MAGIC, n_frames, n_channels, checksum))


def _checksum(stream: BinaryIO) -> int:
    """Of all that is left of a file; read and not mapped, so that its pages do not become the process's own."""
    checksum = 0
    while raw := stream.read(CHECKED_BYTES):
        checksum = zlib.crc32(raw, checksum)
    return checksum


def _remove(kept: Path) -> None:
    try:
        kept.unlink(missing_ok=True)
    except OSError:  # mapped by another process on Windows: it goes another time
        return
