"""The page for staff: who gets it, what it may do, that it can be read; and, where there is one, in a real browser."""

from __future__ import annotations

import json
import re
import socket
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from http.client import HTTPConnection
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from soundscape.apps.gallery import health_of
from soundscape.exhibit import door
from soundscape.exhibit.daylog import Loudness
from soundscape.exhibit.door import Ask
from soundscape.exhibit.health import HealthServer
from soundscape.exhibit.hours import Span
from soundscape.exhibit.reception import Reception
from soundscape.exhibit.staff import Staff
from soundscape.exhibit.wellbeing import Health
from tests.exhibit.browser import PROGRAM, Browser
from tests.exhibit.gallery import OPENS, opened
from tests.exhibit.markup import Tags, contrast

TOKEN = "a-token-of-the-tests"
NAMES = {"trigger": ("door", 'a "b" <i>/?&'), "profile": ("usual", "quiet", "low-sensory"), "mood": ("lively", "near")}
DAY = Span(OPENS, OPENS + timedelta(hours=9))
WELL = Health("ok", OPENS, "Hall & <b>gates</b>", profile="quiet", ahead_s=600.0, staff=Staff(
    now=OPENS + timedelta(hours=3), title_zh="门厅", opening=DAY, today=(DAY,), profile_until=DAY.closes,
    sounds=("wind", "<img src=x onerror=alert(1)>"), minute=Loudness(-36.5, -30.0), cap_lufs=-32.0, peak_db=-20.0,
    profiles=NAMES["profile"], triggers=NAMES["trigger"], faults=((OPENS, "<script>alert(2)</script>"),),
    n_faults_today=3, sliders={"lively": (0.2, 0.7, 0.5), "near": (0.5, 0.5, 0.5)}))  # fmt: skip
PANEL = {name: files("soundscape.exhibit").joinpath("panel", f"panel.{name}").read_text(encoding="utf-8")
         for name in ("html", "css", "js")}  # fmt: skip

needs_browser = pytest.mark.skipif(PROGRAM is None, reason="no Chromium is installed")


class Hall:
    """A server, what was asked of it, and how it says the exhibit is."""

    def __init__(self, **settings: Any) -> None:
        self.health, self.asked = WELL, list[Ask]()
        given: Any = {"names": NAMES, "port": 0, "token": TOKEN, **settings}
        self.server = HealthServer(lambda: self.health, self.asked.append, **given)
        self.server.door._left = 10_000.0

    def wait_for(self, n_asked: int) -> None:
        """Until so much was asked."""
        for _ in range(3000):
            if len(self.asked) < n_asked:
                time.sleep(0.01)
        assert len(self.asked) == n_asked, self.asked

    def request(self, method: str, path: str, *, token: str = "", host: str = "") -> tuple[int, dict[str, str], str]:
        connection = HTTPConnection("127.0.0.1", self.server.port, timeout=10.0)
        connection.putrequest(method, path, skip_host=True)
        for one in (host or f"127.0.0.1:{self.server.port}").split(" "):
            connection.putheader("Host", one)
        if token:
            connection.putheader("Authorization", f"Bearer {token}")
        connection.endheaders()
        answer = connection.getresponse()
        text = answer.read().decode()
        connection.close()
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}, text


@pytest.fixture
def hall(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hall]:
    monkeypatch.setattr(door, "BURST", 10_000.0)
    one = Hall()
    with one.server:
        yield one


def test_the_page_is_three_files_that_nothing_else_may_run_in(hall: Hall) -> None:
    for path, kind in (("/", "text/html"), ("/panel.css", "text/css"), ("/panel.js", "text/javascript")):
        status, headers, text = hall.request("GET", path)
        assert (status, headers["content-type"]) == (200, f"{kind}; charset=utf-8")
        assert text == PANEL[headers["content-type"].split("/")[1].split(";")[0].replace("javascript", "js")]
        assert hall.request("POST", path, token=TOKEN)[0] == 404
    for path in ("/", "/health", "/nothing"):
        headers = hall.request("GET", path)[1]
        rules = dict(one.strip().split(" ", 1) for one in headers["content-security-policy"].split(";"))
        assert rules["default-src"] == "'none'"
        assert rules["script-src"] == rules["style-src"] == rules["connect-src"] == "'self'"
        assert rules["frame-ancestors"] == rules["base-uri"] == rules["form-action"] == "'none'"
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        assert not [name for name in headers if name.startswith("access-control")], "no other page may read it"


