"""What runs for every sample: arrays and integers in, nothing out, no Python objects.

A kernel never raises, never allocates, and writes to its last argument; numbers that would be negative are never used
as an index, and indices are unsigned where a loop runs over them: numba would otherwise test each for wrapping round,
and the loop would not become vector instructions.
"""

from soundscape.engine.kernels.convolving import convolve, spectra_of
from soundscape.engine.kernels.finishing import add_decoded, align, cross_over, find_awake, interleave, turn_field
from soundscape.engine.kernels.limiting import envelope, wanted_gains
from soundscape.engine.kernels.mixing import (
    AIR_SIDE,
    GROUP,
    N_COLUMNS,
    PHASES,
    RELEASE,
    RELEASE_N,
    STAGE,
    STOP,
    TAPS,
    mix,
)
from soundscape.engine.kernels.room import answer

__all__ = [
    "AIR_SIDE", "GROUP", "N_COLUMNS", "PHASES", "RELEASE", "RELEASE_N", "STAGE", "STOP", "TAPS", "add_decoded", "align",
    "answer", "convolve", "cross_over", "envelope", "find_awake", "interleave", "mix", "spectra_of", "turn_field",
    "wanted_gains",
]  # fmt: skip
