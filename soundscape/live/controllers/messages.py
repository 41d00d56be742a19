"""A stream of MIDI bytes as whole messages, whatever the portions it comes in and whatever the noise between them.

Own, because real cables do three things a parser for files need not bear: they leave out a status that repeats, they
put clock ticks into the middle of a note, and they send system exclusive messages that never end.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

NOTE_OFF, NOTE_ON, POLY_PRESSURE, CONTROL, PROGRAMME, PRESSURE, BEND = range(0x8, 0xF)
"""Kinds of messages of a channel: the upper half of their first byte."""

SYSEX, QUARTER_FRAME, SONG_POSITION, SYSEX_END = 0xF0, 0xF1, 0xF2, 0xF7
TICK, START, CONTINUE, STOP, SENSING, RESET = 0xF8, 0xFA, 0xFB, 0xFC, 0xFE, 0xFF

MOST_SYSEX_BYTES = 65536
"""A longer system exclusive message is dropped: no controller needs one, and a broken cable sends them without end."""

_N_DATA = {NOTE_OFF: 2, NOTE_ON: 2, POLY_PRESSURE: 2, CONTROL: 2, PROGRAMME: 1, PRESSURE: 1, BEND: 2}
_N_SYSTEM_DATA = {QUARTER_FRAME: 1, SONG_POSITION: 2, 0xF3: 1, 0xF6: 0}
_REAL_TIME = frozenset((TICK, START, CONTINUE, STOP, SENSING, RESET))


def says_nothing(text: str) -> None:
    """Where nobody wants to be told."""


class Stream:
    """Bytes of one port to messages: each with its status, complete, and none made up.

    Examples
    --------
    A note whose end leaves out the status, with a clock tick inside:

    >>> [message.hex(" ") for message in Stream().feed(bytes([0x90, 60, 0xF8, 100, 60, 0]))]
    ['f8', '90 3c 64', '90 3c 00']
    """

    def __init__(self, tell: Callable[[str], None] = says_nothing) -> None:
        self._tell = tell
        self._status = 0  # of the message that is under way, or that goes on without one
        self._missing = 0  # data bytes until it is whole
        self._data = bytearray()
        self._is_sysex = False
        self._has_told = False

    def feed(self, raw: bytes) -> Sequence[bytes]:
        """Messages that are whole with these bytes, in the order of their last bytes. Never raises."""
        # almost everything comes as one channel message of three bytes in one portion: it is passed on as it is
        if len(raw) == 3 and 0x80 <= raw[0] < 0xF0 and raw[0] & 0xE0 != 0xC0 and raw[1] < 128 and raw[2] < 128:
            self._is_sysex = False
            self._data.clear()
            self._begin(raw[0], 2)
            return (bytes(raw),)
        out: list[bytes] = []
        for byte in raw:
            if byte < 0x80:
                self._datum(byte, out)
            elif byte >= TICK:
                if byte in _REAL_TIME:
                    out.append(bytes((byte,)))
            else:
                self._begin_or_end(byte, out)
        return out

    def _begin(self, status: int, n_data: int) -> None:
        self._status = status
        self._missing = n_data

    def _begin_or_end(self, status: int, out: list[bytes]) -> None:
        if status == SYSEX_END and self._is_sysex:
            out.append(bytes((SYSEX, *self._data, SYSEX_END)))
        self._is_sysex = status == SYSEX
        self._data.clear()
        if status < SYSEX:
            self._begin(status, _N_DATA[status >> 4])
        elif n_data := _N_SYSTEM_DATA.get(status, 0):
            self._begin(status, n_data)
        else:  # ends what was under way, and nothing may follow without a status
            self._begin(0, 0)
            if status in _N_SYSTEM_DATA:
                out.append(bytes((status,)))

    def _datum(self, byte: int, out: list[bytes]) -> None:
        if self._is_sysex:
            self._data.append(byte)
            if len(self._data) > MOST_SYSEX_BYTES:
                self._drop()
            return
        if not self._status:
            return
        self._data.append(byte)
        self._missing -= 1
        if self._missing:
            return
        out.append(bytes((self._status, *self._data)))
        self._missing = len(self._data)
        self._data.clear()
        if self._status >= SYSEX:
            self._status = 0

    def _drop(self) -> None:
        self._is_sysex = False
        self._data = bytearray()
        if not self._has_told:
            self._has_told = True
            self._tell(f"a system exclusive message of more than {MOST_SYSEX_BYTES // 1024} KiB was dropped")
