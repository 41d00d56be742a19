"""How a kept exhibit stands, from what the parts of its keeper know: plain values, for a page or a machine."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from soundscape.exhibit.exhibit import Exhibit
from soundscape.exhibit.hours import CLOSED
from soundscape.exhibit.openings import Openings
from soundscape.exhibit.players import Players
from soundscape.exhibit.reporter import Reporter
from soundscape.exhibit.supply import Supply
from soundscape.exhibit.wishes import Wishes


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

    def _status(self) -> str:
        if not self._openings.is_open:
            return CLOSED
        if self._players.playing is None:
            return "down"
        return "degraded" if self._players.status.get("fallback") else "ok"
