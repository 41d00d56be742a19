"""Zones of MPE: a finger on a channel of its own, next to a channel that speaks for all of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from soundscape.live.controllers.mapping import KeysRow
from soundscape.live.controls import Pad

LOWER_MASTER, UPPER_MASTER = 0, 15
MOST_MEMBERS = 15
FINGER_BEND_SEMITONES = 48.0


def pad_at(keys: KeysRow, note: int) -> Pad:
    """What a key plays: its own pitch, as far as there are pitches."""
    return replace(keys.pad, pitch=min(max(note + keys.transpose, 0), 127))


class Zone:
    """The keys of a zone, and the channels of its fingers (counted from 0)."""

    def __init__(self, keys: KeysRow, master: int) -> None:
        self.keys = keys
        self.master = master
        self.finger_bend_range = keys.bend_semitones
        self.members = range(0)
        self.plays = [pad_at(keys, note) if keys.low <= note <= keys.high else None for note in range(128)]

    def resize(self, n_members: int) -> None:
        """Take so many channels next to the master's."""
        lower = self.master == LOWER_MASTER
        self.members = range(1, 1 + n_members) if lower else range(UPPER_MASTER - n_members, UPPER_MASTER)

    @property
    def channels(self) -> tuple[int, ...]:
        """Its own channel and those of its fingers."""
        return (self.master, *self.members)


class Zones:
    """The lower and the upper zone of a port: the one that was set last takes channels from the other."""

    def __init__(self, rows: Iterable[KeysRow]) -> None:
        self._zones: dict[int, Zone] = {}
        self._at: list[Zone | None] = [None] * 16
        by_master = {LOWER_MASTER if row.zone == "lower" else UPPER_MASTER: row for row in rows if row.zone}
        for master, row in by_master.items():
            self.set(master, row, min(row.members, MOST_MEMBERS if len(by_master) == 1 else 7))

    def at(self, channel: int) -> Zone | None:
        """Zone that a channel belongs to."""
        return self._at[channel]

    def zone_of(self, master: int) -> Zone | None:
        """Zone of a master's channel, also where it has no members now."""
        return self._zones.get(master)

    def set(self, master: int, keys: KeysRow, n_members: int) -> None:
        """Make a zone of so many fingers; of none, it is no zone."""
        zone = self._zones.setdefault(master, Zone(keys, master))
        zone.resize(min(n_members, MOST_MEMBERS))
        other = self._zones.get(LOWER_MASTER + UPPER_MASTER - master)
        if other is not None and n_members:
            other.resize(max(min(len(other.members), 14 - n_members), 0))
        self._at = [None] * 16
        for one in self._zones.values():
            if one.members:
                for channel in one.channels:
                    self._at[channel] = one
