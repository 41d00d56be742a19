"""Listening for HTTP: so many requests at once, so large and so slow, and no more; what they ask a door answers."""

from __future__ import annotations

import io
import socket
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import BoundedSemaphore, Thread
from typing import Any, Self

from soundscape.errors import ExhibitError
from soundscape.exhibit.asked import JSON, Answer, Request, line_of, told
from soundscape.exhibit.pages import HEADERS

MOST_HEAD_BYTES, MOST_BODY_BYTES, MOST_AT_ONCE, DEADLINE_S = 8192, 4096, 16, 3.0
"""Of a request's head, of its body, of requests at the same time; and until both must have come."""
_CHUNK = 2048
_SENT_AT_ONCE = 1 << 16


@dataclass(frozen=True, slots=True)
class Manners:
    """What may come with a request, and what goes with every answer."""

    most_body_bytes: int = MOST_BODY_BYTES
    reads_bodies: bool = False
    """Else nobody waits for a body, and nothing of one is looked at."""
    headers: Mapping[str, str] = field(default_factory=lambda: HEADERS)


class Listener:
    """Listens until it is closed, and has every request answered in a thread of its own. A context manager.

    Raises
    ------
    ExhibitError
        If it cannot listen there.
    """

    def __init__(self, answer: Callable[[Request], Answer], *, host: str, port: int,
                 manners: Manners = Manners()) -> None:  # fmt: skip
        try:
            self._server = _Server(host, port, answer, manners)
        except (OSError, OverflowError) as error:
            what = getattr(error, "strerror", None) or str(error)
            raise ExhibitError(f"cannot listen for HTTP at {host}:{port}: {what}",
                               hint="choose another port, or end the program that has it") from error  # fmt: skip
        self._thread = Thread(target=self._server.serve_forever, args=(0.1,), name="http", daemon=True)
        self._thread.start()

    def __enter__(self) -> Self:
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

    def __init__(self, host: str, port: int, answer: Callable[[Request], Answer], manners: Manners) -> None:
        self.answer, self.manners, self._room = answer, manners, BoundedSemaphore(MOST_AT_ONCE)
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
        self._until_s = time.monotonic() + DEADLINE_S
        self.rfile = io.BytesIO(self._head())

    def _head(self) -> bytes:
        head = b""
        while b"\r\n\r\n" not in head and b"\n\n" not in head:
            chunk = self._more() if len(head) <= MOST_HEAD_BYTES else b""
            if not chunk:
                return b""
            head += chunk
        self.connection.settimeout(DEADLINE_S)
        return head

    def _more(self) -> bytes:
        """What comes next before the deadline; nothing where it has passed, or the client is through."""
        left_s = self._until_s - time.monotonic()
        if left_s <= 0.0:
            return b""
        self.connection.settimeout(left_s)
        return bytes(self.connection.recv(_CHUNK))

    def _body(self, n_bytes: int) -> bytes:
        """So many bytes after the head; fewer where no more come."""
        body = self.rfile.read(n_bytes)
        while len(body) < n_bytes and (chunk := self._more()):
            body += chunk
        self.connection.settimeout(DEADLINE_S)
        return body[:n_bytes]

    def finish(self) -> None:
        """Everything is sent already."""

    def _answer(self) -> None:
        status, kind, said = self._answered()
        raw = said.encode() if isinstance(said, str) else said
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(raw)))
        for name, value in {"Cache-Control": "no-store", **self.server.manners.headers}.items():
            self.send_header(name, value)
        if status == HTTPStatus.UNAUTHORIZED:
            self.send_header("WWW-Authenticate", "Bearer")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(raw)

    def _answered(self) -> Answer:
        manners, length = self.server.manners, self.headers.get("Content-Length", "0")
        if not (length.isascii() and length.isdigit() and len(length) < 8 and int(length) <= manners.most_body_bytes):
            return told(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"{manners.most_body_bytes} bytes at most")
        body = self._body(int(length)) if manners.reads_bodies else b""
        if manners.reads_bodies and len(body) < int(length):
            return told(HTTPStatus.BAD_REQUEST, "the request ends too early")
        path, _, query = self.path.partition("?")
        said = {name: self.headers.get(name, "") for name in ("Authorization", "Origin", "Sec-Fetch-Site")}
        return self.server.answer(
            Request(self.command, path, query, said["Authorization"], tuple(self.headers.get_all("Host", ())),
                    origin=said["Origin"], from_site=said["Sec-Fetch-Site"],
                    kind=self.headers.get_content_type() if "Content-Type" in self.headers else "", body=body)
        )  # fmt: skip

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = do_OPTIONS = do_PATCH = _answer

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """What is no request: a line, and nothing of what it said."""
        text = line_of("that is no request this door knows")
        self.wfile.write(f"HTTP/1.0 {code} -\r\nContent-Type: {JSON}\r\nConnection: close\r\n\r\n{text}".encode())

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
        """Send all, piece by piece: the deadline is one piece's, so that a slow network still gets a long sound."""
        pieces = memoryview(raw)
        for first in range(0, len(pieces), _SENT_AT_ONCE):
            self._connection.sendall(pieces[first : first + _SENT_AT_ONCE])
        return len(raw)
