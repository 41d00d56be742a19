"""A real browser, told by its debugging pipe what to do; Chrome DevTools Protocol, version 1.3."""

from __future__ import annotations

import json
import os
import select
import shutil
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Any

PROGRAM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
PATIENCE_S = 30.0
_CONNECT = """
import fcntl, os, sys
ends = [fcntl.fcntl(int(end), fcntl.F_DUPFD, 10) for end in sys.argv[1:3]]
os.dup2(ends[0], 3)
os.dup2(ends[1], 4)
os.execv(sys.argv[3], sys.argv[3:])
"""
"""A browser reads what goes through the pipe at 3, and writes at 4."""


class Browser:
    """One page. A context manager."""

    def __init__(self, folder: Path) -> None:
        assert PROGRAM is not None
        self.complaints: list[str] = []
        """What the page wrote to its console, and what it threw."""
        ours, theirs = os.pipe(), os.pipe()
        self._out, self._in = ours[1], theirs[0]
        options = ["--headless=new", "--remote-debugging-pipe", "--disable-gpu", "--no-first-run", "--disable-sync",
                   "--disable-background-networking", "--disable-dev-shm-usage",
                   f"--user-data-dir={folder}"]  # fmt: skip
        options += ["--no-sandbox"] if os.geteuid() == 0 else []
        command = [sys.executable, "-I", "-S", "-c", _CONNECT, str(ours[0]), str(theirs[1]), PROGRAM, *options]
        self._process = subprocess.Popen([*command, "about:blank"], pass_fds=(ours[0], theirs[1]),
                                         stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # fmt: skip
        os.close(ours[0])
        os.close(theirs[1])
        self._n_sent, self._left, self._session, self._is_loaded = 0, b"", "", False
        page = next(one for one in self.call("Target.getTargets")["targetInfos"] if one["type"] == "page")
        self._session = self.call("Target.attachToTarget", targetId=page["targetId"], flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log"):
            self.call(f"{domain}.enable")

    def __enter__(self) -> Browser:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.kill()
        self._process.wait()
        os.close(self._out)
        os.close(self._in)

    def open(self, address: str) -> None:
        """Go to an address, and wait until it is there."""
        self._is_loaded, until_s = False, time.monotonic() + PATIENCE_S
        self.call("Page.navigate", url=address)
        while not self._is_loaded:
            self._hear(self._next(until_s))

    def value(self, script: str) -> Any:
        """What a line of the page's language gives."""
        found = self.call("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in found, found["exceptionDetails"]
        return found["result"].get("value")

    def text(self, selector: str) -> str:
        """What can be read there."""
        return str(self.value(f"document.querySelector({json.dumps(selector)})?.innerText ?? ''"))

    def until(self, script: str) -> None:
        """Wait until something is so."""
        began_s = time.monotonic()
        while not self.value(script):
            assert time.monotonic() - began_s < PATIENCE_S, script
            time.sleep(0.03)

    def click(self, selector: str) -> None:
        """Press a mouse's button over the middle of something."""
        x, y = self.value(
            f"(() => {{ const one = document.querySelector({json.dumps(selector)});"
            "one.scrollIntoView({block: 'center'}); const box = one.getBoundingClientRect();"
            "return [box.x + box.width / 2, box.y + box.height / 2]; })()"
        )
        for kind in ("mousePressed", "mouseReleased"):
            self.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)

    def write(self, text: str) -> None:
        """Write into what has the focus."""
        self.call("Input.insertText", text=text)

    def key(self, name: str, code: int) -> None:
        """Press a key."""
        text = "\r" if name == "Enter" else ""
        self.call("Input.dispatchKeyEvent", type="keyDown", key=name, code=name, windowsVirtualKeyCode=code, text=text)
        self.call("Input.dispatchKeyEvent", type="keyUp", key=name, code=name, windowsVirtualKeyCode=code)

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Ask the browser for something; its answer."""
        self._n_sent += 1
        row = {"id": self._n_sent, "method": method, "params": parameters}
        row |= {"sessionId": self._session} if self._session else {}
        os.write(self._out, json.dumps(row).encode() + b"\0")
        until_s = time.monotonic() + PATIENCE_S
        while True:
            answer = self._next(until_s)
            if answer.get("id") == self._n_sent:
                assert "error" not in answer, answer
                return dict(answer["result"])
            self._hear(answer)

    def _next(self, until_s: float) -> dict[str, Any]:
        while b"\0" not in self._left:
            ready, _, _ = select.select([self._in], [], [], max(0.0, until_s - time.monotonic()))
            assert ready, "the browser does not answer"
            chunk = os.read(self._in, 1 << 16)
            assert chunk, "the browser has gone"
            self._left += chunk
        line, _, self._left = self._left.partition(b"\0")
        return dict(json.loads(line))

    def _hear(self, row: dict[str, Any]) -> None:
        what, said = row.get("method"), row.get("params", {})
        self._is_loaded |= what == "Page.loadEventFired"
        if what == "Runtime.exceptionThrown":
            self.complaints.append(str(said["exceptionDetails"].get("exception", said)))
        elif what == "Log.entryAdded" and said["entry"]["level"] in ("error", "warning"):
            self.complaints.append(said["entry"]["text"])
