"""Who plays, and who is warm to play on: one dies, the next takes over, and another is started."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from soundscape.exhibit.ports import Ports, Row
from soundscape.exhibit.reporter import Reporter
from soundscape.exhibit.watch import Backoff, Worker

N_PLAYERS = 3
"""One that plays, and two that are warm: while one is started again another may die."""
LEAVING_S, PARTING_S = 6.0, 600.0
"""From the closing to the end of those that played, and of spares: the clock may have been wrong."""
GAP_S = 2.0
"""A silence that is longer is counted as one."""
SILENT_DB = -120.0


class Players:
    """One that plays, and spares."""

    def __init__(self, ports: Ports, reporter: Reporter) -> None:
        self._ports, self._reporter = ports, reporter
        self.playing: Worker | None = None
        self._spares: list[Worker] = []
        self._leaving: list[tuple[float, Worker]] = []
        self._backoff = Backoff()
        self._parted_s = -math.inf
        self._lost: tuple[float, str] | None = None
        """Since when, and why, nobody plays."""
        self._level_db = 0.0

    @property
    def has_spare(self) -> bool:
        """Whether one is warm."""
        return any(one.is_ready for one in self._spares)

    @property
    def status(self) -> dict[str, Any]:
        """What the one that plays has said last of how it is; empty where nobody plays."""
        return self.playing.status if self.playing is not None else {}

    def rows(self, steady_s: float) -> Iterator[tuple[Worker, Row]]:
        """What each has said since the last time."""
        for worker in (self.playing, *self._spares):
            if worker is not None:
                yield from ((worker, row) for row in worker.hear(steady_s))

    def listen_on(self, steady_s: float) -> None:
        """Tell of a silence that is over."""
        if self._lost is not None and self.playing is not None and self.playing.has_sounded:
            since_s, why = self._lost
            self._lost = None
            self._reporter.counts["gap"] += steady_s - since_s > GAP_S
            self._reporter.say(f"{why}; the spare plays on after {steady_s - since_s:.1f} s", often=True)

    def send(self, row: Row) -> None:
        """Tell the one that plays; where nobody does, nobody is told."""
        if self.playing is not None:
            self.playing.port.send(row)

    def level(self, level_db: float) -> None:
        """Let the one that plays be as loud as that, where it is not yet."""
        if self.playing is not None and level_db != self._level_db:
            self._level_db = level_db
            self.send({"do": "level", "level_db": level_db})

    def lose(self, steady_s: float) -> bool:
        """Let go of the one that plays where it is dead or hangs; whether it was."""
        worker = self.playing
        if worker is None or (worker.port.is_alive and not worker.is_silent(steady_s)):
            return False
        self._lost = self._lost or (worker.heard_s, "player hung" if worker.port.is_alive else "player died")
        self._reporter.counts["player"] += 1
        self.playing = None
        worker.port.kill()
        return True

    def keep_spares(self, steady_s: float) -> None:
        """Let go of spares that are dead, and start as many as are missing."""
        for spare in list(self._spares):
            if not spare.port.is_alive or spare.is_silent(steady_s):
                self._spares.remove(spare)
                spare.port.kill()
        wanted = N_PLAYERS - (self.playing is not None)
        while len(self._spares) < wanted and self._backoff.may_start("player", steady_s):
            self._spares.append(Worker(self._ports.player(), steady_s, steady_s))

    def take_over(self, level_db: float, steady_s: float) -> bool:
        """Let a spare be the one that plays, at a level; False where none is ready. It waits to be told what."""
        ready = next((one for one in self._spares if one.is_ready and one.port.is_alive), None)
        if ready is None:
            return False
        self._spares.remove(ready)
        self.playing = ready
        ready.heard_s, ready.is_playing = steady_s, True
        self._level_db = level_db
        self.send({"do": "level", "level_db": level_db})
        return True

    def part(self, steady_s: float) -> None:
        """The doors close: the one that plays fades and goes. Spares stay for a while."""
        if self.playing is not None:
            self.dismiss(self.playing, steady_s)
        self.playing = self._lost = None
        self._parted_s, self._backoff = steady_s, Backoff()

    def dismiss(self, worker: Worker, steady_s: float) -> None:
        """Let one fade and go, and end it if it does not."""
        self._leaving.append((steady_s + LEAVING_S, worker))
        worker.port.send({"do": "shut"})
        worker.port.send({"do": "quit", "after_s": LEAVING_S - 2.0})

    def see_off(self, steady_s: float, *, are_wanted: bool) -> None:
        """End those that had time to fade, and spares that nobody needs tonight."""
        for due_s, worker in list(self._leaving):
            if steady_s >= due_s:
                self._leaving.remove((due_s, worker))
                worker.port.kill()
        if not are_wanted and steady_s >= self._parted_s + PARTING_S:
            while self._spares:
                self.dismiss(self._spares.pop(), steady_s)

    def close(self) -> None:
        """End all of them."""
        for worker in (self.playing, *self._spares, *(one for _, one in self._leaving)):
            if worker is not None:
                worker.port.send({"do": "quit"})
                worker.port.kill()
        self.playing, self._spares, self._leaving = None, [], []
