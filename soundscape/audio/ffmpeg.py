"""Files that libsndfile does not know, through a pipe from ffmpeg: streamed, bounded, killed when it stalls.

pydub would read the whole file into memory and needs ffprobe as well; the pipe needs neither. ffmpeg is looked for in
`IMAGEIO_FFMPEG_EXE`, on `PATH`, and in the package imageio-ffmpeg.
"""

from __future__ import annotations

import os
import shutil
import struct
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import numpy as np

from soundscape.audio.decoding import Source
from soundscape.errors import AudioError
from soundscape.units import Samples

ENDINGS = frozenset(
    (".m4a", ".mp4", ".aac", ".wma", ".ac3", ".eac3", ".dts", ".wv", ".ape", ".mka", ".webm", ".3gp", ".amr", ".tta")
)
"""What ffmpeg is asked for; it is not let loose on files of other names (playlists, scripts)."""
INSTALL_HINT = "install ffmpeg, or `pip install 'soundscape[ffmpeg]'`"
STALL_S = 60.0
"""Longest wait for a block."""


def ffmpeg_path() -> str:
    """Where ffmpeg is; an empty string if it is nowhere."""
    named = os.environ.get("IMAGEIO_FFMPEG_EXE", "")
    found = (named if named and shutil.which(named) else "") or shutil.which("ffmpeg") or ""
    if found:
        return found
    try:
        import imageio_ffmpeg  # optional, and slow to import
    except ImportError:
        return ""
    try:
        return str(imageio_ffmpeg.get_ffmpeg_exe())
    except RuntimeError:
        return ""


def ffmpeg_source(path: Path) -> Source:
    """The file through ffmpeg. Its length is known only by decoding it once, which this does.

    Raises
    ------
    AudioError
        If ffmpeg is not installed, or cannot read the file.
    """
    if not ffmpeg_path():
        raise AudioError(f"{path}: {path.suffix} needs ffmpeg, which is not installed", hint=INSTALL_HINT)
    with _decoder(path) as (rate_hz, n_channels, stream):
        n_frames = sum(len(block) for block in _blocks(stream, n_channels, 65_536))

    def blocks(start_frame: int, stop_frame: int | None, block_frames: int) -> Iterator[Samples]:
        stop = n_frames if stop_frame is None else min(stop_frame, n_frames)
        at = 0
        with _decoder(path) as (_, n_channels, stream):
            for block in _blocks(stream, n_channels, block_frames):
                kept = block[max(0, start_frame - at) : max(0, stop - at)]
                at += len(block)
                if len(kept):
                    yield kept
                if at >= stop:
                    return

    return Source(path.suffix[1:].upper(), "ffmpeg", rate_hz, n_channels, n_frames, "", "", {}, blocks)


@contextmanager
def _decoder(path: Path) -> Iterator[tuple[int, int, _Pipe]]:
    """Rate, channels and samples of the first audio stream, as a float WAV through a pipe."""
    command = [ffmpeg_path(), "-nostdin", "-v", "error", "-protocol_whitelist", "file,pipe", "-i", f"file:{path}",
               "-map", "0:a:0", "-vn", "-c:a", "pcm_f32le", "-f", "wav", "pipe:1"]  # fmt: skip
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=said)
        assert process.stdout is not None
        try:
            pipe = _Pipe(process)
            header = _wav_header(pipe)
            if header is None:
                process.wait(STALL_S)
                said.seek(0)
                lines = said.read(4000).decode("utf-8", "replace").strip().splitlines()
                raise AudioError(f"cannot decode {path}: {lines[-1] if lines else 'ffmpeg found no audio in it'}",
                                 hint="the file is damaged, or is not what its ending says")  # fmt: skip
            yield *header, pipe
        finally:
            process.kill()
            process.wait()
            process.stdout.close()


class _Pipe:
    """Reads whole stretches, and kills the process if one does not come."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process
        assert process.stdout is not None
        self._stream: IO[bytes] = process.stdout

    def read(self, n_bytes: int) -> bytes:
        """`n_bytes`, or fewer at the end."""
        timer = threading.Timer(STALL_S, self._process.kill)
        timer.start()
        try:
            return self._stream.read(n_bytes)
        finally:
            timer.cancel()


def _wav_header(pipe: _Pipe) -> tuple[int, int] | None:
    """Rate and channels; the pipe stands at the first sample afterwards."""
    if len(pipe.read(12)) < 12:
        return None
    form = b""
    for _ in range(64):
        head = pipe.read(8)
        if len(head) < 8:
            return None
        name, n_bytes = struct.unpack("<4sI", head)
        if name == b"data":
            break
        held = pipe.read(min(n_bytes + n_bytes % 2, 1 << 20))
        form = held if name == b"fmt " else form
    if len(form) < 16:
        return None
    n_channels, rate_hz = struct.unpack_from("<HI", form, 2)
    return (rate_hz, n_channels) if n_channels and rate_hz else None


def _blocks(pipe: _Pipe, n_channels: int, block_frames: int) -> Iterator[Samples]:
    while raw := pipe.read(block_frames * n_channels * 4):
        whole = raw[: len(raw) // (4 * n_channels) * 4 * n_channels]
        if whole:
            yield np.frombuffer(whole, "<f4").reshape(-1, n_channels).astype(np.float32)
