"""What a stage asks of the engine: `python benchmarks/live.py [--short] [--json] [--only voices,late]`.

Late blocks and notes need jackd (Debian: jackd2); where it is missing they are left out, and said. Run it on a machine
that does nothing else, and that gives realtime priorities, as a stage's does: the worst block of all is the machine's
as much as ours.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import render
from numba import carray, cfunc, types
from table import Row, print_table

from soundscape.engine.body import Body, BodySettings
from soundscape.engine.kernels import body as of
from soundscape.engine.kernels.callbacks import for_jack
from soundscape.engine.kernels.memory import call
from soundscape.engine.plan import plan
from soundscape.engine.player import Player
from soundscape.live.device import Asked, open_device
from soundscape.space.layout import layout_named
from soundscape.space.renderer import renderer_for

ROOT = Path(__file__).resolve().parents[1]
WITH_JACK = ROOT / "tests" / "live" / "with-jack"
RATE_HZ, BLOCK, LAYOUT = 48_000, 128, "9.1.6"
VOICES = (64, 128, 192, 256, 320, 384, 448, 512)
TRIES = 3
HOG_VOICES = 64
PRIORITY = 10
IS_SHORT = "--short" in sys.argv


def playing(n_sources: int, seconds: float, *, is_resident: bool = False) -> Player:
    """A body of sixteen channels with moving sources that have begun, each in memory of its own.

    `is_resident`: all of each is brought at once, and nothing has to be read later.
    """
    layout, room = layout_named(LAYOUT), n_sources * int((seconds + 1.0) * RATE_HZ)
    settings = BodySettings(max_voices=1024, arena_frames=max(room, 1 << 27) if is_resident else 1 << 27,
                            gain_rows=1 << 19, ring_frames=1 << 23 if is_resident else 1 << 17, tape_s=1.0)  # fmt: skip
    player = Player(Body(renderer_for(layout), settings=settings))
    sound = render.noise(int(seconds * RATE_HZ)) * np.float32(0.05)
    for voice in plan(render.scene(n_sources, seconds=seconds), layout).voices:
        if not player.start(voice, sound):
            raise RuntimeError("a voice was refused: this would measure too few")
    player.send()
    if is_resident:
        player.read(int(seconds * RATE_HZ))
    return player


@contextmanager
def hurried() -> Iterator[None]:
    """As the thread of a sound card runs, where the system lets us: before all that is not in a hurry."""
    try:
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(PRIORITY))
    except (AttributeError, OSError):
        yield
        return
    try:
        yield
    finally:
        os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))


def may_hurry() -> bool:
    """Whether the system gives realtime priorities to us."""
    with hurried():
        return hasattr(os, "sched_getscheduler") and os.sched_getscheduler(0) == os.SCHED_FIFO


def worst_share(n_sources: int, seconds: float) -> float:
    """Worst time of the callback, as a share of its block's, while blocks are asked for at the pace of a device."""
    with playing(n_sources, seconds + 2.0) as player:
        body = player.body
        for _ in range(50):
            body.pull(BLOCK)
        body.state[of.WORST_NS] = 0
        due_s = time.perf_counter()
        with hurried():
            for n in range(int(seconds * RATE_HZ) // BLOCK):
                body.pull(BLOCK)
                if n % 8 == 0:
                    player.tend()
                due_s += BLOCK / RATE_HZ
                time.sleep(max(0.0, due_s - time.perf_counter()))
        if player.n_sounding < n_sources or body.state[of.N_POISONED]:
            raise RuntimeError("voices have gone: this would measure too few")
        return body.load.worst_ns / (BLOCK / RATE_HZ * 1e9)


def voices() -> Iterator[Row]:
    """Voices that one core carries with the worst block under half of its time; the best of some tries each."""
    carried, share = 0, 0.0
    for n_sources in VOICES:
        tries = [worst_share(n_sources, 2.0 if IS_SHORT else 5.0) for _ in range(TRIES)]
        if min(tries) > 0.5:
            break
        carried, share = n_sources, min(tries)
    yield Row(f"voices on one core, blocks of {BLOCK}, 16 channels, worst block {share:.2f}", carried, "voices", 512.0)


def late() -> Iterator[Row]:
    """Blocks that are done after their cycle has ended, while two threads hog the interpreter: ours, and in Python."""
    seconds = 10 if IS_SHORT else 60
    found = {kind: beside_jack([__file__, "--scene", kind, str(seconds)], frames=256) for kind in ("ours", "python")}
    missed, others = found["ours"]["late"], found["python"]["late"]
    what = f"late blocks in {seconds} s beside two busy threads: {missed} against {others} in Python"
    yield Row(what, 100.0 * missed / max(1, others), "% of those", 1.0, more_is_better=False)


def notes() -> Iterator[Row]:
    """From a note at a MIDI port of the server to its first sample."""
    with tempfile.TemporaryDirectory() as folder:
        frames = np.array(beside_jack(["-m", "tests.live.on_jack", "measured", folder], frames=512)["frames"])
    spread_ms = float(np.ptp(frames)) / RATE_HZ * 1000.0
    yield Row(f"{len(frames)} notes by JACK MIDI: from the first to the last to sound", spread_ms, "ms", 1.0,
              more_is_better=False)  # fmt: skip
    yield Row("a note by JACK MIDI to its first sample, at most", float(frames.max()) / 512.0, "blocks", 2.0,
              more_is_better=False)  # fmt: skip


def spared() -> Iterator[Row]:
    """What who listens at the server does not hear after the engine's process is killed, or stands still."""
    for how, about in (("killed", "is killed (-9)"), ("stopped", "stands still (SIGSTOP)")):
        with tempfile.TemporaryDirectory() as folder:
            # As on a stage: a server that waits for nobody.
            found = beside_jack(["-m", "tests.live.spared_on_jack", folder, how], frames=512, SYNC="-t 2000")
        yield Row(f"silence after the engine {about}", found["silence_s"], "s", 2.0, more_is_better=False)


def drift() -> Iterator[Row]:
    """A score of clicks on a fast clock: how far from its frame the worst is heard."""
    seconds = 600 if IS_SHORT else 3_600
    found = long_show("drift", seconds)
    what = f"{found['n_clicks']} clicks of a score in {seconds // 60} minutes, drift"
    yield Row(what, found["most_frames"], "frames", 0.0, more_is_better=False)


def memory() -> Iterator[Row]:
    """A show played by hand on a fast clock: what the process has grown by from its second fifth to its last."""
    seconds = 600 if IS_SHORT else 3_600
    found = long_show("memory", seconds)
    what = f"memory over {seconds // 60} minutes, {found['before_mb']:.0f} MB in its second fifth, grown by"
    yield Row(what, found["after_mb"] - found["before_mb"], "MB", 2.0, more_is_better=False)


def long_show(name: str, seconds: int) -> dict[str, Any]:
    """A scene of `tests.live.long_show`."""
    with tempfile.TemporaryDirectory() as folder:
        return said_by([sys.executable, "-m", "tests.live.long_show", name, folder, str(seconds)])


def beside_jack(arguments: list[str], *, frames: int, **environment: str) -> dict[str, Any]:
    """What a program says that runs beside a JACK server of its own."""
    priority = {"PRIORITY": str(PRIORITY)} if may_hurry() else {}
    return said_by([str(WITH_JACK), sys.executable, *arguments], FRAMES=str(frames), **priority, **environment)


def said_by(command: list[str], **environment: str) -> dict[str, Any]:
    """The last line that a program prints, as JSON."""
    told = {**os.environ, "PYTHONPATH": os.pathsep.join((str(ROOT), str(ROOT / "benchmarks"))), **environment}
    run = subprocess.run(command, cwd=ROOT, env=told, text=True, stdout=subprocess.PIPE, check=True)
    found: dict[str, Any] = json.loads(run.stdout.splitlines()[-1])
    return found


class Hogs:
    """Two threads that want the interpreter all the time."""

    def __init__(self) -> None:
        self._is_over = False
        self._threads = [threading.Thread(target=self._run, daemon=True) for _ in range(2)]

    def __enter__(self) -> None:
        for thread in self._threads:
            thread.start()

    def __exit__(self, *_: object) -> None:
        self._is_over = True
        for thread in self._threads:
            thread.join()

    def _run(self) -> None:
        n = 0
        while not self._is_over:
            n += 1


@cfunc(types.int32(types.uint32, types.voidptr), cache=True)  # type: ignore[untyped-decorator]
def watched(n_frames: int, memory: Any) -> int:
    """The device's callback, and whether its cycle had ended when it was done: no Python runs here either."""
    known = carray(memory, (5,), np.int64)
    call(known[0], n_frames, known[1], 0, 0)
    known[4] += (call(known[2], known[3], 0, 0, 0) & 0xFFFFFFFF) > n_frames
    return 0


def ours(seconds: float) -> int:
    """Blocks for which the compiled callback was done after the server's cycle had ended."""
    import jack

    with playing(HOG_VOICES, seconds + 5.0, is_resident=True) as player:
        device: Any = open_device(player.body, Asked("jack"))
        lib, ffi, client = jack._lib, jack._ffi, device._client._ptr
        since = int(ffi.cast("uintptr_t", ffi.addressof(lib, "jack_frames_since_cycle_start")))
        known = np.array([for_jack.address, player.body.address, since, int(ffi.cast("uintptr_t", client)), 0])
        callback = ffi.cast("JackProcessCallback", watched.address)
        if lib.jack_set_process_callback(client, callback, ffi.cast("void*", known.ctypes.data)):
            raise RuntimeError("the server does not take the callback")
        device.start()
        time.sleep(0.5)
        known[4], until_s = 0, time.monotonic() + seconds
        with Hogs():
            while time.monotonic() < until_s:
                device.wait(0.05)
                player.tend()
        missed = int(known[4])
        if player.n_sounding < HOG_VOICES or device.lost:
            raise RuntimeError(f"voices have gone: this would measure too few; {device.lost}")
        device.close()
    return missed


def python(seconds: float) -> int:
    """Blocks for which a Python callback that adds as many sources with their gains was done too late."""
    import jack

    layout = layout_named(LAYOUT)
    sound = render.noise(HOG_VOICES * RATE_HZ).reshape(RATE_HZ, HOG_VOICES) * np.float32(0.05)
    gains = np.random.default_rng(1).uniform(0.0, 0.3, (HOG_VOICES, layout.n_channels)).astype(np.float32)
    client, counts = jack.Client("python", no_start_server=True), {"missed": 0, "at": 0}
    outs = [client.outports.register(f"out_{n + 1}") for n in range(layout.n_channels)]

    @client.set_process_callback  # type: ignore[untyped-decorator]
    def mix(n_frames: int) -> None:
        at = counts["at"] % (RATE_HZ - n_frames)
        counts["at"] += n_frames
        mixed = sound[at : at + n_frames] @ gains
        for channel, port in enumerate(outs):
            port.get_array()[:] = mixed[:, channel]
        counts["missed"] += client.frames_since_cycle_start > n_frames

    client.activate()
    for out, card in zip(outs, client.get_ports("system:playback_.*"), strict=True):
        client.connect(out, card)
    time.sleep(0.5)
    counts["missed"] = 0
    with Hogs():
        time.sleep(seconds)
    missed = counts["missed"]
    client.deactivate()
    client.close()
    return missed


SCENES: Mapping[str, Callable[[float], int]] = {"ours": ours, "python": python}
MEASURED: Mapping[str, Callable[[], Iterator[Row]]] = {
    "voices": voices, "late": late, "notes": notes, "spared": spared, "drift": drift, "memory": memory,
}  # fmt: skip
NEED_JACK = ("late", "notes", "spared")


def main() -> None:
    """Measure and print."""
    if "--scene" in sys.argv:
        kind, seconds = sys.argv[sys.argv.index("--scene") + 1 :][:2]
        print(json.dumps({"late": SCENES[kind](float(seconds))}))
        return
    wanted = sys.argv[sys.argv.index("--only") + 1].split(",") if "--only" in sys.argv else list(MEASURED)
    rows: list[Row] = []
    for name in wanted:
        if name in NEED_JACK and shutil.which("jackd") is None:
            print(f"{name}: jackd is not installed (Debian: jackd2)", file=sys.stderr)
            continue
        rows.extend(MEASURED[name]())
    print_table(rows)


if __name__ == "__main__":
    main()
