"""Windows ahead of their time: who renders them, which are there, and whose plan is played."""

from __future__ import annotations

import math
from collections.abc import Iterator

from soundscape.exhibit.audible import Stretch, heard_at
from soundscape.exhibit.daylog import Heard
from soundscape.exhibit.hours import Span
from soundscape.exhibit.plan import Wish
from soundscape.exhibit.ports import Ports, Row
from soundscape.exhibit.reporter import Reporter
from soundscape.exhibit.watch import Backoff, Worker

AHEAD, KEPT = 10, 2
"""Windows that are rendered ahead, and kept behind."""
LATE_S = 90.0
"""A renderer that leaves windows missing for so long is started again."""


class Supply:
    """A renderer, and the windows that it has made for an opening."""

    def __init__(self, ports: Ports, reporter: Reporter) -> None:
        self._ports, self._reporter = ports, reporter
        self.key = ""
        """Of the plan that is played; empty: there is none yet."""
        self.heard = Heard()
        self._worker: Worker | None = None
        self._ready: dict[str, set[int]] = {}
        self._sounds: dict[int, list[Stretch]] = {}
        self._backoff = Backoff()
        self._asked: tuple[object, ...] = ()
        self._late_s = math.inf

    def rows(self, steady_s: float) -> Iterator[tuple[Worker, Row]]:
        """What the renderer has said since the last time."""
        if (worker := self._worker) is not None:
            yield from ((worker, row) for row in worker.hear(steady_s))

    def ahead(self, at: int) -> int:
        """Windows that are there from window `at` on."""
        there, n = self._ready.get(self.key, set()), 0
        while at + n in there:
            n += 1
        return n

    def sounds(self, at: int, time_s: float) -> tuple[str, ...]:
        """Layers that are heard at a time, which lies in window `at`; empty where the renderer has not said."""
        return heard_at(self._sounds.get(at, ()), time_s)

    def take(self, row: Row, *, at: int, last: int) -> bool:
        """Remember that a window is there; whether its plan is gone over to, for enough of it is there to play on.

        Parameters
        ----------
        at, last
            The window that is due, and the one in which the doors close.
        """
        key, window = str(row["key"]), int(row["window"])
        self._ready.setdefault(key, set()).add(window)
        self.heard.window(row)
        self._sounds = {number: sounds for number, sounds in self._sounds.items() if number >= at - KEPT}
        self._sounds[window] = [(float(one[0]), float(one[1]), str(one[2])) for one in row.get("sounds", ())]
        here, there = self._ready.get(self.key, set()), self._ready[key]
        if key == self.key or (at in here and not {at, min(at + 1, last)} <= there):
            return False
        self.key, self._ready = key, {key: there}
        return True

    def keep_renderer(self, at: int, steady_s: float) -> bool:
        """Start a renderer anew where it is dead, hangs, or leaves windows missing; whether there is one."""
        worker = self._worker
        if worker is not None and (
            not worker.port.is_alive or worker.is_silent(steady_s) or self._is_late(at, steady_s)
        ):
            self._reporter.count("generator", "generator is started again")
            self._worker = None
            worker.port.kill()
        if self._worker is None and self._backoff.may_start("generator", steady_s):
            self._worker = Worker(self._ports.generator(), steady_s, steady_s)
            self._asked, self._late_s = (), math.inf
        return self._worker is not None

    def ask(self, span: Span, wishes: tuple[Wish, ...], left_out: tuple[str, ...], at: int) -> None:
        """Ask the renderer for the windows from `at` on, where that is not asked yet."""
        asked = (span, wishes, left_out, at)
        if self._worker is None or asked == self._asked:
            return
        rows = [{"from_s": one.from_s, "until_s": one.until_s, "mood": dict(one.mood), "profile": one.profile}
                for one in wishes]  # fmt: skip
        row = {"do": "render", "opens": span.opens.isoformat(), "closes": span.closes.isoformat(), "wishes": rows,
               "left_out": list(left_out), "first": at, "until": at + AHEAD, "keep": max(0, at - KEPT)}  # fmt: skip
        if self._worker.port.send(row):
            self._asked = asked

    def begin(self) -> None:
        """Another opening: whatever was asked for is asked anew."""
        self._asked = ()

    def part(self) -> Worker | None:
        """The doors close: nothing is there any more; the renderer, which is to go."""
        worker, self._worker = self._worker, None
        self.key, self.heard, self._late_s, self._backoff = "", Heard(), math.inf, Backoff()
        self._ready.clear()
        self._sounds.clear()
        return worker

    def close(self) -> None:
        """End the renderer."""
        if self._worker is not None:
            self._worker.port.send({"do": "quit"})
            self._worker.port.kill()
        self._worker = None

    def _is_late(self, at: int, steady_s: float) -> bool:
        """Whether a renderer that is there has left what sounds now missing for too long."""
        is_behind = self._worker is not None and self._worker.is_ready and self.ahead(at) == 0
        self._late_s = min(self._late_s, steady_s) if is_behind else math.inf
        return steady_s - self._late_s > LATE_S
