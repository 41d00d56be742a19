"""Who may ask what over HTTP, and what is answered; no socket is known here."""

from __future__ import annotations

import hmac
import json
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from threading import Lock
from typing import Literal
from urllib.parse import unquote

from soundscape.errors import ExhibitError
from soundscape.exhibit.wellbeing import Health, health_row, metrics_text

TOKEN_VARIABLE = "SOUNDSCAPE_EXHIBIT_TOKEN"
LEAST_TOKEN = 16
PER_S, BURST = 20.0, 40.0
"""Requests in a second, and at once."""
_JSON, _TEXT = "application/json", "text/plain; version=0.0.4; charset=utf-8"
Answer = tuple[HTTPStatus, str, str]
"""Status, kind and text."""


@dataclass(frozen=True, slots=True)
class Ask:
    """What a button asks for; an empty profile is the one on schedule."""

    kind: Literal["trigger", "profile"]
    name: str


def read_token(environment: Mapping[str, str], path: Path | None = None) -> str:
    """Token of a file's first line, or of the environment; empty where there is neither.

    Raises
    ------
    ExhibitError
        If the file cannot be read, or has none in it.
    """
    if path is None:
        return environment.get(TOKEN_VARIABLE, "").strip()
    try:
        with path.open(encoding="utf-8") as stream:
            token = stream.readline(4096).strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ExhibitError(f"the token's file {path} cannot be read: {error}",
                           hint="one line of text, which only the exhibit's user may read") from error  # fmt: skip
    if not token:
        raise ExhibitError(f"the token's file {path} is empty", hint="write a line of 16 characters or more into it")
    return token


class Door:
    """What may come in, and what is answered."""

    def __init__(self, health: Callable[[], Health], ask: Callable[[Ask], None], names: Mapping[str, Collection[str]],
                 token: str, *, asks_always: bool) -> None:  # fmt: skip
        self._health, self._ask, self._names = health, ask, names
        self._token, self._asks_always = token.encode(), asks_always
        self._lock, self._left, self._filled_s = Lock(), BURST, time.monotonic()

    def answer(self, method: str, path: str, authorization: str) -> Answer:
        """Status, kind and text."""
        if not self._has_room():
            return told(HTTPStatus.TOO_MANY_REQUESTS, f"more than {PER_S:g} requests a second")
        if method not in ("GET", "HEAD", "POST"):
            return told(HTTPStatus.METHOD_NOT_ALLOWED, "GET and POST are all there is")
        if (method == "POST" or self._asks_always) and not self._is_known(authorization):
            why = "a token is needed: Authorization: Bearer ..." if self._token else "no token is set: no button works"
            return told(HTTPStatus.UNAUTHORIZED if self._token else HTTPStatus.FORBIDDEN, why)
        return self._press(path) if method == "POST" else self._show(path)

    def _show(self, path: str) -> Answer:
        if path not in ("/health", "/metrics"):
            return told(HTTPStatus.NOT_FOUND, "there are /health and /metrics")
        health = self._health()
        if path == "/metrics":
            return HTTPStatus.OK, _TEXT, metrics_text(health)
        status = HTTPStatus.SERVICE_UNAVAILABLE if health.status == "down" else HTTPStatus.OK
        return status, _JSON, json.dumps(health_row(health), ensure_ascii=False) + "\n"

    def _press(self, path: str) -> Answer:
        _, _, rest = path.partition("/")
        word, _, name = rest.partition("/")
        name = unquote(name, errors="replace")
        for kind in ("trigger", "profile"):
            if word == kind and (name in self._names.get(kind, ()) or (kind == "profile" and not name)):
                self._ask(Ask(kind, name))
                return HTTPStatus.ACCEPTED, _JSON, json.dumps({"asked": kind, "name": name}) + "\n"
        return told(HTTPStatus.NOT_FOUND, f"there is no such {word if word in self._names else 'thing'}")

    def _is_known(self, authorization: str) -> bool:
        scheme, _, given = authorization.partition(" ")
        same = hmac.compare_digest(given.strip().encode("utf-8", "replace"), self._token)
        return same and scheme.lower() == "bearer" and bool(self._token)

    def _has_room(self) -> bool:
        with self._lock:
            now = time.monotonic()
            self._left = min(BURST, self._left + (now - self._filled_s) * PER_S)
            self._filled_s = now
            if self._left < 1.0:
                return False
            self._left -= 1.0
            return True


def told(status: HTTPStatus, why: str) -> Answer:
    """What is not done, and why."""
    return status, _JSON, json.dumps({"error": why}) + "\n"
