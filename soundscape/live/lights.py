"""What controllers are to show, from how a show stands: only what has changed between two statuses.

Nothing here knows of lights or messages: `controllers.feedback` turns values into what a controller understands.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from soundscape.live.controls import Feedback, Shown
from soundscape.live.faders import place_of

Status = Mapping[str, Any]
_Values = dict[tuple[Shown, str], tuple[float, str]]

_CUES: tuple[tuple[Shown, str], ...] = (("cue", "cue"), ("armed", "next_cue"))


def changes(before: Status, now: Status) -> list[Feedback]:
    """Values that are not as they were; of an empty `before`, all of them.

    What is gone, as a cue that is no longer the current one, is told with the value 0.

    Examples
    --------
    >>> changes({"master_db": 0.0}, {"master_db": -10.0})
    [Feedback(what='master', of='', value=0.5, text='')]
    """
    old, new = _values(before), _values(now)
    gone: _Values = {key: (0.0, "") for key in old if key not in new}
    return [
        Feedback(what, of, value, text)
        for (what, of), (value, text) in {**gone, **new}.items() if old.get((what, of)) != (value, text)
    ]  # fmt: skip


def _values(status: Status) -> _Values:
    """Everything a controller can show, by what it is and of what."""
    values: _Values = {}
    for role in status.get("roles", ()):
        name = role["name"]
        values["playing", name] = (float(role["sounding"] > 0), "")
        values["muted", name] = (float(role["muted"]), "")
        values["soloed", name] = (float(role["soloed"]), "")
        values["level", name] = (place_of(role["level_db"]), "")
    if "master_db" in status:
        values["master", ""] = (place_of(status["master_db"]), "")
    if "is_playing" in status:
        values["running", ""] = (float(status["is_playing"]), "")
    for what, key in _CUES:
        if (name := status.get(key)) is not None:
            values[what, ""] = (float(bool(name)), name)
            if name:
                values[what, name] = (1.0, name)
    return values
