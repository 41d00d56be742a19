"""MIDI Show Control: what lighting and show desks send to let cues go (`F0 7F device 02 format command ...`)."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from soundscape.live.controllers.messages import SYSEX
from soundscape.live.controls import Control, Go, Panic, Standby, Transport

ANY_DEVICE = 127
FIRST_GROUP = 112
"""Device numbers from here on are groups, which nobody here belongs to; 127 is all devices."""

FORMATS = frozenset((*range(0x10, 0x20), 0x7F))
"""Kinds of devices that are meant: sound of any kind, or all kinds."""

_TIMED_GO = 0x04

COMMANDS: Mapping[int, Callable[[str], Control]] = {
    0x01: Go,
    0x02: lambda cue: Transport("stop"),
    0x03: lambda cue: Transport("play"),
    _TIMED_GO: Go,
    0x05: Standby,
    0x08: lambda cue: Panic(),
    0x0A: lambda cue: Transport("locate", 0.0),
    0x11: lambda cue: Standby(by=1),
    0x12: lambda cue: Standby(by=-1),
}
"""GO, STOP, RESUME, TIMED_GO, LOAD, ALL_OFF, RESET, STANDBY_+ and STANDBY_-.

A cue's list and path are passed over: there is one list. The time of a TIMED_GO is that of the cue itself here.
"""


class ShowControl:
    """Answers to one device number, or to any."""

    def __init__(self, device: int = ANY_DEVICE) -> None:
        self._device = device

    def read(self, message: bytes, time_s: float) -> list[Control]:
        """What a message asks for, nothing where it is for somebody else or says no cue that can be read."""
        if message[0] != SYSEX or len(message) < 7 or message[1] != 0x7F or message[3] != 0x02:
            return []
        device, command_format, command, data = message[2], message[4], message[5], message[6:-1]
        if command_format not in FORMATS or command not in COMMANDS or not self._is_for(device):
            return []
        if command == _TIMED_GO:  # begins with five bytes of time
            if len(data) < 5:
                return []
            data = data[5:]
        cue = data.split(b"\0", 1)[0]
        if any(byte not in b"0123456789." for byte in cue) or (command == 0x05 and not cue):
            return []
        return [COMMANDS[command](cue.decode("ascii"))]

    def wait(self, time_s: float) -> list[Control]:
        """Silence means nothing."""
        return []

    def _is_for(self, device: int) -> bool:
        return device == ANY_DEVICE or (device < FIRST_GROUP and (self._device == ANY_DEVICE or device == self._device))
