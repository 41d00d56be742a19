"""How fast the same scene is mixed here and by the EBU ADM renderer: `python benchmarks/against_ear.py [--json]`.

The scene of `render.py` is written as an ADM file (ITU-R BS.2076 in BS.2088: an object for each source, blocks of 100 ms)
and rendered to 4+7+0 by `ear-render` of ear 2.1.0, and here with the panner `bs2127`; both write a 24-bit file. Then both
files are compared. All objects play one track, which spares ear the reading of the others. Times are those of the whole
work: ear's with its start and the reading of the file, ours with planning, without compilation. `SOUNDSCAPE_EAR` names a
Python that has ear; without it one is made in a temporary folder.
"""

from __future__ import annotations

import argparse
import os
import resource
import struct
import subprocess
import sys
import tempfile
import time
import venv
from pathlib import Path
from xml.sax.saxutils import quoteattr

import numpy as np
import soundfile
from numpy.typing import NDArray
from render import RATE_HZ, loaded, noise, scene
from table import Row, print_table

from soundscape.arrangement.arrangement import Arrangement
from soundscape.arrangement.event import Event
from soundscape.engine.plan import plan
from soundscape.space.distance import direct_gain
from soundscape.space.layout import layout_named
from soundscape.units import gain_of

LAYOUT = "4+7+0"
EAR_ORDER = ("FL", "FR", "FC", "LFE", "SL", "SR", "BL", "BR", "TFL", "TFR", "TBL", "TBR")
"""The order of channels in ear's file, which is that of ITU-R BS.2051, by our names."""

EAR_NEEDS = Path(__file__).parents[1] / "tests" / "oracles" / "ear.txt"
BLOCK_S = 0.1
BLOCK_FRAMES = 4096
EDGE_FRAMES = 4800
FULL_SCALE = 1 << 23


def python_with_ear(folder: Path) -> str:
    """Path of a Python that has ear."""
    named = os.environ.get("SOUNDSCAPE_EAR")
    if named:
        return named
    venv.create(folder / "ear", with_pip=True)
    python = str(folder / "ear" / "bin" / "python")
    subprocess.run([python, "-m", "pip", "install", "--quiet", "--no-deps", "-r", str(EAR_NEEDS)], check=True)
    return python


def chunk(name: bytes, body: bytes) -> bytes:
    """One chunk of a RIFF file, padded to whole words."""
    return name + struct.pack("<I", len(body)) + body + b"\0" * (len(body) % 2)


def write_adm(path: Path, arrangement: Arrangement, played: NDArray[np.float32]) -> None:
    """Write an arrangement as an ADM file, every event as an object that plays the one track."""
    frames = np.round(played[:, 0] * (FULL_SCALE - 1)).astype("<i4")
    data = frames.view(np.uint8).reshape(-1, 4)[:, :3].tobytes()
    uids = range(1, len(arrangement.events) + 1)
    rows = [
        struct.pack("<H12s14s11sx", 1, b"ATU_%08x" % uid, b"AT_0003%04x_01" % (0x1000 + uid), b"AP_0003%04x" % (0x1000 + uid))
        for uid in uids
    ]
    body = b"WAVE" + b"".join((
        chunk(b"fmt ", struct.pack("<HHIIHH", 1, 1, RATE_HZ, 3 * RATE_HZ, 3, 24)),
        chunk(b"chna", struct.pack("<HH", 1, len(rows)) + b"".join(rows)),
        chunk(b"axml", axml(arrangement).encode()),
        chunk(b"data", data),
    ))  # fmt: skip
    path.write_bytes(b"RIFF" + struct.pack("<I", len(body)) + body)


def axml(arrangement: Arrangement) -> str:
    """ADM of an arrangement: one programme, one content, an object for each event."""
    numbers = [f"{0x1000 + uid:04x}" for uid in range(1, len(arrangement.events) + 1)]
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
        f'<audioPackFormat audioPackFormatID="{pack}" audioPackFormatName={name} {kind}><audioChannelFormatIDRef>{channel}'
        "</audioChannelFormatIDRef></audioPackFormat>"
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
    points = event.path.at(np.arange(n_blocks + 1) * BLOCK_S)
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


