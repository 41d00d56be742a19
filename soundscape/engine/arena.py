"""Room for samples and gain rows: stretches of an array that are lent and given back."""

from __future__ import annotations


class Shelf:
    """Lends stretches of `size` places, the lowest that fits first."""

    def __init__(self, size: int) -> None:
        self.size = size
        self._free = [(0, size)] if size else []

    def take(self, length: int) -> int:
        """First place of a stretch, or -1 where none is long enough.

        Examples
        --------
        >>> shelf = Shelf(10)
        >>> shelf.take(6), shelf.take(6)
        (0, -1)
        """
        for n, (first, free) in enumerate(self._free):
            if free >= length:
                self._free[n : n + 1] = [(first + length, free - length)] if free > length else []
                return first
        return -1

    def give(self, first: int, length: int) -> None:
        """Take a stretch back."""
        joined: list[tuple[int, int]] = []
        for start, free in sorted([*self._free, (first, length)]):
            if joined and sum(joined[-1]) == start:
                joined[-1] = (joined[-1][0], joined[-1][1] + free)
            else:
                joined.append((start, free))
        self._free = joined

    def grow(self, more: int) -> None:
        """Add places at the end."""
        self.give(self.size, more)
        self.size += more
