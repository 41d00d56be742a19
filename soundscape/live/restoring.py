"""After an engine was started again: what brings the show back to where it was, as controls."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from soundscape.live.controls import Control, Level, Lock, Mute, Pad, Press, Solo, Standby, Transport

_FULL = 100
_OVER_S = 0.2


def restoring(status: Mapping[str, Any], away_s: float) -> Iterator[Control]:
    """Controls that bring back levels, mutes, the next cue, what goes round, the lock, and the score as it were by now.

    Parameters
    ----------
    status
        What `Session.status` said last.
    away_s : >= 0
        How long ago that was.
    """
    if status.get("master_db"):
        yield Level(float(status["master_db"]), over_s=_OVER_S)
    for role in status.get("roles", ()):
        if role["level_db"]:
            yield Level(float(role["level_db"]), role["name"], _OVER_S)
        if role["muted"]:
            yield Mute(role["name"], on=True)
        if role["soloed"]:
            yield Solo(role["name"], on=True)
    yield Standby(by=int(status.get("standby", 0)))
    for name, pitch, trigger in status.get("going_round", ()):
        yield Press(Pad(name, int(pitch), trigger), _FULL, f"again/{name}/{pitch}")
    is_playing = bool(status.get("is_playing"))
    yield Transport("locate", float(status.get("score_s", 0.0)) + (away_s if is_playing else 0.0))
    if is_playing:
        yield Transport("play")
    if status.get("locked"):  # the last: it would keep out the others
        yield Lock()
