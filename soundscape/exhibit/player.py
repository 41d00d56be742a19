"""The process that plays: a deck on a device, told by lines of JSON what to do, telling by lines how it goes.

It is warm before it is needed: compiled, its bed in memory, its device closed. Told to take over, it opens the device.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from soundscape.engine.kernels import body as of
from soundscape.errors import SoundscapeError
from soundscape.exhibit.deck import Deck, body_for
from soundscape.exhibit.generator import CLIPS, FALLBACK
from soundscape.exhibit.stems import Stems
from soundscape.live.device import Asked, Device, open_device
from soundscape.live.pipes import LineReader
from soundscape.units import Samples, level_of

STATUS_S, WAIT_S, IDLE_S = 0.2, 0.05, 0.02
Tell = Callable[[Mapping[str, Any]], None]


@dataclass(frozen=True, slots=True)
class PlayerSettings:
    """What a player plays on, and from where."""

    windows: str
    """Folder of finished windows."""
    beds: str
    """Folder of the bed and of clips."""
    n_channels: int
    rate_hz: int
    window_frames: int
    ceiling_db: float
    device: str = "jack"
    block_frames: int = 0


class PlayerLoop:
    """One player, until it is told to quit, its device is lost, or nobody is there to tell it anything."""

    def __init__(self, settings: PlayerSettings, lines: LineReader, tell: Tell) -> None:
        self._settings, self._lines, self._tell = settings, lines, tell
        self._stems, self._beds = Stems(Path(settings.windows)), Stems(Path(settings.beds))
        self._body = body_for(settings.n_channels, rate_hz=settings.rate_hz, ceiling_db=settings.ceiling_db)
        self._deck = Deck(self._body, self._stems.read, self._bed(), window_frames=settings.window_frames)
        self._device: Device | None = None
        self._is_over, self._quits_s = False, float("inf")

    def _bed(self) -> Samples:
        """What stands in; silence where it was not rendered yet."""
        bed = self._beds.read(FALLBACK, 0)
        silence = np.zeros((self._settings.rate_hz, self._settings.n_channels), np.float32)
        return silence if bed is None or bed.shape[1] != self._settings.n_channels else np.array(bed)

    def run(self) -> int:
        """Play; the exit code: 0 where it was told to quit, 3 where its device is lost."""
        self._body.pull(64)  # everything is compiled now
        self._tell({"what": "ready"})
        due_s = 0.0
        try:
            while not self._is_over:
                self._obey()
                self._is_over = self._is_over or time.monotonic() >= self._quits_s
                if self._device is None:
                    time.sleep(IDLE_S)
                else:
                    self._device.wait(WAIT_S)
                    delivered = self._body.delivered
                    self._deck.turn()
                    self._body.catch_up(delivered)
                if time.monotonic() >= due_s:
                    due_s = time.monotonic() + STATUS_S
                    self._tell(self.status())
                    if self._device is not None and self._device.lost:
                        self._tell({"what": "lost", "why": self._device.lost})
                        return 3
        finally:
            self._deck.close()
        return 0

    def status(self) -> dict[str, Any]:
        """How it goes."""
        body, deck = self._body, self._deck
        for one in deck.told():
            self._tell({"what": "told", "of": one.what, "why": one.why})
        peaks = body.meters[:, 0].copy()
        body.meters[:, 0] = 0.0
        return {
            "what": "status", "clock": body.clock, "frame": deck.frame, "playing": self._device is not None,
            "fallback": deck.is_on_fallback, "xruns": 0 if self._device is None else self._device.n_xruns,
            "late": int(body.state[of.N_LATE]), "peaks_db": [round(level_of(float(peak)), 1) for peak in peaks],
            "rss_mb": rss_mb(),
        }  # fmt: skip

    def _obey(self) -> None:
        if self._lines.is_done:
            self._is_over = True
        for line in self._lines.lines():
            try:
                row = json.loads(line)
                self._do(row)
            except SoundscapeError as error:
                self._tell({"what": "lost", "why": f"{error} ({error.hint})"})
                self._is_over = True
            except (ValueError, KeyError, TypeError) as error:
                self._tell({"what": "told", "of": "garbled", "why": str(error)})

    def _do(self, row: Mapping[str, Any]) -> None:
        does = row["do"]
        if does == "take over":
            if self._device is None:
                self._deck.fallback = self._bed()
                asked = Asked(self._settings.device, self._settings.block_frames, client="soundscape exhibit")
                self._device = open_device(self._body, asked)
                self._device.start()
            self._follow(row)
        elif does == "follow":
            self._follow(row)
        elif does == "changed":
            self._deck.changed(str(row["key"]))
        elif does == "level":
            self._deck.level(float(row["level_db"]))
        elif does == "clip":
            samples = self._beds.read(f"{CLIPS}-{row['layer']}", int(row["number"]))
            if samples is not None:
                self._deck.clip(np.array(samples))
        elif does == "shut":
            self._deck.shut()
        elif does == "quit":
            self._quits_s = time.monotonic() + float(row.get("after_s", 0.0))

    def _follow(self, row: Mapping[str, Any]) -> None:
        """Play from where the plan is by now: the clock that counts is the same in all processes of a machine."""
        late_s = max(0.0, time.monotonic() - float(row["sent_s"]))
        self._deck.follow(str(row["key"]), int(row["frame"]) + int(late_s * self._settings.rate_hz))


def rss_mb(pid: int | str = "self") -> float:
    """Memory that a process has, MB; 0 where the machine does not say."""
    try:
        with Path(f"/proc/{pid}/status").open(encoding="ascii", errors="replace") as stream:
            return next(int(line.split()[1]) / 1024.0 for line in stream if line.startswith("VmRSS"))
    except (OSError, StopIteration):
        return 0.0
