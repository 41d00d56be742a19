"""The exhibit over HTTP: what it says, who may press a button, and what comes of noise."""

from __future__ import annotations

import json
import math
import re
import socket
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from soundscape.errors import ExhibitError
from soundscape.exhibit import door
from soundscape.exhibit import listening as http
from soundscape.exhibit.asked import read_token
from soundscape.exhibit.daylog import Loudness
from soundscape.exhibit.health import HealthServer
from soundscape.exhibit.staff import Staff
from soundscape.exhibit.wellbeing import Health, health_row, metrics_text

TOKEN = "a-token-of-the-tests"
OPENED = datetime(2027, 2, 4, 9, 0, tzinfo=UTC)
WELL = Health("ok", OPENED, "Hall of the gates", "spring begins", windows=12, gaps=1, faults={"disk full": 3},
              staff=Staff(hour=Loudness(-33.25)),
              rss_mb={"player": 250.0}, versions={"soundscape": "0.1.0"})  # fmt: skip


class Hall:
    """A server of one exhibit, and what was asked of it."""

    def __init__(self, **settings: Any) -> None:
        self.health, self.asked = WELL, []  # type: Health, list[Ask]
        names = {"trigger": ("door", "学校 class"), "profile": ("usual", "quiet")}
        self.server = HealthServer(lambda: self.health, self.asked.append, names=names, port=0, **settings)

    def request(self, method: str, path: str, token: str | None = None, **headers: str) -> tuple[int, str]:
        connection = HTTPConnection("127.0.0.1", self.server.port, timeout=10.0)
        told = {**headers, **({"Authorization": f"Bearer {token}"} if token is not None else {})}
        connection.request(method, path, headers=told)
        answer = connection.getresponse()
        text = answer.read().decode()
        connection.close()
        return answer.status, text

    def raw(self, data: bytes, *, shuts: bool = True) -> bytes:
        with socket.create_connection(("127.0.0.1", self.server.port), timeout=10.0) as connection:
            out = b""
            try:
                connection.sendall(data)
                if shuts:
                    connection.shutdown(socket.SHUT_WR)
                while chunk := connection.recv(4096):
                    out += chunk
            except OSError:  # it is closed on us
                pass
            return out


@pytest.fixture
def hall(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hall]:
    monkeypatch.setattr(door, "BURST", 10_000.0)
    one = Hall(token=TOKEN)
    one.server.door._left = 10_000.0
    with one.server:
        yield one


def test_health_is_json_that_says_how_it_is(hall: Hall) -> None:
    status, text = hall.request("GET", "/health")
    row = json.loads(text)
    assert status == 200
    assert (row["status"], row["since"], row["windows"]) == ("ok", "2027-02-04T09:00:00+00:00", 12)
    assert (row["hour_lufs"], row["loudest_lufs"], row["next_opening"]) == (-33.25, None, None)
    hall.health = Health("down", WELL.since, last_fault="the sound card has gone")
    status, text = hall.request("GET", "/health")
    assert status == 503
    assert json.loads(text)["last_fault"] == "the sound card has gone"
    assert hall.request("HEAD", "/health")[1] == ""


def test_metrics_are_lines_that_prometheus_reads(hall: Hall) -> None:
    status, text = hall.request("GET", "/metrics")
    assert status == 200
    line = re.compile(r'[a-z_]+(\{[a-z_]+="(\\.|[^"\\])*"(,[a-z_]+="(\\.|[^"\\])*")*\})? ([-+]?[0-9.e+]+|[-+]Inf|NaN)')
    values = [one for one in text.splitlines() if not one.startswith("#")]
    assert all(line.fullmatch(one) for one in values)
    assert 'soundscape_faults_total{kind="disk full"} 3' in values
    assert "soundscape_loudness_lufs -33.25" in values
    assert "soundscape_loudest_lufs -Inf" in values
    assert "soundscape_up 1" in values
    assert 'soundscape_resident_memory_bytes{process="player"} 262144000' in values
    named = re.findall(r"^# TYPE (\S+) (counter|gauge)$", text, re.M)
    assert len(named) == len(set(named)) == text.count("# HELP")
    assert all(name.endswith("_total") == (kind == "counter") for name, kind in named)
    assert "soundscape_up 0" in metrics_text(Health("down", WELL.since))


def test_nothing_that_is_no_number_gets_into_json() -> None:
    row = health_row(
        Health("ok", WELL.since, staff=Staff(hour=Loudness(math.nan)), ahead_s=math.inf, rss_mb={"player": math.nan})
    )
    assert json.loads(json.dumps(row, allow_nan=False))["ahead_s"] is None


def test_a_button_needs_the_token(hall: Hall) -> None:
    for token in (None, "", "a-token-of-the-test", TOKEN + "s", "ÄÖ"):
        if token == "ÄÖ":
            answer = hall.raw("POST /trigger/door HTTP/1.0\r\nAuthorization: Bearer ÄÖ\r\n\r\n".encode())
            assert b"401" in answer.splitlines()[0]
        else:
            assert hall.request("POST", "/trigger/door", token)[0] == 401
    assert hall.request("POST", "/trigger/door", Authorization=f"Basic {TOKEN}")[0] == 401
    assert hall.asked == []
    assert hall.request("POST", "/trigger/door", TOKEN)[0] == 202
    assert hall.request("POST", "/profile/quiet", TOKEN)[0] == 202
    assert hall.request("POST", "/profile/", TOKEN)[0] == 202
    assert hall.request("POST", "/trigger/%E5%AD%A6%E6%A0%A1%20class", TOKEN)[0] == 202
    asked = [(one.kind, one.name) for one in hall.asked]
    assert asked == [("trigger", "door"), ("profile", "quiet"), ("profile", ""), ("trigger", "学校 class")]


