"""One process that hears file after file: paths come in as lines, what was heard goes out as pickles.

A process of its own, so that whatever a damaged file does to a decoder happens to it alone; started by `ingest`.
"""

from __future__ import annotations

import os
import pickle
import struct
import sys
from typing import IO

LENGTH = struct.Struct("<Q")


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


def main() -> None:
    """Hear files until there are no more."""
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints must not come between the pickles
    from soundscape.analysis.analyse import analyse  # after the threads of BLAS were limited by the environment
    from soundscape.errors import SoundscapeError

    for line in sys.stdin.buffer:
        path = os.fsdecode(bytes.fromhex(line.decode().strip()))
        try:
            send(out, analyse(path))
        except SoundscapeError as error:
            send(out, f"{error}: {error.hint}" if error.hint else str(error))
        except Exception as error:
            send(out, f"cannot be heard: {type(error).__name__}: {error}")


if __name__ == "__main__":
    main()
