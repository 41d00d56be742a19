"""Scales as Scala files: degrees in `.scl`, and where they lie on a keyboard in `.kbm` beside it.

The formats are those of the Scala program (M. Op de Coul, "Scala scale file format", "Scala keyboard mappings").
"""

from __future__ import annotations

import math
import re
from pathlib import Path

from soundscape.arrangement.tuning import OCTAVE_CENTS, Degree, Tuning
from soundscape.errors import PieceError
from soundscape.units import hz_of, pitch_of
from soundscape.whole import write_text

MOST_BYTES = 1 << 20
MOST_NOTES = 1024
LEAST_PERIOD_CENTS = 1.0
MIDDLE_C = 60
_NUMBER = re.compile(r"[-+]?\d+(?:\.\d*)?")
_RATIO = re.compile(r"(\d+)\s*/\s*(\d+)")
_WHAT = "write a Scala scale: a title, the number of notes, then each note in cents (386.3) or as a ratio (5/4)"


def save_scala(tuning: Tuning, path: Path) -> tuple[Path, Path]:
    """Write a scale as `.scl`, and as `.kbm` beside it the keys that come nearest to its degrees.

    Raises
    ------
    OutputError
        If one of them cannot be written.
    """
    keys = keys_path(path)
    write_text(path, scl_of(tuning))
    write_text(keys, kbm_of(tuning))
    return path, keys


def keys_path(path: Path) -> Path:
    """Where the keys of a scale stand: beside it."""
    return path.with_suffix(".kbm")


def scl_of(tuning: Tuning) -> str:
    """Text of a `.scl`: the first degree is 1/1 and not written, the period is the last note.

    Examples
    --------
    >>> print(scl_of(Tuning("fifth", 440.0, (Degree(0.0), Degree(701.955)))))
    ! reference_hz 440.000000
    fifth
     2
    !
     701.955000
     1200.000000
    <BLANKLINE>
    """
    first = tuning.degrees[0]
    notes = [degree.cents - first.cents for degree in tuning.degrees[1:]] + [tuning.period_cents]
    sources = [degree.partials for degree in tuning.degrees[1:]] + [first.partials]
    lines = [
        f" {cents:.6f}" + (f" {_in_a_line(of[0].title)}, partial {of[0].number}" if of else "")
        for cents, of in zip(notes, sources, strict=True)
    ]
    title = _in_a_line(tuning.name) or "scale"
    title = f" {title}" if title.startswith("!") else title  # or it would be a comment
    return "\n".join([f"! reference_hz {tuning.hz(0):.6f}", title, f" {len(notes)}", "!", *lines, ""])


def _in_a_line(text: str) -> str:
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def kbm_of(tuning: Tuning) -> str:
    """Text of a `.kbm`: the key nearest to 1/1 plays it, the eleven above what is nearest to them, or nothing."""
    middle = round(pitch_of(tuning.hz(0)))
    lowest, count = tuning.degrees[0].cents, len(tuning.degrees)
    rows = ["0"]  # what the frequency below is that of
    for key in range(1, 12):
        moved = tuning.nearest(middle + key)
        if moved.number is None:
            rows.append("x")
            continue
        above = 100.0 * (moved.pitch - pitch_of(tuning.reference_hz)) - tuning.degrees[moved.number].cents
        rows.append(str(moved.number + count * round(above / tuning.period_cents)))
    head = ["! size, first and last key, key of 1/1, key of the frequency, frequency, degrees in an octave", "12", "0",
            "127", str(middle), str(middle), f"{tuning.reference_hz * 2.0 ** (lowest / OCTAVE_CENTS):.6f}",
            str(count)]  # fmt: skip
    return "\n".join([*head, "! degree of each key", *rows, ""])


