"""Labels of takes, in and out, as editors of sound keep them; one file and one row of `FORMATS` for each format."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from soundscape.catalogue.labels import audacity, jams, praat, raven
from soundscape.catalogue.labels.label import Label, Labelled, Take
from soundscape.catalogue.labels.text import MAX_BYTES, text_of
from soundscape.errors import CatalogueError
from soundscape.whole import write_text

__all__ = ["FORMATS", "MAX_BYTES", "Format", "Label", "Labelled", "Take", "bare_name", "format_of", "read_labels",
           "write_labels"]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Format:
    """A format of labels; the first ending is the one that is written."""

    endings: tuple[str, ...]
    read: Callable[[str], Labelled]
    write: Callable[[Sequence[Label], Take], str]


FORMATS: Mapping[str, Format] = MappingProxyType(
    {
        "raven": Format((".selections.txt", ".selection.txt"), raven.read, raven.write),
        "praat": Format((".TextGrid",), praat.read, praat.write),
        "jams": Format((".jams",), jams.read, jams.write),
        "audacity": Format((".txt",), audacity.read, audacity.write),
    }
)
"""By name; of a file's ending the first that fits."""


def format_of(path: Path, name: str | None = None) -> str:
    """Format called so, else by a file's ending.

    Raises
    ------
    CatalogueError
        If there is no such format, or the ending says nothing.

    Examples
    --------
    >>> format_of(Path("gate.Table.1.selections.txt")), format_of(Path("gate.txt")), format_of(Path("a.txt"), "jams")
    ('raven', 'audacity', 'jams')
    """
    known = ", ".join(f"{key} ({one.endings[0]})" for key, one in FORMATS.items())
    if name is not None:
        if name not in FORMATS:
            raise CatalogueError(f"there is no format of labels {name!r}", hint=f"known: {known}")
        return name
    lower = path.name.lower()
    for key, one in FORMATS.items():
        if any(lower.endswith(ending.lower()) for ending in one.endings):
            return key
    raise CatalogueError(f"{path}: cannot tell the format of labels by the ending", hint=f"say --format, of: {known}")


def bare_name(path: Path) -> str:
    """Name of a file of labels without its ending: that of the take it belongs to.

    Examples
    --------
    >>> bare_name(Path("old gate.Table.1.selections.txt")), bare_name(Path("a.b.TextGrid"))
    ('old gate', 'a.b')
    """
    lower = path.name.lower()
    endings = [ending.lower() for one in FORMATS.values() for ending in one.endings]
    bare = next((path.name[: -len(ending)] for ending in endings if lower.endswith(ending)), path.stem)
    stem, _, number = bare.rpartition(".")
    return stem[: -len(".table")] if number.isdigit() and stem.lower().endswith(".table") else bare


def read_labels(path: Path, name: str | None = None) -> Labelled:
    """Read a file of labels.

    Parameters
    ----------
    path : path
        At most 64 MB.
    name : str or None
        Key of `FORMATS`; None goes by the ending, and for .txt by the first line too.

    Raises
    ------
    CatalogueError
        If it cannot be read, or is no such file; the message names the line.
    """
    text = text_of(path)
    key = format_of(path, name)
    if name is None and key == "audacity" and raven.is_header(text.partition("\n")[0]):
        key = "raven"
    try:
        return FORMATS[key].read(text)
    except CatalogueError as error:
        raise CatalogueError(f"{path}, {error}", hint=error.hint) from None


def write_labels(path: Path, labels: Iterable[Label], take: Take, name: str | None = None) -> None:
    """Write a file of labels, whole or not at all; times to the microsecond.

    Raises
    ------
    CatalogueError
        If the format cannot be told.
    OutputError
        If the file cannot be written.
    """
    write_text(path, FORMATS[format_of(path, name)].write(list(labels), take))
