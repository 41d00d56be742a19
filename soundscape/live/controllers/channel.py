"""What one channel of a port remembers: fingers, pedal, bend, and the parameter that is being set."""

from __future__ import annotations

DATA_HIGH, DATA_LOW, NRPN_LOW, NRPN_HIGH, RPN_LOW, RPN_HIGH = 6, 38, 98, 99, 100, 101
PARAMETER_CONTROLLERS = frozenset((DATA_HIGH, DATA_LOW, NRPN_LOW, NRPN_HIGH, RPN_LOW, RPN_HIGH))

BEND_RANGE, ZONE_MEMBERS = 0, 6
"""Registered parameters: semitones of a full bend; channels of a zone of MPE."""

_NONE = 127 << 7 | 127
MOST_BEND_SEMITONES = 96.0


class Channel:
    """One of the sixteen of a port."""

    __slots__ = ("_high", "_is_registered", "_parameter", "bend", "bend_range", "fingers", "held", "pedal", "pressure",
                 "slide")  # fmt: skip

    def __init__(self) -> None:
        self.fingers: dict[int, str] = {}
        """Finger by note, of those that are down."""
        self.held: dict[int, str] = {}
        """Finger by note, of those that are up and that the pedal holds."""
        self.pedal = False
        self.bend_range = 2.0
        self.forget()

    def forget(self) -> None:
        """Everything a controller has set is as at first; fingers and the range of bends stay (MIDI RP-015)."""
        self.bend = 0.0
        """-1 to 1 of the range."""
        self.pressure = 0
        self.slide: int | None = None
        self._parameter = _NONE
        self._is_registered = False
        self._high = 0

    def up(self, note: int) -> str | None:
        """A key goes up: finger that ends with it, or None where it was not down or the pedal holds it."""
        finger = self.fingers.pop(note, None)
        if finger is not None and self.pedal:
            self.held[note] = finger
            return None
        return finger

    def taken(self, note: int) -> str | None:
        """Finger that has a key already, which another one is about to press."""
        finger = self.fingers.pop(note, None)
        return finger if finger is not None else self.held.pop(note, None)

    def all_up(self) -> list[str]:
        """All keys go up: fingers that end with them, which are none while the pedal is down."""
        return [finger for note in list(self.fingers) if (finger := self.up(note)) is not None]

    def pedal_up(self) -> list[str]:
        """The pedal goes up: fingers it held."""
        self.pedal = False
        let_go = list(self.held.values())
        self.held.clear()
        return let_go

    def let_go(self) -> list[str]:
        """All fingers, those the pedal holds as well; the pedal stays as it is."""
        gone = [*self.fingers.values(), *self.held.values()]
        self.fingers.clear()
        self.held.clear()
        return gone

    def parameter(self, cc: int, value: int) -> tuple[int, int, int] | None:
        """Note one step of setting a parameter: (which, upper, lower value) of a registered one that has a value now.

        Parameters that are not registered mean something to one maker's devices only, and are passed over.
        """
        if cc == DATA_HIGH:
            self._high = value
            return (self._parameter, value, 0) if self._is_registered and self._parameter != _NONE else None
        if cc == DATA_LOW:
            return (self._parameter, self._high, value) if self._is_registered and self._parameter != _NONE else None
        self._is_registered = cc in (RPN_LOW, RPN_HIGH)
        if cc in (RPN_HIGH, NRPN_HIGH):
            self._parameter = value << 7 | self._parameter & 127
        else:
            self._parameter = self._parameter & (127 << 7) | value
        return None
