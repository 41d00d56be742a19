"""Who plays and who renders in a rehearsal, and a clock that is told to go.

What they do is real: a deck on a body in this process, whose device alone is not there and whose death is cheap, and a
renderer in a process of its own.
"""

from __future__ import annotations

import sys
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from soundscape.exhibit.deck import Deck, body_for
from soundscape.exhibit.exhibit import Exhibit
from soundscape.exhibit.generator import CLIPS, FALLBACK
from soundscape.exhibit.player import rss_mb
from soundscape.exhibit.ports import ProcessPort, Row
from soundscape.exhibit.rehearsed import Renders
from soundscape.exhibit.stems import Stems
from soundscape.exhibit.windows import window_frames
from soundscape.units import Samples

BLOCK_FRAMES = 8192
WARMING_S, LOADING_S = 8.0, 3.0
"""A player, a renderer that was started is ready after so long, as on a machine of this size."""
_IN_THE_WAY = ("full", "gone", "error")


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


class RendererThere:
    """A renderer in a process of its own, which dies as any other does; its clock is that of the rehearsal."""

    def __init__(self, renders: Renders, folder: Path, clock: FastClock) -> None:
        self._clock = clock
        self._loaded_s = clock.steady_s() + LOADING_S
        self._rows: list[dict[str, Any]] = []
        self._n_sent, self._n_heard = 0, -1
        self._rests = False
        self._told_s = renders.steady_s = clock.steady_s()
        self._file = folder / f"renderer-{id(self)}"
        renders.write(self._file)
        self._port = ProcessPort([sys.executable, "-m", "soundscape.exhibit.rehearsed", str(self._file)])
        self.is_alive = True
        """See `Port`; as it was when it was listened to last: who asks the system each time asks it very often."""

    @property
    def is_waited_for(self) -> bool:
        """Whether the day must not go on: on a clock that is so fast it would be late with what it does in time."""
        return self._n_heard < 0 and self._clock.steady_s() >= self._loaded_s

    @property
    def is_idle(self) -> bool:
        """Whether it has done all that it was asked for."""
        return self._n_heard == self._n_sent

    @property
    def rss_mb(self) -> float:
        """Memory of the process."""
        return rss_mb(self._port.pid)

    def send(self, row: Row) -> bool:
        """See `Port`."""
        self._told_s = self._clock.steady_s()
        is_sent = self._port.send({**row, "steady_s": self._told_s})
        self._n_sent += is_sent
        return is_sent

    def rows(self) -> list[dict[str, Any]]:
        """See `Port`."""
        self.listen()
        if not self.is_alive or self._clock.steady_s() < self._loaded_s:
            return []
        rows, self._rows = self._rows, []
        return [*rows, {"what": "alive"}]

    def listen(self) -> None:
        """Take what it has said; one that waits until it may try again is told what time it is."""
        self.is_alive = self._port.is_alive
        for row in self._port.rows():
            if row.get("what") == "idle":
                self._n_heard = int(row["heard"])
                continue
            self._rests = row.get("what") in _IN_THE_WAY or (self._rests and row.get("what") != "window")
            self._rows.append(row)
        if self._rests and self._clock.steady_s() >= self._told_s + 1.0:
            self.send({"do": "wait"})

    def kill(self) -> None:
        """See `Port`."""
        self._port.kill()
        self.is_alive = False
        self._file.unlink(missing_ok=True)


class Nobody:
    """A renderer that dies of what it finds when it starts."""

    is_alive = False

    def send(self, _row: Row) -> bool:
        """See `Port`."""
        return False

    def rows(self) -> list[dict[str, Any]]:
        """See `Port`."""
        return []

    def kill(self) -> None:
        """See `Port`."""
