"""What the commands share: progress on standard error, results on standard output."""

from __future__ import annotations

import json
import re
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import click

from soundscape.progress import Progress

UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
"""What a terminal obeys and does not show: control characters, ends of lines, turns of the direction of writing."""
SILENCE_S = 1.5
"""Without a terminal something is said at least this often, so that nobody thinks it hangs."""


def plain(value: object) -> str:
    r"""A name, a title or a path from elsewhere as a terminal may have it: on one line, commanding nothing.

    Examples
    --------
    >>> plain("r\x1b[31med\n.wav")
    'r\\x1b[31med\\n.wav'
    """
    return UNSEEN.sub(_escaped, str(value))


def plain_lines(text: str) -> str:
    """Text of several lines in which each is as `plain` gives it."""
    return "\n".join(map(plain, text.split("\n")))


def _escaped(unseen: re.Match[str]) -> str:
    return unseen[0].encode("unicode_escape").decode()


@contextmanager
def progress_bars() -> Iterator[Progress]:
    """Progress with the time left: bars on a terminal, plain lines elsewhere; all on standard error."""
    if sys.stderr.isatty():
        with _rich_bars() as progress:
            yield progress
    else:
        with _PlainLines() as lines:
            yield lines


@contextmanager
def _rich_bars() -> Iterator[Progress]:
    from rich import progress as bars  # loaded only where a bar is drawn: start-up stays quick
    from rich.console import Console

    words, bar = bars.TextColumn("{task.description}", markup=False), bars.BarColumn()
    spinner = bars.SpinnerColumn(finished_text=" ")
    columns = (spinner, words, bar, bars.TaskProgressColumn(), bars.TimeElapsedColumn(), bars.TimeRemainingColumn())
    with bars.Progress(*columns, console=Console(stderr=True)) as shown:
        tasks: dict[str, bars.TaskID] = {}

        def progress(what: str, done: float, total: float) -> None:
            if what not in tasks:
                tasks[what] = shown.add_task(plain(what), total=total or None)
            shown.update(tasks[what], completed=done, total=total or None)

        yield progress


class _PlainLines:
    """Progress as lines: when work begins and ends, and every `SILENCE_S` between, even if the work says nothing."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._what = ""
        self._share = (0.0, 0.0)
        self._began_s = self._said_s = 0.0
        self._finished = True
        self._closing = threading.Event()
        self._ticker = threading.Thread(target=self._tick, daemon=True)

    def __enter__(self) -> _PlainLines:
        self._ticker.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.set()
        self._ticker.join()

    def __call__(self, what: str, done: float, total: float) -> None:
        with self._lock:
            now_s = time.monotonic()
            if what != self._what:
                self._what, self._began_s, self._said_s = what, now_s, 0.0
            was_finished, self._finished = self._finished, bool(total) and done >= total
            self._share = (done, total)
            if now_s - self._said_s >= SILENCE_S or (self._finished and not was_finished):
                self._say(now_s)

    def _tick(self) -> None:
        while not self._closing.wait(0.25):
            with self._lock:
                now_s = time.monotonic()
                if self._what and not self._finished and now_s - self._said_s >= SILENCE_S:
                    self._say(now_s)

    def _say(self, now_s: float) -> None:
        done, total = self._share
        self._said_s, spent_s = now_s, now_s - self._began_s
        share = f" {100 * done / total:3.0f} %" if total else ""
        left = f", {spent_s * (total - done) / done:.0f} s left" if 0 < done < total and spent_s > 1.0 else ""
        click.echo(f"{plain(' '.join(self._what.split()))}{share} ({spent_s:.0f} s{left})", err=True)


def print_json(value: Mapping[str, Any]) -> None:
    """Print one JSON object on standard output."""
    text = json.dumps(value, ensure_ascii=False, indent=2)
    click.echo("\n".join(UNSEEN.sub(lambda unseen: f"\\u{ord(unseen[0]):04x}", line) for line in text.split("\n")))
