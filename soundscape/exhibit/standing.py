"""How a kept exhibit stands, from what the parts of its keeper know: plain values, for a page or a machine."""

from __future__ import annotations

import math
from datetime import datetime
from typing import Any

from soundscape.exhibit.daylog import Loudness, in_words
from soundscape.exhibit.exhibit import Exhibit
from soundscape.exhibit.hours import CLOSED
from soundscape.exhibit.openings import Openings
from soundscape.exhibit.players import Players
from soundscape.exhibit.reporter import Reporter
from soundscape.exhibit.staff import N_FAULTS, Staff
from soundscape.exhibit.supply import Supply
from soundscape.exhibit.wishes import Wishes

HOUR_S = 3600.0


class Standing:
    """Looks at the parts of a keeper."""

    def __init__(self, exhibit: Exhibit, openings: Openings, wishes: Wishes, players: Players, supply: Supply,
                 reporter: Reporter) -> None:  # fmt: skip
        self._exhibit, self._openings, self._wishes = exhibit, openings, wishes
        self._players, self._supply, self._reporter = players, supply, reporter
        self._status_was, self._since = "", datetime.min

    def row(self, now: datetime) -> dict[str, Any]:
        """How it stands, in short."""
        following = self._exhibit.hours.next_span(now)
        window, status = self._openings.window(now), self._status()
        if status != self._status_was:
            self._status_was, self._since = status, now
        return {
            "status": status, "since": self._since.isoformat(), "windows": window, "title": self._exhibit.title,
            "now": now.isoformat(), "profile": self._wishes.profile(now), "key": self._supply.key,
            "windows_ahead": self._supply.ahead(window),
            "next_opening": None if following is None else following.opens.isoformat(),
            "spare": self._players.has_spare, "counts": dict(self._reporter.counts), "last": self._reporter.last,
            "player": self._players.status, "log_lines_lost": self._reporter.n_lost,
        }  # fmt: skip

    def for_staff(self, now: datetime) -> Staff:
        """How it is, for who works in the gallery."""
        exhibit, hours, heard = self._exhibit, self._exhibit.hours, self._supply.heard
        window, today = self._openings.window(now), hours.spans(now.astimezone(hours.zone).date())
        span = self._openings.span or hours.next_span(now)
        until, faults = self._wishes.profile_until(now), self._reporter.faults_today()
        mood, peaks_db = self._wishes.mood(now), self._players.status.get("peaks_db", ())
        is_heard = self._status() == "ok" and not self._wishes.are_silent(now)
        return Staff(
            now=now.astimezone(hours.zone),
            title_zh=exhibit.title_zh,
            opening=None if span is None else span.local(hours.zone),
            today=tuple(one.local(hours.zone) for one in today),
            profile_until=until and until.astimezone(hours.zone), is_chosen=self._wishes.is_chosen(now),
            sounds=self._supply.sounds(window, self._openings.after_s(now)) if is_heard else (),
            minute=heard.loudness(window, window) if is_heard else Loudness(),
            hour=heard.loudness(window - self._openings.windows_in(HOUR_S) + 1, window),
            cap_lufs=exhibit.caps.hours_lufs, peak_db=max(map(float, peaks_db), default=-math.inf),
            has_spare=self._players.has_spare, log_lines_lost=self._reporter.n_lost, n_faults_today=len(faults),
            faults=tuple((at.astimezone(hours.zone), in_words(line)) for at, line in faults[-N_FAULTS:]),
            profiles=tuple(exhibit.profiles), triggers=tuple(one.name for one in exhibit.triggers),
            sliders={name: (low, high, getattr(mood, name)) for name, (low, high) in exhibit.sliders.items()},
        )  # fmt: skip

    def _status(self) -> str:
        if not self._openings.is_open:
            return CLOSED
        if self._players.playing is None:
            return "down"
        return "degraded" if self._players.status.get("fallback") else "ok"
