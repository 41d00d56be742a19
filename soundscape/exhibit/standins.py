"""Who plays and who renders in a rehearsal: ports of a keeper in this process, and a clock that is told to go.

What they do is real: a deck on a body, a renderer in a thread. Only the device is not there, and death is cheap.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

import numpy as np

from soundscape.exhibit.deck import Deck, body_for
from soundscape.exhibit.exhibit import Exhibit
from soundscape.exhibit.generator import CLIPS, FALLBACK, Generator
from soundscape.exhibit.ports import Row
from soundscape.exhibit.rendering import Rendering
from soundscape.exhibit.stems import Stems
from soundscape.exhibit.windows import window_frames
from soundscape.units import Samples

BLOCK_FRAMES = 8192
WARMING_S = 8.0
"""A player that was started is ready after so long, as on a machine of this size."""


class FastClock:
    """A clock that goes on when it is told to, and jumps when it is told to."""

    def __init__(self, begins: datetime) -> None:
        self.true = begins
        self.offset_s = self._steady_s = 0.0

    def now(self) -> datetime:
        """See `soundscape.exhibit.keeper.Clock`."""
        return self.true + timedelta(seconds=self.offset_s)

    def steady_s(self) -> float:
        """See `soundscape.exhibit.keeper.Clock`."""
        return self._steady_s

    def go(self, by_s: float) -> None:
        """Let time pass."""
        self.true += timedelta(seconds=by_s)
        self._steady_s += by_s


class PlayerHere:
    """A player in this process: a real deck and body, a device that is this rehearsal."""

    def __init__(self, clock: FastClock, stems: Stems, beds: Stems, exhibit: Exhibit, n_channels: int,
                 rate_hz: int) -> None:  # fmt: skip
        self._clock, self._beds, self._n_channels, self._rate_hz = clock, beds, n_channels, rate_hz
        body = body_for(n_channels, rate_hz=rate_hz, ceiling_db=exhibit.caps.ceiling_dbtp)
        self.deck = Deck(body, stems.read, self._bed(), window_frames=window_frames(rate_hz), reads=True)
        self._warm_s = clock.steady_s() + WARMING_S
        self._rows: list[dict[str, Any]] = []
        self._was_ready = self.is_playing = self.hangs = self._is_dead = False

    def _bed(self) -> Samples:
        """What stands in; silence where it was not rendered yet."""
        bed = self._beds.read(FALLBACK, 0)
        return np.zeros((self._rate_hz, self._n_channels), np.float32) if bed is None else np.array(bed)

    @property
    def is_alive(self) -> bool:
        """See `Port`."""
        return not self._is_dead

    def send(self, row: Row) -> bool:
        """See `Port`."""
        if self._is_dead or self.hangs:
            return not self._is_dead
        does = row["do"]
        if does in ("take over", "follow"):
            if not self.is_playing:
                self.deck.fallback = self._bed()
            self.is_playing = True
            self.deck.follow(str(row["key"]), int(row["frame"]))
        elif does == "changed":
            self.deck.changed(str(row["key"]))
        elif does == "level":
            self.deck.level(float(row["level_db"]))
        elif does == "clip" and (samples := self._beds.read(f"{CLIPS}-{row['layer']}", int(row["number"]))) is not None:
            self.deck.clip(np.array(samples))
        elif does == "shut":
            self.deck.shut()
        return True

    def rows(self) -> list[dict[str, Any]]:
        """See `Port`."""
        if self._is_dead or self.hangs:
            return []
        if not self._was_ready and self._clock.steady_s() >= self._warm_s:
            self._was_ready = True
            self._rows.append({"what": "ready"})
        rows, self._rows = self._rows, []
        rows += [{"what": "told", "of": one.what, "why": one.why} for one in self.deck.told()]
        if self._was_ready:  # spares say that they are there, too: of silent ones a keeper lets go
            rows.append({"what": "status", "playing": self.is_playing, "frame": self.deck.frame,
                         "fallback": self.deck.is_on_fallback})  # fmt: skip
        return rows

    def lose(self) -> None:
        """Let its device be gone."""
        self._rows.append({"what": "lost", "why": "the sound card was pulled out"})

    def kill(self) -> None:
        """See `Port`."""
        if not self._is_dead:
            self.deck.close()
        self._is_dead = True
        self.is_playing = False

    def pull(self) -> Samples | None:
        """The next block; None where nothing comes out of it."""
        if self._is_dead or self.hangs or not self.is_playing:
            return None
        block = self.deck.body.pull(BLOCK_FRAMES)
        self.deck.turn()
        return block


class GeneratorHere:
    """A renderer in a thread of this process."""

    def __init__(self, make: Callable[[], Generator], beds: Stems, clock: FastClock) -> None:
        self._rows: list[dict[str, Any]] = []
        self._waiting: list[Row] = []
        self._lock, self._wakes = threading.Lock(), threading.Event()
        self._is_dead = False
        self.is_idle = False
        self._thread: threading.Thread | None = None
        try:
            self.generator: Generator | None = make()
        except Exception:  # whatever a process would die of
            self.generator, self._is_dead = None, True
            return
        self._rendering = Rendering(self.generator, beds, self._say, steady_s=clock.steady_s)
        self._thread = threading.Thread(target=self._run, name="renderer", daemon=True)
        self._thread.start()

    @property
    def is_alive(self) -> bool:
        """See `Port`."""
        return not self._is_dead

    def send(self, row: Row) -> bool:
        """See `Port`."""
        with self._lock:
            self._waiting.append(row)
            self.is_idle = False
        self._wakes.set()
        return not self._is_dead

    def rows(self) -> list[dict[str, Any]]:
        """See `Port`."""
        with self._lock:
            rows, self._rows = self._rows, []
        return [*rows, {"what": "alive"}] if not self._is_dead else []

    def kill(self) -> None:
        """See `Port`."""
        self._is_dead = True
        self._wakes.set()
        if self._thread is not None:
            self._thread.join()  # a process is dead at once; a thread would go on writing beside its successor

    def _say(self, row: Mapping[str, Any]) -> None:
        with self._lock:
            self._rows.append(dict(row))

    def _run(self) -> None:
        self._rendering.prepare()
        while not self._is_dead:
            with self._lock:
                waiting, self._waiting = self._waiting, []
            for row in waiting:
                self._rendering.obey(row)
            if not self._rendering.turn():
                with self._lock:
                    self.is_idle = not self._waiting
                self._wakes.wait(0.05)
                self._wakes.clear()
