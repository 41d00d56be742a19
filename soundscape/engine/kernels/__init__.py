"""What runs for every sample: arrays and integers in, nothing out, no Python objects.

A kernel never raises, never allocates, and writes to its last argument; numbers that would be negative are never used
as an index, and indices are unsigned where a loop runs over them: numba would otherwise test each for wrapping round,
and the loop would not become vector instructions.
"""

from soundscape.engine.kernels.limiting import envelope, wanted_gains
from soundscape.engine.kernels.mixing import (
    BENT,
    FADE_IN,
    FADE_OUT,
    MASK,
    N_COLUMNS,
    PHASES,
    RELEASE,
    RELEASE_N,
    ROWS,
    SOURCE,
    START,
    STOP,
    TAPS,
    mix,
)
from soundscape.engine.kernels.room import answer

__all__ = [
    "BENT", "FADE_IN", "FADE_OUT", "MASK", "N_COLUMNS", "PHASES", "RELEASE", "RELEASE_N", "ROWS", "SOURCE", "START",
    "STOP", "TAPS", "answer", "envelope", "mix", "wanted_gains",
]  # fmt: skip
