"""A show before the doors open: the piece arranged, every sound decoded and in memory, nothing left to chance.

What is played by hand and what the score plays comes from the same piece file as a mix does.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from soundscape.arrangement.arrangement import Arrangement
from soundscape.arrangement.cast import Role
from soundscape.arrangement.event import Event
from soundscape.arrangement.pitching import PITCHINGS
from soundscape.audio.pool import Pool
from soundscape.catalogue.catalogue import Catalogue
from soundscape.catalogue.segment import Recording
from soundscape.engine.voices import SourceKey
from soundscape.live.controls import Pad
from soundscape.live.cues import Cue
from soundscape.live.palette import Palette, key_of, palette_for
from soundscape.progress import Progress, quiet
from soundscape.units import Samples

RESIDENT_S = 30.0
"""Sources up to this long are kept in memory whole; longer ones are read from the disk ahead of time."""
MOST_RESIDENT_BYTES = 4 << 30
"""Memory for those; what comes after is read from the disk as well."""


@dataclass(eq=False)
class Show:
    """What is played, and where its samples are."""

    arrangement: Arrangement
    roles: tuple[Role, ...]
    palette: Palette
    cues: tuple[Cue, ...]
    pool: Pool
    tempo_bpm: float = 120.0
    bending: frozenset[str] = frozenset()
    """Roles whose sounds may be bent while they sound."""
    _ready: dict[SourceKey, Samples] = field(default_factory=dict)

    @property
    def title(self) -> str:
        """Of the piece."""
        return self.arrangement.title

    @property
    def events(self) -> tuple[Event, ...]:
        """What the score plays."""
        return self.arrangement.events

    @property
    def duration_s(self) -> float:
        """Of the score."""
        return self.arrangement.duration_s

    @property
    def recordings(self) -> Mapping[str, Recording]:
        """All that may be played, by id."""
        own = {take.id: take for take in self.arrangement.recordings}
        played = {key.recording_id for key in self.palette.stretches()}
        return own | {name: take for name, take in self.palette.recordings.items() if name in played}

    @property
    def resident(self) -> Mapping[SourceKey, Samples]:
        """What `load` has put into memory."""
        return {key: samples for key, samples in self._ready.items() if not isinstance(samples, np.memmap)}

    @property
    def streamed(self) -> Mapping[SourceKey, np.memmap[Any, Any]]:
        """What `load` has left on the disk, to be read ahead of its time."""
        return {key: samples for key, samples in self._ready.items() if isinstance(samples, np.memmap)}

    def source(self, key: SourceKey) -> Samples:
        """Samples of a stretch: at once, where it was loaded."""
        if key not in self._ready:
            self._ready[key] = self._taken(key)
        return self._ready[key]

    def load(self, progress: Progress = quiet) -> int:
        """Decode and load everything that may sound; bytes that are in memory now."""
        keys = sorted({*(key_of(event) for event in self.events), *self.palette.stretches()})
        n_bytes = 0
        for n, key in enumerate(keys):
            progress("loading sounds", n, len(keys))
            samples = self._taken(key)
            if len(samples) <= RESIDENT_S * self.pool.rate_hz and n_bytes + samples.nbytes <= MOST_RESIDENT_BYTES:
                samples = np.array(samples)
                n_bytes += samples.nbytes
            self._ready[key] = samples
        progress("loading sounds", len(keys), len(keys))
        return n_bytes

    def _taken(self, key: SourceKey) -> Samples:
        take = self.recordings[key.recording_id]
        return self.pool.take(recording_id=key.recording_id, path=take.path, start_s=key.start_s, end_s=key.end_s,
                              speed=key.speed)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Hands:
    """What can be played by hand: pads, the keys of keyboards, and roles that fingers bend."""

    pads: tuple[Pad, ...] = ()
    keys: tuple[Pad, ...] = ()
    bending: frozenset[str] = frozenset()


def show_for(arrangement: Arrangement, roles: Iterable[Role], catalogue: Catalogue, pool: Pool, *, hands: Hands,
             cues: tuple[Cue, ...] = (), tempo_bpm: float = 120.0) -> Show:  # fmt: skip
    """A show of an arrangement, whose roles can be played by hand as well.

    Raises
    ------
    PieceError
        If a pad's role finds nothing in the catalogue.
    """
    kept = tuple(roles)
    bending = hands.bending | {role.name for role in kept if PITCHINGS[role.pitch].bends}
    palette = palette_for(hands.pads, kept, catalogue, keys=hands.keys, seed=arrangement.seed)
    return Show(arrangement, kept, palette, cues, pool, tempo_bpm, bending)
