"""ONNX files as tests need them, right and wrong, written field by field (onnx.proto3 of ONNX 1.16)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

FLOAT, INT64 = 1, 7
OPSET = 13


def varint(value: int) -> bytes:
    out = b""
    while True:
        out += bytes([value & 127 | (128 if value > 127 else 0)])
        value >>= 7
        if not value:
            return out


def field(number: int, value: int | bytes | str) -> bytes:
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    body = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(body)) + body


def tensor(name: str, values: np.ndarray, *, location: str = "") -> bytes:
    """Weights in the model, or in a file beside it."""
    kind = INT64 if values.dtype == np.int64 else FLOAT
    body = b"".join(field(1, n) for n in values.shape) + field(2, kind) + field(8, name)
    if location:
        entry = field(1, "location") + field(2, location)
        return body + field(13, entry) + field(14, 1)
    return body + field(9, values.tobytes())


def node(
    operator: str, inputs: Sequence[str], output: str, *, domain: str = "", **attributes: int | list[int]
) -> bytes:
    body = b"".join(field(1, name) for name in inputs) + field(2, output) + field(4, operator)
    for name, value in attributes.items():
        if isinstance(value, list):
            body += field(5, field(1, name) + b"".join(field(8, n) for n in value) + field(20, 7))
        else:
            body += field(5, field(1, name) + field(3, value) + field(20, 2))
    return body + (field(7, domain) if domain else b"")


def value(name: str, shape: Sequence[int | str], kind: int = FLOAT) -> bytes:
    dims = b"".join(field(1, field(1, n) if isinstance(n, int) else field(2, n)) for n in shape)
    return field(1, name) + field(2, field(1, field(1, kind) + field(2, dims)))


def model(nodes: Sequence[bytes], tensors: Sequence[bytes], inputs: Sequence[bytes], outputs: Sequence[bytes]) -> bytes:
    graph = b"".join(field(1, one) for one in nodes) + field(2, "tiny") + b"".join(field(5, one) for one in tensors)
    graph += b"".join(field(11, one) for one in inputs) + b"".join(field(12, one) for one in outputs)
    return field(1, 8) + field(7, graph) + field(8, field(1, "") + field(2, OPSET))


def tagger(
    logits: Sequence[float], *, rank: int = 2, sigmoid: bool = True, location: str = "", domain: str = ""
) -> bytes:
    """Takes sound of any length, (n,), (1, n) or a spectrogram (1, t, m), and gives the same whatever it hears."""
    shape: list[int | str] = [f"n{axis}" for axis in range(rank)]
    bias = np.array([logits], np.float32)
    nodes = [
        node("ReduceMean", ["sound"], "mean", axes=list(range(rank)), keepdims=0),
        node("Mul", ["mean", "nothing"], "silent"),
        node("Add", ["silent", "bias"], "sum", domain=domain),
        node("Sigmoid" if sigmoid else "Identity", ["sum"], "out"),
    ]
    tensors = [tensor("nothing", np.zeros(1, np.float32)), tensor("bias", bias, location=location)]
    return model(nodes, tensors, [value("sound", shape)], [value("out", [1, len(logits)])])


def loudness_tower() -> bytes:
    """Embedding of a sound: how loud on the first axis, a little on the second, so that silence is there."""
    nodes = [
        node("Abs", ["sound"], "abs"),
        node("ReduceMean", ["abs"], "mean", axes=[1], keepdims=1),
        node("MatMul", ["mean", "scale"], "scaled"),
        node("Add", ["scaled", "bias"], "out"),
    ]
    tensors = [tensor("scale", np.array([[10.0, 0.0]], np.float32)), tensor("bias", np.array([[0.0, 0.3]], np.float32))]
    return model(nodes, tensors, [value("sound", [1, "n"])], [value("out", [1, 2])])


def text_tower(rows: Sequence[Sequence[float]]) -> bytes:
    """Embedding of a text: the mean of a row for each of its tokens."""
    nodes = [
        node("Gather", ["rows", "input_ids"], "each", axis=0),
        node("ReduceMean", ["each"], "out", axes=[1], keepdims=0),
    ]
    tensors = [tensor("rows", np.array(rows, np.float32))]
    return model(nodes, tensors, [value("input_ids", ["b", "t"], INT64)], [value("out", ["b", len(rows[0])])])


def write(folder: Path, **files: bytes | str) -> Path:
    """Write files (`__` stands for the dot of a name); the path of `tagger.toml`."""
    for name, content in files.items():
        path = folder / name.replace("__", ".")
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    return folder / "tagger.toml"