def test_the_page_has_no_script_in_it_and_makes_none() -> None:
    tags = Tags(PANEL["html"]).all
    assert [of["src"] for tag, of in tags if tag == "script"] == ["/panel.js"]
    assert not [
        tag for tag, of in tags if tag == "style" or any(name == "style" or name.startswith("on") for name in of)
    ]
    for word in (
        "innerHTML",
        "outerHTML",
        "insertAdjacentHTML",
        "document.write",
        "eval(",
        "Function(",
        "localStorage",
    ):
        assert word not in PANEL["js"]
    assert "?token" not in PANEL["js"], "a token is in no address"


def test_all_that_the_script_looks_for_is_in_the_page_and_can_be_named_aloud() -> None:
    tags = Tags(PANEL["html"]).all
    ids = [of["id"] for _, of in tags if "id" in of]
    assert len(ids) == len(set(ids))
    assert set(re.findall(r'found\("([a-z-]+)"\)', PANEL["js"])) <= set(ids)
    assert set(re.findall(r'rebuild\("([a-z-]+)"', PANEL["js"])) <= set(ids)
    labels = {of["for"] for tag, of in tags if tag == "label"}
    assert all(of["id"] in labels for tag, of in tags if tag == "input")
    assert all(of["aria-labelledby"] in ids for tag, of in tags if "aria-labelledby" in of or tag == "section")
    assert not [of for tag, of in tags if tag in ("ul", "button", "fieldset") and "role" in of], (
        "they are what they are"
    )
    assert dict(tags)["html"] == {"lang": "en"}


READ = (("ink", "page"), ("ink", "card"), ("soft-ink", "page"), ("soft-ink", "card"), ("bad", "card"),
        ("bad", "bad-card"), ("ink", "bad-card"), ("on-strong", "strong"), ("good", "card"))  # fmt: skip
"""Colours of text, and what is under it."""


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
def test_it_can_be_read(scheme: int) -> None:
    """Contrast as WCAG 2.2 counts it: 4.5 for text, 3 for the edges of what can be pressed."""
    colours = dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", PANEL["css"].split(":root")[scheme + 1]))
    for text, under in READ:
        assert contrast(colours[text], colours[under]) >= 4.5, (text, under)
    for edge, under in (("line", "card"), ("strong", "card"), ("line", "page"), ("bad", "card")):
        assert contrast(colours[edge], colours[under]) >= 3.0, (edge, under)


def test_beyond_this_machine_the_page_comes_without_the_token_and_nothing_else_does() -> None:
    hall = Hall(host="0.0.0.0")
    with hall.server:
        for path in ("/", "/panel.css", "/panel.js"):
            assert hall.request("GET", path)[0] == 200
            assert "gates" not in hall.request("GET", path)[2], "it says nothing of the exhibit"
        for path in ("/health", "/metrics", "/nothing"):
            assert hall.request("GET", path)[0] == hall.request("GET", path, token=TOKEN[:-1])[0] == 401
        assert hall.request("GET", "/health", token=TOKEN)[0] == 200
    assert hall.asked == []


ELSEWHERE = ("elsewhere.example", "elsewhere.example:53180", "127.0.0.1.elsewhere.example", "localhost.example",
             "192.168.1.20", "127.0.0.1 elsewhere.example", "[2001:db8::1]:80", "0x7f.1")  # fmt: skip


@pytest.mark.parametrize("host", ELSEWHERE)
def test_who_means_another_machine_is_not_answered(hall: Hall, host: str) -> None:
    """A page of theirs whose name leads here."""
    for method, path in (("GET", "/"), ("GET", "/health"), ("GET", "/metrics"), ("POST", "/trigger/door")):
        status, _, text = hall.request(method, path, token=TOKEN, host=host)
        assert status == 421
        assert "gates" not in text
    assert hall.asked == []


