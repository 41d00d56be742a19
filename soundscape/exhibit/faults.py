"""Faults for a rehearsal: what can go wrong in a gallery, made to go wrong at seeded times."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from soundscape.arrangement.chance import generator_for
from soundscape.audio.pool import Pool
from soundscape.errors import AudioError, OutputError
from soundscape.exhibit.stems import Stems
from soundscape.units import Samples

KINDS = (
    "player killed", "player hangs", "device gone", "generator killed", "window torn", "window deleted",
    "file unreadable", "clock jump", "disk full", "catalogue gone", "trigger flood",
)  # fmt: skip
LONGEST_JUMP_S = 3 * 3600.0
LASTS_S = 45.0
"""How long a disk is full, a file unreadable, a catalogue gone."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One that is to happen, at a time of the rehearsal in which the doors are open."""

    at_s: float
    kind: str
    by_s: float = 0.0
    """Of a jump of the clock."""


def faults(n_faults: int, open_s: float, seed: int) -> tuple[Fault, ...]:
    """So many faults, each kind as often as the others, anywhere in the open hours but in their first minute."""
    rng = generator_for(seed, "faults")
    at_s = np.sort(rng.uniform(60.0, max(open_s - 60.0, 61.0), n_faults))
    kinds = [KINDS[n % len(KINDS)] for n in rng.permutation(n_faults)]
    jumps_s = rng.uniform(-1.0, 1.0, n_faults) ** 3 * LONGEST_JUMP_S
    return tuple(Fault(float(at), kind, float(by) if kind == "clock jump" else 0.0)
                 for at, kind, by in zip(at_s, kinds, jumps_s, strict=True))  # fmt: skip


class FaultyStems(Stems):
    """A folder whose disk can be full."""

    is_full = False

    def write(self, key: str, window: int, samples: Samples) -> Path:
        """See `Stems`."""
        if self.is_full:
            raise OutputError(f"cannot write {self.folder}: the disk is full", hint="free some space")
        return super().write(key, window, samples)

    def tear(self, path: Path) -> None:
        """Leave a third of a window; one that its renderer throws away meanwhile stays away."""
        with suppress(FileNotFoundError):
            whole, torn = path.read_bytes(), path.with_suffix(".torn")
            torn.write_bytes(whole[: len(whole) // 3])
            torn.replace(path)

    def files(self) -> Iterator[Path]:
        """All windows that are there."""
        yield from sorted(self.folder.glob("*/*.npy"))


class FaultyPool(Pool):
    """A pool some of whose takes cannot be read."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.broken: set[str] = set()

    def take(self, *, recording_id: str, path: str | Path, start_s: float, end_s: float, speed: float = 1.0) -> Samples:
        """See `Pool`."""
        if recording_id in self.broken:
            raise AudioError(f"cannot read {path}: input/output error", hint="look at the disk")
        return super().take(recording_id=recording_id, path=path, start_s=start_s, end_s=end_s, speed=speed)
