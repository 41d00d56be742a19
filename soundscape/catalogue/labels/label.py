"""Labels of a take as values: stretches of time with a text, as editors of sound keep them beside a file."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Label:
    """A stretch of a take, or a point of it, with a text of one line.

    Examples
    --------
    >>> Label(1.0, 2.5, "gate.creak", high_hz=4000.0).duration_s
    1.5
    """

    start_s: float
    end_s: float
    """The same as `start_s` for a point."""
    text: str
    low_hz: float | None = None
    high_hz: float | None = None
    confidence: float | None = None
    """How sure its text is, 0..1; None where nothing is said of that."""

    def __post_init__(self) -> None:
        if not 0.0 <= self.start_s <= self.end_s < math.inf:
            raise ValueError(f"a label from {self.start_s} s to {self.end_s} s")
        if not self.text or self.text != one_line(self.text):
            raise ValueError(f"a label's text is one line, got {self.text!r}")
        low_hz, high_hz = self.low_hz or 0.0, math.inf if self.high_hz is None else self.high_hz
        if not (0.0 <= low_hz < math.inf and low_hz <= high_hz and self.high_hz != math.inf):
            raise ValueError(f"a label from {self.low_hz} Hz to {self.high_hz} Hz")
        if self.confidence is not None and not 0.0 <= self.confidence <= 1.0:
            raise ValueError(f"a label's confidence is in 0..1, got {self.confidence}")

    @property
    def duration_s(self) -> float:
        """Length in seconds; 0 for a point."""
        return self.end_s - self.start_s


@dataclass(frozen=True, slots=True)
class Take:
    """What labels say about the take they belong to; empty where they say nothing."""

    file_name: str = ""
    title: str = ""
    duration_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Labelled:
    """Labels in order of time, the line each was read from (counted from 1; 0 if none), and their take."""

    labels: tuple[Label, ...]
    take: Take = Take()
    lines: tuple[int, ...] = ()


def labelled(rows: Iterable[tuple[Label, int]], take: Take = Take()) -> Labelled:
    """Labels with their lines, put in order."""
    ordered = sorted(rows, key=lambda row: _order(row[0]))
    return Labelled(tuple(label for label, _ in ordered), take, tuple(line for _, line in ordered))


def in_order(labels: Iterable[Label]) -> list[Label]:
    """Labels by their beginnings, then ends, texts and frequencies."""
    return sorted(labels, key=_order)


def _order(label: Label) -> tuple[float, float, str, float, float]:
    low_hz, high_hz = (-1.0 if frequency is None else frequency for frequency in (label.low_hz, label.high_hz))
    return label.start_s, label.end_s, label.text, low_hz, high_hz


def one_line(text: str) -> str:
    r"""Text as labels keep it: single spaces, nothing that is no character.

    Examples
    --------
    >>> one_line("  gate\tcreak\r\n\x07 old")
    'gate creak old'
    """
    written = text.encode("utf-8", "replace").decode()
    printable = "".join(c for c in written if c.isspace() or unicodedata.category(c) != "Cc")
    return " ".join(printable.split())
