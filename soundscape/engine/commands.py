"""What a host asks of the engine, and what the engine answers."""

from __future__ import annotations

from dataclasses import dataclass

from soundscape.engine.voices import Voice
from soundscape.units import Samples


@dataclass(frozen=True, slots=True, eq=False)
class Start:
    """Let a voice sound. `samples` is its source, (n_frames, n_channels); the voice's own start says when."""

    voice: Voice
    samples: Samples
    at_frame: int | None = None
    """Where it begins instead, whole rows of the gain grid from its own start; None: its own start."""
    group: int = 0
    """Whose level it goes by, where a body plays it; 0 is the group that never moves."""
    waits: bool = False
    """Its source is left to who reads ahead: until that is done it should not sound."""


@dataclass(frozen=True, slots=True)
class Stop:
    """Fade a voice out from a frame on, or from the next quantum on."""

    index: int
    at_frame: int | None = None
    fade_frames: int = 480


@dataclass(frozen=True, slots=True)
class Turn:
    """Turn a sound field, as when a head turns the other way: to the left, up in front, over to the right.

    It moves there within the next quantum. Refused where loudspeakers are not reached through a sound field, and where
    an angle is no number.
    """

    turn_deg: tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of a command.

    A voice that was refused does not sound; a late one fades in at once, where it would have been by then.
    """

    index: int
    """Of the voice; -1 where the command was for none."""
    what: str
    frame: int
    late_frames: int = 0
    is_refused: bool = False
