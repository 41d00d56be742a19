"""A disk that fills up, fails or hangs, and comes back."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable

import pytest

from soundscape.live import scribe


class Disk:
    """Fails while it has an `error`, as an operating system does: some bytes are written, then the error is raised.

    With `every`, each so many-th time fails only. While `is_held` is not set, it hangs.
    """

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.error = 0
        self.every = 1
        self.n_failed = self._n_tried = 0
        self.is_held = threading.Event()
        self.is_held.set()
        real_put, real_fsync = scribe.LastingFile._put, os.fsync

        def put(file: scribe.LastingFile, data: bytes, at: int) -> None:
            self.is_held.wait()
            self._n_tried += 1
            error = self.error if self._n_tried % self.every == 0 else 0
            real_put(file, data[: len(data) // 2] if error else data, at)
            if error:
                self.n_failed += 1
                raise OSError(error, os.strerror(error))

        def fsync(handle: int) -> None:
            self.is_held.wait()
            real_fsync(handle)

        monkeypatch.setattr(scribe.LastingFile, "_put", put)
        monkeypatch.setattr(scribe.os, "fsync", fsync)
        monkeypatch.setattr(scribe, "RETRY_S", 0.02)
        monkeypatch.setattr(scribe, "TICK_S", 0.01)


def until(is_so: Callable[[], object]) -> None:
    begin_s = time.monotonic()
    while not is_so():
        assert time.monotonic() - begin_s < 20.0, "it never came to be"
        time.sleep(0.005)
