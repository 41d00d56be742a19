"""The loop of a show: what comes by MIDI, OSC and a pipe goes to the session; how it goes is told ten times a second.

It runs in the engine's process. What it reads and writes are lines of JSON, so that whoever shows it may be anything.
"""

from __future__ import annotations

import contextlib
import os
import queue
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any, TextIO

from soundscape.errors import SoundscapeError
from soundscape.live.controllers.mapping import Surface
from soundscape.live.controllers.osc import OscReader, OscServer
from soundscape.live.controllers.reader import Reader
from soundscape.live.controls import Control, Pad
from soundscape.live.lights import changes
from soundscape.live.locking import ShowLock
from soundscape.live.midiports import MidiPorts
from soundscape.live.session import Session
from soundscape.live.wire import control_of, row_of_line

STATUS_S, TEND_S, WAIT_S = 0.1, 1.0, 0.05
MOST_LINES = 1000
QUIT = "quit"
KEYS_LOW, KEYS_HIGH = 48, 72
"""Keys that are made ready where a mapping does not say which there are."""
MOST_KEYS = 61
Tell = Callable[[Mapping[str, Any]], None]


def pads_and_keys(surfaces: Iterable[Surface]) -> tuple[list[Pad], list[Pad]]:
    """What surfaces can play: their pads, and the keys of their keyboards."""
    pads: list[Pad] = []
    keys: list[Pad] = []
    for surface in surfaces:
        pads += [row.pad for row in surface.pads]
        for row in surface.keys:
            low, high = max(row.low, 0), min(row.high, 127)
            if high - low > MOST_KEYS:
                low, high = KEYS_LOW, KEYS_HIGH
            keys += [replace(row.pad, pitch=min(max(n + row.transpose, 0), 127)) for n in range(low, high + 1)]
    return pads, keys


def _come_first() -> None:
    """Let this thread run before others of the machine, where that is allowed: notes wait for it."""
    if hasattr(os, "sched_setscheduler"):
        with contextlib.suppress(OSError):  # who may not, plays all the same
            os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(os.sched_get_priority_min(os.SCHED_RR)))


