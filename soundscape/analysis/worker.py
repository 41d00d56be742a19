"""One process that hears file after file: paths come in as lines, what was heard goes out as pickles.

After a path stand the recordings that the file may hold; if it does, it is not heard again. The program's arguments
are descriptions of the user's own models.

A process of its own, so that whatever a damaged file does to a decoder happens to it alone; started by `ingest`.
"""

from __future__ import annotations

import os
import sys

from soundscape.analysis.heard import Analysis, Known
from soundscape.analysis.pipe import send


def main() -> None:
    """Hear files until there are no more."""
    out = os.fdopen(os.dup(1), "wb")
    sys.stderr = os.fdopen(os.dup(2), "w", errors="backslashreplace", buffering=1)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)  # what a library prints must not come between the pickles
    os.dup2(nowhere, 2)  # nor before people: a decoder of MP3 says what it stumbles over, not of which file
    from soundscape.analysis.analyse import analyse  # after the threads of BLAS were limited by the environment
    from soundscape.analysis.taggers.stronger import Stronger
    from soundscape.audio.hashing import audio_id
    from soundscape.errors import SoundscapeError

    models = [Stronger(path) for path in sys.argv[1:]]
    for line in sys.stdin.buffer:
        name, *likely = line.decode().split()
        path = os.fsdecode(bytes.fromhex(name))
        heard: Analysis | Known | str
        try:
            sound = audio_id(path) if likely else ""
            heard = Known(sound) if sound in likely else analyse(path, models)
        except SoundscapeError as error:
            heard = f"{error}: {error.hint}" if error.hint else str(error)
        except Exception as error:
            heard = f"cannot be heard: {type(error).__name__}: {error}"
        try:
            send(out, heard)
        except BrokenPipeError:  # who asked was killed: there is nobody to tell
            os._exit(1)


if __name__ == "__main__":
    main()