def load_scala(path: Path) -> Tuning:
    """Scale of a `.scl`; 1/1 is where a `.kbm` of the same name says, else middle C.

    Raises
    ------
    PieceError
        If a file cannot be read or is none; the message names file, line and value.
    """
    lines = _lines(path)
    if len(lines) < 2:
        raise PieceError(f"{path} is not a Scala scale: it has {len(lines)} lines that are no comment", hint=_WHAT)
    place, text = lines[1]
    count = text.split()[0] if text.split() else ""
    if not count.isascii() or not count.isdigit() or not 1 <= int(count[:9]) <= MOST_NOTES:
        raise PieceError(f"{path}, line {place}: the number of notes is {text.strip()[:40]!r}",
                         hint=f"it is a whole number from 1 to {MOST_NOTES}; {_WHAT}")  # fmt: skip
    rows = lines[2 : 2 + int(count)]
    if len(rows) < int(count):
        raise PieceError(f"{path}: it tells of {count} notes and has {len(rows)}", hint="add the rest, or correct it")
    notes = [_cents(text, f"{path}, line {place}") for place, text in rows]
    period = notes[-1]
    if period < LEAST_PERIOD_CENTS:
        raise PieceError(f"{path}, line {rows[-1][0]}: the last note is {period:g} cents",
                         hint="it is where the scale begins again, such as 2/1")  # fmt: skip
    degrees = sorted({0.0, *(round(cents % period, 6) % period for cents in notes[:-1])})
    keys = keys_path(path)
    reference_hz = _reference(keys, notes) if keys.is_file() else hz_of(MIDDLE_C)
    return Tuning(lines[0][1].strip() or path.stem, reference_hz, tuple(map(Degree, degrees)), period)


def _lines(path: Path) -> list[tuple[int, str]]:
    """Lines that are no comment, with their numbers from 1."""
    try:
        with path.open("rb") as stream:
            data = stream.read(MOST_BYTES + 1)
    except OSError as error:
        raise PieceError(f"cannot read {path}: {error.strerror}", hint="name a Scala scale (.scl)") from error
    if len(data) > MOST_BYTES:
        raise PieceError(f"{path} is not a Scala file: it has more than {MOST_BYTES} bytes", hint=_WHAT)
    if b"\0" in data:
        raise PieceError(f"{path} is not a Scala file: it is no text", hint=_WHAT)
    lines = data.decode("utf-8-sig", errors="replace").splitlines()
    return [(place, line) for place, line in enumerate(lines, 1) if not line.startswith("!")]


def _cents(text: str, where: str) -> float:
    """A note: cents where there is a point, else a ratio; what follows it is a remark."""
    bare = text.strip()
    ratio = _RATIO.match(bare)
    found = ratio or _NUMBER.match(bare)
    after = bare[found.end() : found.end() + 1] if found else "?"
    if not found or after.isalnum() or after in tuple("./,+-_?"):
        raise PieceError(f"{where}: {bare[:40]!r} is no note", hint="write cents (386.3) or a ratio (5/4)")
    if ratio:
        return _of_ratio(ratio[1], ratio[2], where)
    if "." not in found[0]:
        return _of_ratio(found[0], "1", where)
    cents = float(found[0])
    if abs(cents) > 1e5:
        raise PieceError(f"{where}: {found[0][:40]} cents is beyond hearing", hint="an octave has 1200 cents")
    return cents


def _of_ratio(above: str, below: str, where: str) -> float:
    if len(above) > 30 or len(below) > 30 or int(above) <= 0 or int(below) <= 0:
        raise PieceError(f"{where}: {above[:40]}/{below[:40]} is no ratio", hint="write two whole numbers such as 5/4")
    return OCTAVE_CENTS * (math.log2(int(above)) - math.log2(int(below)))


def _reference(path: Path, notes: list[float]) -> float:
    """Frequency of 1/1 by a keyboard mapping."""
    rows = [(place, text.split()[0]) for place, text in _lines(path) if text.split()]
    what = "a mapping has: size, first and last key, key of 1/1, key of the frequency, frequency, degrees in an octave"
    try:
        size, _, _, middle, at = (int(text) for _, text in rows[:5])
        hz, octave = float(rows[5][1]), int(rows[6][1])
        mapped = [text for _, text in rows[7 : 7 + size]]
        turns, key = divmod(at - middle, size) if size else (0, at - middle)
        number = key if not size else int(mapped[key])
        scale = [0.0, *notes]
        above = turns * _degree(octave or len(notes), scale) + _degree(number, scale)
        reference_hz = float(hz / 2.0 ** (above / OCTAVE_CENTS))
    except (ValueError, IndexError, OverflowError, ZeroDivisionError) as error:
        raise PieceError(f"{path} is not a Scala keyboard mapping: {error}", hint=what) from error
    if not 1.0 <= reference_hz <= 100_000.0:
        raise PieceError(f"{path}: 1/1 would be {reference_hz:g} Hz", hint=what)
    return reference_hz


def _degree(number: int, scale: list[float]) -> float:
    turns, step = divmod(number, len(scale) - 1)
    return turns * scale[-1] + scale[step]
