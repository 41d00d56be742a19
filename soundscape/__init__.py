"""From field recordings of gates, wind and instruments to a concert mix, in any space.

Names here are the front door; each is loaded when it is first used.
"""

from __future__ import annotations

import importlib
from typing import Any

__version__ = "0.1.0"

_HOMES: dict[str, str] = {
    "Arrangement": "soundscape.arrangement.arrangement",
    "Curve": "soundscape.score.curve",
    "Event": "soundscape.arrangement.event",
    "Layout": "soundscape.space.layout",
    "Note": "soundscape.score.score",
    "Recording": "soundscape.catalogue.segment",
    "Score": "soundscape.score.score",
    "Segment": "soundscape.catalogue.segment",
    "SoundscapeError": "soundscape.errors",
    "Speaker": "soundscape.space.layout",
    "Trajectory": "soundscape.space.trajectory",
}

__all__ = sorted(_HOMES)


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'soundscape' has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return __all__
