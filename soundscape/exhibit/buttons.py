"""A button of MIDI that stands for a trigger."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from soundscape.errors import ExhibitError
from soundscape.space.tables import check_keys


@dataclass(frozen=True, slots=True)
class Button:
    """A note or a controller of MIDI; -1 is none. Channels count from 1; 0 is any.

    Raises
    ------
    ValueError
        If it is neither or both, or a number is out of its range.
    """

    note: int = -1
    control: int = -1
    channel: int = 0

    def __post_init__(self) -> None:
        if (self.note < 0) == (self.control < 0):
            raise ValueError("a button is a note or a controller")
        if max(self.note, self.control) > 127 or not 0 <= self.channel <= 16:
            raise ValueError("notes and controllers go from 0 to 127, channels from 1 to 16")

    def __str__(self) -> str:
        what = f"note {self.note}" if self.note >= 0 else f"controller {self.control}"
        return f"{what} on {f'channel {self.channel}' if self.channel else 'any channel'}"

    def meets(self, other: Button) -> bool:
        """Whether a message can be that of both.

        Examples
        --------
        >>> Button(note=60).meets(Button(note=60, channel=2)), Button(note=60).meets(Button(control=60))
        (True, False)
        """
        same = (self.note, self.control) == (other.note, other.control)
        return same and (self.channel == other.channel or 0 in (self.channel, other.channel))


def button(value: Any, where: str) -> Button:
    """Button of a file's `midi = { note = 60, channel = 1 }`.

    Raises
    ------
    ExhibitError
        If it is none.
    """
    hint = "midi = { note = 60, channel = 1 } or { control = 20 }"
    if not isinstance(value, Mapping):
        raise ExhibitError(f"{where} must be a table, got {value!r}", hint=hint)
    check_keys(value, ("note", "control", "channel"), where=where, error=ExhibitError)
    for key, number in value.items():
        if isinstance(number, bool) or not isinstance(number, int) or number < 0:
            raise ExhibitError(f"{where}: {key} is {number!r}, which is no whole number from 0 on", hint=hint)
    try:
        return Button(**value)
    except ValueError as error:
        raise ExhibitError(f"{where}: {error}, got {dict(value)}", hint=hint) from error
