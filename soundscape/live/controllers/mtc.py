"""MIDI timecode: eight quarter frames make a time, forwards and backwards, and one long message puts it elsewhere."""

from __future__ import annotations

from soundscape.live.controllers.messages import QUARTER_FRAME, SYSEX
from soundscape.live.controllers.timecode import FRAMES_PER_S, Rate, Timecode, timecode_or_none
from soundscape.live.controls import Chase, Control

RATES: tuple[Rate, ...] = ("24", "25", "29.97df", "30")
"""By the two bits that say so."""

STANDS_AFTER_S = 0.1
"""Without a quarter frame for so long (they come each 8 to 10 ms) it stands: rewinding sends none either."""

_FULL_FRAME = bytes((0xF0, 0x7F)), bytes((0x01, 0x01))


class MidiTimecode:
    """Timecode of one port."""

    def __init__(self) -> None:
        self._pieces = [0] * 8
        self._last = -1  # number of the last piece
        self._n_in_row = 0  # pieces that have come one after the other
        self._direction = 1
        self._at_s = 0.0
        self._heard_s = 0.0
        self._is_running = False

    def read(self, message: bytes, time_s: float) -> list[Control]:
        """Where the score should be, once for each two frames; what is no time is passed over."""
        if message[0] == QUARTER_FRAME:
            return self._quarter(message[1] >> 4, message[1] & 15, time_s)
        if message[0] == SYSEX:
            return self._full(message)
        return []

    def wait(self, time_s: float) -> list[Control]:
        """It stands where it was, when nothing has come for a while."""
        if not self._is_running or time_s - self._heard_s < STANDS_AFTER_S:
            return []
        self._is_running = False
        self._n_in_row = 0
        self._last = -1
        return [Chase(self._at_s, is_running=False)]

    def _quarter(self, piece: int, nibble: int, time_s: float) -> list[Control]:
        direction = {1: 1, 7: -1}.get((piece - self._last) % 8, 0) if self._last >= 0 else 0
        self._n_in_row = self._n_in_row + 1 if direction and direction == self._direction else 2 if direction else 1
        self._direction = direction or self._direction
        self._last, self._heard_s = piece, time_s
        self._pieces[piece] = nibble
        # a time is whole at its last piece: the seventh forwards, the first backwards
        if piece != (7 if self._direction > 0 else 0) or self._n_in_row < 8:
            return []
        p = self._pieces
        code = timecode_or_none(
            (p[7] & 1) << 4 | p[6], p[5] << 4 | p[4], p[3] << 4 | p[2], p[1] << 4 | p[0], RATES[p[7] >> 1 & 3]
        )
        if code is None:
            return []
        # the time is that of piece 0: piece 7 comes seven quarters of a frame later, or came so much earlier
        self._at_s = code.at_s + (1.75 / float(FRAMES_PER_S[code.rate]) if self._direction > 0 else 0.0)
        self._is_running = True
        return [Chase(self._at_s)]

    def _full(self, message: bytes) -> list[Control]:
        begins, kind = _FULL_FRAME
        if len(message) != 10 or message[:2] != begins or message[3:5] != kind:
            return []
        hours, minutes, seconds, frames = message[5:9]
        code: Timecode | None = timecode_or_none(hours & 31, minutes, seconds, frames, RATES[hours >> 5 & 3])
        if code is None:
            return []
        self._at_s, self._is_running, self._n_in_row, self._last = code.at_s, False, 0, -1
        return [Chase(code.at_s, is_running=False)]
