"""What people who work in a gallery want to know of it, as a value: what plays, how loud, what may be changed.

What is wrong is said in words, with what to do; a table says which words belong to what.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from soundscape.exhibit.daylog import Loudness
from soundscape.exhibit.hours import Span

N_FAULTS = 8
"""Faults that are shown, the last ones."""
LITTLE_AHEAD_S = 120.0
"""With less rendered ahead a renderer is behind."""


@dataclass(frozen=True, slots=True)
class Staff:
    """How an exhibit is, for its staff. Times are aware, those of the clock on its wall."""

    now: datetime | None = None
    title_zh: str = ""
    opening: Span | None = None
    """The one that is on, else the next one; None: none within sight."""
    today: tuple[Span, ...] = ()
    """Openings of this day."""
    profile_until: datetime | None = None
    is_chosen: bool = False
    """Whether somebody chose the profile; else it is on schedule."""
    sounds: tuple[str, ...] = ()
    """Layers that are heard now."""
    minute: Loudness = field(default_factory=Loudness)
    """Of the window that plays."""
    hour: Loudness = field(default_factory=Loudness)
    """Of the windows that were played in the last hour, and the one that plays."""
    cap_lufs: float = 0.0
    """What no minute passes."""
    peak_db: float = -math.inf
    """What went to the loudest loudspeaker just now."""
    has_spare: bool = True
    log_lines_lost: int = 0
    n_faults_today: int = 0
    faults: tuple[tuple[datetime, str], ...] = ()
    """The last ones of today."""
    profiles: tuple[str, ...] = ()
    triggers: tuple[str, ...] = ()
    sliders: Mapping[str, tuple[float, float, float]] = field(default_factory=dict, hash=False)
    """Least, greatest, and where each stands."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """What is wrong now, and what to do."""

    what: str
    do: str


@dataclass(frozen=True, slots=True)
class _Sign:
    is_there: Callable[[str, float, Staff], bool]
    """Of the status, the seconds rendered ahead, and the rest."""
    trouble: Trouble


_SIGNS = (
    _Sign(lambda status, _ahead_s, _staff: status == "down",
          Trouble("Nothing sounds, and the doors are open.",
                  "Wait half a minute. Then see that the sound card has power; then start the computer again.")),
    _Sign(lambda status, _ahead_s, _staff: status == "degraded",
          Trouble("The bed stands in: visitors hear that, and no events.",
                  "Nothing for ten minutes: it comes back by itself. Then start the computer again.")),
    _Sign(lambda status, ahead_s, _staff: status == "ok" and ahead_s < LITTLE_AHEAD_S,
          Trouble("Little is rendered ahead.",
                  "Nothing for ten minutes. Then end other programs, and see that the disk is not full.")),
    _Sign(lambda status, _ahead_s, staff: status == "ok" and not staff.has_spare,
          Trouble("No spare player is warm.", "Nothing: one is started. Call somebody if it stays so for an hour.")),
    _Sign(lambda _status, _ahead_s, staff: staff.log_lines_lost > 0,
          Trouble("The day's log could not be written.", "See that the disk is not full.")),
)  # fmt: skip


def troubles(status: str, ahead_s: float, staff: Staff) -> tuple[Trouble, ...]:
    """What is wrong now, the worst first; empty where all is well.

    Examples
    --------
    >>> [one.what for one in troubles("ok", 600.0, Staff(has_spare=False))]
    ['No spare player is warm.']
    """
    return tuple(sign.trouble for sign in _SIGNS if sign.is_there(status, ahead_s, staff))


def staff_row(staff: Staff) -> dict[str, Any]:
    """As plain values; a time is ISO 8601 with the gallery's offset, what is silent or unknown is None."""
    return {
        "now": _time(staff.now), "title_zh": staff.title_zh, "opening": _span(staff.opening),
        "today": [_span(span) for span in staff.today],
        "profile_until": _time(staff.profile_until), "is_chosen": staff.is_chosen, "sounds": list(staff.sounds),
        "minute_lufs": _finite(staff.minute.mean_lufs), "cap_lufs": _finite(staff.cap_lufs),
        "peak_db": _finite(staff.peak_db), "spare": staff.has_spare, "log_lines_lost": staff.log_lines_lost,
        "n_faults_today": staff.n_faults_today, "faults": [[_time(at), line] for at, line in staff.faults],
        "profiles": list(staff.profiles), "triggers": list(staff.triggers),
        "sliders": {name: [_finite(value) for value in three] for name, three in staff.sliders.items()},
    }  # fmt: skip


def _span(span: Span | None) -> list[str | None] | None:
    return None if span is None else [_time(span.opens), _time(span.closes)]


def _time(instant: datetime | None) -> str | None:
    return None if instant is None else instant.isoformat(timespec="seconds")


def _finite(value: float) -> float | None:
    return round(value, 2) if math.isfinite(value) else None
