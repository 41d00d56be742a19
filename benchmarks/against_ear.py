"""How fast the same scene is mixed here and by the EBU ADM renderer: `python benchmarks/against_ear.py [--json]`.

The scene of `render.py` is written as an ADM file, an object for each source with blocks of 100 ms, and rendered to
4+7+0 by ear 2.1.0, and here with the panner `bs2127`; both write a 24-bit file. Then both files are compared. All
objects play one track, which spares ear the reading of the others. Times are those of the whole work, from file or
arrangement to file: ear's with its start, ours with planning, without the compilation of kernels.

`SOUNDSCAPE_EAR` names a Python that has ear; without it one is made in a temporary folder.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import tempfile
import time
import venv
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
from adm import write_adm
from numpy.typing import NDArray
from render import RATE_HZ, loaded, noise, scene
from table import Row, print_table

from soundscape.arrangement.arrangement import Arrangement
from soundscape.engine.plan import plan
from soundscape.space.layout import layout_named
from soundscape.space.panners import panner_for
from soundscape.space.renderer import renderer_for
from soundscape.units import gain_of

LAYOUT = "4+7+0"
EAR_ORDER = ("FL", "FR", "FC", "LFE", "SL", "SR", "BL", "BR", "TFL", "TFR", "TBL", "TBR")
"""The order of channels in ear's file, which is that of ITU-R BS.2051, by our names."""

ORACLE = Path(__file__).parents[1] / "tests" / "oracles" / "ear_gains.py"
EAR_NEEDS = ORACLE.with_name("ear.txt")
N_DIRECTIONS = 20_000
RUNS = 5
BLOCK_FRAMES = 4096
EDGE_FRAMES = 4800


def python_with_ear(folder: Path) -> str:
    """Path of a Python that has ear."""
    named = os.environ.get("SOUNDSCAPE_EAR")
    if named:
        return named
    venv.create(folder / "ear", with_pip=True)
    python = str(folder / "ear" / "bin" / "python")
    subprocess.run([python, "-m", "pip", "install", "--quiet", "--no-deps", "-r", str(EAR_NEEDS)], check=True)
    return python


def spent(command: list[str]) -> tuple[float, float]:
    """CPU and wall seconds that a program takes."""
    before, began_s = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run(command, check=True)
    wall_s, after = time.perf_counter() - began_s, resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, wall_s


def by_ear(python: str, asked: Path, answered: Path, gain_db: float) -> tuple[float, float]:
    """CPU and wall seconds that ear takes to render a file."""
    options = ["-s", LAYOUT, "--output-gain-db", str(gain_db)]
    return spent([python, "-m", "ear.cmdline.render_file", *options, str(asked), str(answered)])


def by_us(arrangement: Arrangement, played: NDArray[np.float32], answered: Path, gain_db: float) -> tuple[float, float]:
    """CPU and wall seconds of planning, mixing and writing the same."""
    began_cpu_s, began_s = time.process_time(), time.perf_counter()
    planned = plan(arrangement, renderer_for(layout_named(LAYOUT), "bs2127"), rate_hz=RATE_HZ)
    engine = loaded(planned, played)
    gain = np.float32(gain_of(gain_db))
    with soundfile.SoundFile(answered, "w", RATE_HZ, planned.layout.n_channels, "PCM_24", format="WAV") as file:
        for first in range(0, planned.n_frames, BLOCK_FRAMES):
            file.write(gain * engine.render(min(BLOCK_FRAMES, planned.n_frames - first)))
    return time.process_time() - began_cpu_s, time.perf_counter() - began_s


def panned_s(python: str, folder: Path) -> tuple[float, float]:
    """CPU seconds for one direction: ear's panner, without its start, and ours."""
    directions = np.random.default_rng(3).standard_normal((N_DIRECTIONS, 3))
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    theirs_s = []
    for count in (1, N_DIRECTIONS):
        asked: dict[str, Any] = {LAYOUT: directions[:count]}
        np.savez(folder / "asked.npz", **asked)
        theirs_s.append(spent([python, str(ORACLE), str(folder / "asked.npz"), str(folder / "answered.npz")])[0])
    panner = panner_for(layout_named(LAYOUT), "bs2127")
    panner.gains(directions)
    began_s = time.process_time()
    for _ in range(RUNS):
        panner.gains(directions)
    return (theirs_s[1] - theirs_s[0]) / N_DIRECTIONS, (time.process_time() - began_s) / RUNS / N_DIRECTIONS


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
        ear_panned_s, our_panned_s = panned_s(python, folder)
        apart_db = difference_db(folder / "ear.wav", folder / "ours.wav")
    what = f"{asked.sources} moving sources to {LAYOUT}"
    print_table([
        Row(f"{what}, ear: CPU", asked.seconds / ear_cpu_s, "x real time", 0.0),
        Row(f"{what}, ear: wall", asked.seconds / ear_s, "x real time", 0.0),
        Row(f"{what}, here: CPU", asked.seconds / our_cpu_s, "x real time", 50.0),
        Row(f"{what}, here: wall", asked.seconds / our_s, "x real time", 50.0),
        Row("the whole work, ear's CPU time to ours", ear_cpu_s / our_cpu_s, "x", 400.0),
        Row("ear's panner, one direction", 1e6 * ear_panned_s, "us", 0.0),
        Row("our panner, one direction", 1e6 * our_panned_s, "us", 1.0, more_is_better=False),
        Row("one direction, ear's CPU time to ours", ear_panned_s / our_panned_s, "x", 100.0),
        Row("difference of both files to the signal", apart_db, "dB", -50.0, more_is_better=False),
    ])  # fmt: skip


if __name__ == "__main__":
    main()
