"""Compiling the loops that run for every sample."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def kernel(function: Callable[..., None]) -> Any:
    """Compile without the GIL and keep it on disk; where no folder can be written, compile anew in each process.

    Sums may be reordered and multiplications fused, which lets loops become vector instructions; a NaN stays a NaN.
    """
    return _compiled(function, {"contract", "reassoc", "nsz"})


def kernel_in_order(function: Callable[..., None]) -> Any:
    """Like `kernel`, but sums stay in the order in which they are written: for what goes on from one call to the next.

    A compiler that may reorder does it differently at the ends of a loop, and then the bits depend on where a block
    ends.
    """
    return _compiled(function, {"contract"})


def _compiled(function: Callable[..., None], fastmath: set[str]) -> Any:
    from numba import njit  # takes 0.3 s to import: only who compiles pays for it

    options = {"nogil": True, "fastmath": fastmath, "error_model": "numpy"}
    try:
        return njit(cache=True, **options)(function)
    except RuntimeError:
        return njit(**options)(function)
