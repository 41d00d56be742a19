"""The sound of a show on the disk while it goes on: every channel, 24 bit, without end, whatever the disk does."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np

from soundscape.audio.hashing import AudioHash
from soundscape.audio.metadata import Metadata
from soundscape.audio.wavefile import WaveHeader, pcm24, rounded24
from soundscape.live.scribe import Lost, Scribe, Tell, Waiting, keep_name, new_lasting_file, tell_nobody
from soundscape.space.layout import Layout
from soundscape.units import Samples
from soundscape.whole import numbered, output_error

MOST_WAITING_BYTES = 1 << 28
"""Samples that wait in memory while the disk cannot be written: 20 s of 64 channels at 48 kHz, minutes of fewer."""
KEEP_S = 2.0
"""How often the disk is asked to confirm what it has, and the header is brought up to that."""
SILENCE_FRAMES = 4096
"""Silence that is written at a time."""


@dataclass(frozen=True, slots=True)
class Gap:
    """Frames that stand as silence where sound was."""

    first_frame: int
    n_frames: int


class Tape:
    """A WAV file of the show's channels that grows while it is played; beyond 4 GiB it is RF64.

    While it records it stands as `NAME.part.wav`, and under its name once `close` has written the last. Its header is
    brought up to date every `KEEP_S`, after the samples it speaks of: of a show that was killed, or a machine that lost
    power, `NAME.part.wav` is a sound file that any program opens, up to the last seconds. Nothing removes it, and the
    next tape of that name takes a number: no sound of an earlier show is ever written over.

    A disk that is full, slow or gone stops nothing. Blocks wait in memory (`MOST_WAITING_BYTES` of them) and are
    written when it is back; what finds no place there becomes silence of the same length, so that all after it stands
    at its time: see `gaps`. `trouble` and `tell` say so.

    Samples are rounded as `render` rounds them: the same samples give the same file, and the same `audio_id`.

    Parameters
    ----------
    path
        Where it is to stand; where that name is taken, a number is added: see `path`.
    n_channels, rate_hz
        Of what is recorded.
    layout
        Gives the channels their names and the file its mask; None, or one of another number of channels: numbers only.
    metadata
        Goes into bext, iXML and INFO.
    tell
        Called from another thread, with one line, when the file cannot be written and when it can be again.

    Raises
    ------
    OutputError
        If the file cannot be made.
    """

    def __init__(self, path: Path, n_channels: int, rate_hz: int, layout: Layout | None = None,
                 metadata: Metadata | None = None, *, tell: Tell = tell_nobody) -> None:  # fmt: skip
        fits = layout is not None and layout.n_channels == n_channels
        mask = layout.channel_mask if layout is not None and fits else 0
        names = tuple(speaker.name for speaker in layout.speakers) if layout is not None and fits else ()
        self._header = WaveHeader(rate_hz, n_channels, "PCM_24", mask, names, metadata)
        self._hash = AudioHash(rate_hz, n_channels)
        self._n_frames = self._n_written = self._n_silent = 0
        self._gaps: list[Gap] = []
        self._n_bad = 0
        self._waiting: Waiting[Samples | bytes] = Waiting(MOST_WAITING_BYTES)
        self._is_closed = False
        self._closing = threading.Lock()
        self._tell = tell
        _pack(np.zeros((1, n_channels), np.float32))  # compiles what it takes, before the show
        file = new_lasting_file(Path(path), self._header.chunks(0), beside=part_of)
        self.path = file.path
        """Where it stands: `NAME.part.wav` until it is closed."""
        self._scribe = Scribe(file, self._packed, keep_s=KEEP_S, head_of=self._head_of, tell=tell)

    @property
    def n_frames(self) -> int:
        """Frames given so far; the closed file has as many."""
        return self._n_frames

    @property
    def trouble(self) -> str:
        """Why the file cannot be written now; empty where it can."""
        return str(self._scribe.failure or "")

    @property
    def gaps(self) -> tuple[Gap, ...]:
        """Stretches that were lost and are silence, as far as the file is written."""
        return tuple(self._gaps)

    @property
    def n_bad_frames(self) -> int:
        """Frames in which a sample was no finite number, and is silence."""
        return self._n_bad

    @property
    def audio_id(self) -> str:
        """Hash of what the file holds, as `soundscape.audio.hashing.audio_id` finds it; ask when it is closed."""
        return self._hash.hexdigest()

    def write(self, block: Samples) -> None:
        """Add (n_frames, n_channels) frames to the end; they are copied. It does not wait for the disk.

        Raises
        ------
        ValueError
            If the block has another number of channels, or the tape is closed.
        """
        if self._is_closed:
            raise ValueError("the tape is closed")
        if block.ndim != 2 or block.shape[1] != self._header.n_channels:
            raise ValueError(f"frames of {self._header.n_channels} channels expected, got an array of {block.shape}")
        held = np.array(block, np.float32, order="C")
        self._n_frames += len(held)
        self._waiting.put(held, held.nbytes)

    def close(self) -> None:
        """Write the last, and give the file its name.

        Raises
        ------
        OutputError
            If the last cannot be written: `NAME.part.wav` holds what was until then.
        """
        with self._closing:
            if self._is_closed:
                return
            self._is_closed = True
        if self._n_frames * self._header.n_frame_bytes % 2:
            self._waiting.put(b"\0", 0)
        self._scribe.close()
        self.path = _named(self.path)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _packed(self) -> Iterator[bytes]:
        """Bytes of all that waits. It may be left at any `yield`, where a disk fails, and is called again."""
        yield from self._silence()
        while (thing := self._waiting.take()) is not None:
            if isinstance(thing, Lost):
                self._n_silent = thing.n // (4 * self._header.n_channels)
                self._lose()
                yield from self._silence()
            elif isinstance(thing, bytes):
                yield thing
            else:
                yield self._samples(thing)

    def _lose(self) -> None:
        self._gaps.append(Gap(self._n_written, self._n_silent))
        length_s, at_s = self._n_silent / self._header.rate_hz, self._n_written / self._header.rate_hz
        self._say(f"{self.path.name}: {length_s:.3f} s found no place at {at_s:.3f} s: silence")

    def _silence(self) -> Iterator[bytes]:
        while self._n_silent:
            n = min(self._n_silent, SILENCE_FRAMES)
            self._n_silent -= n
            yield self._samples(np.zeros((n, self._header.n_channels), np.float32))

    def _samples(self, block: Samples) -> bytes:
        bad = ~np.isfinite(block).all(axis=1)
        if bad.any():
            if not self._n_bad:
                frame = self._n_written + int(bad.argmax())
                self._say(f"{self.path.name}: a sample is not a number at frame {frame}: silence")
            block[bad] = 0.0
            self._n_bad += int(bad.sum())
        rounded, data = _pack(block)
        self._hash.update(rounded)
        self._n_written += len(block)
        return data

    def _say(self, line: str) -> None:
        with suppress(Exception):  # who listens cannot stop the writing
            self._tell(line)

    def _head_of(self, n_bytes: int) -> bytes:
        return self._header.chunks(n_bytes // self._header.n_frame_bytes)


def part_of(path: Path) -> Path:
    """Name of a tape while it records.

    Examples
    --------
    >>> str(part_of(Path("show.wav")))
    'show.part.wav'
    """
    return path.with_stem(f"{path.stem}.part")


def _named(part: Path) -> Path:
    """Give a finished tape its name, or the first free of that name's siblings."""
    names = numbered(part.with_stem(part.stem.removesuffix(".part")))
    name = next(name for name in names if not os.path.lexists(name))
    try:
        part.rename(name)
    except OSError as error:
        raise output_error(name, error) from error
    keep_name(name)
    return name


def _pack(block: Samples) -> tuple[Samples, bytes]:
    """Samples as the file gives them back, and as it holds them."""
    rounded = rounded24(block)
    return rounded, pcm24(rounded.ravel())
