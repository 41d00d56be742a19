"""Recordings and the stretches of them worth playing, as values."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Kind = Literal["event", "texture", "note", "phrase"]
By = Literal["machine", "person"]


@dataclass(frozen=True, slots=True)
class Tag:
    """A name from the vocabulary (`tags.toml`), how sure, and who said so."""

    name: str
    confidence: float
    by: By = "machine"

    def __post_init__(self) -> None:
        if not 0.0 <= self.confidence <= 1.0:
            raise ValueError(f"confidence must be in 0..1, got {self.confidence}")


@dataclass(frozen=True, slots=True)
class Recording:
    """A take: one sound file, known by its audio and not by its place on the disk."""

    id: str
    """Hash of the audio, 32 hexadecimal digits; the same after a move or a change of metadata."""
    path: str
    rate_hz: int
    n_channels: int
    n_frames: int
    titles: Mapping[str, str] = field(default_factory=dict, hash=False)
    """By language: `en`, `zh`, `fr`."""
    recorded_at: str = ""
    place: str = ""
    recordist: str = ""
    object_id: str = ""
    """The museum's accession number, where there is one."""
    licence: str = ""
    description: str = ""
    ambisonic: str = ""
    """Its kind, such as `ambix`, where the channels are not loudspeakers but the sound field; else empty."""
    features: Mapping[str, float] = field(default_factory=dict, hash=False)
    faults: tuple[str, ...] = ()
    """Triage, from: clipped, hum, dc, rumble, wind, handling, quiet, dropouts, silent, truncated."""

    @property
    def duration_s(self) -> float:
        """Length in seconds."""
        return self.n_frames / self.rate_hz

    @property
    def title(self) -> str:
        """English title, else any title, else the file's name."""
        any_title = next(iter(self.titles.values()), "")
        return self.titles.get("en") or any_title or self.path.replace("\\", "/").rsplit("/", 1)[-1]


@dataclass(frozen=True, slots=True)
class Loop:
    """Where a segment goes round, in seconds from its start.

    The last `fade_s` before `end_s` fade out while the first after `start_s` fade in, at equal power.
    """

    start_s: float
    end_s: float
    fade_s: float

    @property
    def period_s(self) -> float:
        """Time from one round to the next."""
        return self.end_s - self.start_s - self.fade_s


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of a recording worth playing.

    Features have their unit in their name; those every segment has: `duration_s`, `level_lufs`, `level_db`,
    `true_peak_db`, `attack_s`, `decay_s`, `onset_s` (from the segment's start to where the sound is first heard),
    `centroid_hz`, `flatness` (0..1), `inharmonicity` (0..1), `noise_floor_db`, `pitch_confidence` (0..1).
    `pitch_hz` is there only where a pitch was heard, `loop_start_s` and its like only where it can go round unheard.
    """

    id: str
    recording_id: str
    start_s: float
    end_s: float
    kind: Kind = "event"
    tags: tuple[Tag, ...] = ()
    """The surest first; a person's before a machine's."""
    features: Mapping[str, float] = field(default_factory=dict, hash=False)

    def __post_init__(self) -> None:
        if not 0.0 <= self.start_s < self.end_s:
            raise ValueError(f"segment {self.id}: from {self.start_s} s to {self.end_s} s")

    @property
    def duration_s(self) -> float:
        """Length in seconds."""
        return self.end_s - self.start_s

    @property
    def loop(self) -> Loop | None:
        """Where it goes round unheard; None where no such points were found."""
        names = ("loop_start_s", "loop_end_s", "loop_fade_s")
        start_s, end_s, fade_s = (self.features.get(name, math.nan) for name in names)
        fits = 0.0 <= start_s < end_s <= self.duration_s + 1e-6 and 0.0 < fade_s <= 0.5 * (end_s - start_s)
        return Loop(start_s, min(end_s, self.duration_s), fade_s) if fits else None

    @property
    def tag(self) -> str:
        """Name of the surest tag, or an empty string."""
        return self.tags[0].name if self.tags else ""
