"""A gallery on JACK whose player dies: `tests/live/with-jack python -m tests.exhibit.on_jack HALL CATALOGUE HOW`.

Prints one JSON object: how long it was silent, for who listens at the server.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import jack
import numpy as np

SIGNALS = {"killed": signal.SIGKILL, "stopped": signal.SIGSTOP}
HEARD = 1e-4
"""-80 dBFS: what is softer is silence."""


class Ears:
    """A client that hears whatever plays, and keeps the loudest sample of every block and when that was."""

    def __init__(self, *, joins_once: bool = False) -> None:
        self._joins_once = joins_once
        self.client = jack.Client("ears", no_start_server=True)
        self.ports = [self.client.inports.register(f"in_{n}") for n in (1, 2)]
        self.peaks: list[tuple[float, float]] = []
        self.client.set_process_callback(self._listen)
        self.client.activate()
        self._is_over = False
        self._thread = threading.Thread(target=self._connect, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._is_over = True
        self._thread.join()
        self.client.deactivate()
        self.client.close()

    def hears(self) -> bool:
        return any(peak > HEARD for _, peak in self.peaks[-20:])

    def longest_silence_s(self) -> float:
        """From the first sound to the last."""
        return float(np.diff([time_s for time_s, peak in self.peaks if peak > HEARD]).max())

    def _listen(self, _n_frames: int) -> None:
        self.peaks.append((time.monotonic(), max(float(np.abs(port.get_array()).max()) for port in self.ports)))

    def _connect(self) -> None:
        """Join the ports of players to ours, as soon as there are some; or those of the first only."""
        while not self._is_over:
            for n, port in enumerate(self.ports):
                outs = self.client.get_ports("soundscape.*", is_audio=True, is_output=True)[n::2]
                for out in outs:
                    with contextlib.suppress(jack.JackError):  # a player that has not begun, or is gone
                        if out not in self.client.get_all_connections(port):
                            self.client.connect(out, port)
            if self._joins_once and all(map(self.client.get_all_connections, self.ports)):
                return
            time.sleep(0.01)


def players(state: Path) -> list[int]:
    """Processes that play, or are ready to, the oldest first."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            line = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()
        except OSError:
            continue
        if "--as-player" in line and str(state) in line:
            found.append(int(folder.name))
    return sorted(found)


def until(what: Callable[[], bool], within_s: float) -> None:
    began_s = time.monotonic()
    while not what():
        if time.monotonic() - began_s > within_s:
            raise TimeoutError
        time.sleep(0.05)


def scene(hall: str, catalogue: str, how: str) -> dict[str, float]:
    ears, state = Ears(), Path(hall).with_suffix(".state")
    command = [sys.executable, "-m", "soundscape", "exhibit", hall, "--catalogue", catalogue, "--state", str(state),
               "--health-port", "0"]  # fmt: skip
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as kept:
        assert kept.stdout is not None
        lines: list[str] = []
        threading.Thread(target=lambda: lines.extend(kept.stdout or ()), daemon=True).start()
        until(ears.hears, 120.0)
        until(lambda: len(players(state)) >= 3, 60.0)
        time.sleep(8.0)  # the spares are warm
        victim = next(pid for pid in players(state) if _plays(pid))
        os.kill(victim, SIGNALS[how])
        time.sleep(6.0)
        heard = ears.hears()
        kept.send_signal(signal.SIGINT)
        kept.wait(30.0)
    silence_s = ears.longest_silence_s()
    ears.close()
    return {"silence_s": silence_s, "heard_after": float(heard), "died": float(sum("player" in one for one in lines))}


def _plays(pid: int) -> bool:
    """Whether a process has joined the server: it has JACK's library, and those that wait have not."""
    return "libjack" in Path(f"/proc/{pid}/maps").read_text(encoding="utf-8", errors="replace")


if __name__ == "__main__":
    found = scene(*sys.argv[1:4])
    print(json.dumps(found))  # noqa: T201
    sys.stdout.flush()
    os._exit(0)
