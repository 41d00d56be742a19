"""Reading sound files: what is in them, and their samples in blocks.

Files are not trusted: every number from a header is checked, reading is streamed in blocks, and what cannot be read is
an `AudioError` that says what to do. What ends early (a recorder that lost power) is read to there.
A sample that is not a number makes a file unreadable from there on: the error names its frame.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from soundscape.audio.chunks import chunk_metadata
from soundscape.audio.decoding import Source, bw64_source, sndfile_source
from soundscape.audio.ffmpeg import ENDINGS as FFMPEG_ENDINGS
from soundscape.audio.ffmpeg import ffmpeg_path, ffmpeg_source
from soundscape.audio.metadata import Metadata, ambisonic_of, filled, from_comment
from soundscape.errors import AudioError
from soundscape.units import Samples, frame_at

BLOCK_FRAMES = 65_536
MIN_RATE_HZ, MAX_RATE_HZ = 4_000, 768_000
MAX_CHANNELS = 128
HARD_TO_READ = (b"caff", b"OggS")
"""How files begin of which libsndfile reads many and not all: not ALAC in CAF as ffmpeg writes it, nor Speex in Ogg."""
ENDINGS = FFMPEG_ENDINGS | frozenset(
    (
        ".wav",
        ".wave",
        ".bwf",
        ".rf64",
        ".bw64",
        ".w64",
        ".flac",
        ".ogg",
        ".oga",
        ".opus",
        ".mp3",
        ".aif",
        ".aiff",
        ".aifc",
        ".caf",
        ".au",
        ".snd",
    )
)


NO_FILES: tuple[tuple[Callable[[int], bool], str], ...] = (
    (stat.S_ISDIR, "is a folder"), (stat.S_ISFIFO, "is a pipe, not a file"), (stat.S_ISSOCK, "is a socket, not a file"),
    (stat.S_ISCHR, "is a device, not a file"), (stat.S_ISBLK, "is a device, not a file"),
)  # fmt: skip
"""By mode, what a path can lead to besides a file."""


@dataclass(frozen=True, slots=True)
class AudioInfo:
    """What a sound file is."""

    path: Path
    container: str
    """WAV, WAVEX, RF64, BW64, FLAC, OGG, MP3, AIFF, CAF ... as libsndfile calls it."""
    encoding: str
    rate_hz: int
    n_channels: int
    n_frames: int
    """As the header says. An MP3 can hold up to some tenths of a second less: see `is_length_exact`."""
    metadata: Metadata
    channel_mask: int = 0
    """Loudspeakers of WAVE_FORMAT_EXTENSIBLE; 0 if the file does not say."""

    @property
    def duration_s(self) -> float:
        """Length in seconds."""
        return self.n_frames / self.rate_hz

    @property
    def is_length_exact(self) -> bool:
        """False for MP3, whose headers estimate; there the length is the sum of the blocks."""
        return self.container != "MP3"


def is_audio_name(path: Path | str) -> bool:
    """Whether a file's ending is one that is looked at in a folder; hidden files are not.

    Examples
    --------
    >>> is_audio_name("Take 1.WAV"), is_audio_name("notes.txt"), is_audio_name("._Take 1.wav")
    (True, False, False)
    """
    path = Path(path)
    return path.suffix.lower() in ENDINGS and not path.name.startswith(".")


def audio_info(path: Path | str) -> AudioInfo:
    """What a sound file is, without decoding it (files for ffmpeg are decoded once, to know their length).

    Raises
    ------
    AudioError
        If there is no such file, it is empty, holds no sound, or is not a sound file; if its rate or number of channels
        is beyond what a recording can have; if it needs ffmpeg and there is none.
    """
    path = Path(path)
    source = _source(path)
    chunked, texts, mask = chunk_metadata(path)
    known = Metadata(
        recordist=source.tags.get("artist", ""),
        recorded_at=source.tags.get("date", ""),
        licence=source.tags.get("license", "") or source.tags.get("copyright", ""),
    )
    metadata = filled(chunked, filled(from_comment(source.comment, title=source.title), known))
    if not metadata.ambisonic:
        texts = f"{texts} {source.comment}"
        metadata = filled(metadata, Metadata(ambisonic=ambisonic_of(path, source.n_channels, texts)))
    return AudioInfo(
        path=path, container=source.container, encoding=source.encoding, rate_hz=source.rate_hz,
        n_channels=source.n_channels, n_frames=source.n_frames, metadata=metadata, channel_mask=mask,
    )  # fmt: skip


def audio_blocks(path: Path | str, *, block_frames: int = BLOCK_FRAMES, start_frame: int = 0,
                 stop_frame: int | None = None) -> Iterator[Samples]:  # fmt: skip
    """Samples of a file, block by block, in WAV channel order; only the stretch asked for is read.

    Yields
    ------
    (n, n_channels) float32
        Full scale 1.0; `n` is at most `block_frames`. A stretch beyond the end of the file is shorter.

    Raises
    ------
    AudioError
        As `audio_info`; and at the first sample that is not a finite number.
    """
    path = Path(path)
    if block_frames < 1 or start_frame < 0:
        raise ValueError(f"blocks of {block_frames} frames from frame {start_frame}")
    at = start_frame
    for block in _source(path).blocks(start_frame, stop_frame, block_frames):
        _refuse_not_finite(path, block, at)
        at += len(block)
        yield block


def read_audio(path: Path | str, *, start_s: float = 0.0, end_s: float | None = None) -> tuple[Samples, int]:
    """Samples of a stretch of a file, and its rate.

    Parameters
    ----------
    start_s, end_s : float >= 0 or None
        In seconds of the file; None is its end.

    Returns
    -------
    samples : (n_frames, n_channels) float32
        Full scale 1.0, in WAV channel order.
    rate_hz : int

    Raises
    ------
    AudioError
        If the file cannot be read, or a sample of the stretch is not a finite number.
    """
    info = audio_info(path)
    start = frame_at(start_s, info.rate_hz)
    stop = None if end_s is None else frame_at(end_s, info.rate_hz)
    blocks = list(audio_blocks(path, start_frame=start, stop_frame=stop))
    return np.concatenate(blocks) if blocks else np.zeros((0, info.n_channels), np.float32), info.rate_hz


def what_it_is(path: Path) -> str:
    """What stands where a file was expected, for people.

    Examples
    --------
    >>> what_it_is(Path("/no/such.wav")), what_it_is(Path("/"))
    ('does not exist', 'is a folder')
    """
    try:
        mode = path.stat().st_mode
    except OSError as error:
        if error.errno == errno.ELOOP:
            return "is a link that leads back to itself"
        return f"is a link to {os.readlink(path)}, which is not there" if path.is_symlink() else "does not exist"
    return next((what for is_so, what in NO_FILES if is_so(mode)), "is a file")


def _source(path: Path) -> Source:
    """The file, recognised and found sane."""
    try:
        if not path.is_file():
            raise AudioError(f"{path} {what_it_is(path)}", hint="name a sound file")
        if not path.stat().st_size:
            raise AudioError(f"{path} is empty", hint="copy it again from where it was recorded")
        source = sndfile_source(path) or bw64_source(path)
    except OSError as error:
        raise AudioError(f"cannot read {path}: {error.strerror or error}", hint="look at its permissions") from error
    if source is None and _is_for_ffmpeg(path):
        source = ffmpeg_source(path)
    if source is None:
        raise AudioError(f"{path} is not a sound file that can be read",
                         hint="its header is damaged, or it is something else under this name")  # fmt: skip
    _refuse_insane(path, source)
    return source


def _is_for_ffmpeg(path: Path) -> bool:
    """Whether ffmpeg may know what libsndfile does not: by the ending, or by how the file begins."""
    if path.suffix.lower() in FFMPEG_ENDINGS:
        return True
    with path.open("rb") as stream:
        return stream.read(4) in HARD_TO_READ and bool(ffmpeg_path())


def _refuse_insane(path: Path, source: Source) -> None:
    if not MIN_RATE_HZ <= source.rate_hz <= MAX_RATE_HZ:
        raise AudioError(f"{path} has a rate of {source.rate_hz} Hz; {MIN_RATE_HZ} to {MAX_RATE_HZ} Hz can be read",
                         hint="its header is wrong, or it is not a recording of sound")  # fmt: skip
    if not 1 <= source.n_channels <= MAX_CHANNELS:
        raise AudioError(f"{path} has {source.n_channels} channels; {MAX_CHANNELS} is the most that can be read",
                         hint="split it into several files")  # fmt: skip
    if source.n_frames < 1:
        raise AudioError(f"{path} holds no sound: it has 0 frames", hint="the recorder was stopped before it began")


def _refuse_not_finite(path: Path, block: Samples, first_frame: int) -> None:
    finite = np.isfinite(block)
    if not finite.all():
        frame = first_frame + int(np.flatnonzero(~finite.all(axis=1))[0])
        raise AudioError(f"{path} has a sample that is not a number (NaN or infinite) at frame {frame}",
                         hint="export it again from the program that made it")  # fmt: skip
