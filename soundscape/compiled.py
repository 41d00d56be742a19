"""Compiling the loops that run for every sample."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def kernel(function: Callable[..., None]) -> Any:
    """Compile without the GIL and keep it on disk; where no folder can be written, compile anew in each process.

    Sums may be reordered and multiplications fused, which lets loops become vector instructions; a NaN stays a NaN.
    """
    from numba import njit  # takes 0.3 s to import: only who compiles pays for it

    options = {"nogil": True, "fastmath": {"contract", "reassoc", "nsz"}, "error_model": "numpy"}
    try:
        return njit(cache=True, **options)(function)
    except RuntimeError:
        return njit(**options)(function)
