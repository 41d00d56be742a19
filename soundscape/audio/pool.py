"""Decoded and resampled stretches of recordings, kept on disk and mapped into memory.

A stretch is read with enough of what surrounds it that it equals the same stretch of the whole recording resampled.
Several processes may share one folder: a file there appears whole, is never changed, and may go at any time.
"""

from __future__ import annotations

import hashlib
import os
import struct
import zlib
from fractions import Fraction
from pathlib import Path

import numpy as np

from soundscape.audio.files import audio_blocks, audio_info
from soundscape.audio.resampling import fitted, resample
from soundscape.units import Samples, frame_at
from soundscape.whole import folder_to_write, whole_file

MAX_BYTES = 4 * 2**30
CONTEXT_FRAMES = 4096
"""Frames read on either side, at the slower of both rates: several times the resampler's filter."""
MAX_DENOMINATOR = 2000
"""Speeds become fractions of whole numbers; the pitch is wrong by less than 0.001 cent."""
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
        """A stretch of a recording at the pool's rate.

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
            If the disk is full.
        """
        if not (0.0 <= start_s < end_s and speed > 0.0):
            raise ValueError(f"from {start_s} s to {end_s} s at speed {speed}")
        key = f"{recording_id}/{start_s!r}/{end_s!r}/{self.rate_hz}/{speed!r}"
        kept = self.folder / (hashlib.blake2b(key.encode(), digest_size=16).hexdigest() + ENDING)
        found = self._mapped(kept)
        if found is None:
            made = stretch(path, start_s=start_s, end_s=end_s, rate_hz=self.rate_hz, speed=speed)
            _write(kept, made)
            self._trim(kept)
            found = self._mapped(kept)
            return made if found is None else found
        return found

    def _mapped(self, kept: Path) -> Samples | None:
        """The file as an array, or None if it is not there or damaged; its time says when it was last used."""
        try:
            with kept.open("rb") as stream:
                magic, n_frames, n_channels, checksum = _HEADER.unpack(stream.read(_HEADER.size))
                if magic != _MAGIC or kept.stat().st_size != _HEADER.size + n_frames * n_channels * 4:
                    raise ValueError("not a whole stretch")
                if not n_frames:
                    return np.zeros((0, n_channels), np.float32)
                mapped = np.memmap(stream, np.float32, "r", _HEADER.size, (n_frames, n_channels))
            if kept.name not in self._sound and zlib.crc32(mapped.data) != checksum:
                raise ValueError("damaged")
            os.utime(kept)
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
            rows.append((state.st_mtime_ns, state.st_size, path))
        n_bytes = sum(row[1] for row in rows)
        for _, size, path in sorted(rows):
            if n_bytes <= self.max_bytes:
                return
            if path != newest:
                _remove(path)
                self._sound.discard(path.name)
                n_bytes -= size


def stretch(path: Path | str, *, start_s: float, end_s: float, rate_hz: int, speed: float = 1.0) -> Samples:
    """Decode and resample one stretch; see `Pool.take`."""
    info = audio_info(path)
    ratio = Fraction(rate_hz, info.rate_hz) / Fraction(speed).limit_denominator(MAX_DENOMINATOR)
    n_frames = frame_at((end_s - start_s) / speed, rate_hz)
    first = round(Fraction(start_s) * info.rate_hz * ratio)
    context = max(CONTEXT_FRAMES, int(CONTEXT_FRAMES / ratio))
    begin = max(0, int(first / ratio) - context) // ratio.denominator * ratio.denominator
    stop = int((first + n_frames) / ratio) + context
    blocks = list(audio_blocks(path, start_frame=begin, stop_frame=stop))
    read = np.concatenate(blocks) if blocks else np.zeros((0, info.n_channels), np.float32)
    made = resample(read, float(ratio.denominator), float(ratio.numerator))
    return np.ascontiguousarray(fitted(made[first - int(begin * ratio) :], n_frames))


def _write(kept: Path, samples: Samples) -> None:
    samples = np.ascontiguousarray(samples, dtype=np.float32)
    with whole_file(kept) as temporary, temporary.open("wb") as stream:
        stream.write(_HEADER.pack(_MAGIC, *samples.shape, zlib.crc32(samples.data)))
        stream.write(samples.data)


def _remove(kept: Path) -> None:
    try:
        kept.unlink(missing_ok=True)
    except OSError:  # mapped by another process on Windows: it goes another time
        return
