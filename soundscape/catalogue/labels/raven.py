"""Selection tables of Raven: tab separated, one header; a selection can stand there once for each view.

The format: Cornell Lab of Ornithology, "Raven Pro User's Manual", chapter on selections, measurements and annotations.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from soundscape.catalogue.labels.label import Label, Labelled, Take, in_order, labelled
from soundscape.catalogue.labels.text import label_at, number, wrong
from soundscape.errors import CatalogueError

START, END, LOW, HIGH = "Begin Time (s)", "End Time (s)", "Low Freq (Hz)", "High Freq (Hz)"
ANNOTATIONS = ("annotation", "label", "tag", "tags", "species", "sound", "sound type", "type", "class", "comments")
"""Columns a text is looked for in, the first that is there."""
_COLUMNS = ("Selection", "View", "Channel", START, END, LOW, HIGH, "Begin File", "Annotation")


def is_header(line: str) -> bool:
    r"""Whether a file's first line is that of a selection table.

    Examples
    --------
    >>> is_header("Selection\tView\tBegin Time (s)\tEnd Time (s)"), is_header("0.0\t1.0\tbell")
    (True, False)
    """
    cells = [cell.strip() for cell in line.split("\t")]
    return START in cells or cells[0] == "Selection"


def read(text: str) -> Labelled:
    """Read a table.

    Raises
    ------
    CatalogueError
        With the line where a column or a number is missing.
    """
    lines = text.split("\n")
    header = [cell.strip() for cell in lines[0].split("\t")]
    annotation = _annotation(header)
    found: dict[tuple[str, ...], tuple[Label, int]] = {}
    names: set[str] = set()
    for line, row in enumerate(lines[1:], start=2):
        if not row.strip():
            continue
        cells = row.split("\t")
        if len(cells) > len(header):
            raise wrong(line, f"{len(cells)} cells, and {len(header)} in the header", "cells are parted by one tab")
        held = dict(zip(header, (cell.strip() for cell in cells), strict=False))
        if label := _label(held, line, annotation):
            names.add(held.get("Begin File", ""))
            key = (held.get("Selection") or f"line {line}", held[START], held[END])
            if key not in found or not held.get("View", "").startswith("Waveform"):
                found[key] = (label, line)
    return labelled(found.values(), Take(file_name=names.pop() if len(names) == 1 else ""))


def _annotation(header: Sequence[str]) -> str:
    """Name of the column with the text."""
    if missing := [name for name in (START, END) if name not in header]:
        raise wrong(1, f"no column {missing[0]!r}", "a selection table's header is its first line")
    lower = {name.lower(): name for name in reversed(header)}
    found = next((lower[name] for name in ANNOTATIONS if name in lower), None)
    if found is None:
        raise wrong(1, "no column with the labels' words", f"call one of these columns Annotation: {', '.join(header)}")
    return found


def _label(held: Mapping[str, str], line: int, annotation: str) -> Label | None:
    start_s, end_s = (number(held.get(name, ""), line, name) for name in (START, END))
    low_hz, high_hz = (number(held[name], line, name) if held.get(name) else None for name in (LOW, HIGH))
    return label_at(line, start_s, end_s, held.get(annotation, ""), low_hz, high_hz)


def write(labels: Sequence[Label], take: Take) -> str:
    """Write a table; where a label has no frequencies their cells are empty."""
    if "\t" in take.file_name or "\n" in take.file_name:
        raise CatalogueError(f"{take.file_name!r} cannot stand in a table", hint="rename the take")
    rows = ["\t".join(_COLUMNS)]
    for place, label in enumerate(in_order(labels), start=1):
        band = ("" if hz is None else f"{hz:.6f}" for hz in (label.low_hz, label.high_hz))
        times = (f"{label.start_s:.6f}", f"{label.end_s:.6f}")
        rows.append("\t".join((str(place), "Spectrogram 1", "1", *times, *band, take.file_name, label.text)))
    return "\n".join(rows) + "\n"
