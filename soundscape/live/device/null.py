"""No loudspeakers: a device that keeps time, for rehearsals, and one that does not, for tests."""

from __future__ import annotations

import time
from collections.abc import Mapping
from threading import Event, Thread

from soundscape.engine.body import MOST_FRAMES, Body
from soundscape.errors import DeviceError
from soundscape.live.device import Asked

USUAL_FRAMES = 256
_MOST_BEHIND_S = 1.0


def open_device(body: Body, asked: Asked, *, is_clocked: bool = True) -> NullDevice:
    """Open one; it has every number of channels and every rate."""
    n_frames = asked.block_frames or USUAL_FRAMES
    if not 1 <= n_frames <= MOST_FRAMES:
        raise DeviceError(f"blocks of {n_frames} frames", hint=f"they go from 1 to {MOST_FRAMES}")
    return NullDevice(body, n_frames, is_clocked=is_clocked)


class NullDevice:
    """Pulls a body by the clock of the machine, or whenever somebody waits for it."""

    latency_frames = 0
    midi_names: tuple[str, ...] = ()
    midi_there: tuple[str, ...] = ()

    def __init__(self, body: Body, block_frames: int, *, is_clocked: bool) -> None:
        self._body, self.block_frames = body, block_frames
        pace = "keeps time" if is_clocked else "as fast as it can"
        self.about = f"no loudspeakers, {pace}, {body.n_channels} channels, blocks of {block_frames}"
        self._thread = Thread(target=self._run, name="soundscape null device", daemon=True) if is_clocked else None
        self._pulled, self._is_closed = Event(), Event()
        self.n_xruns = 0
        self.lost = ""

    def start(self) -> None:
        """Begin to pull."""
        if self._thread is not None:
            self._thread.start()

    def close(self) -> None:
        """Stop."""
        self._is_closed.set()
        if self._thread is not None and self._thread.is_alive():
            self._thread.join()

    def wait(self, timeout_s: float) -> None:
        """Until a block was pulled; without a clock, pull one."""
        if self._thread is None:
            self._body.pull(self.block_frames)
            return
        self._pulled.wait(timeout_s)
        self._pulled.clear()

    def tend(self) -> tuple[str, ...]:
        """Nothing is connected with it."""
        return ()

    @property
    def connections(self) -> Mapping[str, tuple[str, ...]]:
        """Nothing is connected with it."""
        return {}

    @property
    def wanted(self) -> Mapping[str, tuple[str, ...]]:
        """Nothing is joined or parted by hand."""
        return {}

    def _run(self) -> None:
        period_s = self.block_frames / self._body.rate_hz
        due_s = time.monotonic()
        while not self._is_closed.is_set():
            self._body.pull(self.block_frames)
            self._pulled.set()
            due_s += period_s
            ahead_s = due_s - time.monotonic()
            if ahead_s > 0.0:
                time.sleep(ahead_s)
            elif ahead_s < -_MOST_BEHIND_S:  # the machine slept: what was missed is not made up for
                self.n_xruns += 1
                due_s = time.monotonic()
