"""MIDI ports where the device brings none: every port of the system, plugged in whenever it is.

They go through mido and python-rtmidi, which stamp nothing: a message is as old as it was when its thread saw it.
"""

from __future__ import annotations

import queue
import time
from collections.abc import Callable, Iterator
from fnmatch import fnmatch
from typing import Any

MOST_WAITING = 20_000
LOOK_S = 1.0


class MidiPorts:
    """Inputs that are there now, and outputs of the same names.

    Parameters
    ----------
    wanted
        Patterns of names; none means all.
    tell
        Called with a line for people.
    """

    def __init__(self, wanted: tuple[str, ...], tell: Callable[[str], None]) -> None:
        self._wanted, self._tell = wanted, tell
        self._waiting: queue.Queue[tuple[str, float, bytes]] = queue.Queue(MOST_WAITING)
        self._ins: dict[str, Any] = {}
        self._outs: dict[str, Any] = {}
        self._looked_s = 0.0
        self._mido = _library(tell)

    def incoming(self) -> Iterator[tuple[str, float, bytes]]:
        """(port, when by the monotonic clock, bytes) of all that waits."""
        for _ in range(self._waiting.qsize()):
            yield self._waiting.get_nowait()

    def changes(self) -> Iterator[tuple[str, bool]]:
        """Ports that have come, and those that are gone."""
        if self._mido is None:
            return
        try:
            names = [name for name in dict.fromkeys(self._mido.get_input_names()) if is_meant(name, self._wanted)]
        except Exception as error:  # a backend raises what it likes: a show goes on without it
            self._tell(f"MIDI ports cannot be listed: {error}")
            self._mido = None
            return
        for name in [one for one in self._ins if one not in names]:
            self._close(name)
            yield name, False
        for name in [one for one in names if one not in self._ins]:
            if self._open(name):
                yield name, True

    def send(self, port: str, raw: bytes) -> None:
        """Send a message to the output of a port's name, if it has one."""
        out = self._outs.get(port)
        if out is not None and self._mido is not None:
            out.send(self._mido.Message.from_bytes(list(raw)))

    def close(self) -> None:
        """Close all."""
        for name in list(self._ins):
            self._close(name)

    def _open(self, name: str) -> bool:
        def heard(message: Any) -> None:
            try:
                self._waiting.put_nowait((name, time.monotonic(), bytes(message.bytes())))
            except queue.Full:
                return

        try:
            self._ins[name] = self._mido.open_input(name, callback=heard)
            if name in self._mido.get_output_names():
                self._outs[name] = self._mido.open_output(name)
        except Exception as error:  # as above
            self._tell(f"the MIDI port {name} cannot be opened: {error}")
            self._ins.pop(name, None)
            return False
        return True

    def _close(self, name: str) -> None:
        for ports in (self._ins, self._outs):
            port = ports.pop(name, None)
            if port is not None:
                port.close()


def port_names(tell: Callable[[str], None]) -> tuple[str, ...]:
    """Inputs that are there now; where none can be had, that is told."""
    mido = _library(tell)
    return () if mido is None else tuple(dict.fromkeys(mido.get_input_names()))


def is_meant(name: str, wanted: tuple[str, ...]) -> bool:
    """Whether a port is one of those that are wanted: by a part of its name, or a pattern; none means all.

    Examples
    --------
    >>> is_meant("nanoKONTROL2 SLIDER/KNOB", ("nanokontrol",)), is_meant("X-Touch", ("launchpad*",))
    (True, False)
    """
    return not wanted or any(fnmatch(name.lower(), f"*{one.lower()}*") for one in wanted)


def _library(tell: Callable[[str], None]) -> Any:
    """Mido with a backend that works here, or None."""
    import mido  # takes a moment to import: only a show needs it

    try:
        mido.get_input_names()
    except Exception as error:  # no rtmidi, no ALSA sequencer: the backend says which
        tell(f"no MIDI ports can be had: {error}")
        return None
    return mido