def test_who_means_this_machine_is_answered(hall: Hall) -> None:
    for host in ("localhost", "LOCALHOST:1", "127.0.0.1", "127.0.0.2:80", "[::1]:53180", "localhost."):
        assert hall.request("GET", "/health", host=host)[0] == 200, host
    machine = socket.gethostname()
    beyond = Hall(host="0.0.0.0", known_as=("gates.museum.example",))
    with beyond.server:
        for host in ("192.168.1.20:80", "gates.museum.example", f"{machine}:80", f"{machine.partition('.')[0]}.local"):
            assert beyond.request("GET", "/health", token=TOKEN, host=host)[0] == 200, host
        assert beyond.request("GET", "/health", token=TOKEN, host="elsewhere.example")[0] == 421


def test_sliders_and_minutes_are_numbers_within_or_nothing_is_asked(hall: Hall) -> None:
    for path in ("/mood/lively", "/mood/lively?value=", "/mood/lively?value=1.01", "/mood/lively?value=-0.1",
                 "/mood/lively?value=nan", "/mood/lively?value=inf", "/mood/lively?value=loud",
                 "/profile/quiet?minutes=0", "/profile/quiet?minutes=1e9"):  # fmt: skip
        status, _, text = hall.request("POST", path, token=TOKEN)
        assert status == 400, path
        assert "must be a number from" in json.loads(text)["error"]
    assert hall.request("POST", "/mood/bright?value=0.5", token=TOKEN)[0] == 404
    assert hall.request("POST", "/mood/lively?value=0.4")[0] == 401
    assert hall.asked == []
    assert hall.request("POST", "/mood/lively?value=0.4", token=TOKEN)[0] == 202
    assert hall.request("POST", "/profile/quiet?minutes=60", token=TOKEN)[0] == 202
    assert hall.asked == [Ask("mood", "lively", 0.4), Ask("profile", "quiet", 60.0)]


def test_a_token_can_be_tried_and_nothing_happens(hall: Hall) -> None:
    assert hall.request("POST", "/unlock")[0] == hall.request("POST", "/unlock", token=TOKEN + "s")[0] == 401
    assert hall.request("POST", "/unlock", token=TOKEN)[0] == 200
    assert hall.asked == []
    assert json.loads(hall.request("GET", "/health")[2])["buttons"] is True
    locked = Hall(token="")
    with locked.server:
        assert locked.request("POST", "/unlock", token=TOKEN)[0] == 403
        assert json.loads(locked.request("GET", "/health")[2])["buttons"] is False


def test_what_a_page_asks_for_is_done_by_the_keeper_and_told(tmp_path: Path) -> None:
    gallery = opened(tmp_path)
    told: list[str] = []
    reception = Reception(gallery.keeper, told.append)
    for ask in (
        Ask("mood", "lively", 0.8),
        Ask("profile", "quiet", 60.0),
        Ask("trigger", "door"),
        Ask("trigger", "door"),
    ):
        reception.press(ask)
    reception.turn()
    assert [words for _, words in reception.answers] == ["quiet: chosen", "door: started", "door: it rests"]
    assert told == ["mood lively: set", "profile quiet: chosen", "trigger door: started", "trigger door: it rests"]
    kept = gallery.state.wishes(OPENS)
    assert [(dict(one.mood), one.profile) for one in kept] == [({"lively": pytest.approx(0.3)}, ""), ({}, "quiet")]
    assert kept[1].until_s - kept[1].from_s == 3600.0
    gallery.clock.go(10 * 3600.0)
    gallery.go(1.0)
    reception.press(Ask("mood", "near", 0.1))
    reception.turn()
    assert reception.answers[-1][1] == "near: not now, the doors are closed"


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with Browser(tmp_path_factory.mktemp("browser")) as one:
        yield one


