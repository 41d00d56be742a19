"""What a General MIDI programme or percussion key hopes for, as tags of the catalogue: hints, not orders.

Programmes and keys: General MIDI System Level 1, MIDI Manufacturers Association, 1991, tables 2 and 3.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Family:
    """Programmes that hope for the same sounds."""

    first: int
    last: int
    hopes: tuple[str, ...]
    """Tags, the most hoped for first."""
    is_struck: bool
    """Whether its notes begin hard and die away."""


FAMILIES: tuple[Family, ...] = (
    Family(0, 7, ("keyboard", "plucked_string", "metallophone", "chime", "bell"), is_struck=True),
    Family(8, 13, ("metallophone", "chime", "xylophone", "bell", "wood_percussion"), is_struck=True),
    Family(14, 15, ("bell", "chime", "gong", "metallophone"), is_struck=True),
    Family(16, 23, ("organ", "reed", "flute", "brass", "bowed_string"), is_struck=False),
    Family(24, 31, ("guitar", "plucked_string", "keyboard", "bell"), is_struck=True),
    Family(32, 39, ("plucked_string", "cello", "bowed_string", "brass", "gong"), is_struck=True),
    Family(40, 44, ("bowed_string", "singing", "reed", "flute"), is_struck=False),
    Family(45, 46, ("plucked_string", "keyboard", "bell"), is_struck=True),
    Family(47, 47, ("drum.kettle", "drum", "gong"), is_struck=True),
    Family(48, 55, ("bowed_string", "singing", "flute", "brass", "wind"), is_struck=False),
    Family(56, 63, ("brass", "reed", "bowed_string", "gong"), is_struck=False),
    Family(64, 71, ("reed", "flute", "brass", "bowed_string"), is_struck=False),
    Family(72, 79, ("flute", "reed", "bird", "singing"), is_struck=False),
    Family(80, 87, ("flute", "reed", "brass", "bowed_string"), is_struck=False),
    Family(88, 95, ("bowed_string", "singing", "gong", "wind", "flute"), is_struck=False),
    Family(96, 103, ("chime", "wind", "gong", "gate.creak", "water"), is_struck=False),
    Family(104, 108, ("plucked_string", "keyboard", "bell"), is_struck=True),
    Family(109, 111, ("reed", "bowed_string", "flute"), is_struck=False),
    Family(112, 119, ("percussion", "gate.knock", "gate.slam", "bell"), is_struck=True),
    Family(120, 127, ("wind", "gate.creak", "water", "bird", "rain"), is_struck=False),
)
"""Every programme, 0..127, in one of these."""


def family_of_program(program: int) -> Family:
    """Family of a programme, 0..127.

    Examples
    --------
    >>> family_of_program(14).hopes[0], family_of_program(48).is_struck
    ('bell', False)
    """
    return next(family for family in FAMILIES if family.first <= program <= family.last)


@dataclass(frozen=True, slots=True)
class Key:
    """What a percussion key hopes for."""

    hopes: tuple[str, ...]
    brightness_hz: float
    """About where the centre of its spectrum would be."""
    length_s: float


_KICK = Key(("drum.great", "drum", "gate.slam", "impact"), 150.0, 0.6)
_SNARE = Key(("drum.snare", "gate.knock", "drum", "wood_percussion", "gate.slam"), 2000.0, 0.4)
_STICK = Key(("wood_percussion", "gate.knock", "gate.latch"), 2500.0, 0.15)
_LOW_TOM = Key(("drum", "gate.knock", "gate.slam"), 250.0, 0.7)
_HIGH_TOM = Key(("drum", "wood_percussion", "gate.knock"), 600.0, 0.5)
_CLOSED_HAT = Key(("cymbal.hihat", "gate.latch", "shaker", "wood_percussion", "gate.rattle"), 7000.0, 0.15)
_OPEN_HAT = Key(("cymbal.hihat", "cymbal", "shaker", "gate.latch"), 7000.0, 0.6)
_CRASH = Key(("cymbal", "gong", "gate.slam", "gate.chain"), 5000.0, 3.0)
_RIDE = Key(("cymbal", "triangle", "chime", "bell"), 5000.0, 1.5)
_BELL = Key(("bell", "chime", "metallophone", "triangle"), 3000.0, 1.0)
_HAND = Key(("drum.hand", "drum", "wood_percussion", "gate.knock"), 700.0, 0.4)
_SHAKER = Key(("shaker", "gate.rattle", "gate.latch", "rain", "footsteps"), 6000.0, 0.2)
_WOOD = Key(("wood_block", "wood_percussion", "clapper", "gate.knock"), 1500.0, 0.2)
_SCRAPE = Key(("gate.creak", "gate.scrape", "wood_percussion", "reed"), 2000.0, 0.5)

KEYS: Mapping[int, Key] = {
    35: _KICK, 36: _KICK, 37: _STICK, 38: _SNARE, 39: _SNARE, 40: _SNARE, 41: _LOW_TOM, 42: _CLOSED_HAT, 43: _LOW_TOM,
    44: _CLOSED_HAT, 45: _LOW_TOM, 46: _OPEN_HAT, 47: _HIGH_TOM, 48: _HIGH_TOM, 49: _CRASH, 50: _HIGH_TOM, 51: _RIDE,
    52: _CRASH, 53: _BELL, 54: _SHAKER, 55: _CRASH, 56: _BELL, 57: _CRASH, 58: _SCRAPE, 59: _RIDE, 60: _HAND, 61: _HAND,
    62: _HAND, 63: _HAND, 64: _HAND, 65: _HIGH_TOM, 66: _LOW_TOM, 67: _BELL, 68: _BELL, 69: _SHAKER, 70: _SHAKER,
    71: _BELL, 72: _BELL, 73: _SCRAPE, 74: _SCRAPE, 75: _WOOD, 76: _WOOD, 77: _WOOD, 78: _SCRAPE, 79: _SCRAPE,
    80: _BELL, 81: _BELL,
}  # fmt: skip
OTHER_KEY = Key(("wood_percussion", "gate", "drum"), 1500.0, 0.4)
"""Keys that General MIDI does not name."""
