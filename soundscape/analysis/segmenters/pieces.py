"""Pieces of what goes on for so long that nobody could hold it in memory: an hour of rain, or of a crowd."""

from __future__ import annotations

from soundscape.analysis.frames import HOPS_PER_S

LONGEST_S, LEAST_S = 60, 3
"""Length of a piece, counted from where the sound begins; what is left is no piece of its own if it is shorter."""


def pieces(start: int, stop: int) -> list[tuple[int, int]]:
    """First frame of each piece, and one beyond its last.

    Examples
    --------
    >>> pieces(100, 6300)
    [(100, 6300)]
    >>> pieces(100, 12_300)
    [(100, 6100), (6100, 12300)]
    >>> pieces(100, 12_700)
    [(100, 6100), (6100, 12100), (12100, 12700)]
    """
    starts = range(start, max(start + 1, stop - LEAST_S * HOPS_PER_S + 1), LONGEST_S * HOPS_PER_S)
    return [(at, min(at + LONGEST_S * HOPS_PER_S, stop)) for at in starts[:-1]] + [(starts[-1], stop)]
