"""What carries frames away: one row for each way to reach loudspeakers, or to do without them.

A device is given the body's compiled callback; no Python runs while it is called. What it knows of MIDI it brings in
through the body's rings.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol, cast

from soundscape.engine.body import Body
from soundscape.errors import DeviceError


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked of a device. Empty and 0 mean: whatever it has.

    `connections`: for each port of ours, by name, those of others it shall be connected with; None: the first outputs
    of the sound card in their order, and every MIDI port there is.
    """

    name: str = ""
    block_frames: int = 0
    client: str = "soundscape"
    connections: Mapping[str, tuple[str, ...]] | None = None
    midi_in: tuple[str, ...] = ()


class Device(Protocol):
    """Pulls a body, at the pace of a clock or as fast as it can."""

    about: str
    """In a few words, for people."""
    block_frames: int
    latency_frames: int
    """From what the body gives to the loudspeaker, as far as the device knows."""

    def start(self) -> None:
        """Begin to pull."""
        ...

    def close(self) -> None:
        """Stop, and let go of everything."""
        ...

    def wait(self, timeout_s: float) -> None:
        """Until a block was pulled, or for so long."""
        ...

    def tend(self) -> tuple[str, ...]:
        """Connect what has come back; what has changed, in words."""
        ...

    @property
    def n_xruns(self) -> int:
        """Blocks that the server or the driver missed."""
        ...

    @property
    def lost(self) -> str:
        """Why nothing is pulled any more; empty while all is well."""
        ...

    @property
    def connections(self) -> Mapping[str, tuple[str, ...]]:
        """What is connected now, by name."""
        ...

    @property
    def wanted(self) -> Mapping[str, tuple[str, ...]]:
        """What shall be connected, by name: what was asked for, with what people have joined and parted since."""
        ...

    @property
    def midi_names(self) -> tuple[str, ...]:
        """Ports that MIDI comes in by, in the order of their numbers in the body's ring."""
        ...

    @property
    def midi_there(self) -> tuple[str, ...]:
        """Those of `midi_names` that something plays to now."""
        ...


@dataclass(frozen=True, slots=True)
class Row:
    """One kind of device."""

    about: str
    module: str
    """Which has `open_device(body, asked)`."""
    is_clocked: bool = True
    """Whether it keeps time by itself."""


DEVICES: Mapping[str, Row] = {
    "jack": Row("JACK, or PipeWire's JACK: sample-accurate MIDI, connections by name", "jackd"),
    "portaudio": Row("ALSA, Core Audio, WASAPI and what else PortAudio reaches", "portaudio"),
    "null": Row("no loudspeakers; keeps time, for rehearsals", "null"),
    "fast": Row("no loudspeakers; as fast as it can, for tests", "null", is_clocked=False),
}
"""Every kind of device, by what comes before the colon of its name."""


def open_device(body: Body, asked: Asked) -> Device:
    """Open the device of a name, such as `jack`, `portaudio:Fireface` or `null`.

    Raises
    ------
    DeviceError
        If there is no such kind, the kind needs something that is not installed, or the device cannot be opened as the
        body needs it.
    """
    kind, _, name = (asked.name or "jack").partition(":")
    if kind not in DEVICES:
        raise DeviceError(f"there is no kind of device {kind!r}",
                          hint=f"one of: {', '.join(DEVICES)}; a name goes after a colon")  # fmt: skip
    row = DEVICES[kind]
    module = importlib.import_module(f"soundscape.live.device.{row.module}")
    wanted = Asked(name, asked.block_frames, asked.client, asked.connections, asked.midi_in)
    return cast(Device, module.open_device(body, wanted, is_clocked=row.is_clocked))