@needs_browser
class TestInABrowser:
    """A person at it."""

    @staticmethod
    def come(browser: Browser, hall: Hall) -> None:
        browser.open("about:blank")
        browser.complaints.clear()
        browser.open(f"http://127.0.0.1:{hall.server.port}/")
        browser.until("document.body?.classList.contains('is-known')")

    @staticmethod
    def unlock(browser: Browser, token: str = TOKEN) -> None:
        browser.click("#token")
        browser.write(token)
        browser.key("Enter", 13)

    def test_it_says_how_it_is_and_whatever_names_are_is_text(self, browser: Browser, hall: Hall) -> None:
        self.come(browser, hall)
        assert browser.text("h1") == "Hall & <b>gates</b> 门厅"
        assert browser.text("#headline") == "Open until 18:00"
        assert browser.text("#profile-now") == "Quiet until 18:00, on schedule"
        assert browser.text("#sounds") == "wind, <img src=x onerror=alert(1)>"
        assert browser.text("#level-words") == "This minute −36.5 LUFS, the limit is −32: a little below the limit."
        assert 70.0 < float(browser.value("parseFloat(getComputedStyle(document.querySelector('#fill')).width) /"
                                          "document.querySelector('#meter').clientWidth * 100")) < 72.0  # fmt: skip
        assert "09:00\n<script>alert(2)</script>" in browser.text("#faults")
        assert browser.text("#troubles") == "All is well."
        assert browser.value("document.querySelectorAll('main img, main script, main b, main i').length") == 0
        assert browser.value("document.querySelectorAll('.zh').length > 5 &&"
                             "getComputedStyle(document.querySelector('.zh')).display") == "inline"  # fmt: skip
        assert browser.complaints == [], "no rule of the page is broken"

    def test_what_is_wrong_is_said_and_that_nobody_answers(self, browser: Browser) -> None:
        hall = Hall()
        with hall.server:
            hall.health = replace(WELL, status="down")
            self.come(browser, hall)
            assert browser.text("#headline") == "Open, and nothing sounds"
            assert "What to do: Wait half a minute." in browser.text("#troubles")
        browser.until("document.querySelector('#headline').innerText === 'The exhibit does not answer'")
        assert "12:00" in browser.text("#profile-now")

    def test_nothing_can_be_pressed_before_the_token_is_known(self, browser: Browser, hall: Hall) -> None:
        self.come(browser, hall)
        browser.click("[data-profile=quiet]")
        self.unlock(browser, "nobody-knows-this-one")
        browser.until("document.querySelector('#key-words').innerText === 'That is not the token.'")
        assert browser.value("document.querySelector('#changes').disabled")
        assert hall.asked == []

    def test_buttons_and_sliders_arrive_and_the_token_is_in_no_address(self, browser: Browser, hall: Hall) -> None:
        self.come(browser, hall)
        self.unlock(browser)
        browser.until("!document.querySelector('#changes').disabled")
        browser.until("document.activeElement.dataset.profile === 'usual'")
        browser.key("Enter", 13)
        hall.wait_for(1)
        browser.click("[data-profile=low-sensory]")
        hall.wait_for(2)
        browser.click("#triggers button:last-child")
        hall.wait_for(3)
        browser.value("document.querySelector('#slider-lively').focus()")
        for _ in range(3):
            browser.key("ArrowRight", 39)
        hall.wait_for(4)
        assert hall.asked == [Ask("profile", "usual"), Ask("profile", "low-sensory", 60.0),
                              Ask("trigger", 'a "b" <i>/?&'), Ask("mood", "lively", 0.53)]  # fmt: skip
        assert browser.value("document.querySelector('#slider-near').disabled"), "the file leaves it no way to go"
        assert browser.value("performance.getEntries().every(one => !one.name.includes('token'))")
        assert browser.value("[localStorage.length, document.cookie]") == [0, ""]
        assert browser.complaints == []

    def test_a_press_moves_a_real_keeper(self, browser: Browser, tmp_path: Path) -> None:
        gallery = opened(tmp_path)
        reception = Reception(gallery.keeper, lambda _line: None)
        hall = Hall(names=reception.names)
        hall.server.door._ask, hall.server.door._health = reception.press, lambda: health_of(gallery.keeper)
        with hall.server:
            self.come(browser, hall)
            self.unlock(browser)
            browser.until("!document.querySelector('#changes').disabled")
            browser.click("[data-profile=quiet]")
            browser.until("document.querySelector('#answer').innerText === 'Quiet: asked.'")
            reception.turn()
            browser.until("document.querySelector('[data-profile=quiet]').ariaPressed === 'true'")
        assert [one.profile for one in gallery.state.wishes(OPENS)] == ["quiet"]
        assert "profile quiet" in gallery.said()
