"""Answers to a controller: lights and motor faders show what is, by the rows [[feedback]] of its mapping.

Only what changes is sent: a slow cable with many lights is soon full. A motor never pulls at a finger: while a fader is
touched it stays, and it goes where the level is when the finger has left.
"""

from __future__ import annotations

from soundscape.live.controllers.mapping import Light, Surface
from soundscape.live.controllers.messages import BEND, CONTROL, NOTE_OFF, NOTE_ON
from soundscape.live.controllers.parameters import Entry, setting
from soundscape.live.controllers.turning import number_14
from soundscape.live.controls import Feedback


class Lights:
    """What one controller shows."""

    def __init__(self, surface: Surface) -> None:
        self._hello = surface.hello
        self._lamps = [_Lamp(light) for light in surface.lights]
        faders = [lamp for lamp in self._lamps if lamp.light.source.kind == "bend"]
        self._faders = [[one for one in faders if number in one.light.source.channels] for number in range(16)]
        self._parameters = [lamp for lamp in self._lamps if lamp.light.source.is_parameter]
        self._touches = {lamp.light.touch: lamp for lamp in self._lamps if lamp.light.touch >= 0}

    def wake(self) -> list[bytes]:
        """What a controller needs that was just plugged in: its greeting, and everything as it is now."""
        messages = list(self._hello)
        for lamp in self._lamps:
            lamp.is_touched = False
            lamp.sent = ()
            messages += lamp.due()
        return messages

    def show(self, feedback: Feedback) -> list[bytes]:
        """Messages that make it show a value, none where it shows it already or has nothing to show it with."""
        messages: list[bytes] = []
        for lamp in self._lamps:
            if lamp.light.shows(feedback):
                lamp.values[feedback.of] = min(max(feedback.value, 0.0), 1.0)
                messages += lamp.due()
        return messages

    def hear(self, message: bytes, entry: Entry | None = None) -> list[bytes]:
        """Watch for fingers on faders in what the controller sends; where one has left, its fader may move.

        `entry`: what the message has set a parameter to, where it has.
        """
        kind = message[0] >> 4
        if kind == BEND:  # a fader that was moved by hand stands where it says, not where it was sent
            for lamp in self._faders[message[0] & 15]:
                lamp.sent = (message,)
        elif entry is not None:
            for lamp in self._parameters:
                lamp.stand(message[0] & 15, entry)
        elif kind in (NOTE_ON, NOTE_OFF) and (touched := self._touches.get(message[1])) is not None:
            touched.is_touched = kind == NOTE_ON and message[2] > 0
            return touched.due()
        return []


class _Lamp:
    """One light or fader: what it should show, and what it was sent last."""

    def __init__(self, light: Light) -> None:
        self.light = light
        self.values: dict[str, float] = {}  # of each pitch of a role, or of the one thing it shows
        self.is_touched = False
        self.sent: tuple[bytes, ...] = ()

    def due(self) -> list[bytes]:
        """The messages that are due, if any."""
        messages = self._messages(max(self.values.values(), default=0.0))
        if self.is_touched or messages == self.sent or (self.light.follows and not self.values):
            return []
        self.sent = messages
        return list(messages)

    def stand(self, channel: int, entry: Entry) -> None:
        """It was moved by hand, if it is what a parameter was set on."""
        source = self.light.source
        if (source.kind, source.number) == (entry.kind, entry.number) and channel in source.channels and not entry.step:
            self.sent = setting(entry.kind, entry.number, entry.value, max(source.channel - 1, 0))

    def _messages(self, value: float) -> tuple[bytes, ...]:
        source = self.light.source
        channel = max(source.channel - 1, 0)
        if source.kind == "bend":
            number = number_14(value)
            return (bytes((BEND << 4 | channel, number & 127, number >> 7)),)
        if source.kind in ("nrpn", "rpn") and self.light.follows:
            return setting(source.kind, source.number, number_14(value), channel)
        if self.light.follows:
            shown = round(self.light.off + value * (self.light.on - self.light.off))
        else:
            shown = self.light.on if value >= 0.5 else self.light.off
        if source.kind in ("nrpn", "rpn"):
            return setting(source.kind, source.number, shown << 7, channel)
        return (bytes(((NOTE_ON if source.kind == "note" else CONTROL) << 4 | channel, source.number, shown)),)
