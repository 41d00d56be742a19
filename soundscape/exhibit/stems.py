"""Finished windows in a folder, rendered before they are needed: what plays them needs nothing else."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import numpy as np

from soundscape.arrangement.event import Event
from soundscape.errors import OutputError
from soundscape.exhibit.plan import Plan
from soundscape.units import Samples
from soundscape.whole import output_error, whole_file

_SUFFIX = ".npy"
_BOOT = Path("/proc/sys/kernel/random/boot_id")


def plan_key(plan: Plan, *, about: str = "") -> str:
    """Name of a plan's windows: the day, and a hash of all that they depend on.

    Parameters
    ----------
    about
        What else they depend on: layout, caps, rate.
    """
    digest = hashlib.blake2b(digest_size=8)
    arrangement = plan.arrangement
    for part in (plan.opens.isoformat(), plan.duration_s, plan.levels_db, arrangement.room, arrangement.panner, about):
        digest.update(repr(part).encode() + b"\0")
    for event in arrangement.events:
        digest.update(repr(_heard_of(event)).encode() + b"\0")
    return f"{plan.opens:%Y%m%dT%H%M%S}-{digest.hexdigest()}"


def _heard_of(event: Event) -> tuple[object, ...]:
    """All of an event that can be heard; its segment by name and place."""
    segment = event.segment
    return (segment.recording_id, segment.start_s, segment.end_s, segment.loop,
            *(getattr(event, name) for name in Event.__slots__ if name != "segment"))  # fmt: skip


class Stems:
    """A folder of windows, each (n_frames, n_channels) float32, whole or not there.

    What was written before the machine was started is thrown away: it may be torn where the power went.

    Raises
    ------
    OutputError
        If the folder cannot be made.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise output_error(folder, error) from error
        self._throw_away()

    def _throw_away(self) -> None:
        """Let go of what an earlier run of the machine has left."""
        mark = self.folder / "machine"
        with suppress(OSError):
            running = _BOOT.read_text(encoding="ascii").strip() if _BOOT.exists() else ""
            if mark.exists() and mark.read_text(encoding="ascii") != running:
                for folder in self.folder.iterdir():
                    if folder.is_dir():
                        shutil.rmtree(folder, ignore_errors=True)
            mark.write_text(running, encoding="ascii")

    def begin_anew_for(self, made_of: str) -> None:
        """Let go of everything that was made of something else, or nobody knows of what.

        Raises
        ------
        OutputError
            If that cannot be written down.
        """
        mark, digest = self.folder / "made_of", hashlib.blake2b(made_of.encode(), digest_size=16).hexdigest()
        try:
            if mark.exists() and mark.read_text(encoding="ascii") == digest:
                return
            for folder in self.folder.iterdir():
                if folder.is_dir():
                    shutil.rmtree(folder, ignore_errors=True)
            mark.write_text(digest, encoding="ascii")
        except OSError as error:
            raise output_error(mark, error) from error

    def write(self, key: str, window: int, samples: Samples) -> Path:
        """Keep a window."""
        path = self._path(key, window)
        try:
            path.parent.mkdir(exist_ok=True)
        except OSError as error:
            raise output_error(path, error) from error
        with whole_file(path, is_lasting=False) as temporary, temporary.open("wb") as stream:
            np.save(stream, samples)
        return path

    def read(self, key: str, window: int) -> Samples | None:
        """Mapped samples of a window; None where it is not there, or is no window."""
        try:
            found = np.load(self._path(key, window), mmap_mode="r", allow_pickle=False)
        except (OSError, ValueError, EOFError, OutputError):
            return None
        return found if found.ndim == 2 and found.dtype == np.float32 else None

    def has(self, key: str, window: int) -> bool:
        """Whether a window is there, and whole."""
        return self.read(key, window) is not None

    def windows(self, key: str) -> Iterator[int]:
        """Windows that are there."""
        for path in (self.folder / key).glob(f"*{_SUFFIX}"):
            if path.stem.isdigit():
                yield int(path.stem)

    def forget(self, key: str, before: int) -> int:
        """Remove windows before one, and all other keys'; how many files are gone."""
        n_gone = 0
        for folder in self.folder.iterdir() if self.folder.is_dir() else ():
            if folder.name != key and folder.is_dir():
                n_gone += sum(1 for _ in folder.glob(f"*{_SUFFIX}"))
                shutil.rmtree(folder, ignore_errors=True)
        for window in list(self.windows(key)):
            if window < before:
                self._path(key, window).unlink(missing_ok=True)
                n_gone += 1
        return n_gone

    def _path(self, key: str, window: int) -> Path:
        if not key or "/" in key or key.startswith("."):
            raise OutputError(f"no windows can be called {key!r}")
        return self.folder / key / f"{window:06d}{_SUFFIX}"