def test_without_a_token_no_button_works() -> None:
    hall = Hall()
    with hall.server:
        assert hall.request("POST", "/trigger/door", "")[0] == 403
        assert hall.request("POST", "/trigger/door", "anything-at-all-it-is")[0] == 403
        assert hall.request("GET", "/health")[0] == 200
    assert hall.asked == []


PATHS = ("/../../etc/passwd", "/health/", "/trigger", "/trigger/", "/trigger/%2e%2e%2fdoor", "/trigger/door/x",
         "/profile/closed", "/favicon.ico", "/" + "a" * 4000)  # fmt: skip


@pytest.mark.parametrize("path", PATHS)
def test_what_is_not_there_is_not_found(hall: Hall, path: str) -> None:
    assert hall.request("GET", path)[0] == 404
    assert hall.request("POST", path, TOKEN)[0] == 404
    assert hall.asked == []


def test_beyond_this_machine_everything_needs_the_token() -> None:
    with pytest.raises(ExhibitError, match=r"0\.0\.0\.0 can be reached from other machines, and there is no token"):
        Hall(host="0.0.0.0")
    with pytest.raises(ExhibitError, match="the token has 5 characters"):
        Hall(token="short")
    hall = Hall(host="0.0.0.0", token=TOKEN)
    with hall.server:
        assert hall.request("GET", "/health")[0] == 401
        assert hall.request("GET", "/metrics", "x" * 16)[0] == 401
        assert hall.request("GET", "/health", TOKEN)[0] == 200


def test_a_port_that_is_taken_is_said_in_a_line() -> None:
    hall = Hall()
    with hall.server, pytest.raises(ExhibitError, match=rf"cannot listen for HTTP at 127\.0\.0\.1:{hall.server.port}"):
        HealthServer(lambda: WELL, hall.asked.append, names={}, port=hall.server.port)


def test_noise_and_floods_leave_it_as_it_was(hall: Hall, capfd: pytest.CaptureFixture[str]) -> None:
    rng = np.random.default_rng(1)
    for size in (1, 10, 100, 1000, 7000):
        for _ in range(4):
            hall.raw(rng.integers(0, 256, size, np.uint8).tobytes() + b"\r\n\r\n")
    press = f"POST /trigger/door HTTP/1.1\r\nAuthorization: Bearer {TOKEN}\r\n".encode()
    for data in (b"GET /health", b"GET /health HTTP/9.9\r\n\r\n", b"\r\n\r\n", b"\x16\x03\x01" + b"\0" * 100,
                 b"GET /health HTTP/1.1\r\n" + b"A: b\r\n" * 300 + b"\r\n", press[:-4],
                 b"GET " + b"/x" * 10_000 + b" HTTP/1.1\r\n\r\n", press + b"Content-Length: 99999999999\r\n\r\n",
                 press + b"Content-Length: -1\r\n\r\n"):  # fmt: skip
        assert hall.raw(data)[9:10] in (b"", b"4", b"5"), data[:40]
    assert hall.request("GET", "/health")[0] == 200
    assert hall.asked == []
    assert capfd.readouterr() == ("", ""), "and nothing is written to the terminal"


def test_too_many_requests_are_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(door, "PER_S", 0.001)
    hall = Hall(token=TOKEN)
    with hall.server:
        answers = [hall.request("POST", "/trigger/door", TOKEN)[0] for _ in range(60)]
    assert answers == [202] * 40 + [429] * 20
    assert len(hall.asked) == 40


def test_clients_that_say_nothing_are_let_go_and_hold_nobody_up(hall: Hall, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "DEADLINE_S", 0.3)
    slow = [threading.Thread(target=hall.raw, args=(b"GET /hea",), kwargs={"shuts": False}) for _ in range(40)]
    for thread in slow:
        thread.start()
    for thread in slow:
        thread.join(20.0)
    assert not any(thread.is_alive() for thread in slow), "each of them was closed"
    assert hall.request("GET", "/health")[0] == 200


def test_a_token_comes_from_a_file_or_the_environment(tmp_path: Path) -> None:
    name = door.TOKEN_VARIABLE
    assert read_token({}, None, variable=name) == ""
    assert read_token({"SOUNDSCAPE_EXHIBIT_TOKEN": f" {TOKEN}\n"}, None, variable=name) == TOKEN
    (tmp_path / "token").write_text(f"{TOKEN}\nand more\n", encoding="utf-8")
    assert read_token({name: "another"}, tmp_path / "token", variable=name) == TOKEN
    (tmp_path / "empty").touch()
    for file in ("empty", "none"):
        with pytest.raises(ExhibitError, match="the token's file"):
            read_token({}, tmp_path / file, variable=name)
