"""What one channel of a port remembers: fingers, pedal and bend."""

from __future__ import annotations

MOST_BEND_SEMITONES = 96.0


class Channel:
    """One of the sixteen of a port."""

    __slots__ = ("bend", "bend_range", "fingers", "held", "pedal", "pressure", "slide")

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
