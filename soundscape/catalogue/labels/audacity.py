r"""Label tracks of Audacity: `start<tab>end<tab>text`, and below it `\<tab>low<tab>high` where a band was chosen.

The format: Audacity manual, "Importing and Exporting Labels".
"""

from __future__ import annotations

from collections.abc import Sequence

from soundscape.catalogue.labels.label import Label, Labelled, Take, in_order, labelled
from soundscape.catalogue.labels.text import label_at, number, wrong

_HINT = "a line is: start, tab, end, tab, text"
_UNDEFINED_HZ = -1.0


def read(text: str) -> Labelled:
    """Read labels.

    Raises
    ------
    CatalogueError
        With the line that is no label.
    """
    rows: list[tuple[Label | None, int]] = []
    for line, row in enumerate(text.split("\n"), start=1):
        if not row.strip():
            continue
        cells = row.split("\t", 2)
        if cells[0].strip() == "\\":
            rows[-1:] = [_with_band(rows, cells, line)]
            continue
        if len(cells) < 2:
            raise wrong(line, f"{row[:40]!r} is no label", _HINT)
        start_s, end_s = number(cells[0], line, "start"), number(cells[1], line, "end")
        rows.append((label_at(line, start_s, end_s, "".join(cells[2:])), line))
    return labelled((label, line) for label, line in rows if label is not None)


def _with_band(rows: list[tuple[Label | None, int]], cells: list[str], line: int) -> tuple[Label | None, int]:
    if not rows or len(cells) < 3:
        raise wrong(line, "frequencies without a label", "below a label: a backslash, tab, low, tab, high")
    band = [number(cell, line, "frequency") for cell in cells[1:]]
    low_hz, high_hz = (None if frequency < 0.0 else frequency for frequency in band)
    label, above = rows[-1]
    if label is None:
        return label, above
    return label_at(line, label.start_s, label.end_s, label.text, low_hz, high_hz), above


def write(labels: Sequence[Label], take: Take) -> str:
    r"""Write labels; the format has no place for the take.

    Examples
    --------
    >>> write([Label(1.0, 2.5, "gate.creak")], Take())
    '1.000000\t2.500000\tgate.creak\n'
    """
    return "".join(_row(label) for label in in_order(labels))


def _row(label: Label) -> str:
    row = f"{label.start_s:.6f}\t{label.end_s:.6f}\t{label.text}\n"
    if label.low_hz is None and label.high_hz is None:
        return row
    low_hz, high_hz = (_UNDEFINED_HZ if hz is None else hz for hz in (label.low_hz, label.high_hz))
    return f"{row}\\\t{low_hz:.6f}\t{high_hz:.6f}\n"
