"""The feature vectors of a catalogue as one memory map beside it, for likeness; it can always be made again.

The truth is in the catalogue. The map says which state of the catalogue it shows and carries a checksum; where it is
missing, stale or damaged it is written anew, and where it cannot be written it is built in memory.
"""

from __future__ import annotations

import sqlite3
import zlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from soundscape.errors import OutputError
from soundscape.whole import whole_file

Numbers = NDArray[np.int64]
Vectors = NDArray[np.float32]

_HEADER = np.dtype(
    [
        ("magic", "S8"),
        ("generation", "S32"),
        ("n_rows", "<i8"),
        ("n_columns", "<i8"),
        ("checksum", "<u4"),
        ("padding", "V4"),
    ]
)
_MAGIC = b"SNDSVEC1"


def unit_rows(vectors: NDArray[np.floating]) -> Vectors:
    """Rows of length 1; a row of zeros stays one.

    Examples
    --------
    >>> unit_rows(np.array([[3.0, 4.0], [0.0, 0.0]])).round(3).tolist()
    [[0.6000000238418579, 0.800000011920929], [0.0, 0.0]]
    """
    wide = np.asarray(vectors, np.float64)
    lengths = np.linalg.norm(wide, axis=-1, keepdims=True)
    return np.ascontiguousarray(wide / np.where(lengths > 0.0, lengths, 1.0), np.float32)


def vectors_path(catalogue: Path) -> Path:
    """Where the map of a catalogue file is."""
    return catalogue.with_name(catalogue.name + ".vectors")


def load_vectors(catalogue: Path, database: sqlite3.Connection) -> tuple[Numbers, Vectors]:
    """Numbers of the segments that have a vector, rising, and the vectors: (n,) int64, (n, n_columns) float32.

    Call it inside a read transaction, so that the map and the rows are of one state.
    """
    (generation,) = database.execute("SELECT value FROM meta WHERE name = 'generation'").fetchone()
    path = vectors_path(catalogue)
    found = _mapped(path, generation.encode())
    if found is None:
        found = _gathered(database)
        try:
            _write(path, generation.encode(), *found)
        except OutputError:
            return found  # a place that can only be read: the map is a convenience
    return found


def _gathered(database: sqlite3.Connection) -> tuple[Numbers, Vectors]:
    rows = database.execute("SELECT segment, vector FROM vectors ORDER BY segment").fetchall()
    numbers = np.array([number for number, _ in rows], np.int64)
    n_columns = len(rows[0][1]) // 4 if rows else 0
    return numbers, np.frombuffer(b"".join(blob for _, blob in rows), "<f4").reshape(len(rows), n_columns)


def _write(path: Path, generation: bytes, numbers: Numbers, vectors: Vectors) -> None:
    checksum = zlib.crc32(vectors.tobytes(), zlib.crc32(numbers.tobytes()))
    header = np.array((_MAGIC, generation, len(numbers), vectors.shape[1], checksum, b""), _HEADER)
    with whole_file(path) as temporary, temporary.open("wb") as stream:
        stream.write(header.tobytes())
        stream.write(numbers.tobytes())
        stream.write(vectors.tobytes())


def _mapped(path: Path, generation: bytes) -> tuple[Numbers, Vectors] | None:
    try:
        raw = np.memmap(path, np.uint8, "r")
    except (OSError, ValueError):
        return None  # missing or empty
    if raw.size < _HEADER.itemsize:
        return None
    header = raw[: _HEADER.itemsize].view(_HEADER)[0]
    n_rows, n_columns = int(header["n_rows"]), int(header["n_columns"])
    if header["magic"] != _MAGIC or header["generation"] != generation or min(n_rows, n_columns) < 0:
        return None
    split = _HEADER.itemsize + 8 * n_rows
    if raw.size != split + 4 * n_rows * n_columns or zlib.crc32(raw[_HEADER.itemsize :].data) != header["checksum"]:
        return None
    numbers = raw[_HEADER.itemsize : split].view("<i8")
    return numbers, raw[split:].view("<f4").reshape(n_rows, n_columns)


def likeness(vectors: Vectors, to: Vectors) -> Vectors:
    """Cosine of every row with one vector of unit length: (n, n_columns), (n_columns,) -> (n,), -1..1."""
    alike: Vectors = np.clip(vectors @ to, -1.0, 1.0)
    return alike
