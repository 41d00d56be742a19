"""Make the scores again: `python -m scores.make [--check]`, from the top of a checkout.

The pieces (.toml) beside them are written by hand; change a script or a piece, make, and listen.
"""

from __future__ import annotations

import argparse
import io
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import mido

from scores import etude, overture, quiet_courtyard

FOLDER = Path(__file__).parent
SCORES: Mapping[str, Callable[[], mido.MidiFile]] = {
    "overture": overture.score, "quiet_courtyard": quiet_courtyard.score, "etude": etude.score,
}  # fmt: skip


def bytes_of(score: mido.MidiFile) -> bytes:
    """The file, as it is kept."""
    stream = io.BytesIO()
    score.save(file=stream)
    return stream.getvalue()


def main() -> None:
    """Make or check all of them."""
    parser = argparse.ArgumentParser(prog="scores.make", description="Make the scores again.")
    parser.add_argument("--check", action="store_true", help="compare with the files instead of writing them")
    asked = parser.parse_args()
    changed = 0
    for name, score in SCORES.items():
        path, data = FOLDER / f"{name}.mid", bytes_of(score())
        if not asked.check:
            path.write_bytes(data)
        same = path.is_file() and path.read_bytes() == data
        changed += not same
        print(f"{'same' if same else 'DIFFERS':8}{path.name}")
    sys.exit(1 if changed else 0)


if __name__ == "__main__":
    main()
