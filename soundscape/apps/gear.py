"""What a show is connected with, looked at before it begins: its device, MIDI ports, OSC, and where it is written.

What is opened is closed again, and what is made is removed.
"""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from soundscape.apps.findings import Finding, size_of
from soundscape.engine.body import Body
from soundscape.errors import SoundscapeError
from soundscape.live.controllers.mapping import Surface
from soundscape.live.controllers.osc import OscReader, OscServer
from soundscape.live.device import Asked, Device, open_device
from soundscape.live.midiports import is_meant, port_names
from soundscape.whole import output_error

PULLED_S, PATIENCE_S = 0.2, 3.0
"""A device is let play silence for so long, and waited for so long."""
JOURNAL_BYTES_PER_S = 8192
"""More than eight hands write."""


@dataclass(frozen=True, slots=True)
class Opened:
    """What a device was like while it was open."""

    findings: tuple[Finding, ...]
    block_frames: int = 0
    ports: tuple[str, ...] | None = ()
    """What plays to its MIDI inputs; None: it has none, and the ports of the system count."""
    device: Device | None = None
    """Closed. It is kept because the body goes on ringing its bell."""


def opened_for_a_moment(body: Body, asked: Asked) -> Opened:
    """Open a device, let it play silence, and close it again."""
    try:
        device = open_device(body, asked)
    except SoundscapeError as error:
        unseen = Finding("MIDI", "look", "not looked at, for there is no device it could come in by",
                         "put the device right first")  # fmt: skip
        return Opened((Finding("device", "wrong", str(error), error.hint), unseen))
    try:
        device.start()
        is_pulling = _pulls(body, device)
        device.tend()
        findings, inputs = tuple(_played(body, device, asked, is_pulling=is_pulling)), device.midi_names
        ports = tuple(name for name in inputs if name not in device.connections) if inputs else None
        return Opened(findings, device.block_frames, ports, device)
    finally:
        device.close()


def _pulls(body: Body, device: Device) -> bool:
    until, ends = body.delivered + int(PULLED_S * body.rate_hz), time.monotonic() + PATIENCE_S
    while body.delivered < until and time.monotonic() < ends and not device.lost:
        device.wait(PULLED_S)
    return body.delivered >= until


def _played(body: Body, device: Device, asked: Asked, *, is_pulling: bool) -> Iterator[Finding]:
    if not is_pulling:
        yield Finding("device", "wrong", f"{device.about}: it is open, and plays nothing {device.lost}".rstrip(),
                      "start the server or the sound card again")  # fmt: skip
        return
    yield Finding("device", "ok", f"{device.about}, {body.rate_hz} Hz")
    if asked.block_frames and device.block_frames != asked.block_frames:
        yield Finding("device", "look", f"its blocks have {device.block_frames} frames, and {asked.block_frames} "
                      "were asked for", "set the period of the server itself")  # fmt: skip
    mute = [name for name, others in device.connections.items() if name.startswith("out_") and not others]
    if mute:
        yield Finding("device", "look", f"{len(mute)} of {body.n_channels} channels are connected with nothing: "
                      + ", ".join(mute),
                      "connect them by hand, or play a layout of fewer channels: --layout")  # fmt: skip


def midi(surfaces: Sequence[Surface], wanted: tuple[str, ...], ports: tuple[str, ...] | None) -> Iterator[Finding]:
    """Whether the ports are there that mappings and the command line want.

    Parameters
    ----------
    ports
        As in `Opened`.
    """
    told: list[str] = []
    there = port_names(told.append) if ports is None else ports
    for line in told:
        yield Finding("MIDI", "wrong" if surfaces or wanted else "look", line, "pip install 'soundscape[live]'")
    if told:
        return
    said = f"there are: {'; '.join(there) or 'none'}"
    missing = [name for name in wanted if not any(is_meant(port, (name,)) for port in there)]
    absent = [surface for surface in surfaces if not any(surface.is_at(port) for port in there)]
    for name in missing:
        yield Finding("MIDI", "wrong", f"no port is called {name!r}; {said}", "plug it in, or name another")
    for surface in absent:
        yield Finding("MIDI", "wrong", f"{surface.name} is not there (ports {', '.join(surface.ports)}); {said}",
                      "plug it in, or give its mapping the name of its port: ports = [...]")  # fmt: skip
    if not missing and not absent:
        yield Finding("MIDI", "ok", said)


def osc(port: int | None) -> Iterator[Finding]:
    """Whether OSC can be understood, and its port is free."""
    try:
        OscReader(())
        if port is None:
            return
        with OscServer(port=port):
            yield Finding("OSC", "ok", f"port {port} is free")
    except SoundscapeError as error:
        yield Finding("OSC", "wrong", str(error), error.hint)


def places(journal: Path, record: Path | None, *, lasts_s: float, frame_bytes_per_s: float) -> Iterator[Finding]:
    """Whether a show of so long can be written down and recorded where it shall be."""
    yield _place("journal", journal, JOURNAL_BYTES_PER_S * lasts_s, lasts_s)
    if record is not None:
        yield _place("recording", record, frame_bytes_per_s * lasts_s, lasts_s)


def _place(what: str, file: Path, n_bytes: float, lasts_s: float) -> Finding:
    try:
        with tempfile.TemporaryFile(dir=file.parent):
            free = shutil.disk_usage(file.parent).free
    except OSError as error:
        failure = output_error(file, error)
        return Finding(what, "wrong", str(failure), failure.hint)
    hours = f"{lasts_s / 3600.0:.1f} h" if lasts_s >= 3600.0 else f"{lasts_s / 60.0:.0f} min"
    found = f"{file}: {hours} take {size_of(n_bytes)}, {size_of(free)} are free"
    if free < n_bytes:
        return Finding(what, "wrong", found, "make room, or name another disk")
    return Finding(what, "look", found, "make room") if free < 2.0 * n_bytes else Finding(what, "ok", found)
