"""A small writer of ADM files (ITU-R BS.2076 in BS.2088) for the benchmarks: objects that move, and one track."""

from __future__ import annotations

import struct
from pathlib import Path
from xml.sax.saxutils import quoteattr

import numpy as np
from numpy.typing import NDArray
from render import RATE_HZ

from soundscape.arrangement.arrangement import Arrangement
from soundscape.arrangement.event import Event
from soundscape.space.distance import direct_gain
from soundscape.units import gain_of

BLOCK_S = 0.1
FIRST = 0x1000
"""Numbers up to this belong to the common definitions."""


def chunk(name: bytes, body: bytes) -> bytes:
    """One chunk of a RIFF file, padded to whole words."""
    return name + struct.pack("<I", len(body)) + body + b"\0" * (len(body) % 2)


def write_adm(path: Path, arrangement: Arrangement, played: NDArray[np.float32]) -> None:
    """Write an arrangement as an ADM file, every event as an object that plays the one track."""
    frames = np.round(played[:, 0] * ((1 << 23) - 1)).astype("<i4")
    data = frames.view(np.uint8).reshape(-1, 4)[:, :3].tobytes()
    n_objects = len(arrangement.events)
    rows = [
        struct.pack("<H12s14s11sx", 1, f"ATU_{uid:08x}".encode(), f"AT_0003{number:04x}_01".encode(),
                    f"AP_0003{number:04x}".encode())
        for uid, number in enumerate(range(FIRST + 1, FIRST + 1 + n_objects), 1)
    ]  # fmt: skip
    body = b"WAVE" + b"".join((
        chunk(b"fmt ", struct.pack("<HHIIHH", 1, 1, RATE_HZ, 3 * RATE_HZ, 3, 24)),
        chunk(b"chna", struct.pack("<HH", 1, n_objects) + b"".join(rows)),
        chunk(b"axml", axml(arrangement).encode()),
        chunk(b"data", data),
    ))  # fmt: skip
    path.write_bytes(b"RIFF" + struct.pack("<I", len(body)) + body)


def axml(arrangement: Arrangement) -> str:
    """ADM of an arrangement: one programme, one content, an object for each event."""
    numbers = [f"{FIRST + uid:04x}" for uid in range(1, len(arrangement.events) + 1)]
    refs = "".join(f"<audioObjectIDRef>AO_{number}</audioObjectIDRef>" for number in numbers)
    objects = "".join(
        object_xml(event, number, f"{uid:08x}")
        for uid, (event, number) in enumerate(zip(arrangement.events, numbers, strict=True), 1)
    )
    return (
        '<ebuCoreMain xmlns="urn:ebu:metadata-schema:ebuCore_2016"><coreMetadata><format><audioFormatExtended>'
        '<audioProgramme audioProgrammeID="APR_1001" audioProgrammeName="scene">'
        "<audioContentIDRef>ACO_1001</audioContentIDRef></audioProgramme>"
        f'<audioContent audioContentID="ACO_1001" audioContentName="scene">{refs}</audioContent>{objects}'
        "</audioFormatExtended></format></coreMetadata></ebuCoreMain>"
    )


def object_xml(event: Event, number: str, uid: str) -> str:
    """One event: its object, pack, channel with a block for each 100 ms, stream, track and track UID."""
    name = quoteattr(event.role)
    pack, channel, stream, track = f"AP_0003{number}", f"AC_0003{number}", f"AS_0003{number}", f"AT_0003{number}_01"
    kind = 'typeLabel="0003" typeDefinition="Objects"'
    return (
        f'<audioObject audioObjectID="AO_{number}" audioObjectName={name}><audioPackFormatIDRef>{pack}'
        f"</audioPackFormatIDRef><audioTrackUIDRef>ATU_{uid}</audioTrackUIDRef></audioObject>"
        f'<audioPackFormat audioPackFormatID="{pack}" audioPackFormatName={name} {kind}>'
        f"<audioChannelFormatIDRef>{channel}</audioChannelFormatIDRef></audioPackFormat>"
        f'<audioChannelFormat audioChannelFormatID="{channel}" audioChannelFormatName={name} {kind}>'
        f"{blocks_xml(event, number)}</audioChannelFormat>"
        f'<audioStreamFormat audioStreamFormatID="{stream}" audioStreamFormatName={name} formatLabel="0001" '
        f'formatDefinition="PCM"><audioChannelFormatIDRef>{channel}</audioChannelFormatIDRef>'
        f"<audioTrackFormatIDRef>{track}</audioTrackFormatIDRef></audioStreamFormat>"
        f'<audioTrackFormat audioTrackFormatID="{track}" audioTrackFormatName={name} formatLabel="0001" '
        f'formatDefinition="PCM"><audioStreamFormatIDRef>{stream}</audioStreamFormatIDRef></audioTrackFormat>'
        f'<audioTrackUID UID="ATU_{uid}"><audioTrackFormatIDRef>{track}</audioTrackFormatIDRef>'
        f"<audioPackFormatIDRef>{pack}</audioPackFormatIDRef></audioTrackUID>"
    )


def blocks_xml(event: Event, number: str) -> str:
    """Where an event is at the end of each block; the first has no length and says where it begins."""
    n_blocks = round(event.duration_s / BLOCK_S)
    points = event.path.at(np.arange(n_blocks + 1, dtype=np.float64) * BLOCK_S)
    distances_m = np.linalg.norm(points, axis=1)
    azimuths_deg = np.degrees(np.arctan2(-points[:, 0], points[:, 1]))
    elevations_deg = np.degrees(np.arcsin(points[:, 2] / distances_m))
    gains = gain_of(event.gain_db) * direct_gain(distances_m)
    return "".join(
        f'<audioBlockFormat audioBlockFormatID="AB_0003{number}_{index + 1:08x}" rtime="{clock(max(index - 1, 0))}" '
        f'duration="{clock(min(index, 1))}"><position coordinate="azimuth">{azimuth:.7f}</position>'
        f'<position coordinate="elevation">{elevation:.7f}</position><gain>{gain:.9f}</gain></audioBlockFormat>'
        for index, (azimuth, elevation, gain) in enumerate(zip(azimuths_deg, elevations_deg, gains, strict=True))
    )


def clock(n_blocks: int) -> str:
    """Time after so many blocks, as ADM writes it."""
    minutes, tenths = divmod(n_blocks, round(60.0 / BLOCK_S))
    return f"00:{minutes:02d}:{tenths * BLOCK_S:08.5f}"
