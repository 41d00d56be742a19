"""Memory of a process that runs for months."""

from __future__ import annotations

import ctypes
from contextlib import suppress

_M_MMAP_THRESHOLD = -3
_LARGE_BYTES = 1 << 20


def give_back_what_is_large() -> None:
    """Let every array of a megabyte or more go back to the machine the moment nobody needs it any more.

    Else glibc raises that limit to the largest array it has seen, takes windows of a minute from its heap, and the heap
    grows for days by the holes between them (mallopt(3), M_MMAP_THRESHOLD). Other libraries of C do not, and are left
    alone.
    """
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).mallopt(_M_MMAP_THRESHOLD, _LARGE_BYTES)