class Hall:
    """One show, until somebody says quit.

    Parameters
    ----------
    session
        Entered already.
    reader
        Of all MIDI ports.
    osc
        Where packets come in; None: nowhere.
    lines
        Where commands come in, a JSON object each.
    tell
        Called with each thing there is to know.
    is_locked
        Whether keys, OSC and lines may change nothing at first.
    """

    def __init__(self, session: Session, reader: Reader, *, osc: OscServer | None = None,
                 lines: TextIO | None = None, tell: Tell, midi_in: tuple[str, ...] = (),
                 is_locked: bool = False) -> None:  # fmt: skip
        self._session, self._reader, self._osc, self._tell = session, reader, osc, tell
        roles = [role.name for role in session.show.roles]
        self._osc_reader = OscReader(roles, session.say)
        self._lines: queue.Queue[str | None] = queue.Queue(MOST_LINES)
        self._rate_hz = session.body.rate_hz
        self._ports = MidiPorts(midi_in, session.say) if not session.device.midi_names else None
        self._is_over = False
        self._lock = ShowLock(session.say, time.monotonic, is_locked)
        self._activity = 0
        self._before: dict[str, Any] = {}
        self._wanted: dict[str, list[str]] = {}
        self._there: frozenset[str] = frozenset()
        if lines is not None:
            threading.Thread(target=self._read_lines, args=(lines,), name="soundscape commands", daemon=True).start()

    def run(self, *, until_s: float | None = None) -> str:
        """Play until it is over; why it is."""
        session = self._session
        _come_first()
        due = {"status": 0.0, "tend": 0.0, "wait": 0.0}
        while not self._is_over:
            session.device.wait(WAIT_S)
            self._hear()  # before the turn: what came in with a block is asked before the next one
            session.turn()
            now = time.monotonic()
            if now >= due["wait"]:
                due["wait"] = now + WAIT_S
                for control in self._reader.wait(self._now_s()):
                    session.ask(control)
            if now >= due["tend"]:
                due["tend"] = now + TEND_S
                self._tend()
            if now >= due["status"]:
                due["status"] = now + STATUS_S
                self._show()
            if session.device.lost:
                return f"lost: {session.device.lost}"
            if until_s is not None and session.body.delivered >= until_s * self._rate_hz:
                return "it has lasted as long as it was asked to"
        return "quit"

    def _now_s(self) -> float:
        return self._session.body.delivered / self._rate_hz

    def _hear(self) -> None:
        """Everything that has come since the last turn, in the order of ports."""
        session = self._session
        for port, frame, raw in self._incoming():
            self._activity += 1
            for control in self._reader.read(port, raw, frame / self._rate_hz):
                session.ask(control, frame)
        for port, message in self._reader.due():
            self._answer(port, message)
        if self._osc is not None:
            for time_s, packet in self._osc.packets():
                self._activity += 1
                for control in self._osc_reader.read(packet, time_s):
                    self._ask(control)
        while not self._lines.empty():
            self._obey(self._lines.get_nowait())

    def _ask(self, control: Control) -> None:
        """Ask for something that came from no player, unless the show is locked."""
        if self._lock.passes(control):
            self._session.ask(control)

    def _incoming(self) -> Iterator[tuple[str, int, bytes]]:
        names = self._session.device.midi_names
        if self._ports is None:
            for frame, port, raw in self._session.body.incoming():
                yield names[port], frame, raw
            return
        delivered, now = self._session.body.delivered, time.monotonic()
        for port_name, arrived_s, raw in self._ports.incoming():
            yield port_name, max(0, delivered - int((now - arrived_s) * self._rate_hz)), raw

    def _answer(self, port: str, message: bytes) -> None:
        if self._ports is not None:
            self._ports.send(port, message)
        elif port in (names := self._session.device.midi_names):
            self._session.body.send_midi(names.index(port), message)

    def _obey(self, line: str | None) -> None:
        """Do what a line asks for; None is the end of them: whoever commanded is gone."""
        if line is None:
            self._is_over = True
            return
        try:
            row = row_of_line(line)
            if row.get("do") == QUIT:
                self._is_over = True
            else:
                self._ask(control_of(row))
        except SoundscapeError as error:
            self._session.say(str(error))

    def _tend(self) -> None:
        for line in self._session.device.tend():
            self._session.say(line)
        wanted = {name: list(others) for name, others in self._session.device.wanted.items()}
        if wanted != self._wanted:
            self._wanted = wanted
            self._tell({"what": "connections", "connections": wanted})
        for port, is_there in self._plugged():
            if is_there:
                for message in self._reader.plugged(port):
                    self._answer(port, message)
            else:
                for control in self._reader.unplugged(port):
                    self._session.ask(control)

    def _plugged(self) -> Iterator[tuple[str, bool]]:
        """Controllers that have gone or come since this was last asked, and whether each is there."""
        if self._ports is not None:
            yield from self._ports.changes()
        before, self._there = self._there, frozenset(self._session.device.midi_there)
        yield from ((port, False) for port in sorted(before - self._there))
        yield from ((port, True) for port in sorted(self._there - before))

    def _show(self) -> None:
        for line in self._reader.notices():
            self._session.say(line)
        status = self._session.status()
        status["midi"], status["locked"] = self._activity, self._lock.is_on
        self._activity = 0
        for feedback in changes(self._before, status):
            for port, message in self._reader.show(feedback, self._now_s()):
                self._answer(port, message)
        self._before = status
        self._tell({"what": "status", **status})

    def _read_lines(self, lines: TextIO) -> None:
        for line in lines:
            try:
                self._lines.put(line, timeout=1.0)
            except queue.Full:
                continue
        self._lines.put(None)
