"""What goes between the process that wants files heard and those that hear them."""

from __future__ import annotations

import pickle
import struct
from dataclasses import dataclass
from typing import IO

LENGTH = struct.Struct("<Q")


@dataclass(frozen=True, slots=True)
class Known:
    """A file that holds a recording the catalogue has."""

    recording_id: str


def send(stream: IO[bytes], value: object) -> None:
    """Write a value and how long it is."""
    body = pickle.dumps(value)
    stream.write(LENGTH.pack(len(body)) + body)
    stream.flush()


def receive(stream: IO[bytes]) -> object:
    """Read a value.

    Raises
    ------
    EOFError
        If the other end is gone.
    """
    head = stream.read(LENGTH.size)
    body = stream.read(LENGTH.unpack(head)[0]) if len(head) == LENGTH.size else b""
    if len(head) < LENGTH.size or len(body) < LENGTH.unpack(head)[0]:
        raise EOFError("the process is gone")
    return pickle.loads(body)
