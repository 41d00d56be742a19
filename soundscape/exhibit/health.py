"""How the exhibit is, over HTTP; and a door for buttons, with a token. Whatever comes in, the exhibit plays on.

===============================  =======================================================================================
`GET /`                          the page for staff; it says nothing by itself, and asks the others
`GET /health`                    JSON; answered with 503 where nothing sounds that should
`GET /metrics`                   the same for Prometheus
`POST /trigger/NAME`             starts a trigger
`POST /profile/NAME?minutes=60`  changes the profile, for so long or until the doors close; `/profile/` alone
                                 goes back to the one on schedule
`POST /mood/NAME?value=0.4`      sets a slider of the mood, until the doors close or it is set anew
`POST /unlock`                   does nothing, for who has the token
===============================  =======================================================================================

A POST needs `Authorization: Bearer TOKEN`; beyond this machine a GET of what is told of an exhibit does too. Who means
another machine by its `Host` is not answered.
"""

from __future__ import annotations

import io
import socket
import time
from collections.abc import Callable, Collection, Mapping
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import BoundedSemaphore, Thread
from typing import Any

from soundscape.errors import ExhibitError
from soundscape.exhibit.door import LEAST_TOKEN, TOKEN_VARIABLE, Ask, Door, Request, told
from soundscape.exhibit.hosts import Hosts
from soundscape.exhibit.pages import HEADERS
from soundscape.exhibit.wellbeing import Health

LOCAL_HOST, USUAL_PORT = "127.0.0.1", 53180
MOST_HEAD_BYTES, MOST_BODY_BYTES, MOST_AT_ONCE, DEADLINE_S = 8192, 4096, 16, 3.0
"""Of a request's head, of its body, of requests at the same time; and until both must have come."""
_CHUNK = 2048


class HealthServer:
    """Listens until it is closed. A context manager.

    Parameters
    ----------
    health
        How it is, called in another thread, at any time.
    ask
        Takes what a button asks for, in another thread; it must not wait.
    names
        Triggers, profiles and sliders (`mood`) there are, by kind.
    token
        What a POST must bring; empty: then there are none.
    known_as
        Names that lead to it, beside those of the machine.

    Raises
    ------
    ExhibitError
        If it could be reached from elsewhere and has no token, the token is short, or it cannot listen there.
    """

    def __init__(self, health: Callable[[], Health], ask: Callable[[Ask], None], *, host: str = LOCAL_HOST,
                 names: Mapping[str, Collection[str]], port: int = USUAL_PORT, token: str = "",
                 known_as: Collection[str] = ()) -> None:  # fmt: skip
        hosts = Hosts(host, known_as)
        if token and len(token) < LEAST_TOKEN:
            raise ExhibitError(f"the token has {len(token)} characters", hint=f"{LEAST_TOKEN} or more, at random")
        if not token and not hosts.is_local:
            raise ExhibitError(f"{host} can be reached from other machines, and there is no token",
                               hint=f"set {TOKEN_VARIABLE}, or listen at {LOCAL_HOST}")  # fmt: skip
        self.door = Door(health, ask, names, token, hosts=hosts)
        try:
            self._server = _Server(host, port, self.door)
        except (OSError, OverflowError) as error:
            what = getattr(error, "strerror", None) or str(error)
            raise ExhibitError(f"cannot listen for HTTP at {host}:{port}: {what}",
                               hint="choose another port, or end the program that has it") from error  # fmt: skip
        self._thread = Thread(target=self._server.serve_forever, args=(0.1,), name="health", daemon=True)
        self._thread.start()

    def __enter__(self) -> HealthServer:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def port(self) -> int:
        """Port it listens at: of a free one that was asked for as 0, which it is."""
        return int(self._server.server_address[1])

    def close(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    """A thread for each request, and only so many."""

    daemon_threads, block_on_close, request_queue_size = True, False, MOST_AT_ONCE

    def __init__(self, host: str, port: int, door: Door) -> None:
        self.door, self._room = door, BoundedSemaphore(MOST_AT_ONCE)
        self.address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
        super().__init__((host, port), _Request)

    def server_bind(self) -> None:
        """Without asking for the machine's name, which may take long."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()
        self.server_name, self.server_port = str(self.server_address[0]), int(self.server_address[1])

    def process_request(self, request: Any, client_address: Any) -> None:
        """Begin a request where there is room for one more; else it is closed at once."""
        if self._room.acquire(blocking=False):
            super().process_request(request, client_address)
        else:
            self.shutdown_request(request)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """In its thread."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._room.release()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is nothing to speak of."""


class _Request(BaseHTTPRequestHandler):
    """One request, one answer, and the connection is closed."""

    server: _Server
    server_version, sys_version = "soundscape", ""

    def setup(self) -> None:
        """Fetch all of the head first: so long and so much, and no more."""
        self.connection = self.request
        self.wfile: Any = _Out(self.connection)
        self.rfile = io.BytesIO(self._head())

    def _head(self) -> bytes:
        until, head = time.monotonic() + DEADLINE_S, b""
        while b"\r\n\r\n" not in head and b"\n\n" not in head:
            left_s = until - time.monotonic()
            if len(head) > MOST_HEAD_BYTES or left_s <= 0.0:
                return b""
            self.connection.settimeout(left_s)
            chunk = self.connection.recv(_CHUNK)
            if not chunk:
                return b""
            head += chunk
        self.connection.settimeout(DEADLINE_S)
        return head

    def finish(self) -> None:
        """Everything is sent already."""

    def _answer(self) -> None:
        length = self.headers.get("Content-Length", "0")
        if not (length.isascii() and length.isdigit() and len(length) < 8 and int(length) <= MOST_BODY_BYTES):
            status, kind, text = told(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"{MOST_BODY_BYTES} bytes at most")
        else:
            path, _, query = self.path.partition("?")
            asked = Request(self.command, path, query, self.headers.get("Authorization", ""),
                            tuple(self.headers.get_all("Host", ())))  # fmt: skip
            status, kind, text = self.server.door.answer(asked)
        raw = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(raw)))
        for name, value in {"Cache-Control": "no-store", **HEADERS}.items():
            self.send_header(name, value)
        if status == HTTPStatus.UNAUTHORIZED:
            self.send_header("WWW-Authenticate", "Bearer")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(raw)

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = do_OPTIONS = do_PATCH = _answer

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """What is no request: a line, and nothing of what it said."""
        _, kind, text = told(HTTPStatus.BAD_REQUEST, "that is no request this door knows")
        self.wfile.write(f"HTTP/1.0 {code} -\r\nContent-Type: {kind}\r\nConnection: close\r\n\r\n{text}".encode())

    def log_message(self, format: str, *arguments: Any) -> None:
        """Nobody reads a log of requests."""


class _Out(io.RawIOBase):
    """What is written goes to a socket whole."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection

    def writable(self) -> bool:
        """It is."""
        return True

    def write(self, raw: Any) -> int:
        """Send all."""
        self._connection.sendall(raw)
        return len(raw)
