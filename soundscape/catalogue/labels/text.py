"""What the readers of labels share: a file's text, its numbers, and errors that name the line."""

from __future__ import annotations

import codecs
import math
from pathlib import Path

from soundscape.catalogue.labels.label import Label, one_line
from soundscape.errors import CatalogueError

MAX_BYTES = 64 << 20
"""Larger files are no labels of a take."""


def text_of(path: Path) -> str:
    """Text of a file of labels: UTF-8 or UTF-16, with any ends of lines.

    Raises
    ------
    CatalogueError
        If there is no such file, it is larger than 64 MB, or is no text.
    """
    try:
        if path.stat().st_size > MAX_BYTES:
            raise CatalogueError(f"{path} is larger than {MAX_BYTES >> 20} MB", hint="labels of one take are smaller")
        data = path.read_bytes()
    except OSError as error:
        raise CatalogueError(f"cannot read {path}: {error.strerror or error}", hint="name a file of labels") from error
    is_wide = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    try:
        text = data.decode("utf-16" if is_wide else "utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise CatalogueError(f"{path}, line {line}: no UTF-8{' or UTF-16' if is_wide else ''} text",
                             hint="save it as UTF-8 in the program that made it") from error  # fmt: skip
    return text.replace("\r\n", "\n").replace("\r", "\n")


def wrong(line: int, what: str, hint: str) -> CatalogueError:
    """Say what is wrong in a line; who knows the file's name puts it before."""
    return CatalogueError(f"line {line}: {what}", hint=hint)


def number(text: str, line: int, what: str) -> float:
    """A finite number; a comma before the decimals is understood.

    Examples
    --------
    >>> number("1,25", 3, "start")
    1.25
    >>> number("soon", 3, "start")
    Traceback (most recent call last):
    soundscape.errors.CatalogueError: line 3: start is 'soon', no number
    """
    bare = text.strip()
    try:
        value = float(bare.replace(",", ".") if bare.count(",") == 1 and "." not in bare else bare)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise wrong(line, f"{what} is {bare[:40]!r}, no number", "write seconds or hertz, like 12.5")
    return value


def label_at(line: int, start_s: float, end_s: float, text: str, low_hz: float | None = None,
             high_hz: float | None = None) -> Label | None:  # fmt: skip
    """The label a line says; None where its text is empty, for a label without a word says nothing."""
    words = one_line(text)
    if not words:
        return None
    try:
        return Label(start_s, end_s, words, low_hz, high_hz)
    except ValueError as error:
        raise wrong(line, str(error), "times and frequencies are 0 or more, and end after they begin") from None
