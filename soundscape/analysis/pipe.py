"""What goes between the process that wants files heard and those that hear them."""

from __future__ import annotations

import pickle
import struct
from typing import IO

from soundscape.analysis.heard import Analysis, joined

LENGTH = struct.Struct("<Q")


def send(stream: IO[bytes], value: object) -> None:
    """Write a value; of a day's recording a part at a time, since pickling all of it at once takes much memory."""
    for part in value.parts() if isinstance(value, Analysis) else (value,):
        body = pickle.dumps(part)
        stream.write(LENGTH.pack(len(body)) + body)
    stream.flush()


def receive(stream: IO[bytes]) -> object:
    """Read a value.

    Raises
    ------
    EOFError
        If the other end is gone.
    """
    parts = []
    while isinstance(value := _one(stream), Analysis):
        parts.append(value)
        if not value.segments:
            return joined(parts)
    return value


def _one(stream: IO[bytes]) -> object:
    head = stream.read(LENGTH.size)
    body = stream.read(LENGTH.unpack(head)[0]) if len(head) == LENGTH.size else b""
    if len(head) < LENGTH.size or len(body) < LENGTH.unpack(head)[0]:
        raise EOFError("the process is gone")
    return pickle.loads(body)
