"""What an exhibit is, as values: its layers, moods, rules, levels and triggers. `load_exhibit` reads one from a file.

An exhibit says what may happen; a plan (`soundscape.exhibit.plan`) says what does, second by second, on one day.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

from soundscape.catalogue.query import Query
from soundscape.exhibit.buttons import Button
from soundscape.exhibit.hours import Hours
from soundscape.exhibit.moments import When
from soundscape.space.measured import MeasuredRoom
from soundscape.space.room import Room

Process = Literal["poisson", "clustered", "answering"]
Span = tuple[float, float]
"""Least and greatest; the same twice where there is no choice."""


@dataclass(frozen=True, slots=True)
class Mood:
    """Three sliders from 0 to 1; 0.5 leaves a layer as it is written.

    `lively`: how many events come, and how loud; 0 is calm. `near`: how far away they are; 0 is far, and wetter.
    `bright`: which of the sounds are preferred; 0 is dark.
    """

    lively: float = 0.5
    near: float = 0.5
    bright: float = 0.5

    def __post_init__(self) -> None:
        for name in ("lively", "near", "bright"):
            if not 0.0 <= getattr(self, name) <= 1.0:
                raise ValueError(f"{name} is {getattr(self, name):g}; a slider goes from 0 to 1")

    def moved(self, by: Mapping[str, float]) -> Mood:
        """The same with sliders moved, held at their ends."""
        moved = {name: min(max(getattr(self, name) + step, 0.0), 1.0) for name, step in by.items()}
        return replace(self, **moved)


ALL_THE_WAY: Mapping[str, Span] = {"lively": (0.0, 1.0), "near": (0.0, 1.0), "bright": (0.0, 1.0)}
"""How far sliders go where a file does not say."""


@dataclass(frozen=True, slots=True)
class Places:
    """Where a layer's events are: anywhere within these, each at a place of its own."""

    azimuth_deg: Span = (-180.0, 180.0)
    elevation_deg: Span = (0.0, 0.0)
    distance_m: Span = (2.0, 2.0)
    wander_m: float = 0.0
    """How far each wanders about its place while it sounds; 0 stays."""


@dataclass(frozen=True, slots=True)
class Ebb:
    """How a layer comes and goes over minutes: between all it is written as, and less by `depth`."""

    period_min: float = 8.0
    depth: float = 0.0
    """0: always the same; 1: at its lowest nothing comes."""


@dataclass(frozen=True, slots=True)
class Layer:
    """One kind of sound of an exhibit."""

    name: str
    wants: Query
    goes_on: bool = False
    """A bed: one sound passes into the next without an end. Others come and go."""
    per_minute: float = 1.0
    """Events in a minute, on average, at mood 0.5, where nothing ebbs; fewer where `overlap` holds some back."""
    process: Process = "poisson"
    cluster: tuple[int, int] = (2, 5)
    """Least and greatest number of events in a cluster."""
    cluster_s: float = 10.0
    """How long a cluster lasts."""
    answers: str = ""
    """Name of the layer whose events it answers."""
    answer_after_s: Span = (1.0, 4.0)
    """From the end of what is answered."""
    answer_chance: float = 0.6
    overlap: tuple[int, int] = (0, 4)
    """Least and greatest number of its events that sound at once."""
    apart_from: tuple[str, ...] = ()
    """Layers that do not sound while it does."""
    gain_db: Span = (-12.0, -6.0)
    length_s: Span = (0.0, math.inf)
    """How long an event may be; of a bed, from one change to the next."""
    fade_s: float = 0.05
    """At both ends of an event; of a bed, how long one passes into the next."""
    places: Places = field(default_factory=Places)
    spread_deg: float = 0.0
    room_db: float = 0.0
    ebb: Ebb = field(default_factory=Ebb)


@dataclass(frozen=True, slots=True)
class Change:
    """What a rule changes in a layer. None and 1: nothing."""

    times_per_minute: float = 1.0
    wants: Query | None = None
    by_db: float = 0.0


@dataclass(frozen=True, slots=True)
class Rule:
    """What is different while a condition holds; rules are applied in their order."""

    when: When
    mood: Mapping[str, float] = field(default_factory=dict, hash=False)
    """By how much sliders are moved."""
    layers: Mapping[str, Change] = field(default_factory=dict, hash=False)
    by_db: float = 0.0


@dataclass(frozen=True, slots=True)
class Profile:
    """A way the whole exhibit can be: on schedule or by a button. `closed` is silent."""

    name: str
    by_db: float = 0.0
    """Never above 0: a profile can only be softer than the exhibit."""
    mood: Mapping[str, float] = field(default_factory=dict, hash=False)
    without: tuple[str, ...] = ()
    """Layers that do not sound."""


USUAL = Profile("usual")
PROFILES: Mapping[str, Profile] = {
    "usual": USUAL,
    "busy": Profile("busy", mood={"lively": 0.1}),
    "quiet": Profile("quiet", by_db=-6.0, mood={"lively": -0.2}),
    "low-sensory": Profile("low-sensory", by_db=-12.0, mood={"lively": -0.5, "bright": -0.3}),
    "closed": Profile("closed", by_db=-math.inf),
}
"""Those every exhibit has; its file may say them anew, and add others."""


@dataclass(frozen=True, slots=True)
class Caps:
    """What is never passed, whatever happens in the layers, in the panel, or by a trigger."""

    hours_lufs: float = -32.0
    """Integrated loudness (BS.1770, gated) of any stretch of a minute or more."""
    momentary_lufs: float = -24.0
    """Of any 400 ms."""
    ceiling_dbtp: float = -6.0

    def __post_init__(self) -> None:
        if not self.hours_lufs <= self.momentary_lufs <= self.ceiling_dbtp <= 0.0:
            raise ValueError(f"caps must rise from hours_lufs {self.hours_lufs:g} over momentary_lufs "
                             f"{self.momentary_lufs:g} to ceiling_dbtp {self.ceiling_dbtp:g}, at most 0")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Trigger:
    """What a visitor's sensor or a lighting desk may start, by name."""

    name: str
    layer: str = ""
    """An event of this layer sounds at once."""
    mood: Mapping[str, float] = field(default_factory=dict, hash=False)
    """Or the sliders move by so much, for a while."""
    for_s: float = 300.0
    rest_s: float = 5.0
    """Not again sooner than that."""
    midi: Button | None = None
    """Note or controller that starts it; by OSC and HTTP its name does."""


@dataclass(frozen=True)
class Exhibit:
    """Everything a gallery's file says."""

    path: Path
    title: str
    layers: tuple[Layer, ...]
    hours: Hours
    title_zh: str = ""
    layout: str = "stereo"
    room: str | Room | MeasuredRoom = "none"
    panner: str = ""
    seed: int = 0
    mood: Mood = field(default_factory=Mood)
    rules: tuple[Rule, ...] = ()
    profiles: Mapping[str, Profile] = field(default_factory=lambda: dict(PROFILES), hash=False)
    caps: Caps = field(default_factory=Caps)
    sliders: Mapping[str, Span] = field(default_factory=lambda: dict(ALL_THE_WAY), hash=False)
    """How far staff may move each; what of the level that makes is held by the caps."""
    gain_db: float = 0.0
    """Of everything."""
    fallback: Path | None = None
    """A sound file that plays where nothing else can; None: one is rendered from the beds before the doors open."""
    triggers: tuple[Trigger, ...] = ()

    def layer(self, name: str) -> Layer:
        """Layer of that name."""
        return {layer.name: layer for layer in self.layers}[name]
