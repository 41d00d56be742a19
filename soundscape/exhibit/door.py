"""Who may ask what over HTTP, and what is answered; no socket is known here."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from threading import Lock
from typing import Literal
from urllib.parse import parse_qs, unquote

from soundscape.exhibit.asked import JSON, Answer, Request, told
from soundscape.exhibit.hosts import Hosts
from soundscape.exhibit.pages import FILES, page
from soundscape.exhibit.wellbeing import Health, health_row, metrics_text

TOKEN_VARIABLE = "SOUNDSCAPE_EXHIBIT_TOKEN"
PER_S, BURST = 20.0, 40.0
"""Requests in a second, and at once."""
_TEXT = "text/plain; version=0.0.4; charset=utf-8"


Kind = Literal["trigger", "profile", "mood"]


@dataclass(frozen=True, slots=True)
class Ask:
    """What a button asks for; an empty profile is the one on schedule."""

    kind: Kind
    name: str
    value: float | None = None
    """Of a profile, for how many minutes (None: until the doors close); of a slider, where it shall stand."""


@dataclass(frozen=True, slots=True)
class _Value:
    """A number that may come with an ask, or must; one without a key never comes."""

    key: str = ""
    low: float = 0.0
    high: float = 0.0
    is_needed: bool = False

    def read(self, query: str) -> float | None:
        """What a query says.

        Raises
        ------
        ValueError
            If it is no number within, or is missing where it is needed.
        """
        given = parse_qs(query, max_num_fields=8).get(self.key, []) if self.key else []
        if not given and not self.is_needed:
            return None
        value = _number(given[-1]) if given else math.nan
        if not self.low <= value <= self.high:
            raise ValueError(f"{self.key} must be a number from {self.low:g} to {self.high:g}")
        return value


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan


_VALUES: Mapping[Kind, _Value] = {
    "trigger": _Value(), "profile": _Value("minutes", 1.0, 24 * 60.0),
    "mood": _Value("value", 0.0, 1.0, is_needed=True),
}  # fmt: skip
"""By what is asked for."""


class Door:
    """What may come in, and what is answered."""

    def __init__(self, health: Callable[[], Health], ask: Callable[[Ask], None], names: Mapping[str, Collection[str]],
                 token: str, *, hosts: Hosts) -> None:  # fmt: skip
        self._health, self._ask, self._names, self._hosts = health, ask, names, hosts
        self._token = token
        self._lock, self._left, self._filled_s = Lock(), BURST, time.monotonic()

    def answer(self, request: Request) -> Answer:
        """Status, kind and text."""
        if not self._has_room():
            return told(HTTPStatus.TOO_MANY_REQUESTS, f"more than {PER_S:g} requests a second")
        if not self._hosts.are_known(*request.hosts):
            return told(HTTPStatus.MISDIRECTED_REQUEST, "that is no name of this machine: see --health-name")
        if request.method not in ("GET", "HEAD", "POST"):
            return told(HTTPStatus.METHOD_NOT_ALLOWED, "GET and POST are all there is")
        if request.method != "POST" and request.path in FILES:
            return HTTPStatus.OK, *page(request.path)
        if (request.method == "POST" or not self._hosts.is_local) and not request.bears(self._token):
            why = "a token is needed: Authorization: Bearer ..." if self._token else "no token is set: no button works"
            return told(HTTPStatus.UNAUTHORIZED if self._token else HTTPStatus.FORBIDDEN, why)
        return self._press(request) if request.method == "POST" else self._show(request.path)

    def _show(self, path: str) -> Answer:
        if path not in ("/health", "/metrics"):
            return told(HTTPStatus.NOT_FOUND, "there are /, /health and /metrics")
        health = self._health()
        if path == "/metrics":
            return HTTPStatus.OK, _TEXT, metrics_text(health)
        status = HTTPStatus.SERVICE_UNAVAILABLE if health.status == "down" else HTTPStatus.OK
        row = {**health_row(health), "buttons": bool(self._token)}
        return status, JSON, json.dumps(row, ensure_ascii=False) + "\n"

    def _press(self, request: Request) -> Answer:
        if request.path == "/unlock":
            return HTTPStatus.OK, JSON, json.dumps({"unlocked": True}) + "\n"
        _, word, name = (*request.path.split("/", 2), "", "")[:3]
        name = unquote(name, errors="replace")
        for kind, wanted in _VALUES.items():
            if word == kind and (name in self._names.get(kind, ()) or (kind == "profile" and not name)):
                try:
                    self._ask(Ask(kind, name, wanted.read(request.query)))
                except ValueError as error:
                    return told(HTTPStatus.BAD_REQUEST, str(error))
                return HTTPStatus.ACCEPTED, JSON, json.dumps({"asked": kind, "name": name}) + "\n"
        return told(HTTPStatus.NOT_FOUND, f"there is no such {word if word in self._names else 'thing'}")

    def _has_room(self) -> bool:
        with self._lock:
            now = time.monotonic()
            self._left = min(BURST, self._left + (now - self._filled_s) * PER_S)
            self._filled_s = now
            if self._left < 1.0:
                return False
            self._left -= 1.0
            return True
