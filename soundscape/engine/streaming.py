"""A thread that reads sources ahead of the mix, so that the mix never waits for a disk."""

from __future__ import annotations

from threading import Event, Thread

from soundscape.engine.slots import Slots

CLOSE_S = 5.0
"""How long the end of a show may wait for a disk that does not answer."""


class Streamer:
    """Keeps the arena as full as it can be.

    What it has not brought in time, the mix reads itself: the bits are the same, only later. An error of a source,
    such as a disk that was pulled out, is raised there too.

    Parameters
    ----------
    resident
        Whether it reads the sources that are in memory, and nothing else (`Slots.read_ahead`).
    """

    def __init__(self, slots: Slots, *, resident: bool = False) -> None:
        self._slots, self._resident = slots, resident
        self._is_wanted, self._is_closed = Event(), Event()
        self._thread = Thread(target=self._run, name="soundscape streamer", daemon=True)
        self._thread.start()

    def wake(self) -> None:
        """Say that the mix has gone on."""
        self._is_wanted.set()

    def close(self) -> None:
        """End the thread, after the stretch it reads at the moment."""
        self._is_closed.set()
        self._is_wanted.set()
        self._thread.join(CLOSE_S)

    def _run(self) -> None:
        while not self._is_closed.is_set():
            self._is_wanted.wait()
            self._is_wanted.clear()
            try:
                while not self._is_closed.is_set() and self._slots.read_ahead(resident=self._resident):
                    pass
            except Exception:  # whatever it is, the mix meets it as well, and there somebody hears of it
                continue
