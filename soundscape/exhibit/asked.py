"""What comes in over HTTP and what goes out, as values; no socket is known here."""

from __future__ import annotations

import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path

from soundscape.errors import ExhibitError
from soundscape.exhibit.hosts import Hosts

LEAST_TOKEN = 16
JSON = "application/json"
Answer = tuple[HTTPStatus, str, str | bytes]
"""Status, kind, and what is said."""


@dataclass(frozen=True, slots=True)
class Request:
    """What comes in."""

    method: str
    path: str
    query: str = ""
    authorization: str = ""
    hosts: tuple[str, ...] = ()
    """Whom it says it means."""
    origin: str = ""
    """The page that asks, as a browser says."""
    from_site: str = ""
    """Whether that page is ours (`same-origin`), as a browser says."""
    kind: str = ""
    """Of its body."""
    body: bytes = b""

    def bears(self, token: str) -> bool:
        """Whether it brings a token; an empty one nobody has."""
        scheme, _, given = self.authorization.partition(" ")
        same = hmac.compare_digest(given.strip().encode("utf-8", "replace"), token.encode())
        return same and scheme.lower() == "bearer" and bool(token)


def told(status: HTTPStatus, why: str, **more: object) -> Answer:
    """What is not done, and why."""
    return status, JSON, line_of(why, **more)


def line_of(why: str, **more: object) -> str:
    """What is wrong, as a line of JSON."""
    return json.dumps({"error": why, **more}, ensure_ascii=False) + "\n"


def check_token(token: str, host: str, hosts: Hosts, *, variable: str) -> None:
    """See that a door may be opened with this token.

    Raises
    ------
    ExhibitError
        If it could be reached from elsewhere and has no token, or the token is short.
    """
    if token and len(token) < LEAST_TOKEN:
        raise ExhibitError(f"the token has {len(token)} characters", hint=f"{LEAST_TOKEN} or more, at random")
    if not token and not hosts.is_local:
        raise ExhibitError(f"{host} can be reached from other machines, and there is no token",
                           hint=f"set {variable}, or listen at 127.0.0.1")  # fmt: skip


def read_token(environment: Mapping[str, str], path: Path | None, *, variable: str) -> str:
    """Token of a file's first line, or of a variable of the environment; empty where there is neither.

    Raises
    ------
    ExhibitError
        If the file cannot be read, or has none in it.
    """
    if path is None:
        return environment.get(variable, "").strip()
    try:
        with path.open(encoding="utf-8") as stream:
            token = stream.readline(4096).strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ExhibitError(f"the token's file {path} cannot be read: {error}",
                           hint="one line of text, which only this program's user may read") from error  # fmt: skip
    if not token:
        raise ExhibitError(f"the token's file {path} is empty", hint="write a line of 16 characters or more into it")
    return token
