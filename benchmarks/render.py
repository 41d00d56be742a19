"""How fast the engine mixes, on one core: `python benchmarks/render.py [--json]`.

Each time is the shortest of several, so that the machine's other work disturbs it least.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import bare
import numpy as np
from numpy.typing import NDArray
from table import Row, print_table

from soundscape.arrangement.arrangement import Arrangement
from soundscape.arrangement.event import Event
from soundscape.catalogue.segment import Recording, Segment
from soundscape.engine import kernels
from soundscape.engine.commands import Start
from soundscape.engine.engine import Engine, EngineSettings
from soundscape.engine.finish import Limiter
from soundscape.engine.plan import Plan, plan
from soundscape.engine.reverb import Reverb
from soundscape.engine.surround import mixtures
from soundscape.score.curve import Curve
from soundscape.space.layout import layout_named
from soundscape.space.panners import panner_for
from soundscape.space.room import room_named
from soundscape.space.sends import N_SENDS
from soundscape.space.trajectory import Trajectory, point_at

SECONDS = 30.0
RATE_HZ = 48_000
RUNS = 2
TURNS = 3
BLOCK = 4096
LARGE = 1 << 18
TAKE = "0" * 32


def scene(n_sources: int, *, bends: bool = False, room: str = "none", seconds: float = SECONDS) -> Arrangement:
    """Sources that go once round the listener in 30 s, each from another place."""
    rng = np.random.default_rng(7)
    takes = (Recording(TAKE, "noise.wav", RATE_HZ, 1, int(seconds * RATE_HZ)),)
    segment = Segment("noise", TAKE, 0.0, seconds)
    times_s = tuple(float(time_s) for time_s in np.linspace(0.0, seconds, round(2.0 * seconds) + 1))
    bend = Curve((0.0, seconds), (0.0, -3.0)) if bends else None
    events = []
    for n in range(n_sources):
        first, height = 360.0 * n / n_sources, float(rng.uniform(0.0, 45.0))
        path = Trajectory(times_s, tuple(point_at(first + 360.0 * time_s / SECONDS, height, 2.0) for time_s in times_s))
        events.append(Event(0.0, seconds, segment, f"source {n}", path, -20.0, bend=bend))
    return Arrangement(tuple(events), takes, room=room)


def noise(n_frames: int) -> NDArray[np.float32]:
    """What every source plays: (n_frames, 1)."""
    return np.random.default_rng(1).uniform(-1, 1, (n_frames, 1)).astype(np.float32)


def loaded(planned: Plan, played: NDArray[np.float32], *, n_cores: int = 1) -> Engine:
    """Engine that holds every voice of a plan."""
    settings = EngineSettings(arena_frames=1 << 24, gain_rows=1 << 19, grows=True, n_cores=n_cores, reads_in_place=True)
    engine = Engine(planned.renderer, rate_hz=RATE_HZ, room=planned.room, settings=settings)
    for voice in planned.voices:
        engine.submit(Start(voice, played.copy()))  # each in memory of its own, as recordings are
    if engine.n_sounding != len(planned.voices):
        raise RuntimeError(f"{engine.n_sounding} of {len(planned.voices)} voices sound: this would measure too few")
    return engine


def times_real_time(planned: Plan, block_frames: int, *, limits: bool = False, n_cores: int = 1) -> float:
    """Seconds of sound for each second of work: all of 30 s, refilling the arena included."""
    best_s, played = np.inf, noise(int(SECONDS * RATE_HZ))
    for _ in range(RUNS):
        limiter = Limiter(planned.layout.n_channels, RATE_HZ)
        with loaded(planned, played, n_cores=n_cores) as engine:
            began_s = time.perf_counter()
            for _ in range(int(SECONDS * RATE_HZ) // block_frames):
                block = engine.render(block_frames)
                if limits:
                    limiter.process(block)
            best_s = min(best_s, time.perf_counter() - began_s)
    return SECONDS / best_s


def mixing_times_real_time(planned: Plan) -> float:
    """Seconds of sound for each second that the kernel of the mix takes, without all that is round it."""
    engine, spent_s = loaded(planned, noise(int(SECONDS * RATE_HZ))), []
    mix = kernels.mix

    def timed(*arguments: object) -> None:
        began_s = time.perf_counter()
        mix(*arguments)
        spent_s.append(time.perf_counter() - began_s)

    kernels.mix = timed
    try:
        for _ in range(int(SECONDS * RATE_HZ) // BLOCK):
            engine.render(BLOCK)
    finally:
        kernels.mix = mix
    return BLOCK / RATE_HZ / float(np.median(spent_s))


def two_cores(planned: Plan) -> tuple[float, bool]:
    """How many times as fast two cores are as one, each the best of several in turn; whether the bits are the same."""
    speeds: dict[int, list[float]] = {1: [], 2: []}
    for _ in range(TURNS):
        for n_cores, found in speeds.items():
            found.append(times_real_time(planned, LARGE, n_cores=n_cores))
    played = noise(int(SECONDS * RATE_HZ))
    with loaded(planned, played) as one, loaded(planned, played, n_cores=2) as two:
        is_same = np.array_equal(one.render(LARGE), two.render(LARGE))
    return max(speeds[2]) / max(speeds[1]), is_same


def room_times_real_time(layout_name: str) -> float:
    """Seconds of a hall's answer for each second of work: the room alone, without sources."""
    layout, n_quanta = layout_named(layout_name), 64
    reverb = Reverb(room_named("hall"), RATE_HZ, mixtures(layout), panner_for(layout).gains)
    noise = np.random.default_rng(1).uniform(-0.1, 0.1, (n_quanta, layout.n_channels + N_SENDS, 64)).astype(np.float32)
    best_s = np.inf
    for _ in range(300):
        bus = noise.copy()
        began_s = time.perf_counter()
        reverb.add(bus)
        best_s = min(best_s, time.perf_counter() - began_s)
    return n_quanta * 64 / RATE_HZ / best_s