def by_ear(python: str, asked: Path, answered: Path, gain_db: float) -> tuple[float, float]:
    """CPU and wall seconds that ear takes to render a file."""
    command = [python, "-m", "ear.cmdline.render_file", "-s", LAYOUT, "--output-gain-db", str(gain_db), str(asked), str(answered)]
    before, began_s = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run(command, check=True)
    wall_s, after = time.perf_counter() - began_s, resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, wall_s


def by_us(arrangement: Arrangement, played: NDArray[np.float32], answered: Path, gain_db: float) -> tuple[float, float]:
    """CPU and wall seconds of planning, mixing and writing the same."""
    began_cpu_s, began_s = time.process_time(), time.perf_counter()
    planned = plan(arrangement, layout_named(LAYOUT), rate_hz=RATE_HZ, panner="bs2127")
    engine = loaded(planned, played)
    gain = np.float32(gain_of(gain_db))
    with soundfile.SoundFile(answered, "w", RATE_HZ, planned.layout.n_channels, "PCM_24", format="WAV") as file:
        for first in range(0, planned.n_frames, BLOCK_FRAMES):
            file.write(gain * engine.render(min(BLOCK_FRAMES, planned.n_frames - first)))
    return time.process_time() - began_cpu_s, time.perf_counter() - began_s


def difference_db(ears: Path, ours: Path) -> float:
    """Level of the difference of two files, relative to the second, without the fades that ear's does not have."""
    theirs, _ = soundfile.read(ears)
    mine, _ = soundfile.read(ours)
    names = [speaker.name for speaker in layout_named(LAYOUT).speakers]
    mine = mine[:, [names.index(name) for name in EAR_ORDER]]
    if theirs.shape != mine.shape:
        raise RuntimeError(f"ear wrote {theirs.shape}, we {mine.shape}: not the same scene")
    inside = slice(EDGE_FRAMES, -EDGE_FRAMES)
    return float(10.0 * np.log10(((theirs - mine)[inside] ** 2).sum() / (mine[inside] ** 2).sum()))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="The same scene here and by the EBU ADM renderer.")
    parser.add_argument("--sources", type=int, default=128)
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    arrangement, played = scene(asked.sources, seconds=asked.seconds), noise(int(asked.seconds * RATE_HZ))
    gain_db = -20.0 * np.log10(max(1.0, asked.sources * gain_of(arrangement.events[0].gain_db)))
    with tempfile.TemporaryDirectory() as folder_name:
        folder = Path(folder_name)
        python = python_with_ear(folder)
        write_adm(folder / "scene.wav", arrangement, played)
        by_us(scene(1, seconds=1.0), noise(RATE_HZ), folder / "warm.wav", 0.0)
        our_cpu_s, our_s = min(by_us(arrangement, played, folder / "ours.wav", gain_db) for _ in range(2))
        ear_cpu_s, ear_s = by_ear(python, folder / "scene.wav", folder / "ear.wav", gain_db)
        apart_db = difference_db(folder / "ear.wav", folder / "ours.wav")
    what = f"{asked.sources} moving sources to {LAYOUT}"
    print_table([
        Row(f"{what}, ear: CPU", asked.seconds / ear_cpu_s, "x real time", 0.0),
        Row(f"{what}, ear: wall", asked.seconds / ear_s, "x real time", 0.0),
        Row(f"{what}, here: CPU", asked.seconds / our_cpu_s, "x real time", 100.0),
        Row(f"{what}, here: wall", asked.seconds / our_s, "x real time", 100.0),
        Row("faster than ear by a factor of, CPU", ear_cpu_s / our_cpu_s, "x", 400.0),
        Row("difference of both files to the signal", apart_db, "dB", -50.0, more_is_better=False),
    ])  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
