"""Make the recordings again: `python -m recordings.make [NAME ...] [--check]`, from the top of a checkout.

Every take is drawn from a generator seeded with its name, so the same versions of numpy and scipy give the same bits.
"""

from __future__ import annotations

import argparse
import sys
import zlib
from pathlib import Path

import numpy as np

from recordings.models import TAKES
from recordings.take import RATE_HZ, Take
from soundscape.audio.files import read_audio
from soundscape.audio.flacfile import write_flac
from soundscape.audio.metadata import Metadata
from soundscape.units import Samples

FOLDER = Path(__file__).parent
STEP = 2.0**-19
"""Takes are rounded to 20 of their 24 bits: 50 dB below the quietest background here, and a third of the size."""


def samples_of(take: Take) -> Samples:
    """(n_frames, n_channels) float32 as in the file; what is beyond full scale is cut off, as a recorder does."""
    generator = np.random.default_rng([zlib.crc32(take.name.encode()), 1])
    signal = np.clip(take.make(generator), -1.0, 1.0 - STEP)
    return np.asarray(np.rint(signal / STEP) * STEP, np.float32)


def metadata_of(take: Take) -> Metadata:
    """What the file says of itself."""
    return Metadata(titles=take.titles, description="synthesised by physical model", recordist="soundscape",
                    place=take.place, object_id=take.object_id, licence="CC0-1.0")  # fmt: skip


def path_of(take: Take) -> Path:
    """Where the take is kept."""
    return FOLDER / f"{take.name}.flac"


def is_as_made(take: Take) -> bool:
    """Whether the file holds, bit for bit, what its model makes."""
    kept, rate_hz = read_audio(path_of(take))
    return rate_hz == RATE_HZ and np.array_equal(kept, samples_of(take))


def main() -> None:
    """Make or check the takes named, or all."""
    parser = argparse.ArgumentParser(prog="recordings.make", description="Make the recordings again.")
    parser.add_argument("names", nargs="*", metavar="NAME", help="which takes (all)")
    parser.add_argument("--check", action="store_true", help="compare with the files instead of writing them")
    asked = parser.parse_args()
    if unknown := set(asked.names) - set(TAKES):
        parser.error(f"no take is called {', '.join(sorted(unknown))}; there are {', '.join(sorted(TAKES))}")
    changed = 0
    for name in asked.names or sorted(TAKES):
        take = TAKES[name]
        if asked.check:
            same = is_as_made(take)
            changed += not same
            print(f"{'same' if same else 'DIFFERS':8}{name}")
        else:
            write_flac(path_of(take), samples_of(take), RATE_HZ, metadata_of(take))
            print(f"{path_of(take).stat().st_size / 1e6:6.2f} MB  {name}")
    sys.exit(1 if changed else 0)


if __name__ == "__main__":
    main()
