"""The messages of channels, by what a mapping says they mean: keys, pads, knobs, buttons, pedals and fingers.

One `Keys` for each port. What a mapping names is only what the mapping says: controller 64 is a pedal, unless a row
makes it a button.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from soundscape.live.controllers.channel import MOST_BEND_SEMITONES, Channel
from soundscape.live.controllers.mapping import KeysRow, Source, Surface
from soundscape.live.controllers.parameters import (
    BEND_RANGE,
    PARAMETER_CONTROLLERS,
    RESET_CONTROLLERS,
    ZONE_MEMBERS,
    Entry,
    PortParameters,
)  # fmt: skip
from soundscape.live.controllers.turning import Dial, Known
from soundscape.live.controllers.zones import FINGER_BEND_SEMITONES, LOWER_MASTER, UPPER_MASTER, Zones, pad_at
from soundscape.live.controls import Control, Pad, Press, Release, Shape

PEDAL, SLIDE, ALL_SOUND_OFF, ALL_NOTES_OFF = 64, 74, 120, 123
DOWN = 64
"""Value from which a switch is on."""

PADS_PRESSURE_DB = (0.0, 6.0)


class Keys:
    """What is held and turned at one port. `parameters`: those of the port, where it has some already."""

    def __init__(self, port: str, surface: Surface, known: Known, parameters: PortParameters | None = None) -> None:
        self._port = port
        self.parameters = parameters or PortParameters()
        self._time_s = 0.0
        self._n_pressed = 0
        self._channels = [Channel() for _ in range(16)]
        self._rows: list[tuple[KeysRow, ...]] = [()] * 16  # one for each role that a channel plays
        self._zones = Zones(surface.keys)
        # all that follow are by channel * 128 + number, but for parameters: they are by channel * 16384 + number
        self._plays: list[Pad | None] = [None] * 2048
        self._buttons: dict[str, dict[int, Control]] = {"note": {}, "cc": {}, "programme": {}, "nrpn": {}, "rpn": {}}
        self._dials: dict[str, dict[int, Dial]] = {
            "cc": {}, "cc14": {}, "bend": {}, "pressure": {}, "nrpn": {}, "rpn": {},
        }  # fmt: skip
        self._switches: dict[tuple[str, int], int] = {}  # what the buttons said last that have values
        self._high: dict[int, int] = {}  # upper seven bits of a pair
        self._seat(surface, known)
        self._on_notes, self._on_ccs = self._buttons["note"], self._buttons["cc"]
        self._by_cc, self._by_pair = self._dials["cc"], self._dials["cc14"]
        self._answers: tuple[Callable[[int, int, int, list[Control]], None], ...] = (
            self._note_off, self._note_on, self._poly_pressure, self._controller, self._programme, self._pressure,
            self._bend,
        )  # fmt: skip

    def read(self, message: bytes, time_s: float, out: list[Control]) -> None:
        """Add to `out` what a message of a channel means."""
        self._time_s = time_s
        self._answers[(message[0] >> 4) - 8](message[0] & 15, message[1], message[-1], out)

    def let_go(self, out: list[Control]) -> None:
        """Release all fingers and pedals: nobody is there any more."""
        for channel in self._channels:
            channel.pedal = False
            out += map(Release, channel.let_go())

    def reset(self, out: list[Control]) -> None:
        """As if the controller had just been switched on."""
        self.let_go(out)
        for number in range(16):
            self._forget(number, out)

    def _seat(self, surface: Surface, known: Known) -> None:
        for keys in (row for row in surface.keys if not row.zone):
            pads = [pad_at(keys, note) for note in range(keys.low, keys.high + 1)]
            for number in Source("note", 0, keys.channel).channels:
                self._rows[number] = _one_per_role((*self._rows[number], keys))
                self._channels[number].bend_range = keys.bend_semitones
                first = number << 7 | keys.low
                self._plays[first : first + len(pads)] = pads
        for row in surface.pads:
            for number in row.source.channels:
                self._plays[number << 7 | row.source.number] = row.pad
        for button in surface.buttons:
            for number in button.source.channels:
                self._buttons[button.source.kind][_index(button.source, number)] = button.control
        for knob in surface.knobs:
            dial = Dial(knob, known)
            for number in knob.source.channels:
                self._dials[knob.source.kind][_index(knob.source, number)] = dial

    def _note_on(self, number: int, note: int, velocity: int, out: list[Control]) -> None:
        if not velocity:
            self._note_off(number, note, velocity, out)
            return
        index = number << 7 | note
        if self._on_notes and (control := self._on_notes.get(index)) is not None:
            out.append(control)
            return
        zone = self._zones.at(number)
        pad = self._plays[index] if zone is None else zone.plays[note]
        if pad is None:
            return
        channel = self._channels[number]
        if (before := channel.taken(note)) is not None:  # its end was lost, or the pedal holds it: one key, one finger
            out.append(Release(before))
        self._n_pressed += 1
        finger = f"{self._port}/{number + 1}/{note}#{self._n_pressed}"
        channel.fingers[note] = finger
        out.append(Press(pad, velocity, finger))
        if zone is None:
            return
        # a finger's channel is told before the finger comes down
        if bend := self._finger_bend(number):
            out.append(Shape("bend", bend, finger))
        if channel.slide is not None:
            out.append(Shape(zone.keys.slide, _between(zone.keys.slide_range, channel.slide), finger))
        if channel.pressure:
            out.append(Shape("level", _between(zone.keys.pressure_db, channel.pressure), finger))

    def _note_off(self, number: int, note: int, _: int, out: list[Control]) -> None:
        if (finger := self._channels[number].up(note)) is not None:
            out.append(Release(finger))

    def _poly_pressure(self, number: int, note: int, pressure: int, out: list[Control]) -> None:
        if (finger := self._channels[number].fingers.get(note)) is not None:
            zone = self._zones.at(number)
            rows = (zone.keys,) if zone else self._rows[number]
            out.append(Shape("level", _between(rows[0].pressure_db if rows else PADS_PRESSURE_DB, pressure), finger))

    def _controller(self, number: int, cc: int, value: int, out: list[Control]) -> None:
        index = number << 7 | cc
        if (dial := self._by_cc.get(index)) is not None:
            _add(dial.move(value, self._time_s), out)
        elif (control := self._on_ccs.get(index)) is not None:
            self._switch("cc", index, value, control, out)
        elif cc < 32 and (dial := self._by_pair.get(index)) is not None:
            self._high[index] = value << 7
            _add(dial.move_14(value << 7, self._time_s), out)
        elif 32 <= cc < 64 and (dial := self._by_pair.get(index - 32)) is not None:
            _add(dial.move_14(self._high.get(index - 32, 0) | value, self._time_s), out)
        elif cc == PEDAL:
            self._pedal(number, value, out)
        elif cc == SLIDE and (zone := self._zones.at(number)) is not None:
            self._channels[number].slide = value
            moved = _between(zone.keys.slide_range, value)
            out += (Shape(zone.keys.slide, moved, finger) for finger in self._fingers(number))
        elif cc in PARAMETER_CONTROLLERS:
            if (entry := self.parameters.hear(bytes((0xB0 | number, cc, value)))) is not None:
                self._parameter(number, entry, out)
        elif cc >= ALL_SOUND_OFF:
            self._mode(number, cc, out)

    def _switch(self, kind: str, index: int, value: int, control: Control, out: list[Control]) -> None:
        before = self._switches.get((kind, index), 0)
        self._switches[kind, index] = value
        # a button that sends its one value at each press says it again; a fader that is pushed up says it once
        if value >= DOWN and (before < DOWN or before == value):
            out.append(control)

    def _programme(self, number: int, programme: int, _: int, out: list[Control]) -> None:
        _add(self._buttons["programme"].get(number << 7 | programme), out)

    def _pressure(self, number: int, pressure: int, _: int, out: list[Control]) -> None:
        if (dial := self._dials["pressure"].get(number << 7)) is not None:
            _add(dial.move(pressure, self._time_s), out)
            return
        self._channels[number].pressure = pressure
        zone = self._zones.at(number)
        if zone is not None and number != zone.master:
            level_db = _between(zone.keys.pressure_db, pressure)
            out += (Shape("level", level_db, finger) for finger in self._fingers(number))
            return
        for row in (zone.keys,) if zone else self._rows[number]:
            out.append(Shape("level", _between(row.pressure_db, pressure), role=row.pad.role))

    def _bend(self, number: int, low: int, high: int, out: list[Control]) -> None:
        raw = high << 7 | low
        if (dial := self._dials["bend"].get(number << 7)) is not None:
            _add(dial.move_14(raw, self._time_s), out)
            return
        self._channels[number].bend = (raw - 8192) / (8192 if raw < 8192 else 8191)
        self._tell_bend(number, out)

    def _tell_bend(self, number: int, out: list[Control]) -> None:
        channel, zone = self._channels[number], self._zones.at(number)
        if zone is None:
            semitones = channel.bend * channel.bend_range
            for row in self._rows[number]:
                out.append(Shape("bend", semitones, "", row.pad.role))
            return
        for one in zone.channels if number == zone.master else (number,):
            out += (Shape("bend", self._finger_bend(one), finger) for finger in self._fingers(one))

    def _finger_bend(self, number: int) -> float:
        """Semitones of a finger in a zone: its own bend, and that of all."""
        zone = self._zones.at(number)
        if zone is None:
            return 0.0
        master = self._channels[zone.master]
        own = self._channels[number].bend * zone.finger_bend_range if number != zone.master else 0.0
        return own + master.bend * master.bend_range

    def _fingers(self, number: int) -> Iterable[str]:
        return self._channels[number].fingers.values()

    def _all_of(self, number: int) -> tuple[int, ...]:
        """Channels that one speaks for: all of a zone where it is the zone's own."""
        zone = self._zones.at(number)
        return zone.channels if zone is not None and number == zone.master else (number,)

    def _pedal(self, number: int, value: int, out: list[Control]) -> None:
        for one in self._all_of(number):
            if value >= DOWN:
                self._channels[one].pedal = True
            else:
                out += map(Release, self._channels[one].pedal_up())

    def _mode(self, number: int, cc: int, out: list[Control]) -> None:
        for one in self._all_of(number):
            if cc == ALL_SOUND_OFF:
                out += map(Release, self._channels[one].let_go())
            elif cc == RESET_CONTROLLERS:
                self._forget(one, out)
            elif cc >= ALL_NOTES_OFF:
                out += map(Release, self._channels[one].all_up())

    def _forget(self, number: int, out: list[Control]) -> None:
        channel = self._channels[number]
        out += map(Release, channel.pedal_up())
        was_bent, was_pressed = channel.bend, channel.pressure
        channel.forget()
        self.parameters.forget(number)
        if was_bent:
            self._tell_bend(number, out)
        if was_pressed and number << 7 not in self._dials["pressure"]:
            self._pressure(number, 0, 0, out)

    def _parameter(self, number: int, entry: Entry, out: list[Control]) -> None:
        index = number << 14 | entry.number
        if (dial := self._dials[entry.kind].get(index)) is not None:
            moved = dial.step(entry.step, self._time_s) if entry.step else dial.move_14(entry.value, self._time_s)
            _add(moved, out)
        elif (control := self._buttons[entry.kind].get(index)) is not None:
            if entry.is_upper:
                self._switch(entry.kind, index, entry.value >> 7, control, out)
        elif entry.kind == "rpn":
            self._registered(number, entry, out)

    def _registered(self, number: int, entry: Entry, out: list[Control]) -> None:
        if entry.number == BEND_RANGE:
            zone, channel = self._zones.at(number), self._channels[number]
            fingers = zone if zone is not None and number != zone.master else None
            before = channel.bend_range if fingers is None else fingers.finger_bend_range
            # the upper half of the value is semitones, the lower one and a step are cents
            asked = before + entry.step / 100 if entry.step else (entry.value >> 7) + (entry.value & 127) / 100
            semitones = min(max(asked, 0.0), MOST_BEND_SEMITONES)
            if fingers is None:
                channel.bend_range = semitones
            else:
                fingers.finger_bend_range = semitones
            if channel.bend:
                self._tell_bend(number, out)
        elif entry.number == ZONE_MEMBERS and entry.is_upper and number in (LOWER_MASTER, UPPER_MASTER):
            self._resize(number, entry.value >> 7, out)

    def _resize(self, master: int, n_members: int, out: list[Control]) -> None:
        """A controller says how many fingers it tells apart: what sounded by the old count ends."""
        zone = self._zones.zone_of(master)
        if zone is None and not self._rows[master]:
            return
        keys = zone.keys if zone else self._rows[master][0]
        self.let_go(out)
        self._zones.set(master, keys, n_members)
        if (set_now := self._zones.zone_of(master)) is not None:
            set_now.finger_bend_range = keys.bend_semitones if keys.zone else FINGER_BEND_SEMITONES
            self._channels[master].bend_range = 2.0
        for channel in self._channels:
            channel.forget()
        self.parameters.forget()


def _index(source: Source, channel: int) -> int:
    """Where something that is touched stands among those of its kind."""
    return channel << (14 if source.is_parameter else 7) | source.number


def _add(control: Control | None, out: list[Control]) -> None:
    if control is not None:
        out.append(control)


def _between(ends: tuple[float, float], value: int) -> float:
    return ends[0] + (ends[1] - ends[0]) * value / 127


def _one_per_role(rows: tuple[KeysRow, ...]) -> tuple[KeysRow, ...]:
    return tuple({row.pad.role: row for row in rows}.values())
