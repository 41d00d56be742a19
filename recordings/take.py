"""What a take of this collection is: a name, what is known of it, and the model that makes its samples."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

RATE_HZ = 48_000
Signal = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Take:
    """One file of the collection.

    `make` gives (n_frames, n_channels) at 48 kHz, full scale 1.0, from a generator that depends on the name alone.
    `sounds` are the tags of what can be heard in it, the main one first; `faults` what is wrong
    with it on purpose: `clipped`, `hum`, `dc`, `handling`, `quiet`.
    """

    name: str
    titles: dict[str, str]
    object_id: str
    place: str
    sounds: tuple[str, ...]
    make: Callable[[np.random.Generator], Signal]
    faults: tuple[str, ...] = ()