def start_s(cache: Path) -> float:
    """Time to the first sound through every kernel, in a process of its own."""
    code = (
        "import time, numpy as np, render\n"
        "planned = render.plan(render.scene(1, bends=True, room='hall'), render.layout_named('7.1.4'))\n"
        "began = time.perf_counter()\n"
        "render.Limiter(12, 48000).process(render.loaded(planned, render.noise(planned.n_frames)).render(64))\n"
        "print(time.perf_counter() - began)"
    )
    told = {**os.environ, "NUMBA_CACHE_DIR": str(cache)}
    run = subprocess.run([sys.executable, "-c", code], cwd=Path(__file__).parent, env=told, check=True, text=True,
                         capture_output=True)  # fmt: skip
    return float(run.stdout)


def main() -> None:
    """Measure and print."""
    rows = []
    for layout_name, goal in (("7.1.4", 150.0), ("22.2", 120.0)):
        planned = plan(scene(128), layout_named(layout_name))
        for block in (64, 512, 4096):
            speed = times_real_time(planned, block)
            rows.append(Row(f"128 moving sources to {layout_name}, blocks of {block}", speed, "x real time", goal))
    for layout_name in ("7.1.4", "ambix-3"):
        planned = plan(scene(128), layout_named(layout_name))
        share = mixing_times_real_time(planned) / bare.times_real_time(planned, RATE_HZ)
        rows.append(Row(f"the mix to {layout_name} against bare multiply-adds", share, "of the limit", 0.5))
    field = plan(scene(128), layout_named("ambix-3"))
    rows.append(Row("128 moving sources to Ambisonics order 3", times_real_time(field, BLOCK), "x real time", 60.0))
    ears = plan(scene(128, room="hall"), layout_named("headphones"))
    rows.append(Row("128 moving sources to headphones with room", times_real_time(ears, BLOCK), "x real time", 30.0))
    rows.append(Row("a hall alone to 7.1.4", room_times_real_time("7.1.4"), "x real time", 250.0))
    layout = layout_named("7.1.4")
    finished = times_real_time(plan(scene(128, room="hall"), layout), 4096, limits=True)
    rows.append(Row("128 moving sources to 7.1.4, room and limiter", finished, "x real time", 30.0))
    crowd = times_real_time(plan(scene(512, room="hall"), layout), 4096)
    rows.append(Row("512 moving sources to 7.1.4 with a room", crowd, "x real time", 30.0))
    for room in ("none", "hall"):
        gain, is_same = two_cores(plan(scene(512, room=room), layout))
        bits = "the same bits" if is_same else "OTHER BITS"
        rows.append(Row(f"512 to 7.1.4, room {room}: two cores against one, {bits}", gain, "x one core", 1.8))
    rows.append(Row("128 bending sources to 7.1.4", times_real_time(plan(scene(128, bends=True), layout), 4096),
                    "x real time", 40.0))  # fmt: skip
    with tempfile.TemporaryDirectory() as cache:
        rows.append(Row("first compilation of all kernels", start_s(Path(cache)), "s", 25.0, more_is_better=False))
        later_s = min(start_s(Path(cache)) for _ in range(3))
        rows.append(Row("later start, kernels from the cache", later_s, "s", 1.0, more_is_better=False))
    print_table(rows)


if __name__ == "__main__":
    main()
