"""What an ONNX file says about itself, read without running it: whether it is one, and which files it wants beside it.

A model is somebody else's file. Its weights may lie in files of their own; those are named in it by paths, which must
not lead out of its folder. Field numbers are those of `onnx.proto3` (ONNX 1.16), the encoding that of protocol buffers.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from soundscape.errors import TaggerError

MOST_BYTES = 1 << 30
"""With all its weights a model may be so large."""
DEEPEST = 16
_GRAPH, _FUNCTION = 7, 25
_INSIDE = {
    "model": {_GRAPH: "graph", _FUNCTION: "function"},
    "graph": {1: "node", 5: "tensor", 15: "sparse"},
    "function": {7: "node"},
    "node": {5: "attribute"},
    "attribute": {5: "tensor", 6: "graph", 10: "tensor", 11: "graph", 22: "sparse", 23: "sparse"},
    "sparse": {1: "tensor", 2: "tensor"},
    "tensor": {13: "entry"},
}
"""By message, the fields with messages in which a tensor may be found."""


def check_model_file(path: Path) -> int:
    """Bytes a model has with all its weights.

    Raises
    ------
    TaggerError
        If the file cannot be read, is no ONNX model, is too large, or wants weights from outside its folder.
    """
    try:
        size = path.stat().st_size
        if size > MOST_BYTES:
            raise _too_large(path, size)
        content = memoryview(path.read_bytes())
        fields = {number for number, _ in _fields(content)}
        if not {1, _GRAPH, 8} <= fields:  # version of the format, graph, operators
            raise ValueError("no graph")
        places = sorted(set(_locations(content, "model", 0)))
    except OSError as error:
        raise TaggerError(f"cannot read the model {path}: {error.strerror}", hint="check the path") from error
    except ValueError as error:
        raise TaggerError(
            f"{path} is no ONNX model: {error}", hint="export the model to ONNX, and name that file"
        ) from None
    size += sum(_size_beside(path, place) for place in places)
    if size > MOST_BYTES:
        raise _too_large(path, size)
    return size


def _too_large(path: Path, size: int) -> TaggerError:
    return TaggerError(f"the model {path} has {size / 2**20:.0f} MiB, more than {MOST_BYTES / 2**20:.0f}",
                       hint="use a smaller one, or one with weights of 8 or 16 bits")  # fmt: skip


def _size_beside(path: Path, place: str) -> int:
    folder = path.resolve().parent
    weights = (folder / place).resolve()
    if not place or "\0" in place or Path(place).is_absolute() or not weights.is_relative_to(folder):
        hint = "do not use it, unless you know who made it; weights belong beside the model"
        raise TaggerError(f"the model {path} wants weights from outside its folder: {place!r}", hint=hint)
    if not weights.is_file():
        raise TaggerError(f"the model {path} lacks its weights {place!r}", hint="put that file beside the model")
    return weights.stat().st_size


def _locations(content: memoryview, kind: str, depth: int) -> Iterator[str]:
    """Every file that tensors of a message are kept in."""
    if depth > DEEPEST:
        raise ValueError("graphs within graphs without end")
    for number, value in _fields(content):
        inside = _INSIDE[kind].get(number)
        if inside is None or not isinstance(value, memoryview):
            continue
        if inside != "entry":
            yield from _locations(value, inside, depth + (inside == "graph"))
            continue
        entry = {key: word for key, word in _fields(value) if isinstance(word, memoryview)}
        if bytes(entry.get(1, b"")) == b"location":
            yield bytes(entry.get(2, b"")).decode("utf-8")


def _fields(content: memoryview) -> Iterator[tuple[int, memoryview | int]]:
    """Number and value of each field of a message."""
    at = 0
    while at < len(content):
        key, at = _varint(content, at)
        number, wire = key >> 3, key & 7
        if wire == 0:
            value, at = _varint(content, at)
            yield number, value
            continue
        if wire not in (1, 2, 5):
            raise ValueError("another kind of file")
        length, at = _varint(content, at) if wire == 2 else ({1: 8, 5: 4}[wire], at)
        if at + length > len(content):
            raise ValueError("it is cut short")
        yield number, content[at : at + length]
        at += length


def _varint(content: memoryview, at: int) -> tuple[int, int]:
    value = shift = 0
    while shift < 64:
        if at >= len(content):
            raise ValueError("it is cut short")
        byte = content[at]
        value, shift, at = value | (byte & 127) << shift, shift + 7, at + 1
        if byte < 128:
            return value, at
    raise ValueError("another kind of file")
