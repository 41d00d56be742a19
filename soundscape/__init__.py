"""From field recordings of gates, wind and instruments to a concert mix, in any space.

Names here are the front door; each is loaded when it is first used.
"""

from __future__ import annotations

import importlib
from typing import Any

__version__ = "0.1.0"

_HOMES: dict[str, str] = {
    "Arranged": "soundscape.arrangement.arrange",
    "Arrangement": "soundscape.arrangement.arrangement",
    "Cast": "soundscape.arrangement.cast",
    "Catalogue": "soundscape.catalogue.catalogue",
    "Curve": "soundscape.score.curve",
    "Event": "soundscape.arrangement.event",
    "IngestReport": "soundscape.analysis.ingest",
    "Layout": "soundscape.space.layout",
    "Mix": "soundscape.deliver.render",
    "Note": "soundscape.score.score",
    "Piece": "soundscape.arrangement.cast",
    "Playing": "soundscape.apps.playing",
    "Pool": "soundscape.audio.pool",
    "Recording": "soundscape.catalogue.segment",
    "Role": "soundscape.arrangement.cast",
    "Score": "soundscape.score.score",
    "Segment": "soundscape.catalogue.segment",
    "Settings": "soundscape.apps.settings",
    "SoundscapeError": "soundscape.errors",
    "Speaker": "soundscape.space.layout",
    "Store": "soundscape.catalogue.store",
    "Trajectory": "soundscape.space.trajectory",
    "arrange": "soundscape.arrangement.arrange",
    "cast_for": "soundscape.arrangement.self_cast",
    "check": "soundscape.deliver.check",
    "credits_of": "soundscape.deliver.credits",
    "difference": "soundscape.deliver.check",
    "from_pydub": "soundscape.audio.pydub_bridge",
    "ingest": "soundscape.analysis.ingest",
    "MeasuredRoom": "soundscape.space.measured",
    "Room": "soundscape.space.room",
    "layout_named": "soundscape.space.layout",
    "load_arrangement": "soundscape.arrangement.document",
    "load_layout": "soundscape.space.layout",
    "load_piece": "soundscape.arrangement.piece",
    "path_from_table": "soundscape.space.paths",
    "perform": "soundscape.apps.playing",
    "read_audio": "soundscape.audio.files",
    "read_score": "soundscape.score.midifile",
    "read_sofa": "soundscape.space.heads.sofa",
    "render": "soundscape.deliver.render",
    "render_journal": "soundscape.apps.shows",
    "renderer_for": "soundscape.space.renderer",
    "room_from_table": "soundscape.space.room",
    "save_arrangement": "soundscape.arrangement.document",
    "shipped": "soundscape.apps.shipped",
    "to_pydub": "soundscape.audio.pydub_bridge",
}

__all__ = sorted(_HOMES)


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'soundscape' has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return __all__
