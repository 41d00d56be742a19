"""A bell that the audio thread rings after each block: a semaphore of the C library, reached by its address.

Where there is none, waiting is a short sleep.
"""

from __future__ import annotations

import ctypes
import sys
import time

from soundscape.engine.body import Body
from soundscape.engine.kernels import body as of

_NAP_S = 0.001


class _Time(ctypes.Structure):
    _fields_ = (("s", ctypes.c_long), ("ns", ctypes.c_long))


class Bell:
    """Rings when a block was pulled."""

    def __init__(self, body: Body) -> None:
        self._semaphore = ctypes.create_string_buffer(64)
        self._libc = ctypes.CDLL(None) if sys.platform.startswith("linux") else None
        if self._libc is not None and self._libc.sem_init(self._semaphore, 0, 0) == 0:
            body.calls[of.SEMAPHORE] = ctypes.addressof(self._semaphore)
            body.calls[of.SEM_POST] = ctypes.cast(self._libc.sem_post, ctypes.c_void_p).value or 0
        else:
            self._libc = None

    def wait(self, timeout_s: float) -> None:
        """Until it rings, or for so long; however often it rang, one wait hears it."""
        if self._libc is None:
            time.sleep(min(timeout_s, _NAP_S))
            return
        until = time.time() + timeout_s
        deadline = _Time(int(until), int(until % 1.0 * 1e9))
        self._libc.sem_timedwait(self._semaphore, ctypes.byref(deadline))
        while self._libc.sem_trywait(self._semaphore) == 0:
            pass
