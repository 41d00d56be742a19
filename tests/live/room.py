"""A hall whose loop is turned by hand, with MIDI ports, OSC and a pipe that are only played."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from types import TracebackType
from typing import Any

from pythonosc.osc_message_builder import OscMessageBuilder

from soundscape.live.controllers.mapping import Surface
from soundscape.live.controllers.osc import OscServer
from soundscape.live.controllers.reader import Reader
from soundscape.live.controls import Control
from soundscape.live.hall import Hall
from soundscape.live.wire import control_row
from tests.live.stage import BLOCK, ROLES, Stage


class Cables:
    """MIDI ports: what they bring, what they were sent, which come and go."""

    def __init__(self) -> None:
        self.bring: list[tuple[str, float, bytes]] = []
        self.sent: list[tuple[str, bytes]] = []
        self.turned: list[tuple[str, bool]] = []

    def incoming(self) -> Iterator[tuple[str, float, bytes]]:
        while self.bring:
            yield self.bring.pop(0)

    def send(self, port: str, raw: bytes) -> None:
        self.sent.append((port, raw))

    def changes(self) -> Iterator[tuple[str, bool]]:
        while self.turned:
            yield self.turned.pop(0)


class Room:
    """A hall and who asks it for something. A context manager: leaving it frees the port of OSC."""

    def __init__(self, stage: Stage, surfaces: tuple[Surface, ...] = (), *, is_locked: bool = False) -> None:
        self.stage, self.osc, self.cables = stage, OscServer(port=0), Cables()
        self.told: list[Any] = [{}]
        reader = Reader(surfaces, [role.name for role in ROLES])
        self.hall = Hall(stage.session, reader, osc=self.osc, tell=self.told.append, is_locked=is_locked)
        self.hall._ports = self.cables  # type: ignore[assignment]

    def __enter__(self) -> Room:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.osc.close()

    def packet(self, address: str, *arguments: float) -> None:
        """Something over OSC."""
        message = OscMessageBuilder(address)
        for argument in arguments:
            message.add_arg(argument)
        self.osc._waiting.put((0.0, message.build().dgram))

    def midi(self, *raw: int, port: str = "a keyboard", age_s: float = 0.0) -> None:
        """A message at a port."""
        self.cables.bring.append((port, time.monotonic() - age_s, bytes(raw)))

    def line(self, control: Control) -> None:
        """Something through the pipe."""
        self.hall._obey(json.dumps(control_row(control)))

    def turn(self, n_frames: int = 4 * BLOCK) -> dict[str, Any]:
        """Let it hear and play; how it stands then."""
        self.hall._hear()
        self.hall._tend()
        self.stage.play(n_frames)
        self.hall._show()
        status: dict[str, Any] = self.told[-1]
        return status
