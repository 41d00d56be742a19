"""What the commands share: progress on standard error, results on standard output."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import click

from soundscape.progress import Progress

PLAIN_LINE_EVERY_S = 2.0
"""Without a terminal a line is printed this often, so that nobody thinks it hangs."""


@contextmanager
def progress_bars() -> Iterator[Progress]:
    """Progress with the time left: bars on a terminal, plain lines elsewhere; all on standard error."""
    if sys.stderr.isatty():
        with _rich_bars() as progress:
            yield progress
    else:
        yield _PlainLines()


@contextmanager
def _rich_bars() -> Iterator[Progress]:
    from rich import progress as bars  # rich is loaded only where a bar is drawn: start-up stays quick
    from rich.console import Console

    words, bar = bars.TextColumn("{task.description}"), bars.BarColumn()
    columns = (words, bar, bars.TaskProgressColumn(), bars.TimeRemainingColumn())
    with bars.Progress(*columns, console=Console(stderr=True), transient=False) as shown:
        tasks: dict[str, bars.TaskID] = {}

        def progress(what: str, done: float, total: float) -> None:
            if what not in tasks:
                tasks[what] = shown.add_task(what, total=total or None)
            shown.update(tasks[what], completed=done, total=total or None)

        yield progress


class _PlainLines:
    """Progress as lines: at the start, at the end, and every `PLAIN_LINE_EVERY_S` between."""

    def __init__(self) -> None:
        self._what = ""
        self._began_s = 0.0
        self._said_s = 0.0

    def __call__(self, what: str, done: float, total: float) -> None:
        now_s = time.monotonic()
        if what != self._what:
            self._what, self._began_s, self._said_s = what, now_s, 0.0
        if done < total and now_s - self._said_s < PLAIN_LINE_EVERY_S:
            return
        self._said_s = now_s
        spent_s = now_s - self._began_s
        left = f", {spent_s * (total - done) / done:.0f} s left" if 0 < done < total and spent_s > 1.0 else ""
        share = f" {100 * done / total:3.0f} %" if total else ""
        click.echo(f"{what}{share}{left}", err=True)


def print_json(value: Mapping[str, Any]) -> None:
    """Print one JSON object on standard output."""
    click.echo(json.dumps(value, ensure_ascii=False, indent=2))
