"""Parameters with numbers of 14 bits, as controllers of a channel set them: first which one it is, then to what.

Controllers 99 and 98 select one of a maker's own (NRPN), 101 and 100 a registered one (RPN). 6 gives the upper half of
its value and 38 refines it, 96 and 97 take it a step up or down. What is selected stays so until something else is.

References
----------
MIDI 1.0 Detailed Specification 4.2, Registered and Non-Registered Parameter Numbers; MIDI RP-015 (a reset selects
none), RP-018 (what is sent beside a step means nothing).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NamedTuple

from soundscape.live.controllers.messages import CONTROL

Kind = Literal["nrpn", "rpn"]

DATA_HIGH, DATA_LOW = 6, 38
SELECTS: Mapping[int, tuple[Kind, int]] = {98: ("nrpn", 1), 99: ("nrpn", 0), 100: ("rpn", 1), 101: ("rpn", 0)}
"""Controllers that select: what kind of parameter, and which half of its number: 0 is the upper one."""
STEPS: Mapping[int, int] = {96: 1, 97: -1}
PARAMETER_CONTROLLERS = frozenset((DATA_HIGH, DATA_LOW, *STEPS, *SELECTS))

BEND_RANGE, ZONE_MEMBERS = 0, 6
"""Registered parameters: semitones and cents of a full bend; channels of a zone of MPE."""
NOTHING = 127 << 7 | 127
"""Number that selects none: data that come then are nobody's."""
MOST_NUMBER = NOTHING - 1

RESET_CONTROLLERS = 121


class Entry(NamedTuple):
    """A parameter was set, or taken a step further."""

    kind: Kind
    number: int
    value: int
    """Of 14 bits; what stood there before where it is a step."""
    is_upper: bool = False
    """Whether it is the upper half that came, which is a whole value by itself."""
    step: int = 0
    """1 up, -1 down, 0: it was set."""


class Parameters:
    """What is selected on one channel, and what it was set to last.

    Examples
    --------
    NRPN 1234 is set to 8192 by its upper half, and to 8197 by its lower one:

    >>> parameters = Parameters()
    >>> for cc, value in ((99, 9), (98, 82), (6, 64), (38, 5)):
    ...     entry = parameters.hear(cc, value)
    ...     print(entry and (entry.kind, entry.number, entry.value))
    None
    None
    ('nrpn', 1234, 8192)
    ('nrpn', 1234, 8197)
    """

    __slots__ = ("_halves", "_kind", "_set", "_value")

    def __init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        """Nothing is selected."""
        self._halves: dict[Kind, list[int]] = {"nrpn": [-1, -1], "rpn": [-1, -1]}
        self._kind: Kind = "rpn"
        self._set: tuple[Kind, int] | None = None  # what `_value` is of
        self._value = 0

    def hear(self, cc: int, value: int) -> Entry | None:
        """What one of `PARAMETER_CONTROLLERS` does; None where it selects, or where nothing is selected."""
        if cc in SELECTS:
            self._kind, half = SELECTS[cc]
            self._halves[self._kind][half] = value
            if self._number == NOTHING:
                self.forget()
            return None
        if (number := self._number) < 0:
            return None
        if self._set != (self._kind, number):
            self._set, self._value = (self._kind, number), 0
        if cc in STEPS:
            return Entry(self._kind, number, self._value, step=STEPS[cc])
        self._value = value << 7 if cc == DATA_HIGH else self._value & (127 << 7) | value
        return Entry(self._kind, number, self._value, is_upper=cc == DATA_HIGH)

    @property
    def _number(self) -> int:
        """Number that is selected; below 0 where a half of it was never heard."""
        high, low = self._halves[self._kind]
        return high << 7 | low


def setting(kind: Kind, number: int, value: int, channel: int) -> tuple[bytes, ...]:
    """Messages that set a parameter to a value of 14 bits, on a channel counted from 0.

    Examples
    --------
    >>> [message.hex(" ") for message in setting("nrpn", 1234, 8197, 0)]
    ['b0 63 09', 'b0 62 52', 'b0 06 40', 'b0 26 05']
    """
    high, low = (cc for half in (0, 1) for cc, which in SELECTS.items() if which == (kind, half))
    told = ((high, number >> 7), (low, number & 127), (DATA_HIGH, value >> 7), (DATA_LOW, value & 127))
    return tuple(bytes((CONTROL << 4 | channel, *one)) for one in told)


class PortParameters:
    """Those of all sixteen channels of a port."""

    def __init__(self) -> None:
        self._channels = [Parameters() for _ in range(16)]

    def hear(self, message: bytes) -> Entry | None:
        """What a message does to a parameter, None where nothing. Heard twice, it does the same."""
        if message[0] >> 4 != CONTROL:
            return None
        if message[1] == RESET_CONTROLLERS:
            self.forget(message[0] & 15)
        return self._channels[message[0] & 15].hear(*message[1:]) if message[1] in PARAMETER_CONTROLLERS else None

    def forget(self, *channels: int) -> None:
        """Nothing is selected on these channels, counted from 0; on all where none is named."""
        for channel in channels or range(16):
            self._channels[channel].forget()
