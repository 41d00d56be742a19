"""Windows, made once for each length: what looks at a second or two of every segment asks for the same few."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from soundscape.analysis.frames import Floats


@lru_cache(maxsize=32)
def hann(n: int) -> Floats:
    """Hann window (n,) whose ends are zero; it is shared and cannot be written.

    Examples
    --------
    >>> hann(5).tolist()
    [0.0, 0.5, 1.0, 0.5, 0.0]
    """
    turn = np.arange(n, dtype=np.float32) * np.float32(2.0 * np.pi / max(1, n - 1))
    window = 0.5 - 0.5 * np.cos(turn) if n > 1 else np.ones(n, np.float32)
    window.flags.writeable = False
    return window
