"""How an exhibit is, in one line: for a terminal, and for whoever has no more room."""

from __future__ import annotations

import math
from datetime import datetime

from soundscape.exhibit.hours import CLOSED
from soundscape.exhibit.staff import Staff, troubles
from soundscape.exhibit.wellbeing import Health


def status_line(health: Health) -> str:
    """State, profile, what sounds, level and its cap, the spare, what is rendered ahead, and the faults of today."""
    staff = health.staff
    parts = [_state(health), *_while_open(health), f"{health.ahead_s / 60.0:.0f} min ahead",
             f"{staff.n_faults_today or 'no'} fault{'s' * (staff.n_faults_today != 1)} today"]  # fmt: skip
    return " | ".join(parts)


def is_well(health: Health) -> bool:
    """Whether nothing is wrong."""
    return not troubles(health.status, health.ahead_s, health.staff)


def _state(health: Health) -> str:
    """Open, closed or down, and until when."""
    opening, now = health.staff.opening, health.staff.now
    if health.status == CLOSED:
        return "closed" + (f" until {_clock(opening.opens, now)}" if opening is not None else "")
    words = "DOWN" if health.status == "down" else "open"
    return words + (f" until {_clock(opening.closes, now)}" if opening is not None else "")


def _while_open(health: Health) -> list[str]:
    staff = health.staff
    if health.status == CLOSED:
        return []
    until = f" until {_clock(staff.profile_until, staff.now)}" if staff.profile_until is not None else ""
    heard = "the bed stands in" if health.status == "degraded" else ", ".join(staff.sounds) or "nothing just now"
    return [health.profile + until, heard, _level(staff), "spare ready" if staff.has_spare else "NO SPARE"]


def _level(staff: Staff) -> str:
    level_lufs = staff.minute.mean_lufs
    return f"{level_lufs:.1f} of {staff.cap_lufs:.0f} LUFS" if math.isfinite(level_lufs) else "level not measured"


def _clock(instant: datetime, now: datetime | None) -> str:
    """Time of the clock on the wall; with its day where that is another."""
    return f"{instant:%H:%M}" if now is None or instant.date() == now.date() else f"{instant:%a %d %b %H:%M}"
